"""How fast `panel_threshold` is, as ratios measured in one run: python benchmarks/threshold.py.

`--rows 1000000` carries the growth table that far (about 1 GB of memory and a minute).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import MagicMock, patch

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS
from threadpoolctl import threadpool_info
from timing import best

from digitrade.methods import threads
from digitrade.methods.threshold import PanelThreshold, ThresholdModel, panel_threshold
from digitrade.methods.threshold.panel import read_panel
from digitrade.methods.threshold.search import Layout, Outcomes, locate

CONTROLS = tuple(f"z{k}" for k in range(5))
STEPS = 445  # 0.9 x 445 steps; the first quantile leaves too few rows: 400 cuts
MODEL = ThresholdModel("y", ("x",), "q", "entity", "time", CONTROLS, grid=STEPS)
PANELOLS_POINTS = 5
DRAWS = 300
ROUNDS = 5


def simulate(entities: int, periods: int) -> pd.DataFrame:
    """One threshold at 0, one regressor that changes slope and five that do not."""
    rng = np.random.default_rng(1)
    rows = entities * periods
    frame = pd.DataFrame(rng.normal(size=(rows, 7)), columns=["q", "x", *CONTROLS])
    frame["entity"] = np.repeat(np.arange(entities), periods)
    frame["time"] = np.tile(np.arange(periods), entities)
    slopes = 1 + 0.3 * (frame["q"] > 0)
    effect = rng.normal(size=entities)[frame["entity"]]
    frame["y"] = slopes * frame["x"] + frame["z0"] + effect + rng.normal(size=rows)
    return frame


def search(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Cut points and sums of squares, preparation included."""
    panel = read_panel(frame, MODEL)
    layout = Layout.of(MODEL, panel)
    outcomes = Outcomes.of(layout, panel.residuals[:, None])
    curve = locate(layout, outcomes, np.empty((0, 1), dtype=np.intp))[2]
    return layout.cuts.gamma, curve[:, 0]


def lstsq_search(frame: pd.DataFrame, gammas: np.ndarray) -> np.ndarray:
    """Sums of squares by numpy.linalg.lstsq, the regime columns demeaned at every cut."""
    periods = frame["time"].nunique()

    def demean(values: np.ndarray) -> np.ndarray:
        by_entity = values.reshape(-1, periods, values.shape[1])
        return (by_entity - by_entity.mean(axis=1, keepdims=True)).reshape(values.shape)

    outcome, controls = demean(frame[["y"]].to_numpy())[:, 0], demean(frame[[*CONTROLS]].to_numpy())
    x, q = frame[["x"]].to_numpy(), frame[["q"]].to_numpy()
    sums = np.empty(gammas.size)
    for k, gamma in enumerate(gammas):
        split = demean(np.hstack([x * (q <= gamma), x * (q > gamma)]))
        design = np.hstack([split, controls])
        residuals = outcome - design @ np.linalg.lstsq(design, outcome)[0]
        sums[k] = residuals @ residuals
    return sums


def panelols_search(frame: pd.DataFrame, gammas: np.ndarray) -> list[float]:
    """Sums of squares by linearmodels at a few cuts."""
    indexed = frame.set_index(["entity", "time"])
    sums = []
    for gamma in gammas:
        low = indexed["q"] <= gamma
        design = indexed[list(CONTROLS)].assign(low=indexed["x"] * low, high=indexed["x"] * ~low)
        sums.append(PanelOLS(indexed["y"], design, entity_effects=True).fit().resid_ss)
    return sums


def run(frame: pd.DataFrame, **options: object) -> PanelThreshold:
    """Call the public function with this script's columns."""
    return panel_threshold(
        frame,
        outcome="y",
        regime_dependent="x",
        threshold="q",
        controls=CONTROLS,
        entity="entity",
        time="time",
        rng=np.random.default_rng(1),
        **{"grid": STEPS, "draws": DRAWS} | options,
    )


