"""Weights within effects: statsmodels' numbers, repeated rows, and equal weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAME = 1e-9  # two ways to the same least squares
THREE_WAYS = Specification(
    "y",
    "x",
    ("z",),
    entity="firm",
    effects=("firm", "year", "city"),
    covariance="robust",
    time="year",
)


@pytest.fixture
def movers(rng) -> pd.DataFrame:
    """60 firms over eight years in ten cities; a fifth of them move once."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 8), "year": np.tile(np.arange(8), 60)})
    home, next_one = rng.integers(0, 10, 60), rng.integers(0, 10, 60)
    moved = (frame["firm"] % 5 == 0) & (frame["year"] >= 4)
    frame["city"] = np.where(moved, next_one[frame["firm"]], home[frame["firm"]])
    noise = rng.normal(size=(len(frame), 3))
    frame[["x", "z"]] = noise[:, :2]
    frame["y"] = frame["x"] - frame["z"] + frame["city"] + noise[:, 2] * (1 + frame["x"] ** 2)
    return frame[rng.uniform(size=len(frame)) < 0.9].reset_index(drop=True)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"covariance": "clustered", "cluster": "city"},
        {"covariance": "clustered", "cluster": ("firm", "city")},
        {"covariance": "driscoll-kraay"},
        {"effects": ("firm",), "controls": ()},
    ],
)
def test_equal_weights_are_no_weights(movers, changes):
    specification = THREE_WAYS.replace(**changes)
    ours = fixed_effects(movers, specification, weights=pd.Series(7.0, index=movers.index))
    plain = fixed_effects(movers, specification)
    numbers = list(plain.tidy().columns[1:])
    assert ours.tidy()[numbers].to_numpy() == pytest.approx(
        plain.tidy()[numbers].to_numpy(), rel=SAME
    )
    assert ours.r_squared_within == pytest.approx(plain.r_squared_within, rel=SAME)
    assert ours.r_squared == pytest.approx(plain.r_squared, rel=SAME)
    assert ours.words == plain.words


def test_weighted_numbers_are_those_of_statsmodels_with_dummies(movers, rng):
    weights = pd.Series(rng.exponential(size=len(movers)), index=movers.index)
    keys = movers[["firm", "year", "city"]].astype(str)
    design = pd.get_dummies(keys, drop_first=True, dtype=float).assign(const=1.0)
    design = pd.concat([movers[["x", "z"]], design], axis=1)
    result = sm.WLS(movers["y"], design, weights=weights).fit(cov_type="HC1")
    ours = fixed_effects(movers, THREE_WAYS, weights=weights).tidy()
    assert ours["estimate"].to_numpy() == pytest.approx(result.params[["x", "z"]], rel=SAME)
    rank = np.linalg.matrix_rank(design)
    factor = np.sqrt((len(movers) - design.shape[1]) / (len(movers) - rank))
    errors = result.bse[["x", "z"]] * (factor if rank < design.shape[1] else 1)
    assert ours["std_error"].to_numpy() == pytest.approx(errors, rel=1e-6)


def test_a_weight_of_three_counts_as_three_rows_and_scale_does_not(movers, rng):
    times = pd.Series(rng.integers(1, 4, len(movers)), index=movers.index)
    ours = fixed_effects(movers, THREE_WAYS, weights=times).tidy()
    scaled = fixed_effects(movers, THREE_WAYS, weights=times / 1e3).tidy()
    repeated = movers.loc[movers.index.repeat(times)]
    dummies = pd.get_dummies(repeated[["firm", "year", "city"]].astype(str), dtype=float)
    columns = np.column_stack([repeated[["x", "z"]], dummies])
    slopes = np.linalg.lstsq(columns, repeated["y"].to_numpy(), rcond=None)[0][:2]
    assert ours["estimate"].to_numpy() == pytest.approx(slopes, rel=SAME)
    assert scaled["std_error"].to_numpy() == pytest.approx(ours["std_error"], rel=SAME)


def test_what_cannot_be_weighted_is_refused(movers):
    ones = pd.Series(1.0, index=movers.index)
    with pytest.raises(ValueError, match="No weighted regression") as error:
        fixed_effects(movers, THREE_WAYS, weights=ones.where(movers["x"] > 0, 0)[1:])
    for words in ("another index", "not above 0"):
        assert words in str(error.value)
    with pytest.raises(ValueError, match="does not vary"):
        fixed_effects(movers.assign(z=movers["firm"] * 2.0), THREE_WAYS, weights=ones)
    with pytest.raises(ValueError, match="combinations of each other"):
        fixed_effects(movers.assign(z=movers["x"] * 2), THREE_WAYS, weights=ones)
