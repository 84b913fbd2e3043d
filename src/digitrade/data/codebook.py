"""Hold a table to its codebook and say, in one message, everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pandera.pandas as pa

from digitrade.data.paths import Refusal

KINDS = {
    "text": "a text",
    "integer": "a whole number",
    "number": "a number",
    "date": "a date written year-month-day",
    "printed": "a number, kept with the digits that were printed",
}
DTYPES = {"integer": "int64", "number": "float64", "date": "datetime64[us]"}
FIRST_ROW = 2  # the header is line 1 of the file
SHOWN = 5  # problems of one kind that get a line each
ANY_CELL = "*"
NEEDED = {
    *("file", "column", "key", "type", "title", "unit"),
    *("minimum", "maximum", "range_reason", "missing_where"),
}
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


class DataError(Refusal, ValueError):
    """Tables that are not what their codebooks say; lists every problem, file by file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, each once, and write them into one message, a line each."""
        self.problems = tuple(dict.fromkeys(problems))
        lines = []
        for source in dict.fromkeys(problem.source for problem in self.problems):
            listed = [f"  - {found}" for found in self.problems if found.source == source]
            noun = "problem" if len(listed) == 1 else "problems"
            lines += [f"{len(listed)} {noun} in {source}", *listed]
        super().__init__("\n".join(lines))


def refuse(problems: Iterable[Problem]) -> None:
    """Raise one error if there is any problem."""
    found = list(problems)
    if found:
        raise DataError(found)


def read_table(folder: Path, file: str) -> pd.DataFrame:
    """Read a file, typed and with unique keys as its codebook says; else raise every problem."""
    place = folder.absolute()
    return _checked_table(place, file, stamp(place / "codebook.csv"), stamp(place / file)).copy()


def stamp(path: Path) -> tuple[int, int] | None:
    """Return when a file was changed and how long it is; nothing if it is not there."""
    status = path.stat() if path.exists() else None
    return status and (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _checked_table(folder: Path, file: str, *_stamps: tuple[int, int] | None) -> pd.DataFrame:
    """Read and check a table once for each state of the file and its codebook."""
    codebook = read_codebook(folder)
    entries = codebook[codebook["file"] == file].set_index("column")
    raw = _read_text(folder, file)
    failed: list[pa.errors.SchemaError] = []
    try:
        _schema(raw, entries).validate(raw, lazy=True)
    except pa.errors.SchemaErrors as error:
        failed = sorted(error.schema_errors, key=_first_row)
    source = _source(folder, file)
    refuse(found for one in failed for found in _problems(one, raw, entries, source))
    kinds = entries["type"][entries["type"].isin(DTYPES)]  # what was printed stays text
    parsed = {name: _parsed(raw[name], kind).astype(DTYPES[kind]) for name, kind in kinds.items()}
    return raw[list(entries.index)].assign(**parsed)


def read_tables(folder: Path, files: Iterable[str] = ()) -> list[pd.DataFrame]:
    """Read files of a folder, by default all that its codebook describes; raise for all at once."""
    named = list(files) or dict.fromkeys(read_codebook(folder)["file"])
    return collect([partial(read_table, folder, file) for file in named])


def collect(reads: Iterable[Callable[[], Result]]) -> list[Result]:
    """Carry out every read, then raise one error with the problems of all that failed."""
    results: list[Result] = []
    problems: list[Problem] = []
    for read in reads:
        try:
            results.append(read())
        except DataError as error:
            problems += error.problems
    refuse(problems)
    return results


def read_codebook(folder: Path) -> pd.DataFrame:
    """Read ``codebook.csv``: a row for each column of each file in the folder."""
    codebook = _read_text(folder, "codebook.csv")
    source = _source(folder, "codebook.csv")
    refuse(
        Problem(source, f"column {name}", "not there", f"{RESTORE}: tables are read through it")
        for name in sorted(NEEDED - set(codebook.columns))
    )
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
    """Turn the codebook's rows into a schema; cells wait until there is a key to name them by."""
    keys = _keys(entries)
    whole = set(keys) <= set(raw)
    columns = {
        str(name): pa.Column(str, checks=_checks(raw, entry) if whole else None)
        for name, entry in entries.iterrows()
    }
    return pa.DataFrameSchema(columns, strict=True, unique=keys if keys and whole else None)


