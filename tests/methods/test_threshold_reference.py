"""Thresholds, sums of squares, sets and slopes printed by R's pdR::ptm (see the folder's README).

That lineage demeans over all periods and then drops the last one. The quirk is not offered by
`panel_threshold`; here its regime columns are written out and handed to the same search.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.regression import least_squares
from digitrade.methods.threshold.estimate import confidence_set, critical_value, likelihood_ratio
from digitrade.methods.threshold.panel import ThresholdModel
from digitrade.methods.threshold.search import (
    Cuts,
    Outcomes,
    fit_thresholds,
    make_cuts,
    regime_codes,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "threshold"
UNITS, PERIODS = 150, 12
CONFIDENCE = 0.95


@dataclass(frozen=True)
class WrittenOut:
    """Regime columns of the R lineage, stored: demeaned, last period dropped, partialled out."""

    cuts: Cuts
    basis: np.ndarray
    columns: np.ndarray  # (rows, cuts)

    @property
    def gram(self) -> np.ndarray:
        return np.einsum("rc,rc->c", self.columns, self.columns)[:, None, None]

    def residualise(self, outcomes: np.ndarray) -> np.ndarray:
        return outcomes - self.basis @ (self.basis.T @ outcomes)

    @property
    def floor(self) -> np.ndarray:
        return np.zeros((self.columns.shape[1], 1))

    def scores(self, values: np.ndarray) -> np.ndarray:
        return (self.columns.T @ values)[:, None, :]

    def products(self, cut: np.ndarray) -> np.ndarray:
        return (self.columns.T @ self.columns[:, cut])[:, None, :, None]


def within_lineage(columns: np.ndarray) -> np.ndarray:
    by_unit = columns.reshape(UNITS, PERIODS, -1)
    demeaned = by_unit - by_unit.mean(axis=1, keepdims=True)
    return demeaned[:, :-1].reshape(UNITS * (PERIODS - 1), -1)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "panel.csv").sort_values(["unit", "time"])


@pytest.fixture(scope="module")
def printed() -> pd.Series:
    table = pd.read_csv(REFERENCE / "reference.csv", dtype={"value": str})
    assert not table.duplicated(["model", "quantity"]).any()
    return table.set_index(["model", "quantity"])["value"]


@pytest.fixture(scope="module")
def lineage(panel) -> tuple[WrittenOut, Outcomes]:
    q = panel["q"].to_numpy()
    cuts = make_cuts(q, ThresholdModel("y", ("x",), "q", "unit", "time", split="<"))
    common = within_lineage(panel[["z1", "z2", "x"]].to_numpy())
    basis = np.linalg.qr(common)[0]
    low = panel["x"].to_numpy()[:, None] * (q[:, None] < cuts.gamma)
    left = within_lineage(low)
    columns = WrittenOut(cuts, basis, left - basis @ (basis.T @ left))
    return columns, Outcomes.of(columns, within_lineage(panel[["y"]].to_numpy()))


def as_printed(value: float, text: str) -> bool:
    """Whether a number rounds to what was printed, to its last digit."""
    decimals = len(text.partition(".")[2])
    return abs(value - float(text)) <= 0.5 * 10.0**-decimals * (1 + 1e-6)


def test_linear_model(lineage, printed):
    _, sample = lineage
    assert as_printed(float(sample.total[0]), printed["linear", "ssr"])


def test_thresholds_and_sums_of_squares(lineage, printed):
    columns, sample = lineage
    _, single, double = fit_thresholds(columns, sample, 2)
    gamma = columns.cuts.gamma
    found = {
        ("single", "threshold"): gamma[single.cuts[0, 0]],
        ("single", "ssr"): single.ssr[0],
        ("double first pass", "threshold"): gamma[double.cuts[1, 0]],
        ("double first pass", "ssr"): double.first_pass[0],
        ("double refined", "threshold"): gamma[double.cuts[0, 0]],
        ("double refined", "ssr"): double.ssr[0],
    }
    assert {key: as_printed(float(value), printed[key]) for key, value in found.items()} == (
        dict.fromkeys(found, True)
    )


def test_confidence_sets(lineage, printed):
    columns, sample = lineage
    _, single, double = fit_thresholds(columns, sample, 2)
    curves = {
        "single": single.curves[0],
        "double first pass": double.curves[1],
        "double refined": double.curves[0],
    }
    critical = critical_value(CONFIDENCE)
    for model, curve in curves.items():
        kept = np.isfinite(curve[:, 0])
        ratio = likelihood_ratio(curve[kept, 0], UNITS * PERIODS)  # n T: this lineage's divisor
        low, high, _ = confidence_set(columns.cuts.gamma[kept], ratio, critical)
        assert as_printed(low, printed[model, "conf_low"]), model
        assert as_printed(high, printed[model, "conf_high"]), model


def slopes(panel: pd.DataFrame, thresholds: list[float]) -> tuple[np.ndarray, ...]:
    """Coefficients and both of the lineage's standard errors, regimes first, then z1 and z2."""
    regime = regime_codes(panel["q"].to_numpy(), np.array(thresholds), "<")
    x = panel["x"].to_numpy()
    split = [x * (regime == code) for code in range(len(thresholds) + 1)]
    design = within_lineage(np.column_stack([*split, panel[["z1", "z2"]]]))
    outcome = within_lineage(panel[["y"]].to_numpy())[:, 0]
    estimate, bread, residuals = least_squares(outcome, design)
    freedom = UNITS * PERIODS - UNITS - design.shape[1]  # counts the dropped rows, as ptm does
    homoskedastic = np.sqrt(residuals @ residuals / freedom * np.diag(bread))
    middle = design.T @ (design * residuals[:, None] ** 2)
    return estimate, homoskedastic, np.sqrt(np.diag(bread @ middle @ bread))


def test_slopes_of_one_threshold(panel, printed):
    threshold = float(printed["single", "threshold"])
    estimate, homoskedastic, white = slopes(panel, [threshold])
    for position, term in enumerate(["x_regime_1", "x_regime_2", "z1"]):
        assert as_printed(estimate[position], printed["single", term])
        assert as_printed(homoskedastic[position], printed["single", f"{term}_std_error"])
        assert as_printed(white[position], printed["single", f"{term}_white"])


def test_slopes_of_two_thresholds(panel, printed):
    pair = ["double first pass", "double refined"]
    estimate, _, _ = slopes(panel, [float(printed[model, "threshold"]) for model in pair])
    for position, term in enumerate(["x_regime_1", "x_regime_2", "x_regime_3", "z1", "z2"]):
        assert as_printed(estimate[position], printed["double refined", term]), term
