"""Does the effect of a zone turn on beyond some level of finance? The study does not ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold import PanelThreshold, panel_threshold
from digitrade.methods.threshold.clustered import (
    ThresholdTest,
    cluster_test,
    exchange_test,
    false_alarms,
)
from digitrade.methods.threshold.results import increment_columns
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    estimation_sample,
    with_covariance,
)
from digitrade.studies.pilot_zones.variables import city_region

START, TAMED = "fin_start", "fc_winsorised"
KNOWN_KINDS = {
    f"zone_{tier.replace('-', '_')}_{region}": (tier, region)
    for tier in ("municipality", "sub-provincial", "prefecture")
    for region in ("east", "central", "west")
    if (tier, region) != ("prefecture", "east")
}
"""Kinds of cities whose own effect can be let in; the rest are what it is compared with."""
BEYOND = "zone_post[beyond cut 1]"
MODEL: Mapping[str, Any] = {
    "regime_dependent": "zone_post",
    "threshold": START,
    "controls": CONTROLS,
    "entity": "firm",
    "time": "year",
    "time_effects": True,
}
OUTCOMES = {"FC as it is": "fc", "FC, winsorised": TAMED}
LET_IN = "FC, winsorised, kinds of city let in"
SIGNS = {"firm": "by firm", "home": "by city"}
ALARM_DRAWS = 99


@dataclass(frozen=True, slots=True)
class ZoneThreshold:
    """One search: draws by firm, by its first city, with finance exchanged; slopes at the cut."""

    fit: PanelThreshold
    by_firm: ThresholdTest
    by_city: ThresholdTest
    exchanged: ThresholdTest
    slopes: Estimate
    treated_below: int
    treated_above: int

    @property
    def cut(self) -> float:
        """The estimated threshold."""
        return float(self.fit.thresholds["estimate"].iloc[0])

    @property
    def tests(self) -> dict[str, ThresholdTest]:
        """The three tests by whom they draw."""
        return {"firm": self.by_firm, "city": self.by_city, "exchanged": self.exchanged}

    def tidy(self) -> pd.DataFrame:
        """Return the threshold, a row a test, and the two slopes, as tidy rows."""
        cut = self.fit.thresholds[["estimate", "conf_low", "conf_high"]].iloc[0].to_dict()
        rows = [
            {"term": f"threshold, {name}", "n_obs": self.fit.n_obs, **cut}
            | {"statistic": test.f_statistic, "p_value": test.p_value}
            for name, test in self.tests.items()
        ]
        slopes = self.slopes.tidy().query("term in ['zone_post', @BEYOND]")
        return pd.concat([pd.DataFrame(rows, columns=TIDY), slopes], ignore_index=True)

    def values(self) -> dict[str, Any]:
        """Return what a row of a table says of the search."""
        found, cuts = self.fit.thresholds.iloc[0], self.fit.profile["likelihood_ratio"]
        slopes = {"low": self.slopes["zone_post"], "change": self.slopes[BEYOND]}
        parts = {"": "estimate", "_error": "std_error", "_p": "p_value"}
        return {
            "cut": self.cut,
            **found[["conf_low", "conf_high", "disconnected"]],
            "in_set": int((cuts <= self.fit.conventions.critical_value).sum()),
            "tried": self.fit.conventions.n_candidates,
            "f_statistic": self.by_firm.f_statistic,
            **{f"p_{name}": test.p_value for name, test in self.tests.items()},
            "draws": self.by_firm.drawn.size,
            **{n + end: slope[part] for end, part in parts.items() for n, slope in slopes.items()},
            "treated_below": self.treated_below,
            "treated_above": self.treated_above,
            "n_obs": self.fit.n_obs,
        }


def start_value(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return a city's figure in its first year; missing where the zone was there by then."""
    known = panel.dropna(subset=[column]).sort_values("year", kind="stable")
    first = known.drop_duplicates("city").set_index("city")
    before = ~(first["year"] >= first["cohort"])
    return panel["city"].map(first[column].where(before))


def threshold_panel(panel: pd.DataFrame, *, winsorised: float = 0.01) -> pd.DataFrame:
    """Return rows and columns of the search; a share of FC is winsorised at its upper end."""
    if not 0 <= winsorised < 0.5:
        raise ValueError(f"winsorised {winsorised}: pass a share of at least 0 and below 0.5")
    rows = panel.assign(**{START: start_value(panel, "fin")})
    rows = rows.dropna(subset=["fc", START, *CONTROLS]).sort_values(["firm", "year"])
    if rows.empty:
        raise ValueError("No row has FC, all controls and finance before the zone: check the panel")
    fc, top = rows["fc"], rows["fc"].quantile(1 - winsorised)
    place, home = city_region(rows), rows.groupby("firm")["city"].transform("first")
    kinds = {
        name: rows["zone_post"] * ((rows["tier"] == tier) & (place == region))
        for name, (tier, region) in KNOWN_KINDS.items()
    }
    added = {TAMED: fc.clip(upper=top), "home": home, **kinds}
    if "true_effect_fc" in rows:
        without = (fc - rows["true_effect_fc"]).clip(upper=top)
        added[f"true_effect_{TAMED}"] = added[TAMED] - without
    return rows.assign(**added)


