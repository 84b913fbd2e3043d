"""The same rows come back from every format, encoding and language."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from digitrade.data.codebook import DataError
from digitrade.data.reader import check_extract, load_extract
from digitrade.data.reader.reading import locate, sidecar
from digitrade.data.reader.stata import stata_release


@pytest.mark.parametrize("ending", ["csv", "parquet", "dta", "xlsx"])
def test_every_format_gives_the_same_rows(write, extract, tmp_path, ending):
    path = write(extract, tmp_path / f"mine.{ending}")
    assert_frame_equal(load_extract(path), extract)
    report = check_extract(path)
    assert (report.rows, report.firms, report.years) == (16, 4, (2014, 2017))
    assert report.ok


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_chinese_csv_in_every_encoding(write, in_chinese, extract, tmp_path, encoding, separator):
    path = write(in_chinese, tmp_path / "mine.csv", encoding=encoding, sep=separator)
    assert_frame_equal(load_extract(path), extract)
    assert check_extract(path).how == f"CSV, {encoding.removesuffix('-sig')}"


@pytest.mark.parametrize("ending", ["parquet", "dta", "xlsx"])
def test_chinese_headers_and_names_in_the_other_formats(
    write, in_chinese, extract, tmp_path, ending
):
    if ending == "dta":  # names of Stata variables have no brackets
        in_chinese.columns = in_chinese.columns.str.replace(r"[（(].*", "", regex=True)
    assert_frame_equal(load_extract(write(in_chinese, tmp_path / f"mine.{ending}")), extract)


def test_older_stata_files_hold_chinese_in_gb18030(in_chinese, extract, tmp_path):
    frame = in_chinese.rename(columns=dict(zip(in_chinese, extract, strict=True)))
    for name in frame.select_dtypes(["object", "str"]):
        western = frame[name].dropna().map(lambda text: text.encode("gb18030").decode("latin-1"))
        frame[name] = western.reindex(frame.index).fillna("").astype(object)
    path = tmp_path / "old.dta"
    frame.to_stata(path, write_index=False, version=114)
    assert stata_release(path) == 114
    assert_frame_equal(load_extract(path), extract)


def test_labelled_numbers_of_stata_are_read_as_their_labels(extract, tmp_path):
    frame = extract.assign(city=extract["city"].astype("category"))
    frame["province"] = frame["province"].astype(object).fillna("")
    path = tmp_path / "mine.dta"
    frame.to_stata(path, write_index=False, version=118)
    assert load_extract(path)["city"].tolist() == extract["city"].tolist()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "dta"])
def test_stock_codes_that_a_program_took_for_numbers_get_their_zeros_back(
    write, extract, tmp_path, ending
):
    path = write(extract.assign(firm=extract["firm"].astype(int)), tmp_path / f"mine.{ending}")
    assert load_extract(path)["firm"].tolist() == extract["firm"].tolist()
    notes = [note for note in check_extract(path).notes if note.source == "Stock codes"]
    assert "8 cells with fewer than six digits" in str(notes[0])


def test_names_of_firms_that_are_no_stock_codes_stay_as_they_are(write, extract, tmp_path):
    names = extract["firm"].map({"000001": "1", "000002": "2", "300750": "30", "600000": "A 4"})
    path = write(extract.assign(firm=names), tmp_path / "mine.csv")
    assert load_extract(path)["firm"].tolist() == names.tolist()


@pytest.mark.parametrize(
    "written",
    [
        "2015",
        "2015.0",
        "2015-12-31",
        "20151231",
        "2015/12/31",
        "2015年",
        " 2015.12.31 ",
        "２０１５",
    ],
)
def test_years_come_in_many_ways(write, extract, tmp_path, written):
    path = write(extract.assign(year=extract["year"].astype(str)), tmp_path / "mine.csv")
    text = path.read_text(encoding="utf-8").replace(",2015,", f",{written},")
    path.write_text(text, encoding="utf-8")
    assert load_extract(path)["year"].tolist() == extract["year"].tolist()


@pytest.mark.parametrize("ending", ["xlsx", "dta", "parquet"])
def test_years_that_are_dates(write, extract, tmp_path, ending):
    dates = pd.to_datetime(extract["year"].astype(str) + "-12-31").astype("datetime64[ns]")
    path = write(extract.assign(year=dates), tmp_path / f"mine.{ending}")
    assert load_extract(path)["year"].tolist() == extract["year"].tolist()


@pytest.mark.parametrize("written", ["2015.5", "15", "201513", "31.12.2015", "2015Q4", "二〇一五"])
def test_what_is_no_year_is_refused(write, extract, tmp_path, written):
    path = write(extract, tmp_path / "mine.csv")
    text = path.read_text(encoding="utf-8").replace(",2015,", f",{written},", 1)
    path.write_text(text, encoding="utf-8")
    assert f"year, row 3 (000001): found '{written}'. Expected a year" in str(check_extract(path))


def test_rows_without_any_cell_are_no_rows_but_keep_their_numbers(write, extract, tmp_path):
    path = write(extract, tmp_path / "mine.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    blank = "," * lines[0].count(",")
    path.write_text("\n".join([lines[0], blank, *lines[1:], blank, ""]), encoding="utf-8")
    assert_frame_equal(load_extract(path), extract)
    wrong = path.read_text(encoding="utf-8").replace("Hangzhou", "Hangzou", 1)
    path.write_text(wrong, encoding="utf-8")
    assert "city, row 3 (000001, 2014): found 'Hangzou'" in str(check_extract(path))


def test_of_a_workbook_the_first_sheet_counts_and_is_named(extract, tmp_path):
    path = tmp_path / "mine.xlsx"
    with pd.ExcelWriter(path) as book:
        extract.to_excel(book, sheet_name="firms", index=False)
        extract.head(1).to_excel(book, sheet_name="notes", index=False)
    assert check_extract(path).how == "Excel, the first of 2 sheets (firms)"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("mine.xls", b"", "ends in '.xls'. Save it as one of .csv, .parquet, .dta, .xlsx"),
        ("mine.csv", b"", "cannot be read"),
        ("mine.csv", b"firm,year\n\xff\xff\xff", "neither UTF-8 nor GB18030"),
        ("mine.csv", b"firm,year\n1,2015,Beijing\n", "more cells than its first line has names"),
        ("mine.xlsx", b"firm,year\n", "Open it and save it again as .xlsx"),
        ("mine.dta", b"firm,year\n", "Open it and save it again as .dta"),
        ("mine.parquet", b"firm,year\n", "Open it and save it again as .parquet"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_one_problem(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match="1 problem in mine") as caught:
        load_extract(path)
    assert words in str(caught.value)


def test_a_relative_path_counts_from_the_shell_and_from_the_project(
    write, extract, project, monkeypatch
):
    (project / "data" / "yours").mkdir(exist_ok=True)
    path = write(extract, project / "data" / "yours" / "mine.csv")
    monkeypatch.chdir(project / "notebooks")
    assert locate("data/yours/mine.csv") == path
    monkeypatch.chdir(path.parent)
    assert locate("mine.csv") == path
    assert locate(str(path)) == path


def test_where_a_file_was_looked_for_is_said(project, monkeypatch):
    monkeypatch.chdir(project / "notebooks")
    with pytest.raises(FileNotFoundError) as caught:
        load_extract("data")
    assert f"- {project / 'notebooks' / 'data'}\n" in str(caught.value)
    assert f"- {project / 'data'} is a folder" in str(caught.value)


@pytest.mark.parametrize("name", ["mine.dta.columns.csv", "mine.columns.csv"])
def test_the_column_map_lies_beside_the_file(tmp_path, name):
    assert sidecar(tmp_path / "mine.dta") is None
    (tmp_path / name).write_text("theirs,ours\n", encoding="utf-8")
    assert sidecar(tmp_path / "mine.dta") == tmp_path / name
