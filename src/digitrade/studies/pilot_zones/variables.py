"""The firm study's variables, in the units its tables use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from digitrade.data import of_city, province_regions
from digitrade.data.codebook import DataError, Problem
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.zones import assign_treatment, city_problems, require_choice

KEYS = ("firm", "year")
BALANCE = ("financial_assets", "fixed_assets", "total_assets", "established")
AS_GIVEN = ("top1", "quick", "liability", "q", "pe")
CITY_FIGURES = ("deposits_loans", "gdp", "gdp_per_head")
REQUIRED = (*KEYS, "city", "province", *BALANCE, *AS_GIVEN, *CITY_FIGURES)
AMOUNTS = (
    *("subsidies", "short_loans", "long_loans", "export_revenue"),
    *("digital_words", "disposable_income", "fiscal_expenditure"),
)
AS_GIVEN_IF_THERE = ("roe", "urbanisation", "exporter", "high_tech", "polluting")
TRUE_EFFECT = "true_effect_"
BASE_YEAR = 2011
MILLION_YUAN, TEN_THOUSAND_YUAN, BILLION_YUAN = 1e6, 1e4, 1e9  # yuan
MEASURES = ("share", "quotient")
LEVELS = ("region", "province")
TIERS = ("municipality", "sub-provincial", "prefecture")


def city_region(firms: pd.DataFrame) -> pd.Series:
    """Return the region in which the city lies, whatever province is reported."""
    return of_city(firms["city"], "province").map(province_regions())


CONSTRUCTED: Mapping[str, Callable[[pd.DataFrame], pd.Series]] = {
    "fc": lambda firms: firms["financial_assets"] / firms["fixed_assets"],
    "sa": lambda firms: sa_index(firms["total_assets"], _age(firms)),
    "fin": lambda firms: firms["deposits_loans"] / firms["gdp"],
    "eco": lambda firms: _ln(firms["gdp_per_head"]),
    "size": lambda firms: _ln(firms["total_assets"] / MILLION_YUAN),
    "ln_age": lambda firms: _ln(1 + _age(firms)),
    "disposable_income": lambda firms: _ln(firms["disposable_income"]),
    "government_intervention": lambda firms: firms["fiscal_expenditure"] / firms["gdp"],
    "trend_central": lambda firms: _trend(firms, "central"),
    "trend_west": lambda firms: _trend(firms, "west"),
    "log_govsub": lambda firms: _ln(1 + firms["subsidies"]),
    "log_shortloan": lambda firms: _ln(1 + firms["short_loans"]),
    "log_longloan": lambda firms: _ln(1 + firms["long_loans"]),
    "log_totalloan": lambda firms: _ln(1 + firms["short_loans"] + firms["long_loans"]),
    "export": lambda firms: firms["export_revenue"] / BILLION_YUAN,
    "digitalisation": lambda firms: firms["digital_words"],
    "agg": lambda firms: _agglomeration(firms),
    "smart_post": lambda firms: _joined(firms, "smart_city_year"),
    "innova_post": lambda firms: _joined(firms, "innovative_city_year"),
}
"""What makes each variable of an extract's columns; ``book/dictionary.md`` has them in words."""


def build_firm_panel(extract: pd.DataFrame, **ways: str) -> pd.DataFrame:
    """Build every variable of an extract, a reader's or the twin's; missing without its column.

    Ways to date and place zones are those of :func:`city_cohorts`.
    """
    _require_usable(extract)
    optional = (*AMOUNTS, *AS_GIVEN_IF_THERE)
    firms = extract.assign(**{name: np.nan for name in optional if name not in extract})
    given = firms[[*AS_GIVEN, *AS_GIVEN_IF_THERE]]
    true = [name for name in extract if str(name).startswith(TRUE_EFFECT)]
    tiers = of_city(firms["city"], "tier")
    places = firms[[*KEYS, "city", "province"]].assign(
        region=firms["province"].map(province_regions()), tier=tiers.where(tiers.isin(TIERS))
    )
    treatment = assign_treatment(firms, **ways)
    variables = pd.DataFrame({name: formula(firms) for name, formula in CONSTRUCTED.items()})
    return pd.concat([places, treatment, variables, given, firms[true]], axis=1)


def sa_index(assets: pd.Series, age: pd.Series, *, unit: float = MILLION_YUAN) -> pd.Series:
    r"""Return the size-age index of Hadlock and Pierce (2010, Review of Financial Studies 23(5)).

    .. math:: SA = -0.737\,\text{Size} + 0.043\,\text{Size}^2 - 0.040\,\text{Age}

    Size is the log of assets over the unit, both in yuan; the index falls up to 5,270 units.
    """
    advice = {
        "assets: {} rows not above 0, so they have no log; leave them out": assets <= 0,
        "age: {} rows below 0; compare the year of establishment with the year": age < 0,
    }
    if problems := [text.format(int(bad.sum())) for text, bad in advice.items() if bad.any()]:
        raise ValueError("The size-age index cannot be built:\n  - " + "\n  - ".join(problems))
    size = _ln(assets / unit)
    return (-0.737 * size + 0.043 * size**2 - 0.040 * age).rename("sa")


