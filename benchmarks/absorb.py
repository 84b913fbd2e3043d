"""How fast the exact absorber is, in ratios of one run: python benchmarks/absorb.py.

One regression within firm, year and city effects, from data frame to standard errors
clustered by city, on the firms' twin, at several shares of firms that move. linearmodels'
AbsorbingLS is run once a row; where few firms move it takes up to a minute (leave it out:
`--without-slow`).

If fereg is installed (it is no dependency: `pip install fereg`), its Rust core is run beside, on
one thread, on made-up panels of ten thousand to a million rows.

If other work keeps the cores busy, set OPENBLAS_NUM_THREADS=1: the matrices are small, and
threads that wait for each other cost the exact absorber several times its own work.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pyfixest as pf
from linearmodels.iv.absorbing import AbsorbingLS
from timing import best

from digitrade.methods.absorb import Absorber
from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    TWIN,
    estimation_sample,
    with_covariance,
)

SPECIFICATION = with_covariance(BASELINE, "city")
REGRESSORS, EFFECTS = list(SPECIFICATION.regressors), list(SPECIFICATION.effects)
FORMULA = f"fc ~ {' + '.join(REGRESSORS)} | {' + '.join(EFFECTS)}"
MOVERS = (0, 0.01, 0.05, 0.2, 1)
COLUMNS, ROUNDS = 500, 5
ROWS = (10_000, 100_000, 1_000_000)


def deal_cities(panel: pd.DataFrame, movers: float) -> pd.DataFrame:
    """Return the twin's rows with every firm in one city, but for a share that moves once."""
    rng = np.random.default_rng(1)
    firm, _ = pd.factorize(panel["firm"])
    home = pd.factorize(panel.groupby("firm")["city"].transform("first"))[0]
    away = rng.integers(0, home.max() + 1, firm.max() + 1)
    moving = rng.random(firm.max() + 1) < movers
    when = rng.integers(2012, 2021, firm.max() + 1)
    gone = moving[firm] & (panel["year"].to_numpy() >= when[firm])
    return panel.assign(firm=firm, city=np.where(gone, away[firm], home))


def exact(panel: pd.DataFrame) -> np.ndarray:
    """Coefficients by the exact absorber."""
    return fixed_effects(panel, SPECIFICATION).coefficients["estimate"].to_numpy()


def lsmr(panel: pd.DataFrame) -> np.ndarray:
    """Coefficients by pyfixest with its LSMR demeaner."""
    options = {"demeaner": pf.LsmrDemeaner(), "fixef_rm": "none", "lean": True}
    fit = pf.feols(FORMULA, panel, vcov={"CRV1": "city"}, **options)
    return fit.coef().to_numpy()


def absorbing(panel: pd.DataFrame) -> np.ndarray:
    """Coefficients by linearmodels."""
    effects = panel[list(EFFECTS)].astype("category")
    model = AbsorbingLS(panel["fc"], panel[REGRESSORS], absorb=effects)
    return model.fit(cov_type="clustered", clusters=panel["city"]).params[REGRESSORS].to_numpy()


def timed_once(task: Callable[[pd.DataFrame], np.ndarray], panel: pd.DataFrame) -> float:
    """Seconds of one run."""
    return best(lambda: task(panel), 1)


def compare(panel: pd.DataFrame, movers: float, slow: bool) -> None:
    """Print one row of the table."""
    rounds = [[timed_once(task, panel) for task in (exact, lsmr)] for _ in range(ROUNDS)]
    ours, theirs = np.min(rounds, axis=0)
    apart = np.abs(lsmr(panel) / exact(panel) - 1).max()
    rank = Absorber.of(panel, EFFECTS).rank
    row = f"{movers:6.0%} {rank:6,d} {1e3 * ours:9.1f} {1e3 * theirs:9.1f} {theirs / ours:6.1f}"
    row += f" {apart:9.1e}"
    if slow:
        others = timed_once(absorbing, panel)
        row += f" {others:13.2f} {others / ours:6.0f}"
    print(row, flush=True)


def made_up(rows: int) -> pd.DataFrame:
    """Return firms by ten years in 250 cities, of which five per cent move once."""
    rng = np.random.default_rng(1)
    firm, year = np.divmod(np.arange(rows), 10)
    firms = rows // 10
    home, away = rng.integers(0, 250, (2, firms))
    when = np.where(rng.random(firms) < 0.05, rng.integers(1, 10, firms), 10)
    panel = pd.DataFrame({"firm": firm, "year": year})
    panel["city"] = np.where(year >= when[firm], away[firm], home[firm])
    panel[["fc", *REGRESSORS]] = rng.normal(size=(rows, 1 + len(REGRESSORS)))
    return panel


def beside_fereg() -> None:
    """Print how long both take, if fereg is there."""
    if importlib.util.find_spec("fereg") is None:
        print("fereg is not installed: left out (pip install fereg)")
        return
    feols = importlib.import_module("fereg").feols
    options = {"vcov": {"CRV1": "city"}, "fixef_rm": "none", "nthreads": 1, "lean": True}
    print("     rows  exact ms  fereg ms  ratio  differ by")
    for rows in ROWS:
        panel = made_up(rows)
        ours = best(partial(exact, panel), 3)
        theirs = best(partial(feols, FORMULA, panel, **options), 3)
        apart = np.abs(feols(FORMULA, panel, **options).coef().to_numpy() / exact(panel) - 1).max()
        print(f"{rows:9,d} {1e3 * ours:9.1f} {1e3 * theirs:9.1f} {ours / theirs:6.1f} {apart:9.1e}")


def many_columns(panel: pd.DataFrame) -> None:
    """Print what one factorisation and many columns take."""
    columns = np.random.default_rng(1).normal(size=(len(panel), COLUMNS))
    absorber = Absorber.of(panel, EFFECTS)
    once = best(lambda: Absorber.of(panel, EFFECTS), 9)
    each = best(lambda: absorber.residualise(columns), 3) / COLUMNS
    print(f"Factorisation {1e3 * once:.1f} ms; then {1e3 * each:.2f} ms a column of {COLUMNS}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-slow", action="store_true", help="leave AbsorbingLS out")
    slow = not parser.parse_args().without_slow
    panel = estimation_sample(firm_panels()[TWIN], SPECIFICATION)
    many_columns(panel)
    print("movers   rank  exact ms   LSMR ms  ratio  differ by", end="")
    print("  AbsorbingLS s  ratio" if slow else "")
    for movers in MOVERS:
        compare(deal_cities(panel, movers), movers, slow)
    beside_fereg()


if __name__ == "__main__":
    main()
