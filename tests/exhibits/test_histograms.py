"""Figures and tables of matching: what they show is what the rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.groups import counts_table
from digitrade.exhibits.histograms import overlap_plot, placebo_panels
from digitrade.exhibits.intervals import balance_plot
from digitrade.methods.matching import MatchingRule, match
from digitrade.methods.placebo import Placebo
from digitrade.methods.specification import Specification


@pytest.fixture
def rows(rng) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Scores, treatment and weights of 40 treated and 60 controls."""
    scores = pd.Series(np.r_[rng.uniform(0.4, 0.9, 40), rng.uniform(0.1, 0.7, 60)])
    treated = pd.Series([1] * 40 + [0] * 60)
    return scores, treated, match(scores, treated).weights


def compared(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"variable": ["openness", "urbanisation", "x"], **columns})


def test_text_of_the_overlap_counts_and_averages(rows):
    scores, treated, weights = rows
    alt = overlap_plot(*rows, name="f", caption="c").alt
    used = int((weights[treated == 0] > 0).sum())
    after = np.average(scores[treated == 0], weights=weights[treated == 0])
    assert f"{scores[treated == 1].mean():.3f} for 40 treated" in alt
    assert f"{scores[treated == 0].mean():.3f} for 60 controls" in alt
    assert f"{after:.3f} for {used} controls." in alt


def test_overlap_is_the_same_from_run_to_run_and_shows_the_weights(rows):
    scores, treated, weights = rows
    one = overlap_plot(*rows, name="f", caption="c").svg
    assert one == overlap_plot(*rows, name="f", caption="c").svg
    assert one != overlap_plot(scores, treated, 0 * weights + 1, name="f", caption="c").svg


def test_overlap_bears_a_group_of_which_nobody_was_matched(rows):
    scores, treated, weights = rows
    nobody = weights.where(treated == 1, 0.0)
    alt = overlap_plot(scores, treated, nobody, name="f", caption="c").alt
    assert alt.endswith("for 40 treated and missing for the controls, of whom none is used.")


def test_text_of_the_balance_names_the_largest_before_and_after():
    frame = compared(std_difference=[0.3, -0.6, 0.05], std_difference_matched=[-0.2, 0.02, 0.01])
    alt = balance_plot(frame, name="f", caption="c").alt
    assert "before matching 2 exceed 0.1 and the largest is 0.600 (Urbanisation)" in alt
    assert "after matching 1 exceed 0.1 and the largest is 0.200 (Openness)" in alt


@pytest.mark.parametrize("after", [[0.02, 0.01, 0.0], [0.31, 0.59, 0.04], [0.9, 1.2, 0.1]])
def test_balance_plot_is_the_same_from_run_to_run_wherever_the_names_go(after):
    frame = compared(std_difference=[0.3, -0.6, 0.05], std_difference_matched=after)
    first, second = (balance_plot(frame, name="f", caption="c").svg for _ in range(2))
    assert first == second
    assert first != balance_plot(frame.iloc[:2], name="f", caption="c").svg


def test_tables_hold_what_was_computed(rows):
    scores, treated, _ = rows
    rule = MatchingRule("kernel", bandwidth=0.1)
    counts = counts_table(match(scores, treated, rule=rule), name="t", caption="c")
    assert counts.note == "Epanechnikov kernel, bandwidth 0.1 of the score."
    assert [row[:2] for row in counts.rows] == [("treated", "40"), ("control", "60")]


def test_text_of_the_placebo_gives_estimate_and_draws():
    draws = np.linspace(-1, 1, 999)
    effects = ("province", "year")
    asked = Specification("openness", "ln_dfi", entity="province", time="year", effects=effects)
    one = Placebo(2.0, draws, n_obs=300, specification=asked)
    figure = placebo_panels({"Twin": one}, name="f", caption="c")
    assert "Twin: the estimate of Openness is 2.000, 95 per cent of 999 draws" in figure.alt
    assert "between −0.950 and 0.950; p = 0.001" in figure.alt
