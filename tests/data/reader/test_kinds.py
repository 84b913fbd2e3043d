"""Kinds of trouble that real files have, each in several shapes; none is decided in silence."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from digitrade.data.reader import check_extract, load_extract


def told(path, **options) -> str:
    return " ".join(str(check_extract(path, **options)).split())


@pytest.fixture
def large(extract) -> pd.DataFrame:
    """Forty copies of the extract under other codes: 160 firms in four years."""
    first = extract["firm"].map({"000001": "1", "000002": "2", "300750": "3", "600000": "6"})
    copies = [extract.assign(firm=first + f"{number:05d}") for number in range(40)]
    return pd.concat(copies, ignore_index=True)


def test_spellings_of_one_code_are_one_firm_and_said(extract, tmp_path, write):
    late = extract["year"] > 2015
    path = write(
        extract.assign(firm=extract["firm"].where(~late, extract["firm"] + ".SZ")),
        tmp_path / "mine.csv",
    )
    assert_frame_equal(load_extract(path), extract)
    assert "4 firms with a code spelt in several ways (000001 and 000001.SZ;" in told(path)


def test_rows_that_clash_once_codes_agree_are_named(extract, tmp_path, write):
    again = extract.head(1).assign(firm="sz000001")
    path = write(pd.concat([extract, again]), tmp_path / "mine.csv")
    assert "1 firm-year with more than one row, the code written 000001 and sz000001" in told(path)


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u00ad", "\u00a0"])
def test_unseen_signs_in_headers_and_cells_change_nothing(in_chinese, extract, tmp_path, sign):
    spelt = in_chinese.rename(columns=lambda name: f"{name[:1]}{sign}{name[1:]}{sign}")
    texts = spelt.select_dtypes(["object", "str"]).columns
    spelt[texts] = spelt[texts].map(lambda text: f"{text}{sign}", na_action="ignore")
    spelt.to_csv(tmp_path / "mine.csv", index=False)
    if sign != "\u00a0":
        assert_frame_equal(load_extract(tmp_path / "mine.csv"), extract)
    else:  # a blank inside a header is one, and is not looked at
        assert check_extract(tmp_path / "mine.csv").ok


def test_one_header_spelt_with_and_without_an_unseen_sign_clashes(extract, tmp_path, write):
    path = write(extract.assign(**{"q\u200b": 1.0}), tmp_path / "mine.csv")
    assert "column q: claimed by q and by q.1" in told(path)


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_a_stata_file_is_read_whatever_its_release_and_bytes(extract, tmp_path, version):
    frame = extract.drop(columns=["smart_city_year", "innovative_city_year"])
    chinese = {"Hangzhou": "杭州市", "Beijing": "北京市"}
    names = frame["city"].replace(chinese)
    frame["city"] = names.map(lambda text: text.encode("gb18030").decode("latin-1")).astype(object)
    frame["province"] = frame["province"].astype(object).fillna("")
    frame["note"] = pd.Series(["x" * 10, "\x81\x8d"] * 8, dtype=object)
    path = tmp_path / "mine.dta"
    if version < 118:
        frame.to_stata(path, write_index=False, version=version)
    else:
        marked = frame.assign(
            city=names.replace({"杭州市": "@@@@@@", "北京市": "######"}).astype(object),
            note=pd.Series(["x" * 10, "%%"] * 8, dtype=object),
        )
        marked.to_stata(path, write_index=False, version=version)
        content = path.read_bytes()
        for mark, text in ((b"@@@@@@", "杭州市"), (b"######", "北京市")):
            content = content.replace(mark, text.encode("gb18030"))
        path.write_bytes(content.replace(b"%%", b"\x81\x8d"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = told(path)
        assert load_extract(path)["city"].tolist() == extract["city"].tolist()
    assert f"release {version}" in text
    assert version < 118 or "column note: 8 texts neither in UTF-8 nor in GB18030" in text


def test_labels_of_stata_that_repeat_or_lack_a_value_cost_nothing(extract, tmp_path):
    frame = extract.assign(
        city=extract["city"].astype("category"),
        sector=np.arange(16) % 3,
        province=extract["province"].astype(object).fillna(""),
    )
    path = tmp_path / "mine.dta"
    labels = {"sector": {0: "AAA", 1: "BBB"}}
    frame.to_stata(path, write_index=False, version=118, value_labels=labels)
    path.write_bytes(path.read_bytes().replace(b"BBB\0", b"AAA\0"))
    assert_frame_equal(load_extract(path), extract)


def test_long_texts_of_stata_are_read(extract, tmp_path):
    frame = extract.assign(province=extract["province"].astype(object).fillna(""))
    frame["city"] = frame["city"].astype(object)
    frame.to_stata(tmp_path / "mine.dta", write_index=False, version=118, convert_strl=["city"])
    assert_frame_equal(load_extract(tmp_path / "mine.dta"), extract)


@pytest.mark.parametrize("levels", [["firm", "year"], ["firm"], ["year", "city", "firm"]])
def test_index_levels_of_a_parquet_file_are_columns(extract, tmp_path, levels):
    extract.set_index(levels).to_parquet(tmp_path / "mine.parquet")
    assert_frame_equal(load_extract(tmp_path / "mine.parquet"), extract)


def test_several_dates_of_a_year_are_said(extract, tmp_path, write):
    dated = extract.assign(year=extract["year"].astype(str) + "-12-31")
    half = extract.assign(year=extract["year"].astype(str) + "-06-30")
    path = write(pd.concat([dated, half]), tmp_path / "mine.csv")
    assert "more than one row, of several dates (2014-12-31," in told(path)
    assert "Keep one date of each year" in told(path)
    assert "16 dates before December" in told(write(half, path))
    assert "before December" not in told(write(dated, path))


@pytest.mark.parametrize(
    ("column", "by", "line"),
    [
        ("gdp", 1e4, "`gdp,gdp,0.0001,2016-2017`"),
        ("total_assets", 1e-8, "`total_assets,total_assets,100000000,2016-2017`"),
        ("top1", 0.01, "`top1,top1,100,2016-2017`"),
        ("liability", 100, "`liability,liability,0.01,2016-2017`"),
    ],
)
def test_a_unit_that_changes_with_a_year_is_named_and_can_be_declared(
    large, tmp_path, write, column, by, line
):
    changed = large.assign(
        **{column: large[column].where(large["year"] < 2016, large[column] * by)}
    )
    path = write(changed, tmp_path / "mine.csv")
    assert line in told(path)
    (tmp_path / "mine.csv.columns.csv").write_text(
        f"theirs,ours,multiply,years\n{line.strip('`')}\n", encoding="utf-8"
    )
    assert_frame_equal(load_extract(path), large, rtol=1e-12)


def test_years_in_another_unit_that_are_not_in_a_row_have_no_line(large, tmp_path, write):
    odd = large["year"] % 2 == 1
    path = write(large.assign(gdp=large["gdp"].where(~odd, large["gdp"] * 1e4)), tmp_path / "m.csv")
    text = told(path)
    assert "about 10,000 times" in text
    assert "multiply,years" not in text


@pytest.mark.parametrize(
    ("column", "by", "words"),
    [
        ("total_assets", 1e-4, "64 rows of 16 firms look like 10,000 yuan"),
        ("liability", 100, "64 rows of 16 firms look like per cent"),
        ("gdp_per_head", 1e4, "64 rows of 16 firms look like yuan"),
    ],
)
def test_firms_in_another_unit_than_the_rest_are_named(large, tmp_path, write, column, by, words):
    some = large["firm"].str[1:].astype(int) < 4
    path = write(
        large.assign(**{column: large[column].where(~some, large[column] * by)}),
        tmp_path / "mine.csv",
    )
    assert words in told(path)


@pytest.mark.parametrize("sign", [-9999, -99, 99999999, 9999.99])
def test_signs_for_missing_values_are_no_values(extract, tmp_path, write, sign):
    pe = extract["pe"].where(extract.index > 1, sign)
    text = told(write(extract.assign(pe=pe), tmp_path / "mine.csv"))
    assert "Other programs write such numbers for a missing one" in text


def test_cities_that_never_joined_may_have_a_code(extract, tmp_path, write):
    filled = extract.assign(
        smart_city_year=extract["smart_city_year"].fillna(0),
        innovative_city_year=extract["innovative_city_year"].fillna(9999),
    )
    path = write(filled, tmp_path / "mine.csv")
    assert_frame_equal(load_extract(path), extract)
    assert "smart_city_year: 12 cells such as 0 or 9999. Read as never" in told(path)


def test_a_head_of_several_lines_is_one(in_chinese, extract, tmp_path, write):
    labels = list(in_chinese.columns)
    codes = [f"X{number}" for number in range(len(labels))]
    path = write(in_chinese.set_axis(codes, axis=1), tmp_path / "mine.csv")
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    units = ",".join("元" if "资产" in one else "没有单位" for one in labels)
    path.write_text("\n".join([header, ",".join(labels), units, *lines]), encoding="utf-8")
    assert_frame_equal(load_extract(path), extract)
    assert "head: lines 2, 3 below the first with names, labels or units" in told(path)
    thousands = units.replace("元", "千元")
    path.write_text("\n".join([header, ",".join(labels), thousands, *lines]), encoding="utf-8")
    assert "the header says thousand yuan, expected yuan" in told(path)


@pytest.mark.parametrize("words", ["合计", "总 计", "Total", "数据来源：Wind", "注：未经审计"])
def test_a_line_of_totals_or_sources_is_no_firm(extract, tmp_path, write, words):
    path = write(extract, tmp_path / "mine.csv")
    width = len(extract.columns)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{words}{',' * (width - 1)}\n")
    assert_frame_equal(load_extract(path), extract)
    assert "rows: line 18 with totals, means, sources or notes" in told(path)


@pytest.mark.parametrize("lines", ["", "{blank}\n{blank}\n", "\u3000{blank}\n", "合计{blank}\n"])
def test_a_file_without_rows_is_one_problem(extract, tmp_path, write, lines):
    path = write(extract.head(0), tmp_path / "mine.csv")
    with path.open("a", encoding="utf-8") as file:
        file.write(lines.format(blank="," * (len(extract.columns) - 1)))
    report = check_extract(path)
    assert [one.place for one in report.problems] == ["the file"]
    assert "no row of a firm and year" in str(report)


def test_finance_and_special_treatment_are_left_out_and_counted(extract, tmp_path, write):
    frame = extract.assign(
        行业代码=np.repeat(["C39", "J66", "K70", "I65"], 4),
        股票简称=np.repeat(["万科A", "平安银行", "*ST 宁德", "STARK"], 4),
    )
    path = write(frame, tmp_path / "mine.csv")
    assert sorted(load_extract(path)["firm"].unique()) == ["000001", "600000"]
    assert "4 rows of 1 firm of finance (J66–J69): J66. Left out, as the study does" in told(path)
    assert "4 rows of 1 firm of firms under special treatment" in told(path)
    assert len(load_extract(path, without=("st",))) == 12
    assert len(load_extract(path, without=())) == 16
    assert "Kept, as asked for" in told(path, without=())
    named = extract.assign(行业名称=np.repeat(["制造业", "货币金融服务", "保险业", "零售业"], 4))
    assert load_extract(write(named, path))["firm"].nunique() == 2


def test_two_columns_are_added_up_where_the_map_says_so(extract, tmp_path, write):
    frame = extract.assign(存款余额=extract["deposits_loans"] * 0.6)
    frame["贷款余额"] = extract["deposits_loans"] * 0.4
    path = write(frame.drop(columns="deposits_loans"), tmp_path / "mine.csv")
    assert "`存款余额 + 贷款余额,deposits_loans`" in told(path)
    columns = {"存款余额 + 贷款余额": "deposits_loans"}
    assert_frame_equal(load_extract(path, columns=columns), extract)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("年末金融机构人民币各项存贷款余额(亿元)", "deposits_loans"),
        ("全市地区生产总值（亿元）", "gdp"),
        ("期末资产总计", "total_assets"),
        ("F100103C", "pe"),
        ("F050504C", "roe"),
    ],
)
def test_headers_with_qualifiers_and_codes_are_recognised(extract, tmp_path, write, header, name):
    path = write(extract.rename(columns={name: header}), tmp_path / "mine.csv")
    assert_frame_equal(load_extract(path), extract)


def test_numbers_as_accounts_write_them_are_read_and_said(extract, tmp_path, write):
    frame = extract.assign(
        total_assets=extract["total_assets"].map("{:,.2f}".format),
        liability=extract["liability"].map("{:.0%}".format),
        top1=extract["top1"].map("{:.1f}%".format),
    )
    path = write(frame, tmp_path / "mine.csv")
    assert_frame_equal(load_extract(path), extract, rtol=1e-9)
    assert "total_assets: 16 cells such as '3,500,000,000.00'. Read as numbers" in told(path)


def test_counties_are_read_as_their_city_and_said(extract, tmp_path, write):
    frame = extract.assign(city=extract["city"].replace("Hangzhou", "建德市"))
    path = write(frame, tmp_path / "mine.csv")
    assert_frame_equal(load_extract(path), extract)
    assert "4 cells with a county or county-level city (建德市 → Hangzhou)" in told(path)


def test_a_doubtful_city_is_refused_with_what_it_may_be(extract, tmp_path, write):
    frame = extract.replace({"city": {"Hangzhou": "Suzhou"}, "province": {"Zhejiang": ""}})
    text = told(write(frame, tmp_path / "mine.csv"))
    assert "Nearest: Suzhou (Jiangsu), Suzhou (Anhui), all of that name" in text
    frame = extract.replace({"city": {"Hangzhou": "海南省"}})
    assert "This names a province" in told(write(frame, tmp_path / "mine.csv"))


def test_a_blank_province_is_that_of_the_firms_other_rows_in_the_city(extract, tmp_path, write):
    frame = extract.assign(province=extract["province"].astype(object))
    frame.loc[:3, ["city", "province"]] = ["Suzhou", "Anhui"]
    frame.loc[2, "province"] = None
    path = write(frame, tmp_path / "mine.csv")
    assert load_extract(path)["city"].head(4).tolist() == ["Suzhou (Anhui)"] * 4
