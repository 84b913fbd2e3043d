"""Thresholds, sums of squares, sets and slopes printed by R's pdR::ptm (its README says how)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.threshold import PanelThreshold, panel_threshold

REFERENCE = Path(__file__).parents[1] / "reference" / "threshold"
LAST_DIGIT = 0.5 * (1 + 1e-6)  # a number rounds to what was printed


@pytest.fixture(scope="module")
def printed() -> pd.Series:
    table = pd.read_csv(REFERENCE / "reference.csv", dtype={"value": str})
    assert not table.duplicated(["model", "quantity"]).any()
    return table.set_index(["model", "quantity"])["value"]


def ptm(n_thresholds: int, covariance: str = "robust") -> PanelThreshold:
    return panel_threshold(
        pd.read_csv(REFERENCE / "panel.csv"),
        outcome="y",
        regime_dependent="x",
        threshold="q",
        controls=("z1", "z2"),
        entity="unit",
        time="time",
        trim=0.05,
        convention="ptm",
        n_thresholds=n_thresholds,
        covariance=covariance,
        draws=0,
        rng=np.random.default_rng(0),
    )


def assert_printed(found: dict[tuple[str, str], float], printed: pd.Series) -> None:
    for place, value in found.items():
        decimals = len(printed[place].partition(".")[2])
        assert abs(value - float(printed[place])) <= LAST_DIGIT * 10.0**-decimals, place


def test_sums_of_squares(printed):
    one, two = (ptm(count).sums_of_squares for count in (1, 2))
    found = {
        ("linear", "ssr"): one["sum_squared_residuals"][0],
        ("single", "ssr"): one["sum_squared_residuals"][1],
        ("double first pass", "ssr"): two["first_pass"][2],
        ("double refined", "ssr"): two["sum_squared_residuals"][2],
    }
    assert_printed(found, printed)


def test_thresholds_and_confidence_sets(printed):
    single, double = (ptm(count).thresholds for count in (1, 2))
    rows = {
        "single": single.iloc[0],
        "double first pass": double.iloc[1],
        "double refined": double.iloc[0],
    }
    names = {"threshold": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}
    found = {(model, name): row[k] for model, row in rows.items() for name, k in names.items()}
    assert_printed(found, printed)


def test_slopes_and_both_standard_errors(printed):
    white, ordinary = (
        ptm(1, covariance).coefficients.set_index("term")
        for covariance in ("robust", "homoskedastic")
    )
    terms = {"x[regime 1]": "x_regime_1", "x[regime 2]": "x_regime_2", "z1": "z1"}
    for term, name in terms.items():
        found = {
            ("single", name): white["estimate"][term],
            ("single", f"{name}_std_error"): ordinary["std_error"][term],
            ("single", f"{name}_white"): white["std_error"][term],
        }
        assert_printed(found, printed)


def test_slopes_of_two_thresholds(printed):
    slopes = ptm(2).coefficients.set_index("term")["estimate"]
    names = {f"x[regime {k}]": f"x_regime_{k}" for k in (1, 2, 3)} | {"z1": "z1", "z2": "z2"}
    found = {("double refined", name): slopes[term] for term, name in names.items()}
    assert_printed(found, printed)
