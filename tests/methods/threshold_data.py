"""A simulated panel with two thresholds, and `panel_threshold` called on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from digitrade.methods.threshold import PanelThreshold
from digitrade.methods.threshold import panel_threshold as fit

SAME = 1e-9  # relative; the same sums in another order or unit


def simulate(*, units: int = 30, years: int = 8, kept: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(42)
    rows = units * years
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(2010, 2010 + years), units)
    q, x, w, z = rng.normal(size=(4, rows))
    slope = np.select([q <= -0.4, q <= 0.6], [0.2, 0.9], 1.7)
    y = slope * x + 0.5 * z - 0.2 * w + rng.normal(size=units)[unit] + rng.normal(size=rows)
    frame = pd.DataFrame({"unit": unit, "year": year, "y": y, "x": x, "w": w, "z": z, "q": q})
    return frame[rng.random(rows) < kept].reset_index(drop=True)


def estimate(frame: pd.DataFrame, **options) -> PanelThreshold:
    chosen = {"outcome": "y", "regime_dependent": "x", "threshold": "q", "controls": "z"}
    chosen |= {"entity": "unit", "time": "year", "n_thresholds": 2, "draws": 39}
    chosen |= {"rng": np.random.default_rng(0)}
    return fit(frame, **chosen | options)
