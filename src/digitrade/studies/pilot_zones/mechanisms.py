"""The firm study's channels: what print allows to say, and experiments on the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.data import load_published
from digitrade.data.labels import label
from digitrade.methods.estimate import TIDY
from digitrade.methods.mediation import mediate, needed_correlation, partial_correlation
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CITY_CONTROLS,
    CONTROLS,
    STUDY,
    TABLES,
    effect_on,
    estimation_sample,
    is_identified,
    printed_rows,
    true_effect,
    under_covariances,
)
from digitrade.studies.pilot_zones.twin.columns import persistent
from digitrade.studies.pilot_zones.variables import city_counts, location_quotient

CHANNELS: tuple[str, ...] = tuple(column.specification.outcome for column in TABLES["9"])
LOGGED = "ln_digitalisation_words"


def printed_channels() -> pd.DataFrame:
    """Return the path b with which a channel alone would carry the printed effect on FC."""
    sd = load_published("descriptives", study=STUDY).set_index("variable")["sd"].astype(float)
    r2 = load_published("estimates", study=STUDY).query("term == 'zone_post'")
    r2 = pd.to_numeric(r2.set_index(["table", "column"])["r2"], errors="coerce")
    fc, total = (sd["fc"], r2["3", "3"]), printed_rows("3")["estimate"].iloc[2]
    rows = printed_rows("9").assign(channel=CHANNELS, sd=sd[[*CHANNELS]].to_numpy())
    rows = rows.assign(t=rows["estimate"] / rows["std_error"], needed_b=total / rows["estimate"])
    columns = rows[["estimate", "sd", "column"]].itertuples(index=False)
    correlations = [
        needed_correlation(total, a, outcome=fc, mediator=(own, r2["9", column]))
        for a, own, column in columns
    ]
    in_sd = rows["needed_b"] * rows["sd"] / sd["fc"]
    rows = rows.assign(in_sd=in_sd, needed_correlation=correlations)
    names = ["channel", "a", "t", "needed_b", "in_sd", "needed_correlation"]
    return rows.rename(columns={"estimate": "a"})[names].reset_index(drop=True)


def printed_f() -> pd.DataFrame:
    """Return F of each channel's column as printed, and its p if F tests zone and all controls."""
    rows = load_published("estimates", study=STUDY).query("table == '9' and term == 'zone_post'")
    f, slopes = rows["f_stat"].astype(float).to_numpy(), len(BASELINE.regressors)
    p_values = stats.f.sf(f, slopes, rows["n_obs"].astype(int) - slopes)
    return pd.DataFrame({"f": f, "p_value": p_values}, index=pd.Index(CHANNELS, name="channel"))


def printed_outcomes() -> pd.DataFrame:
    """Return the printed effects on channels and on other outcomes, which are called so."""
    blocks = [
        printed_rows(table).assign(
            row=[label(column.specification.outcome) for column in TABLES[table]], called=called
        )
        for table, called in (("9", "a mechanism"), ("4", "an outcome"))
    ]
    rows = pd.concat(blocks, ignore_index=True).eval("t = estimate / std_error")
    return rows[["row", "called", "estimate", "std_error", "t", "stars"]]


def one_more_firm(panel: pd.DataFrame, year: int, effect: float) -> pd.DataFrame:
    """Return the rise of a treated city's agglomeration by one firm more, an effect in firms."""
    rows = panel[panel["year"] == year]
    cities = city_counts(rows)
    n, area = cities["firms"], cities["area_km2"]
    agg = location_quotient(cities)
    share = 100 * location_quotient(cities, measure="share")
    rise = (n + 1) / area * area.sum() / (n.sum() + 1) - agg
    share_rise = 100 * (n + 1) / area / ((n / area).sum() + 1 / area) - share
    figures = {"agg": agg, "rise": rise, "in_firms": effect / rise}
    figures |= {"in_firms_share": effect / share_rise}
    frame = cities.assign(**figures)[["city", "firms", *figures]]
    frame = frame[frame["city"].isin(rows.loc[rows["zone_post"] == 1, "city"])]
    return frame.sort_values(["firms", "city"], ascending=[False, True], ignore_index=True)


def city_years(panel: pd.DataFrame) -> pd.DataFrame:
    """Return a row a city and year with its agglomeration, treatment and controls."""
    cells = panel.groupby(["city", "year"], as_index=False)
    return cells[["agg", "zone_post", *CITY_CONTROLS]].first()


