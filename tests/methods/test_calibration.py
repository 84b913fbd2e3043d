"""Calibration on any panel: the smallest move, noise that lasts, a table of targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from digitrade.methods.absorb import Projection
from digitrade.methods.calibration import (
    coefficient_rows,
    evaluate,
    minimum_norm,
    parameter,
    parameter_frame,
    stationary_paths,
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


def test_parameters_are_told_with_their_meaning():
    @dataclass(frozen=True, slots=True)
    class Truth:
        slope: float = parameter(0.5, "what the outcome gains")
        shares: tuple[float, ...] = parameter((0.1, 0.9), "how it is split")

    assert Truth() == Truth(0.5, (0.1, 0.9))
    assert parameter_frame(Truth(slope=2.0)).to_dict("list") == {
        "parameter": ["slope", "shares"],
        "value": [2.0, (0.1, 0.9)],
        "meaning": ["what the outcome gains", "how it is split"],
    }