def known_kinds(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return those of :data:`KNOWN_KINDS` that hold treated rows, but for one to compare with."""
    sizes = rows[list(KNOWN_KINDS)].sum()
    sizes = sizes[sizes > 0]
    if not sizes.empty and sizes.sum() == rows["zone_post"].sum():
        sizes = sizes.drop(sizes.idxmax())
    return tuple(sizes.index)


def zone_threshold(
    rows: pd.DataFrame,
    *,
    outcome: str,
    kinds: Sequence[str] = (),
    trim: float,
    draws: int,
    covariance: str = "robust",
    rng: np.random.Generator,
) -> ZoneThreshold:
    """Search for a threshold of the effect in finance at the start of given rows, and test it."""
    model = {**MODEL, "controls": (*CONTROLS, *kinds), "outcome": outcome, "trim": trim}
    fit = panel_threshold(rows, **model, draws=0, rng=rng)
    cut = float(fit.thresholds["estimate"].iloc[0])
    treated = rows.loc[rows["zone_post"] == 1, START]
    return ZoneThreshold(
        fit=fit,
        by_firm=cluster_test(rows, cluster="firm", draws=draws, rng=rng, **model),
        by_city=cluster_test(rows, cluster="home", draws=draws, rng=rng, **model),
        exchanged=exchange_test(rows, cluster="city", draws=draws, rng=rng, **model),
        slopes=_slopes_at(rows, cut, outcome=outcome, kinds=kinds, covariance=covariance),
        treated_below=int((treated <= cut).sum()),
        treated_above=int((treated > cut).sum()),
    )


def searches(rows: pd.DataFrame, *, seed: int, **search: Any) -> dict[str, ZoneThreshold]:
    """Search in FC as it is, pulled in, and with kinds of cities let in, each from one seed."""
    asked: dict[str, dict[str, Any]]
    asked = {title: {"outcome": name} for title, name in OUTCOMES.items()}
    asked[LET_IN] = {"outcome": TAMED, "kinds": known_kinds(rows)}
    return {
        title: zone_threshold(rows, **own, **search, rng=np.random.default_rng(seed))
        for title, own in asked.items()
    }


def searches_frame(found: Mapping[str, Mapping[str, ZoneThreshold]]) -> pd.DataFrame:
    """Return a row a source and search: cut, set, F, three p-values, slopes, treated rows."""
    return pd.DataFrame.from_dict(
        {f"{at}: {title}": own[title].values() for at, own in found.items() for title in own},
        orient="index",
    )


def finance_numbers(rows: pd.DataFrame) -> dict[str, float]:
    """Say how finance and FC vary, and how many cities there are to tell a threshold by."""
    city_year = rows[["city", "year", "fin"]].drop_duplicates()
    around = city_year["fin"] - city_year.groupby("city")["fin"].transform("mean")
    return {
        "between": 100 * (1 - around.var() / city_year["fin"].var()),
        "all_rows": len(rows),
        "treated_cities": rows.loc[rows["zone_post"] == 1, "city"].nunique(),
        "finances": rows[START].nunique(),
        "square_share": 100 * rows["fc"].max() ** 2 / (rows["fc"] ** 2).sum(),
    }


def city_changes(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return the change with each city's zone, less that in cities never treated."""
    never = rows[rows["cohort"].isna()].groupby("year")[outcome].mean()
    own = rows.dropna(subset=["cohort"])
    gap = own.assign(gap=own[outcome] - own["year"].map(never))
    means = gap.pivot_table(index="city", columns="zone_post", values="gap")
    means = means.reindex(columns=[0, 1]).dropna()
    facts = own.groupby("city").agg(
        tier=("tier", "first"), fin_start=(START, "first"), treated_rows=("zone_post", "sum")
    )
    facts["tier"] = facts["tier"].fillna("prefecture")
    return facts.join((means[1] - means[0]).rename("change"), how="inner").reset_index()


def alarm_rates(rows: pd.DataFrame, *, trim: float, exchanges: int, seed: int) -> pd.DataFrame:
    """Count how often tests find a threshold in finance that was dealt out among cities.

    ``outcome, cluster, rejected`` (per cent) and ``median_f``.
    """
    alarms = {
        title: false_alarms(
            rows,
            unit="city",
            clusters=tuple(SIGNS),
            exchanges=exchanges,
            draws=ALARM_DRAWS,
            rng=np.random.default_rng(seed),
            **{**MODEL, "outcome": outcome, "trim": trim},
        )
        for title, outcome in OUTCOMES.items()
    }
    counted = pd.concat(alarms, names=["outcome"]).reset_index("outcome")
    rejected = 100 * counted["rejected"]
    return counted.assign(cluster=counted["cluster"].replace(SIGNS), rejected=rejected)


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


def _slopes_at(
    rows: pd.DataFrame, cut: float, *, outcome: str, kinds: Sequence[str], covariance: str
) -> Estimate:
    """Regress on the zone, and on the zone beyond a cut, which is taken as known."""
    beyond = increment_columns(rows, regressor="zone_post", threshold=START, cuts=[cut])
    changes = {"regressor": BEYOND, "controls": ("zone_post", *CONTROLS, *kinds)}
    specification = with_covariance(BASELINE, covariance).replace(outcome=outcome, **changes)
    return fixed_effects(estimation_sample(rows.join(beyond), specification), specification)
