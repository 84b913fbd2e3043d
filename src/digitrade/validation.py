"""Hold a table to its codebook and say, in one message, everything that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

KINDS = {
    "text": "a text",
    "integer": "a whole number",
    "number": "a number",
    "date": "a date written year-month-day",
    "printed": "a number, kept with the digits that were printed",
}
FIRST_ROW = 2  # the header is line 1 of the file
ANY_CELL = "*"
RESTORE = "Restore it with `git checkout -- data`, or correct it"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it is, what was found, what to do."""

    place: str
    found: str
    advice: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.place}: {self.found}. {self.advice}."


class DataError(ValueError):
    """A table that is not what its codebook says; lists every problem at once."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        """Keep the problems and write them into one message, a line each."""
        self.source = source
        self.problems = tuple(problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{len(self.problems)} {noun} in {source}\n{lines}")


def read_table(folder: Path, file: str) -> pd.DataFrame:
    """Read a comma-separated file and hold it to the codebook beside it.

    Parameters
    ----------
    folder
        The folder with the file and its ``codebook.csv``.
    file
        Name of the file.

    Returns
    -------
    pandas.DataFrame
        The columns of the codebook in its order, typed, with unique keys.

    Raises
    ------
    DataError
        Naming file, row, column, what was found and what to do, for every problem.
    """
    codebook = read_codebook(folder)
    entries = codebook[codebook["file"] == file].set_index("column")
    raw = _read_text(folder, file)
    try:
        _schema(raw, entries).validate(raw, lazy=True)
    except pa.errors.SchemaErrors as error:
        problems = _problems(error.failure_cases, raw, entries)
        raise DataError(_source(folder, file), problems) from None
    return _typed(raw[list(entries.index)], entries)


def read_codebook(folder: Path) -> pd.DataFrame:
    """Read ``codebook.csv``: a row for each column of each file in the folder.

    Raises
    ------
    DataError
        If a column that the loaders rely on is not there.
    """
    codebook = _read_text(folder, "codebook.csv")
    needed = {"file", "column", "key", "type", "minimum", "maximum", "range_reason"}
    needed |= {"title", "unit", "missing_where"}
    problems = [
        Problem(f"column {name}", "not there", f"{RESTORE}: tables are read through it")
        for name in sorted(needed - set(codebook.columns))
    ]
    if problems:
        raise DataError(_source(folder, "codebook.csv"), problems)
    return codebook


def _source(folder: Path, file: str) -> str:
    return f"{folder.parent.name}/{folder.name}/{file}"


def _read_text(folder: Path, file: str) -> pd.DataFrame:
    """Read every cell as text, so that nothing is lost before it is checked."""
    try:
        return pd.read_csv(folder / file, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        problem = Problem("the file", "not there", RESTORE)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        problem = Problem("the file", f"cannot be read ({error})", RESTORE)
    raise DataError(_source(folder, file), [problem])


def _schema(raw: pd.DataFrame, entries: pd.DataFrame) -> pa.DataFrameSchema:
    """Turn the codebook's rows into a pandera schema on the text cells."""
    columns = {
        str(name): pa.Column(str, checks=_checks(raw, entry)) for name, entry in entries.iterrows()
    }
    keys = [name for name in columns if entries.loc[name, "key"] == "yes" and name in raw]
    return pa.DataFrameSchema(columns, strict=True, unique=keys or None)


def _checks(raw: pd.DataFrame, entry: pd.Series) -> list[pa.Check]:
    """Return the checks of one column; the error text of each is the advice."""
    checks = []
    meaning = f"{entry['title']}, {entry['unit']}"
    if entry["type"] != "text":
        advice = f"Expected {KINDS[entry['type']]} ({meaning}); correct the cell"
        checks.append(pa.Check(lambda cells: (cells == "") | _parses(cells, entry), error=advice))
    if entry["missing_where"] != ANY_CELL:
        checks += _gap_checks(raw, entry["missing_where"])
    if entry["minimum"] or entry["maximum"]:
        low, high = float(entry["minimum"]), float(entry["maximum"])
        advice = (
            f"Expected {low:g} to {high:g} ({meaning}: {entry['range_reason']}); "
            "check the unit and the cell"
        )
        checks.append(pa.Check(lambda cells: _within(cells, low, high), error=advice))
    return checks


def _gap_checks(raw: pd.DataFrame, rule: str) -> list[pa.Check]:
    """Check that cells are empty where the codebook says so, and only there."""
    if not rule:
        return [pa.Check(lambda cells: cells != "", error=f"This column has no gaps. {RESTORE}")]
    missing = pd.Series(_numbers(raw).eval(rule), dtype=bool)
    only = f"The codebook allows a gap only where {rule}. {RESTORE}"
    never = f"No figure is published where {rule}: leave the cell empty, nothing is interpolated"
    return [
        pa.Check(lambda cells: (cells != "") | missing, error=only),
        pa.Check(lambda cells: (cells == "") | ~missing, error=never),
    ]


def _numbers(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with ``year`` as a number, as the codebook's rules need it."""
    if "year" not in raw:
        return raw
    return raw.assign(year=pd.to_numeric(raw["year"], errors="coerce"))


def _parses(cells: pd.Series, entry: pd.Series) -> pd.Series:
    if entry["type"] == "date":
        return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce").notna()
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers.notna() & ((numbers % 1 == 0) | (entry["type"] != "integer"))


def _within(cells: pd.Series, low: float, high: float) -> pd.Series:
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers.isna() | numbers.between(low, high)


def _problems(failures: pd.DataFrame, raw: pd.DataFrame, entries: pd.DataFrame) -> list[Problem]:
    """Translate pandera's failure cases, structure first and then row by row."""
    keys = [name for name in entries.index[entries["key"] == "yes"] if name in raw]
    ordered = failures.sort_values("index", kind="stable", na_position="first")
    problems = [_problem(case, raw, entries, keys) for _, case in ordered.iterrows()]
    return list(dict.fromkeys(problems))


def _problem(case: Any, raw: pd.DataFrame, entries: pd.DataFrame, keys: list[str]) -> Problem:
    if case["check"] == "column_in_dataframe":
        listed = ", ".join(entries.index)
        return Problem(
            f"column {case['failure_case']}", "not there", f"{RESTORE}; expected: {listed}"
        )
    if case["check"] == "column_in_schema":
        advice = "Describe it in codebook.csv, or remove it"
        return Problem(f"column {case['failure_case']}", "not in the codebook", advice)
    row = int(case["index"])
    label = ", ".join(str(raw.loc[row, key]) for key in keys)
    if case["check"] == "multiple_fields_uniqueness":
        advice = f"Keep one row for each {' and '.join(keys)}"
        return Problem(f"row {row + FIRST_ROW}", f"a second or further row for {label}", advice)
    found = (
        f"found {case['failure_case']!r}" if case["failure_case"] != "" else "found an empty cell"
    )
    return Problem(
        f"row {row + FIRST_ROW} ({label}), column {case['column']}", found, case["check"]
    )


def _typed(raw: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """Give every column its type; what was printed stays text."""
    typed = raw.copy()
    for name, kind in entries["type"].items():
        if kind == "integer":
            typed[name] = pd.to_numeric(raw[name]).astype("int64")
        elif kind == "number":
            typed[name] = pd.to_numeric(raw[name]).astype("float64")
        elif kind == "date":
            typed[name] = pd.to_datetime(raw[name], format="%Y-%m-%d")
    return typed
