"""Keywords are counted as a person counts them; the expected numbers were counted by hand."""

from __future__ import annotations

import pytest

from digitrade.data import load_keywords
from digitrade.data.codebook import DataError
from digitrade.studies.pilot_zones.keywords import (
    FAMILIES,
    count_keywords,
    digital_words,
    find_keywords,
    normalise,
)

# Counted by hand in data/text/sample: the families in their order, and their sum.
BY_HAND = {
    ("invented-A", 2019): (2, 2, 2, 0, 2, 8),
    ("invented-A", 2020): (2, 0, 1, 2, 6, 11),
    ("invented-B", 2019): (0, 0, 0, 0, 0, 0),
}


@pytest.fixture
def sample(root):
    return root / "data" / "text" / "sample"


def total(text: str) -> int:
    return int(count_keywords(text).sum())


def test_the_sample_is_counted_as_by_hand(sample):
    counts = digital_words(sample)
    assert list(counts) == ["firm", "year", *FAMILIES, "digital_words"]
    rows = counts.set_index(["firm", "year"])
    assert {key: tuple(row) for key, row in rows.iterrows()} == BY_HAND


def test_the_sample_says_that_it_is_invented(sample):
    for path in sample.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "虚构示例" in text
        assert 100 <= len(text) <= 300


def test_keywords_have_the_five_families_and_no_word_twice():
    keywords = load_keywords()
    assert tuple(dict.fromkeys(keywords["family"])) == FAMILIES
    assert not keywords["keyword"].map(normalise).duplicated().any()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("人工智能芯片", ["人工智能芯片"]),
        ("人工智能与人工智能芯片", ["人工智能", "人工智能芯片"]),
        ("移动互联网和移动互联", ["移动互联网", "移动互联"]),
        ("跨境电子商务", ["跨境电子商务"]),
        ("大数据大数据", ["大数据", "大数据"]),
        ("数据挖掘机租赁", ["数据挖掘"]),
    ],
)
def test_the_longest_keyword_at_a_place_counts_once(text, found):
    assert find_keywords(text)["keyword"].tolist() == found


@pytest.mark.parametrize(
    "text",
    [
        "公司没有大数据业务",
        "公司尚未开展大数据业务",
        "公司并未投资大数据",
        "公司无大数据收入",
        "公司不涉及大数据",
        "公司从未参与任何大数据项目",
        "公司不涉及大数据、云计算和区块链",
    ],
)
def test_a_negated_keyword_does_not_count(text):
    assert total(text) == 0
    assert find_keywords(text)["negated"].all()


@pytest.mark.parametrize(
    "text",
    [
        "公司没有亏损，大数据业务增长",
        "没有亏损。大数据业务增长",
        "没有亏损\n\n大数据业务增长",
        "未来大数据业务将增长",
        "公司不断发展大数据",
        "公司不仅有大数据",
        "无线大数据",
        "没有一家竞争对手能够超过本公司的大数据业务",
        "有大数据但没有亏损",
    ],
)
def test_a_negation_elsewhere_or_inside_a_word_does_not_negate(text):
    assert total(text) == 1


def test_a_list_ends_the_reach_of_a_negation_where_it_ends():
    hits = find_keywords("公司不涉及区块链、数字货币，发展云计算和大数据")
    assert hits["negated"].tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    "text",
    ["Ｂ２Ｂ", "b2b", "B2B平台", "（B2B）", "平台 B2B 平台", "the B2B way"],
)
def test_width_case_and_neighbours_of_latin_words(text):
    assert find_keywords(text)["keyword"].tolist() == ["B2B"]


@pytest.mark.parametrize("text", ["AB2B", "B2B2C1", "fintechs", "O2O3"])
def test_latin_words_count_only_whole(text):
    assert total(text) == 0


@pytest.mark.parametrize(
    "text", ["大\n数据", "大\r\n数 据", "大\u3000数据", "大　　数据", "ＥＢ级 存储"]
)
def test_words_that_a_line_or_blank_cuts_in_two_are_whole(text):
    assert total(text) == 1


def test_nothing_is_found_in_nothing():
    assert count_keywords("").to_dict() == dict.fromkeys(FAMILIES, 0)
    assert find_keywords("").empty


def test_files_may_be_utf8_or_gb18030(tmp_path):
    (tmp_path / "000001_2015.txt").write_text("大数据", encoding="utf-8-sig")
    (tmp_path / "000001_2016.txt").write_text("大数据和云计算", encoding="gb18030")
    (tmp_path / "notes.pdf").write_text("大数据", encoding="utf-8")
    counts = digital_words(tmp_path)
    assert counts["firm"].tolist() == ["000001", "000001"]
    assert counts["year"].tolist() == [2015, 2016]
    assert counts["digital_words"].tolist() == [1, 2]


def test_wrong_files_are_reported_all_at_once(tmp_path):
    (tmp_path / "000001.txt").write_text("大数据", encoding="utf-8")
    (tmp_path / "000001_15.txt").write_text("大数据", encoding="utf-8")
    (tmp_path / "000002_2015.txt").write_bytes(b"\xff\xff\xff")
    (tmp_path / "000003_2015.txt").write_text(" \n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        digital_words(tmp_path)
    assert [one.place for one in caught.value.problems] == [
        "000001.txt",
        "000001_15.txt",
        "000002_2015.txt",
        "000003_2015.txt",
    ]
    assert "neither UTF-8 nor GB18030" in str(caught.value)


def test_a_folder_without_texts_or_no_folder_is_said(tmp_path):
    with pytest.raises(DataError, match="no file ends in"):
        digital_words(tmp_path)
    with pytest.raises(FileNotFoundError, match="No folder"):
        digital_words(tmp_path / "nowhere")
