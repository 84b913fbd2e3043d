"""The firm study's channels: what print allows to say, and experiments on the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from digitrade.data import load_cities, load_published
from digitrade.data.labels import label
from digitrade.exhibits.tables import NOT_REPORTED, STARS_NOTE, Table, number, stars
from digitrade.methods.absorb import absorbed_regression
from digitrade.methods.channels import Channel, channel, needed_correlation
from digitrade.methods.estimate import TIDY
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.columns import TABLES
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CITY_CONTROLS,
    CONTROLS,
    COVARIANCES,
    STUDY,
    estimation_sample,
    printed_rows,
    with_covariance,
)
from digitrade.studies.pilot_zones.twin.marginals import persistent
from digitrade.studies.pilot_zones.variables import location_quotient

CHANNELS: tuple[str, ...] = tuple(one.specification.outcome for one in TABLES["9"])
LOGGED = "ln_digitalisation_words"


def printed_channels() -> pd.DataFrame:
    """Return what a channel would need, in the study's printed numbers alone.

    Returns
    -------
    pandas.DataFrame
        A row a channel: ``channel`` (the column's name), ``a`` and its ``t``; ``needed_b``, the
        path b with which it alone would carry the printed effect on FC; ``in_sd``, the same in
        standard deviations of both; and ``needed_correlation``, see
        :func:`digitrade.methods.channels.needed_correlation`.
    """
    moments = load_published("descriptives", study=STUDY).set_index("variable")["sd"].astype(float)
    baseline = _printed_r2("3")["3"]
    total = float(printed_rows("3").set_index("column").loc["3", "estimate"])
    explained = _printed_r2("9")
    rows = []
    for one, (_, printed) in zip(CHANNELS, printed_rows("9").iterrows(), strict=True):
        a = float(printed["estimate"])
        needed = total / a
        correlation = needed_correlation(
            total,
            a,
            outcome=(moments["fc"], baseline),
            mediator=(moments[one], explained[printed["column"]]),
        )
        in_sd = needed * moments[one] / moments["fc"]
        rows.append((one, a, a / float(printed["std_error"]), needed, in_sd, correlation))
    names = ["channel", "a", "t", "needed_b", "in_sd", "needed_correlation"]
    return pd.DataFrame(rows, columns=names)


def _printed_r2(table: str) -> dict[str, float]:
    rows = load_published("estimates", study=STUDY)
    own = rows[(rows["table"] == table) & (rows["term"] == "zone_post")]
    return dict(zip(own["column"], own["r2"].astype(float), strict=True))


def printed_outcomes() -> pd.DataFrame:
    """Return the printed effects on channels and on outcomes of the robustness table together.

    Returns
    -------
    pandas.DataFrame
        ``row, called, estimate, std_error, t, stars``.
    """
    blocks = []
    for table, called in (("9", "a mechanism"), ("4", "an outcome")):
        names = [label(one.specification.outcome) for one in TABLES[table]]
        blocks.append(printed_rows(table).assign(row=names, called=called))
    rows = pd.concat(blocks, ignore_index=True)
    rows = rows.assign(t=rows["estimate"] / rows["std_error"])
    return rows[["row", "called", "estimate", "std_error", "t", "stars"]]


def one_more_firm(panel: pd.DataFrame, year: int, effect: float) -> pd.DataFrame:
    """Return by how much a single further firm would raise a city's agglomeration.

    In both of the study's definitions, with the areas of the city table and the firms of the
    panel's rows: the density of firms over that of all cities together, and the density over
    the sum of densities, in per cent.

    Parameters
    ----------
    panel
        A firm panel.
    year
        Which year's firms.
    effect
        An effect on agglomeration, to be expressed in firms.

    Returns
    -------
    pandas.DataFrame
        A row a treated city: ``city, firms``; the ratio's value (``agg``), its ``rise`` with one
        more firm and ``in_firms``, the effect over the rise; and the last again for the share
        (``in_firms_share``). From most firms to fewest.
    """
    rows = panel[panel["year"] == year]
    counts = rows.groupby("city").size().rename("firms").reset_index()
    areas = load_cities()[["city", "area_km2"]]
    cities = counts.merge(areas, on="city", how="inner", validate="1:1").assign(year=year)
    n, area = cities["firms"], cities["area_km2"]
    agg = location_quotient(cities)
    share = 100 * location_quotient(cities, measure="share")
    densities = (n / area).sum()
    rise = (n + 1) / area * area.sum() / (n.sum() + 1) - agg
    share_rise = 100 * (n + 1) / area / (densities + 1 / area) - share
    frame = cities.assign(agg=agg, rise=rise, in_firms=effect / rise)
    frame = frame.assign(in_firms_share=effect / share_rise)
    treated = cities["city"].isin(rows.loc[rows["zone_post"] == 1, "city"])
    kept = frame.loc[treated, ["city", "firms", "agg", "rise", "in_firms", "in_firms_share"]]
    return kept.sort_values(["firms", "city"], ascending=[False, True]).reset_index(drop=True)


def city_years(panel: pd.DataFrame) -> pd.DataFrame:
    """Return a row a city and year with its agglomeration, treatment and number of rows."""
    cells = panel.groupby(["city", "year"], sort=True)
    figures = cells[["agg", "zone_post", "fin", "eco"]].first()
    return figures.assign(rows=cells.size()).reset_index()


def plant_common_cause(
    panel: pd.DataFrame,
    column: str,
    *,
    outcome: str = "fc",
    strength: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Add one unseen cause to a channel and to the outcome, and to nothing else.

    The cause is independent of zones, standard normal, and moves within firms over the years
    (half of its variance is the firm's own for good). Neither column acts on the other.

    Parameters
    ----------
    panel
        A firm panel.
    column, outcome
        What the cause acts on.
    strength
        Standard deviations of each column that one unit of the cause adds.
    rng
        Source of the cause.
    """
    cause = persistent(panel, "firm", rng, share=0.5)
    moved = {one: panel[one] + strength * panel[one].std() * cause for one in (column, outcome)}
    return panel.assign(**moved)


def with_logged_words(panel: pd.DataFrame) -> pd.DataFrame:
    """Add ln(1 + words) and, where the truth is known, the true effect on it."""
    words = panel["digitalisation"]
    added = {LOGGED: np.log1p(words)}
    if "true_effect_digitalisation" in panel:
        without = (words - panel["true_effect_digitalisation"]).clip(lower=0)
        added[f"true_effect_{LOGGED}"] = np.log1p(words) - np.log1p(without)
    return panel.assign(**added)


def tails(panel: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Describe heavy tails.

    Parameters
    ----------
    panel
        A firm panel.
    columns
        Columns, with what to call them.

    Returns
    -------
    pandas.DataFrame
        ``row, rows, zero`` (share of rows), ``mean, median, largest`` and ``top``, the share of
        the sum of squared deviations that the top hundredth of rows holds. A column without a
        value is left out.
    """
    rows = []
    for name, words in columns.items():
        values = panel[name].dropna()
        if values.empty:
            continue
        squares = (values - values.mean()) ** 2
        top = squares.nlargest(max(1, len(values) // 100)).sum() / squares.sum()
        summary = (values.mean(), values.median(), values.max(), top)
        rows.append((words, len(values), float((values == 0).mean()), *summary))
    return pd.DataFrame(rows, columns=["row", "rows", "zero", "mean", "median", "largest", "top"])


def channel_samples(panels: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, pd.DataFrame]]:
    """Return the rows with every figure for each channel, by source and channel.

    Channels without any row in a source are left out of it. Singletons stay, as in print.
    """
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for source, panel in panels.items():
        known = [one for one in CHANNELS if panel[one].notna().any()]
        found[source] = {
            one: estimation_sample(
                panel, BASELINE.replace(controls=(*CONTROLS, one)), singletons=True
            )
            for one in known
        }
    return found


def channel_errors(panels: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Estimate the first links under every covariance, and agglomeration by city and year.

    Returns
    -------
    pandas.DataFrame
        ``source, row`` (the channel), ``label`` (the covariance), the tidy columns and
        ``groups``, how many the covariance rests on.
    """
    blocks = []
    for source, samples in channel_samples(panels).items():
        for one, sample in samples.items():
            for name in COVARIANCES:
                fit = absorbed_regression(
                    sample, with_covariance(BASELINE, name).replace(outcome=one)
                )
                blocks.append((source, one, name, fit))
        if "agg" in samples:
            by_city = Specification(
                "agg", "zone_post", CITY_CONTROLS, entity="city", effects=("city", "year")
            )
            fit = fixed_effects(city_years(samples["agg"]), by_city)
            blocks.append((source, "agg", "city-years", fit))
    rows = [
        fit.tidy().head(1).assign(source=source, row=label(one), label=name, groups=fit.n_groups)
        for source, one, name, fit in blocks
    ]
    return pd.concat(rows, ignore_index=True)[["source", "row", "label", *TIDY, "groups"]]


def chain_table(chains: Mapping[str, Mapping[str, Channel]], *, name: str, caption: str) -> Table:
    """Set both links of each channel, in print, by source and in truth.

    Parameters
    ----------
    chains
        By source and channel.
    name, caption
        As in :class:`digitrade.exhibits.tables.Table`.
    """
    printed = printed_rows("9").set_index("column")
    body = []
    for place, one in enumerate(CHANNELS):
        row = printed.loc[str(place + 1)]
        first = f"{number(row['estimate'])}{row['stars']} ({number(row['std_error'])})"
        body.append((label(one), "printed", first, *[NOT_REPORTED] * 3, ""))
        for source, found in chains.items():
            if one in found:
                body.append((label(one), source, *_chain_cells(found[one])))
        body.append((label(one), "truth", "as in the table above", "0", "0", "0", ""))
    shown = tuple(
        ("" if k and body[k - 1][0] == row[0] else row[0], *row[1:]) for k, row in enumerate(body)
    )
    words = dict.fromkeys(one.paths.words for found in chains.values() for one in found.values())
    header = ("Channel", "Source", "Path a", "Path b", "a × b", "Share, per cent", "N")
    note = (
        f"Standard errors in parentheses: as printed; otherwise {'; '.join(words)}. {STARS_NOTE} "
        "Brackets: 95 per cent of the distribution of the product. Truth: of the twin."
    )
    return Table(name, caption, header, shown, note)


def _chain_cells(one: Channel) -> tuple[str, ...]:
    row, paths = one.summary().iloc[0], one.paths.tidy().set_index("term")
    links = [
        f"{number(row[path], digits)}{stars(row[f'p_{path}'])} "
        f"({number(paths.loc[path, 'std_error'], digits)})"
        for path, digits in (("a", 3), ("b", 4))
    ]
    interval = f"[{number(row['conf_low'], 4)}, {number(row['conf_high'], 4)}]"
    product = f"{number(row['indirect'], 4)} {interval}"
    return (*links, product, number(100 * row["share"], 1), number(one.paths.n_obs[0], 0))


def planted_strengths(
    panel: pd.DataFrame,
    specification: Specification,
    column: str,
    *,
    strengths: Sequence[float],
    seed: int,
    draws: int = 9_999,
) -> pd.DataFrame:
    """Plant common causes of several strengths, one and the same draw, and test the channel.

    Returns
    -------
    pandas.DataFrame
        A row a strength: ``strength`` and the columns of :meth:`Channel.summary`.
    """
    rows = []
    for strength in strengths:
        planted = plant_common_cause(
            panel, column, strength=strength, rng=np.random.default_rng(seed)
        )
        found = channel(
            planted, specification, column, draws=draws, rng=np.random.default_rng(seed)
        )
        rows.append(found.summary().drop(columns="mediator").assign(strength=strength))
    frame = pd.concat(rows, ignore_index=True)
    return frame[["strength", *frame.columns.drop("strength")]]
