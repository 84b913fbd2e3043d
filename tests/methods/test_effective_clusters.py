"""The effective number of clusters: equal ones, a lone one, a mean by hand, several ways."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.estimate import FEW_EFFECTIVE
from digitrade.methods.instruments import instrumental_variables
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

ROUNDING = 1e-9  # of sums that are equal by construction
ONE = Specification("y", "x", entity="firm", time="year", effects=("firm", "year"), cluster="city")
CITIES, FIRMS, YEARS = 12, 4, 6


def balanced(rng: np.random.Generator) -> pd.DataFrame:
    """Firms of each city repeat one pattern, half of the firms the other way round."""
    keys = pd.MultiIndex.from_product([range(CITIES), range(FIRMS), range(YEARS)])
    frame = keys.to_frame(index=False, name=["city", "part", "year"])
    frame["firm"] = frame["city"] * FIRMS + frame["part"]
    frame["x"] = np.where(frame["part"] % 2, 1, -1) * rng.normal(size=YEARS)[frame["year"]]
    return frame.assign(y=rng.normal(size=len(frame)))


def test_equal_clusters_count_in_full(rng):
    fit = fixed_effects(balanced(rng), ONE)
    assert fit.n_effective == pytest.approx(CITIES, rel=ROUNDING)
    assert fit.n_effective < FEW_EFFECTIVE
    assert fit.few_effective


def test_one_treated_cluster_counts_for_little_more_than_one(rng):
    frame = balanced(rng)
    lone = ((frame["city"] == 3) & (frame["year"] > 2)).astype(float)
    fit = fixed_effects(frame.assign(x=lone), ONE)
    # Residualised, the city keeps (1 - 1/12)² of the squares that each other has as (1/12)².
    own, other = (CITIES - 1) ** 2, 1
    shares = np.array([own, *[other] * (CITIES - 1)]) / (own + (CITIES - 1) * other)
    assert fit.n_effective == pytest.approx(1 / (shares**2).sum(), rel=ROUNDING)
    assert 1 < fit.n_effective < 2
    assert fit.n_groups == CITIES


def test_it_is_the_groups_over_one_plus_the_squared_variation_of_partial_leverages(firms):
    one = Specification(
        "y", "treated", ("x1",), entity="firm", time="year", effects=("firm", "year", "city")
    )
    fit = fixed_effects(firms, one)
    dummies = [pd.get_dummies(firms[name], dtype=float) for name in one.effects]
    held = np.column_stack([*dummies, firms["x1"]])
    x = firms["treated"].to_numpy(dtype=float)
    left = x - held @ np.linalg.lstsq(held, x, rcond=None)[0]
    leverage = pd.Series(left**2).groupby(firms["firm"]).sum() / (left @ left)
    variation = leverage.std(ddof=0) / leverage.mean()
    expected = len(leverage) / (1 + variation**2)
    assert fit.n_effective == pytest.approx(expected, rel=1e-6)  # dense least squares of dummies
    several = fixed_effects(firms, one.replace(cluster=("firm", "city")))
    by_city = fixed_effects(firms, one.replace(cluster="city"))
    assert several.n_effective == min(by_city.n_effective, fit.n_effective)


def test_without_clusters_there_is_no_number_and_an_instrument_brings_its_own(firms):
    one = ONE.replace(regressor="treated", controls=("x1",))
    for covariance in ("robust", "driscoll-kraay"):
        fit = fixed_effects(firms, one.replace(covariance=covariance))
        assert np.isnan(fit.n_effective)
        assert not fit.few_effective
    frame = firms.assign(z=firms["treated"] + firms["x2"])
    through = instrumental_variables(frame, one, ["z"]).second_stage
    assert through.n_effective == pytest.approx(
        fixed_effects(frame, one.replace(regressor="z")).n_effective, rel=ROUNDING
    )
