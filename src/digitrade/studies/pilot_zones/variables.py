"""The firm study's variables, one function each, in the units its tables use."""

from __future__ import annotations

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
    "subsidies",
    "short_loans",
    "long_loans",
    "export_revenue",
    "digital_words",
    "disposable_income",
    "fiscal_expenditure",
)
AS_GIVEN_IF_THERE = ("roe", "urbanisation", "exporter", "high_tech", "polluting")
TRUTH = "true_effect_"
BASE_YEAR = 2011
MILLION_YUAN, TEN_THOUSAND_YUAN, BILLION_YUAN = 1e6, 1e4, 1e9  # yuan
MEASURES = ("share", "quotient")
LEVELS = ("region", "province")
TIERS = ("municipality", "sub-provincial", "prefecture")


def region(firms: pd.DataFrame) -> pd.Series:
    """Return the region of the reported province; missing where that is blank."""
    return firms["province"].map(province_regions())


def city_region(firms: pd.DataFrame) -> pd.Series:
    """Return the region in which the city lies, whatever province is reported."""
    return of_city(firms["city"], "province").map(province_regions())


def tier(firms: pd.DataFrame) -> pd.Series:
    """Return the tier of the city; missing for units below the prefecture level."""
    tiers = of_city(firms["city"], "tier")
    return tiers.where(tiers.isin(TIERS))


def fc(firms: pd.DataFrame) -> pd.Series:
    """Return financial over fixed assets; more is read as less constrained."""
    return firms["financial_assets"] / firms["fixed_assets"]


def fin(firms: pd.DataFrame) -> pd.Series:
    """Return the city's deposits plus loans over its output."""
    return firms["deposits_loans"] / firms["gdp"]


