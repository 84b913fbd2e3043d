r"""Candidate cut points, and inner products of the regime columns at each, in one pass.

A threshold at :math:`\gamma` adds the column :math:`x_{it} 1(q_{it} \le \gamma)` to the model.
Here it always stands with effects, controls and x itself partialled out (Frisch and Waugh), so
that either side of the cut spans the same space; the side that holds fewer rows is taken, which
keeps every cumulative sum well conditioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from digitrade.methods.absorb import indicators
from digitrade.methods.checks import holding, refuse
from digitrade.methods.threshold.model import TITLE, FloatArray, IntArray, ThresholdModel, checked
from digitrade.methods.threshold.panel import COLLINEAR, Cuts, Panel, make_cuts, read_panel

COLLINEAR_SQUARE = 1e-10  # share of its squared length that a column must keep beside the rest
SINGULAR = 1e-12  # relative eigenvalue under which columns of held cuts count as the same
BLOCK = 2**20  # numbers in one array of a block of draws (8 MB), whatever the panel's size


@dataclass(frozen=True, slots=True)
class Layout:
    """A panel laid out for the search: sums of its regime columns, never the columns."""

    model: ThresholdModel
    panel: Panel
    cuts: Cuts
    regime: FloatArray  # (rows, p) regressors, scaled to unit mean square
    bin_sums: tuple[sparse.csr_array, ...]  # for each regressor, of x times a column in each bin
    gram: FloatArray  # (cuts, p, p) products of the columns of a cut
    floor: FloatArray  # (cuts, p) squared length below which the rest explain a column

    @classmethod
    def of(cls, model: ThresholdModel, panel: Panel) -> Layout:
        """Lay out a panel whose regressors may be in any units."""
        cuts, scale = make_cuts(panel.threshold, model), np.sqrt(np.mean(panel.regime**2, axis=0))
        regime = panel.regime / np.where(scale > 0, scale, 1)
        bin_sums = tuple(cuts.sums_by_bin(x) for x in regime.T)
        loadings = _side_products(bin_sums, panel.spread(panel.projection.controls), cuts.n_low)
        squares = _side_sums(cuts.sums_by_bin(np.ones(len(regime))) @ regime**2, cuts.n_low)
        gram = _gram_within_entities(regime, cuts, panel) - loadings @ loadings.swapaxes(1, 2)
        if panel.drops_last:
            gram -= _gram_of_last_period(regime, cuts, panel)
        return cls(model, panel, cuts, regime, bin_sums, gram, COLLINEAR_SQUARE * squares)

    @property
    def divisor(self) -> float:
        """n(T-1), T(n-1) or nT; N - n, N - N/n or N where entities differ in length."""
        rows, entities = self.panel.rows.size, self.panel.n_entities
        less = {"n(T-1)": entities, "T(n-1)": rows / entities, "nT": 0}
        return rows - less[self.model.rules.divisor]

    def at(self, cut: IntArray) -> FloatArray:
        """Return the columns of some cuts, partialled out, (rows, len(cut) * p)."""
        inside = (self.cuts.bins[:, None] <= cut) == (cut < self.cuts.n_low)
        columns = inside[:, :, None] * self.regime[:, None, :]
        return self.panel.partial_out(columns.reshape(len(columns), -1))

    def scores(self, values: FloatArray) -> FloatArray:
        """Return products of all columns with partialled-out values (rows, k): (cuts, p, k)."""
        return _side_products(self.bin_sums, self.panel.spread(values), self.cuts.n_low)

    def products(self, cut: IntArray) -> FloatArray:
        """Return products of all columns with those of some cuts, (cuts, p, len(cut), p)."""
        distinct, place = np.unique(cut, return_inverse=True)
        found = self.scores(self.at(distinct))
        return found.reshape(*found.shape[:2], distinct.size, -1)[:, :, place]


def _side_products(
    bin_sums: tuple[sparse.csr_array, ...], values: FloatArray, n_low: int
) -> FloatArray:
    return np.stack([_side_sums(by_bin @ values, n_low) for by_bin in bin_sums], axis=1)


def _side_sums(by_bin: FloatArray, n_low: int) -> FloatArray:
    """Cumulate bins (cuts + 1, ...) from the nearer end, (cuts, ...)."""
    sums = np.empty((by_bin.shape[0] - 1, *by_bin.shape[1:]))
    np.cumsum(by_bin[:n_low], axis=0, out=sums[:n_low])
    np.cumsum(by_bin[:n_low:-1], axis=0, out=sums[n_low:][::-1])
    return sums


def _outer(left: FloatArray, right: FloatArray) -> FloatArray:
    return left[:, :, None] * right[:, None, :]


def _summed(operator: sparse.csr_array, products: FloatArray) -> FloatArray:
    """Sum outer products (k, p, p) by an operator (sums, k)."""
    return (operator @ products.reshape(len(products), -1)).reshape(-1, *products.shape[1:])


def _gram_within_entities(regime: FloatArray, cuts: Cuts, panel: Panel) -> FloatArray:
    r"""Gram matrix of the regime columns within entities at every cut, (cuts, p, p).

    With :math:`x = m_i + u`, where :math:`m_i` is the entity's mean, and n of the entity's T
    rows on the low side, summing u to U there, an entity contributes

    .. math:: \sum u u' + m m' n (1 - n/T) + (m U' + U m') (1 - n/T) - U U'/T,

    which does not cancel when x lies far from zero. On the high side the first sum runs over
    the other rows, and :math:`m U' + U m'` is taken off once.
    """
    deviation = panel.entities.residualise(regime)
    level = regime - deviation
    by_bin = cuts.sums_by_bin(np.ones(len(regime)))
    squares = _side_sums(_summed(by_bin, _outer(deviation, deviation)), cuts.n_low)
    changes = np.cumsum(_entity_changes(level, deviation, cuts, panel.entity)[:-1], axis=0)
    high = _side_sums(_summed(by_bin, _outer(level, deviation)), cuts.n_low)
    high[: cuts.n_low] = 0.0
    return squares + changes + high + high.swapaxes(1, 2)


def _gram_of_last_period(regime: FloatArray, cuts: Cuts, panel: Panel) -> FloatArray:
    """Products of the regime columns' deviations from entity means in the last period alone."""
    last = slice(panel.residuals.size, None)
    gram = np.empty((cuts.gamma.size, regime.shape[1], regime.shape[1]))
    for cut in range(cuts.gamma.size):
        inside = (cuts.bins <= cut) == (cut < cuts.n_low)
        ends = panel.entities.residualise(regime * inside[:, None])[last]
        gram[cut] = ends.T @ ends
    return gram


