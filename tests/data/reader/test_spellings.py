"""Spellings of codes, years and cells that exports of real databases have."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from digitrade.data.reader import check_extract, load_extract
from digitrade.data.reader.values import as_codes, as_days, as_years, never


@pytest.mark.parametrize(
    "written",
    ["000001A股", "000001 A", "000001.A", "A000001", "CN_000001", "万科A-000001.SZ", "'000001"],
)
def test_a_code_however_spelt(written):
    assert as_codes(pd.Series([written, "600000"])).tolist() == ["000001", "600000"]


def test_a_code_of_another_market_is_not_filled_up():
    codes = as_codes(pd.Series(["00700", "00700.HK", "600000"]))
    assert codes.tolist() == ["00700", "00700.HK", "600000"]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("FY2019", None),
        ("2019A", None),
        ("2019末", None),
        (2019.0, None),
        ("201906", "06"),
        ("2019/6", "06"),
        (43830, "12-31"),
        ("43830", "12-31"),
        ("31/12/2019", "12-31"),
        ("12/31/2019", "12-31"),
        ("31dec2019", "12-31"),
        ("Dec 31, 2019", "12-31"),
        (pd.Timestamp("2019-03-31"), "03-31"),
    ],
)
def test_a_year_or_date_however_written(written, day):
    cells = pd.Series([written, written])
    assert as_years(cells).tolist() == [2019.0] * 2
    assert as_days(cells).dropna().tolist() == ([day] * 2 if day else [])


@pytest.mark.parametrize(
    "written", ["2019-20", "2018-2019", "19", "2019Q4", 2019.5, 59, "1577750400000"]
)
def test_what_is_no_year_is_not_read(written):
    cells = pd.Series([written])
    assert as_years(cells).isna().all()
    assert as_days(cells).isna().all()


@pytest.mark.parametrize("written", ["未入选", "never treated", float("inf"), "否", 0, "9999"])
def test_cells_that_stand_for_never(written):
    assert never(pd.Series([written, 2013])).tolist() == [True, False]


def test_lines_that_say_one_thing_are_no_firm_years(extract, tmp_path, write):
    lines = ["数据来源 CSMAR", "(16 rows affected)", "平均值："]
    path = write(pd.concat([extract, pd.DataFrame({"firm": lines})]), tmp_path / "mine.csv")
    assert_frame_equal(load_extract(path), extract)
    assert "lines 18, 19, 20 with totals, means, sources or notes" in str(check_extract(path))


def test_title_lines_above_the_head(extract, tmp_path):
    blank = [""] * (extract.shape[1] - 1)
    titles = pd.DataFrame([["2014-2017", *blank], [*extract.columns]], columns=["Firms", *blank])
    body = extract.set_axis(titles.columns, axis=1)
    pd.concat([titles, body]).to_csv(tmp_path / "mine.csv", index=False)
    assert_frame_equal(load_extract(tmp_path / "mine.csv"), extract)


def test_parquet_with_levels_of_names_and_bytes(extract, tmp_path):
    frame = extract.assign(city=[city.encode() for city in extract["city"]])
    frame.columns = pd.MultiIndex.from_tuples([("accounts", name) for name in frame])
    frame.to_parquet(tmp_path / "mine.parquet")
    assert_frame_equal(load_extract(tmp_path / "mine.parquet"), extract)


def test_parquet_with_lists_is_refused_in_words(extract, tmp_path):
    extract.assign(city=[[city] for city in extract["city"]]).to_parquet(tmp_path / "a.parquet")
    report = " ".join(str(check_extract(tmp_path / "a.parquet")).split())
    assert "found \"['Hangzhou']\"" in report


def test_numbers_beyond_everything_are_no_values(extract, tmp_path, write):
    extract.loc[2, "total_assets"] = 8.9e307  # how Stata writes a missing one
    report = check_extract(write(extract, tmp_path / "mine.csv"))
    assert "total_assets, row 4 (000001, 2016)" in str(report)


@pytest.mark.parametrize("header", ["资产总计【万元】", "资产总计(单位:万元)", "资产总计_万元"])
def test_units_in_headers(extract, tmp_path, write, header):
    path = write(extract.rename(columns={"total_assets": header}), tmp_path / "mine.csv")
    assert "column total_assets: the header says 10,000 yuan" in str(check_extract(path))
