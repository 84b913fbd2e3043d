"""From cells as they stand to typed values; what cannot be read is missing."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import numpy as np
import pandas as pd

MISSING = {"", "-", "--", "—", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nat", "<na>"}
YEAR = re.compile(
    r"^(?P<year>\d{4})"
    r"(?:\.0+|年.*|[-/]\d{1,2}(?:\D.*)?|\.\d{1,2}\.\d{1,2}|(?:0[1-9]|1[0-2])[0-3]\d)?$"
)
WHOLE = re.compile(r"(\d+)\.0+")
FLAGS = {"1": 1.0, "0": 0.0, "是": 1.0, "否": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
CODE_LENGTH = 6  # of stock codes on the mainland's exchanges


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


def without_decimals(cells: pd.Series) -> pd.Series:
    """Return cells as text, whole numbers without the ``.0`` that programs leave."""
    return as_text(cells).str.replace(WHOLE, r"\1", regex=True)


def as_numbers(cells: pd.Series) -> pd.Series:
    """Return cells as numbers. Thousands separators and per cent signs are not read."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64")
    text = as_text(cells)
    readable = pd.to_numeric(text, errors="coerce").notna()
    return text.astype("object").where(readable).astype("float64")


def as_years(cells: pd.Series) -> pd.Series:
    """Return the year of numbers (2015), of dates (2015-12-31, 20151231, 2015年) and of text."""
    return as_text(cells).str.extract(YEAR)["year"].astype("float64")


def as_flags(cells: pd.Series) -> pd.Series:
    """Return yes and no, in digits, English or Chinese, as 1 and 0."""
    return without_decimals(cells).str.casefold().map(FLAGS).astype("float64")


def as_codes(cells: pd.Series) -> pd.Series:
    """Return stock codes as text.

    A program that took codes for numbers has dropped the zeros in front. They are put back,
    to six digits, if the column holds numbers, or digits of which some are six long.
    """
    text = without_decimals(cells)
    digits = text.dropna().str.fullmatch(r"\d{1,6}").all()
    numbers = cells.dropna().map(lambda cell: not isinstance(cell, str)).all()
    cut = digits and (numbers or text.str.len().max() == CODE_LENGTH)
    return text.str.zfill(CODE_LENGTH) if cut else text
