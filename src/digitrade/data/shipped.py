"""Read the shipped tables: one function a table, validated, with unique keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import Problem, collect, read_codebook, read_table, read_tables, refuse
from digitrade.data.paths import HONEST, STUDIES, data_folder

YEARS = range(2011, 2022)
ZONES = "data/policy/zones.csv"
FOLDERS = ("provinces", "policy", "published", "twin", "text")


def _load(folder: str, file: str) -> pd.DataFrame:
    return read_table(data_folder(folder), file)


load_province_list = partial(_load, "provinces", "provinces.csv")
"""Name, Chinese name, region and land area of the provinces, keyed by ``province``."""
load_capitals = partial(_load, "provinces", "capitals.csv")
"""Capital, coordinates and distance to Hangzhou (km), keyed by ``province``."""
load_cities = partial(_load, "policy", "cities.csv")
"""The mainland's prefecture-level units, and county-level ones run by a province."""
load_counties = partial(_load, "policy", "counties.csv")
"""The counties and county-level cities and the city of ``cities.csv`` each lies in."""
load_negation = partial(_load, "text", "negation.csv")
"""Chinese words that negate, that only look like it, and that undo a negation."""
load_city_shares = partial(_load, "twin", "city_shares.csv")
"""Roughly how many listed firms a city had about 2015; not a count to be quoted."""
load_studies = partial(_load, "published", "studies.csv")
"""Title, authors, year, journal and DOI of the studies, keyed by ``study``."""
load_keywords = partial(_load, "text", "keywords.csv")
"""The Chinese keywords of digital transformation with their family and a gloss."""
load_province_targets = partial(_load, "twin", "province_targets.csv")
"""What the simulated provinces are held to, keyed by ``target``; see its codebook."""
load_firm_targets = partial(_load, "twin", "firm_targets.csv")
"""What the simulated firms are held to, keyed by ``target``; see its codebook."""


def load_provinces() -> pd.DataFrame:
    """Return the public figures by ``province, year``; what was never published is missing."""
    folder, key = data_folder("provinces"), ["province", "year"]
    files = read_codebook(folder).groupby("file", sort=False)["column"]
    yearly = [str(file) for file, columns in files if set(key) <= set(columns)]
    reads = [partial(read_table, folder, file) for file in ("provinces.csv", "exchange_rate.csv")]
    reads += [partial(_read_province_years, folder, file) for file in yearly]
    provinces, rates, *tables = collect(reads)
    figures = reduce(lambda a, b: a.merge(b, on=key, how="outer", validate="1:1"), tables)
    panel = provinces.merge(figures, on="province", how="left", validate="1:m")
    panel = panel.merge(rates, on="year", how="left", validate="m:1")
    return panel.sort_values(key, ignore_index=True)


def province_regions() -> pd.Series:
    """Return the region (``east``, ``central`` or ``west``) of the 31 provinces, by name."""
    return load_province_list().set_index("province")["region"]


def load_pilot_zones() -> pd.DataFrame:
    """Return the 165 pilot zones by ``city`` and ``province``: batch, date, document, basis."""
    zones, batches = read_tables(data_folder("policy"), ("zones.csv", "batches.csv"))
    counted = zones["batch"].value_counts().reindex(batches["batch"], fill_value=0)
    advice = "batches.csv says {}; restore both with `git checkout -- data`"
    refuse(
        Problem(ZONES, f"batch {batch}", f"{counted[batch]} zones listed", advice.format(stated))
        for batch, stated in zip(batches["batch"], batches["zones"], strict=True)
        if counted[batch] != stated
    )
    return zones.merge(batches.drop(columns="zones"), on="batch", validate="m:1")


def of_city(cities: pd.Series, column: str) -> pd.Series:
    """Return a column of the city table for names of cities; missing where one is unknown."""
    return cities.map(load_cities().set_index("city")[column])


def load_published(table: str, *, study: str) -> pd.DataFrame:
    """Return what a study printed, as text: ``estimates``, ``descriptives`` or ``thresholds``."""
    if study not in STUDIES:
        raise ValueError(f"Unknown study {study!r}: choose one of {', '.join(STUDIES)}")
    rows = _load("published", f"{table}.csv")
    return rows[rows["study"] == study].reset_index(drop=True)


def published_estimate(study: str, table: str, column: str, term: str) -> float:
    """Return one printed coefficient as a number; raise ``KeyError`` if none was printed."""
    rows = load_published("estimates", study=study)
    row = rows[(rows["table"] == table) & (rows["column"] == column) & (rows["term"] == term)]
    if len(row) != 1 or row["estimate"].item() == "":
        raise KeyError(f"No printed number for {study}, {table}, column {column}, {term}")
    return float(row["estimate"].item())


def load_honest_targets(study: str, wanted: str | Sequence[str] = "") -> pd.DataFrame:
    """Return estimates that are drawn again: all, those of a chapter, or targets as named."""
    targets = _load("twin", "honest_targets.csv")
    targets = targets[targets["study"] == study]
    if not isinstance(wanted, str):
        return targets.set_index("target").loc[list(wanted)].reset_index()
    return targets[targets["chapter"].isin([wanted]) | (not wanted)].reset_index(drop=True)


def load_honest_draws(study: str) -> pd.DataFrame:
    """Return each target's estimate and truth in every honest draw; see the codebook."""
    return _load("twin", HONEST[study])


def load_codebook(folder: str) -> pd.DataFrame:
    """Return the codebook of ``data/<folder>``: one row for each column of each file."""
    return read_codebook(data_folder(folder))


def check_shipped_data() -> int:
    """Hold every table in ``data`` to its codebook, and return how many there are."""
    reads: list[Callable[[], list[pd.DataFrame]]]
    reads = [partial(read_tables, data_folder(name)) for name in FOLDERS]
    collect([*reads, load_provinces, load_pilot_zones, _check_city_names])
    return sum(len(read()) for read in reads)


def _check_city_names() -> None:
    """Raise unless every city that a file names is in cities.csv, in the same province."""
    reads: list[Callable[[], pd.DataFrame]] = [
        load_cities,
        load_pilot_zones,
        load_city_shares,
        load_counties,
    ]
    cities, zones, shares, counties = collect(reads)
    place = dict(zip(cities["city"], cities["province"], strict=True))
    provinces = set(load_province_list()["province"])
    located = zip(zones["prefecture"], zones["province"], strict=True)
    wrong = [
        *(("policy/cities.csv", city) for city in place if place[city] not in provinces),
        *(("policy/zones.csv", city) for city, province in located if place.get(city) != province),
        *(("twin/city_shares.csv", city) for city in shares["city"] if city not in place),
        *(("policy/counties.csv", city) for city in counties["city"] if city not in place),
    ]
    advice = "Correct the name or the province: cities are spelt as in cities.csv"
    found = "no such city in that province, or no such province"
    refuse(Problem(f"data/{file}", city, found, advice) for file, city in wrong)


def _read_province_years(folder: Path, file: str) -> pd.DataFrame:
    """Read one file and raise unless it has every province in every year, and no other."""
    table = read_table(folder, file)
    names = load_province_list()["province"]
    expected = {(name, year) for name in names for year in YEARS}
    present = set(zip(table["province"], table["year"], strict=True))
    advice = "Restore it with `git checkout -- data`, or correct the name or the year"
    wrong = {
        "no row": expected - present,
        "a row, but provinces.csv has no such province": present - expected,
    }
    refuse(
        Problem(f"data/provinces/{file}", f"{name} {year}", found, advice)
        for found, rows in wrong.items()
        for name, year in sorted(rows)
    )
    return table
