"""Least-squares thresholds: one at a time, then refined, for one sample or many draws at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitrade.methods.threshold.columns import Problem
from digitrade.methods.threshold.panel import FloatArray, IntArray

SINGULAR = 1e-12  # relative eigenvalue under which columns of held cuts count as the same


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes, partialled out, as far as the search needs them."""

    scores: FloatArray  # (cuts, p, draws) inner products with the regime columns
    total: FloatArray  # (draws,) sums of squared residuals without a threshold

    @classmethod
    def of(cls, problem: Problem, outcomes: FloatArray) -> Outcomes:
        """Reduce outcomes within entities, (rows, draws)."""
        left = problem.residualise(outcomes)
        return cls(problem.scores(left), np.einsum("rd,rd->d", left, left))


@dataclass(frozen=True, slots=True)
class Fit:
    """A model with any number of thresholds, in the order found."""

    cuts: IntArray  # (thresholds, draws) indices of the candidates
    curves: tuple[FloatArray, ...]  # (cuts, draws) of the search that last placed each threshold
    first_pass: FloatArray  # (draws,) sum of squares before the earlier ones were refined
    ssr: FloatArray  # (draws,) sum of squares after it


def fit_thresholds(problem: Problem, outcomes: Outcomes, count: int) -> list[Fit]:
    """Models with 0 .. `count` thresholds, found in turn and refined (Hansen 1999, sec. 5.1)."""
    none = np.empty((0, outcomes.total.size), dtype=np.intp)
    fits = [Fit(none, (), outcomes.total, outcomes.total)]
    for order in range(count):
        cut, first_pass, curve = locate(problem, outcomes, fits[-1].cuts)
        cuts, curves, ssr = np.vstack([fits[-1].cuts, cut]), [*fits[-1].curves, curve], first_pass
        for k in range(order):
            others = np.delete(cuts, k, axis=0)
            cuts[k], ssr, curves[k] = locate(problem, outcomes, others)
        fits.append(Fit(cuts, tuple(curves), first_pass, ssr))
    return fits


def locate(
    problem: Problem, outcomes: Outcomes, held: IntArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Place one cut by least squares, given the cuts held (thresholds, draws).

    Returns the cut (draws,), its sum of squares (that without the cut where no candidate is
    admissible), and the curve of sums (cuts, draws), infinite where not admissible.
    """
    gram, scores, base = _given_held(problem, outcomes, held)
    sums = base - _explained(gram, scores, problem.floor)
    curve = np.where(problem.cuts.admissible(held), sums, np.inf)
    cut = np.argmin(curve, axis=0)
    ssr = curve[cut, np.arange(cut.size)]
    return cut, np.where(np.isinf(ssr), base, ssr), curve


def _explained(gram: FloatArray, scores: FloatArray, floor: FloatArray) -> FloatArray:
    """Sum of squares explained by the columns of a cut, s'G^{-1}s, (cuts, draws).

    Eliminated column by column; a pivot under `floor` (cuts, p) is collinear and explains nothing.
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


def _given_held(
    problem: Problem, outcomes: Outcomes, held: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Partial the columns of the held cuts out of Gram, scores and total (Frisch and Waugh)."""
    gram = problem.gram[..., None]
    if held.shape[0] == 0:
        return gram, outcomes.scores, outcomes.total
    products = problem.products(held.ravel())
    n_cuts, p = products.shape[:2]
    cross = np.moveaxis(products.reshape(n_cuts, p, *held.shape, p), 4, 3)
    cross = cross.reshape(n_cuts, p, -1, held.shape[1])
    own = np.linalg.pinv(_at_held(cross, held), rcond=SINGULAR, hermitian=True)
    inverse = np.ascontiguousarray(np.moveaxis(own, 0, 2))
    score = np.moveaxis(_at_held(outcomes.scores[:, :, None, :], held)[:, :, 0], 0, 1)
    weights = np.einsum("cphd,hkd->cpkd", cross, inverse)
    return (
        gram - np.einsum("cphd,cqhd->cpqd", weights, cross),
        outcomes.scores - np.einsum("cphd,hd->cpd", weights, score),
        outcomes.total - np.einsum("hd,hkd,kd->d", score, inverse, score),
    )


def _at_held(products: FloatArray, held: IntArray) -> FloatArray:
    """Rows of (cuts, p, k, draws) that belong to the held cuts, (draws, thresholds * p, k)."""
    draws = np.arange(held.shape[1])
    return np.concatenate([products[cut, :, :, draws] for cut in held], axis=1)
