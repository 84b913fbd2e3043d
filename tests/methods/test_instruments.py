"""Instrumental variables: Stata's and R's numbers, known truth, and a brute-force inversion."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from linearmodels.datasets import card
from scipy import stats

from digitrade.methods.instruments import (
    ConfidenceSet,
    anderson_rubin,
    critical_f,
    instrumental_variables,
)
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.distance import (
    KINDS,
    compare_instruments,
    distance_instruments,
    instrument_slopes,
)

SAME_SUMS = 1e-8  # the same estimator by other algebra
SINGLE_PRECISION = 3e-7  # Stata and R hold these log wages in other precision than linearmodels
BRUTE_FORCE = 1e-6  # bisection of a test of fixed_effects, relative to the interval's width

SCHOOLING = Specification(
    "lwage",
    "educ",
    ("exper", "expersq", "black", "smsa", "south", "smsa66", *(f"reg66{i}" for i in range(2, 10))),
    entity="person",
    time="wave",
    effects=(),
    covariance="robust",
)


@pytest.fixture(scope="module")
def schooling() -> pd.DataFrame:
    """Card's (1995) 3,010 men, as linearmodels ships them."""
    frame = card.load().assign(wave=1976)
    return frame.assign(person=range(len(frame)))


@pytest.mark.parametrize(
    ("specification", "instruments", "estimate", "std_error"),
    [
        # Stata, `ivreg ..., robust` (N/(N-K)), as printed in J. M. Wooldridge's lecture notes
        # on instrumental variables, example CARD.DTA.
        (SCHOOLING, ["nearc4"], 0.1315038, 0.0541436),
        (SCHOOLING, ["nearc4", "nearc2"], 0.1570594, 0.0525526),
        (SCHOOLING.replace(controls=()), ["nearc4"], 0.1880626, 0.0261426),
    ],
)
def test_card_as_stata_prints_it(schooling, specification, instruments, estimate, std_error):
    ours = instrumental_variables(schooling, specification, instruments).main
    assert ours.estimate == pytest.approx(estimate, abs=SINGLE_PRECISION)
    assert ours.std_error == pytest.approx(std_error, abs=SINGLE_PRECISION)


def test_card_first_stage_as_stata_prints_it(schooling):
    # The same notes: `reg educ nearc4 ..., robust`, and without controls F(1, 3008) = 60.37.
    ours = instrumental_variables(schooling, SCHOOLING, ["nearc4"])
    assert ours.first_stage.main.estimate == pytest.approx(0.3198989, abs=SINGLE_PRECISION)
    assert ours.first_stage.main.std_error == pytest.approx(0.0850763, abs=SINGLE_PRECISION)
    alone = instrumental_variables(schooling, SCHOOLING.replace(controls=()), ["nearc4"])
    assert alone.effective_f == pytest.approx(60.37, abs=0.005)


@pytest.mark.parametrize(
    ("instruments", "low", "high"),
    [
        # R, package ivmodel 1.9.1, AR.test on card.data with these covariates, errors of
        # constant variance; from the package's own tests (tests/testthat/test-ARtest.r).
        (["nearc4"], 0.0248048359651, 0.284823593339),
        (["nearc4", "nearc2"], 0.0536002610089, 0.361980791255),
    ],
)
def test_anderson_rubin_as_ivmodel_prints_it(schooling, instruments, low, high):
    exogenous = np.column_stack([np.ones(len(schooling)), schooling[list(SCHOOLING.controls)]])
    z = cleared(schooling[instruments].to_numpy(float), exogenous)
    both = cleared(schooling[["lwage", "educ"]].to_numpy(float), exogenous)
    slopes = np.linalg.solve(z.T @ z, z.T @ both)
    residuals = both - z @ slopes
    size = len(instruments)
    freedom = len(schooling) - exogenous.shape[1] - size
    covariance = np.kron(residuals.T @ residuals / freedom, np.linalg.inv(z.T @ z))
    ours = anderson_rubin(
        slopes[:, 0],
        slopes[:, 1],
        covariance,
        critical=size * stats.f.ppf(0.95, size, freedom),
        confidence=0.95,
    )
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=SINGLE_PRECISION)


def test_critical_values_as_weakivtest_prints_them():
    # Stata, weakivtest (Pflueger and Wang 2015, Stata Journal 15(1)): with one instrument
    # and 5 per cent, 37.418, 23.109 and 15.062 for a bias of 5, 10 and 20 per cent.
    printed = {0.05: 37.418, 0.10: 23.109, 0.20: 15.062}
    for bias, value in printed.items():
        assert critical_f(np.eye(1), bias=bias) == pytest.approx(value, abs=6e-4)


def cleared(values: np.ndarray, design: np.ndarray) -> np.ndarray:
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