def _keys(entries: pd.DataFrame) -> list[str]:
    return [str(name) for name in entries.index[entries["key"] == "yes"]]


def _checks(raw: pd.DataFrame, entry: pd.Series) -> list[pa.Check]:
    """Return the checks of one column; the error text of each is the advice."""
    checks = []
    meaning = f"{entry['title']}, {entry['unit']}"
    if entry["type"] != "text":
        advice = f"Expected {KINDS[entry['type']]} ({meaning}); correct the cell"
        parsed = partial(_parsed, kind=entry["type"])
        checks.append(pa.Check(lambda cells: (cells == "") | parsed(cells).notna(), error=advice))
    if entry["missing_where"] != ANY_CELL:
        checks += _gap_checks(raw, entry["missing_where"])
    if entry["minimum"] or entry["maximum"]:
        ends = float(entry["minimum"]), float(entry["maximum"])
        advice = (
            f"Expected {ends[0]:g} to {ends[1]:g} ({meaning}: {entry['range_reason']}); "
            "check the unit and the cell"
        )
        figures = partial(_parsed, kind="number")  # what is no number is not this check's
        checks.append(
            pa.Check(lambda cells: figures(cells).fillna(ends[0]).between(*ends), error=advice)
        )
    return checks


def _gap_checks(raw: pd.DataFrame, rule: str) -> list[pa.Check]:
    """Check that cells are empty where the codebook says so, and only there."""
    if not rule:
        return [pa.Check(lambda cells: cells != "", error=f"This column has no gaps. {RESTORE}")]
    years = {"year": pd.to_numeric(raw["year"], errors="coerce")} if "year" in raw else {}
    missing = pd.Series(raw.assign(**years).eval(rule), dtype=bool)
    only = f"The codebook allows a gap only where {rule}. {RESTORE}"
    never = f"No figure is published where {rule}: leave the cell empty, nothing is interpolated"
    return [
        pa.Check(lambda cells: (cells != "") | missing, error=only),
        pa.Check(lambda cells: (cells == "") | ~missing, error=never),
    ]


def _parsed(cells: pd.Series, kind: str) -> pd.Series:
    """Return numbers or dates, missing where a cell is not of that kind."""
    if kind == "date":
        return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers.where(numbers % 1 == 0) if kind == "integer" else numbers


def _first_row(error: pa.errors.SchemaError) -> int:
    """Return where a failed check starts: columns that are absent or unknown come first."""
    cases = error.failure_cases
    return int(cases["index"].min()) if isinstance(cases, pd.DataFrame) else -1


def _problems(
    error: pa.errors.SchemaError, raw: pd.DataFrame, entries: pd.DataFrame, source: str
) -> list[Problem]:
    """Translate one failed check: a line for each of the first cells, one for all others."""
    of_columns = {
        "column_in_dataframe": ("not there", f"{RESTORE}; expected: {', '.join(entries.index)}"),
        "column_in_schema": ("not in the codebook", "Describe it in codebook.csv, or remove it"),
    }
    if error.check in of_columns:
        return [Problem(source, f"column {error.failure_cases}", *of_columns[error.check])]
    cases = error.failure_cases.sort_values("index", kind="stable").drop_duplicates("index")
    rows, keys = [int(row) for row in cases["index"]], _keys(entries)
    problems = []
    for row, value in zip(rows[:SHOWN], cases["failure_case"], strict=False):
        label = ", ".join(raw.loc[row, keys])
        if error.check == "multiple_fields_uniqueness":
            place, found = f"row {row + FIRST_ROW}", f"one of several rows for {label}"
            advice = f"Keep one row for each {' and '.join(keys)}"
        else:
            place = f"row {row + FIRST_ROW} ({label}), column {error.column_name}"
            found = f"found {value!r}" if value != "" else "found an empty cell"
            advice = str(error.check.error)
        problems.append(Problem(source, place, found, advice))
    if len(rows) > SHOWN:
        more = f"{len(rows) - SHOWN} more, up to row {rows[-1] + FIRST_ROW}"
        problems.append(Problem(source, more, "the same", advice))
    return problems
