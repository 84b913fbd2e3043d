"""Names of provinces, cities and counties, in English or Chinese, and what each may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import pandas as pd

from digitrade.data.codebook import stamp
from digitrade.data.paths import data_folder
from digitrade.data.shipped import load_cities, load_counties, load_province_list
from digitrade.data.signs import clean

PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|侗族|白族|土家族|哈尼族|哈萨克族|哈萨克"
    "|傣族|傈僳族|羌族|景颇族|柯尔克孜族|柯尔克孜"
)
KIND_ZH = re.compile(rf"(?<=..)(?:特别行政区|(?:{PEOPLES})*自治[州区]|地区|[市盟省州])$")
KIND_EN = re.compile(r"\s+(?:city|prefecture|league|province|municipality)$")
OF_PROVINCE = re.compile(rf"(?<=..)(?:省|(?:{PEOPLES})*自治区|\s+(?:province|municipality))$")
IN_PROVINCE = re.compile(r"\s*\([^)]*\)$")
PART = re.compile(r"(?P<city>..+?(?:市|自治州|地区|盟))(?P<part>.+)")
LAST = re.compile(r"(?P<city>.+?)\s*[,(]\s*(?P<province>[^,()]+?)\s*\)?$")
MARKS = re.compile(r"[\s'’`\-]+")
ALIKE_AT_HOME, ALIKE_ANYWHERE = 0.6, 0.75  # likeness of spelling, the province known or not
NEAREST = 3  # names suggested for one that is unknown


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Plain names of provinces and cities and exact ones of counties, with what each may mean.

    ``home`` is the province of each city of ``cities.csv``, ``written`` its two names.
    """

    provinces: Mapping[str, str]
    cities: Mapping[str, tuple[str, ...]]
    counties: Mapping[str, tuple[str, ...]]
    home: Mapping[str, str]
    written: Mapping[str, str]

    def province(self, name: str) -> str:
        """Return the province that a name means, or nothing."""
        return self.provinces.get(_of_province(name), "")

    def candidates(self, name: str) -> tuple[str, ...]:
        """Return every city that a name may mean, or else the city its county lies in."""
        return self._known(name) or self._known(self._bare(name)[0])

    def _known(self, name: str) -> tuple[str, ...]:
        return self.cities.get(_plain(name)) or self.counties.get(clean(name)) or ()

    def _bare(self, name: str) -> tuple[str, str]:
        """Return the city in 江苏省苏州市昆山市 or Suzhou (Jiangsu), and the province there."""
        plain = clean(name).removeprefix("中国")
        if self._known(plain) or self.province(plain):
            return plain, ""
        if (last := LAST.fullmatch(plain)) and self.province(last["province"]):
            return last["city"], self.province(last["province"])
        ends = [end for end in range(2, len(plain)) if self.province(plain[:end])]
        if ends and (there := self.province(plain[: ends[-1]])):
            return (
                (there, there) if there in self.home else (self._bare(plain[ends[-1] :])[0], there)
            )
        part = PART.fullmatch(plain)
        return (part["city"], "") if part and self._known(part["city"]) else (plain, "")

    def is_county(self, name: str) -> bool:
        """Return whether a name is that of a county, and of no city of ``cities.csv``."""
        return clean(name) in self.counties and _plain(name) not in self.cities

    def city(self, name: str, province: str = "") -> str:
        """Return the one city that a name means in a province; nothing if that is in doubt."""
        name, stated = self._bare(name)
        province = stated or province
        candidates = self.candidates(name)
        there = tuple(city for city in candidates if self.home[city] == province)
        if self._is_province_only(name):
            there = () if OF_PROVINCE.search(clean(name).casefold()) else there
            return there[0] if there else ""
        sure = len(candidates) == 1 and province not in self.home  # 朝阳 of Beijing is a district
        chosen = candidates if sure and not stated else there
        return chosen[0] if len(chosen) == 1 else ""

    def doubt(self, name: str, province: str = "") -> str:
        """Return why a name means no city here, or the nearest in its province; may be empty."""
        name, stated = self._bare(name)
        province = stated or province
        if self._is_province_only(name):
            return "This names a province: give the city in which the firm is registered"
        if len(candidates := self.candidates(name)) > 1:
            listed = self._with_homes(candidates)
            return f"Nearest: {listed}, all of that name. Fill in the province"
        if candidates and province:
            return f"{self._with_homes(candidates)} is not in {province}: which of them holds?"
        known = [one for one, city in self.written.items() if province in ("", self.home[city])]
        cutoff = ALIKE_AT_HOME if province else ALIKE_ANYWHERE
        near = get_close_matches(clean(name), known, n=NEAREST, cutoff=cutoff)
        return f"Nearest: {self._with_homes(self.written[one] for one in near)}" if near else ""

    def _is_province_only(self, name: str) -> bool:
        """Return whether a name is, as written, that of a province which is no city itself."""
        return self.province(name) not in ("", *self.candidates(name))

    def _with_homes(self, cities: Iterable[str]) -> str:
        named = (
            city if IN_PROVINCE.search(city) else f"{city} ({self.home[city]})" for city in cities
        )
        return ", ".join(dict.fromkeys(named))


