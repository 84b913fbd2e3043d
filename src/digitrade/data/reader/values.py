"""From cells as they stand to typed values and names of places; what cannot be read is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import wraps

import numpy as np
import pandas as pd

from digitrade.data.places import as_cities, as_provinces
from digitrade.data.signs import clean

MISSING = {"", "-", "--", "—", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nat", "<na>"}
MONTH = r"(?:0?[1-9]|1[0-2])(?!\d)"
YEAR = re.compile(
    rf"^(?:fy\s?)?(?P<year>\d{{4}})(?:\.0+|年.*|末|a|[-/]{MONTH}(?:\D.*)?"
    rf"|\.{MONTH}\.\d{{1,2}}|(?:0[1-9]|1[0-2])(?:[0-3]\d)?)?$",
    re.IGNORECASE,
)
NEVER = r"(?:0|-1|9999.*|never.*|inf(?:inity)?|无|否|从?未.*)(?:\.0+)?"
DAY = re.compile(
    r"^\D*\d{4}[-/.年]?(?P<month>0[1-9]|1[0-2]|[1-9](?!\d))(?:[-/.月]?(?P<day>\d{1,2}))?(?:\D|$)"
)
DATES = ("%d%b%Y", "%d-%b-%Y", "%d/%m/%Y", "%m/%d/%Y", "%b %d, %Y")  # day or month first
SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
SERIALS = (29221, 47483)  # how Excel counts the days from 1980 to 2030
WHOLE = re.compile(r"(\d+)\.0+")
FLAGS = {"1": 1.0, "0": 0.0, "是": 1.0, "否": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
CODE_LENGTH = 6  # of stock codes on the mainland's exchanges
EXCHANGE = r"(?:sh|sz|bj|ss|sse|szse|bse|xshg|xshe|ocshe)"
NAME_OF_SHARE = r"(?:[\s\-_(\[,:;/|]+(?!\d)\S.*|[一-鿿*].*|\.?[ab]股?)"
STOCK_CODE = re.compile(
    rf"(?:(?:{EXCHANGE}|cn)[.\-_:\s]*|a(?=\d{{6}}))?(?P<code>\d{{1,6}})(?:\.0+)?(?:[.\-_:\s]*{EXCHANGE}\b)?"
    rf"(?P<name>{NAME_OF_SHARE})?"
)
NAME_FIRST = re.compile(
    rf"\D*(?:[一-鿿][ab]?[\s(\[\-_:]*|[(\[])(?:{EXCHANGE}[.:]?)?(?P<code>\d{{6}})(?:\.{EXCHANGE})?[)\]]?"
)
QUOTED = re.compile(r"""^[=\s]*["'‘’“”`]+|["'‘’“”`]+$""")
DRESSED = re.compile(
    r"(?P<open>\()?[¥$]?(?P<sign>[-+])?(?P<whole>\d{1,3}(?:[, ]\d{3})+|\d*)"
    r"(?P<fraction>\.\d+)?(?P<per_cent>%)?(?(open)\))"
)
EUROPEAN = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+%?")
NO_THOUSANDS = re.compile(r"[-+]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))%?")
MINUS = re.compile(r"^\s*[−–‒—]\s*(?=[\d.])")


Reader = Callable[[pd.Series], pd.Series]


def by_value(read: Reader) -> Reader:
    """Let a reader of cells read each distinct cell once; an empty cell stays missing."""

    @wraps(read)
    def spread(cells: pd.Series) -> pd.Series:
        numbers, distinct = pd.factorize(cells)
        found = read(pd.Series(distinct, dtype=object)).array.take(numbers, allow_fill=True)
        return pd.Series(found, index=cells.index, name=cells.name)

    return spread


@by_value
def as_text(cells: pd.Series) -> pd.Series:
    """Return clean text, whole numbers without decimal point, dates without time of day."""
    return pd.Series([_written(cell) for cell in cells], dtype="str")


def _written(cell: object) -> str | float:
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    if isinstance(cell, date | np.datetime64):
        return str(cell)[:10]
    text = clean(cell)
    return float("nan") if text.casefold() in MISSING else text


@by_value
def without_decimals(cells: pd.Series) -> pd.Series:
    """Return cells as text, whole numbers without the ``.0`` that programs leave."""
    return as_text(cells).str.replace(WHOLE, r"\1", regex=True)


def as_numbers(cells: pd.Series, per_cent: float = np.nan) -> pd.Series:
    """Return cells as numbers, as accounts write them too: 1,158.5 and (12.5) and 28.7%.

    A per cent sign multiplies by ``per_cent``. Commas are decimal signs where one cell of
    the column cannot be meant otherwise.
    """
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64")
    numbers = pd.to_numeric(cells.astype("str"), errors="coerce").astype("float64")
    left = as_text(cells[numbers.isna()]).dropna().str.replace(MINUS, "-", regex=True)
    cleaned = pd.to_numeric(left, errors="coerce").astype("float64")
    numbers, left = numbers.fillna(cleaned), left[cleaned.isna()]
    commas = left[left.str.contains(",")]
    if commas.map(lambda one: NO_THOUSANDS.fullmatch(one) is not None).any():
        points = cells[numbers.notna()].astype("str").str.contains(".", regex=False).any()
        european = commas.map(lambda one: EUROPEAN.fullmatch(one) is not None).all() and not points
        swapped = commas.str.translate(str.maketrans({".": None, ",": "."}))
        left = pd.concat([left.drop(commas.index), *([swapped] if european else [])])
    read = {one: _undressed(one, per_cent) for one in left.unique()}
    return numbers.fillna(left.map(read).astype("float64"))


def is_dressed(cells: pd.Series) -> pd.Series:
    """Return whether cells are text that is no plain number."""
    if pd.api.types.is_numeric_dtype(cells):
        return pd.Series(False, index=cells.index)
    plain = pd.to_numeric(cells.astype("str"), errors="coerce")
    return cells.notna() & plain.isna()


def _undressed(text: str, per_cent: float) -> float:
    """Return the number in a text that only its dress keeps from being one; else missing."""
    found = DRESSED.fullmatch(text)
    if found is None or not (found["whole"] or found["fraction"]):
        return float("nan")
    size = float(re.sub("[, ]", "", found["whole"]) + (found["fraction"] or ""))
    negative = (found["sign"] == "-") != (found["open"] is not None)
    return (-size if negative else size) * (per_cent if found["per_cent"] else 1.0)


@by_value
def as_years(cells: pd.Series) -> pd.Series:
    """Return the year of numbers (2015), of dates (2015-12-31, 20151231, 2015年) and of text."""
    return _dated(cells).str.extract(YEAR)["year"].astype("float64")


def _dated(cells: pd.Series) -> pd.Series:
    """Return text in which dates that begin with the day or month, or count days, begin anew."""
    text = as_text(cells)
    serials = pd.to_numeric(text.str.extract(f"^{SERIAL.pattern}$")[0]).astype("float64")
    days = pd.to_timedelta(serials.where(serials.between(*SERIALS)), unit="D")
    dates = pd.Timestamp("1899-12-30") + days
    others = text[dates.isna() & ~text.str.match(r"(?i)(?:fy\s?)?\d{4}", na=False)].dropna()
    for form in DATES if len(others) else ():
        read = pd.to_datetime(others, format=form, errors="coerce")
        if read.notna().mean() > 0.5:
            dates = dates.fillna(read)
            break
    return dates.dt.strftime("%Y-%m-%d").astype("str").fillna(text)


@by_value
def as_days(cells: pd.Series) -> pd.Series:
    """Return month and day of dates as ``12-31`` or ``12``, missing where a cell has no month."""
    text = _dated(cells)
    found = text.where(text.str.fullmatch(YEAR, na=False)).str.extract(DAY)
    return found["month"].str.zfill(2) + ("-" + found["day"].str.zfill(2)).fillna("")


def never(cells: pd.Series) -> pd.Series:
    """Return whether a cell of a starting year stands for never: 0, -1, 9999, never, 无."""
    return matching(NEVER)(cells) == 1.0


def matching(pattern: str) -> Reader:
    """Return what finds the cells that are, capitals aside, as a pattern says: 1, or else 0."""
    return by_value(
        lambda cells: as_text(cells).str.fullmatch(pattern, case=False).astype("float64")
    )


def as_starts(cells: pd.Series) -> pd.Series:
    """Return starting years, missing where a cell stands for never."""
    return as_years(cells).mask(never(cells))


@by_value
def as_flags(cells: pd.Series) -> pd.Series:
    """Return yes and no, in digits, English or Chinese, as 1 and 0."""
    return without_decimals(cells).str.casefold().map(FLAGS).astype("float64")


@by_value
def as_codes(cells: pd.Series) -> pd.Series:
    """Return stock codes as six digits, however a file spells them: 1, sz000001, 000001.SZ.

    Names of exchanges and of shares are taken off, and zeros that a program dropped put back.
    Cells of fewer digits are codes only if the column holds numbers or some cell is a full code.
    """
    text = without_decimals(cells).str.replace(QUOTED, "", regex=True)
    codes = {one: _stock_code(one) for one in text.dropna().unique()}
    found = text.map(codes).astype("str")
    numbers = cells.dropna().map(lambda cell: not isinstance(cell, str)).all()
    certain = numbers or (found.str.len() == CODE_LENGTH).any()
    return found.str.zfill(CODE_LENGTH).fillna(text) if certain else text


def _stock_code(text: str) -> str | float:
    """Return the digits of a stock code, or missing if a text is not one."""
    plain = text.casefold()
    if named := NAME_FIRST.fullmatch(plain):
        return named["code"]
    found = STOCK_CODE.fullmatch(plain)
    if found is None:
        return float("nan")
    code = found["code"]
    cut = len(code) < CODE_LENGTH  # by a program, which leaves no zero in front, and no name
    return float("nan") if cut and (code.startswith("0") or found["name"]) else code


READERS = {
    "text": as_text,
    "code": as_codes,
    "year": as_years,
    "start": as_starts,
    "province": lambda cells: as_provinces(as_text(cells)),
    "city": lambda cells: as_cities(as_text(cells)),
    "number": as_numbers,
    "count": as_numbers,
    "flag": as_flags,
}
"""What reads the cells of a column, by the kind that ``columns.csv`` gives."""
