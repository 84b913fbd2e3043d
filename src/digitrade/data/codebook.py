"""Hold a table to its codebook and say, in one message, everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

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
SHOWN = 5  # problems of one kind that get a line each
ANY_CELL = "*"
RESTORE = "Restore it with `git checkout -- data`, or correct it"


Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it is, what was found, what to do."""

    source: str
    place: str
    found: str
    advice: str

    def __str__(self) -> str:
        """Return the problem as one line, without its source."""
        return f"{self.place}: {self.found}. {self.advice}."


class DataError(ValueError):
    """Tables that are not what their codebooks say; lists every problem, file by file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, each once, and write them into one message, a line each."""
        self.problems = tuple(dict.fromkeys(problems))
        blocks = []
        for source in dict.fromkeys(one.source for one in self.problems):
            lines = [f"  - {one}" for one in self.problems if one.source == source]
            noun = "problem" if len(lines) == 1 else "problems"
            blocks.append("\n".join([f"{len(lines)} {noun} in {source}", *lines]))
        super().__init__("\n".join(blocks))


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
    place = folder.absolute()
    stamps = _stamp(place / "codebook.csv"), _stamp(place / file)
    return _checked_table(place, file, *stamps).copy()


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return when a file was changed and how long it is; nothing if it is not there."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=64)
def _checked_table(folder: Path, file: str, *_stamps: tuple[int, int] | None) -> pd.DataFrame:
    """Read and check a table once for each state of the file and its codebook."""
    codebook = read_codebook(folder)
    entries = codebook[codebook["file"] == file].set_index("column")
    raw = _read_text(folder, file)
    try:
        _schema(raw, entries).validate(raw, lazy=True)
    except pa.errors.SchemaErrors as error:
        found = _problems(error.failure_cases, raw, entries, _source(folder, file))
        raise DataError(found) from None
    return _typed(raw[list(entries.index)], entries)


def read_tables(folder: Path, files: Iterable[str]) -> list[pd.DataFrame]:
    """Read several files of a folder, and raise once with the problems of all."""
    return collect([partial(read_table, folder, file) for file in files])


def read_all_tables(folder: Path) -> list[pd.DataFrame]:
    """Read every file that the folder's codebook describes."""
    return read_tables(folder, dict.fromkeys(read_codebook(folder)["file"]))


def collect(reads: Iterable[Callable[[], Result]]) -> list[Result]:
    """Carry out every read, then raise one error if any of them failed.

    Raises
    ------
    DataError
        With the problems of all of them.
    """
    results: list[Result] = []
    problems: list[Problem] = []
    for read in reads:
        try:
            results.append(read())
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return results


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
    source = _source(folder, "codebook.csv")
    problems = [
        Problem(source, f"column {name}", "not there", f"{RESTORE}: tables are read through it")
        for name in sorted(needed - set(codebook.columns))
    ]
    if problems:
        raise DataError(problems)
    return codebook


def _source(folder: Path, file: str) -> str:
    return f"{folder.parent.name}/{folder.name}/{file}"


def _read_text(folder: Path, file: str) -> pd.DataFrame:
    """Read every cell as text, so that nothing is lost before it is checked."""
    try:
        return pd.read_csv(folder / file, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        found = "not there"
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        found = f"cannot be read ({error})"
    raise DataError([Problem(_source(folder, file), "the file", found, RESTORE)])


def _schema(raw: pd.DataFrame, entries: pd.DataFrame) -> pa.DataFrameSchema:
    """Turn the codebook's rows into a pandera schema on the text cells.

    Cells are looked at only if the key is there to name them by.
    """
    keys = [str(name) for name in entries.index[entries["key"] == "yes"]]
    whole = set(keys) <= set(raw)
    columns = {
        str(name): pa.Column(str, checks=_checks(raw, entry) if whole else None)
        for name, entry in entries.iterrows()
    }
    return pa.DataFrameSchema(columns, strict=True, unique=keys if keys and whole else None)


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


def _problems(
    failures: pd.DataFrame, raw: pd.DataFrame, entries: pd.DataFrame, source: str
) -> list[Problem]:
    """Translate pandera's failure cases; many of one kind become one line after a few."""
    ordered = failures.sort_values("index", kind="stable", na_position="first")
    problems: list[Problem] = []
    for _, alike in ordered.groupby(["column", "check"], sort=False, dropna=False):
        cases = [_structure(case, entries) or _cell(case, raw, entries) for case in _rows(alike)]
        lines = [Problem(source, *words) for words in dict.fromkeys(cases)]
        problems += lines[:SHOWN]
        if len(lines) > SHOWN:
            last = int(alike["index"].iloc[-1]) + FIRST_ROW
            more = f"{len(lines) - SHOWN} more, up to row {last}"
            problems.append(Problem(source, more, "the same", lines[-1].advice))
    return problems


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _structure(case: dict[str, Any], entries: pd.DataFrame) -> tuple[str, str, str] | None:
    """Return place, found and advice of a column that is absent or unknown."""
    place = f"column {case['failure_case']}"
    if case["check"] == "column_in_dataframe":
        return place, "not there", f"{RESTORE}; expected: {', '.join(entries.index)}"
    if case["check"] == "column_in_schema":
        return place, "not in the codebook", "Describe it in codebook.csv, or remove it"
    return None


def _cell(case: dict[str, Any], raw: pd.DataFrame, entries: pd.DataFrame) -> tuple[str, str, str]:
    """Return place, found and advice of a cell, or of a repeated key."""
    row = int(case["index"])
    keys = [str(name) for name in entries.index[entries["key"] == "yes"] if name in raw]
    label = ", ".join(str(raw.loc[row, key]) for key in keys)
    if case["check"] == "multiple_fields_uniqueness":
        found = f"one of several rows for {label}"
        return f"row {row + FIRST_ROW}", found, f"Keep one row for each {' and '.join(keys)}"
    shown = repr(case["failure_case"]) if case["failure_case"] != "" else "an empty cell"
    place = f"row {row + FIRST_ROW} ({label}), column {case['column']}"
    return place, f"found {shown}", str(case["check"])


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
