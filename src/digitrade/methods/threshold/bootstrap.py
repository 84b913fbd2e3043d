"""F tests of thresholds: many samples under the null, searched at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from digitrade.methods.threshold.columns import Problem
from digitrade.methods.threshold.panel import FloatArray, IntArray
from digitrade.methods.threshold.search import Fit, Outcomes, fit_thresholds, locate

BLOCK = 2**20  # numbers in one array of a block of draws (8 MB), whatever the panel's size


def f_statistic(problem: Problem, null: FloatArray, alternative: FloatArray) -> FloatArray:
    """F = (S_null - S_alt) / (S_alt / divisor) (Hansen 1999, secs. 4.1 and 5.2)."""
    return (null - alternative) / (alternative / problem.divisor)


def next_cut(problem: Problem, outcomes: FloatArray, count: int = 0) -> tuple[IntArray, FloatArray]:
    """Return the next cut after `count`, and its F, for outcomes (rows, draws)."""
    reduced = Outcomes.of(problem, outcomes)
    null = fit_thresholds(problem, reduced, count)[-1]
    cut, ssr, _ = locate(problem, reduced, null.cuts)
    return cut, f_statistic(problem, null.ssr, ssr)


def drawn_f(problem: Problem, blocks: Iterable[FloatArray], count: int = 0) -> FloatArray:
    """Return F of blocks of outcomes, one after the other."""
    return np.concatenate([np.empty(0), *(next_cut(problem, block, count)[1] for block in blocks)])


def null_distribution(
    problem: Problem, null: Fit, fit: Fit, draws: int, rng: np.random.Generator
) -> FloatArray:
    """F statistics of samples in which `null`, of one threshold fewer than `fit`, is true."""
    panel, left = problem.panel, _residuals(problem, null)
    fitted = (panel.residuals - left)[:, None]
    if panel.balanced:
        errors = _histories(problem, _residuals(problem, fit), draws, rng)
    else:
        errors = signed(problem, left, panel.entity, draws, rng)
    return drawn_f(problem, (fitted + block for block in errors), len(null.cuts))


def _residuals(problem: Problem, fit: Fit) -> FloatArray:
    """Residuals (rows,) of the partialled-out outcome on the regime columns of a fit."""
    outcome, design = problem.panel.residuals, problem.at(fit.cuts[:, 0])
    return outcome - design @ np.linalg.lstsq(design, outcome)[0] if design.size else outcome


def _histories(
    problem: Problem, residuals: FloatArray, draws: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Blocks (rows, k): each entity gets the whole history of another (Hansen 1999, sec. 4.1)."""
    entities = problem.panel.n_entities
    by_period = residuals.reshape(-1, entities)  # rows run by period and then entity
    for size in _block_sizes(problem, draws):
        source = rng.integers(entities, size=(size, entities))
        yield by_period.take(source.T, axis=1).reshape(-1, size)


def signed(
    problem: Problem, residuals: FloatArray, codes: IntArray, draws: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Blocks (rows, k) of residuals, those of one code (rows,) with one random sign a draw."""
    for size in _block_sizes(problem, draws):
        signs = 1.0 - 2.0 * rng.integers(2, size=(size, int(codes.max()) + 1))
        yield residuals[:, None] * signs.T[codes]


def _block_sizes(problem: Problem, draws: int) -> list[int]:
    width = max(problem.panel.rows.size, problem.cuts.gamma.size)
    size = max(1, BLOCK // width)
    return [min(size, draws - start) for start in range(0, draws, size)]
