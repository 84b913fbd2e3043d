"""Thresholds of the provincial study: the rows, the searches, and what a printed cut sets apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from digitrade.data import load_provinces, load_published
from digitrade.methods.estimate import TIDY
from digitrade.methods.regression import fixed_effects
from digitrade.methods.sample import Sample
from digitrade.methods.specification import Specification
from digitrade.methods.threshold import PanelThreshold, panel_threshold
from digitrade.methods.threshold.results import increment_columns, slope_contrasts
from digitrade.methods.wild_bootstrap import WildBootstrap, wild_cluster_bootstrap
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.variables import BASELINE, CONTROLS, build_province_panel

USUAL_TRIM = 0.05
OUTCOMES = ["openness", "ln_trade"]
INDEX = {"regime_dependent": "ln_dfi", "threshold": "ln_dfi"}
KEYS = {"entity": "province", "time": "year"}
VARIANTS = {
    "province": (("province",), ()),
    "province, year": (("province", "year"), ()),
    "province, year; controls": (("province", "year"), CONTROLS),
    "province, region-year; controls": (("province", "region_year"), CONTROLS),
}


def search_thresholds(
    data: pd.DataFrame, outcome: str, *, seed: int, **choices: Any
) -> PanelThreshold:
    """Search for thresholds of the log index's slope, by default in the index itself."""
    rng = np.random.default_rng(seed)
    return panel_threshold(data, outcome=outcome, rng=rng, **KEYS | INDEX | choices)


def change_four_ways(
    data: pd.DataFrame, outcome: str, *, seed: int, draws: int, **choices: Any
) -> pd.DataFrame:
    """Return the slope's change at the highest cut found, taken as given, a tidy row a ``way``."""
    rows = []
    for way in ("homoskedastic", "robust", "clustered"):
        own = choices | {"covariance": way, "draws": 0}
        fit = search_thresholds(data, outcome, seed=seed, **own)
        contrasts = slope_contrasts(fit)
        rows.append(contrasts[contrasts["contrast"] == "difference"].iloc[-1:].assign(way=way))
    model, cuts = fit.conventions, fit.thresholds["estimate"]
    at: dict[str, Any] = {"threshold": model.threshold, "cuts": cuts, "split": model.rules.split}
    added = increment_columns(data, regressor="ln_dfi", **at)
    steps = increment_columns(data.assign(step=1.0), regressor="step", **at)
    panel, (*slopes, change) = data.join([added, steps]), added
    held = ("ln_dfi", *slopes, *list(steps) * model.regime_intercepts, *model.controls)
    changed: dict[str, Any] = {"regressor": change, "controls": held, "effects": model.effects}
    wild = _wild(panel, BASELINE.replace(outcome=outcome, **changed), draws, seed)
    ways = pd.concat([*rows, wild.tidy().assign(way="wild bootstrap")], ignore_index=True)
    return ways[["way", *TIDY]].assign(term=change, n_obs=len(panel), outcome=outcome)


def changes_at_cuts(
    panel: pd.DataFrame, outcome: str, cuts: Sequence[float], *, seed: int, draws: int
) -> pd.DataFrame:
    """Return tidy rows of changes of slope or level (``form``) at given cuts, with ``wild_p``."""
    panel = panel.dropna(subset=outcome).assign(step=1.0)
    panel["region_year"] = panel["region"] + " " + panel["year"].astype(str)
    at: dict[str, Any] = {"threshold": "ln_dfi", "cuts": cuts}
    forms = {
        form: increment_columns(panel, regressor=column, **at)
        for form, column in {"slope": "ln_dfi", "step": "step"}.items()
    }
    panel, rows = panel.join(list(forms.values())), []
    for (words, (effects, controls)), form in product(VARIANTS.items(), forms):
        for cut, change in enumerate(forms[form], 1):
            held = ("ln_dfi", *(name for name in forms[form] if name != change), *controls)
            changed = BASELINE.replace(outcome=outcome, regressor=change, controls=held)
            changed = changed.replace(effects=effects)
            told = {"outcome": outcome, "effects": words, "form": form, "cut": cut}
            wild_p = _wild(panel, changed, draws, seed).p_value
            rows.append({**fixed_effects(panel, changed).main, **told, "wild_p": wild_p})
    return pd.DataFrame(rows)


def _wild(panel: pd.DataFrame, changed: Specification, draws: int, seed: int) -> WildBootstrap:
    rng = np.random.default_rng(seed)
    return wild_cluster_bootstrap(panel, changed, draws=draws, rng=rng)


def study_panel() -> pd.DataFrame:
    """Return public figures of the provinces and years that the study has."""
    return build_province_panel(without_provinces(Sample.of(load_provinces()), ["Tibet"]).panel)


def public_rows(excluded: Collection[str], first_year: int, last_year: int) -> pd.DataFrame:
    """Return public figures of chosen provinces and years, with both public outcomes."""
    sample = without_provinces(Sample.of(load_provinces()), excluded)
    sample = years_between(sample, first_year, last_year)
    return build_province_panel(sample.panel).dropna(subset=OUTCOMES)


def chosen_rows(
    twin: pd.DataFrame, excluded: Collection[str], first_year: int, last_year: int
) -> pd.DataFrame:
    """Return chosen provinces and years of the twin, which has no Tibet to leave out."""
    sample = without_provinces(Sample.of(twin), set(excluded) & set(twin["province"]))
    return years_between(sample, first_year, last_year).panel


def rows_at_printed_cuts(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the province-years whose log index rounds to a printed threshold, lowest first."""
    printed = load_published("thresholds", study="digital_finance")
    cuts = printed.loc[printed["symbol"] == "ln_dfi", "value"].astype(float)
    return panel[panel["ln_dfi"].round(4).isin(cuts)].sort_values("dfi")


def highest_regime(panel: pd.DataFrame, cut: float) -> dict[str, float]:
    """Count what lies beyond a cut of the index, and what the usual trim would ask for."""
    strict, loose = panel[panel["ln_dfi"] > cut], panel[panel["ln_dfi"] >= cut]
    needed = math.ceil(USUAL_TRIM * len(panel))
    return {
        "strict_rows": len(strict),
        "strict_provinces": strict["province"].nunique(),
        "loose_rows": len(loose),
        "loose_provinces": loose["province"].nunique(),
        "all_rows": len(panel),
        "needed": needed,
        "highest": panel["ln_dfi"].nlargest(needed + 1).iloc[-1],
        "first_beyond": loose["year"].min(),
    }


def low_side(panel: pd.DataFrame, fit: PanelThreshold, outcome: str) -> dict[str, Any]:
    """Say who lies below a threshold, who crosses it, and how the outcome moved there."""
    variable, cut = fit.conventions.threshold, fit.thresholds["estimate"].item()
    below = panel[variable] <= cut
    own = panel[panel["province"].isin(panel.loc[below, "province"])].sort_values("year")
    always = below.groupby(panel["province"]).mean().loc[lambda share: share > 0]
    ends = own.groupby("province")[outcome].agg(["first", "last"])
    return {
        "low_cut": cut,
        "low_rows": int(below.sum()),
        "least_rows": fit.conventions.min_rows,
        "low_names": list(always.index),
        "low_provinces": len(always),
        "crossing": int((always < 1).sum()),
        "smallest_fall": 100 * (ends["first"] - ends["last"]).min(),
    }
