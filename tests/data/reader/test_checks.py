"""Each thing that can be wrong is found, placed, and all of them come in one report."""

from __future__ import annotations

import hashlib
import pickle

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from digitrade.data.reader import ExtractError, check_extract, load_extract
from digitrade.data.reader.columns import (
    canonical_columns,
    headers_of,
    known_headers,
    plain,
    unit_in,
)


@pytest.fixture
def report(extract, tmp_path, write):
    """Change the extract, write it and return the report's text in one line."""

    def of(**columns):
        path = write(extract.assign(**columns), tmp_path / "mine.csv")
        return " ".join(str(check_extract(path)).split())

    return of


def test_a_good_file_has_no_problem(report):
    text = report()
    assert "problem" not in text.replace("No problems", "")
    assert "mine.csv: 16 rows, 4 firms, 2014–2017 (read as CSV, utf-8)" in text


def test_everything_wrong_with_a_file_is_in_one_report(in_chinese, extract, tmp_path, write):
    bad = in_chinese.drop(columns="注册地城市")
    bad["资产负债率"] *= 100
    bad["净资产收益率"] *= 100
    bad["市盈率"] = bad["市盈率"].astype(object).where(bad.index != 2, "12.5%")
    bad.loc[9, ["证券代码", "会计年度"]] = bad.loc[8, ["证券代码", "会计年度"]]
    path = write(bad, tmp_path / "mine.csv", encoding="gb18030")
    with pytest.raises(ExtractError) as caught:
        load_extract(path)
    text = " ".join(str(caught.value).split())
    for words in (
        "5 problems to put right",
        "column city: not there",
        "注册地城市",
        "rows 10 (300750, 2014), 11 (300750, 2014): 1 firm-year with more than one row",
        "pe, row 4 (000001, 2016): found '12.5%'. Expected a plain number",
        "column liability: half of the values are above 45; expected ratio",
        "`资产负债率,liability,0.01`",
        "column roe",
        "`净资产收益率,roe,0.01`",
        "The file was not changed",
    ):
        assert words in text
    good = write(in_chinese, path, encoding="gb18030")
    assert_frame_equal(load_extract(good), extract)


def test_the_error_keeps_the_report_and_survives_a_worker(extract, tmp_path, write):
    path = write(extract.drop(columns=["city", "pe"]), tmp_path / "mine.csv")
    with pytest.raises(ExtractError) as caught:
        load_extract(path)
    assert [one.place for one in caught.value.report.problems] == ["column city", "column pe"]
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


UNIT_TRAPS = [
    ("total_assets", 1e-4, "looks like 10,000 yuan", 10000),
    ("total_assets", 1e-6, "looks like million yuan", 1000000),
    ("total_assets", 1e-8, "looks like 100 million yuan", 100000000),
    ("fixed_assets", 1e-4, "looks like 10,000 yuan", 10000),
    ("financial_assets", 1e-4, "looks like 10,000 yuan", 10000),
    ("subsidies", 1e-4, "looks like 10,000 yuan", 10000),
    ("short_loans", 1e-4, "looks like 10,000 yuan", 10000),
    ("long_loans", 1e-4, "looks like 10,000 yuan", 10000),
    ("export_revenue", 1e-9, "looks like billion yuan", 1000000000),
    ("gdp", 1e4, "looks like 10,000 yuan", 0.0001),
    ("deposits_loans", 1e4, "looks like 10,000 yuan", 0.0001),
    ("gdp_per_head", 1e4, "looks like yuan", 0.0001),
    ("disposable_income", 1e-4, "looks like 10,000 yuan", 10000),
    ("fiscal_expenditure", 1e4, "looks like 10,000 yuan", 0.0001),
    ("liability", 100, "looks like per cent", 0.01),
    ("roe", 100, "looks like per cent", 0.01),
    ("urbanisation", 100, "looks like per cent", 0.01),
    ("quick", 100, "looks like per cent", 0.01),
    ("top1", 0.01, "looks like share", 100),
]