def simulate(rng: np.random.Generator, strength: float, units: int = 30) -> pd.DataFrame:
    """An endogenous regressor that drifts with the distance; its true slope is one half."""
    keys = pd.MultiIndex.from_product([range(units), range(2011, 2022)], names=["province", "year"])
    frame = keys.to_frame(index=False)
    unit, years = frame["province"].to_numpy(), frame["year"].to_numpy() - 2011
    frame["distance_hangzhou"] = rng.uniform(0, 3000, units)[unit]
    shared = rng.normal(size=len(frame)) + rng.normal(size=units)[unit] * years / 5
    frame["x"] = rng.normal(size=units)[unit] + rng.normal(size=11)[years] + shared
    frame["x"] += strength * frame["distance_hangzhou"] / 1000 * years
    frame["z"] = rng.normal(size=len(frame))
    frame["y"] = 0.5 * frame["x"] - shared + 0.3 * frame["z"] + rng.normal(size=len(frame))
    return frame


JACKKNIFE = 0.25  # with 30 provinces the jackknife is somewhat larger
PANEL = Specification(
    "y", "x", ("z",), entity="province", time="year", effects=("province", "year")
)


def fit(frame: pd.DataFrame, specification: Specification = PANEL, kind: str = "trend"):
    built = distance_instruments(frame, specification, kind=kind)
    return instrumental_variables(frame.join(built), specification, list(built))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("covariance", "vcov"), [("clustered", {"CRV1": "province"}), ("robust", "hetero")]
)
def test_two_way_panel_against_pyfixest(rng, kind, covariance, vcov):
    frame = simulate(rng, 0.5)
    one = PANEL.replace(covariance=covariance)
    built = distance_instruments(frame, one, kind=kind)
    data = frame.join(built)
    formula = f"y ~ z | province + year | x ~ {' + '.join(built)}"
    theirs = pf.feols(formula, data, vcov=vcov)
    ours = instrumental_variables(data, one, list(built)).second_stage.tidy().set_index("term")
    assert ours["estimate"].to_dict() == pytest.approx(theirs.coef().to_dict(), rel=SAME_SUMS)
    assert ours["std_error"].to_dict() == pytest.approx(theirs.se().to_dict(), rel=SAME_SUMS)


def test_joint_slopes_are_those_of_each_kind_alone(rng):
    frame = simulate(rng, 0.5)
    joint = instrument_slopes(frame, PANEL)
    alone = compare_instruments(frame, PANEL)["estimate"]
    assert joint.slopes.tolist() == pytest.approx(alone.to_list(), rel=SAME_SUMS)
    ends = joint.difference("trend", "year-dummies")["estimate"].iloc[0]
    assert ends == pytest.approx(alone[0] - alone[2], rel=SAME_SUMS)


def test_jackknife_of_a_single_kind_is_near_its_clustered_error(rng):
    frame = simulate(rng, 0.5)
    joint = instrument_slopes(frame, PANEL).tidy()["std_error"]
    assert joint[0] == pytest.approx(fit(frame).main["std_error"], rel=JACKKNIFE)


def test_kinds_of_a_valid_instrument_are_rarely_told_apart(rng):
    tests = [instrument_slopes(simulate(rng, 0.5), PANEL).equality() for _ in range(8)]
    rejected = sum(test["p_value"].iloc[0] < 0.05 for test in tests)
    assert rejected <= 2  # 0.4 expected; more than 2 of 8 has a chance below 0.006


def test_kinds_of_an_instrument_with_an_effect_of_its_own_are_told_apart(rng):
    # The distance acts on the outcome in the last years, to which the trend gives most weight.
    frame = simulate(rng, 0.0)
    far, years = frame["distance_hangzhou"] / 1000, frame["year"] - 2011
    drift = 3 * far * np.sqrt(years)
    frame["x"] += drift
    frame["y"] += 0.5 * drift + 5 * far * (years > 8)
    assert instrument_slopes(frame, PANEL).equality()["p_value"].iloc[0] < 0.01


def test_effective_f_of_several_instruments_against_pyfixest(rng):
    # Without controls: pyfixest 0.60 clears the instruments of effects only, not of controls.
    frame = simulate(rng, 0.5)
    one = PANEL.replace(controls=(), covariance="robust")
    built = distance_instruments(frame, one, kind="year-dummies")
    formula = f"y ~ 1 | province + year | x ~ {' + '.join(built)}"
    theirs = pf.feols(formula, frame.join(built), vcov="hetero")
    theirs.IV_Diag()
    ours = instrumental_variables(frame.join(built), one, list(built))
    assert ours.effective_f == pytest.approx(theirs._eff_F, rel=SAME_SUMS)


