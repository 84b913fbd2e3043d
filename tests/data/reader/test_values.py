"""Codes, numbers and years however a file writes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data.reader.reading import decode
from digitrade.data.reader.stata import decode_text
from digitrade.data.reader.values import as_codes, as_numbers, as_starts

SPELT = [
    *("000001", "1", "1.0", "000001.0", "000001.SZ", "000001.sz", "SZ000001", "sz.000001"),
    *("000001.XSHE", "０００００１", "'000001", '="000001"', "000001 平安银行", "000001平安银行"),
    *("平安银行(000001)", "平安银行 000001", "000001-平安银行", "000001\u200b", "SZSE:000001"),
]


def test_one_code_in_every_spelling_is_one_firm():
    assert set(as_codes(pd.Series(["600000", *SPELT]))) == {"600000", "000001"}


@pytest.mark.parametrize("name", ["A 4", "ABC123456", "00700.HK", "00700", "平安银行", "firm-1"])
def test_what_is_no_code_stays_as_it_is(name):
    assert as_codes(pd.Series(["600000", name])).tolist() == ["600000", name]


def test_short_numbers_alone_are_no_codes_unless_a_program_took_them_for_numbers():
    assert as_codes(pd.Series(["1", "2", "30"])).tolist() == ["1", "2", "30"]
    assert as_codes(pd.Series([1, 2, 30])).tolist() == ["000001", "000002", "000030"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,158,541,276.42", 1158541276.42),
        ("１，２３４", 1234),
        ("(12.5)", -12.5),
        ("1.5e\u200b3", 1500),
        ("−3.5", -3.5),
        ("1 234 567", 1234567),
        ("28.72%", 0.2872),
        (" ２８ ", 28),
        ("1,23,4", np.nan),
        ("12 yuan", np.nan),
        ("1.2.3", np.nan),
    ],
)
def test_numbers_as_accounts_write_them(written, number):
    found = as_numbers(pd.Series([written, "5"]), 0.01)
    assert found[0] == pytest.approx(number, nan_ok=True)
    assert found[1] == 5


def test_a_per_cent_sign_says_nothing_where_the_unit_is_no_share():
    assert as_numbers(pd.Series(["12.5%", "3"])).isna().tolist() == [True, False]


def test_commas_are_decimal_signs_where_they_cannot_be_others():
    assert as_numbers(pd.Series(["0,85", "1,234"])).tolist() == [0.85, 1.234]
    assert as_numbers(pd.Series(["1.158,5", "12,25"])).tolist() == [1158.5, 12.25]
    assert as_numbers(pd.Series(["0,85", "1.234"])).isna().tolist() == [True, False]


def test_codes_for_never_are_no_years():
    never = pd.Series(["0", "9999", "9999-12-31", "never", "无", "-1", 0.0])
    assert as_starts(never).isna().all()
    assert as_starts(pd.Series(["2013", "2013-05-01"])).tolist() == [2013, 2013]


TEXT = "证券代码,会计年度,公司名称,主营业务收入\n000001,2015,平安银行股份有限公司,12\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le"]
)
def test_a_text_is_decoded_in_its_own_encoding(encoding):
    assert decode(TEXT.encode(encoding))[0].removeprefix("\ufeff") == TEXT


@pytest.mark.parametrize(
    "content",
    [
        "公司大力推進雲計算與人工智慧，業務收入增長".encode("big5") * 3,
        "Société générale, exercice clôturé à l'été".encode("latin-1"),
        b"\xff\xff\xff\x00",
        "会社の業績".encode("shift_jis") * 3,
    ],
)
def test_another_encoding_is_refused_though_its_bytes_decode(content):
    with pytest.raises(ValueError, match="neither UTF-8 nor GB18030"):
        decode(content)


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("苏州市".encode(), "苏州市"),
        ("苏州市".encode("gb18030"), "苏州市"),
        ("苏州市".encode("gb18030")[:-1], "苏州"),
        ("华昇股份".encode("gb18030"), "华昇股份"),
        (b"Suzhou", "Suzhou"),
        (b"\x81", None),
    ],
)
def test_texts_of_stata_are_decoded_one_by_one(content, read):
    assert decode_text(content.decode("latin-1")) == read
