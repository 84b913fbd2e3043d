"""Find an extract and read it, cell by cell as it stands; nothing is written or changed."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd
from pandas.errors import ParserWarning

from digitrade.data.codebook import DataError, Problem
from digitrade.data.paths import locate as locate

ENCODINGS = ("utf-8-sig", "gb18030")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = (",", "\t", ";")
CJK = re.compile(r"[一-鿿]")
FIRST_UTF8_STATA = 118
UNREADABLE = (ValueError, OSError, KeyError, struct.error, BadZipFile)
EMPTY_STYLE = "Workbook contains no default style"


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file as it stands, its format in words, and what its program calls the row with index 0."""

    cells: pd.DataFrame
    how: str
    first_row: int


def sidecar(path: Path) -> Path | None:
    """Return the column map beside a file: ``.columns.csv`` behind or instead of its ending."""
    names = (f"{path.name}.columns.csv", f"{path.stem}.columns.csv")
    found = (path.with_name(name) for name in names if name != path.name)
    return next((place for place in found if place.is_file()), None)


def read_raw(path: Path) -> RawTable:
    """Read a file by its ending, without rows that are empty throughout; the index stays."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        advice = f"Save it as one of {', '.join(READERS)}"
        raise DataError([Problem(path.name, "the file", f"ends in {path.suffix!r}", advice)])
    try:
        table = reader(path)
    except UNREADABLE as error:
        reason = " ".join(str(error).split())
        advice = f"Open it and save it again as {path.suffix}"
        problem = Problem(path.name, "the file", f"cannot be read ({reason})", advice)
        raise DataError([problem]) from None
    cells = table.cells.dropna(how="all")
    cells.columns = pd.Index([str(name).strip() for name in cells.columns])
    return RawTable(cells, table.how, table.first_row)


def read_text_table(path: Path) -> tuple[pd.DataFrame, str]:
    """Read a CSV file as text, and return its encoding too; else ``ValueError`` says why not."""
    text, encoding = decode(path.read_bytes())
    header = text.lstrip().split("\n", 1)[0]
    options = {"dtype": str, "keep_default_na": False, "na_values": [""], "index_col": False}
    options |= {"sep": max(DELIMITERS, key=header.count), "skip_blank_lines": False}
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParserWarning)
        try:
            cells = pd.read_csv(StringIO(text), **options)
        except ParserWarning:
            raise ValueError("its rows have more cells than its first line has names") from None
    return cells, encoding


def decode(content: bytes) -> tuple[str, str]:
    """Return a text and its encoding, or raise ``ValueError``."""
    for encoding in ("utf-16",) if content.startswith(UTF16_MARKS) else ENCODINGS:
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise ValueError("its text is neither UTF-8 nor GB18030")


def _read_csv(path: Path) -> RawTable:
    cells, encoding = read_text_table(path)
    return RawTable(cells, f"CSV, {encoding}", 2)


def _read_parquet(path: Path) -> RawTable:
    return RawTable(pd.read_parquet(path).reset_index(drop=True), "Parquet", 1)


def _read_excel(path: Path) -> RawTable:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=EMPTY_STYLE, category=UserWarning)
        with pd.ExcelFile(path, engine="openpyxl") as book:
            sheets = book.sheet_names
            cells = pd.read_excel(book, dtype=object)
    others = f", the first of {len(sheets)} sheets ({sheets[0]})" if len(sheets) > 1 else ""
    return RawTable(cells, f"Excel{others}", 2)


def _read_stata(path: Path) -> RawTable:
    try:
        cells = pd.read_stata(path)
    except ValueError:  # labels that two values share make no categories
        cells = pd.read_stata(path, convert_categoricals=False)
    for name in cells.columns[cells.dtypes == "category"]:
        cells[name] = cells[name].astype(object)
    release = stata_release(path)
    cells = cells if release >= FIRST_UTF8_STATA else cells.apply(_from_gb18030)
    return RawTable(cells, f"Stata, release {release} of the format", 1)


def stata_release(path: Path) -> int:
    """Return the release of the format that a Stata file says it has."""
    with path.open("rb") as file:
        start = file.read(64)
    found = re.search(rb"<release>(\d+)</release>", start)
    return int(found[1]) if found else start[0]


def _from_gb18030(cells: pd.Series) -> pd.Series:
    """Undo that text of older Stata files, which name no encoding, is read as Western."""
    texts = cells[cells.map(lambda cell: isinstance(cell, str))].drop_duplicates()
    try:
        decoded = {text: text.encode("latin-1").decode("gb18030") for text in texts}
    except UnicodeError:
        return cells
    chinese = CJK.search("".join(decoded.values()))
    return cells.map(lambda cell: decoded.get(cell, cell)) if chinese else cells


READERS: dict[str, Callable[[Path], RawTable]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".dta": _read_stata,
    ".xlsx": _read_excel,
}