def _entity_changes(
    level: FloatArray, deviation: FloatArray, cuts: Cuts, entity: IntArray
) -> FloatArray:
    """Change of the entities' terms from bin to bin, all but the first sum, (cuts + 1, p, p)."""
    by_entity = indicators(entity[cuts.order]).tocsc()  # sorts stably in linear time
    order = cuts.order[by_entity.indices]
    entity, bins = entity[order], cuts.bins[order]
    last = np.append((np.diff(entity) != 0) | (np.diff(bins) != 0), True)
    start, size = by_entity.indptr[entity[last]], np.diff(by_entity.indptr)[entity[last]]
    passed = (np.flatnonzero(last) + 1 - start)[:, None, None]
    mean, summed = level[order[last]], np.cumsum(deviation[order], axis=0)[last]
    tilt, share = _outer(mean, summed), passed / size[:, None, None]
    terms = (1 - share) * (_outer(mean, mean) * passed + tilt + tilt.swapaxes(1, 2))
    terms -= _outer(summed, summed) / size[:, None, None]
    # An entity's terms are zero once all its rows are passed, so no difference crosses entities.
    return _summed(indicators(bins[last]).T, np.diff(terms, axis=0, prepend=0.0))


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes, partialled out, as far as the search needs them."""

    scores: FloatArray  # (cuts, p, draws) inner products with the regime columns
    total: FloatArray  # (draws,) sums of squared residuals without a threshold

    @classmethod
    def of(cls, layout: Layout, outcomes: FloatArray) -> Outcomes:
        """Reduce outcomes within entities, (rows, draws)."""
        basis = layout.panel.projection.controls
        left = outcomes - basis @ (basis.T @ outcomes)
        return cls(layout.scores(left), np.einsum("rd,rd->d", left, left))


@dataclass(frozen=True, slots=True)
class CutFit:
    """A model with any number of thresholds, in the order found."""

    cuts: IntArray  # (thresholds, draws) indices of the candidates
    curves: tuple[FloatArray, ...]  # (cuts, draws) of the search that last placed each threshold
    first_pass: FloatArray  # (draws,) sum of squares before the earlier ones were refined
    ssr: FloatArray  # (draws,) sum of squares after it


def fit_thresholds(layout: Layout, outcomes: Outcomes, count: int) -> list[CutFit]:
    """Models with 0 .. `count` thresholds, found in turn and refined (Hansen 1999, sec. 5.1)."""
    none = np.empty((0, outcomes.total.size), dtype=np.intp)
    fits = [CutFit(none, (), outcomes.total, outcomes.total)]
    for order in range(count):
        cut, first_pass, curve = locate(layout, outcomes, fits[-1].cuts)
        cuts, curves, ssr = np.vstack([fits[-1].cuts, cut]), [*fits[-1].curves, curve], first_pass
        for k in range(order):
            others = np.delete(cuts, k, axis=0)
            cuts[k], ssr, curves[k] = locate(layout, outcomes, others)
        fits.append(CutFit(cuts, tuple(curves), first_pass, ssr))
    return fits


def locate(
    layout: Layout, outcomes: Outcomes, held: IntArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Place one cut by least squares, given the cuts held (thresholds, draws).

    Returns the cut (draws,), its sum of squares (that without the cut where no candidate is
    admissible), and the curve of sums (cuts, draws), infinite where not admissible.
    """
    gram, scores, base = _given_held(layout, outcomes, held)
    sums = base - _explained(gram, scores, layout.floor)
    curve = np.where(layout.cuts.admissible(held), sums, np.inf)
    cut = np.argmin(curve, axis=0)
    ssr = curve[cut, np.arange(cut.size)]
    return cut, np.where(np.isinf(ssr), base, ssr), curve