def gazetteer() -> Gazetteer:
    """Return the names of the shipped tables, put together once for each state of them."""
    policy, provinces = data_folder("policy"), data_folder("provinces")
    files = (policy / "cities.csv", policy / "counties.csv", provinces / "provinces.csv")
    return _gazetteer(*((file, stamp(file)) for file in files))


@lru_cache(maxsize=2)
def _gazetteer(*_files: object) -> Gazetteer:
    provinces, table = load_province_list(), load_cities()
    cities: dict[str, list[str]] = {}
    for city, chinese in table[["city", "city_zh"]].itertuples(index=False, name=None):
        for name in dict.fromkeys(map(_plain, (city, IN_PROVINCE.sub("", city), chinese))):
            cities.setdefault(name, []).append(city)
    counties: dict[str, list[str]] = {}
    for county, city in load_counties()[["county_zh", "city"]].itertuples(index=False, name=None):
        for name in {county, KIND_ZH.sub("", county)}:
            counties.setdefault(name, []).append(city)
    names = [provinces["province"], provinces["province_zh"], provinces["province_zh"].map(_plain)]
    plain = pd.concat(names).map(_of_province)
    written = pd.concat([table["city"], table["city_zh"]])
    return Gazetteer(
        provinces=dict(zip(plain, [*provinces["province"]] * len(names), strict=True)),
        cities={name: tuple(found) for name, found in cities.items()},
        counties={name: tuple(dict.fromkeys(found)) for name, found in counties.items()},
        home=dict(zip(table["city"], table["province"], strict=True)),
        written=dict(zip(written, [*table["city"]] * 2, strict=True)),
    )


def province_named(text: str) -> str:
    """Return the English name of a province named in English or Chinese; ``""`` if none is."""
    return gazetteer().province(text)


def nearest_provinces(name: str) -> list[str]:
    """Return up to three provinces that are spelt like an unknown one."""
    return get_close_matches(name, sorted(load_province_list()["province"]), n=NEAREST)


def as_provinces(names: pd.Series) -> pd.Series:
    """Return English names of provinces for a column of text, missing where none is meant."""
    known = gazetteer()
    return names.map(lambda name: known.province(name) or None, na_action="ignore").astype("str")


def as_cities(names: pd.Series, provinces: pd.Series | None = None) -> pd.Series:
    """Return the names of ``cities.csv`` for a column of text, missing where one is in doubt.

    Counties stand for the city they lie in. Where a name may mean two cities, or a city and
    a province, the province of the row decides; without one nothing is decided.
    """
    where = pd.Series("", index=names.index) if provinces is None else provinces.fillna("")
    known, pairs = gazetteer(), list(zip(names, where, strict=True))
    found = {pair: known.city(*pair) or None for pair in set(pairs) if isinstance(pair[0], str)}
    return pd.Series([found.get(pair) for pair in pairs], index=names.index, dtype="str")


def other_province(cities: pd.Series, provinces: pd.Series) -> pd.Series:
    """Return whether a row's province is there and is not the one its city lies in."""
    home = cities.map(load_cities().set_index("city")["province"])
    return provinces.notna() & cities.notna() & (home != provinces)


def counties_named(names: pd.Series) -> pd.Series:
    """Return whether each text names a county or county-level city, and no larger unit."""
    known = gazetteer()
    found = [isinstance(name, str) and known.is_county(name) for name in names]
    return pd.Series(found, index=names.index, dtype=bool)


def _of_province(name: object) -> str:
    """Return a name as provinces are looked up: without the kind of unit, if it is of provinces."""
    return MARKS.sub("", OF_PROVINCE.sub("", clean(name).casefold()))


def _plain(name: object) -> str:
    """Return a name without the kind of unit, marks and capitals."""
    return MARKS.sub("", KIND_ZH.sub("", KIND_EN.sub("", clean(name).casefold())))
