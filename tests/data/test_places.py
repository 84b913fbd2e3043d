"""What a name of a place means, and when that is in doubt."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.data import load_cities, load_counties
from digitrade.data.places import as_cities, as_provinces, gazetteer, province_named


@pytest.mark.parametrize(
    ("written", "province"),
    [
        ("beijing", "Beijing"),
        ("北京", "Beijing"),
        ("北京市", "Beijing"),
        ("内蒙古自治区", "Inner Mongolia"),
        ("inner mongolia", "Inner Mongolia"),
        ("广西壮族自治区", "Guangxi"),
        ("Jilin Province", "Jilin"),
        ("陕\u200b西", "Shaanxi"),
        ("吉林市", ""),
        ("Peking", ""),
    ],
)
def test_provinces_in_english_and_chinese(written, province):
    assert province_named(written) == province


@pytest.mark.parametrize(
    ("name", "province", "city"),
    [
        ("江苏省苏州市", "", "Suzhou"),
        ("内蒙古自治区呼和浩特市", "", "Hohhot"),
        ("吉林省吉林市", "", "Jilin City"),
        ("宁夏银川", "", "Yinchuan"),
        ("朝阳（辽宁）", "", "Chaoyang"),
        ("朝阳", "Beijing", ""),
        ("北京市朝阳区", "", "Beijing"),
        ("广东省深圳市南山区", "", "Shenzhen"),
        ("Suzhou (Jiangsu)", "", "Suzhou"),
        ("Suzhou, Anhui", "", "Suzhou (Anhui)"),
        ("襄樊", "", "Xiangyang"),
        ("思茅市", "", "Pu'er"),
        ("巴音郭楞州", "", "Bayingolin Prefecture"),
        ("吉林市", "", "Jilin City"),
        ("吉林", "Jilin", "Jilin City"),
        ("吉林", "", ""),
        ("吉林省", "Jilin", ""),
        ("Jilin", "", ""),
        ("海南", "Hainan", ""),
        ("海南", "Qinghai", "Hainan Prefecture"),
        ("海南省", "Qinghai", ""),
        ("海南藏族自治州", "", "Hainan Prefecture"),
        ("北京", "", "Beijing"),
        ("上海市", "Jiangsu", "Shanghai"),
        ("广东省", "Guangdong", ""),
        ("Suzhou", "Jiangsu", "Suzhou"),
        ("Suzhou", "Anhui", "Suzhou (Anhui)"),
        ("Suzhou", "", ""),
        ("Suzhou", "Hubei", ""),
        ("Fuzhou", "", ""),
        ("Taizhou", "Zhejiang", "Taizhou (Zhejiang)"),
        ("Yichun", "Heilongjiang", "Yichun (Heilongjiang)"),
        ("Yulin", "", ""),
        ("宿州市", "", "Suzhou (Anhui)"),
        ("伊春市", "", "Yichun (Heilongjiang)"),
        ("昆山市", "", "Suzhou"),
        ("昆山", "Jiangsu", "Suzhou"),
        ("义乌市", "", "Jinhua"),
        ("江阴", "", "Wuxi"),
        ("长兴县", "Zhejiang", "Huzhou"),
        ("吴江市", "", "Suzhou"),
        ("黄山市", "", "Huangshan"),
    ],
)
def test_a_city_is_found_or_left_in_doubt(name, province, city):
    assert gazetteer().city(name, province) == city


def test_no_namesake_far_away_is_suggested():
    assert gazetteer().doubt("昆水市") == ""
    assert "Huangshan" not in gazetteer().doubt("昆出市", "Jiangsu")
    assert gazetteer().doubt("Hangzou", "Zhejiang").startswith("Nearest: Hangzhou (Zhejiang)")
    assert "names a province" in gazetteer().doubt("海南省", "Hainan")
    assert "Suzhou (Jiangsu), Suzhou (Anhui)" in gazetteer().doubt("Suzhou")


def test_columns_of_names_are_read_with_their_provinces():
    cities = as_cities(pd.Series(["Suzhou", "昆山市", None]), pd.Series(["Anhui", None, "Anhui"]))
    assert cities.fillna("").tolist() == ["Suzhou (Anhui)", "Suzhou", ""]
    assert as_provinces(pd.Series(["安徽", "x"])).fillna("").tolist() == ["Anhui", ""]


def test_counties_lie_in_listed_cities_and_bear_no_citys_name():
    counties, cities = load_counties(), load_cities()
    assert set(counties["city"]) <= set(cities["city"])
    assert not set(counties["county_zh"]) & set(cities["city_zh"])
    assert counties["county_zh"].str.endswith(("市", "县", "旗")).all()
