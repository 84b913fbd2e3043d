"""Names of cities and provinces, in English or Chinese, as the tables of the book have them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import pandas as pd

from digitrade.data.paths import data_folder
from digitrade.data.reader.values import Typed, as_text
from digitrade.data.shipped import load_cities, load_provinces

PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|侗族|白族|土家族|哈尼族|哈萨克族|哈萨克"
    "|傣族|傈僳族|羌族|景颇族|柯尔克孜族|柯尔克孜"
)
KIND_ZH = re.compile(rf"(?<=..)(?:特别行政区|(?:{PEOPLES})*自治[州区]|地区|[市盟省州])$")
KIND_EN = re.compile(r"\s+(?:city|prefecture|league|province|municipality)$")
IN_PROVINCE = re.compile(r"\s*\([^)]*\)$")
MARKS = re.compile(r"[\s'’`\-]+")


def as_provinces(cells: pd.Series) -> Typed:
    """Return English names of provinces; cells may be blank."""
    names: dict[str, str] = {}
    for english, chinese in _provinces(data_folder("provinces")):
        names |= {_plain(english): english, _plain(chinese): english}
    text = as_text(cells)
    values = text.map(_plain, na_action="ignore").map(names).astype("str")
    return Typed(values, text.notna() & values.isna())


def as_cities(cells: pd.Series, provinces: pd.Series | None = None) -> Typed:
    """Return the names of cities that ``data/policy/cities.csv`` uses.

    Parameters
    ----------
    cells
        Names in Chinese, with or without the kind of unit at the end, or in English.
    provinces
        The provinces of the same rows. Where two cities share a romanised name, they decide.
    """
    text = as_text(cells)
    where = pd.Series("", index=cells.index) if provinces is None else provinces.fillna("")
    pairs = pd.DataFrame({"name": text, "province": where}).dropna().drop_duplicates()
    names, home = _city_names(), _home()
    found = {
        (name, province): _city(names.get(_plain(name), []), province, home)
        for name, province in pairs.itertuples(index=False)
    }
    values = pd.Series(
        [found.get(pair) for pair in zip(text, where, strict=True)], index=cells.index, dtype="str"
    )
    return Typed(values, text.notna() & values.isna())


def other_province(cities: pd.Series, provinces: pd.Series) -> pd.Series:
    """Return whether a row's province is there and is not the one its city lies in."""
    return provinces.notna() & cities.notna() & (cities.map(_home()) != provinces)


def nearest(name: str, names: Iterable[str] | None = None) -> list[str]:
    """Return up to three known names that look like one that is not known."""
    cities = _cities(data_folder("policy"))
    known = names or [name for city, chinese, _ in cities for name in (city, chinese)]
    shared = [] if names else _city_names().get(_plain(name), [])
    return (shared or get_close_matches(str(name), list(known), n=3))[:3]


@lru_cache(maxsize=4)
def _cities(folder: Path) -> tuple[tuple[str, str, str], ...]:  # noqa: ARG001 - the key of the cache
    """Return name, Chinese name and province of each city; the folder is the project's."""
    cities = load_cities()[["city", "city_zh", "province"]]
    return tuple(cities.itertuples(index=False, name=None))


@lru_cache(maxsize=4)
def _provinces(folder: Path) -> tuple[tuple[str, str], ...]:  # noqa: ARG001 - the key of the cache
    """Return name and Chinese name of each province; the folder is the project's."""
    provinces = load_provinces()[["province", "province_zh"]].drop_duplicates()
    return tuple(provinces.itertuples(index=False, name=None))


def _home() -> dict[str, str]:
    return {city: province for city, _, province in _cities(data_folder("policy"))}


def _city_names() -> dict[str, list[str]]:
    """Return the cities a plain name may mean; more than one for a shared romanised name."""
    names: dict[str, list[str]] = {}
    for city, chinese, _ in _cities(data_folder("policy")):
        bare = IN_PROVINCE.sub("", city)
        for name in dict.fromkeys(_plain(one) for one in (city, bare, chinese)):
            names.setdefault(name, []).append(city)
    return names


def _city(candidates: list[str], province: str, home: dict[str, str]) -> str | None:
    """Return the only candidate, the one in the province, or the one without a bracket."""
    there = [one for one in candidates if home[one] == province]
    plain = [one for one in candidates if not IN_PROVINCE.search(one)]
    for chosen in (candidates, there, plain):
        if len(chosen) == 1:
            return chosen[0]
    return None


def _plain(name: str) -> str:
    """Return a name without the kind of unit, marks and capitals."""
    text = KIND_EN.sub("", str(name).strip().casefold())
    return MARKS.sub("", KIND_ZH.sub("", text))
