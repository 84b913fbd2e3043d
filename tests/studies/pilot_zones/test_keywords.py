"""Keywords are counted as a person counts them; the expected numbers were counted by hand."""

from __future__ import annotations

import re

import pytest

from digitrade.data import load_keywords, load_negation
from digitrade.data.codebook import DataError
from digitrade.studies.pilot_zones.keywords import (
    FAMILIES,
    count_keywords,
    count_reports,
    digital_words,
    find_keywords,
    normalise,
    unreadable,
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


@pytest.mark.parametrize(
    "before",
    [
        *(
            "坚持不懈推进",
            "不遗余力推动",
            "未雨绸缪布局",
            "不断完善",
            "不仅发展",
            "无不重视",
            "莫不采用",
        ),
        *("非常重视", "无论是", "不可或缺的", "锲而不舍地建设", "方兴未艾的", "前所未有地投入"),
        *(
            "源源不断地引入",
            "不失时机发展",
            "毫无疑问选择",
            "从未停止投入",
            "没有放松对",
            "不能没有",
        ),
        *(
            "无时无刻不用",
            "不得不采用",
            "不会不用",
            "不局限于",
            "并非没有",
            "不惜重金打造",
            "持续不断建设",
        ),
    ],
)
def test_set_phrases_that_only_look_like_negations_affirm(before):
    assert total(f"公司{before}大数据") == 1


@pytest.mark.parametrize(
    "before",
    [
        *("未开展", "没有", "尚未建设", "并未使用", "不涉及", "暂无", "不存在", "不从事", "无任何"),
        *(
            "从未涉足",
            "目前没有",
            "不再经营",
            "无法应用",
            "不具备",
            "无需",
            "并非",
            "不提供",
            "均未采用",
        ),
        *("不会投资", "不参与", "未曾使用", "不包括"),
    ],
)
def test_true_negations_deny(before):
    assert total(f"公司{before}大数据") == 0


def test_every_word_of_the_table_has_a_kind_and_none_is_two():
    table = load_negation()
    assert set(table["kind"]) == {"negates", "affirms", "turns", "denies"}
    assert table["word"].is_unique


@pytest.mark.parametrize(
    "sign", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\u200d", "\u202a"]
)
def test_signs_nobody_sees_do_not_cut_a_word(sign):
    assert total(f"大{sign}数据与云{sign}计算") == 2


REPORT = (
    "公司在报告期内主营业务为水泥的生产和销售，全年实现营业收入若干元，同比增长，经营情况良好。" * 4
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("(cid:12)(cid:99) 2015 " * 40, "signs were lost"),
        ("2015，12,345.67。（1）" * 50, "hardly any Chinese"),
        ("Annual report of the company, 2015. " * 50, "hardly any Chinese"),
        ("本公司", "only 3 Chinese signs"),
        (REPORT.encode("utf-8").decode("gb18030", errors="replace"), "garbled|lost"),
        (REPORT.encode("utf-8").decode("latin-1"), "hardly any Chinese"),
        ("\ufffd" * 60 + REPORT, "signs were lost"),
        ("公司的業務為資產經營與銷售，本年度實現營業收入，經營發展情況良好，" * 4, "traditional"),
        ("鸞鳳龘靐齉爨麤癵籲矗" * 10, "garbled"),
    ],
)
def test_a_text_that_says_nothing_of_its_report_is_a_gap(text, why):
    assert re.search(why, unreadable(text))


def test_a_report_without_keywords_is_a_zero_and_no_gap():
    assert unreadable(REPORT) == ""
    assert total(REPORT) == 0


def test_a_folder_of_reports_is_counted_with_its_gaps(tmp_path):
    (tmp_path / "000001_2019.txt").write_text(REPORT + "大数据", encoding="utf-8")
    (tmp_path / "000001-平安银行-2020年年度报告.txt").write_text(REPORT, encoding="gb18030")
    (tmp_path / "sz000002_2019.txt").write_text(REPORT, encoding="utf-16")
    (tmp_path / "000002 万科A 2020年年度报告 2021-03-20.txt").write_bytes(
        REPORT.encode("big5hkscs", "ignore")
    )
    (tmp_path / "600000_浦发银行_2019年年度报告摘要.txt").write_text(REPORT, encoding="utf-8")
    found = count_reports(tmp_path).set_index(["firm", "year"])
    assert list(found) == ["words", "digital", "note"]
    assert found["digital"].fillna(-1).to_dict() == {
        ("000001", 2019): 1,
        ("000001", 2020): 0,
        ("000002", 2019): 0,
        ("000002", 2020): -1,
    }
    assert found["words"].iloc[0] > 100
    assert found["note"].astype(bool).tolist() == [False, False, False, True]


def test_of_pdf_files_the_text_counts_and_scanned_pages_are_a_gap(tmp_path):
    pypdf = pytest.importorskip("pypdf")
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.write(tmp_path / "000001_2019.pdf")
    (tmp_path / "000001_2020.pdf").write_bytes(b"no such thing")
    found = count_reports(tmp_path)
    assert found["digital"].isna().all()
    assert "no text in it" in found["note"][0]
    assert "cannot be read" in found["note"][1]


def test_a_file_whose_name_tells_no_firm_or_year_is_said(tmp_path):
    for name in ("report.txt", "000001.txt", "2019.txt", "000001_2018年2019年.txt"):
        (tmp_path / name).write_text(REPORT, encoding="utf-8")
    with pytest.raises(DataError, match="neither firm nor year") as caught:
        count_reports(tmp_path)
    assert len(caught.value.problems) == 4


def test_a_folder_without_texts_or_no_folder_is_said(tmp_path):
    with pytest.raises(DataError, match="no file ends in"):
        digital_words(tmp_path)
    with pytest.raises(FileNotFoundError, match="No folder"):
        digital_words(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("公司产品与人工智能无关", 0),
        ("区块链业务公司未涉及。", 0),
        ("大数据业务尚未开展", 0),
        ("非人工智能企业", 0),
        ("非银行大数据", 1),
        ("除非采用大数据", 1),
        ("有没有大数据", 1),
        ("大数据项目不涉及重大污染", 1),
        ("不一定采用大数据", 0),
    ],
)
def test_denials_behind_and_right_before_a_keyword(text, hits):
    assert count_keywords(text).sum() == hits
