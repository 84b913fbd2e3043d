"""Read the shipped tables: one function a table, validated, with unique keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import (
    DataError,
    Problem,
    collect,
    read_all_tables,
    read_codebook,
    read_table,
    read_tables,
)
from digitrade.data.paths import data_folder

PROVINCE_YEAR_FILES = (
    "digital_finance.csv",
    "national_accounts.csv",
    "population.csv",
    "trade.csv",
    "innovation.csv",
    "transport.csv",
)
YEARS = range(2011, 2022)
FOLDERS = ("provinces", "policy", "published", "twin", "text")
STUDIES = ("digital_finance", "pilot_zones")


def load_provinces() -> pd.DataFrame:
    """Return the public province-year figures, one row for each province and year.

    Returns
    -------
    pandas.DataFrame
        31 provinces by 11 years (2011-2021), keyed by ``province`` and ``year``;
        units and producers in ``data/provinces/codebook.csv``. Figures that were
        never published are missing, not interpolated.

    Raises
    ------
    DataError
        If a file is not what its codebook says, or a province-year is not there.
    """
    folder = data_folder("provinces")
    provinces, rates, *tables = collect(
        [
            partial(read_table, folder, "provinces.csv"),
            partial(load_exchange_rate),
            *(partial(_read_province_years, folder, file) for file in PROVINCE_YEAR_FILES),
        ]
    )
    key = ["province", "year"]
    figures = reduce(lambda a, b: a.merge(b, on=key, how="outer", validate="1:1"), tables)
    panel = provinces.merge(figures, on="province", how="left", validate="1:m")
    panel = panel.merge(rates, on="year", how="left", validate="m:1")
    return panel.sort_values(key, ignore_index=True)


def province_names() -> list[str]:
    """Return the names of the 31 provinces, in alphabetical order."""
    return sorted(read_table(data_folder("provinces"), "provinces.csv")["province"])


def province_regions() -> pd.Series:
    """Return the region (``east``, ``central`` or ``west``) of the 31 provinces, by name."""
    return read_table(data_folder("provinces"), "provinces.csv").set_index("province")["region"]


def load_exchange_rate() -> pd.DataFrame:
    """Return the annual average exchange rate, CNY per USD, keyed by ``year``."""
    return read_table(data_folder("provinces"), "exchange_rate.csv")


def load_capitals() -> pd.DataFrame:
    """Return capital, coordinates and distance to Hangzhou (km), keyed by ``province``."""
    return read_table(data_folder("provinces"), "capitals.csv")


def load_pilot_zones() -> pd.DataFrame:
    """Return the 165 pilot zones with batch, approval date, document and basis.

    Returns
    -------
    pandas.DataFrame
        One row a zone, keyed by ``city`` and ``province``; ``city_basis`` and
        ``document_basis`` say how well each row is confirmed.

    Raises
    ------
    DataError
        If a file is not what its codebook says, or the batches do not add up.
    """
    folder = data_folder("policy")
    zones, batches = read_tables(folder, ("zones.csv", "batches.csv"))
    counted = zones["batch"].value_counts().reindex(batches["batch"], fill_value=0)
    problems = [
        Problem(
            "data/policy/zones.csv",
            f"batch {batch}",
            f"{counted[batch]} zones listed",
            f"batches.csv says {stated}; restore both with `git checkout -- data`",
        )
        for batch, stated in zip(batches["batch"], batches["zones"], strict=True)
        if counted[batch] != stated
    ]
    if problems:
        raise DataError(problems)
    return zones.merge(batches.drop(columns="zones"), on="batch", validate="m:1")


def load_cities() -> pd.DataFrame:
    """Return the mainland's prefecture-level units, and county-level units run by a province.

    Returns
    -------
    pandas.DataFrame
        One row a unit, keyed by ``city``: ``city_zh, province, tier`` (``municipality``,
        ``sub-provincial``, ``prefecture`` or ``county-level``), ``area_km2`` (square km,
        approximate) and ``basis``.

    Raises
    ------
    DataError
        If the file is not what its codebook says.
    """
    return read_table(data_folder("policy"), "cities.csv")


def of_city(cities: pd.Series, column: str) -> pd.Series:
    """Return a column of the city table for names of cities; missing where one is unknown."""
    return cities.map(load_cities().set_index("city")[column])


def load_city_shares() -> pd.DataFrame:
    """Return roughly how many listed firms a city had about 2015, keyed by ``city``.

    General knowledge, for the size of the simulated cities; not a count to be quoted.
    """
    return read_table(data_folder("twin"), "city_shares.csv")


def load_published(table: str, *, study: str) -> pd.DataFrame:
    """Return what a study printed, with the printed digits kept as text.

    Parameters
    ----------
    table
        ``"estimates"``, ``"descriptives"`` or ``"thresholds"``.
    study
        ``"digital_finance"`` or ``"pilot_zones"``.

    Returns
    -------
    pandas.DataFrame
        The study's rows. Figures are text, because the rounding interval of a
        printed number is part of what was printed; empty means not reported.

    Raises
    ------
    DataError
        If the file is not what its codebook says.
    ValueError
        If the study is unknown.
    """
    if study not in STUDIES:
        raise ValueError(f"Unknown study {study!r}: choose one of {', '.join(STUDIES)}")
    rows = read_table(data_folder("published"), f"{table}.csv")
    return rows[rows["study"] == study].reset_index(drop=True)


def published_estimate(study: str, table: str, column: str, term: str) -> float:
    """Return one printed coefficient as a number.

    Raises
    ------
    KeyError
        If there is not exactly one such row, or it holds no number.
    """
    rows = load_published("estimates", study=study)
    row = rows[(rows["table"] == table) & (rows["column"] == column) & (rows["term"] == term)]
    if len(row) != 1 or row["estimate"].item() == "":
        raise KeyError(f"No printed number for {study}, {table}, column {column}, {term}")
    return float(row["estimate"].item())


def load_studies() -> pd.DataFrame:
    """Return title, authors, year, journal and DOI of the studies, keyed by ``study``."""
    return read_table(data_folder("published"), "studies.csv")


def load_keywords() -> pd.DataFrame:
    """Return the Chinese keywords of digital transformation with their family and a gloss."""
    return read_table(data_folder("text"), "keywords.csv")


def load_province_targets() -> pd.DataFrame:
    """Return what the simulated provinces are held to, keyed by ``target``.

    Printed numbers are text, with the digits that were printed.
    """
    return read_table(data_folder("twin"), "province_targets.csv")


def load_firm_targets() -> pd.DataFrame:
    """Return what the simulated firms are held to, keyed by ``target``; see its codebook."""
    return read_table(data_folder("twin"), "firm_targets.csv")


def load_codebook(folder: str) -> pd.DataFrame:
    """Return the codebook of ``data/<folder>``: one row for each column of each file."""
    return read_codebook(data_folder(folder))


def check_shipped_data() -> int:
    """Hold every table in ``data`` to its codebook and return how many there are.

    Raises
    ------
    DataError
        With the problems of all tables at once.
    """
    folders = [data_folder(name) for name in FOLDERS]
    reads = [partial(read_all_tables, folder) for folder in folders]
    checks: list[Callable[[], object]] = [
        *reads,
        load_provinces,
        load_pilot_zones,
        _check_city_names,
    ]
    collect(checks)
    return sum(len(read()) for read in reads)


def _check_city_names() -> None:
    """Raise unless every city that a file names is in cities.csv, in the same province."""
    cities, zones, shares = collect([load_cities, load_pilot_zones, load_city_shares])
    place = dict(zip(cities["city"], cities["province"], strict=True))
    provinces = province_names()
    located = zip(zones["prefecture"], zones["province"], strict=True)
    wrong = [
        *(("policy/cities.csv", city) for city in place if place[city] not in provinces),
        *(("policy/zones.csv", city) for city, province in located if place.get(city) != province),
        *(("twin/city_shares.csv", city) for city in shares["city"] if city not in place),
    ]
    advice = "Correct the name or the province: cities are spelt as in cities.csv"
    found = "no such city in that province, or no such province"
    if wrong:
        raise DataError(Problem(f"data/{file}", city, found, advice) for file, city in wrong)


def _read_province_years(folder: Path, file: str) -> pd.DataFrame:
    """Read one file and raise unless it has every province in every year, and no other."""
    table = read_table(folder, file)
    names = read_table(folder, "provinces.csv")["province"]
    expected = {(name, year) for name in names for year in YEARS}
    present = set(zip(table["province"], table["year"], strict=True))
    advice = "Restore it with `git checkout -- data`, or correct the name or the year"
    problems = [
        Problem(f"data/provinces/{file}", f"{name} {year}", words, advice)
        for words, rows in (
            ("no row", expected - present),
            ("a row, but provinces.csv has no such province", present - expected),
        )
        for name, year in sorted(rows)
    ]
    if problems:
        raise DataError(problems)
    return table
