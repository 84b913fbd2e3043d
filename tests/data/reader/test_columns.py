"""The reader's column map: what it decides, and what is wrong with one."""

from __future__ import annotations

import re

import pytest
from pandas.testing import assert_frame_equal

from digitrade.data.reader import check_extract, load_extract
from digitrade.data.reader.columns import canonical_columns


@pytest.fixture
def told(extract, tmp_path, write):
    """Write the extract and a column map, and return the report in one line."""

    def of(lines: str, **headers):
        path = write(extract.rename(columns=headers, errors="raise"), tmp_path / "mine.csv")
        (tmp_path / "map.csv").write_text(lines, encoding="gb18030")
        return " ".join(str(check_extract(path, columns=tmp_path / "map.csv")).split())

    return of


def test_the_page_for_readers_lists_every_column(root):
    page = (root / "book" / "how_to_rerun.md").read_text(encoding="utf-8")
    table = page.split(":name: tab-rerun-extract")[1].split(":::")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(canonical_columns())


def test_a_map_names_what_is_not_recognised(extract, tmp_path, write):
    path = write(extract.rename(columns={"q": "估值", "pe": "x1"}), tmp_path / "mine.csv")
    assert [one.place for one in check_extract(path).problems] == ["column q", "column pe"]
    assert_frame_equal(load_extract(path, columns={"估值": "q", "x1": "pe"}), extract)


def test_two_headers_for_one_column_clash_until_the_map_decides(extract, tmp_path, write):
    frame = extract.assign(Stkcd="1", 证券代码="2")
    path = write(frame, tmp_path / "mine.csv")
    text = " ".join(str(check_extract(path)).split())
    assert "column firm: claimed by firm and by Stkcd and by 证券代码" in text
    assert "`firm,firm`" in text
    assert_frame_equal(load_extract(path, columns={"firm": "firm"}), extract)
    assert_frame_equal(load_extract(path, columns={"Stkcd": "", "证券代码": ""}), extract)


def test_a_header_that_stands_there_twice_clashes(extract, tmp_path, write):
    path = write(extract, tmp_path / "mine.csv")
    text = path.read_text(encoding="utf-8").replace(",pe,", ",q,", 1)
    path.write_text(text, encoding="utf-8")
    assert "column q: claimed by q and by q.1" in " ".join(str(check_extract(path)).split())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("theirs,ours\nqq,q\n", "column map, qq: no such column in the file. Did you mean q?"),
        ("theirs,ours\nq,tobin\n", "map.csv, line 2: no column 'tobin' here. Choose among"),
        ("theirs,ours\nq,q\nq,pe\n", "map.csv, line 3: q for the second time"),
        ("theirs,ours\nq,pe\n", "column pe: claimed by q"),
        ("mine,ours\nq,q\n", "map.csv: no column theirs"),
        ("theirs,ours\nq,q,1\n", "map.csv: cannot be read (its rows have more cells than"),
        ("theirs,ours,multiply\nq,q,many\n", "map.csv, line 2: multiply is 'many'"),
        ("theirs,ours,multiply\nq,q,-1\n", "map.csv, line 2: multiply is '-1'"),
        ("theirs,ours,multiply\ncity,city,2\n", "multiply 2 for city, which is no amount"),
    ],
)
def test_what_is_wrong_with_a_map_is_said(told, lines, words):
    text = told(lines)
    if "claimed" in words:
        lines = "theirs,ours\nq,pe\npe,pe\n"
        text = told(lines)
    assert words in text


def test_the_report_says_what_became_of_each_column(told):
    text = told("theirs,ours,multiply\n借款,short_loans,1\n", short_loans="借款")
    assert "Column map: map.csv" in text
    assert "借款 → short_loans (× 1)" in text
    assert "30 under the name used here" in text


def test_a_report_that_asks_for_a_map_says_what_one_is(extract, tmp_path, write):
    path = write(extract.rename(columns={"city": "所属城市名"}), tmp_path / "mine.csv")
    wanted = "The column map is a file `mine.csv.columns.csv` in the same folder"
    assert wanted in str(check_extract(path))
    (tmp_path / "mine.csv.columns.csv").write_text("theirs,ours\nq,pe\n", encoding="utf-8")
    assert wanted not in str(check_extract(path))


def test_of_a_map_that_cannot_be_read_the_file_is_named(extract, tmp_path, write):
    path = write(extract, tmp_path / "mine.csv")
    (tmp_path / "mine.csv.columns.csv").write_bytes(b"\xff\xff\xff")
    assert "mine.csv.columns.csv: cannot be read" in " ".join(str(check_extract(path)).split())


def test_a_map_that_is_not_there_is_not_ignored(extract, tmp_path, write):
    path = write(extract, tmp_path / "mine.csv")
    with pytest.raises(FileNotFoundError, match="No file 'other\\.csv'"):
        check_extract(path, columns="other.csv")
