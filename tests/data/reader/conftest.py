"""A small extract made by hand, and ways to write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PLACES = {
    "000001": [("Hangzhou", "Zhejiang")] * 4,
    "000002": [("Xi'an", "Shaanxi")] * 4,
    "300750": [("Suzhou (Anhui)", "Anhui")] * 2 + [("Beijing", "Beijing")] * 2,
    "600000": [("Enshi Prefecture", "Hubei")] * 4,
}
YEARS = [2014, 2015, 2016, 2017]
CHINESE = {
    "firm": "证券代码",
    "year": "会计年度",
    "city": "注册地城市",
    "province": "所属省份",
    "financial_assets": "金融资产",
    "fixed_assets": "固定资产净额",
    "total_assets": "资产总计",
    "established": "成立日期",
    "top1": "第一大股东持股比例(%)",
    "quick": "速动比率",
    "liability": "资产负债率",
    "q": "托宾Q值",
    "pe": "市盈率",
    "deposits_loans": "金融机构存贷款余额（亿元）",
    "gdp": "地区生产总值",
    "gdp_per_head": "人均GDP(万元)",
    "roe": "净资产收益率",
    "subsidies": "政府补助",
    "short_loans": "短期借款",
    "long_loans": "长期借款",
    "export_revenue": "海外业务收入",
    "digital_words": "数字化词频",
    "exporter": "是否出口",
    "high_tech": "是否高新技术企业",
    "polluting": "是否重污染",
    "urbanisation": "城镇化率",
    "disposable_income": "人均可支配收入（元）",
    "fiscal_expenditure": "财政支出",
    "agg": "产业集聚",
    "smart_city_year": "智慧城市试点年份",
    "innovative_city_year": "创新型城市试点年份",
}
CITIES_ZH = {
    "Hangzhou": "杭州市",
    "Xi'an": "西安",
    "Suzhou (Anhui)": "宿州市",
    "Beijing": "北京",
    "Enshi Prefecture": "恩施土家族苗族自治州",
}
PROVINCES_ZH = {
    "Zhejiang": "浙江省",
    "Shaanxi": "陕西",
    "Anhui": "安徽省",
    "Beijing": "北京市",
    "Hubei": "湖北",
}


@pytest.fixture
def extract() -> pd.DataFrame:
    """Sixteen firm-years with every column, gaps where gaps are allowed."""
    keys = [
        (firm, year, *place)
        for firm, places in PLACES.items()
        for year, place in zip(YEARS, places, strict=True)
    ]
    frame = pd.DataFrame(keys, columns=["firm", "year", "city", "province"])
    step = np.arange(len(frame), dtype=float)
    numbers = {
        "financial_assets": 3e7 + 1e6 * step,
        "fixed_assets": 6e8 + 1.1e7 * step,
        "total_assets": 3.5e9 + 1e8 * step,
        "established": 1990.0 + step,
        "top1": 20 + 1.3 * step,
        "quick": 0.8 + 0.07 * step,
        "liability": 0.30 + 0.02 * step,
        "q": 1.1 + 0.1 * step,
        "pe": 25 - 3 * step,
        "deposits_loans": 2.5e4 + 100 * step,
        "gdp": 7e3 + 30 * step,
        "gdp_per_head": 6 + 0.4 * step,
        "roe": 0.11 - 0.01 * step,
        "subsidies": 1e7 + 1e5 * step,
        "short_loans": 2e8 + 1e6 * step,
        "long_loans": 1e8 + 1e6 * step,
        "export_revenue": 5e7 + 1e6 * step,
        "digital_words": 3 * step,
        "exporter": step % 2,
        "high_tech": (step + 1) % 2,
        "polluting": (step // 2) % 2,
        "urbanisation": 0.5 + 0.01 * step,
        "disposable_income": 3e4 + 500 * step,
        "fiscal_expenditure": 800 + 10 * step,
        "agg": 0.5 + 0.2 * step,
        "smart_city_year": np.where(step < 4, 2013.0, np.nan),
        "innovative_city_year": np.where(step < 8, 2010.0, np.nan),
    }
    frame = frame.assign(**numbers)
    frame.loc[3, ["roe", "exporter", "long_loans"]] = np.nan
    frame["province"] = frame["province"].where(frame.index != 5).astype("str")
    return frame


@pytest.fixture
def in_chinese(extract) -> pd.DataFrame:
    """The same extract with Chinese headers, names and dates, as text."""
    frame = extract.assign(
        city=extract["city"].map(CITIES_ZH),
        province=extract["province"].map(PROVINCES_ZH),
        year=extract["year"].astype(str) + "-12-31",
        established=extract["established"].astype(int).astype(str) + "年5月1日",
        exporter=extract["exporter"].map({1.0: "是", 0.0: "否"}),
    )
    return frame.rename(columns=CHINESE, errors="raise")


@pytest.fixture
def write():
    """Return what writes a frame in the format of a file's ending, and returns the file."""
    return _write


def _write(frame: pd.DataFrame, path: Path, **options) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, **options)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        texts = frame.select_dtypes(["object", "str"]).columns
        filled = frame.assign(**{name: frame[name].astype(object).fillna("") for name in texts})
        filled.to_stata(path, write_index=False, version=118)
    return path
