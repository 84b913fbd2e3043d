"""Digits that agree are counted, and no more than ten."""

from __future__ import annotations

import pytest

from digitrade.exhibits.comparison import agreeing_digits, agreement_table


@pytest.mark.parametrize(
    ("ours", "theirs", "digits"),
    [
        (1.0, 1.0, 10),
        (0.1177158, 0.117716, 5),
        (2.0, 1.0, 0),
        ([1.0, 2.0], [1.0, 2.02], 2),
        (-3.0, 3.0, 0),
        (float("nan"), 1.0, 0),
    ],
)
def test_digits_that_agree(ours, theirs, digits):
    assert agreeing_digits(ours, theirs) == digits


def test_each_pair_has_a_row_with_its_digits():
    pairs = {"slope": (0.5, 0.5), "error": (0.1, 0.2)}
    table = agreement_table(pairs, name="tab-x", caption="C", elsewhere="theirs")
    assert table.header[:3] == ("Number", "Here", "theirs")
    assert [row[0] for row in table.rows] == ["slope", "error"]
    assert [row[3] for row in table.rows] == ["10", "0"]
