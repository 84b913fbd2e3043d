"""The regressions that the targets rest on, each as a row whose product with the outcome it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.methods.calibration import FloatArray, coefficient_rows
from digitrade.methods.heterogeneity import split_at_median
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.twin.truth import REGIONS, TRUTH
from digitrade.studies.digital_finance.variables import BASELINE

TWO_WAY = BASELINE.replace(outcome="hdft")
ENTITY = TWO_WAY.replace(controls=(), effects=("province",))
ENTITY_CONTROLS = TWO_WAY.replace(effects=("province",))
# How the targets' file calls what is estimated from each column.
DIMENSIONS = {"breadth": "ln_breadth", "depth": "ln_depth", "digitalisation": "ln_digitalisation"}
MEDIATORS = {"via_finance": "financial_development", "via_infrastructure": "infrastructure_twin"}
REGIMES = {
    "ln_dfi": ("index_low", "index_between", "index_high"),
    "fai_gdp": ("investment_low", "investment_high"),
    "internet": ("internet_low", "internet_high"),
}
THRESHOLDS = {
    "index_first": ("ln_dfi", TRUTH.threshold_index_first),
    "index_second": ("ln_dfi", TRUTH.threshold_index_second),
    "investment": ("fai_gdp", TRUTH.threshold_investment),
    "internet": ("internet", TRUTH.threshold_internet),
}
CUTS = {name: [cut for column, cut in THRESHOLDS.values() if column == name] for name in REGIMES}
RATIOS = {"investment_ratio": REGIMES["fai_gdp"], "internet_ratio": REGIMES["internet"]}


def by_regime(panel: pd.DataFrame, threshold: str, *rivals: float) -> FloatArray:
    """Return the log index by regime of the true cuts and rivals, zero outside, n by regimes."""
    cuts = sorted([*CUTS[threshold], *rivals])
    regime = np.searchsorted(cuts, panel[threshold], side="left")  # a cut is part of the low
    return (regime[:, None] == np.arange(len(cuts) + 1)) * panel[["ln_dfi"]].to_numpy(dtype=float)


def slope_rows(
    panel: pd.DataFrame, specification: Specification, columns: FloatArray | None = None
) -> FloatArray:
    """Return a row for the slope of each column, or of the regressor if none are given."""
    if columns is None:
        columns = panel[[specification.regressor]].to_numpy(dtype=float)
    return coefficient_rows(Projection.of(panel, specification).residualise(columns))


def finance_level(panel: pd.DataFrame) -> pd.Series:
    """Return ``"high"`` or ``"low"``: the province's mean financial development, at the median."""
    return split_at_median(panel, TWO_WAY, "financial_development", "period-mean")


def group_rows(panel: pd.DataFrame) -> dict[str, FloatArray]:
    """Return rows for the slopes of split samples, zero outside: the same ones in every draw."""
    groups = {name: panel["region"] == name for name in REGIONS}
    groups |= {f"finance_{name}": finance_level(panel) == name for name in ("high", "low")}
    rows = {name: np.zeros(len(panel)) for name in groups}
    for name, kept in groups.items():
        rows[name][kept] = slope_rows(panel[kept], TWO_WAY)[0]
    return rows


def all_rows(
    panel: pd.DataFrame, groups: Mapping[str, FloatArray] | None = None
) -> dict[str, FloatArray]:
    """Return every row that the targets rest on, by target; of indirect effects, path b."""
    columns = panel[["ln_dfi", *DIMENSIONS.values(), *MEDIATORS.values()]]
    left = Projection.of(panel, TWO_WAY).residualise(columns.to_numpy(dtype=float))
    place = {name: left[:, [k]] for k, name in enumerate(columns)}
    rows = {"baseline": coefficient_rows(place["ln_dfi"])[0]}
    rows |= group_rows(panel) if groups is None else groups
    rows |= {target: coefficient_rows(place[name])[0] for target, name in DIMENSIONS.items()}
    for target, name in MEDIATORS.items():
        rows[target] = coefficient_rows(np.hstack([place[name], place["ln_dfi"]]))[0]
    entity = Projection.of(panel, ENTITY)
    for name, regimes in REGIMES.items():
        slopes = coefficient_rows(entity.residualise(by_regime(panel, name)))
        rows |= dict(zip(regimes, slopes, strict=True))
    return rows
