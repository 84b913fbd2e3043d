"""The provincial study's variables, made of public figures by declared formulas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.methods.indices import composite_index
from digitrade.methods.specification import Specification

MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
CONTROLS = ("ln_gdp_per_head", "urbanisation", "secondary_share", "government_share")
BASELINE = Specification(
    "openness", "ln_dfi", CONTROLS, entity="province", time="year", effects=("province", "year")
)
QUALITY_INGREDIENTS = ("openness", "trade_per_head", "inventions_per_head", "technology_share")
# Of public figures by name; a name that starts with ln_ is the natural log of its formula.
FORMULAS = pd.read_csv(Path(__file__).with_name("formulas.csv"), index_col="name")["formula"]


def build_province_panel(
    figures: pd.DataFrame,
    *,
    ingredients: Sequence[str] = QUALITY_INGREDIENTS,
    weighting: str = "entropy",
) -> pd.DataFrame:
    """Build all variables that figures allow; restrict these first, as an index depends on them."""
    panel = figures[["province", "year", "region", "dfi"]].copy()
    for name, formula in FORMULAS.items():
        found = figures.eval(formula, engine="python")
        panel[name] = found.apply(np.log) if name.startswith("ln_") else found
    panel["municipality"] = figures["province"].isin(MUNICIPALITIES)
    quality = composite_index(panel, positive=ingredients, weighting=weighting)
    return panel.assign(trade_quality=quality)


def changes_by_start(panel: pd.DataFrame, start: str, columns: Sequence[str]) -> pd.DataFrame:
    """Average the changes from first to last year over thirds of provinces by starting level."""
    first, last = panel["year"].min(), panel["year"].max()
    if first == last:
        raise ValueError(f"Changes need two years: found years {first} to {last}")
    begin, end = (panel[panel["year"] == year].set_index("province") for year in (first, last))
    change = (end[list(columns)] - begin[list(columns)]).dropna()
    level = begin.loc[change.index, start]
    thirds = change.assign(level=level).groupby(thirds_by_start(level), observed=True)
    means = thirds.mean().assign(provinces=thirds.size()).reset_index()
    return means[["group", "provinces", "level", *columns]].astype({"group": "object"})


def thirds_by_start(level: pd.Series) -> pd.Series:
    """Return which third a province is in, ``group``, by its level in the first year."""
    return pd.qcut(level, 3, labels=["low", "middle", "high"]).rename("group")