def eco(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of the city's output per head, in 10,000 yuan."""
    return _ln(firms["gdp_per_head"])


def size(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of total assets in million yuan."""
    return _ln(firms["total_assets"] / MILLION_YUAN)


def ln_age(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of one plus the years since the firm was established."""
    return _ln(1 + _age(firms))


def disposable_income(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of disposable income per head in yuan."""
    return _ln(firms["disposable_income"])


def government_intervention(firms: pd.DataFrame) -> pd.Series:
    """Return the city's public expenditure over its output."""
    return firms["fiscal_expenditure"] / firms["gdp"]


def trend_central(firms: pd.DataFrame) -> pd.Series:
    """Return years since 2011 in cities of the central region, and 0 elsewhere."""
    return _trend(firms, "central")


def trend_west(firms: pd.DataFrame) -> pd.Series:
    """Return years since 2011 in cities of the western region, and 0 elsewhere."""
    return _trend(firms, "west")


def sa(firms: pd.DataFrame) -> pd.Series:
    """Return the size-age index; it is negative, and more means more constrained."""
    return sa_index(firms["total_assets"], _age(firms))


def log_govsub(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of one plus subsidies in yuan."""
    return _ln(1 + firms["subsidies"])


def log_shortloan(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of one plus short-term loans in yuan."""
    return _ln(1 + firms["short_loans"])


def log_longloan(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of one plus long-term loans in yuan."""
    return _ln(1 + firms["long_loans"])


def log_totalloan(firms: pd.DataFrame) -> pd.Series:
    """Return the natural log of one plus all loans in yuan; missing where either kind is."""
    return _ln(1 + firms["short_loans"] + firms["long_loans"])


def export(firms: pd.DataFrame) -> pd.Series:
    """Return export revenue in billion yuan."""
    return firms["export_revenue"] / BILLION_YUAN


def digitalisation(firms: pd.DataFrame) -> pd.Series:
    """Return how often words of the digital economy stand in the annual report."""
    return firms["digital_words"]


def agg(firms: pd.DataFrame) -> pd.Series:
    """Return agglomeration as given, or else the location quotient of the firms given."""
    if "agg" in firms:
        return firms["agg"].astype("float64")
    counts = city_counts(firms)
    return on_rows(firms, counts.assign(agg=location_quotient(counts)))["agg"]


def smart_post(firms: pd.DataFrame) -> pd.Series:
    """Return whether the city had joined the smart-city programme by the year (0/1)."""
    return _joined(firms, "smart_city_year")


def innova_post(firms: pd.DataFrame) -> pd.Series:
    """Return whether the city had joined the innovative-city programme by the year (0/1)."""
    return _joined(firms, "innovative_city_year")


CONSTRUCTED = (
    fc,
    sa,
    fin,
    eco,
    size,
    ln_age,
    disposable_income,
    government_intervention,
    trend_central,
    trend_west,
    log_govsub,
    log_shortloan,
    log_longloan,
    log_totalloan,
    export,
    digitalisation,
    agg,
    smart_post,
    innova_post,
)


def build_firm_panel(
    extract: pd.DataFrame,
    *,
    approved_by: str = "2020-12-31",
    rule: str = "half-year",
    mapping: str = "prefecture",
) -> pd.DataFrame:
    """Build every variable of the firm study from an extract, a reader's or the twin's.

    Rows keep their order; what rests on a column that is absent is missing throughout.
    """
    _require_usable(extract)
    optional = (*AMOUNTS, *AS_GIVEN_IF_THERE)
    firms = extract.assign(**{name: np.nan for name in optional if name not in extract})
    given = firms[[*AS_GIVEN, *AS_GIVEN_IF_THERE]]
    true = [name for name in extract if str(name).startswith(TRUTH)]
    keys = firms[[*KEYS, "city", "province"]]
    places = keys.assign(region=region(firms), tier=tier(firms))
    treatment = assign_treatment(firms, approved_by=approved_by, rule=rule, mapping=mapping)
    variables = pd.DataFrame({variable.__name__: variable(firms) for variable in CONSTRUCTED})
    return pd.concat([places, treatment, variables, given, firms[true]], axis=1)


def sa_index(assets: pd.Series, age: pd.Series, *, unit: float = MILLION_YUAN) -> pd.Series:
    r"""Return the size-age index of financing constraints; more means more constrained.

    .. math:: SA = -0.737\,\text{Size} + 0.043\,\text{Size}^2 - 0.040\,\text{Age}

    Size is the log of assets in the unit, both given in yuan; the index falls up to 5,270 units
    and rises beyond. Hadlock and Pierce (2010, Review of Financial Studies 23(5), 1909-1940).
    """
    problems = [
        f"{name}: {int(bad.sum())} rows {words}"
        for name, bad, words in (
            ("assets", assets <= 0, "not above 0, so they have no log; leave them out"),
            ("age", age < 0, "below 0; compare the year of establishment with the year"),
        )
        if bad.any()
    ]
    if problems:
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
    if measure == "share":
        benchmark = by_year["density"].transform("sum")
    else:
        benchmark = by_year["firms"].transform("sum") / by_year["area_km2"].transform("sum")
    return (density / benchmark.where(benchmark > 0)).rename("agg")


def on_rows(firms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each row's city and year."""
    at = ["city", "year"]
    return firms[at].merge(cells, on=at, how="left", validate="m:1").set_axis(firms.index)


def group_trends(panel: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return a line through the years, ``trend[group]``, for each region or province but one.

    A row's group is where its city lies. With year effects, the trend of the group with most rows
    is a combination of the others'; a group seen in one year has none.
    """
    require_choice("level", level, LEVELS)
    provinces = of_city(panel["city"], "province")
    groups = provinces if level == "province" else provinces.map(province_regions())
    years = panel["year"] - panel["year"].min()
    seen = years.groupby(groups).nunique()
    sizes = groups.value_counts()
    moving = sorted(seen.index[seen > 1], key=lambda group: (-sizes[group], group))
    columns = {f"trend[{group}]": years.where(groups == group, 0) for group in moving[1:]}
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


def _joined(firms: pd.DataFrame, programme: str) -> pd.Series:
    """Return whether a programme's year is reached; missing if the column is not there."""
    if programme not in firms:
        return pd.Series(np.nan, index=firms.index)
    return (firms["year"] >= firms[programme]).astype("float64")


def _require_usable(extract: pd.DataFrame) -> None:
    source = "the extract"
    absent = [name for name in REQUIRED if name not in extract]
    if absent:
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