@pytest.mark.parametrize(("column", "by", "words", "times"), UNIT_TRAPS)
def test_another_unit_is_recognised_and_never_converted_in_silence(
    extract, tmp_path, write, column, by, words, times
):
    frame = extract.assign(**{column: extract[column] * by})
    path = write(frame, tmp_path / "mine.csv")
    report = check_extract(path)
    assert len(report.problems) == 1, "bounds wait until the unit is settled"
    assert words in str(report)
    assert f"`{column},{column},{times}`" in " ".join(str(report).split())
    (tmp_path / "mine.csv.columns.csv").write_text(
        f"theirs,ours,multiply\n{column},{column},{times}\n", encoding="utf-8"
    )
    assert_frame_equal(load_extract(path), extract, rtol=1e-12)


def test_the_citys_two_amounts_are_held_to_each_other(extract, report):
    text = report(gdp=extract["gdp"] / 10)
    assert "columns deposits_loans and gdp: deposits_loans / gdp is 35" in text


def test_the_unit_in_a_header_counts_unless_a_factor_is_declared(extract, tmp_path, write):
    path = write(extract.rename(columns={"short_loans": "短期借款（万元）"}), tmp_path / "mine.csv")
    text = " ".join(str(check_extract(path)).split())
    assert "column short_loans: the header says 10,000 yuan, expected yuan" in text
    assert "`短期借款（万元）,short_loans,10000`" in text
    (tmp_path / "mine.columns.csv").write_text(
        "theirs,ours,multiply\n短期借款（万元）,short_loans,1\n", encoding="utf-8"
    )
    assert_frame_equal(load_extract(path), extract)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("资产总计（万元）", "10,000 yuan"),
        ("资产总计(亿元)", "100 million yuan"),
        ("top1 (%)", "per cent"),
        ("GDP (100 million yuan)", "100 million yuan"),
        ("资产总计万元", "10,000 yuan"),
        ("资产总计元", "yuan"),
        ("GDP", ""),
        ("资产总计(合并)", ""),
    ],
)
def test_units_in_headers(header, unit):
    assert unit_in(header) == unit
    assert not unit or plain(header) in {"资产总计", "top1", "gdp"}


IMPOSSIBLE = [
    ("fixed_assets", 0.0, "fixed_assets, row 5 (000001, 2017): found 0. Expected above 0"),
    ("total_assets", -1.0, "total_assets, row 5 (000001, 2017): found -1"),
    ("short_loans", -5.0, "short_loans, row 5 (000001, 2017): found -5. Expected 0 or more"),
    ("long_loans", -5.0, "long_loans, row 5 (000001, 2017): found -5. Expected 0 or more"),
    ("top1", 101.0, "found 101. Expected 0 or more and at most 100"),
    ("liability", 3.0, "found 3. Expected 0 or more and at most 2.5"),
    ("year", 1999, "year, row 5 (000001, 1999): found 1999. Expected 2000 or more"),
    ("established", 2018.0, "established, row 5 (000001, 2017): the firm was established after"),
    ("digital_words", 1.5, "digital_words, row 5 (000001, 2017): found 1.5. Give the count"),
    ("urbanisation", 1.2, "found 1.2. Expected 0 or more and at most 1"),
    ("smart_city_year", 1.0, "smart_city_year, row 5 (000001, 2017): found '1.0'. Expected a year"),
    ("exporter", 2.0, "exporter, row 5 (000001, 2017): found '2.0'. Expected 1 or 0"),
    ("pe", np.inf, "pe, row 5 (000001, 2017): found an infinite number"),
    ("q", -np.inf, "q, row 5 (000001, 2017): found an infinite number"),
    ("city", "Hangzou", "city, row 5 (000001, 2017): found 'Hangzou'. Nearest: Hangzhou"),
    ("city", "杭洲市", "found '杭洲市'. Nearest: "),
    ("city", "Taizhou", "found 'Taizhou'. Nearest: Taizhou (Jiangsu), Taizhou (Zhejiang)"),
    ("city", "Grand Cayman", "registered outside the mainland"),
    ("province", "Zhejang", "province, row 5 (000001, 2017): found 'Zhejang'. Nearest: Zhejiang"),
    ("firm", "", "firm, row 5 (2017): an empty cell. Fill it in"),
    ("city", "", "city, row 5 (000001, 2017): an empty cell. Fill it in"),
]


@pytest.mark.parametrize(("column", "value", "words"), IMPOSSIBLE)
def test_one_impossible_cell_is_one_problem_with_its_place(
    extract, tmp_path, write, column, value, words
):
    changed = extract.copy()
    changed[column] = changed[column].astype(object)
    changed.loc[3, column] = value
    if value == "Taizhou":
        changed.loc[3, "province"] = ""
    report = check_extract(write(changed, tmp_path / "mine.csv"))
    assert words in " ".join(str(report).split())
    assert len(report.problems) == 1