def plant_common_cause(
    panel: pd.DataFrame, column: str, *, strength: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Add an unseen cause, half of it the firm's for good, of some SDs to a channel and to FC."""
    cause = persistent(panel, "firm", rng, share=0.5)
    moved = {name: panel[name] + strength * panel[name].std() * cause for name in (column, "fc")}
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
    """Describe the tails of columns, given with what to call them; empty ones are left out."""
    rows = []
    for words, values in ((words, panel[name].dropna()) for name, words in columns.items()):
        if not values.empty:
            squares = (values - values.mean()) ** 2
            top = squares.nlargest(max(1, len(values) // 100)).sum() / squares.sum()
            summary = (*values.agg(["mean", "median", "max"]), top)
            rows.append((words, len(values), (values == 0).mean(), *summary))
    return pd.DataFrame(rows, columns=["row", "rows", "zero", "mean", "median", "largest", "top"])


def channel_samples(panels: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, pd.DataFrame]]:
    """Return the complete rows of each channel that a source has; singletons stay, as in print.

    A channel is left out where the effects and controls leave nothing of it, or too few rows.
    """
    models = {name: BASELINE.replace(controls=(*CONTROLS, name)) for name in CHANNELS}
    samples: dict[str, dict[str, pd.DataFrame]] = {}
    for source, panel in panels.items():
        rows = {
            name: estimation_sample(panel, model, singletons=True)
            for name, model in models.items()
            if not panel.dropna(subset=list(model.columns)).empty
        }
        samples[source] = {n: own for n, own in rows.items() if is_identified(own, models[n])}
    return samples


def channel_errors(samples: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Estimate first links under every covariance, and agglomeration by city and year.

    The label of the latter names a control that effects of city and year leave nothing of.
    """
    blocks = [
        under_covariances(sample, BASELINE.replace(outcome=name)).assign(row=label(name))
        for name, sample in samples.items()
    ]
    if "agg" in samples:
        blocks += _by_city_years(city_years(samples["agg"]))
    names = ["row", "label", *TIDY, "groups"]
    return pd.concat(blocks, ignore_index=True)[names] if blocks else pd.DataFrame(columns=names)


def _by_city_years(cells: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the row of agglomeration on city-years, with the controls that can be held there."""
    model = Specification("agg", "zone_post", entity="city", effects=("city", "year"), time="year")
    held = tuple(n for n in CITY_CONTROLS if is_identified(cells, model.replace(regressor=n)))
    model = model.replace(controls=held)
    if not is_identified(cells, model):
        return []
    left = [label(name) for name in CITY_CONTROLS if name not in held]
    words = "city-years" + f", without {' and '.join(left)}" * bool(left)
    fit = fixed_effects(cells, model)
    return [fit.tidy().head(1).assign(label=words, groups=fit.n_groups, row=label("agg"))]


def planted_strengths(
    panel: pd.DataFrame,
    specification: Specification,
    column: str,
    *,
    strengths: Sequence[float],
    seed: int,
    draws: int = 9_999,
) -> pd.DataFrame:
    """Plant common causes of several strengths, one and the same draw, and test the channel."""
    rows = {}
    for strength in strengths:
        first, second = (np.random.default_rng(seed) for _ in range(2))
        planted = plant_common_cause(panel, column, strength=strength, rng=first)
        found = mediate(
            planted, specification, column, inference="monte-carlo", draws=draws, rng=second
        )
        rows[strength] = found.summary().drop(columns="mediator")
    return pd.concat(rows, names=["strength"]).reset_index("strength").reset_index(drop=True)


def needed_and_found(samples: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Set the correlation with FC of each source's channels beside :func:`printed_channels`."""
    needed = printed_channels()
    for source, by_channel in samples.items():
        needed[source] = [
            partial_correlation(by_channel[name], BASELINE, name) if name in by_channel else None
            for name in needed["channel"]
        ]
    return needed


def words_and_logs(
    samples: Mapping[str, pd.DataFrame], specification: Specification
) -> pd.DataFrame:
    """Estimate the effect on digital words and on ln(1 + words), each with its truth."""
    if "digitalisation" not in samples:
        return pd.DataFrame(columns=["row", *TIDY, "true"])
    rows = with_logged_words(samples["digitalisation"])
    found = [
        {"row": row, **effect_on(rows, specification.replace(outcome=outcome))}
        | {"true": true_effect(rows, outcome)}
        for row, outcome in {"Words": "digitalisation", "ln (1 + words)": LOGGED}.items()
    ]
    return pd.DataFrame(found)
