"""How fast `in_space_placebo` is beside a loop of regressions: python benchmarks/placebo_space.py.

500 draws, coefficient and t clustered by city, effects of firm, year and city. The loop is
pyfixest with its LSMR demeaner, ten of the same draws, carried to 500.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest as pf
from firms import best, simulate

from digitrade.placebo_space import InSpacePlacebo, drawn_cohorts, in_space_placebo
from digitrade.specification import Specification

CONTROLS = ("x1", "x2", "x3")
SPECIFICATION = Specification(
    "y",
    "treated",
    CONTROLS,
    entity="firm",
    effects=("firm", "year", "city"),
    cluster="city",
)
DRAWS, LOOP, ROUNDS = 500, 10, 3
FORMULA = f"y ~ treated + {' + '.join(CONTROLS)} | firm + year + city"


def one_pass(panel: pd.DataFrame) -> InSpacePlacebo:
    """Every draw at once."""
    return in_space_placebo(
        panel,
        specification=SPECIFICATION,
        cohort="cohort",
        unit="city",
        draws=DRAWS,
        rng=np.random.default_rng(1),
    )


def loop(panel: pd.DataFrame) -> list[tuple[float, float]]:
    """Coefficient and t of the first draws, a regression each."""
    cohorts = panel.groupby("city")["cohort"].first()
    orders = drawn_cohorts(cohorts.to_numpy(dtype=float), DRAWS, np.random.default_rng(1))
    rows = []
    for order in orders[:LOOP]:
        starts = pd.Series(order, index=cohorts.index)
        drawn = panel.assign(treated=(panel["year"] >= panel["city"].map(starts)).astype(float))
        fit = pf.feols(
            FORMULA,
            drawn,
            vcov={"CRV1": "city"},
            demeaner=pf.LsmrDemeaner(),
            lean=True,
        )
        rows.append((fit.coef()["treated"], fit.tstat()["treated"]))
    return rows


def main() -> None:
    """Print a row for each share of firms that move."""
    print(f"{DRAWS} draws; pyfixest extrapolated from {LOOP}; shortest of {ROUNDS} rounds in turn")
    print("movers   rows  one pass s  pyfixest s   ratio  largest difference: estimate        t")
    for movers in (0.02, 0.05, 0.2):
        panel = simulate(movers)
        spans = [
            (best(lambda p=panel: one_pass(p), 3), best(lambda p=panel: loop(p), 1))
            for _ in range(ROUNDS)
        ]
        ours, theirs = np.min(spans, axis=0) * [1, DRAWS / LOOP]
        draws = one_pass(panel).draws[["estimate", "statistic"]].to_numpy()[:LOOP]
        apart = np.abs(draws - np.array(loop(panel))).max(axis=0)
        print(
            f"{movers:6.0%} {len(panel):6,d} {ours:11.2f} {theirs:11.1f} {theirs / ours:7.0f}"
            f"{apart[0]:32.1e} {apart[1]:8.1e}"
        )


if __name__ == "__main__":
    main()
