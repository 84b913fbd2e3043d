"""Within transformation: entity means out, then time effects and common regressors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from digitrade.methods.threshold.panel import FloatArray, IntArray, Panel

COLLINEAR = 1e-10
"""A column of which less than this share (by norm) is left counts as explained by the others."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows by entity.

    Attributes
    ----------
    entity : (rows,) codes
    size : (entities,) rows of each entity
    total : sparse (entities, rows); times a column it gives the entity sums
    """

    entity: IntArray
    size: FloatArray
    total: sparse.csr_array


@dataclass(frozen=True, slots=True)
class Within:
    """The model without thresholds, partialled out.

    Attributes
    ----------
    groups : rows by entity
    outcome : (rows,) demeaned by entity, and by time where asked
    residuals : (rows,) of the outcome on effects, controls and regressors, no threshold
    basis : (rows, k) orthonormal; spans what is common to all regimes: first the time effects,
        then the controls and the regime-dependent regressors, all demeaned by entity
    n_time_effects : leading columns of `basis` that belong to the time effects
    collinear : indices into (controls, regressors) of columns the others explain
    """

    groups: Groups
    outcome: FloatArray
    residuals: FloatArray
    basis: FloatArray
    n_time_effects: int
    collinear: tuple[int, ...]

    @property
    def time_basis(self) -> FloatArray:
        """(rows, n_time_effects) orthonormal basis of the demeaned time effects."""
        return self.basis[:, : self.n_time_effects]


def group_rows(entity: IntArray) -> Groups:
    """Rows by entity; `entity` holds codes 0, 1, ... without gaps."""
    total = indicator_sums(entity, int(entity.max()) + 1)
    return Groups(entity=entity, size=np.diff(total.indptr).astype(np.float64), total=total)


def indicator_sums(codes: IntArray, n_codes: int) -> sparse.csr_array:
    """Sparse (n_codes, rows) of ones; its `indices` sort the codes stably, in linear time."""
    place = (codes, np.arange(codes.size))
    return sparse.csr_array((np.ones(codes.size), place), shape=(n_codes, codes.size))


def orthonormal(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Householder QR of (rows, k): orthonormal basis and triangle."""
    basis, triangle = linalg.qr(columns, mode="economic", check_finite=False)
    return basis, triangle


def entity_means(groups: Groups, values: FloatArray) -> FloatArray:
    """Means of `values` (rows, columns) by entity, (entities, columns)."""
    means: FloatArray = (groups.total @ values) / groups.size[:, None]
    return means


def demean(groups: Groups, values: FloatArray, *, passes: int = 2) -> FloatArray:
    """`values` (rows, columns) less their entity means (Hansen 1999, sec. 3).

    The second pass removes what rounding leaves of a mean that is large beside the variation.
    """
    for _ in range(passes):
        values = values - entity_means(groups, values).take(groups.entity, axis=0)
    return values


def residualise(basis: FloatArray, values: FloatArray) -> FloatArray:
    """`values` (rows,) or (rows, columns) less their projection on an orthonormal basis."""
    return values - basis @ (basis.T @ values)


def partial_out(panel: Panel, *, time_effects: bool) -> Within:
    """Take effects, controls and the regressors' common slopes out of the outcome (exactly).

    Time effects enter as demeaned dummies, so unbalanced panels need no iteration.
    """
    groups = group_rows(panel.entity)
    raw = np.column_stack([panel.controls, panel.regime])
    demeaned = demean(groups, np.column_stack([raw, panel.outcome]))
    dummies = _time_dummies(groups, panel) if time_effects else np.empty((panel.n_rows, 0))
    n_time = dummies.shape[1]
    basis, triangle = orthonormal(np.column_stack([dummies, demeaned[:, :-1]]))
    return Within(
        groups=groups,
        outcome=residualise(basis[:, :n_time], demeaned[:, -1]),
        residuals=residualise(basis, demeaned[:, -1]),
        basis=basis,
        n_time_effects=n_time,
        collinear=collinear(triangle[n_time:, n_time:], raw),
    )


def collinear(triangle: FloatArray, raw: FloatArray) -> tuple[int, ...]:
    """Columns of which effects and earlier columns leave nothing.

    `triangle` is R of the partialled-out columns' QR, `raw` (rows, k) the columns themselves.
    """
    left, whole = np.abs(np.diag(triangle)), np.sqrt(np.einsum("rk,rk->k", raw, raw))
    return tuple(np.flatnonzero(left <= COLLINEAR * whole).tolist())


def _time_dummies(groups: Groups, panel: Panel) -> FloatArray:
    """Orthonormal basis of the entity-demeaned time dummies, (rows, rank)."""
    dummies = (panel.period[:, None] == np.arange(panel.n_periods)).astype(np.float64)
    basis, triangle, _ = linalg.qr(demean(groups, dummies), mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > COLLINEAR).sum())
    kept: FloatArray = basis[:, :rank]
    return kept
