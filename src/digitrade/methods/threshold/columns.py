r"""Inner products of the regime columns at every cut point, in one pass over the rows.

A threshold at :math:`\gamma` adds the column :math:`x_{it} 1(q_{it} \le \gamma)` to the model.
Here it always stands with effects, controls and x itself partialled out (Frisch and Waugh), so
that either side of the cut spans the same space; the side that holds fewer rows is taken, which
keeps every cumulative sum well conditioned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy import sparse

from digitrade.methods.threshold.cuts import Cuts
from digitrade.methods.threshold.panel import FloatArray, IntArray
from digitrade.methods.threshold.within import Groups, Within, demean, entity_means, indicator_sums

BLOCK = 2**20
"""Numbers in one array of a block of draws (8 MB); bounds memory whatever the panel's size."""
TABLE_SIDE = 1024
"""Most regime columns of which all products are kept at once (8 MB)."""
COLLINEAR_SQUARE = 1e-10
"""A regime column keeping less than this share of its squared length counts as collinear."""


class RegimeColumns(Protocol):
    """What the search needs to know about the regime columns.

    `gram` is (cuts, regressors, regressors); `floor` (cuts, regressors) is the squared length
    below which a column counts as explained by the rest; `basis` (rows, k) is orthonormal and
    spans what is partialled out besides the entity effects.
    """

    @property
    def cuts(self) -> Cuts: ...  # noqa: D102

    @property
    def basis(self) -> FloatArray: ...  # noqa: D102

    @property
    def gram(self) -> FloatArray: ...  # noqa: D102

    @property
    def floor(self) -> FloatArray: ...  # noqa: D102

    def at(self, cut: IntArray) -> FloatArray:
        """Demeaned regime columns of some cuts, (rows, len(cut) * regressors)."""
        ...

    def scores(self, values: FloatArray, loadings: FloatArray) -> FloatArray:
        """Products with what the basis leaves of demeaned `values`: (cuts, regressors, k).

        `values` is (rows, k) and `loadings`, the basis times `values`, (basis columns, k).
        """
        ...

    def products(self, cut: IntArray) -> FloatArray:
        """Products of all regime columns with those of some cuts, (cuts, p, len(cut), p)."""
        ...


@dataclass(frozen=True, slots=True)
class OnePassColumns:
    """Regime columns of a panel, never stored: only their sums over the sorted rows.

    Attributes
    ----------
    cuts : candidate thresholds
    groups : rows by entity
    regime : (rows, regressors), scaled to unit mean square
    basis : (rows, k) orthonormal, what is partialled out
    bin_sums : one sparse (bins, rows) operator for each regressor; it sums x times a column
    loadings : (cuts, regressors, k) products of the regime columns with the basis
    gram, floor : see `RegimeColumns`
    table : (cuts, p, cuts, p) products between all cuts, or None to work them out when asked
    """

    cuts: Cuts
    groups: Groups
    regime: FloatArray
    basis: FloatArray
    bin_sums: tuple[sparse.csr_array, ...]
    loadings: FloatArray
    gram: FloatArray
    floor: FloatArray
    table: FloatArray | None = None

    def at(self, cut: IntArray) -> FloatArray:
        """Demeaned regime columns of some cuts, (rows, len(cut) * regressors)."""
        inside = (self.cuts.bins[:, None] <= cut) == (cut < self.cuts.n_low)
        columns = inside[:, :, None] * self.regime[:, None, :]
        return demean(self.groups, columns.reshape(self.cuts.n_rows, -1), passes=1)

    def scores(self, values: FloatArray, loadings: FloatArray) -> FloatArray:
        """Products with what the basis leaves of demeaned `values`: (cuts, regressors, k)."""
        explained = self.loadings.reshape(-1, len(loadings)) @ loadings
        products = side_products(self.bin_sums, values, self.cuts.n_low)
        return products - explained.reshape(products.shape)

    def products(self, cut: IntArray) -> FloatArray:
        """Products of all regime columns with those of some cuts, (cuts, p, len(cut), p)."""
        if self.table is not None:
            return self.table[:, :, cut]
        distinct, place = np.unique(cut, return_inverse=True)
        loadings = self.loadings[distinct].reshape(-1, self.basis.shape[1]).T
        found = self.scores(self.at(distinct), loadings)
        return found.reshape(*found.shape[:2], distinct.size, -1)[:, :, place]


def one_pass_columns(regime: FloatArray, cuts: Cuts, within: Within) -> OnePassColumns:
    """Prepare the sums of a panel; `regime` is (rows, regressors), in any units."""
    regime = regime / np.sqrt(np.mean(regime**2, axis=0))
    bin_sums = tuple(_bin_sums(x, cuts) for x in regime.T)
    squares = _side_sums(_pairs_by_bin(regime, regime, cuts), cuts.n_low)
    loadings = side_products(bin_sums, within.basis, cuts.n_low)
    gram = _demeaned_gram(regime, cuts, within.groups) - loadings @ loadings.transpose(0, 2, 1)
    return OnePassColumns(
        cuts=cuts,
        groups=within.groups,
        regime=regime,
        basis=within.basis,
        bin_sums=bin_sums,
        loadings=loadings,
        gram=gram,
        floor=COLLINEAR_SQUARE * np.diagonal(squares, axis1=1, axis2=2),
    )