def _explained(gram: FloatArray, scores: FloatArray, floor: FloatArray) -> FloatArray:
    """Sum of squares explained, s'G^{-1}s, (cuts, draws); pivots under `floor` explain nothing."""
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
    layout: Layout, outcomes: Outcomes, held: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Partial the columns of the held cuts out of Gram, scores and total (Frisch and Waugh)."""
    gram = layout.gram[..., None]
    if held.shape[0] == 0:
        return gram, outcomes.scores, outcomes.total
    products = layout.products(held.ravel())
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


def f_statistic(layout: Layout, null: FloatArray, alternative: FloatArray) -> FloatArray:
    """F = (S_null - S_alt) / (S_alt / divisor) (Hansen 1999, secs. 4.1 and 5.2)."""
    return (null - alternative) / (alternative / layout.divisor)


def next_cut(layout: Layout, outcomes: FloatArray, count: int = 0) -> tuple[IntArray, FloatArray]:
    """Return the next cut after `count`, and its F, for outcomes (rows, draws)."""
    reduced = Outcomes.of(layout, outcomes)
    null = fit_thresholds(layout, reduced, count)[-1]
    cut, ssr, _ = locate(layout, reduced, null.cuts)
    return cut, f_statistic(layout, null.ssr, ssr)


def drawn_f(layout: Layout, blocks: Iterable[FloatArray], count: int = 0) -> FloatArray:
    """Return F of blocks of outcomes, one after the other."""
    return np.concatenate([np.empty(0), *(next_cut(layout, block, count)[1] for block in blocks)])


def null_distribution(
    layout: Layout, null: CutFit, fit: CutFit, draws: int, rng: np.random.Generator
) -> FloatArray:
    """F statistics of samples in which `null`, of one threshold fewer than `fit`, is true."""
    panel, left = layout.panel, _residuals(layout, null)
    fitted = (panel.residuals - left)[:, None]
    if panel.balanced:
        errors = _histories(layout, _residuals(layout, fit), draws, rng)
    else:
        errors = signed(layout, left, panel.entity, draws, rng)
    return drawn_f(layout, (fitted + block for block in errors), len(null.cuts))


def _residuals(layout: Layout, fit: CutFit) -> FloatArray:
    """Residuals (rows,) of the partialled-out outcome on the regime columns of a fit."""
    outcome, design = layout.panel.residuals, layout.at(fit.cuts[:, 0])
    return outcome - design @ np.linalg.lstsq(design, outcome)[0] if design.size else outcome


def _histories(
    layout: Layout, residuals: FloatArray, draws: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Blocks (rows, k): each entity gets the whole history of another (Hansen 1999, sec. 4.1)."""
    entities = layout.panel.n_entities
    by_period = residuals.reshape(-1, entities)  # rows run by period and then entity
    for size in block_sizes(layout, draws):
        source = rng.integers(entities, size=(size, entities))
        yield by_period.take(source.T, axis=1).reshape(-1, size)


