"""Does the effect of a zone turn on beyond some level of finance? The study does not ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold import PanelThreshold, panel_threshold
from digitrade.methods.threshold.clustered import ThresholdTest, cluster_test, exchange_test
from digitrade.methods.threshold.results import increment_columns
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    TWIN,
    estimation_sample,
    true_effect,
    with_covariance,
)
from digitrade.studies.pilot_zones.variables import city_region

START = "fin_start"
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
TAMED = "fc_winsorised"
OUTCOMES = {"FC as it is": "fc", "FC, winsorised": TAMED, "FC, inverse sine": "fc_asinh"}


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
    def cuts_in_set(self) -> int:
        """How many of the cuts that were tried lie in the confidence set."""
        ratios = self.fit.profile["likelihood_ratio"]
        return int((ratios <= self.fit.conventions.critical_value).sum())

    def tidy(self) -> pd.DataFrame:
        """Return the threshold, a row a test, and the two slopes, as tidy rows."""
        cut = self.fit.thresholds[["estimate", "conf_low", "conf_high"]].iloc[0].to_dict()
        tests = {"by firm": self.by_firm, "by city": self.by_city, "exchanged": self.exchanged}
        rows = [
            {"term": f"threshold, {name}", "n_obs": self.fit.n_obs, **cut}
            | {"statistic": test.f_statistic, "p_value": test.p_value}
            for name, test in tests.items()
        ]
        slopes = self.slopes.tidy().query("term in ['zone_post', @BEYOND]")
        return pd.concat([pd.DataFrame(rows, columns=TIDY), slopes], ignore_index=True)


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
    top = rows["fc"].quantile(1 - winsorised)
    place, home = city_region(rows), rows.groupby("firm")["city"].transform("first")
    kinds = {
        name: rows["zone_post"] * ((rows["tier"] == tier) & (place == region))
        for name, (tier, region) in KNOWN_KINDS.items()
    }
    fc: pd.Series = rows["fc"]
    scales: dict[str, Callable[[pd.Series], pd.Series]] = {
        "fc_winsorised": lambda values: values.clip(upper=top),
        "fc_asinh": lambda values: values.apply(np.arcsinh),
    }
    added = {name: scale(fc) for name, scale in scales.items()} | kinds | {"home": home}
    if "true_effect_fc" in rows:
        without = fc - rows["true_effect_fc"]
        added |= {f"true_effect_{n}": added[n] - scale(without) for n, scale in scales.items()}
    return rows.assign(**added)


def known_kinds(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return those of :data:`KNOWN_KINDS` that hold treated rows, but for one to compare with."""
    sizes = rows[list(KNOWN_KINDS)].sum()
    sizes = sizes[sizes > 0]
    if not sizes.empty and sizes.sum() == rows["zone_post"].sum():
        sizes = sizes.drop(sizes.idxmax())
    return tuple(sizes.index)


def level_effect(rows: pd.DataFrame, outcome: str) -> pd.Series:
    """Return a twin's outcome as it would be if each treated row had the mean true effect."""
    true, treated = rows[f"true_effect_{outcome}"], rows["zone_post"] == 1
    return rows[outcome] - true + true[treated].mean() * treated


def plant(rows: pd.DataFrame, outcome: str, *, size: float, cut: float) -> pd.Series:
    """Return an outcome with ``size`` added in treated rows whose finance is above a cut."""
    return rows[outcome] + size * rows["zone_post"] * (rows[START] > cut)


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
        slopes=slopes_at(rows, cut, outcome=outcome, kinds=kinds, covariance=covariance),
        treated_below=int((treated <= cut).sum()),
        treated_above=int((treated > cut).sum()),
    )