def test_effective_f_of_one_instrument_is_its_squared_t(rng):
    ours = fit(simulate(rng, 0.5))
    assert ours.effective_f == pytest.approx(ours.first_stage.main.statistic**2, rel=SAME_SUMS)
    assert ours.critical_f == pytest.approx(23.109, abs=6e-4)


def rejected(frame: pd.DataFrame, value: float) -> float:
    """Return how far |t| of y - bx on the instrument is above its critical value."""
    built = distance_instruments(frame, PANEL)
    gap = frame.join(built).assign(gap=frame["y"] - value * frame["x"])
    reduced = fixed_effects(gap, PANEL.replace(outcome="gap", regressor="distance_trend")).main
    return float(abs(reduced.statistic) - stats.t.ppf(0.975, 29))


@pytest.mark.parametrize("strength", [1.0, 0.15])
def test_anderson_rubin_holds_what_a_regression_does_not_reject(rng, strength):
    frame = simulate(rng, strength)
    kept = fit(frame).anderson_rubin
    assert np.isfinite([kept.low, kept.high]).all()
    step = BRUTE_FORCE * (kept.high - kept.low)
    for end, outward in ((kept.low, -1), (kept.high, 1)):
        assert rejected(frame, end + outward * step) > 0
        assert rejected(frame, end - outward * step) < 0


@pytest.mark.parametrize(("seed", "pieces"), [(0, 1), (19, 2)])
def test_anderson_rubin_of_an_irrelevant_instrument_is_unbounded(seed, pieces):
    # The whole line, and two rays.
    frame = simulate(np.random.default_rng(seed), 0.0)
    kept = fit(frame).anderson_rubin
    assert not np.isfinite([kept.low, kept.high]).all()
    assert len(kept.intervals) == pieces
    inside = [sum(piece) / 2 for piece in kept.intervals if np.isfinite(piece).all()]
    for value in (-1e6, *np.linspace(-30, 30, 13), *inside, 1e6):
        assert (value in kept) == (rejected(frame, value) <= 0)


def test_anderson_rubin_of_several_instruments_against_a_grid(rng):
    slopes, first = rng.normal(size=3), rng.normal(size=3)
    root = rng.normal(size=(6, 6))
    covariance = root @ root.T / 10
    critical = 3 * stats.f.ppf(0.95, 3, 29)
    ours = anderson_rubin(slopes, first, covariance, critical=critical, confidence=0.95)
    ours_scaled = anderson_rubin(
        slopes, first / 100, covariance / np.outer(*2 * [np.repeat([1, 100], 3)]),
        critical=critical, confidence=0.95,
    )  # fmt: skip
    np.testing.assert_allclose(ours_scaled.intervals, 100 * np.array(ours.intervals), rtol=1e-7)
    for value in np.linspace(-20, 20, 4001):
        gap = slopes - value * first
        weights = np.hstack([np.eye(3), -value * np.eye(3)])
        wald = gap @ np.linalg.solve(weights @ covariance @ weights.T, gap)
        assert (value in ours) == (wald <= critical)


def test_known_slope_is_covered_even_if_instruments_are_weak():
    # 150 panels with a median first-stage F below 10, errors that drift by province; nominal
    # coverage 0.95, three Monte Carlo standard errors 0.053.
    fits = [fit(simulate(np.random.default_rng([3, seed]), 0.12)) for seed in range(150)]
    covered = np.mean([0.5 in one.anderson_rubin for one in fits])
    assert 2 < np.median([one.effective_f for one in fits]) < 10
    assert covered == pytest.approx(0.95, abs=0.053)


def test_strong_instruments_recover_the_slope_that_least_squares_miss():
    frames = [simulate(np.random.default_rng([4, seed]), 1.0) for seed in range(80)]
    fits = [fit(frame) for frame in frames]
    ratios = [one.reduced_form.main.estimate / one.first_stage.main.estimate for one in fits]
    slopes = np.array(ratios)
    assert slopes.mean() == pytest.approx(0.5, abs=3 * slopes.std() / np.sqrt(80))
    assert fit(frames[0]).main.estimate == pytest.approx(slopes[0], rel=SAME_SUMS)
    assert fixed_effects(frames[0], PANEL).main.conf_high < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_units_labels_and_order_do_not_matter(rng, kind):
    frame = simulate(rng, 0.5)
    first = fit(frame, kind=kind)
    moved = frame.assign(
        province="P" + frame["province"].astype(str),
        distance_hangzhou=frame["distance_hangzhou"] * 0.62,
        y=10 * frame["y"] + frame["province"],
    )
    second = fit(moved.sample(frac=1, random_state=1), kind=kind)
    assert second.main.estimate == pytest.approx(10 * first.main.estimate, rel=SAME_SUMS)
    assert second.effective_f == pytest.approx(first.effective_f, rel=SAME_SUMS)
    ends = [second.anderson_rubin.low, second.anderson_rubin.high]
    expected = [10 * first.anderson_rubin.low, 10 * first.anderson_rubin.high]
    assert ends == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("power", [-9, 9])
