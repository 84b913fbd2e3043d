"""Tables: digits, stars, and markup that a page can set."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_published
from digitrade.exhibits.cells import number, stars
from digitrade.exhibits.table import (
    DAGGER,
    FEW_NOTE,
    Table,
    claim_table,
    descriptive_table,
    frame_table,
    regression_table,
)
from digitrade.methods.regression import build_up, fit_all, fixed_effects


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.12849, 3, "0.128"),
        (-0.4318, 3, "−0.432"),
        (-0.0001, 3, "0.000"),
        (12345, 0, "12,345"),
        (1234.5, 1, "1,234.5"),
        (np.nan, 3, ""),
        ("as it is", 3, "as it is"),
    ],
)
def test_numbers(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("p", "marks"), [(0.009, "***"), (0.01, "**"), (0.05, "*"), (0.1, ""), (np.nan, "")]
)
def test_stars_are_strict(p, marks):
    assert stars(p) == marks


@pytest.fixture(scope="module")
def columns(province_panel, baseline):
    return fit_all(province_panel, build_up(baseline))


def test_regression_table_says_what_a_reader_needs(columns):
    table = regression_table(columns, name="t", caption="c")
    text = table.markdown()
    assert ":::{table} c\n:name: t\n" in text
    assert r"0.128\*\*" in text
    assert "(0.049)" in text
    for words in (
        "| N | 300",
        "clustered by province, 30 clusters",
        "R² within",
        "province and year",
    ):
        assert words in text
    assert {len(row) for row in table.rows} == {len(table.header)}


def test_a_term_that_is_not_in_a_column_leaves_it_empty(columns):
    rows = regression_table(columns, name="t", caption="c").rows
    entering = next(row for row in rows if row[0] == "Government share")
    assert entering[1:5] == ("",) * 4
    assert entering[5]


def test_claim_keeps_the_printed_digits():
    rows = load_published("estimates", study="pilot_zones").query("table == '8'").head(1)
    table = claim_table(rows, name="t", caption="c")
    assert table.rows[0][3:5] == ("0.315*", "0.166")


def test_what_was_not_printed_is_called_not_reported():
    rows = load_published("estimates", study="digital_finance").head(1)
    assert claim_table(rows, name="t", caption="c").rows[0][4] == "not reported"


def test_frame_table_labels_variables_and_columns():
    frame = pd.DataFrame({"name": ["ln_dfi"], "k": [30]})
    table = frame_table(frame, name="t", caption="c", heads={"name": "Variable"}, digits={"k": 0})
    assert table.header == ("Variable", "k")
    assert table.rows == (("ln index", "30"),)


def test_usual_heads_come_from_the_labels_and_are_none_of_cells():
    frame = pd.DataFrame({"source": ["twin"], "std_error": [0.5], "fc": [1.0]})
    table = frame_table(frame, name="t", caption="c")
    assert table.header == ("Source", "Standard error", "FC")
    assert table.rows == (("twin", "0.500", "1.000"),)


def test_makers_are_documented_with_the_texts_they_are_called_with():
    assert list(signature(frame_table).parameters)[-3:] == ["name", "caption", "note"]
    assert str(signature(frame_table)).endswith("note: 'str' = '') -> 'Table'")
    with pytest.raises(TypeError, match="caption"):
        frame_table(pd.DataFrame({"a": [1]}), name="t")


def test_descriptives_count_what_is_there(province_panel):
    table = descriptive_table(province_panel, ["openness"], name="t", caption="c")
    assert table.header == ("Variable", "N", "Mean", "SD", "Min", "Median", "Max")
    assert table.rows[0][:2] == ("Openness", "300")


def test_markup_in_cells_does_not_break_the_table():
    table = Table("t", "c", ("a|b", "x*"), (("<b>", "1"),), "note")
    assert r"a\|b" in table.markdown()
    assert r"x\*" in table.markdown()
    assert "&lt;b&gt;" in table.html()
    assert set(table._repr_mimebundle_()) == {"text/plain", "text/html", "text/markdown"}


def test_effective_clusters_few_of_them_and_the_wild_p_are_in_the_table(province_panel, baseline):
    """One treated province of 30 carries the coefficient: the error gets a dagger, and a note."""
    lone = (province_panel["province"] == "Beijing") & (province_panel["year"] > 2015)
    panel = province_panel.assign(treated=lone.astype(float))
    few = fixed_effects(panel, baseline.replace(regressor="treated", label="one"))
    robust = fixed_effects(panel, baseline.replace(covariance="robust", label="rows"))
    made = regression_table([few, robust], name="n", caption="c", wild=[0.0002, None])
    cells = {row[0]: row[1:] for row in made.rows}
    assert cells["Effective clusters"] == (f"{few.n_effective:.1f}", "")
    assert cells["p, wild bootstrap"] == ("<0.001", "")
    assert sum(DAGGER in cell for row in made.rows for cell in row) == 1
    assert FEW_NOTE in made.note
    plain = regression_table([robust], name="n", caption="c")
    assert "Effective clusters" not in {row[0] for row in plain.rows}
    assert DAGGER not in plain.note


def test_no_p_value_is_printed_as_zero():
    frame = pd.DataFrame({"term": ["x", "z"], "p_value": [0.0004, 0.25], "estimate": [0.0004, 1.0]})
    made = frame_table(frame, name="n", caption="c")
    assert [row[1:] for row in made.rows] == [("<0.001", "0.000"), ("0.250", "1.000")]
    finer = frame_table(frame, name="n", caption="c", digits={"p_value": 4})
    assert finer.rows[0][1] == "0.0004"
