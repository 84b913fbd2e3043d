"""How fast `in_space_placebo` is beside a loop of regressions: python benchmarks/placebo_space.py.

500 draws on the firms' twin, coefficient and t clustered by city, effects of firm, year and
city. The loop is pyfixest with its LSMR demeaner, ten of the same draws, carried to 500: timed
at its default tolerance, and compared at a tighter one, too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest as pf
from timing import best

from digitrade.methods.placebo import Placebo, in_space_placebo, shuffled
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    TWIN,
    estimation_sample,
    with_covariance,
)

SPECIFICATION = with_covariance(BASELINE, "city")
DRAWS, LOOP, ROUNDS = 500, 10, 3
DEFAULT, TIGHT = 1e-8, 1e-14  # where LSMR stops
FORMULA = f"fc ~ {' + '.join(SPECIFICATION.regressors)} | {' + '.join(SPECIFICATION.effects)}"


def one_pass(panel: pd.DataFrame) -> Placebo:
    """Every draw at once."""
    return in_space_placebo(
        panel,
        SPECIFICATION,
        cohort="cohort",
        unit="city",
        draws=DRAWS,
        rng=np.random.default_rng(1),
    )


def loop(panel: pd.DataFrame, tolerance: float) -> np.ndarray:
    """Coefficient and t of the first draws, a regression each."""
    never = panel.assign(cohort=panel["cohort"].fillna(np.inf))
    cohorts = never.groupby("city")["cohort"].first()
    orders = shuffled(cohorts.to_numpy(dtype=float), DRAWS, np.random.default_rng(1))[1:]
    demeaner = pf.LsmrDemeaner(fixef_atol=tolerance, fixef_btol=tolerance)
    rows = []
    for order in orders[:LOOP]:
        starts = panel["city"].map(pd.Series(order, index=cohorts.index))
        drawn = panel.assign(zone_post=(panel["year"] >= starts).astype(float))
        fit = pf.feols(FORMULA, drawn, vcov={"CRV1": "city"}, demeaner=demeaner, lean=True)
        rows.append((fit.coef()["zone_post"], fit.tstat()["zone_post"]))
    return np.array(rows)


def main() -> None:
    """Print times, their ratio, and how far the numbers are apart."""
    panel = estimation_sample(firm_panels()[TWIN], SPECIFICATION)
    coded = panel.assign(firm=pd.factorize(panel["firm"])[0])
    spans = [
        (best(lambda: one_pass(panel), 3), best(lambda: loop(coded, DEFAULT), 1))
        for _ in range(ROUNDS)
    ]
    ours, theirs = np.min(spans, axis=0) * [1, DRAWS / LOOP]
    placebo = one_pass(panel)
    draws = np.column_stack([placebo.drawn, placebo.t.drawn])[:LOOP]
    print(f"{DRAWS} draws, {len(panel):,} rows; shortest of {ROUNDS} rounds in turn")
    print(f"  one pass      {ours:7.2f} s")
    print(
        f"  pyfixest LSMR {theirs:7.1f} s {theirs / ours:6.0f} x  (extrapolated from {LOOP} draws)"
    )
    for tolerance in (DEFAULT, TIGHT):
        apart = np.abs(draws - loop(coded, tolerance)).max(axis=0)
        print(f"  largest difference, LSMR to {tolerance:.0e}: ", end="")
        print(f"estimate {apart[0]:.0e}, t {apart[1]:.0e}")


if __name__ == "__main__":
    main()
