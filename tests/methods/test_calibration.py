"""Calibration on any panel: the smallest move, noise that lasts, a table of targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from digitrade.methods.absorb import Projection
from digitrade.methods.calibration import (
    coefficient_rows,
    evaluate,
    held_to_truth,
    minimum_norm,
    stationary_paths,
    summarise_draws,
)
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

EXACT = 1e-9  # two ways to the same least squares
MONTE_CARLO = 0.03  # of a correlation or standard deviation, from 5,000 paths


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    frame = pd.DataFrame({"unit": np.repeat(np.arange(12), 6), "time": np.tile(range(6), 12)})
    for name in ("y", "x", "z"):
        frame[name] = rng.normal(size=len(frame)) + 0.3 * frame["unit"]
    return frame


@pytest.fixture
def specification() -> Specification:
    return Specification("y", "x", ("z",), entity="unit", time="time", effects=("unit", "time"))


def row_of(panel: pd.DataFrame, specification: Specification) -> np.ndarray:
    left = Projection.of(panel, specification).residualise(panel[["x"]].to_numpy())
    return coefficient_rows(left)


def test_a_row_times_any_outcome_is_its_coefficient(panel, specification, rng):
    row = row_of(panel, specification)[0]
    for outcome in (panel["y"], panel["y"] ** 2, pd.Series(rng.normal(size=len(panel)))):
        estimate = fixed_effects(panel.assign(y=outcome), specification).main.estimate
        assert row @ outcome == pytest.approx(estimate, abs=EXACT)


def test_rows_of_several_regressors_are_the_pseudo_inverse(panel):
    columns = panel[["x", "z"]].to_numpy()
    np.testing.assert_allclose(coefficient_rows(columns), np.linalg.pinv(columns), atol=EXACT)


def test_the_move_meets_the_gap_and_is_the_shortest(rng):
    rows, gap = rng.normal(size=(4, 40)), rng.normal(size=4)
    moved = minimum_norm(rows, gap)
    np.testing.assert_allclose(rows @ moved, gap, atol=EXACT)
    np.testing.assert_allclose(moved, np.linalg.pinv(rows) @ gap, atol=EXACT)
    off = rng.normal(size=40)
    off -= np.linalg.pinv(rows) @ (rows @ off)
    assert np.linalg.norm(moved + off) > np.linalg.norm(moved)


def test_a_coefficient_is_moved_to_its_target(panel, specification):
    row = row_of(panel, specification)
    moved = minimum_norm(row, np.array([0.5]) - row @ panel["y"].to_numpy())
    estimate = fixed_effects(panel.assign(y=panel["y"] + moved), specification).main.estimate
    assert estimate == pytest.approx(0.5, abs=EXACT)


def test_the_scaled_move_is_the_shortest_relative_to_its_scale(rng):
    rows, gap, scale = rng.normal(size=(3, 20)), rng.normal(size=3), rng.uniform(0.5, 2, 20)
    moved = minimum_norm(rows, gap, scale=scale)
    np.testing.assert_allclose(rows @ moved, gap, atol=EXACT)
    expected = scale * (np.linalg.pinv(rows * scale) @ gap)
    np.testing.assert_allclose(moved, expected, atol=EXACT)
    frozen = minimum_norm(rows, gap, scale=np.where(np.arange(20) < 5, 0.0, scale))
    assert (frozen[:5] == 0).all()
    np.testing.assert_allclose(rows @ frozen, gap, atol=EXACT)


def test_the_near_move_solves_the_ridge_problem(rng):
    rows, gap, near = rng.normal(size=(2, 8)), rng.normal(size=2), np.array([0.5, 2.0])
    moved = minimum_norm(rows, gap, near=near)

    def loss(change: np.ndarray) -> float:
        return float(change @ change + (((rows @ change - gap) / near) ** 2).sum())

    assert optimize.minimize(loss, np.zeros(8), tol=1e-12).x == pytest.approx(moved, abs=1e-5)
    nearly = minimum_norm(rows, gap, near=1e-7 * near)
    np.testing.assert_allclose(nearly, minimum_norm(rows, gap), atol=1e-6)


def test_the_order_of_rows_and_targets_is_of_no_account(rng):
    rows, gap, scale = rng.normal(size=(4, 30)), rng.normal(size=4), rng.uniform(1, 2, 30)
    units, targets = rng.permutation(30), rng.permutation(4)
    moved = minimum_norm(rows, gap, scale=scale)
    again = minimum_norm(rows[targets][:, units], gap[targets], scale=scale[units])
    np.testing.assert_allclose(again, moved[units], atol=EXACT)


def test_dependent_rows_are_refused(rng):
    row = rng.integers(1, 5, 9).astype(float)
    with pytest.raises(np.linalg.LinAlgError):
        minimum_norm(np.vstack([row, row]), np.array([1.0, 2.0]))


def test_paths_are_stationary_and_last(rng):
    paths = stationary_paths(5_000, 4, rng, persistence=0.6, sd=2.0)
    assert paths.std(axis=0) / 2 == pytest.approx(np.ones(4), abs=MONTE_CARLO)
    correlations = np.corrcoef(paths.T)
    assert correlations[0, 1:] == pytest.approx([0.6, 0.36, 0.216], abs=MONTE_CARLO)
    again = stationary_paths(2, 3, np.random.default_rng(1), persistence=0.6)
    np.testing.assert_array_equal(
        again, stationary_paths(2, 3, np.random.default_rng(1), persistence=0.6)
    )


def test_targets_are_met_within_tolerance_or_between_bounds():
    nan = np.nan
    targets = pd.DataFrame(
        {
            "target": ["near", "edge", "far", "low", "inside", "open", "absent", "gap"],
            "printed": ["1.0", "1.0", "1.0", "", "in words", "", "2.0", ""],
            "tolerance": [0.1, 0.1, 0.1, nan, nan, nan, 0.1, nan],
            "at_least": [nan, nan, nan, 0.0, 0.0, nan, nan, 0.0],
            "at_most": [nan, nan, nan, 1.0, 1.0, 5.0, nan, nan],
        }
    )
    found = {"near": 1.05, "edge": 1.1, "far": 1.2, "low": -0.1, "inside": 0.5, "open": -9.0}
    shown = evaluate(targets, found | {"gap": nan}).set_axis(targets["target"])
    assert shown["met"].to_dict() == {
        **{"near": True, "edge": True, "far": False, "low": False},
        **{"inside": True, "open": True, "absent": False, "gap": False},
    }
    assert shown.loc["far", "difference"] == pytest.approx(0.2)
    assert shown.loc["inside", ["reference", "difference"]].isna().all()


DRAWS = 4_000
KNOWN = {"right": (0.0, 1.0, 0.95), "short": (0.0, 0.5, 0.6729), "off": (1.96, 1.0, 0.5)}
"""Bias and standard error by target, and the coverage that the normal distribution gives."""


@pytest.fixture
def drawn(rng) -> pd.DataFrame:
    """Draws of estimates with a truth of 3, standard deviation 1 and intervals of 1.96 errors."""
    frames = []
    for target, (bias, error, _) in KNOWN.items():
        estimate = 3.0 + bias + rng.normal(size=DRAWS)
        reach = 1.959964 * error
        ends = {"conf_low": estimate - reach, "conf_high": estimate + reach}
        p_value = 2 * stats.norm.sf(np.abs(estimate) / error)
        rows = {"row": target, "estimate": estimate, "std_error": error, "truth": 3.0, **ends}
        frames.append(pd.DataFrame(rows).assign(p_value=p_value))
    return pd.concat(frames, ignore_index=True)


@pytest.fixture
def asked() -> pd.DataFrame:
    words = {"description": "An estimate", "what_is_true": "three"}
    return pd.DataFrame({"target": [*KNOWN], "row": [*KNOWN]}).assign(**words)


def _held(drawn: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    seeds = drawn.groupby("row").cumcount()
    return pd.concat([held_to_truth(own, asked) for _, own in drawn.groupby(seeds)])


def test_a_summary_of_draws_finds_bias_scatter_coverage_and_power(drawn, asked):
    first = drawn[drawn.groupby("row").cumcount() < DRAWS // 10]
    summary = summarise_draws(_held(first, asked), asked).set_index("target")
    error = 4 / np.sqrt(DRAWS // 10)  # four standard errors of a mean of unit variance
    for target, (bias, std_error, coverage) in KNOWN.items():
        row = summary.loc[target]
        assert row["bias"] == pytest.approx(bias, abs=error)
        assert row["sd"] == pytest.approx(1.0, abs=error)
        assert row["mean_se"] == pytest.approx(std_error)
        assert row["coverage"] == pytest.approx(coverage, abs=4 * max(row["coverage_se"], 0.01))
        assert row["power"] == pytest.approx(
            stats.norm.sf(1.96 * std_error - 3 - bias), abs=error / 2
        )
        assert row["draws"] == DRAWS // 10


def test_a_summary_does_not_depend_on_order_or_unit(drawn, asked):
    few = drawn[drawn.groupby("row").cumcount() < 50]
    plain = _held(few, asked)
    units = ["estimate", "std_error", "truth", "conf_low", "conf_high"]
    scaled = _held(few.assign(**few[units] * 8.0), asked)
    summary = summarise_draws(plain, asked)
    pd.testing.assert_frame_equal(summary, summarise_draws(plain.iloc[::-1], asked))
    in_units = ["truth", "mean", "bias", "sd", "mean_se"]
    expected = summary.assign(**summary[in_units] * 8.0)
    pd.testing.assert_frame_equal(summarise_draws(scaled, asked), expected)


def test_without_interval_truth_or_test_nothing_is_counted(asked):
    rows = pd.DataFrame({"row": [*KNOWN], "estimate": 1.0, "std_error": np.nan})
    rows = rows.assign(truth=[1.0, np.nan, 1.0], conf_low=[np.nan, 0.0, 0.0], conf_high=2.0)
    held = held_to_truth(rows.assign(p_value=[0.01, 0.5, np.nan]), asked)
    assert held["covered"].tolist()[2:] == [1.0]
    assert held["covered"].isna().tolist() == [True, True, False]
    assert held["rejected"].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(held["rejected"].iloc[2])


def test_a_target_that_no_row_answers_is_refused(drawn, asked):
    with pytest.raises(ValueError, match=r"No estimate for \['off'\]: correct `row`"):
        held_to_truth(drawn[drawn["row"] != "off"].drop_duplicates("row"), asked)
