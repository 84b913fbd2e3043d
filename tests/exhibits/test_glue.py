"""Numbers are glued as plain Python numbers."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from digitrade.book.chapters import Chapter
from digitrade.book.estimates import every_number
from digitrade.data import records
from digitrade.exhibits import glue
from digitrade.methods import estimate
from digitrade.methods.estimate import TIDY


@pytest.fixture
def glued(monkeypatch):
    seen = {}
    monkeypatch.setattr(glue, "glue", lambda name, value, display: seen.update({name: value}))  # noqa: ARG005
    return seen


def test_numpy_numbers_become_plain_ones(glued):
    glue.glue_numbers(a=np.float64(0.5), b=np.int64(3), c="text", d=2.5)
    assert glued == {"a": 0.5, "b": 3, "c": "text", "d": 2.5}
    assert [type(value) for value in glued.values()] == [float, int, str, float]


def test_anything_else_is_refused(glued):
    with pytest.raises(TypeError, match="rows is a list: glue a number or a text"):
        glue.glue_numbers(rows=[1])
    assert glued == {}


def test_a_row_is_glued_under_one_name(glued):
    row = dict.fromkeys(TIDY, 0.25) | {"term": "x", "n_obs": 300.0, "statistic": np.nan}
    glue.glue_row("base", pd.Series(row))
    assert glued == {
        "base": 0.25,
        "base_se": 0.25,
        "base_p": 0.25,
        "base_low": 0.25,
        "base_high": 0.25,
        "base_n": 300,
        "base_goes": "rises",
        "base_sign": "positive",
        "base_sure": "not significant at 5 per cent",
        "base_p_is": "p = 0.250",
    }
    assert isinstance(glued["base_n"], int)


def test_the_file_has_the_columns_of_the_estimators():
    assert records.TIDY == estimate.TIDY


@pytest.fixture
def shown(monkeypatch):
    seen = []
    monkeypatch.setattr(
        glue,
        "display",
        lambda data, raw, metadata: seen.append((data, metadata)),  # noqa: ARG005
    )
    return seen


def test_an_interval_without_an_end_is_recorded_as_json(shown):
    ends = {"conf_low": [-np.inf, 0.5], "conf_high": [np.inf, 1.5]}
    glue.record("set", pd.DataFrame([dict.fromkeys(TIDY, 1.0)] * 2).assign(**ends))
    (content,) = shown[0][0].values()
    told = json.loads(json.dumps(content, allow_nan=False))
    rows = pd.DataFrame(told["data"], columns=told["columns"])
    assert rows["unbounded"].tolist() == ["conf_low, conf_high", ""]
    assert rows["conf_high"].iloc[1] == 1.5
    assert rows.loc[0, ["conf_low", "conf_high"]].isna().all()


def test_recorded_rows_come_back_from_the_notebook(shown):
    rows = pd.DataFrame([dict.fromkeys(TIDY, 1.5) | {"term": "x", "std_error": np.nan}])
    glue.record("table", rows)
    (data, metadata) = shown[0]
    cell = nbformat.v4.new_code_cell()
    cell.outputs = [nbformat.v4.new_output("display_data", data=data, metadata=metadata)]
    notebook = nbformat.reads(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])), as_version=4)
    back = every_number(notebook, Chapter("a/b", Path()), {})
    assert back["exhibit"].tolist() == ["table"]
    assert back["estimate"].tolist() == [1.5]
    assert back["std_error"].isna().all()


def test_rows_that_are_not_tidy_are_refused():
    with pytest.raises(ValueError, match="lack the tidy columns estimate"):
        glue.record("table", pd.DataFrame({"term": ["x"]}))
