"""The provincial study's variables, one function each, and the labels of all variables."""

from __future__ import annotations

from collections.abc import Sequence

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


def ln_dfi(panel: pd.DataFrame) -> pd.Series:
    """Return the natural log of the aggregate digital finance index."""
    return panel["dfi"].apply(np.log)


def trade_value(panel: pd.DataFrame) -> pd.Series:
    """Return imports plus exports in 100 million CNY, at the year's average rate."""
    return panel["trade_usd_million"] * panel["cny_per_usd"] / 100


def openness(panel: pd.DataFrame) -> pd.Series:
    """Return imports plus exports over gross regional product, both in CNY."""
    return trade_value(panel) / panel["gdp"]


def ln_trade(panel: pd.DataFrame) -> pd.Series:
    """Return the natural log of imports plus exports in 100 million CNY."""
    return trade_value(panel).apply(np.log)


def trade_per_head(panel: pd.DataFrame) -> pd.Series:
    """Return imports plus exports per resident, in 10,000 CNY."""
    return trade_value(panel) / panel["population"]


def inventions_per_head(panel: pd.DataFrame) -> pd.Series:
    """Return invention patents granted per 10,000 residents."""
    return panel["invention_grants"] / panel["population"]


def technology_share(panel: pd.DataFrame) -> pd.Series:
    """Return the turnover of the technology market over gross regional product."""
    return panel["tech_market_turnover"] / panel["gdp"]


def ln_gdp_per_head(panel: pd.DataFrame) -> pd.Series:
    """Return the natural log of gross regional product per resident, in 10,000 CNY."""
    return (panel["gdp"] / panel["population"]).apply(np.log)


def urbanisation(panel: pd.DataFrame) -> pd.Series:
    """Return the urban share of the resident population."""
    return panel["urban_population"] / panel["population"]


def secondary_share(panel: pd.DataFrame) -> pd.Series:
    """Return the secondary sector's share of gross regional product."""
    return panel["secondary_value_added"] / panel["gdp"]


def government_share(panel: pd.DataFrame) -> pd.Series:
    """Return public budget expenditure over gross regional product."""
    return panel["fiscal_expenditure"] / panel["gdp"]


def investment_share(panel: pd.DataFrame) -> pd.Series:
    """Return investment in fixed assets over gross regional product (to 2017)."""
    return panel["fixed_asset_investment"] / panel["gdp"]


def infrastructure(panel: pd.DataFrame) -> pd.Series:
    """Return road plus railway length per land area, in km per square km."""
    return (panel["road_length"] + panel["rail_length"]) / panel["land_area"]


def municipality(panel: pd.DataFrame) -> pd.Series:
    """Return whether the province is one of the four municipalities."""
    return panel["province"].isin(MUNICIPALITIES)


CONSTRUCTED = (
    *(ln_dfi, openness, ln_trade, trade_per_head, inventions_per_head, technology_share),
    *(ln_gdp_per_head, urbanisation, secondary_share, government_share, investment_share),
    *(infrastructure, municipality),
)


def build_province_panel(
    figures: pd.DataFrame,
    *,
    ingredients: Sequence[str] = QUALITY_INGREDIENTS,
    weighting: str = "entropy",
) -> pd.DataFrame:
    """Build every variable that public figures allow, missing where a figure is.

    Restrict the figures first: the public trade-quality index takes scale and weights from them.
    """
    panel = figures[["province", "year", "region", "dfi"]]
    panel = panel.assign(**{variable.__name__: variable(figures) for variable in CONSTRUCTED})
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
