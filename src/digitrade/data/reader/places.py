"""Names of cities and provinces, in English or Chinese, as the tables of the book have them."""

from __future__ import annotations

import re
from difflib import get_close_matches

import pandas as pd

from digitrade.data.reader.values import as_text
from digitrade.data.shipped import load_cities, load_province_list

PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|侗族|白族|土家族|哈尼族|哈萨克族|哈萨克"
    "|傣族|傈僳族|羌族|景颇族|柯尔克孜族|柯尔克孜"
)
KIND_ZH = re.compile(rf"(?<=..)(?:特别行政区|(?:{PEOPLES})*自治[州区]|地区|[市盟省州])$")
KIND_EN = re.compile(r"\s+(?:city|prefecture|league|province|municipality)$")
IN_PROVINCE = re.compile(r"\s*\([^)]*\)$")
MARKS = re.compile(r"[\s'’`\-]+")


def as_provinces(cells: pd.Series) -> pd.Series:
    """Return English names of provinces; cells may be blank."""
    table = load_province_list()
    names = dict(zip(table["province"].map(_plain), table["province"], strict=True))
    names |= dict(zip(table["province_zh"].map(_plain), table["province"], strict=True))
    return as_text(cells).map(_plain, na_action="ignore").map(names).astype("str")


def as_cities(cells: pd.Series, provinces: pd.Series | None = None) -> pd.Series:
    """Return the names of cities that ``data/policy/cities.csv`` uses.

    Names may be Chinese, with or without the kind of unit at the end, or English. Where two
    cities share a romanised name, the provinces of the same rows decide.
    """
    text = as_text(cells)
    where = pd.Series("", index=cells.index) if provinces is None else provinces.fillna("")
    names, home = _city_names(), _home()
    pairs = list(zip(text, where, strict=True))
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
    shared = _city_names().get(_plain(name), [])
    known = load_cities()[["city", "city_zh"]].to_numpy().ravel()
    return (shared or get_close_matches(name, list(known), n=3))[:3]


def _home() -> dict[str, str]:
    return load_cities().set_index("city")["province"].to_dict()


def _city_names() -> dict[str, list[str]]:
    """Return the cities a plain name may mean; more than one for a shared romanised name."""
    names: dict[str, list[str]] = {}
    cities = load_cities()
    for city, chinese in zip(cities["city"], cities["city_zh"], strict=True):
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
