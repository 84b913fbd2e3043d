"""Least-squares thresholds: one at a time, then refined, for one sample or many draws at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitrade.methods.threshold.columns import RegimeColumns
from digitrade.methods.threshold.cuts import admissible
from digitrade.methods.threshold.panel import FloatArray, IntArray

SINGULAR = 1e-12
"""Relative eigenvalue under which columns of held cuts count as the same column."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Outcomes, partialled out, as far as the search needs them.

    Attributes
    ----------
    scores : (cuts, regressors, draws) inner products with the regime columns
    total : (draws,) sums of squared residuals without a threshold
    """

    scores: FloatArray
    total: FloatArray


@dataclass(frozen=True, slots=True)
class Located:
    """The best further cut.

    Attributes
    ----------
    cut : (draws,) index of the candidate with the smallest sum of squared residuals
    ssr : (draws,) that sum; the sum without the cut where no candidate is admissible
    curve : (cuts, draws) the sum at every candidate, infinite where not admissible
    """

    cut: IntArray
    ssr: FloatArray
    curve: FloatArray


@dataclass(frozen=True, slots=True)
class Fit:
    """A model with one or more thresholds.

    Attributes
    ----------
    searches : for each threshold, in the order found, the search that last placed it
    first_pass : (draws,) sum of squared residuals before the earlier thresholds were refined
    ssr : (draws,) sum of squared residuals after it
    """

    searches: tuple[Located, ...]
    first_pass: FloatArray
    ssr: FloatArray

    @property
    def cuts(self) -> IntArray:
        """(thresholds, draws) indices of the candidates, in the order found."""
        return np.stack([search.cut for search in self.searches])


def make_sample(columns: RegimeColumns, outcome: FloatArray) -> Sample:
    """Reduce demeaned outcomes (rows, draws) to what the search needs."""
    loadings = columns.basis.T @ outcome
    total = np.einsum("rd,rd->d", outcome, outcome) - np.einsum("kd,kd->d", loadings, loadings)
    return Sample(scores=columns.scores(outcome, loadings), total=total)


def fit_thresholds(columns: RegimeColumns, sample: Sample, count: int) -> Fit:
    """Estimate `count` thresholds in sequence, refining after each (Hansen 1999, sec. 5.1)."""
    fit = add_threshold(columns, sample, None)
    for _ in range(count - 1):
        fit = add_threshold(columns, sample, fit)
    return fit


def add_threshold(columns: RegimeColumns, sample: Sample, fit: Fit | None) -> Fit:
    """Find one more threshold with the others held, then re-estimate each of the others.

    The refinement is Bai's (1997, Econometric Theory 13, 315-352): without it the earlier
    thresholds were estimated as if there were no later one.
    """
    searches = () if fit is None else fit.searches
    found = next_threshold(columns, sample, fit)
    refined = [*searches, found]
    ssr = found.ssr
    for k in range(len(searches)):
        others = np.stack([one.cut for j, one in enumerate(refined) if j != k])
        refined[k] = locate(columns, sample, others)
        ssr = refined[k].ssr
    return Fit(searches=tuple(refined), first_pass=found.ssr, ssr=ssr)


def next_threshold(columns: RegimeColumns, sample: Sample, fit: Fit | None) -> Located:
    """Search for one more threshold with those of `fit` held (Hansen 1999, sec. 5.1)."""
    held = np.empty((0, sample.total.size), dtype=np.intp) if fit is None else fit.cuts
    return locate(columns, sample, held)


def locate(columns: RegimeColumns, sample: Sample, held: IntArray) -> Located:
    """Place one cut by least squares, given the cuts held (thresholds, draws)."""
    gram, scores, base = given_held(columns, sample, held)
    unrestricted = base - explained(gram, scores, columns.floor)
    curve = np.where(admissible(columns.cuts, held), unrestricted, np.inf)
    cut = np.argmin(curve, axis=0)
    ssr = curve[cut, np.arange(cut.size)]
    return Located(cut=cut, ssr=np.where(np.isinf(ssr), base, ssr), curve=curve)


def explained(gram: FloatArray, scores: FloatArray, floor: FloatArray) -> FloatArray:
    """Sum of squares explained by the columns of a cut, s'G^{-1}s, (cuts, draws).

    `gram` (cuts, p, p, draws or 1) and `scores` (cuts, p, draws) are eliminated column by
    column; a pivot under `floor` (cuts, p) is collinear and explains nothing.
    """
    gain = np.zeros((scores.shape[0], scores.shape[2]))
    for k in range(scores.shape[1]):
        pivot = gram[:, 0, 0]
        inverse = 1.0 / np.where(pivot > floor[:, k, None], pivot, np.inf)
        gain += scores[:, 0] ** 2 * inverse
        slope = gram[:, 1:, 0] * inverse[:, None]
        scores = scores[:, 1:] - slope * scores[:, :1]
        gram = gram[:, 1:, 1:] - slope[:, :, None] * gram[:, :1, 1:]
    return gain


def given_held(
    columns: RegimeColumns, sample: Sample, held: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Partial the columns of the held cuts out of Gram, scores and total (Frisch and Waugh)."""
    gram = columns.gram[..., None]
    if held.shape[0] == 0:
        return gram, sample.scores, sample.total
    cross = held_products(columns, held)
    own = np.linalg.pinv(_at_held(cross, held), rcond=SINGULAR, hermitian=True)
    inverse = np.ascontiguousarray(np.moveaxis(own, 0, 2))
    score = np.moveaxis(_at_held(sample.scores[:, :, None, :], held)[:, :, 0], 0, 1)
    weights = np.einsum("cphd,hkd->cpkd", cross, inverse)
    return (
        gram - np.einsum("cphd,cqhd->cpqd", weights, cross),
        sample.scores - np.einsum("cphd,hd->cpd", weights, score),
        sample.total - np.einsum("hd,hkd,kd->d", score, inverse, score),
    )


def held_products(columns: RegimeColumns, held: IntArray) -> FloatArray:
    """Products of every cut's columns with those held, (cuts, p, thresholds * p, draws)."""
    products = columns.products(held.ravel())
    n_cuts, p = products.shape[:2]
    by_held = products.reshape(n_cuts, p, *held.shape, p)
    return np.moveaxis(by_held, 4, 3).reshape(n_cuts, p, -1, held.shape[1])


def _at_held(products: FloatArray, held: IntArray) -> FloatArray:
    """Rows of (cuts, p, k, draws) that belong to the held cuts, (draws, thresholds * p, k)."""
    draws = np.arange(held.shape[1])
    rows = [products[cut, :, :, draws] for cut in held]
    return np.concatenate(rows, axis=1)
