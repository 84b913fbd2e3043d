"""Check an extract and load it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.reader.checks import (
    Rows,
    broken_keys,
    impossible_values,
    unknown_places,
    unread_cells,
    wrong_units,
)
from digitrade.data.reader.columns import (
    COLUMNS_GROUP,
    TRUTH,
    Match,
    canonical_columns,
    declared_columns,
    match_columns,
)
from digitrade.data.reader.notes import notes_on, spans
from digitrade.data.reader.places import as_cities, as_provinces
from digitrade.data.reader.reading import RawTable, locate, read_raw, read_text_table, sidecar
from digitrade.data.reader.report import ExtractError, ExtractReport
from digitrade.data.reader.values import Typed, as_codes, as_flags, as_numbers, as_years

READERS = {
    "code": as_codes,
    "year": as_years,
    "province": as_provinces,
    "number": as_numbers,
    "count": as_numbers,
    "flag": as_flags,
}
Declared = Mapping[str, tuple[str, float | None]]


def check_extract(
    path: str | Path, *, columns: Mapping[str, str] | str | Path | None = None
) -> ExtractReport:
    """Read an extract and say everything that is wrong with it, and what is worth knowing.

    Parameters
    ----------
    path
        A CSV, Parquet, Stata (``.dta``) or Excel (``.xlsx``) file with one row for each firm
        and year; relative to the working folder or to the project's.
    columns
        The reader's column map: ours by theirs, or a CSV file with the columns ``theirs``,
        ``ours`` and, if wanted, ``multiply``. Without it, ``FILE.columns.csv`` beside the
        file counts, if there is one. What it does not name is recognised by its header.

    Returns
    -------
    ExtractReport
        Its text is the report. The file is neither changed nor copied.

    Raises
    ------
    FileNotFoundError
        Listing the places that were tried.
    DataError
        If the file cannot be read at all.
    """
    return _examine(path, columns)[0]


def load_extract(
    path: str | Path, *, columns: Mapping[str, str] | str | Path | None = None
) -> pd.DataFrame:
    """Load an extract under the names and in the units of the book.

    Parameters
    ----------
    path, columns
        As in :func:`check_extract`.

    Returns
    -------
    pandas.DataFrame
        One row for each firm and year, in the order of the file: the columns of
        ``columns.csv`` that are there, in its order, then any ``true_effect_…``. ``firm``,
        ``city`` and ``province`` are text, ``year`` is a whole number, all others are numbers
        of type float; empty cells are missing.

    Raises
    ------
    ExtractError
        A :class:`~digitrade.data.codebook.DataError` whose message is the whole report, if
        there is any problem.
    FileNotFoundError
        Listing the places that were tried.
    """
    report, values = _examine(path, columns)
    if not report.ok:
        raise ExtractError(report)
    order = [name for name in canonical_columns() if name in values]
    order += [name for name in values if name.startswith(TRUTH)]
    return values[order].astype({"year": "int64"}).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Map:
    """A reader's column map, in words and as declared, and what is wrong with it."""

    words: str
    declared: Declared
    problems: list[Problem]


def _examine(
    path: str | Path, columns: Mapping[str, str] | str | Path | None
) -> tuple[ExtractReport, pd.DataFrame]:
    """Return the report on a file, and its values as far as they could be read."""
    place = locate(path)
    raw = read_raw(place)
    column_map = _column_map(place, columns)
    matches, problems = match_columns(raw.cells.columns, column_map.declared)
    rows, unread, padded = _typed(raw, matches)
    units = wrong_units(rows, unread, matches)
    doubtful = {name for one in units for name in one.place.split() if name in rows.table}
    problems += _all_problems(rows, unread, units, doubtful)
    firms, years = spans(rows.table)
    there = {one.ours for one in matches}
    lost = [one for one in canonical_columns().values() if one.exhibits and one.name not in there]
    report = ExtractReport(
        path=place,
        how=raw.how,
        column_map=column_map.words,
        rows=len(raw.cells),
        firms=firms,
        years=years,
        recognised=tuple(matches),
        unused=tuple(_set_aside(raw.cells.columns, matches)),
        absent=tuple((one.name, one.exhibits) for one in lost),
        problems=(*column_map.problems, *problems),
        notes=tuple(notes_on(rows, unread, padded, doubtful)),
    )
    return report, rows.table


def _set_aside(headers: pd.Index, matches: list[Match]) -> list[str]:
    """Return the headers that no column is taken from."""
    used = {one.theirs for one in matches}
    return [name for name in headers if name not in used]


def _column_map(place: Path, columns: Mapping[str, str] | str | Path | None) -> _Map:
    """Return the reader's column map: as given, or from the file beside the extract."""
    if isinstance(columns, Mapping):
        pairs = pd.DataFrame({"theirs": list(columns), "ours": list(columns.values())})
        declared, problems = declared_columns(pairs, "column map")
        return _Map("given with the call", declared, problems)
    file = locate(columns) if columns is not None else sidecar(place)
    if file is None:
        return _Map("", {}, [])
    try:
        rows, _ = read_text_table(file)
    except ValueError as error:
        reason = " ".join(str(error).split())
        advice = "Write it as CSV with the columns theirs, ours and, if wanted, multiply"
        problem = Problem(COLUMNS_GROUP, file.name, f"cannot be read ({reason})", advice)
        return _Map(file.name, {}, [problem])
    return _Map(file.name, *declared_columns(rows, file.name))


def _typed(raw: RawTable, matches: list[Match]) -> tuple[Rows, pd.DataFrame, int]:
    """Give every recognised column its type; a name claimed twice is read the first time."""
    first: dict[str, Match] = {}
    for match in matches:
        first.setdefault(match.ours, match)
    cells = pd.DataFrame({one.ours: raw.cells[one.theirs] for one in first.values()})
    read = {name: _read(name, cells[name], one.multiply) for name, one in first.items()}
    if "city" in cells:
        provinces = read["province"].result if "province" in read else None
        read["city"] = as_cities(cells["city"], provinces)
    values = pd.DataFrame({name: one.result for name, one in read.items()}, index=cells.index)
    unread = pd.DataFrame({name: one.unread for name, one in read.items()}, index=cells.index)
    padded = read["firm"].padded if "firm" in read else 0
    return Rows(values, cells, raw.first_row), unread, padded


def _read(name: str, cells: pd.Series, multiply: float | None) -> Typed:
    column = canonical_columns().get(name)
    kind = column.kind if column else "number"
    typed = READERS.get(kind, as_codes)(cells)
    if multiply is None:
        return typed
    return Typed(typed.result * multiply, typed.unread)


def _all_problems(
    rows: Rows, unread: pd.DataFrame, units: list[Problem], doubtful: set[str]
) -> list[Problem]:
    """Run every check; bounds wait until the unit of a column is settled."""
    return [
        *broken_keys(rows),
        *unread_cells(rows, unread),
        *units,
        *impossible_values(rows, doubtful),
        *unknown_places(rows, unread),
    ]