def tabulate(columns: OnePassColumns) -> OnePassColumns:
    """Work out the products between all cuts once, where the table stays small."""
    n_cuts, p = columns.gram.shape[:2]
    if n_cuts * p > TABLE_SIDE:
        return columns
    step = max(1, BLOCK // (columns.cuts.n_rows * p))
    pieces = [
        columns.products(np.arange(start, min(start + step, n_cuts)))
        for start in range(0, n_cuts, step)
    ]
    return replace(columns, table=np.concatenate(pieces, axis=2))


def side_products(
    bin_sums: tuple[sparse.csr_array, ...], values: FloatArray, n_low: int
) -> FloatArray:
    """Sums of x times `values` (rows, k) over the smaller side: (cuts, regressors, k)."""
    return np.stack([_side_sums(by_bin @ values, n_low) for by_bin in bin_sums], axis=1)


def _side_sums(by_bin: FloatArray, n_low: int) -> FloatArray:
    """Cumulate bins (cuts + 1, ...) from the nearer end, (cuts, ...)."""
    sums = np.empty((by_bin.shape[0] - 1, *by_bin.shape[1:]))
    np.cumsum(by_bin[:n_low], axis=0, out=sums[:n_low])
    np.cumsum(by_bin[:n_low:-1], axis=0, out=sums[n_low:][::-1])
    return sums


def _bin_sums(x: FloatArray, cuts: Cuts) -> sparse.csr_array:
    parts = (x[cuts.order], cuts.order, cuts.start)
    return sparse.csr_array(parts, shape=(cuts.gamma.size + 1, x.size))


def _pairs_by_bin(left: FloatArray, right: FloatArray, cuts: Cuts) -> FloatArray:
    """Sum the outer products of `left` and `right` (rows, p) in each bin, (cuts + 1, p, p)."""
    pairs = left[:, :, None] * right[:, None, :]
    return _sum_by_bin(pairs, cuts.bins, cuts.gamma.size + 1)


def _sum_by_bin(values: FloatArray, bins: IntArray, n_bins: int) -> FloatArray:
    flat = values.reshape(values.shape[0], -1)
    sums = np.empty((n_bins, flat.shape[1]))
    for k, column in enumerate(flat.T):
        sums[:, k] = np.bincount(bins, weights=column, minlength=n_bins)
    return sums.reshape(n_bins, *values.shape[1:])


def _demeaned_gram(regime: FloatArray, cuts: Cuts, groups: Groups) -> FloatArray:
    r"""Gram matrix of the entity-demeaned regime columns at every cut, (cuts, p, p).

    With :math:`x = m_i + u`, where :math:`m_i` is the entity's mean, and n of the entity's T
    rows on the low side, summing u to U there, an entity contributes

    .. math:: \sum u u' + m m' n (1 - n/T) + (m U' + U m') (1 - n/T) - U U'/T,

    which does not cancel when x lies far from zero. On the high side the first sum runs over
    the other rows, and :math:`m U' + U m'` is taken off once.
    """
    level = entity_means(groups, regime)
    deviation = demean(groups, regime)
    squares = _side_sums(_pairs_by_bin(deviation, deviation, cuts), cuts.n_low)
    changes = np.cumsum(_entity_part_by_bin(level, deviation, cuts, groups)[:-1], axis=0)
    tilt = _pairs_by_bin(level[groups.entity], deviation, cuts)
    high = _side_sums(tilt, cuts.n_low)
    high[: cuts.n_low] = 0.0
    return squares + changes + high + high.transpose(0, 2, 1)


def _entity_part_by_bin(
    level: FloatArray, deviation: FloatArray, cuts: Cuts, groups: Groups
) -> FloatArray:
    """Change of the entities' terms from bin to bin, all but the first sum, (cuts + 1, p, p)."""
    by_entity = indicator_sums(groups.entity[cuts.order], groups.size.size).indices
    order = cuts.order[by_entity]
    entity, bins = groups.entity[order], cuts.bins[order]
    start = np.cumsum(groups.size) - groups.size
    passed = np.arange(1, order.size + 1) - start[entity]
    summed = np.cumsum(deviation[order], axis=0)
    last = np.append((np.diff(entity) != 0) | (np.diff(bins) != 0), True)
    terms = _entity_terms(
        level[entity[last]], summed[last], passed[last], groups.size[entity[last]]
    )
    # An entity's terms are zero once all its rows are passed, so no difference crosses entities.
    return _sum_by_bin(np.diff(terms, axis=0, prepend=0.0), bins[last], cuts.gamma.size + 1)


def _entity_terms(
    level: FloatArray, summed: FloatArray, passed: IntArray, size: FloatArray
) -> FloatArray:
    """Return m m' n (1 - n/T) + (m U' + U m') (1 - n/T) - U U'/T, (k, p, p)."""
    left = (1 - passed / size)[:, None, None]
    tilt = level[:, :, None] * summed[:, None, :]
    levels = level[:, :, None] * level[:, None, :] * passed[:, None, None]
    pull = summed[:, :, None] * summed[:, None, :] / size[:, None, None]
    terms: FloatArray = left * (levels + tilt + tilt.transpose(0, 2, 1)) - pull
    return terms
