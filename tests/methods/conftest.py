"""What several tests of the methods hold them against."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.specification import Specification

REFERENCE = Path(__file__).parents[1] / "reference" / "fixed_effects"


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    """The firms whose regressions R's fixest has estimated."""
    return pd.read_csv(REFERENCE / "panel.csv")


@pytest.fixture(scope="session")
def nuisance() -> Callable[[pd.DataFrame, Specification], np.ndarray]:
    """A constant, effect dummies and controls side by side, n by r, as a dense array."""

    def dense(data: pd.DataFrame, specification: Specification) -> np.ndarray:
        dummies = [
            pd.get_dummies(data[name], drop_first=True, dtype=float)
            for name in specification.effects
        ]
        controls = data[list(specification.controls)].to_numpy(dtype=float)
        return np.hstack([np.ones((len(data), 1)), *dummies, controls])

    return dense
