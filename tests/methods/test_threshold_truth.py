"""Simulated panels whose thresholds are known: recovery, size of the tests, coverage of the sets.

The bootstrap is valid as the number of entities grows and the sets are conservative for large
effects, so bounds are two-sided for size and one-sided for coverage.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.threshold import PanelThreshold, panel_threshold

UNITS, YEARS, REPLICATIONS, DRAWS = 50, 8, 200, 99
NOMINAL = 0.10  # (1 + 99) x 0.10 is whole, so a test with 99 draws can have exactly this size
SIZE_BAND = 3.3 * np.sqrt(NOMINAL * (1 - NOMINAL) / REPLICATIONS)  # 1 in 1,000 by chance alone
CONFIDENCE = 0.90
COVERAGE_BAND = 3.1 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / REPLICATIONS)  # one-sided 1 in 1,000


def simulate(
    rng: np.random.Generator,
    *,
    slopes: tuple[float, ...] = (1.0,),
    thresholds: tuple[float, ...] = (),
    units: int = UNITS,
    kept: float = 1.0,
) -> pd.DataFrame:
    rows = units * YEARS
    unit, year = np.repeat(np.arange(units), YEARS), np.tile(np.arange(YEARS), units)
    effect = rng.normal(size=units)[unit]
    q, x, z = rng.normal(size=(3, rows)) + 0.5 * effect
    slope = np.array(slopes)[np.searchsorted(thresholds, q)]
    y = effect + slope * x + 0.5 * z + rng.normal(size=rows)
    frame = pd.DataFrame({"unit": unit, "year": year, "y": y, "x": x, "z": z, "q": q})
    return frame[rng.random(rows) < kept] if kept < 1 else frame


def estimate(frame: pd.DataFrame, rng: np.random.Generator, **options) -> PanelThreshold:
    return panel_threshold(
        frame,
        outcome="y",
        regime_dependent="x",
        threshold="q",
        controls="z",
        entity="unit",
        time="year",
        rng=rng,
        **{"trim": 0.1, "grid": 100, "draws": DRAWS} | options,
    )


@pytest.mark.parametrize("kept", [1.0, 0.8])
def test_size_without_threshold(kept):
    rng = np.random.default_rng(11)
    p_values = [
        estimate(simulate(rng, kept=kept), rng).thresholds["p_value"][0]
        for _ in range(REPLICATIONS)
    ]
    assert np.mean(np.array(p_values) < NOMINAL) == pytest.approx(NOMINAL, abs=SIZE_BAND)


def test_size_of_second_test_with_one_threshold():
    rng = np.random.default_rng(12)
    p_values = []
    for _ in range(REPLICATIONS):
        frame = simulate(rng, slopes=(0.5, 1.5), thresholds=(0.0,))
        p_values.append(estimate(frame, rng, n_thresholds=2).thresholds["p_value"][1])
    assert np.mean(np.array(p_values) < NOMINAL) == pytest.approx(NOMINAL, abs=SIZE_BAND)


@pytest.mark.parametrize("change", [0.5, 1.0])
def test_coverage_of_the_set(change):
    rng = np.random.default_rng(13)
    covered = []
    for _ in range(REPLICATIONS):
        frame = simulate(rng, slopes=(1.0, 1.0 + change), thresholds=(0.2,))
        result = estimate(frame, rng, draws=0, confidence=CONFIDENCE, grid=None)
        same_split = frame.loc[
            frame["q"] <= 0.2, "q"
        ].max()  # the observed value that stands for 0.2
        ratio = result.profile.set_index("gamma")["likelihood_ratio"][same_split]
        covered.append(ratio <= result.conventions.critical_value)
    assert np.mean(covered) >= CONFIDENCE - COVERAGE_BAND


def test_one_threshold_recovered_and_found_significant():
    rng = np.random.default_rng(14)
    frame = simulate(rng, slopes=(0.5, 1.5), thresholds=(0.3,), units=200)
    result = estimate(frame, rng, n_thresholds=2, grid=None, draws=199)
    first, second = result.thresholds.to_dict("records")
    assert first["estimate"] == pytest.approx(0.3, abs=0.05)
    assert first["p_value"] == 1 / 200  # the observed draw counts
    assert second["p_value"] > 0.05


def test_two_thresholds_recovered_with_their_slopes():
    rng = np.random.default_rng(15)
    frame = simulate(rng, slopes=(0.0, 1.0, 2.5), thresholds=(-0.5, 0.6), units=200)
    result = estimate(frame, rng, n_thresholds=3, grid=None, draws=199, covariance="clustered")
    double = estimate(frame, rng, n_thresholds=2, grid=None, draws=0, covariance="clustered")
    assert sorted(double.thresholds["estimate"]) == pytest.approx([-0.5, 0.6], abs=0.05)
    assert list(result.thresholds["p_value"] <= 0.05) == [True, True, False]
    truth = [0.0, 1.0, 2.5, 0.5]
    distance = (double.coefficients["estimate"] - truth) / double.coefficients["std_error"]
    assert distance.abs().max() < 3.5