def slopes_at(
    rows: pd.DataFrame,
    cut: float,
    *,
    outcome: str,
    kinds: Sequence[str] = (),
    covariance: str = "robust",
    threshold: str = START,
) -> Estimate:
    """Regress on the zone, and on the zone beyond a cut, which is taken as known."""
    beyond = increment_columns(rows, regressor="zone_post", threshold=threshold, cuts=[cut])
    changes = {"regressor": BEYOND, "controls": ("zone_post", *CONTROLS, *kinds)}
    specification = with_covariance(BASELINE, covariance).replace(outcome=outcome, **changes)
    return fixed_effects(estimation_sample(rows.join(beyond), specification), specification)


def true_means(rows: pd.DataFrame, outcome: str, cut: float) -> tuple[float, float]:
    """Return the twin's mean true effect over treated rows up to a cut and beyond; else missing."""
    above = rows[START] > cut
    return true_effect(rows[~above], outcome), true_effect(rows[above], outcome)


def balanced(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows of units, such as firms, that are there in every year of the panel."""
    return rows[rows.groupby(unit)["year"].transform("size") == rows["year"].nunique()]


def mean_firms(rows: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return the mean firm of each city and year."""
    numeric = list(dict.fromkeys([*columns, "zone_post", START, *CONTROLS]))
    return rows.groupby(["city", "year"], as_index=False)[numeric].mean()


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


def searches_frame(cases: Mapping[str, ZoneThreshold]) -> pd.DataFrame:
    """Return a row a search: cut, set, F, three p-values, both slopes, treated rows."""
    return pd.DataFrame([{"case": case, **_search_values(one)} for case, one in cases.items()])


def exhibit_frame(
    cases: Mapping[str, Mapping[str, ZoneThreshold]], rows: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Stack the searches of each source, the truth beside the twin's if no kinds are let in."""
    frames = [searches_frame(own).assign(source=source) for source, own in cases.items()]
    frame = pd.concat(frames, ignore_index=True).assign(true_low=np.nan, true_change=np.nan)
    twin = frame.index[frame["source"] == TWIN]
    for row, search in zip(twin, cases[TWIN].values(), strict=True):
        chosen = search.slopes.specification
        if not set(chosen.controls) & set(KNOWN_KINDS):  # with kinds let in, slopes are no means
            low, high = true_means(rows[TWIN], chosen.outcome, search.cut)
            frame.loc[row, ["true_low", "true_change"]] = low, high - low
    return frame


def _search_values(one: ZoneThreshold) -> dict[str, Any]:
    tests = {"firm": one.by_firm, "city": one.by_city, "exchanged": one.exchanged}
    slopes = {"low": one.slopes["zone_post"], "change": one.slopes[BEYOND]}
    parts = {"": "estimate", "_error": "std_error", "_p": "p_value"}
    return {
        "cut": one.cut,
        **one.fit.thresholds.iloc[0][["conf_low", "conf_high", "disconnected"]],
        "f_statistic": one.by_firm.f_statistic,
        **{f"p_{name}": test.p_value for name, test in tests.items()},
        "draws": one.by_firm.drawn.size,
        **{n + end: slope[part] for end, part in parts.items() for n, slope in slopes.items()},
        "treated_below": one.treated_below,
        "treated_above": one.treated_above,
    }


def search_outcomes(rows: pd.DataFrame, *, seed: int, **search: Any) -> dict[str, ZoneThreshold]:
    """Search in FC as it is, pulled in and transformed, each from the same seed."""
    return {
        title: zone_threshold(rows, outcome=name, **search, rng=np.random.default_rng(seed))
        for title, name in OUTCOMES.items()
    }


def search_numbers(name: str, search: ZoneThreshold) -> dict[str, float | str]:
    """Return what a sentence says of a search, each number led by a name."""
    located = search.fit.thresholds.iloc[0]
    told = {
        "cut": search.cut,
        "low": located["conf_low"],
        "high": located["conf_high"],
        "set": f"{search.cuts_in_set} of {search.fit.conventions.n_candidates}",
        "f": search.by_firm.f_statistic,
        "firm": search.by_firm.p_value,
        "city": search.by_city.p_value,
        "exchanged": search.exchanged.p_value,
    }
    return {f"{name}_{ending}": value for ending, value in told.items()}
