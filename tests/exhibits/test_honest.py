"""Honest draws on a page: digits that fit the scatter, truths named, coverage beside the bias."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.honest import honest_plot, honest_table


@pytest.fixture
def summary() -> pd.DataFrame:
    rows = {
        "target": ["slope", "effect", "test"],
        "description": ["Slope", "Effect", "A test"],
        "truth": [0.0306, 20.0, np.nan],
        "mean": [0.0747, 18.0, np.nan],
        "bias": [0.0441, -2.0, np.nan],
        "sd": [0.0067, 1.3, np.nan],
        "mean_se": [0.0174, 1.0, np.nan],
        "coverage": [0.1, 0.5, np.nan],
        "coverage_se": [0.021, 0.035, np.nan],
        "power": [1.0, 1.0, 0.06],
        "draws": [200, 200, 200],
        "what_is_true": ["the mean", "the mean", "nothing"],
    }
    return pd.DataFrame(rows)


def test_decimals_follow_the_scatter(summary):
    made = honest_table(summary, estimates={"slope": 0.0766}, name="tab-x", caption="x")
    assert made.header[:2] == ("Estimate", "This page")
    slope, effect, test = made.rows
    assert slope == ("Slope", "0.0766", "0.0306", "0.0441", "0.0067", "0.0174", "10", "100")
    assert effect == ("Effect", "", "20.0", "−2.0", "1.3", "1.0", "50", "100")
    assert test[2:] == ("", "", "", "", "", "6")


def test_the_note_says_how_many_draws_and_what_is_true(summary):
    note = honest_table(summary, name="tab-x", caption="x").note
    assert "200 of them" in note
    assert "up to 4 points" in note
    assert note.endswith("Truth: the mean, but for A test: nothing.")


def test_estimates_may_be_a_series(summary):
    own = pd.Series({"effect": 21.07})
    made = honest_table(summary, estimates=own, name="tab-x", caption="x")
    assert [row[1] for row in made.rows] == ["", "21.1", ""]


def test_a_column_of_the_page_only_where_it_is_given(summary):
    assert "This page" not in honest_table(summary, name="tab-x", caption="x").header


def test_the_figure_draws_what_has_a_truth(summary):
    made = honest_plot(summary, name="fig-x", caption="x")
    assert "Bias of 2 estimates" in made.alt
    assert "from −1.5 to 6.6, the farthest Slope" in made.alt
    assert "coverage from 10 to 50 per cent" in made.alt
