"""Check an extract and load it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import Problem, stamp
from digitrade.data.paths import data_folder
from digitrade.data.reader.checks import Rows, problems_of
from digitrade.data.reader.columns import (
    COLUMNS_GROUP,
    TRUTH,
    Declared,
    Match,
    canonical_columns,
    declared_columns,
    match_columns,
)
from digitrade.data.reader.notes import notes_on
from digitrade.data.reader.places import as_cities, as_provinces
from digitrade.data.reader.reading import RawTable, locate, read_raw, read_text_table, sidecar
from digitrade.data.reader.report import ExtractError, ExtractReport
from digitrade.data.reader.values import as_codes, as_flags, as_numbers, as_text, as_years

READERS = {
    "code": as_codes,
    "year": as_years,
    "province": as_provinces,
    "city": as_cities,
    "number": as_numbers,
    "count": as_numbers,
    "flag": as_flags,
}
ColumnMap = Mapping[str, str] | str | Path | None
Given = tuple[tuple[str, str], ...] | Path | None


def check_extract(path: str | Path, *, columns: ColumnMap = None) -> ExtractReport:
    """Read an extract and say everything that is wrong with it, and what is worth knowing.

    ``path`` is a CSV, Parquet, Stata (``.dta``) or Excel (``.xlsx``) file with one row for each
    firm and year, from the working folder or the project's. ``columns`` is the reader's column
    map: ours by theirs, or a CSV file with the columns ``theirs``, ``ours`` and, if wanted,
    ``multiply``; without it, ``FILE.columns.csv`` beside the file counts, if there is one. What
    it does not name is recognised by its header.

    Raises ``FileNotFoundError`` with the places that were tried, and ``DataError`` if the file
    cannot be read at all.
    """
    return _examine(path, columns)[0]


def load_extract(path: str | Path, *, columns: ColumnMap = None) -> pd.DataFrame:
    """Load an extract under the names and in the units of the book.

    Takes what :func:`check_extract` takes. Returns one row for each firm and year, in the order
    of the file: the columns of ``columns.csv`` that are there, in its order, then any
    ``true_effect_…``. ``firm``, ``city`` and ``province`` are text, ``year`` is a whole number,
    all others are numbers of type float; empty cells are missing. Raises :class:`ExtractError`,
    whose message is the whole report, if there is any problem.
    """
    report, values = _examine(path, columns)
    if not report.ok:
        raise ExtractError(report)
    order = [name for name in canonical_columns() if name in values]
    order += [name for name in values if name.startswith(TRUTH)]
    return values[order].astype({"year": "int64"}).reset_index(drop=True)


def _examine(path: str | Path, columns: ColumnMap) -> tuple[ExtractReport, pd.DataFrame]:
    """Return the report on a file, and its values; a file that did not change is read once."""
    place, given = locate(path), _given(path, columns)
    rests_on = [place, data_folder("policy") / "cities.csv"]
    rests_on += [given] if isinstance(given, Path) else []
    return _examined(place, given, *map(stamp, rests_on))


def _given(path: str | Path, columns: ColumnMap) -> Given:
    if isinstance(columns, Mapping):
        return tuple(columns.items())
    return locate(columns) if columns is not None else sidecar(locate(path))


@lru_cache(maxsize=2)
def _examined(place: Path, given: Given, *_stamps: object) -> tuple[ExtractReport, pd.DataFrame]:
    raw = read_raw(place)
    words, declared, problems = _column_map(given)
    matches, mismatches = match_columns(raw.cells.columns, declared)
    rows = _typed(raw, matches)
    wrong, doubtful = problems_of(rows, matches)
    theirs, ours = {match.theirs for match in matches}, {match.ours for match in matches}
    lost = [one for one in canonical_columns().values() if one.exhibits and one.name not in ours]
    years = rows.table.get("year", pd.Series(dtype=float)).dropna()
    report = ExtractReport(
        path=place,
        how=raw.how,
        column_map=words,
        rows=len(raw.cells),
        firms=rows.table["firm"].nunique() if "firm" in rows.table else 0,
        years=None if years.empty else (int(years.min()), int(years.max())),
        recognised=tuple(matches),
        unused=tuple(header for header in raw.cells if header not in theirs),
        absent=tuple((column.name, column.exhibits) for column in lost),
        problems=(*problems, *mismatches, *wrong),
        notes=tuple(notes_on(rows, doubtful)),
    )
    return report, rows.table


def _column_map(given: Given) -> tuple[str, Declared, list[Problem]]:
    """Return a reader's column map, in words and as declared, and what is wrong with it."""
    if given is None:
        return "", {}, []
    if isinstance(given, tuple):
        pairs = pd.DataFrame(given, columns=["theirs", "ours"])
        return "given with the call", *declared_columns(pairs, "column map")
    try:
        rows, _ = read_text_table(given)
    except ValueError as error:
        reason = " ".join(str(error).split())
        advice = "Write it as CSV with the columns theirs, ours and, if wanted, multiply"
        problem = Problem(COLUMNS_GROUP, given.name, f"cannot be read ({reason})", advice)
        return given.name, {}, [problem]
    return given.name, *declared_columns(rows, given.name)


def _typed(raw: RawTable, matches: list[Match]) -> Rows:
    """Give every recognised column its type; a name claimed twice is read the first time."""
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.ours, match)
    cells = pd.DataFrame({name: raw.cells[match.theirs] for name, match in first.items()})
    table = pd.DataFrame(index=cells.index)
    for name, match in first.items():
        column = canonical_columns().get(name)
        values = READERS[column.kind if column else "number"](cells[name])
        table[name] = values if match.multiply is None else values * match.multiply
    if {"city", "province"} <= set(table):
        table["city"] = as_cities(cells["city"], table["province"])
    unread = cells.apply(lambda column: as_text(column.where(table[column.name].isna())).notna())
    return Rows(table, cells, unread, raw.first_row)
