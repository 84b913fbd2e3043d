"""Around the search for a threshold of the zone's effect: who is where, and what tests can find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.estimate import combine
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold import PanelThreshold, panel_threshold
from digitrade.methods.threshold.clustered import false_alarms, power_curve
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    TWIN,
    estimation_sample,
    with_covariance,
)
from digitrade.studies.pilot_zones.thresholds import (
    BEYOND,
    MODEL,
    OUTCOMES,
    START,
    TAMED,
    ZoneThreshold,
    balanced,
    known_kinds,
    mean_firms,
    slopes_at,
)

Panels = Mapping[str, pd.DataFrame]

DEALT = ["FC as it is", "FC, winsorised"]  # outcomes for which finance is dealt out by lot
LEVEL_TITLE = "one effect for all"
ALARM_DRAWS = 99
FOUND = 0.8  # share of the draws in which a threshold counts as found


def finance_numbers(rows: pd.DataFrame) -> dict[str, float]:
    """Say how finance and FC vary, and how many cities there are to tell a threshold by."""
    city_year = rows[["city", "year", "fin"]].drop_duplicates()
    around = city_year["fin"] - city_year.groupby("city")["fin"].transform("mean")
    return {
        "between": 100 * (1 - around.var() / city_year["fin"].var()),
        "all_rows": len(rows),
        "treated_cities": rows.loc[rows["zone_post"] == 1, "city"].nunique(),
        "values": rows[START].nunique(),
        "square_share": 100 * rows["fc"].max() ** 2 / (rows["fc"] ** 2).sum(),
    }


def effect_on_finance(rows: pd.DataFrame) -> pd.Series:
    """Return the tidy row of the zone's effect on this year's finance, clustered by city."""
    moves = with_covariance(BASELINE, "city").replace(outcome="fin", controls=())
    return fixed_effects(estimation_sample(rows, moves), moves).main


def split_at_medians(panels: Panels, covariance: str) -> pd.DataFrame:
    """Return tidy slopes of winsorised FC below and above the median of finance."""
    splits = {"this year's": "fin", "at the start": START}
    estimates = {
        f"{source}: {title}": slopes_at(
            rows,
            rows.loc[rows["zone_post"] == 1, column].median(),
            outcome=TAMED,
            covariance=covariance,
            threshold=column,
        )
        for source, rows in panels.items()
        for title, column in splits.items()
    }
    slopes = combine(estimates)
    return slopes[slopes["term"].isin(["zone_post", BEYOND])]


def without_largest_firm(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the firm that has the largest FC."""
    return rows[rows["firm"] != rows.loc[rows["fc"].idxmax(), "firm"]]


def by_source(cases: Mapping[str, Mapping[str, ZoneThreshold]]) -> dict[str, ZoneThreshold]:
    """Return the searches of all sources in one row, called ``source: title``."""
    return {f"{source}: {title}": own[title] for source, own in cases.items() for title in own}


def alarm_rates(panels: Panels, *, trim: float, exchanges: int, seed: int) -> pd.DataFrame:
    """Count how often tests find a threshold in finance that was dealt out among cities.

    ``source, outcome, cluster, rejected`` (per cent) and ``median_f``.
    """
    alarms = {
        (source, title): false_alarms(
            rows,
            unit="city",
            clusters=("firm", "home"),
            exchanges=exchanges,
            draws=ALARM_DRAWS,
            rng=np.random.default_rng(seed),
            **{**MODEL, "outcome": OUTCOMES[title], "trim": trim},
        )
        for source, rows in panels.items()
        for title in DEALT
    }
    counted = pd.concat(alarms, names=["source", "outcome"]).reset_index(["source", "outcome"])
    signs = counted["cluster"].replace({"firm": "by firm", "home": "by city"})
    return counted.assign(cluster=signs, rejected=100 * counted["rejected"])


def cities_beyond(rows: pd.DataFrame, cut: float) -> pd.DataFrame:
    """Return ``city, tier, finance, treated_rows`` of the cities beyond a cut, largest first."""
    beyond = rows[(rows["zone_post"] == 1) & (rows[START] > cut)]
    cities = beyond.groupby("city", as_index=False).agg(
        tier=("tier", "first"), finance=(START, "first"), treated_rows=("firm", "size")
    )
    return cities.nlargest(len(cities), "treated_rows")


def truth_by_side(rows: pd.DataFrame, cut: float) -> pd.DataFrame:
    """Return the mean true effect by tier, all last, up to a cut (``below``) and ``beyond`` it."""
    treated = rows[rows["zone_post"] == 1]
    sides = treated.assign(side=np.where(treated[START] > cut, "beyond", "below"))
    means = sides.pivot_table(
        index="tier", columns="side", values=f"true_effect_{TAMED}", margins=True
    )
    return means.rename({"All": "all tiers"}).reset_index()


def power_curves(
    panels: Panels, level: pd.DataFrame, *, quantile: float, seed: int, **planting: Any
) -> dict[str, pd.DataFrame]:
    """Plant thresholds of several sizes and count how often a test by city finds them.

    In the twin with one effect for all (``level``, outcome of that name), and in each source's
    FC as it is, pulled in, and with kinds of cities let in. ``quantile`` of finance among
    treated rows is where; ``planting`` is ``sizes, trim, draws``.
    """
    setups: dict[str, tuple[pd.DataFrame, pd.DataFrame, str, tuple[str, ...]]]
    setups = {f"twin, winsorised, {LEVEL_TITLE}": (level, panels[TWIN], "level", ())}
    for source, rows in panels.items():
        setups |= {
            f"{source}, FC as it is": (rows, rows, "fc", ()),
            f"{source}, winsorised": (rows, rows, TAMED, ()),
            f"{source}, winsorised, kinds let in": (rows, rows, TAMED, known_kinds(rows)),
        }
    curves = {}
    for title, (rows, placed, outcome, kinds) in setups.items():
        own = {**MODEL, "outcome": outcome, "controls": (*MODEL["controls"], *kinds)}
        cut = planted_cut(placed, quantile)
        rng = np.random.default_rng(seed)
        curves[title] = power_curve(rows, cluster="home", cut=cut, rng=rng, **own, **planting)
    return curves


def planted_cut(rows: pd.DataFrame, quantile: float) -> float:
    """Return a quantile of finance among treated rows."""
    return float(rows.loc[rows["zone_post"] == 1, START].quantile(quantile))


def smallest_found(curve: pd.DataFrame) -> str:
    """Return in words the smallest planted size that is found four times in five."""
    size = curve.loc[curve["found"] >= FOUND, "size"].min()
    return "more than we planted" if pd.isna(size) else f"{size:.2f}"


def search_only(
    rows: pd.DataFrame,
    outcome: str = TAMED,
    *,
    kinds: Sequence[str] = (),
    draws: int = 0,
    seed: int = 0,
    **changes: Any,
) -> PanelThreshold:
    """Search as in the other searches, without their tests; ``changes`` are of the model."""
    model = {**MODEL, "outcome": outcome, "controls": (*MODEL["controls"], *kinds), **changes}
    return panel_threshold(rows, **model, draws=draws, rng=np.random.default_rng(seed))


def search_balanced(panels: Panels, **search: Any) -> dict[str, PanelThreshold]:
    """Search among firms that are there in all years, and among mean firms of cities that are."""
    found = {}
    for source, rows in panels.items():
        cities = balanced(mean_firms(rows, [TAMED]), "city")
        found[f"{source}: firms of all years"] = search_only(balanced(rows, "firm"), **search)
        found[f"{source}: mean firms of cities"] = search_only(cities, entity="city", **search)
    return found
