"""From cells as they stand to typed values, and which cells could not be read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

MISSING = {"", "-", "--", "—", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nat", "<na>"}
YEAR = re.compile(
    r"(?P<year>\d{4})"
    r"(?:\.0+|年.*|[-/]\d{1,2}(?:\D.*)?|\.\d{1,2}\.\d{1,2}|(?:0[1-9]|1[0-2])[0-3]\d)?"
)
WHOLE = re.compile(r"(\d+)\.0+")
FLAGS = {"1": 1.0, "0": 0.0, "是": 1.0, "否": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
CODE_LENGTH = 6  # of stock codes on the mainland's exchanges


@dataclass(frozen=True, slots=True)
class Typed:
    """The values of one column, and which of its cells could not be read.

    Attributes
    ----------
    result
        The values; a cell that is empty or could not be read is missing.
    unread
        Whether a cell held something that could not be read.
    padded
        Number of stock codes that got back the zeros a program had dropped.
    """

    result: pd.Series
    unread: pd.Series
    padded: int = 0


def as_text(cells: pd.Series) -> pd.Series:
    """Return cells as trimmed text, full-width signs as ordinary ones; empty cells are missing.

    Whole numbers lose their decimal point, dates their time of day.
    """
    written = {cell: _written(cell) for cell in cells.dropna().unique()}
    return cells.map(written).astype("str")


def _written(cell: object) -> str | float:
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    if isinstance(cell, date | np.datetime64):
        return str(cell)[:10]
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    return float("nan") if text.casefold() in MISSING else text


def as_numbers(cells: pd.Series) -> Typed:
    """Return cells as numbers. Thousands separators and per cent signs are not read."""
    if pd.api.types.is_numeric_dtype(cells):
        return Typed(cells.astype("float64"), pd.Series(False, index=cells.index))
    numeric = cells.map(lambda cell: isinstance(cell, (int, float, np.number)))
    text = as_text(cells.where(~numeric))
    readable = pd.to_numeric(text, errors="coerce").notna()
    values = pd.Series(np.nan, index=cells.index, dtype="float64")
    values[numeric] = [float(cell) for cell in cells[numeric]]
    values[readable] = [float(cell) for cell in text[readable]]
    return Typed(values, text.notna() & ~readable)


def as_years(cells: pd.Series) -> Typed:
    """Return the year of numbers (2015), of dates (2015-12-31, 20151231, 2015年) and of text."""
    text = as_text(cells)
    found = text.str.extract(f"^{YEAR.pattern}$")["year"]
    return Typed(found.astype("float64"), text.notna() & found.isna())


def as_flags(cells: pd.Series) -> Typed:
    """Return yes and no, in digits, English or Chinese, as 1 and 0."""
    text = as_text(cells).str.casefold().str.replace(WHOLE, r"\1", regex=True)
    values = text.map(FLAGS).astype("float64")
    return Typed(values, text.notna() & values.isna())


def as_codes(cells: pd.Series) -> Typed:
    """Return stock codes as text.

    A program that took codes for numbers has dropped the zeros in front. They are put back,
    to six digits, if the column holds numbers, or digits of which some are six long.
    """
    text = as_text(cells).str.replace(WHOLE, r"\1", regex=True)
    digits = text.dropna().str.fullmatch(r"\d{1,6}")
    numbers = cells.dropna().map(lambda cell: not isinstance(cell, str))
    longest = int(text.str.len().max()) if text.notna().any() else 0
    values = text
    if digits.all() and (numbers.all() or longest == CODE_LENGTH):
        values = text.str.zfill(CODE_LENGTH)
    padded = int((values.dropna() != text.dropna()).sum())
    return Typed(values, pd.Series(False, index=cells.index), padded)