def city_counts(firms: pd.DataFrame) -> pd.DataFrame:
    """Return the firms of each city and year, with the city's area: ``firms, area_km2``."""
    counts = firms.groupby(["city", "year"]).size().rename("firms").reset_index()
    return counts.assign(area_km2=of_city(counts["city"], "area_km2"))


def location_quotient(counts: pd.DataFrame, *, measure: str = "quotient") -> pd.Series:
    r"""Return how densely a city is settled with firms, against all cities of the year.

    With :math:`n_{ct}` firms on an area :math:`S_c`, equation (2) and the definition table have

    .. math::

        \text{share}_{ct} = \frac{n_{ct} / S_c}{\sum_k n_{kt} / S_k}, \qquad
        \text{quotient}_{ct} = \frac{n_{ct} / S_c}{\sum_k n_{kt} / \sum_k S_k}.
    """
    require_choice("measure", measure, MEASURES)
    density = counts["firms"] / counts["area_km2"]
    by_year = counts.assign(density=density).groupby("year")
    total = by_year[["density", "firms", "area_km2"]].transform("sum")
    benchmark = total["density"] if measure == "share" else total["firms"] / total["area_km2"]
    return (density / benchmark.where(benchmark > 0)).rename("agg")


def on_rows(firms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each row's city and year."""
    at = ["city", "year"]
    return firms[at].merge(cells, on=at, how="left", validate="m:1").set_axis(firms.index)


def group_trends(panel: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return a line through the years, ``trend[group]``, for all but the largest of the groups."""
    require_choice("level", level, LEVELS)
    provinces = of_city(panel["city"], "province")
    groups = provinces if level == "province" else provinces.map(province_regions())
    years = panel["year"] - panel["year"].min()
    by_group = years.groupby(groups).agg(["size", "nunique"]).query("nunique > 1")
    others = by_group.sort_values("size", ascending=False, kind="stable").index[1:]
    columns = {f"trend[{group}]": years.where(groups == group, 0) for group in others}
    return pd.DataFrame(columns, index=panel.index).astype(float)


def with_trends(
    panel: pd.DataFrame, specification: Specification, level: str
) -> tuple[pd.DataFrame, Specification]:
    """Return panel and specification with :func:`group_trends` among the controls."""
    trends = group_trends(panel, level)
    controls = (*specification.controls, *trends)
    return panel.join(trends), specification.replace(controls=controls, label=f"{level} trends")


def _ln(values: pd.Series) -> pd.Series:
    return values.astype("float64").apply(np.log)


def _age(firms: pd.DataFrame) -> pd.Series:
    return firms["year"] - firms["established"]


def _trend(firms: pd.DataFrame, where: str) -> pd.Series:
    return (firms["year"] - BASE_YEAR).where(city_region(firms) == where, 0)


def _agglomeration(firms: pd.DataFrame) -> pd.Series:
    """Return agglomeration as given, or else the location quotient of the firms given."""
    if "agg" in firms:
        return firms["agg"].astype("float64")
    counts = city_counts(firms)
    return on_rows(firms, counts.assign(agg=location_quotient(counts)))["agg"]


def _joined(firms: pd.DataFrame, programme: str) -> pd.Series:
    """Return whether a programme's year is reached; missing if the column is not there."""
    if programme not in firms:
        return pd.Series(np.nan, index=firms.index)
    return (firms["year"] >= firms[programme]).astype("float64")


def _require_usable(extract: pd.DataFrame) -> None:
    source = "the extract"
    if absent := [name for name in REQUIRED if name not in extract]:
        advice = "Bring the column, under this name"
        raise DataError(Problem(source, f"column {name}", "not there", advice) for name in absent)
    repeated = extract.loc[extract.duplicated(list(KEYS)), list(KEYS)].drop_duplicates()
    problems = [
        Problem(source, f"firm {row.firm}, year {row.year}", "more than one row", "Keep one")
        for row in repeated.itertuples()
    ]
    problems += city_problems(extract["city"], source=source)
    reported = extract["province"].replace("", np.nan).dropna()
    problems += [
        Problem(source, f"province {name!r}", "unknown", "Spell it as in provinces.csv, or blank")
        for name in sorted(set(reported) - set(province_regions().index))
    ]
    if problems:
        raise DataError(problems)
