"""Words follow the numbers that they speak of."""

from __future__ import annotations

import math

import pytest

from digitrade.exhibits import phrases


@pytest.mark.parametrize("estimate", [-2.0, -1e-9, 1e-9, 2.0])
def test_direction_and_sign_follow_the_estimate(estimate):
    up = estimate > 0
    assert (phrases.goes(estimate) == "rises") is up
    assert (phrases.sign(estimate) == "positive") is up


def test_a_test_rejects_below_its_level_only():
    assert phrases.sure(0.049) == "significant at 5 per cent"
    assert phrases.sure(0.05) == "not significant at 5 per cent"
    assert phrases.sure(0.08, level=0.1) == "significant at 10 per cent"


def test_estimates_agree_in_sign_or_differ():
    assert phrases.agreement([0.1, 2]) == "have the same sign"
    assert phrases.agreement([0.1, -2]) == "differ in sign"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [(1.05, 1, "about as large as"), (1.5, 1, "larger than"), (-1.5, -1, "smaller than")],
)
def test_numbers_are_compared(first, second, words):
    assert phrases.compared(first, second) == words


def test_an_interval_covers_a_value_or_does_not():
    assert phrases.covers(-1, 1) == "covers"
    assert phrases.covers(0.5, 1, 0.5) == "covers"
    assert phrases.covers(0.5, 1) == "does not cover"


def test_words_are_listed():
    assert phrases.listed(["a"]) == "a"
    assert phrases.listed(["a", "b", "c"]) == "a, b and c"


def test_intervals_are_told_with_level_covariance_and_rows():
    told = phrases.intervals(0.9, "clustered by city", {"twin": 14745, "yours": 900})
    assert told == "Intervals at 90 per cent, clustered by city; rows: twin 14,745 and yours 900."


def test_each_outcome_changes_in_its_own_unit():
    slope = 0.5 / math.log(1.1)
    assert phrases.unit_effect("openness", slope) == "50.00 percentage points more openness"
    assert phrases.unit_effect("ln_trade", -slope) == "39.35 per cent less trade"
    assert phrases.unit_effect("hdft", slope) == "0.5000 units more of HDFT"
