"""A page shows a cell only where its tags hold."""

from __future__ import annotations

import nbformat
import pytest

from digitrade.book.conditions import ConditionError, glued_values, keep_what_is_true

VALUES = {
    "slope": "-0.25",
    "slope_p": "0.04",
    "low": "1",
    "high": "2",
    "found": "0",
    "word": "'up'",
}


def notebook(*tags, source="Text"):
    outputs = [
        nbformat.v4.new_output(
            "display_data",
            {"application/papermill.record/text/plain": text},
            metadata={"scrapbook": {"name": name}},
        )
        for name, text in VALUES.items()
    ]
    cells = [nbformat.v4.new_code_cell("glue", outputs=outputs)]
    cells += [nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})]
    return nbformat.v4.new_notebook(cells=cells)


def texts(book):
    return [cell.source for cell in book.cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize(
    "tags",
    [
        ["if:slope<0"],
        ["if:slope_p<0.05"],
        ["unless:slope>0"],
        ["if:high>low"],
        ["unless:found"],
        ["if:word"],
        ["if:slope>-1", "unless:low>high"],
        ["full-width"],
        [],
    ],
)
def test_what_holds_stays(tags):
    book = notebook(*tags)
    keep_what_is_true(book, own_run=False)
    assert texts(book) == ["Text"]


@pytest.mark.parametrize("tag", ["if:slope>0", "unless:slope<0", "if:found", "if:slope_p<0.01"])
def test_what_does_not_hold_goes(tag):
    book = notebook(tag, "if:high>low")
    keep_what_is_true(book, own_run=True)
    assert texts(book) == []


def test_what_is_true_of_the_own_run_stands_in_a_box_there_and_nowhere_else():
    own, other = notebook("own-run"), notebook("own-run")
    keep_what_is_true(own, own_run=True)
    keep_what_is_true(other, own_run=False)
    [text] = texts(own)
    assert text.startswith("::::{admonition} In the book's own run")
    assert "\nText\n" in text
    assert texts(other) == []


@pytest.mark.parametrize("tag", ["if:no_such", "if:slope<no_such", "if:slope=1", "unless:"])
def test_a_condition_that_cannot_be_judged_is_refused(tag):
    with pytest.raises(ConditionError, match="Tag"):
        keep_what_is_true(notebook(tag), own_run=True)


def test_glued_values_are_numbers_and_texts():
    assert glued_values(notebook())["slope"] == -0.25
    assert glued_values(notebook())["word"] == "up"