def test_the_set_does_not_depend_on_the_outcomes_unit(rng, power):
    frame = simulate(rng, 0.5)
    small = fit(frame.assign(y=frame["y"] * 10.0**power), kind="year-dummies").anderson_rubin
    expected = np.array(fit(frame, kind="year-dummies").anderson_rubin.intervals)
    np.testing.assert_allclose(small.intervals, expected * 10.0**power, rtol=1e-6)


def test_instruments_are_what_they_say(province_panel, baseline):
    distance = province_panel["province"].str.len() * 100.0
    frame = province_panel.assign(distance_hangzhou=distance)
    trend = distance_instruments(frame, baseline)["distance_trend"]
    assert (trend == distance / 1000 * (frame["year"] - 2011)).all()
    means = frame.groupby("year")["ln_dfi"].transform("mean")
    mean = distance_instruments(frame, baseline, kind="national-mean")
    np.testing.assert_allclose(mean["distance_mean"], distance / 1000 * means)
    dummies = distance_instruments(frame, baseline, kind="year-dummies")
    assert list(dummies) == [f"distance_{year}" for year in frame["year"].unique()[1:]]
    np.testing.assert_allclose(dummies.sum(axis=1), distance / 1000 * (frame["year"] > 2011))


def test_sets_are_told_in_words():
    told = {
        ((-0.5, 0.25),): "−0.50 to 0.25",
        ((-np.inf, np.inf),): "unbounded: all values",
        ((-np.inf, -1.0), (2.0, np.inf)): "up to −1.00 or from 2.00 on",
        (): "empty",
    }
    for intervals, words in told.items():
        assert ConfidenceSet(intervals, 0.95).words(2) == words


def test_tidy_rows_carry_the_anderson_rubin_interval(rng):
    ours = fit(simulate(rng, 0.5))
    row = ours.tidy().iloc[0]
    assert row["term"] == "x"
    assert (row["conf_low"], row["conf_high"]) == (
        ours.anderson_rubin.low,
        ours.anderson_rubin.high,
    )
    assert row["std_error"] == ours.main.std_error


@pytest.mark.parametrize("kind", KINDS)
def test_p_value_of_zero_belongs_to_the_set(rng, kind):
    frame = simulate(rng, 0.4)
    p_value = fit(frame, kind=kind).p_zero
    for level, inside in ((1 - p_value * 1.01, False), (1 - p_value * 0.99, True)):
        kept = fit(frame, PANEL.replace(confidence=level), kind).anderson_rubin
        assert (0.0 in kept) == inside


def test_p_value_of_zero_is_the_reduced_forms(rng):
    ours = fit(simulate(rng, 0.4))
    assert ours.p_zero == pytest.approx(ours.reduced_form.main.p_value, rel=1e-6)


def test_kinds_are_compared_in_a_row_each(rng):
    frame = simulate(rng, 0.5)
    rows = compare_instruments(frame, PANEL)
    assert rows["kind"].to_list() == list(KINDS)
    assert rows["n_instruments"].to_list() == [1, 1, 10]
    assert rows["first_stage"].isna().to_list() == [False, False, True]
    for kind, estimate in zip(KINDS, rows["estimate"], strict=True):
        assert estimate == fit(frame, kind=kind).main.estimate


def test_what_cannot_be_estimated_is_said(rng):
    frame = simulate(rng, 0.5).assign(constant=lambda f: f["distance_hangzhou"])
    with pytest.raises(ValueError, match="Unknown instrument 'charm'"):
        distance_instruments(frame, PANEL, kind="charm")
    with pytest.raises(ValueError, match="not there or has gaps"):
        distance_instruments(frame.drop(columns="distance_hangzhou"), PANEL)
    with pytest.raises(KeyError, match="No column nowhere"):
        instrumental_variables(frame, PANEL, ["nowhere"])
    with pytest.raises(ValueError, match="choose clustered or robust") as caught:
        instrumental_variables(frame, PANEL.replace(covariance="driscoll-kraay"), ["z"])
    assert "['z'] in the equation already" in str(caught.value)
    with pytest.raises(ValueError, match="constant: does not vary within province, year"):
        instrumental_variables(frame, PANEL, ["constant"])
    with pytest.raises(ValueError, match="10 instruments for 5 clusters"):
        fit(simulate(rng, 0.5, units=5), kind="year-dummies")
