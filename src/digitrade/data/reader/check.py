"""Check an extract, report what was found, and load it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data.codebook import DataError, Problem, stamp
from digitrade.data.paths import data_folder
from digitrade.data.places import as_cities
from digitrade.data.reader.checks import findings
from digitrade.data.reader.columns import (
    COLUMNS_GROUP,
    TRUE_EFFECT,
    Declared,
    Match,
    canonical_columns,
    declared_columns,
    match_columns,
)
from digitrade.data.reader.frame import RawTable
from digitrade.data.reader.reading import locate, read_raw, read_text_table, sidecar
from digitrade.data.reader.rows import Rows, count
from digitrade.data.reader.sectors import LEFT_OUT, keep
from digitrade.data.reader.values import READERS, as_numbers, as_text, never

ColumnMap = Mapping[str, str] | str | Path | None
Given = tuple[tuple[str, str], ...] | Path | None
PER_CENT = {"per cent": 1.0, "share": 0.01, "ratio": 0.01}  # what a per cent sign multiplies by
WIDTH = 100
INDENT = "    "
GOOD = "No problems with columns, units and cells."
BAD = "The chapters cannot run on this file yet. The file was not changed."
ABSENT = 'Optional columns that are not there, and what "yours" lacks without'
COLUMN_MAP = (
    "The column map is a file `{name}.columns.csv` in the same folder. Its first line is\n"
    "`theirs,ours,multiply`, then come the lines named above."
)


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What was found in an extract; its text is the report.

    ``absent`` are optional columns, with the exhibits that stay blank without. ``problems`` must
    be put right first, ``notes`` stop nothing.
    """

    path: Path
    how: str
    column_map: str
    rows: int
    firms: int
    years: tuple[int, int] | None
    recognised: tuple[Match, ...]
    unused: tuple[str, ...]
    absent: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the chapters can run on it."""
        return not self.problems

    def __str__(self) -> str:
        """Return one readable report: problems first, then notes, then the columns."""
        span = f"{self.years[0]}–{self.years[1]}" if self.years else "no year read"
        size = f"{count(self.rows, 'row')}, {count(self.firms, 'firm')}, {span}"
        head = f"{self.path.name}: {size} (read as {self.how})"
        head += f"\nColumn map: {self.column_map}" if self.column_map else ""
        problems = f"{count(len(self.problems), 'problem')} to put right"
        notes = f"{count(len(self.notes), 'note')}: nothing to be done, but worth knowing"
        parts = [head, _section(problems, self.problems), _section(notes, self.notes)]
        verdict = GOOD if self.ok else BAD
        if not self.column_map and "column map" in " ".join(map(str, self.problems)):
            verdict += f"\n{COLUMN_MAP.format(name=self.path.name)}"
        return "\n\n".join(part for part in [*parts, self._columns(), verdict] if part)

    def _columns(self) -> str:
        renamed = [
            f"{match.theirs} → {match.ours}"
            + (f" (× {match.multiply:g})" if match.multiply is not None else "")
            for match in self.recognised
            if match.theirs != match.ours or match.multiply
        ]
        same = len(self.recognised) - len(renamed)
        lines = [f"{count(len(self.recognised), 'column')} recognised"]
        lines += [_wrapped(", ".join(renamed))] if renamed else []
        lines += [f"{INDENT}{same} under the name used here"] if same else []
        lines += ["Not used", _wrapped(", ".join(self.unused))] if self.unused else []
        lines += [ABSENT] if self.absent else []
        width = max((len(name) for name, _ in self.absent), default=0)
        return "\n".join(
            [*lines, *(f"{INDENT}{name:{width}}  {lost}" for name, lost in self.absent)]
        )


class ExtractError(DataError):
    """An extract that the chapters cannot run on; the message is the whole report."""

    def __init__(self, report: ExtractReport) -> None:
        """Keep the report and its problems."""
        super().__init__(report.problems)
        self.report = report
        self.args = (report,)

    def __str__(self) -> str:
        """Return the report."""
        return str(self.report)


def _section(title: str, found: Sequence[Problem]) -> str:
    lines = [title]
    for kind in dict.fromkeys(problem.source for problem in found):
        of_kind = [problem for problem in found if problem.source == kind]
        lines += [f"  {kind}", *(_wrapped(f"- {problem}", "  ") for problem in of_kind)]
    return "\n".join(lines) if found else ""


def _wrapped(text: str, hang: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=INDENT,
        subsequent_indent=INDENT + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def check_extract(
    path: str | Path, *, columns: ColumnMap = None, without: Sequence[str] = LEFT_OUT
) -> ExtractReport:
    """Say what is wrong with a CSV, Parquet, Stata or Excel file of firm-years, or worth knowing.

    ``columns`` is the reader's column map, a mapping or a CSV file ``theirs, ours[, multiply[,
    years]]``; by default ``FILE.columns.csv`` counts. What it does not name is recognised by its
    header. ``without`` names what is left out: ``"finance"``, ``"st"``.
    """
    return _examine(path, columns, without)[0]


def load_extract(
    path: str | Path, *, columns: ColumnMap = None, without: Sequence[str] = LEFT_OUT
) -> pd.DataFrame:
    """Load an extract under our names and in our units, one row for each firm and year.

    The columns are those of ``columns.csv`` that are there, then any ``true_effect_…``; rows are
    left out as in :func:`check_extract`. Raises :class:`ExtractError`, whose message is the whole
    report, if there is any problem.
    """
    report, values = _examine(path, columns, without)
    if not report.ok:
        raise ExtractError(report)
    order = [name for name in canonical_columns() if name in values]
    order += [name for name in values if name.startswith(TRUE_EFFECT)]
    return values[order].astype({"year": "int64"}).reset_index(drop=True)


def _examine(
    path: str | Path, columns: ColumnMap, without: Sequence[str]
) -> tuple[ExtractReport, pd.DataFrame]:
    """Return the report on a file, and its values; a file that did not change is read once."""
    if unknown := [name for name in without if name not in LEFT_OUT]:
        raise ValueError(f"without={unknown}: choose among {', '.join(LEFT_OUT)}, or () for none")
    place = locate(path)
    tables = [stamp(data_folder("policy") / name) for name in ("cities.csv", "counties.csv")]
    if isinstance(columns, Mapping):
        return _examined(place, tuple(columns.items()), tuple(without), stamp(place), *tables)
    given = locate(columns) if columns is not None else sidecar(place)
    stamps = (stamp(place), *tables, given and stamp(given))
    return _examined(place, given, tuple(without), *stamps)


@lru_cache(maxsize=2)
def _examined(
    place: Path, given: Given, without: tuple[str, ...], *_stamps: object
) -> tuple[ExtractReport, pd.DataFrame]:
    raw = read_raw(place)
    words, declared, problems = _column_map(given)
    matches, mismatches = match_columns(list(raw.cells), declared, raw.titles)
    rows, left_out = keep(_typed(raw, matches), without)
    wrong, notes = findings(rows, matches)
    theirs = {header for match in matches for header in match.headers}
    ours = {match.ours for match in matches}
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
        notes=(*raw.notes, *left_out, *_notes_on_never(raw, matches), *notes),
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
    cells = pd.DataFrame(
        {name: _cells(raw.cells, match) for name, match in first.items()}, index=raw.cells.index
    )
    table = pd.DataFrame(index=cells.index)
    for name, match in first.items():
        table[name] = _read(cells[name], match)
    for name, match in first.items():
        if match.multiply is not None:
            outside = pd.Series(False, index=table.index)
            if match.years:
                outside = ~table["year"].between(*match.years)
            table[name] = table[name].mask(~outside, table[name] * match.multiply)
    if {"city", "province"} <= set(table):
        table["city"] = as_cities(as_text(cells["city"]), _provinces_of_firms(table, cells))
    unread = {name: as_text(cells[name].where(table[name].isna())).notna() for name in first}
    for name in [name for name in first if _kind(name) == "start"]:
        unread[name] = unread[name] & ~never(cells[name])
    return Rows(table, cells, pd.DataFrame(unread, index=cells.index), raw.first_row)


def _kind(name: str) -> str:
    column = canonical_columns().get(name)
    return column.kind if column else "number"  # the truth behind simulated rows


def _cells(cells: pd.DataFrame, match: Match) -> pd.Series:
    """Return the cells of a column of ours: one of theirs, or the sum of some."""
    if len(match.headers) == 1:
        return cells[match.headers[0]]
    parts = {name: as_numbers(cells[name]) for name in match.headers}
    return pd.DataFrame(parts).sum(axis=1, skipna=False)


def _read(cells: pd.Series, match: Match) -> pd.Series:
    """Return typed values; a per cent sign counts by the unit, unless a factor is declared."""
    if _kind(match.ours) != "number":
        return READERS[_kind(match.ours)](cells)
    column = canonical_columns().get(match.ours)
    unit = column.unit if column else ""
    return as_numbers(cells, 1.0 if match.multiply is not None else PER_CENT.get(unit, np.nan))


def _provinces_of_firms(table: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    """Return provinces; a blank is filled with that of the firm's other rows in the same city."""
    if "firm" not in table:
        return table["province"]
    same = table["province"].groupby([table["firm"], as_text(cells["city"])])
    return table["province"].fillna(same.transform("first"))


def _notes_on_never(raw: RawTable, matches: list[Match]) -> list[Problem]:
    """Say how many cells of starting years stand for never."""
    counts = {
        match.ours: int(never(raw.cells[match.headers[0]]).sum())
        for match in matches
        if _kind(match.ours) == "start"
    }
    return [
        Problem("Years", name, f"{count(number, 'cell')} such as 0 or 9999", "Read as never")
        for name, number in counts.items()
        if number
    ]