def test_many_rows_of_a_kind_are_counted(extract, report):
    text = report(fixed_assets=extract["fixed_assets"] * -1)
    assert "(000002, 2014) and 11 more: found -" in text


def test_units_are_not_guessed_from_the_few_cells_that_can_be_read(extract, report):
    amounts = extract["financial_assets"].map("about {:.0f}".format)
    few = amounts.where(extract.index > 3, "120")
    text = report(financial_assets=few)
    assert "a plain number, without words" in text
    assert "1 problem to put right" in text


def test_assets_in_another_unit_are_no_odd_accounts(extract, report):
    text = report(total_assets=extract["total_assets"] / 1e4)
    assert "column total_assets: half of the values" in text
    assert "more than the total assets" not in text


def test_titles_below_the_header_are_part_of_the_head(extract, tmp_path, write):
    path = write(extract, tmp_path / "mine.csv")
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    titles = ",".join(["没有单位"] * (header.count(",") + 1))
    path.write_text("\n".join([header, titles, *lines]), encoding="utf-8")
    text = " ".join(str(check_extract(path)).split())
    assert "head: line 2 below the first with names, labels or units" in text
    assert_frame_equal(load_extract(path), extract)


def test_notes_stop_nothing(extract, tmp_path, write):
    frame = extract.drop(index=1)
    frame["year"] -= 6
    frame.loc[8, "province"] = "Hubei"
    path = write(frame.assign(fixed_assets=5e9), tmp_path / "mine.csv")
    text = " ".join(str(check_extract(path)).split())
    assert len(load_extract(path)) == 15
    for words in (
        "11 rows outside 2011–2020",
        "1 firm with years missing in between (000001)",
        "1 firm of 4 in more than one city",
        "province, row 9 (300750, 2008): another province than the city's",
        "roe: 1 empty cell (6.7%)",
        "more than the total assets",
    ):
        assert words in text


def test_without_moves_the_city_effects_are_said_to_be_empty(extract, report):
    assert "no firm changes its city" in report(city="Hangzhou", province="Zhejiang")


def test_absent_optional_columns_name_the_exhibits_they_cost(extract, tmp_path, write):
    optional = [one.name for one in canonical_columns().values() if not one.required]
    path = write(extract.drop(columns=optional, errors="ignore"), tmp_path / "mine.csv")
    report = check_extract(path)
    assert report.ok
    assert [name for name, _ in report.absent] == optional
    assert "Table 4, columns 3 and 5" in str(report)
    assert set(load_extract(path)) == set(extract) - set(optional)


def test_every_known_header_belongs_to_one_column_and_every_column_has_some():
    for name in canonical_columns():
        assert headers_of(name)[1:], f"{name} has no other header"
        assert {known_headers()[plain(header)] for header in headers_of(name)} == {name}


def test_truth_passes_through_and_everything_else_is_named_as_unused(extract, tmp_path, write):
    path = write(extract.assign(true_effect_fc=0.5, colour="red"), tmp_path / "mine.csv")
    assert check_extract(path).unused == ("colour",)
    assert_frame_equal(load_extract(path), extract.assign(true_effect_fc=0.5))


@pytest.mark.parametrize(
    "content", ["abc", None, -1.0, 1e30, True, pd.Timestamp("2015-12-31")], ids=str
)
def test_whatever_a_column_holds_there_is_a_report(extract, tmp_path, write, content):
    for name in extract:
        path = write(extract.assign(**{name: content}), tmp_path / "mine.parquet")
        report = check_extract(path)
        named = [name in str(one) for one in report.problems]
        assert report.ok == (not named)
        assert any(named) or len(load_extract(path)) == len(extract)


def test_nothing_is_written_and_the_file_stays_as_it_is(extract, tmp_path, write):
    for name in ("mine.csv", "mine.xlsx", "mine.dta", "mine.parquet"):
        path = write(extract.assign(liability=45.0), tmp_path / name)
        before = hashlib.sha256(path.read_bytes()).hexdigest()
        check_extract(path)
        with pytest.raises(ExtractError):
            load_extract(path)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert len(list(tmp_path.rglob("*"))) == 4
