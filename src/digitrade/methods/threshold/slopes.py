"""Slopes by regime and their covariance, with the thresholds taken as known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digitrade.methods.threshold.options import Covariance, raise_problems
from digitrade.methods.threshold.panel import FloatArray, IntArray, Panel
from digitrade.methods.threshold.within import (
    Groups,
    Within,
    collinear,
    demean,
    orthonormal,
    residualise,
)


@dataclass(frozen=True, slots=True)
class Slopes:
    """Least squares given the thresholds.

    Attributes
    ----------
    estimate : (slopes,) regime by regime, then the controls
    covariance : (slopes, slopes)
    residuals : (rows,)
    factor : small-sample factor that `covariance` contains
    degrees_of_freedom : of Student's t for p-values and intervals
    """

    estimate: FloatArray
    covariance: FloatArray
    residuals: FloatArray
    factor: float
    degrees_of_freedom: int


def fit_slopes(
    panel: Panel, within: Within, regime: IntArray, kind: Covariance, terms: list[str]
) -> Slopes:
    """Regress the demeaned outcome on every regime's regressors and the controls.

    `regime` is (rows,) with codes from 0; `terms` names the columns for the ValueError that is
    raised where a slope is not identified. Treating the thresholds as known is asymptotically
    right, because they converge faster than the slopes (Hansen 1999, sec. 4.3).
    """
    raw = split_by_regime(panel, regime)
    design = residualise(within.time_basis, demean(within.groups, raw))
    raise_problems(_unidentified(raw, design, terms))
    estimate, bread, residuals = least_squares(design, within.outcome)
    n_effects = within.n_time_effects
    factor, freedom = small_sample(
        kind, panel.n_rows, panel.n_entities, design.shape[1] + n_effects
    )
    middle = meat(design, residuals, kind, within.groups)
    return Slopes(
        estimate=estimate,
        covariance=factor * bread @ middle @ bread,
        residuals=residuals,
        factor=factor,
        degrees_of_freedom=freedom,
    )


def split_by_regime(panel: Panel, regime: IntArray) -> FloatArray:
    """Regressors of every regime in turn, zero elsewhere, then controls: (rows, slopes)."""
    indicators = regime[:, None] == np.arange(int(regime.max()) + 1)
    split = (indicators[:, :, None] * panel.regime[:, None, :]).reshape(panel.n_rows, -1)
    return np.column_stack([split, panel.controls])


def _unidentified(raw: FloatArray, design: FloatArray, terms: list[str]) -> list[str]:
    return [
        f"slope {terms[i]!r} is not identified at the estimated thresholds: there the regressor "
        "does not vary once effects and the regressors before it are taken out; leave it out of "
        "regime_dependent or raise trim"
        for i in collinear(orthonormal(design)[1], raw)
    ]


def least_squares(
    design: FloatArray, outcome: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Coefficients (k,), inverse of X'X (k, k) and residuals (rows,), by QR."""
    basis, triangle = orthonormal(design)
    inverse = np.linalg.inv(triangle)
    estimate = inverse @ (basis.T @ outcome)
    return estimate, inverse @ inverse.T, outcome - design @ estimate


def meat(design: FloatArray, residuals: FloatArray, kind: Covariance, groups: Groups) -> FloatArray:
    """Sum of the outer products of the scores, (k, k), without small-sample factor."""
    if kind == "homoskedastic":
        return float(residuals @ residuals) / residuals.size * (design.T @ design)
    scores = design * residuals[:, None]
    if kind == "clustered":
        scores = groups.total @ scores
    return scores.T @ scores


def small_sample(kind: Covariance, rows: int, entities: int, slopes: int) -> tuple[float, int]:
    """Small-sample factor and degrees of freedom.

    With N rows, n entities and k slopes (time effects included): "homoskedastic" and "robust"
    use N / (N - n - k) and N - n - k degrees of freedom, all effects counted. "clustered" uses
    n / (n - 1) x (N - 1) / (N - k) and n - 1: entity effects nest in the clusters and are not
    counted (Cameron and Miller 2015, Journal of Human Resources 50, 317-372).
    """
    if kind == "clustered":
        return entities / (entities - 1) * (rows - 1) / (rows - slopes), entities - 1
    return rows / (rows - entities - slopes), rows - entities - slopes
