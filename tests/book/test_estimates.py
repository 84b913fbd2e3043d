"""Files of estimates: every number of tables and sentences, a row each, under one header."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from digitrade.book.chapters import Chapter
from digitrade.book.estimates import every_number, source_of
from digitrade.data.records import HEADER, RECORD_TYPE, TIDY
from digitrade.exhibits.comparison import comparison_table
from digitrade.exhibits.table import frame_table

CHAPTER = Chapter("pilot_zones/02_baseline", Path())


def of(*outputs: tuple[dict, dict], **parameters) -> pd.DataFrame:
    cell = nbformat.v4.new_code_cell()
    cell.outputs = [
        nbformat.v4.new_output("display_data", data=data, metadata=metadata)
        for data, metadata in outputs
    ]
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
    return every_number(nbformat.reads(text, as_version=4), CHAPTER, parameters)


def shown(table) -> tuple[dict, dict]:
    return table._repr_mimebundle_(), {}


def glued(name: str, value) -> tuple[dict, dict]:
    data = {"application/papermill.record/text/plain": repr(value)}
    return data, {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}


def recorded(exhibit: str, rows: pd.DataFrame) -> tuple[dict, dict]:
    data = {f"application/papermill.record/{RECORD_TYPE}": rows.to_dict("split", index=False)}
    return data, {"scrapbook": {"name": f"estimates:{exhibit}"}}


@pytest.fixture
def compared():
    rows = [
        {"row": row, "source": source, "estimate": value, "std_error": 0.1, "n_obs": 1234}
        for row in ("With controls", "Without")
        for source, value in (("printed", 0.3), ("twin", -0.25), ("yours", 1234.5))
    ]
    table = comparison_table(pd.DataFrame(rows), name="tab-compared", caption="Side by side")
    return of(shown(table), data_path="mine.csv")


def test_every_cell_of_a_table_is_a_row(compared):
    row = compared.query("specification == 'Without' and term == 'Twin'").squeeze()
    assert row[["study", "chapter"]].tolist() == ["pilot_zones", "02_baseline"]
    assert row[["exhibit", "source"]].tolist() == ["tab-compared", "twin"]
    assert row[["estimate", "std_error"]].tolist() == [-0.25, 0.1]
    assert row["shown"] == "−0.250 (0.100)"
    assert json.loads(row["parameters"]) == {"data_path": "mine.csv"}
    assert compared["term"].nunique() * 2 == len(compared)


def test_yours_has_as_many_rows_as_cells(compared):
    yours = compared.query("source == 'yours'")
    assert yours["term"].value_counts().to_dict() == {"Yours": 2, "N, yours": 2}
    assert yours.query("term == 'Yours'")["estimate"].tolist() == [1234.5, 1234.5]


def test_a_column_that_compares_two_sources_belongs_to_neither(compared):
    rows = compared[compared["term"].str.contains("less")]
    assert rows["source"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0.128**", [{"estimate": 0.128}]),
        ("−1,234.5 (0.049)", [{"estimate": -1234.5, "std_error": 0.049}]),
        ("(0.049)", [{"std_error": 0.049}]),
        ("−0.5 to 0.25", [{"conf_low": -0.5, "conf_high": 0.25}]),
        ("N 121, 11 units", [{"n_obs": 121}]),
        ("<0.001", [{"estimate": 0.001}]),
        ("81.8\xa0%", [{"estimate": 81.8}]),
        ("5.80; 6.02", [{"estimate": 5.8}, {"estimate": 6.02}]),
        (
            "5.8 [5.7, 5.9], p < 0.003",
            [{"estimate": 5.8, "conf_low": 5.7, "conf_high": 5.9, "p_value": 0.003}],
        ),
        ("0.004 (0.003), 270 rows", [{"estimate": 0.004, "std_error": 0.003, "n_obs": 270}]),
        ("not shipped", []),
        ("2015-03-07", []),
        ("Without 2011", []),
    ],
)
def test_numbers_are_found_in_a_cell_and_words_are_not(cell, expected):
    frame = pd.DataFrame({"Row": ["a", "b"], "Value": [cell, "0.5"]})
    rows = of(shown(frame_table(frame, name="tab-x", caption="A table")))
    rows = rows[rows["specification"] == "a"]
    found = [row[TIDY[1:]].dropna().to_dict() for _, row in rows.iterrows()]
    assert found == expected


def test_numbers_in_sentences_are_rows_and_texts_are_not():
    rows = of(glued("beta", -0.331), glued("n", 300), glued("word", "0.5"))
    assert rows["exhibit"].tolist() == ["text", "text"]
    assert rows.set_index("term")["estimate"].to_dict() == {"beta": -0.331, "n": 300.0}


def test_records_keep_their_columns_and_gain_source_and_specification():
    tidy = dict.fromkeys(TIDY, 1.0) | {"term": "x"}
    labelled = pd.DataFrame([{"label": "With controls", "outcome": "fc", **tidy, "base": -1}])
    sourced = pd.DataFrame([{"row": "A", "source": "Twin: HDFT", **tidy}])
    rows = of(recorded("columns, yours", labelled), recorded("rows", sourced))
    assert list(rows)[: len(HEADER)] == HEADER
    assert rows["specification"].tolist() == ["With controls, fc", "A"]
    assert rows["source"].tolist() == ["yours", "twin"]
    assert rows["base"].tolist()[0] == -1


def test_a_chapter_without_numbers_has_the_same_header():
    assert list(of()) == HEADER


def test_a_source_is_a_word_of_its_own():
    assert source_of("Untwinned", "as the study prints it") == "printed"
    assert source_of("Public: Openness", "twin") == "public"
    assert source_of("Twin less printed", "yours") == ""
