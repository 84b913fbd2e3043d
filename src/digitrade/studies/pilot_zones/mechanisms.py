"""The firm study's channels: what print allows to say, and experiments on the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

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
    """Return the complete rows of each channel that a source has; singletons stay, as in print."""
    return {
        source: {
            name: estimation_sample(
                panel, BASELINE.replace(controls=(*CONTROLS, name)), singletons=True
            )
            for name in CHANNELS
            if panel[name].notna().any()
        }
        for source, panel in panels.items()
    }


def channel_errors(samples: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Estimate first links under every covariance, and agglomeration by city and year."""
    blocks = [
        under_covariances(sample, BASELINE.replace(outcome=name)).assign(row=label(name))
        for name, sample in samples.items()
    ]
    if "agg" in samples:
        by_city = Specification(
            "agg", "zone_post", CITY_CONTROLS, entity="city", effects=("city", "year"), time="year"
        )
        fit = fixed_effects(city_years(samples["agg"]), by_city)
        rows = fit.tidy().head(1).assign(label="city-years", groups=fit.n_groups)
        blocks.append(rows.assign(row=label("agg")))
    return pd.concat(blocks, ignore_index=True)[["row", "label", *TIDY, "groups"]]


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
