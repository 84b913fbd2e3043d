"""Write the simulated inputs of the numbers in this folder (numpy 2.4, generator PCG64).

One generator serves both panels, so the order matters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def threshold_panel(rng: np.random.Generator) -> pd.DataFrame:
    """Return 150 units by 12 periods, balanced, with thresholds in q at -0.4 and 0.5."""
    units, periods = 150, 12
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    q, x, z1, z2 = rng.normal(size=(4, units * periods))
    slope = np.select([q <= -0.4, q <= 0.5], [0.3, 0.8], 1.5)
    effect, noise = rng.normal(size=units)[unit], rng.normal(size=units * periods)
    y = slope * x + 0.5 * z1 - 0.25 * z2 + effect + noise
    return pd.DataFrame({"unit": unit, "time": time, "y": y, "x": x, "q": q, "z1": z1, "z2": z2})


def firm_years(rng: np.random.Generator, city: np.ndarray) -> pd.DataFrame:
    """Return firm, year and city of an unbalanced panel in which 5 % of the firms move."""
    rows = []
    for firm in range(len(city)):
        first, last = rng.integers(2011, 2015), rng.integers(2016, 2021)
        move = rng.integers(first, last) if rng.random() < 0.05 else 9999
        new = rng.integers(0, 60)
        rows += [
            (firm, year, new if year >= move else city[firm]) for year in range(first, last + 1)
        ]
    return pd.DataFrame(rows, columns=["firm", "year", "city"])


def firm_panel(rng: np.random.Generator) -> pd.DataFrame:
    """Return firms in 60 cities that are treated city by city."""
    firms = 500
    city = rng.integers(0, 60, firms)
    cohort = rng.choice([2015, 2016, 2019, 9999], 60, p=[0.15, 0.25, 0.3, 0.3])
    panel = firm_years(rng, city)
    panel["cohort"] = cohort[panel["city"]]
    panel["treated"] = (panel["year"] >= panel["cohort"]).astype(int)
    panel["x1"], panel["x2"] = rng.normal(size=(2, len(panel)))
    since = (panel["year"] - panel["cohort"]).clip(0, 3)
    panel["y"] = (
        0.25 * (1 + 0.3 * since) * panel["treated"]
        + 0.4 * panel["x1"]
        - 0.1 * panel["x2"]
        + rng.normal(size=firms)[panel["firm"]]
        + 0.3 * rng.normal(size=60)[panel["city"]]
        + 0.05 * (panel["year"] - 2011)
        + rng.normal(size=len(panel))
    )
    return panel


if __name__ == "__main__":
    generator = np.random.default_rng(20260101)
    threshold_panel(generator).round(6).to_csv(HERE / "threshold" / "panel.csv", index=False)
    firm_panel(generator).round(6).to_csv(HERE / "fixed_effects" / "panel.csv", index=False)
