"""Four R² of one regression, each against its textbook computation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.fit_measures import MEASURES, r_squared_measures
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAME = 1e-9  # dummies by least squares against absorption
ONE = Specification(
    "y", "x", entity="firm", effects=("firm", "year", "city"), covariance="robust", time="year"
)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """Twelve firms, six years, three cities; one firm in four moves half-way."""
    rows = pd.MultiIndex.from_product([range(12), range(6)]).to_frame(index=False)
    rows.columns = ["firm", "year"]
    moved = (rows["firm"] % 4 == 0) & (rows["year"] > 2)
    rows["city"] = (rows["firm"] % 3 + moved) % 3
    rows["x"] = rng.normal(size=len(rows))
    rows["y"] = rows["x"] + rows["firm"] + 2 * rows["year"] + rng.normal(size=len(rows))
    return rows


def dummies(panel: pd.DataFrame, names: list[str]) -> np.ndarray:
    blocks = [pd.get_dummies(panel[one], dtype=float).to_numpy() for one in names]
    return np.hstack(blocks)


def squares(design: np.ndarray, outcome: np.ndarray) -> float:
    """Return the sum of squared residuals of a regression with a dense design."""
    slopes = np.linalg.lstsq(design, outcome, rcond=None)[0]
    return float(((outcome - design @ slopes) ** 2).sum())


def test_measures_are_those_of_dummy_regressions(panel):
    found = r_squared_measures(panel, fixed_effects(panel, ONE))
    outcome = panel["y"].to_numpy()
    effects = dummies(panel, ["firm", "year", "city"])
    full = np.column_stack([effects, panel["x"]])
    left = squares(full, outcome)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    rank = np.linalg.matrix_rank(full)
    assert list(found.index) == list(MEASURES)
    assert found["within"] == pytest.approx(1 - left / squares(effects, outcome), abs=SAME)
    assert found["entity"] == pytest.approx(
        1 - left / squares(dummies(panel, ["firm"]), outcome), abs=SAME
    )
    assert found["overall"] == pytest.approx(1 - left / total, abs=SAME)
    n = len(panel)
    assert found["adjusted"] == pytest.approx(1 - left / total * (n - 1) / (n - rank), abs=SAME)


def test_years_count_as_explanation_in_the_second_and_not_in_the_first(panel):
    plain = r_squared_measures(panel, fixed_effects(panel, ONE))
    steeper = panel.assign(y=panel["y"] + 10 * panel["year"])
    shifted = r_squared_measures(steeper, fixed_effects(steeper, ONE))
    assert shifted["within"] == pytest.approx(plain["within"], abs=SAME)
    assert shifted["entity"] > plain["entity"]


def test_other_rows_than_those_estimated_on_are_refused(panel):
    with pytest.raises(ValueError, match="71 rows for an estimate on 72"):
        r_squared_measures(panel.iloc[1:], fixed_effects(panel, ONE))
