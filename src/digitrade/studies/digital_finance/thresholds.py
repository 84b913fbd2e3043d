"""Thresholds of the provincial study: the rows, the searches, and what a printed cut sets apart."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from digitrade.data import load_provinces, load_published
from digitrade.methods.sample import Sample
from digitrade.methods.threshold import PanelThreshold, panel_threshold
from digitrade.studies.digital_finance.sample import without_provinces, years_between
from digitrade.studies.digital_finance.variables import build_province_panel

USUAL_TRIM = 0.05
OUTCOMES = ["openness", "ln_trade"]


def search_thresholds(
    data: pd.DataFrame, outcome: str, *, seed: int, **choices: Any
) -> PanelThreshold:
    """Search for thresholds of the log index's slope, by default in the index itself."""
    index = {"regime_dependent": "ln_dfi", "threshold": "ln_dfi"}
    return panel_threshold(
        data,
        outcome=outcome,
        entity="province",
        time="year",
        rng=np.random.default_rng(seed),
        **index | choices,
    )


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


def low_side(panel: pd.DataFrame, fit: PanelThreshold) -> dict[str, float | str]:
    """Say who lies below the threshold of investment, and how far their openness fell."""
    cut = fit.thresholds["estimate"].item()
    below = panel[panel["investment_share"] <= cut]
    names = sorted(below["province"].unique())
    own = panel[panel["province"].isin(names)].sort_values("year")
    ends = own.groupby("province")["openness"].agg(["first", "last"])
    return {
        "low_cut": cut,
        "low_rows": len(below),
        "least_rows": fit.conventions.min_rows,
        "cities": " and ".join(names),
        "smallest_fall": 100 * (ends["first"] - ends["last"]).min(),
    }
