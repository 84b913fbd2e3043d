"""Candidate cut points, and how the rows fall between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitrade.methods.threshold.options import Split
from digitrade.methods.threshold.panel import FloatArray, IntArray

ROUNDING = 1e-9
"""Slack in rows when a share is turned into a count, so that 0.1 x 1800 is 180 and not 179."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Candidate thresholds in ascending order.

    Attributes
    ----------
    gamma : (cuts,) observed values of the threshold variable
    below : (cuts,) rows on the low side of each cut
    order : (rows,) sorts the rows by the threshold variable
    bins : (rows,) 0 .. cuts; a row lies on the low side of cut g where its bin is at most g
    n_rows, min_rows : rows in all, and the fewest a regime may hold
    """

    gamma: FloatArray
    below: IntArray
    order: IntArray
    bins: IntArray
    n_rows: int
    min_rows: int

    @property
    def start(self) -> IntArray:
        """(cuts + 2,) where each bin starts in the sorted rows, and their number."""
        return np.concatenate([[0], self.below, [self.n_rows]])

    @property
    def n_low(self) -> int:
        """Leading cuts whose low side holds at most half of the rows."""
        return int(np.searchsorted(self.below, self.n_rows / 2, side="right"))


def make_cuts(
    threshold: FloatArray, *, trim: float, grid: int | None, split: Split, n_regressors: int
) -> Cuts:
    """Cut points that leave every regime at least a share `trim` of the rows.

    `threshold` is (rows,). A regime must also hold more rows than it has slopes.
    """
    min_rows = max(int(np.ceil(trim * threshold.size - ROUNDING)), n_regressors + 1)
    order = np.argsort(threshold)
    ordered = threshold[order]
    distinct = ordered[np.append(True, np.diff(ordered) > 0)]
    values = quantile_grid(distinct, trim=trim, grid=grid)
    below = np.searchsorted(ordered, values, side="right" if split == "<=" else "left")
    kept = (below >= min_rows) & (threshold.size - below >= min_rows)
    return Cuts(
        gamma=values[kept],
        below=below[kept],
        order=order,
        bins=_bins(order, below[kept]),
        n_rows=threshold.size,
        min_rows=min_rows,
    )


def _bins(order: IntArray, below: IntArray) -> IntArray:
    sizes = np.diff(below, prepend=0, append=order.size)
    bins = np.empty_like(order)
    bins[order] = np.repeat(np.arange(sizes.size), sizes)
    return bins


def quantile_grid(distinct: FloatArray, *, trim: float, grid: int | None) -> FloatArray:
    """Candidates among the sorted distinct values: all, or Hansen's quantiles of them.

    With grid = 400 and trim = 0.01 these are the quantiles 1.00 %, 1.25 %, ..., 99.00 %
    (Hansen 1999, sec. 3), read off the distinct values at position floor(share x count).
    """
    if grid is None:
        return distinct
    steps = np.arange(int((1 - 2 * trim) * grid + ROUNDING) + 1)
    position = np.floor((trim + steps / grid) * distinct.size + ROUNDING).astype(np.intp) - 1
    return distinct[np.unique(position[position >= 0])]


def regime_codes(threshold: FloatArray, values: FloatArray, split: Split) -> IntArray:
    """Number of the interval between sorted `values` in which each row of `threshold` lies."""
    return np.searchsorted(values, threshold, side="left" if split == "<=" else "right")


def admissible(cuts: Cuts, held: IntArray) -> NDArray[np.bool_]:
    """Whether a further cut leaves every regime enough rows, (cuts, draws).

    `held` (thresholds, draws) are the cuts in place; the outer regimes hold by construction.
    """
    allowed = np.ones((cuts.gamma.size, held.shape[1]), dtype=np.bool_)
    for one in cuts.below[held]:
        allowed &= np.abs(cuts.below[:, None] - one) >= cuts.min_rows
    return allowed
