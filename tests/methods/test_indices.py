"""Entropy weights: by hand, against another package, and what must not change them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm.weights import entropy_weights

from digitrade.methods.indices import (
    WEIGHTINGS,
    composite_index,
    composite_weights,
)

EXACT = 1e-12  # the same sums in another order
PYMCDM_ZERO = 1e-300  # that package takes no zeros; this one changes no sum
HAND = 5e-4  # worked on paper to three decimals


@pytest.fixture
def frame(rng) -> pd.DataFrame:
    values = rng.lognormal(size=(40, 4)) * [1, 10, 0.1, 3]
    return pd.DataFrame(values, columns=list("abcd"))


def test_two_columns_by_hand():
    # a scales to 0, 1/2, 1: shares 0, 1/3, 2/3, entropy 0.6365 / ln 3 = 0.5794
    # b scales to 0, 0, 1: entropy 0. Weights 0.4206 / 1.4206 and 1 / 1.4206.
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [5.0, 5.0, 9.0]})
    weights = composite_weights(frame, positive=["a", "b"])
    assert weights.to_numpy() == pytest.approx([0.2961, 0.7039], abs=HAND)


def test_against_pymcdm_on_scaled_columns(frame):
    scaled = (frame - frame.min()) / (frame.max() - frame.min())
    ours = composite_weights(frame, positive=list("abcd"))
    theirs = entropy_weights(scaled.clip(lower=PYMCDM_ZERO).to_numpy())
    np.testing.assert_allclose(ours, theirs, rtol=EXACT)


def test_an_evenly_spread_column_gets_less_weight_than_a_concentrated_one(rng):
    frame = pd.DataFrame({"even": rng.uniform(size=500), "rare": rng.pareto(1.5, size=500)})
    weights = composite_weights(frame, positive=["even", "rare"])
    assert weights["rare"] > 2 * weights["even"]


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_units_do_not_matter(scale, shift):
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 3)), columns=list("abc"))
    other = frame.assign(a=shift + scale * frame["a"])
    for rule in WEIGHTINGS:
        np.testing.assert_allclose(
            composite_index(other, positive=list("abc"), weighting=rule),
            composite_index(frame, positive=list("abc"), weighting=rule),
            atol=1e-9,
        )


def test_the_order_of_rows_does_not_matter(frame):
    shuffled = frame.sample(frac=1, random_state=3)
    pd.testing.assert_series_equal(
        composite_index(shuffled, positive=list("abcd")).sort_index(),
        composite_index(frame, positive=list("abcd")),
        rtol=EXACT,
    )


@pytest.mark.parametrize("rule", WEIGHTINGS)
def test_weights_sum_to_one_and_the_index_stays_within_bounds(frame, rule):
    weights = composite_weights(frame, positive=["a", "b"], negative=["c"], weighting=rule)
    assert weights.sum() == pytest.approx(1, abs=EXACT)
    assert (weights >= 0).all()
    index = composite_index(frame, positive=["a", "b"], negative=["c"], weighting=rule)
    assert index.between(0, 1).all()


def test_a_negative_column_is_turned_round(frame):
    flipped = frame.assign(c=-frame["c"])
    pd.testing.assert_series_equal(
        composite_index(frame, positive=["a"], negative=["c"]),
        composite_index(flipped, positive=["a", "c"]),
        rtol=EXACT,
    )


def test_rows_with_a_gap_have_no_index_and_no_say(frame):
    gap = frame.copy()
    gap.loc[5, "b"] = np.nan
    index = composite_index(gap, positive=["a", "b"])
    assert index.isna().sum() == 1
    rest = composite_index(frame.drop(index=5), positive=["a", "b"])
    pd.testing.assert_series_equal(index.drop(index=5), rest)


def test_inputs_are_left_alone(frame):
    before = frame.copy()
    composite_index(frame, positive=["a"], negative=["b"])
    pd.testing.assert_frame_equal(frame, before)


def test_everything_that_is_wrong_is_named_at_once(frame):
    with pytest.raises(ValueError, match="Index cannot be built") as caught:
        composite_weights(frame.assign(d=1.0), positive=["a", "d", "nowhere"], negative=["a"])
    text = str(caught.value)
    assert "nowhere: not in the frame" in text
    assert "d: the same in every row" in text
    assert "a: named twice" in text
    with pytest.raises(ValueError, match="a: 1 infinite values") as caught:
        composite_weights(frame.assign(a=frame["a"].replace(frame["a"].max(), np.inf), b="b"),
                          positive=["a", "b"])  # fmt: skip
    assert "b: holds" in str(caught.value)


def test_no_column_and_unknown_rule_are_refused(frame):
    with pytest.raises(ValueError, match="at least one"):
        composite_weights(frame, positive=[])
    with pytest.raises(ValueError, match="choose one of entropy, equal"):
        composite_index(frame, positive=["a"], weighting="mean")


def test_too_few_complete_rows_are_refused():
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [1.0, np.nan, 3.0]})
    with pytest.raises(ValueError, match="Only 1 rows"):
        composite_weights(frame, positive=["a", "b"])
