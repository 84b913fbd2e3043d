"""Does the effect of a zone turn on beyond some level of finance? Columns, searches, tables.

An extension of ours: the study prints no threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from digitrade.exhibits.tables import number, stars
from digitrade.exhibits.tables_threshold import p_words
from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold import PanelThreshold, panel_threshold
from digitrade.methods.threshold.clustered import ThresholdTest, cluster_test, exchange_test
from digitrade.methods.threshold.contrasts import increment_columns
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    TWIN,
    estimation_sample,
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
NOT_PRINTED = "not in the paper"
MODEL: Mapping[str, Any] = {
    "regime_dependent": "zone_post",
    "threshold": START,
    "controls": CONTROLS,
    "entity": "firm",
    "time": "year",
    "time_effects": True,
    "grid": None,
}


@dataclass(frozen=True, slots=True)
class ZoneThreshold:
    """One search for a threshold of the zone's effect, three tests of it, slopes at the cut.

    F stands beside draws whose residuals change sign by firm, and by the firm's first city, and
    beside draws with the cities' finance exchanged. Of the slopes, ``zone_post`` is the effect up
    to the cut, :data:`BEYOND` the change beyond it.
    """

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
    """Return a city's figure in its first year in the panel, for every row of that city.

    It is missing where the zone was there by then, since the figure could be the zone's doing.
    """
    known = panel.dropna(subset=[column]).sort_values("year", kind="stable")
    first = known.drop_duplicates("city").set_index("city")
    before = ~(first["year"] >= first["cohort"])
    return panel["city"].map(first[column].where(before))


def threshold_panel(panel: pd.DataFrame, *, winsorised: float = 0.01) -> pd.DataFrame:
    """Return the rows the search runs on, with the columns that it needs.

    Winsorising pulls in a share of rows at the upper end of FC only: many rows are at the lower.
    """
    if not 0 <= winsorised < 0.5:
        raise ValueError(f"winsorised {winsorised}: pass a share of at least 0 and below 0.5")
    rows = panel.assign(**{START: start_value(panel, "fin")})
    rows = rows.dropna(subset=["fc", START, *CONTROLS]).sort_values(["firm", "year"])
    if rows.empty:
        raise ValueError("No row has FC, all controls and finance before the zone: check the panel")
    top = rows["fc"].quantile(1 - winsorised)
    transforms = {"fc_winsorised": rows["fc"].clip(upper=top), "fc_asinh": np.arcsinh(rows["fc"])}
    place = city_region(rows)
    kinds = {
        name: rows["zone_post"] * ((rows["tier"] == tier) & (place == region))
        for name, (tier, region) in KNOWN_KINDS.items()
    }
    rows = rows.assign(**transforms, **kinds, home=rows.groupby("firm")["city"].transform("first"))
    if "true_effect_fc" not in rows:
        return rows
    without = rows["fc"] - rows["true_effect_fc"]
    return rows.assign(
        true_effect_fc_winsorised=rows["fc_winsorised"] - without.clip(upper=top),
        true_effect_fc_asinh=rows["fc_asinh"] - np.arcsinh(without),
    )


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
    specification = with_covariance(BASELINE, covariance).replace(
        outcome=outcome, regressor=BEYOND, controls=("zone_post", *CONTROLS, *kinds)
    )
    sample = estimation_sample(rows.join(beyond), specification)
    return fixed_effects(sample, specification)


def true_means(rows: pd.DataFrame, outcome: str, cut: float) -> tuple[float, float]:
    """Return the twin's mean true effect over treated rows up to a cut and beyond; else missing."""
    name = f"true_effect_{outcome}"
    if name not in rows:
        return float("nan"), float("nan")
    treated = rows[rows["zone_post"] == 1]
    above = treated[START] > cut
    return float(treated.loc[~above, name].mean()), float(treated.loc[above, name].mean())


def balanced(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows of units, such as firms, that are there in every year of the panel."""
    return rows[rows.groupby(unit)["year"].transform("size") == rows["year"].nunique()]


def mean_firms(rows: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return the mean firm of each city and year."""
    numeric = list(dict.fromkeys([*columns, "zone_post", START, *CONTROLS]))
    return rows.groupby(["city", "year"], as_index=False)[numeric].mean()


def city_changes(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return the change with each city's zone, less that in cities never treated.

    Only of cities with rows on either side; units below the prefecture count as prefectures.
    """
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
    """Return a row a search, in words: cut, set, F, three p-values, slopes, treated rows."""
    return pd.DataFrame([{"case": title, **_case_cells(one)} for title, one in cases.items()])


def exhibit_frame(
    cases: Mapping[str, Mapping[str, ZoneThreshold]], rows: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return the exhibit: a row a quantity of each case, a column a source, in words.

    Parameters
    ----------
    cases
        For each source, searches under the name of each case.
    rows
        The rows of each source, for the twin's truth: mean true effects on either side of the
        twin's cut, which are blank where differences between kinds are let in.
    """
    lines = []
    for case in cases[TWIN]:
        shown = {source: _exhibit_cells(by_case[case]) for source, by_case in cases.items()}
        low, high = _truth(cases[TWIN][case], rows[TWIN])
        truth = ["none", "", "", number(low), number(high - low)]
        for quantity, true in zip(shown[TWIN], truth, strict=True):
            cells = {source: by_quantity[quantity] for source, by_quantity in shown.items()}
            first = {"case": case, "quantity": quantity, "printed": NOT_PRINTED}
            lines.append(first | {TWIN: cells.pop(TWIN), "truth": true} | cells)
            case = ""
    return pd.DataFrame(lines)


def _truth(one: ZoneThreshold, rows: pd.DataFrame) -> tuple[float, float]:
    """Return the true means; missing where kinds are let in, which are then no means of all."""
    specification = one.slopes.specification
    if set(specification.controls) & set(KNOWN_KINDS):
        return float("nan"), float("nan")
    return true_means(rows, specification.outcome, one.cut)


def _case_cells(one: ZoneThreshold) -> dict[str, str]:
    found = one.fit.thresholds.iloc[0]
    low, change = one.slopes["zone_post"], one.slopes[BEYOND]
    return {
        "cut": number(one.cut, 2),
        "set": _set(found),
        "f": number(one.by_firm.f_statistic, 1),
        **{
            name: p_words(test.p_value, test.drawn.size)
            for name, test in (
                ("firm", one.by_firm),
                ("city", one.by_city),
                ("exchanged", one.exchanged),
            )
        },
        "low": number(low["estimate"]) + stars(low["p_value"]),
        "change": number(change["estimate"]) + stars(change["p_value"]),
        "treated": f"{number(one.treated_below, 0)} / {number(one.treated_above, 0)}",
    }


def _set(found: pd.Series) -> str:
    gaps = ", gaps" if found["disconnected"] else ""
    return f"{number(found['conf_low'], 2)} to {number(found['conf_high'], 2)}{gaps}"


def _exhibit_cells(one: ZoneThreshold) -> dict[str, str]:
    cells = _case_cells(one)
    low, change = one.slopes["zone_post"], one.slopes[BEYOND]
    return {
        "Cut, and its set": f"{cells['cut']} [{cells['set']}]",
        "F": cells["f"],
        "p: by firm; by city; exchanged": "; ".join(
            cells[name] for name in ("firm", "city", "exchanged")
        ),
        "Zone × post up to the cut": f"{cells['low']} ({number(low['std_error'])})",
        "Change beyond it": f"{cells['change']} ({number(change['std_error'])})",
    }
