"""How fast `wild_cluster_bootstrap` is: python benchmarks/wild_bootstrap.py.

9,999 draws on the firms' twin with clusters of cities and effects of firm, year and city, from
data frame to p-value and interval. Beside it

- a restricted regression for each draw, by pyfixest with its LSMR demeaner, ten of the same
  draws carried to 9,999 (the p-value alone: no interval);
- the package wildboottest, which inverts the cross-products of dense dummies and so cannot take
  effects whose dummies depend on each other, on a smaller case that it can do: effects of firm
  and year in the cities of one region (the p-value alone, after a first run that compiles).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest as pf
from timing import best

from digitrade.methods.regression import partial_out
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import WildBootstrap, rademacher, wild_cluster_bootstrap
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    TWIN,
    estimation_sample,
    with_covariance,
)

SPECIFICATION = with_covariance(BASELINE, "city")
SMALLER = SPECIFICATION.replace(effects=("firm", "year"))
DRAWS, LOOP, ROUNDS = 9_999, 10, 3
TIGHT = 1e-14  # where LSMR stops, for the comparison


def at_once(panel: pd.DataFrame, specification: Specification) -> WildBootstrap:
    """Every draw, and the interval."""
    rng = np.random.default_rng(1)
    return wild_cluster_bootstrap(panel, specification, draws=DRAWS, rng=rng)


def formula(specification: Specification) -> str:
    """Return the regression as pyfixest writes it."""
    right, effects = " + ".join(specification.regressors), " + ".join(specification.effects)
    return f"{specification.outcome} ~ {right} | {effects}"


def loop(panel: pd.DataFrame, demeaner: pf.LsmrDemeaner) -> np.ndarray:
    """Return the t of the first draws, a regression each, as pyfixest corrects it."""
    codes = pd.factorize(panel["city"], sort=True)[0]
    signs = rademacher(codes.max() + 1, DRAWS, np.random.default_rng(1))[codes, :LOOP]
    residual = partial_out(panel, "fc", SPECIFICATION).to_numpy()
    rows = []
    for sign in signs.T:
        drawn = panel.assign(fc=panel["fc"] - residual + sign * residual)
        fit = pf.feols(
            formula(SPECIFICATION), drawn, vcov={"CRV1": "city"}, demeaner=demeaner, lean=True
        )
        rows.append(fit.tstat()["zone_post"])
    return np.array(rows)


def three_effects(panel: pd.DataFrame) -> None:
    """Print the comparison with a loop of regressions."""
    spans = [
        (
            best(lambda: at_once(panel, SPECIFICATION), 3),
            best(lambda: loop(panel, pf.LsmrDemeaner()), 1),
        )
        for _ in range(ROUNDS)
    ]
    ours, theirs = np.min(spans, axis=0) * [1, DRAWS / LOOP]
    found = at_once(panel, SPECIFICATION)
    exact = loop(panel, pf.LsmrDemeaner(fixef_atol=TIGHT, fixef_btol=TIGHT))
    ratio = found.drawn[:LOOP] / exact
    print(f"{DRAWS:,} draws, {len(panel):,} rows, {found.n_clusters} clusters, three effects")
    print(f"  all draws at once, with interval {ours:8.2f} s")
    print(f"  pyfixest LSMR, a regression each {theirs:8.0f} s {theirs / ours:7.0f} x", end="")
    print(f"  (extrapolated from {LOOP} draws)")
    print(f"  t of the same draws in proportion to {np.ptp(ratio) / ratio.mean():.0e}")


def two_effects(panel: pd.DataFrame) -> None:
    """Print the comparison with wildboottest."""
    fit = pf.feols(formula(SMALLER), panel, vcov={"CRV1": "city"})

    def dense() -> np.ndarray:
        options = {"reps": DRAWS, "seed": 1, "return_bootstrapped_t_stats": True}
        return fit.wildboottest(param="zone_post", **options)[1]

    ratio = at_once(panel, SMALLER).drawn / dense()  # seed 1 gives both the same signs
    spans = [(best(lambda: at_once(panel, SMALLER), 3), best(dense, 1)) for _ in range(ROUNDS)]
    ours, theirs = np.min(spans, axis=0)
    cities = panel["city"].nunique()
    print(f"{DRAWS:,} draws, {len(panel):,} rows, {cities} clusters, two effects")
    print(f"  all draws at once, with interval {ours:8.2f} s")
    print(f"  wildboottest, dense dummies      {theirs:8.1f} s {theirs / ours:7.0f} x")
    print(f"  t of the same draws in proportion to {np.ptp(ratio) / ratio.mean():.0e}")


def main() -> None:
    """Print both comparisons."""
    panel = estimation_sample(firm_panels()[TWIN], SPECIFICATION)
    three_effects(panel.assign(firm=pd.factorize(panel["firm"])[0]))
    region = estimation_sample(panel[panel["region"] == "west"], SPECIFICATION)
    codes = {name: pd.factorize(region[name])[0] for name in ("firm", "city")}
    two_effects(region.assign(**codes))


if __name__ == "__main__":
    main()
