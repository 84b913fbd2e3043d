"""A specification is a value, and refuses what cannot be estimated."""

from __future__ import annotations

import dataclasses

import pytest

from digitrade.methods.specification import Specification


def test_but_changes_one_thing_and_leaves_the_original(baseline):
    other = baseline.replace(covariance="robust")
    assert (other.covariance, baseline.covariance) == ("robust", "clustered")
    assert other.replace(covariance="clustered") == baseline


def test_it_cannot_be_changed_in_place(baseline):
    with pytest.raises(dataclasses.FrozenInstanceError):
        baseline.outcome = "ln_trade"


def test_columns_are_key_outcome_and_regressors():
    one = Specification(
        "y", "x", ("z",), entity="province", time="year", effects=("province", "year")
    )
    assert one.columns == ("province", "year", "y", "x", "z")


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(ValueError, match="cannot be estimated") as caught:
        Specification(
            "y",
            "y",
            ("y",),
            effects=("y",),
            covariance="hac",
            confidence=95,
            bandwidth=-1,
            entity="province",
            time="year",
        )
    text = str(caught.value)
    for words in (
        "covariance 'hac': choose clustered | robust | driscoll-kraay",
        "effects ['y']: also outcome or regressor",
        "controls repeat ['y']",
        "outcome and regressor are both 'y'",
        "confidence 95",
        "bandwidth -1",
    ):
        assert words in text
