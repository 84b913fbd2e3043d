"""Bootstrap of the F tests: many samples under the null, searched at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from digitrade.methods.threshold.columns import BLOCK, RegimeColumns
from digitrade.methods.threshold.panel import FloatArray, IntArray
from digitrade.methods.threshold.search import fit_thresholds, make_sample, next_threshold
from digitrade.methods.threshold.within import Within


@dataclass(frozen=True, slots=True)
class Null:
    """A fitted model with one threshold fewer, to draw samples from.

    Attributes
    ----------
    count : thresholds under the null
    fitted : (rows,) partialled-out fitted values under the null
    residuals : (rows,) to draw from: of the model with one threshold more where the panel is
        balanced, under the null where not
    n_periods : periods if the panel is balanced, 0 if not
    """

    count: int
    fitted: FloatArray
    residuals: FloatArray
    n_periods: int


def f_statistic(null: FloatArray, alternative: FloatArray, divisor: float) -> FloatArray:
    """F = (S_null - S_alt) / (S_alt / divisor) (Hansen 1999, secs. 4.1 and 5.2)."""
    return (null - alternative) / (alternative / divisor)


def null_distribution(
    columns: RegimeColumns,
    within: Within,
    null: Null,
    *,
    draws: int,
    divisor: float,
    rng: np.random.Generator,
) -> FloatArray:
    """F statistics of samples drawn under the null, (draws,); regressors stay as they are."""
    width = max(within.residuals.size, columns.cuts.gamma.size)
    block = max(1, min(draws, BLOCK // width))
    return np.concatenate(
        [
            _f_of_draws(columns, null, errors, divisor)
            for errors in error_blocks(within, null, draws=draws, block=block, rng=rng)
        ]
    )


def _f_of_draws(
    columns: RegimeColumns, null: Null, errors: FloatArray, divisor: float
) -> FloatArray:
    sample = make_sample(columns, null.fitted[:, None] + errors if null.count else errors)
    fit = fit_thresholds(columns, sample, null.count) if null.count else None
    restricted = sample.total if fit is None else fit.ssr
    return f_statistic(restricted, next_threshold(columns, sample, fit).ssr, divisor)


def error_blocks(
    within: Within, null: Null, *, draws: int, block: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Errors (rows, block) of bootstrap samples; the same whatever the block size."""
    n_entities = within.groups.size.size
    for start in range(0, draws, block):
        count = min(block, draws - start)
        if null.n_periods:
            source = rng.integers(n_entities, size=(count, n_entities))
            yield resampled_vectors(null.residuals, source, null.n_periods)
        else:
            sign = 1.0 - 2.0 * rng.integers(2, size=(count, n_entities))
            yield null.residuals[:, None] * sign.T[within.groups.entity]


def resampled_vectors(residuals: FloatArray, source: IntArray, n_periods: int) -> FloatArray:
    """Give each entity the whole residual history of another (Hansen 1999, sec. 4.1).

    `residuals` (rows,) run by period and then entity; `source` (draws, entities) names whose
    history each entity receives. Returns (rows, draws).
    """
    by_period = residuals.reshape(n_periods, -1)
    return by_period.take(source.T, axis=1).reshape(residuals.size, -1)