def compare_searches(entities: int = 565, periods: int = 14) -> None:
    """Print the search against a regression at every grid point."""
    frame = simulate(entities, periods)
    gammas, curve = search(frame)
    few = gammas[:: gammas.size // PANELOLS_POINTS][:PANELOLS_POINTS]
    difference = np.max(np.abs(curve / lstsq_search(frame, gammas) - 1))
    rounds = [
        (
            best(lambda: search(frame), 30),
            best(lambda: lstsq_search(frame, gammas), 1),
            best(lambda: panelols_search(frame, few), 1) / PANELOLS_POINTS,
        )
        for _ in range(ROUNDS)
    ]
    ours, slow, each = np.min(rounds, axis=0)  # taken in turn, so that all meet the same machine
    print(f"Search, {entities} x {periods}, 6 regressors, {gammas.size} grid points")
    print(f"  one pass                          {1e3 * ours:9.1f} ms")
    print(f"  numpy.linalg.lstsq at every point {1e3 * slow:9.1f} ms  {slow / ours:8.0f} x")
    whole = each * gammas.size
    print(
        f"  linearmodels PanelOLS             {1e3 * whole:9.1f} ms  {whole / ours:8.0f} x"
        f"  (extrapolated from {PANELOLS_POINTS} points)"
    )
    print(f"  largest relative difference of the sums of squares from lstsq: {difference:.1e}")


def time_tests(entities: int, periods: int) -> None:
    """Print the whole call, from data frame to tests."""
    frame = simulate(entities, periods)
    spans = [best(lambda count=count: run(frame, n_thresholds=count)) for count in (1, 2, 3)]
    alone = best(lambda: run(frame, n_thresholds=3, draws=0))
    print(f"Whole call, {entities} x {periods}, {DRAWS} draws for each test")
    print(f"  single {1e3 * spans[0]:.1f} ms, single and double {1e3 * spans[1]:.1f} ms,")
    print(f"  single, double and triple {1e3 * spans[2]:.1f} ms (no tests: {1e3 * alone:.1f} ms)")


@contextmanager
def busy_cores() -> Iterator[None]:
    """Keep every core busy with a process that does nothing else."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def compare_threads(entities: int, periods: int) -> None:
    """Print the bootstrap on busy cores with one thread of BLAS, and with as many as it takes."""
    frame = simulate(entities, periods)
    unlimited = patch.object(threads, "_controller", MagicMock())
    spans = []
    with busy_cores():
        for _ in range(ROUNDS):
            limited = best(lambda: run(frame, n_thresholds=2), 1)
            with unlimited:
                spans.append((limited, best(lambda: run(frame, n_thresholds=2), 1)))
    one, many = np.median(spans, axis=0)  # what a call meets there; the best would be luck
    most = max(pool["num_threads"] for pool in threadpool_info())
    print(f"Busy cores, {entities} x {periods}, single and double, {DRAWS} draws for each test")
    print(f"  one thread of BLAS {1e3 * one:9.1f} ms")
    print(f"  {most} threads          {1e3 * many:9.1f} ms  {many / one:8.1f} x")


def growth(most_rows: int) -> None:
    """Print time and peak memory as rows and draws grow, single test."""
    print("Growth, T = 10, single threshold, from data frame to test")
    print("       rows   grid  draws   seconds   us per row   peak MB")
    for power in range(4, int(np.log10(most_rows)) + 1):
        frame = simulate(10 ** (power - 1), 10)
        for draws in (0, 20, 60):
            growth_row(frame, grid=STEPS, draws=draws)
        growth_row(frame, grid=None, draws=0)


def growth_row(frame: pd.DataFrame, *, grid: int | None, draws: int) -> None:
    """Print one row of the growth table."""
    rows = len(frame)
    seconds = best(lambda: run(frame, grid=grid, draws=draws), 2)
    megabytes = peak_megabytes(frame, grid=grid, draws=draws)
    print(
        f"{rows:11,d} {grid or 'every':>6} {draws:6d} {seconds:9.2f} "
        f"{1e6 * seconds / rows:12.2f} {megabytes:9.0f}"
    )


def peak_megabytes(frame: pd.DataFrame, **options: object) -> float:
    """Peak memory that one call allocates on top of the frame."""
    tracemalloc.start()
    run(frame, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="largest panel in the last table")
    compare_searches()
    time_tests(565, 14)
    time_tests(30, 11)
    compare_threads(565, 14)
    compare_threads(30, 11)
    growth(parser.parse_args().rows)


if __name__ == "__main__":
    main()
