"""The firm study's variables, in the units its tables use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import of_city, province_regions
from digitrade.data.codebook import Problem
from digitrade.data.codebook import refuse as refuse_data
from digitrade.data.reader.columns import canonical_columns
from digitrade.methods.checks import refuse
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.zones import assign_treatment, city_problems, require_choice

KEYS = ("firm", "year")
AS_GIVEN = ("top1", "quick", "liability", "q", "pe")
AS_GIVEN_IF_THERE = ("roe", "urbanisation", "exporter", "high_tech", "polluting")
NOT_FILLED = ("agg", "smart_city_year", "innovative_city_year")
TRUE_EFFECT = "true_effect_"
BASE_YEAR = 2011
MILLION_YUAN, TEN_THOUSAND_YUAN, BILLION_YUAN = 1e6, 1e4, 1e9  # yuan
MEASURES = ("share", "quotient")
LEVELS = ("region", "province")
TIERS = ("municipality", "sub-provincial", "prefecture")


def city_region(firms: pd.DataFrame) -> pd.Series:
    """Return the region in which the city lies, whatever province is reported."""
    return of_city(firms["city"], "province").map(province_regions())


Formula = Callable[[pd.DataFrame], pd.Series]


def _formula(text: str) -> Formula:
    return lambda firms: firms.eval(text, engine="python").astype("float64")


FORMULAS = pd.read_csv(Path(__file__).with_name("variables.csv"), index_col="variable")["formula"]
CONSTRUCTED: Mapping[str, Formula] = {
    **FORMULAS.map(_formula),
    "sa": lambda firms: sa_index(firms["total_assets"], firms["year"] - firms["established"]),
    "trend_central": lambda firms: _trend(firms, "central"),
    "trend_west": lambda firms: _trend(firms, "west"),
    "digitalisation": lambda firms: firms["digital_words"],
    "agg": lambda firms: _agglomeration(firms),
    "smart_post": lambda firms: _joined(firms, "smart_city_year"),
    "innova_post": lambda firms: _joined(firms, "innovative_city_year"),
}
"""What makes each variable of an extract's columns; ``book/dictionary.md`` has them in words."""


def build_firm_panel(extract: pd.DataFrame, **ways: str) -> pd.DataFrame:
    """Build every variable of an extract, missing without its column; ``ways`` date the zones."""
    _require_usable(extract)
    absent = [name for name in canonical_columns() if name not in (*extract, *NOT_FILLED)]
    firms = extract.assign(**dict.fromkeys(absent, np.nan))
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
    """Return the size-age index of Hadlock and Pierce (2010, Review of Financial Studies 23(5)).

    Size is the log of assets over the unit, both in yuan; the index falls up to 5,270 units.
    """
    low, young = int((assets <= 0).sum()), int((age < 0).sum())
    problems = {
        f"assets: {low} rows not above 0, so they have no log; leave them out": low,
        f"age: {young} rows below 0; compare the year of establishment with the year": young,
    }
    refuse("The size-age index cannot be built", problems)
    size = (assets / unit).astype("float64").apply(np.log)
    return (-0.737 * size + 0.043 * size**2 - 0.040 * age).rename("sa")


def city_counts(firms: pd.DataFrame) -> pd.DataFrame:
    """Return the firms of each city and year, with the city's area: ``firms, area_km2``."""
    counts = firms.groupby(["city", "year"]).size().rename("firms").reset_index()
    return counts.assign(area_km2=of_city(counts["city"], "area_km2"))


def location_quotient(counts: pd.DataFrame, *, measure: str = "quotient") -> pd.Series:
    """Return a city's firms per area over the year's sum of these or, as a quotient, overall."""
    # The first is the study's equation (2), the second is in its table of definitions.
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
    refuse_data(
        Problem(source, f"column {name}", "not there", "Bring the column, under this name")
        for name, column in canonical_columns().items()
        if column.required and name not in extract
    )
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
    refuse_data(problems)
