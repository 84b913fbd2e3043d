"""Power of tests of pre-trends: R and Stata, a simulation, and what cannot be computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from digitrade.methods.estimate import wald
from digitrade.methods.event_study import EventStudy, event_study
from digitrade.methods.pretrend import pretrend_power
from digitrade.methods.specification import Specification

REFERENCE = Path(__file__).parents[1] / "reference"
R_NOISE = 1e-3  # their normal integrals are random: twenty calls spread over 5e-4
STATA_MEANS = 2e-3  # relative; the same
FIVE_DIGITS = 1e-4  # our own integrals are good to about 1e-5
DRAWS = 200_000  # their standard error for a share is at most 0.0011
SIMULATED = 5e-3

SPECIFICATION = Specification(
    "y", "treated", entity="firm", effects=("firm", "year", "city"), cluster="city", time="year"
)


@pytest.fixture(scope="module")
def study() -> EventStudy:
    frame = pd.read_csv(REFERENCE / "fixed_effects" / "panel.csv")
    cohort = frame["cohort"].where(frame["cohort"] < 9000)
    frame = frame.assign(event_time=frame["year"] - cohort)
    return event_study(frame, SPECIFICATION, event_time="event_time", base=-1, bins=(-4, 3))


def power_of(study: EventStudy, **options) -> pd.DataFrame:
    return pretrend_power(study.effects, study.vcov, study.post_weights(), **options)


def with_covariance(study: EventStudy, covariance: pd.DataFrame) -> EventStudy:
    """Return a study whose estimated event times and covariance are others, base -1."""
    effects = pd.DataFrame({"event_time": covariance.index, "estimate": 1.0, "n_treated_rows": 1})
    effects["unit_trend"] = effects["event_time"] + 1.0
    return replace(study, effects=effects, vcov=covariance)


def published(study: EventStudy, program: str) -> EventStudy:
    sigma = pd.read_csv(REFERENCE / "pretrends" / f"sigma_{program}.csv")
    times = sigma.columns.astype(int)
    return with_covariance(study, pd.DataFrame(sigma.to_numpy(), times, times))


def only(study: EventStudy, event_time: int) -> EventStudy:
    """Return the study with rows at one event time from zero on alone."""
    rows = study.effects["event_time"].eq(event_time).astype(int)
    return replace(study, effects=study.effects.assign(n_treated_rows=rows))


@pytest.mark.parametrize("program", ["r", "stata"])
def test_published_power_and_means_after_pretesting(study, program):
    theirs = pd.read_csv(REFERENCE / "pretrends" / "reference.csv").query("program == @program")
    slope, power = theirs[["slope50", "power"]].iloc[0]
    example = published(study, program)
    rows = power_of(example, slope=slope, target_power=[0.5])
    at, sought = (row for _, row in rows[rows["test"] == "individual"].iterrows())
    assert at["power"] == pytest.approx(power, abs=R_NOISE)
    assert sought["slope"] == pytest.approx(slope, rel=R_NOISE)
    assert sought["power"] == pytest.approx(0.5, abs=FIVE_DIGITS)
    for event_time, mean in zip(theirs["event_time"], theirs["mean_after_pretesting"], strict=True):
        one = power_of(only(example, event_time), slope=slope, target_power=[])
        assert one["bias"].iloc[1] == pytest.approx(slope * (event_time + 1))
        assert one["bias_if_passed"].iloc[1] == pytest.approx(mean, rel=STATA_MEANS)


def test_power_and_bias_against_draws(study, rng):
    slope = 0.08
    rows = power_of(study, slope=slope, target_power=[]).set_index("test")
    covariance = study.vcov
    unit = study.effects.set_index("event_time")["unit_trend"][covariance.index]
    draws = rng.multivariate_normal(slope * unit, covariance, DRAWS)
    before = covariance.index < 0
    leads, v = draws[:, before], covariance.loc[before, before].to_numpy()
    wald = np.einsum("ij,ij->i", leads @ np.linalg.inv(v), leads)
    rejected = {
        "joint": wald > stats.chi2.isf(0.05, len(v)),
        "individual": (np.abs(leads / np.sqrt(np.diag(v))) > stats.norm.isf(0.025)).any(axis=1),
    }
    means = draws @ study.post_weights().to_numpy()
    for test, no in rejected.items():
        assert rows.loc[test, "power"] == pytest.approx(no.mean(), abs=SIMULATED)
        assert rows.loc[test, "bias"] == pytest.approx(means.mean(), abs=SIMULATED)
        assert rows.loc[test, "bias_if_passed"] == pytest.approx(means[~no].mean(), abs=SIMULATED)


def test_without_a_divergence_the_joint_test_has_its_level_and_nothing_is_biased(study):
    rows = power_of(study, slope=0.0, target_power=[0.01], level=0.1)
    joint, single = (rows[rows["test"] == test] for test in ("joint", "individual"))
    np.testing.assert_allclose(joint["power"], 0.1, atol=FIVE_DIGITS)
    assert (single["power"] > 0.1).all()
    np.testing.assert_allclose(rows[["slope", "bias", "bias_if_passed"]], 0, atol=FIVE_DIGITS)
    assert set(rows["level"]) == {0.1}
    assert set(rows["n_leads"]) == {3}


def test_slopes_sought_have_the_power_and_scale_with_the_outcome(study):
    rows = power_of(study)
    np.testing.assert_allclose(rows["power"], [0.5, 0.8] * 2, atol=FIVE_DIGITS)
    scaled = replace(study, vcov=100 * study.vcov)
    np.testing.assert_allclose(power_of(scaled)["slope"], 10 * rows["slope"], rtol=1e-3)
    down = power_of(study, slope=-0.1, target_power=[])
    up = power_of(study, slope=0.1, target_power=[])
    np.testing.assert_allclose(down["power"], up["power"], atol=FIVE_DIGITS)
    np.testing.assert_allclose(down["bias_if_passed"], -up["bias_if_passed"], atol=FIVE_DIGITS)


def test_the_joint_power_of_one_lead_is_that_of_its_t_test(study):
    times = pd.Index([-2, 0])
    one = with_covariance(study, pd.DataFrame([[0.04, 0.02], [0.02, 0.05]], times, times))
    rows = power_of(one, slope=0.3, target_power=[])
    expected = stats.norm.sf(1.959964 - 1.5) + stats.norm.cdf(-1.959964 - 1.5)
    np.testing.assert_allclose(rows["power"], expected, atol=FIVE_DIGITS)
    assert rows["bias_if_passed"].iloc[0] == pytest.approx(rows["bias_if_passed"].iloc[1], rel=1e-4)


def test_joint_test_of_independent_coefficients_is_the_mean_of_squares():
    test = wald(np.array([1.0, 4.0]), np.diag([1.0, 4.0]), np.eye(2), 20)
    assert test.statistic == pytest.approx((1 + 4) / 2)
    assert test.p_value == pytest.approx(stats.f.sf(2.5, 2, 20))


def test_everything_wrong_is_named(study):
    with pytest.raises(ValueError, match="Power cannot be computed") as error:
        power_of(study, level=1.5, target_power=[0.5, 1.0])
    assert "level 1.5" in str(error.value)
    assert "target_power [1.0]" in str(error.value)
    times = pd.Index([0, 1])
    with pytest.raises(ValueError, match="name another base"):
        power_of(with_covariance(study, pd.DataFrame(np.eye(2), times, times)))
    times = pd.Index([-3, -2, 0])
    with pytest.raises(ValueError, match="has not full rank; bin leads"):
        power_of(with_covariance(study, pd.DataFrame(np.ones((3, 3)), times, times)))
    blind = replace(study, effects=study.effects.assign(unit_trend=0.0))
    with pytest.raises(ValueError, match="keep never-treated rows and one base"):
        power_of(blind)
