"""Changes by starting level, on a panel small enough to work out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.studies.digital_finance.describe import changes_by_start


@pytest.fixture
def panel() -> pd.DataFrame:
    rows = [
        ("A", 2011, 1.0, 10.0),
        ("A", 2012, 4.0, 11.0),
        ("B", 2011, 2.0, 20.0),
        ("B", 2012, 3.0, 26.0),
        ("C", 2011, 8.0, 30.0),
        ("C", 2012, 9.0, 28.0),
        ("D", 2011, 9.0, 40.0),
        ("D", 2012, 9.5, 36.0),
    ]
    return pd.DataFrame(rows, columns=["province", "year", "x", "y"])


def test_by_hand(panel):
    ours = changes_by_start(panel, "x", ["x", "y"], parts=2)
    assert ours.to_dict("list") == {
        "group": ["low", "high"],
        "provinces": [2, 2],
        "level": [1.5, 8.5],
        "x": [2.0, 0.75],
        "y": [3.5, -3.0],
    }


def test_provinces_without_both_ends_are_left_out(panel):
    ours = changes_by_start(panel.drop(index=7), "x", ["y"], parts=2)
    assert ours["provinces"].sum() == 3


def test_one_year_is_refused(panel):
    with pytest.raises(ValueError, match="found years 2011 to 2011"):
        changes_by_start(panel[panel["year"] == 2011], "x", ["y"])
