"""Check an extract, report what was found, and load it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import DataError, Problem, stamp
from digitrade.data.paths import data_folder
from digitrade.data.reader.checks import Rows, count, findings
from digitrade.data.reader.columns import (
    COLUMNS_GROUP,
    TRUE_EFFECT,
    Declared,
    Match,
    canonical_columns,
    declared_columns,
    match_columns,
)
from digitrade.data.reader.reading import RawTable, locate, read_raw, read_text_table, sidecar
from digitrade.data.reader.values import READERS, as_cities, as_text

ColumnMap = Mapping[str, str] | str | Path | None
Given = tuple[tuple[str, str], ...] | Path | None
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


def check_extract(path: str | Path, *, columns: ColumnMap = None) -> ExtractReport:
    """Say what is wrong with a CSV, Parquet, Stata or Excel file of firm-years, or worth knowing.

    ``columns`` is the reader's column map, a mapping or a CSV file ``theirs, ours[, multiply]``;
    by default ``FILE.columns.csv`` counts. What it does not name is recognised by its header.
    """
    return _examine(path, columns)[0]


def load_extract(path: str | Path, *, columns: ColumnMap = None) -> pd.DataFrame:
    """Load an extract under our names and in our units, one row for each firm and year.

    The columns are those of ``columns.csv`` that are there, then any ``true_effect_…``. Raises
    :class:`ExtractError`, whose message is the whole report, if there is any problem.
    """
    report, values = _examine(path, columns)
    if not report.ok:
        raise ExtractError(report)
    order = [name for name in canonical_columns() if name in values]
    order += [name for name in values if name.startswith(TRUE_EFFECT)]
    return values[order].astype({"year": "int64"}).reset_index(drop=True)


def _examine(path: str | Path, columns: ColumnMap) -> tuple[ExtractReport, pd.DataFrame]:
    """Return the report on a file, and its values; a file that did not change is read once."""
    place, cities = locate(path), data_folder("policy") / "cities.csv"
    if isinstance(columns, Mapping):
        return _examined(place, tuple(columns.items()), stamp(place), stamp(cities))
    given = locate(columns) if columns is not None else sidecar(place)
    return _examined(place, given, stamp(place), stamp(cities), given and stamp(given))


@lru_cache(maxsize=2)
def _examined(place: Path, given: Given, *_stamps: object) -> tuple[ExtractReport, pd.DataFrame]:
    raw = read_raw(place)
    words, declared, problems = _column_map(given)
    matches, mismatches = match_columns(list(raw.cells), declared)
    rows = _typed(raw, matches)
    wrong, notes = findings(rows, matches)
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
        notes=tuple(notes),
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
