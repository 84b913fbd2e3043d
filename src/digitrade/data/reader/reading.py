"""Find an extract and read it, cell by cell as it stands; nothing is written or changed."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from pandas.errors import ParserWarning

from digitrade.data.codebook import DataError, Problem
from digitrade.data.paths import locate as locate
from digitrade.data.reader.frame import LINES, RawTable, named, without_frame
from digitrade.data.reader.stata import WESTERN, decode_text, read_stata

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
GUESSED = ("gb18030", "utf-16-le", "utf-16-be")  # taken only for a text that is then Chinese
DELIMITERS = (",", "\t", ";", "|")
UNREADABLE = (ValueError, OSError, KeyError, struct.error, BadZipFile)
EMPTY_STYLE = "Workbook contains no default style"
USUAL_SHARE = 0.8  # of a text's Chinese signs that are of the usual set, if it was read rightly
ENCODED = (
    "In Stata: `unicode encoding set gb18030`, then `unicode translate` of the file; or save it "
    "as CSV in UTF-8"
)


def sidecar(path: Path) -> Path | None:
    """Return the column map beside a file: ``.columns.csv`` behind or instead of its ending."""
    names = (f"{path.name}.columns.csv", f"{path.stem}.columns.csv")
    found = (path.with_name(name) for name in names if name != path.name)
    return next((place for place in found if place.is_file()), None)


def read_raw(path: Path) -> RawTable:
    """Read a file by its ending, without rows that hold nothing or no firm; the index stays."""
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
    return without_frame(replace(table, cells=named(table.cells)))


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
    """Return a text and its encoding, or raise ``ValueError``.

    An encoding counts only if what it gives can be Chinese: bytes of another one decode, too.
    """
    certain = ("utf-16",) if content.startswith(UTF16_MARKS) else ("utf-8-sig",)
    guessed = GUESSED if b"\0" in content else GUESSED[:1]
    for encoding in (*certain, *guessed):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (encoding in certain or _is_usual(text)):
            return text, encoding.removesuffix("-sig")
    raise ValueError("its text is neither UTF-8 nor GB18030")


def _is_usual(text: str) -> bool:
    """Return whether most signs beyond ASCII are of the usual Chinese set."""
    others = [sign for sign in text if not sign.isascii()]
    usual = sum(bool(sign.encode("gb2312", errors="ignore")) for sign in others)
    return bool(others) and usual >= USUAL_SHARE * len(others)


def _read_csv(path: Path) -> RawTable:
    cells, encoding = read_text_table(path)
    return RawTable(cells, f"CSV, {encoding}", 2)


def _read_parquet(path: Path) -> RawTable:
    cells = pd.read_parquet(path)
    for name in cells.select_dtypes("object", exclude="str"):
        cells[name] = cells[name].map(_plain_cell)
    numbered = isinstance(cells.index, pd.RangeIndex) and cells.index.name is None
    cells = cells.reset_index(drop=numbered, allow_duplicates=True)
    return RawTable(cells, "Parquet", 1)


def _plain_cell(cell: object) -> object:
    """Return a cell of Parquet as text if it holds bytes, or several values."""
    if isinstance(cell, bytes):
        return decode_text(cell.decode(WESTERN)) or repr(cell)
    return str(cell) if isinstance(cell, (list, dict, np.ndarray)) else cell


def _read_excel(path: Path) -> RawTable:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=EMPTY_STYLE, category=UserWarning)
        with pd.ExcelFile(path, engine="openpyxl") as book:
            sheets = book.sheet_names
            cells = pd.read_excel(book, dtype=object)
    others = f", the first of {len(sheets)} sheets ({sheets[0]})" if len(sheets) > 1 else ""
    return RawTable(cells, f"Excel{others}", 2)


def _read_stata(path: Path) -> RawTable:
    table = read_stata(path)
    notes = [
        Problem(LINES, f"column {name}", f"{number} texts neither in UTF-8 nor in GB18030", ENCODED)
        for name, number in table.unread.items()
    ]
    how = f"Stata, release {table.release} of the format"
    return RawTable(table.cells, how, 1, notes=tuple(notes))


READERS: dict[str, Callable[[Path], RawTable]] = {
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".dta": _read_stata,
    ".xlsx": _read_excel,
}
