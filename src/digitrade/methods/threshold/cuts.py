"""Candidate cut points of a threshold variable, and which may stand beside those held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digitrade.methods.threshold.model import FloatArray, IntArray, Split, ThresholdModel

ROUNDING = 1e-9  # slack in rows when a share becomes a count, so that 0.1 x 1800 is 180, not 179


@dataclass(frozen=True, slots=True)
class Cuts:
    """Candidate thresholds in ascending order."""

    gamma: FloatArray  # (cuts,) observed values of the threshold variable
    below: IntArray  # (cuts,) rows on the low side of each
    order: IntArray  # (rows,) sorts the rows by the threshold variable
    bins: IntArray  # (rows,) 0 .. cuts; a row lies on the low side of cut g if its bin is <= g
    min_rows: tuple[int, ...]  # the fewest rows on either side of the first, second, third cut
    steps: tuple[float, ...] | None  # or how many cuts a further one keeps away from those held

    @property
    def n_low(self) -> int:
        """Leading cuts whose low side holds at most half of the rows."""
        return int(np.searchsorted(self.below, self.order.size / 2, side="right"))

    def sums_by_bin(self, weights: FloatArray) -> sparse.csr_array:
        """Return the operator (cuts + 1, rows) that sums weights (rows,) times a column."""
        start = np.concatenate([[0], self.below, [self.order.size]])
        shape = (start.size - 1, self.order.size)
        return sparse.csr_array((weights[self.order], self.order, start), shape=shape)

    def admissible(self, held: IntArray) -> NDArray[np.bool_]:
        """Whether a further cut leaves all regimes enough; both (cuts, draws)."""
        if self.steps is None:
            least, total = self.min_rows[len(held)], self.order.size
            between = np.abs(self.below[:, None, None] - self.below[held])
            ends = (self.below >= least) & (total - self.below >= least)
            return np.asarray(ends[:, None] & (between >= least).all(axis=1))
        # The GAUSS program counts the candidates below the one held, hence the one.
        ahead = np.arange(self.gamma.size)[:, None, None] - held + 1
        steps = self.steps[len(held)]
        return np.asarray(((ahead < -steps) | (ahead >= steps)).all(axis=1))


def make_cuts(threshold: FloatArray, model: ThresholdModel) -> Cuts:
    """Cut points of (rows,) that leave every regime its share, and more rows than slopes."""
    rules, grid = model.rules, model.grid or model.rules.grid
    fewest = len(model.regime_dependent) + model.regime_intercepts + 1
    shares = (0.0,) * len(model.trims) if rules.drops_last else model.trims
    counts = (int(np.ceil(share * threshold.size - ROUNDING)) for share in shares)
    min_rows = tuple(max(count, fewest) for count in counts)
    order = np.argsort(threshold)
    ordered = threshold[order]
    distinct = ordered[np.append(True, np.diff(ordered) > 0)]
    values = quantile_grid(distinct, trim=model.trims[0], grid=grid)
    below = np.searchsorted(ordered, values, side="right" if rules.split == "<=" else "left")
    least = min(min_rows)
    kept = (below >= least) & (threshold.size - below >= least)
    bins = regime_codes(threshold, values[kept], rules.split)
    steps = tuple(share * (grid or 0) for share in model.trims) if rules.drops_last else None
    return Cuts(values[kept], below[kept], order, bins, min_rows, steps)


def quantile_grid(distinct: FloatArray, *, trim: float, grid: int | None) -> FloatArray:
    """Candidates among distinct values: all, or Hansen's (1999, sec. 3) quantiles of them."""
    if grid is None:
        return distinct
    steps = np.arange(int((1 - 2 * trim) * grid + ROUNDING) + 1)
    position = np.floor((trim + steps / grid) * distinct.size + ROUNDING).astype(np.intp) - 1
    return distinct[np.unique(position[position >= 0])]


def regime_codes(threshold: FloatArray, values: FloatArray, split: Split) -> IntArray:
    """In which interval between sorted `values` each row of `threshold` lies, from 0."""
    return np.searchsorted(values, threshold, side="left" if split == "<=" else "right")
