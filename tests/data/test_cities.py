"""The list of cities and their firms, against what else is known of them."""

from __future__ import annotations

import pytest

from digitrade.data import (
    check_shipped_data,
    load_cities,
    load_city_shares,
    load_pilot_zones,
    load_provinces,
    province_regions,
)
from digitrade.data.codebook import DataError

PREFECTURE_LEVEL = 333  # prefecture-level divisions of the mainland since Laiwu went to Jinan
SUB_PROVINCIAL = {
    *("Harbin", "Changchun", "Shenyang", "Dalian", "Jinan", "Qingdao", "Nanjing", "Hangzhou"),
    *("Ningbo", "Xiamen", "Wuhan", "Guangzhou", "Shenzhen", "Chengdu", "Xi'an"),
}
LAND = 0.05  # a province's land area is rounded, and borders of the north-east are contested
LISTED_2015 = 1081 + 1746  # A-share and B-share firms in Shanghai and Shenzhen, end of 2015
FIRMS = 0.05  # shares are for relative size; the total should be of the right order


@pytest.fixture(scope="module")
def cities():
    return load_cities().set_index("city")


def test_units_of_each_tier(cities):
    tiers = cities["tier"].value_counts()
    assert tiers["municipality"] == 4
    assert set(cities.index[cities["tier"] == "sub-provincial"]) == SUB_PROVINCIAL
    prefectures = tiers["prefecture"] + tiers["sub-provincial"]
    assert "Laiwu" in cities.index
    assert prefectures - 1 == PREFECTURE_LEVEL


def test_names_are_unique_in_both_languages(cities):
    assert cities.index.is_unique
    assert cities["city_zh"].is_unique


def test_every_province_is_covered(cities):
    assert set(cities["province"]) == set(province_regions().index)


def test_every_zone_lies_in_a_listed_city_of_the_same_province(cities):
    zones = load_pilot_zones()
    found = zones["prefecture"].map(cities["province"])
    assert (found == zones["province"]).all()


def test_chinese_names_are_those_of_the_zone_list(cities):
    zones = load_pilot_zones().query("city == prefecture")
    assert (zones["prefecture"].map(cities["city_zh"]) == zones["city_zh"]).all()


def test_areas_of_a_provinces_units_sum_to_its_land_area(cities):
    land = load_provinces().drop_duplicates("province").set_index("province")["land_area"]
    ratio = cities.groupby("province")["area_km2"].sum() / 1e4 / land
    assert ratio.to_dict() == pytest.approx(dict.fromkeys(land.index, 1.0), abs=LAND)


def test_shares_are_of_listed_cities_and_the_right_order():
    shares = load_city_shares()
    assert set(shares["city"]) <= set(load_cities()["city"])
    assert shares["listed_firms"].sum() == pytest.approx(LISTED_2015, rel=FIRMS)
    assert len(shares) > 230


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        ("policy/zones.csv", "Hangzhou,杭州市,Hangzhou", "Hangzhou,杭州市,Hangchow", "Hangchow"),
        ("policy/cities.csv", "Wuxi,无锡市,Jiangsu", "Wuxi,无锡市,Zhejiang", "Wuxi"),
        ("policy/cities.csv", "Aral,阿拉尔市,Xinjiang", "Aral,阿拉尔市,Sinkiang", "Aral"),
        ("twin/city_shares.csv", "Lhasa,", "Lassa,", "Lassa"),
    ],
)
def test_a_misspelt_city_is_named(project, file, old, new, named):
    path = project / "data" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=named):
        check_shipped_data()
