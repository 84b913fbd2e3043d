"""A panel as arrays, with what is common to regimes partialled out, and its candidate cuts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, sparse

from digitrade.methods.absorb import Absorber, Projection, indicators
from digitrade.methods.threshold.model import FloatArray, IntArray, Split, ThresholdModel

COLLINEAR = 1e-10  # share of a column's length of which less counts as explained by the others
ROUNDING = 1e-9  # slack in rows when a share becomes a count, so that 0.1 x 1800 is 180, not 179


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel as arrays, by period, then entity, with what is common to regimes partialled out."""

    rows: IntArray  # (rows,) place of each row in the data
    threshold: FloatArray  # (rows,)
    regime: FloatArray  # (rows, regressors), the last of ones if regimes have intercepts
    entity: IntArray  # (rows,) codes from 0
    entities: Absorber  # of entity effects
    projection: Projection  # off all that is common; of kept rows, if the last period is dropped
    outcome: FloatArray  # (kept,) within entities, and within periods where asked
    residuals: FloatArray  # (kept,) of the outcome on all that is common
    n_periods: int
    n_time_effects: int  # linearly independent ones
    collinear: list[int]  # places among controls and regressors of those the others explain

    @property
    def n_entities(self) -> int:
        """Number of entities."""
        return self.entities.rank

    @property
    def balanced(self) -> bool:
        """Whether every entity is observed in every period."""
        return self.rows.size == self.n_entities * self.n_periods

    @property
    def drops_last(self) -> bool:
        """Whether the last period is left out after demeaning."""
        return self.residuals.size < self.rows.size

    def partial_out(self, columns: FloatArray) -> FloatArray:
        """Return what all that is common leaves of columns (rows, k): (kept, k)."""
        if self.drops_last:
            columns = self.entities.residualise(columns)[: self.residuals.size]
        return self.projection.residualise(columns)

    def spread(self, values: FloatArray) -> FloatArray:
        """Turn products with partialled-out columns into products with raw ones (rows, k)."""
        if not self.drops_last:
            return values
        missing = np.zeros((self.rows.size - len(values), values.shape[1]))
        return self.entities.residualise(np.vstack([values, missing]))


def read_panel(data: pd.DataFrame, model: ThresholdModel) -> Panel:
    """Return the arrays of a frame that `model_problems` found nothing wrong with."""
    entity, period = (pd.factorize(data[k], sort=True)[0] for k in (model.entity, model.time))
    outcome, threshold = data[[model.outcome, model.threshold]].to_numpy(dtype=float).T
    common = data[[*model.controls, *model.regime_dependent]].to_numpy(dtype=float)
    first_regressor = common[:, len(model.controls)]
    entity = _ranked(entity, period, np.column_stack([threshold, first_regressor]))
    rows = np.lexsort((entity, period))
    entity, period, outcome, common = entity[rows], period[rows], outcome[rows], common[rows]
    dummies = indicators(period).toarray() if model.time_effects else np.empty((rows.size, 0))
    entities = Absorber.of(pd.DataFrame({"entity": entity}), ["entity"])
    base, kept, slopes = entities, common, common[:, len(model.controls) :]
    if model.rules.drops_last:
        stays = period < period.max()
        base = _no_effects(int(stays.sum()))
        outcome, kept, dummies = (
            entities.residualise(columns)[stays] for columns in (outcome, common, dummies)
        )
    effects = Projection.beyond(base, dummies)
    projection = Projection.beyond(base, np.column_stack([effects.controls, kept]))
    ones = np.ones((rows.size, int(model.regime_intercepts)))
    return Panel(
        rows=rows,
        threshold=threshold[rows],
        regime=np.column_stack([slopes, ones]),
        entity=entity,
        entities=entities,
        projection=projection,
        outcome=effects.residualise(outcome),
        residuals=projection.residualise(outcome),
        n_periods=int(period.max()) + 1,
        n_time_effects=effects.controls.shape[1],
        collinear=explained(common, effects.residualise(kept)),
    )


def _no_effects(rows: int) -> Absorber:
    """Return what takes nothing off, not even a constant."""
    none = sparse.csr_array((rows, 0))
    return Absorber({}, none, none, none.T @ none, np.empty((0, 0)))


def _ranked(entity: IntArray, period: IntArray, histories: FloatArray) -> IntArray:
    """Rank entities by first and summed q, then x (rows, 2); codes only part equal ones."""
    in_time = np.lexsort((entity, period))
    codes, histories = entity[in_time], histories[in_time]
    _, first = np.unique(codes, return_index=True)
    start, total = histories[first].T, (indicators(codes).T @ histories).T
    return np.argsort(np.lexsort((total[1], start[1], total[0], start[0])))[entity]


def explained(columns: FloatArray, within: FloatArray) -> list[int]:
    """Places of columns (rows, k) of which effects and earlier columns leave nothing."""
    left = np.abs(np.diag(linalg.qr(within, mode="r")[0]))
    lengths = np.linalg.norm(columns, axis=0)[: left.size]
    return np.flatnonzero(left <= COLLINEAR * lengths).tolist()


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
