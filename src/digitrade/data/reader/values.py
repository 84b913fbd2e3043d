"""From cells as they stand to typed values and names of places; what cannot be read is missing."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from digitrade.data.shipped import load_cities, load_province_list

MISSING = {"", "-", "--", "—", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nat", "<na>"}
YEAR = re.compile(
    r"^(?P<year>\d{4})"
    r"(?:\.0+|年.*|[-/]\d{1,2}(?:\D.*)?|\.\d{1,2}\.\d{1,2}|(?:0[1-9]|1[0-2])[0-3]\d)?$"
)
WHOLE = re.compile(r"(\d+)\.0+")
FLAGS = {"1": 1.0, "0": 0.0, "是": 1.0, "否": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
CODE_LENGTH = 6  # of stock codes on the mainland's exchanges
PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|侗族|白族|土家族|哈尼族|哈萨克族|哈萨克"
    "|傣族|傈僳族|羌族|景颇族|柯尔克孜族|柯尔克孜"
)
KIND_ZH = re.compile(rf"(?<=..)(?:特别行政区|(?:{PEOPLES})*自治[州区]|地区|[市盟省州])$")
KIND_EN = re.compile(r"\s+(?:city|prefecture|league|province|municipality)$")
IN_PROVINCE = re.compile(r"\s*\([^)]*\)$")
MARKS = re.compile(r"[\s'’`\-]+")


def as_text(cells: pd.Series) -> pd.Series:
    """Return trimmed text, whole numbers without decimal point, dates without time of day."""
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
    """Return stock codes as text, with the zeros in front that a program dropped.

    They are put back if the column holds numbers, or digits of which some are six long.
    """
    text = without_decimals(cells)
    digits = text.dropna().str.fullmatch(r"\d{1,6}").all()
    numbers = cells.dropna().map(lambda cell: not isinstance(cell, str)).all()
    cut = digits and (numbers or text.str.len().max() == CODE_LENGTH)
    return text.str.zfill(CODE_LENGTH) if cut else text


def as_provinces(cells: pd.Series) -> pd.Series:
    """Return English names of provinces, of English or Chinese ones."""
    table = load_province_list()
    written = pd.concat([table["province"], table["province_zh"]]).map(_plain)
    names = dict(zip(written, [*table["province"]] * 2, strict=True))
    return as_text(cells).map(_plain, na_action="ignore").map(names).astype("str")


def as_cities(cells: pd.Series, provinces: pd.Series | None = None) -> pd.Series:
    """Return the names of ``cities.csv``, of English or Chinese ones.

    Where two cities share a romanised name, the provinces of the same rows decide.
    """
    where = pd.Series("", index=cells.index) if provinces is None else provinces.fillna("")
    names, home = _city_names(), _home()
    pairs = list(zip(as_text(cells), where, strict=True))
    found = {
        (name, province): _city(names.get(_plain(name), []), province, home)
        for name, province in set(pairs)
        if isinstance(name, str)
    }
    return pd.Series([found.get(pair) for pair in pairs], index=cells.index, dtype="str")


def other_province(cities: pd.Series, provinces: pd.Series) -> pd.Series:
    """Return whether a row's province is there and is not the one its city lies in."""
    return provinces.notna() & cities.notna() & (cities.map(_home()) != provinces)


def nearest(kind: str, name: str) -> list[str]:
    """Return up to three known names of cities or provinces that look like an unknown one."""
    if kind == "province":
        return get_close_matches(name, sorted(load_province_list()["province"]), n=3)
    known = load_cities()[["city", "city_zh"]].to_numpy().ravel()
    return (_city_names().get(_plain(name)) or get_close_matches(name, list(known), n=3))[:3]


def _home() -> dict[str, str]:
    return load_cities().set_index("city")["province"].to_dict()


def _city_names() -> dict[str, list[str]]:
    """Return the cities a plain name may mean; more than one for a shared romanised name."""
    names: dict[str, list[str]] = {}
    for city, chinese in load_cities()[["city", "city_zh"]].itertuples(index=False, name=None):
        for name in dict.fromkeys(map(_plain, (city, IN_PROVINCE.sub("", city), chinese))):
            names.setdefault(name, []).append(city)
    return names


def _city(candidates: list[str], province: str, home: dict[str, str]) -> str | None:
    """Return the only candidate, the one in the province, or the one without a bracket."""
    there = [city for city in candidates if home[city] == province]
    plain = [city for city in candidates if not IN_PROVINCE.search(city)]
    return next((cities[0] for cities in (candidates, there, plain) if len(cities) == 1), None)


def _plain(name: str) -> str:
    """Return a name without the kind of unit, marks and capitals."""
    text = KIND_EN.sub("", str(name).strip().casefold())
    return MARKS.sub("", KIND_ZH.sub("", text))


READERS = {
    "code": as_codes,
    "year": as_years,
    "province": as_provinces,
    "city": as_cities,
    "number": as_numbers,
    "count": as_numbers,
    "flag": as_flags,
}
"""What reads the cells of a column, by the kind that ``columns.csv`` gives."""
