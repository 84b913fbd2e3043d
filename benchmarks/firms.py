"""The simulated firm-years that `absorb.py` and `placebo_space.py` are timed on."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd

ROWS, FIRMS, CITIES = 14_791, 2_700, 280
FIRST, LAST = 2011, 2020
COHORTS, SHARES = [2015, 2016, 2019, 2020, 9999], [0.04, 0.05, 0.1, 0.2, 0.61]


def simulate(movers: float) -> pd.DataFrame:
    """Return an unbalanced panel of the study's size; a share of the firms moves once."""
    rng = np.random.default_rng(1)
    firm, year = np.divmod(np.arange(FIRMS * (LAST - FIRST + 1)), LAST - FIRST + 1)
    year = year + FIRST
    home, away = rng.integers(0, CITIES, (2, FIRMS))
    when = np.where(rng.random(FIRMS) < movers, rng.integers(FIRST + 1, LAST + 1, FIRMS), LAST + 1)
    city = np.where(year >= when[firm], away[firm], home[firm])
    panel = pd.DataFrame({"firm": firm, "year": year, "city": city})
    kept = np.sort(rng.permutation(len(panel))[:ROWS])
    panel = panel.iloc[kept].reset_index(drop=True)
    panel = panel[panel.groupby("firm")["year"].transform("size") > 1].reset_index(drop=True)
    panel["cohort"] = rng.choice(COHORTS, CITIES, p=SHARES)[panel["city"]]
    panel["treated"] = (panel["year"] >= panel["cohort"]).astype(float)
    panel[["x1", "x2", "x3"]] = rng.normal(size=(len(panel), 3))
    panel["y"] = (
        0.2 * panel["treated"]
        + panel[["x1", "x2", "x3"]].sum(axis=1)
        + rng.normal(size=FIRMS)[panel["firm"]]
        + rng.normal(size=CITIES)[panel["city"]]
        + rng.normal(size=len(panel))
    )
    return panel


def best(task: Callable[[], object], times: int = 5) -> float:
    """Shortest of several runs, in seconds: what the machine can do when left alone."""
    spans = []
    for _ in range(times):
        start = perf_counter()
        task()
        spans.append(perf_counter() - start)
    return min(spans)