def signed(
    layout: Layout, residuals: FloatArray, codes: IntArray, draws: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    """Blocks (rows, k) of residuals, those of one code (rows,) with one random sign a draw."""
    for size in block_sizes(layout, draws):
        signs = 1.0 - 2.0 * rng.integers(2, size=(size, int(codes.max()) + 1))
        yield residuals[:, None] * signs.T[codes]


def block_sizes(layout: Layout, draws: int) -> list[int]:
    """Return how many draws to work on at a time."""
    width = max(layout.panel.rows.size, layout.cuts.gamma.size)
    size = max(1, BLOCK // width)
    return [min(size, draws - start) for start in range(0, draws, size)]


def prepare(
    data: pd.DataFrame, fields: dict[str, Any], *, n_thresholds: int = 1, **options: Any
) -> tuple[pd.DataFrame, Layout]:
    """Check model, options and data, partial out what is common, and lay out the cut points."""
    model = ThresholdModel.of(**fields)
    chosen = {"confidence": 0.95, "covariance": "robust", "n_thresholds": n_thresholds}
    frame = checked(data, model, chosen | options)
    layout = Layout.of(model, read_panel(frame, model))
    refuse(TITLE, _problems(layout, n_thresholds, np.linalg.norm(frame[model.outcome])))
    return frame, layout


def _problems(layout: Layout, n_thresholds: int, outcome: np.floating) -> list[str]:
    """What the search could not deal with; `outcome` is the length of the raw one."""
    model, panel, cuts = layout.model, layout.panel, layout.cuts
    names = (*model.controls, *model.regime_dependent)
    effects = "entity and time effects" if model.time_effects else "entity effects"
    needed = panel.n_entities + panel.n_time_effects + len(model.terms(n_thresholds + 1))
    problems = [
        f"regressor {names[k]!r} does not vary once {effects} and the regressors before it are "
        "taken out: leave it out"
        for k in panel.collinear
    ]
    faults = {
        f"outcome {model.outcome!r} does not vary once effects are taken out: nothing is left to "
        "explain": bool(np.linalg.norm(panel.outcome) <= COLLINEAR * outcome),
        f"threshold variable {model.threshold!r} has {np.unique(panel.threshold).size} distinct "
        f"values, none of which leaves {cuts.min_rows[0]} of {panel.rows.size} rows on either "
        "side: lower trim or choose another variable": cuts.gamma.size == 0,
        f"data has {panel.rows.size} rows for {needed} effects and slopes: use fewer regressors or "
        "more data": panel.rows.size <= needed,
    }
    return problems + holding(faults)
