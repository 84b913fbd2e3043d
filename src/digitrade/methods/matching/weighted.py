"""Weighted least squares within any number of effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
from linearmodels.iv.absorbing import AbsorbingLS
from linearmodels.panel.utility import AbsorbingEffectError

from digitrade.methods.covariance import sandwich, small_sample
from digitrade.methods.estimate import Estimate
from digitrade.methods.regression import corrected_estimate, least_squares
from digitrade.methods.specification import Specification, complete_panel

PRECISION = {"atol": 1e-14, "btol": 1e-14, "maxiter": 20_000}  # of LSMR: as far as doubles go
CONVERGED = 1e-8  # largest cosine between a column cleared of the effects and a dummy of theirs


def weighted_regression(
    data: pd.DataFrame, specification: Specification, weights: pd.Series
) -> Estimate:
    r"""Minimise :math:`\sum_i w_i u_i^2` within the specification's effects.

    :class:`linearmodels.iv.absorbing.AbsorbingLS` clears the columns, by iterations (LSMR) that
    are run to the last digits and checked; what follows is as in
    :func:`digitrade.methods.regression.fixed_effects`, with which it agrees if weights are 1.
    Weights are taken as known: what matching adds to the uncertainty is not in the standard
    errors.

    Parameters
    ----------
    data
        n rows; other columns are ignored.
    specification
        What to estimate, with at least one effect.
    weights
        More than 0, with the index of the data; their scale does not matter.

    Raises
    ------
    KeyError
        If a column of the specification is not there.
    ValueError
        If weights are not positive or not aligned, there is no effect, a regressor does not
        vary within the effects or is a combination of others, or the iterations stall.
    """
    _check(data, specification, weights)
    panel = complete_panel(data, specification)
    names = list(specification.regressors)
    root = np.sqrt((weights / weights.mean()).to_numpy(dtype=float))
    columns = panel[[specification.outcome, *names]].astype(float)
    columns = columns - np.average(columns, axis=0, weights=root**2)
    within = _cleared(columns, panel[list(specification.effects)], root)
    whole = root[:, None] * columns.to_numpy()
    slopes, bread, residual = least_squares(within[:, 0], within[:, 1:])
    scores = within[:, 1:] * residual[:, None]
    unexplained = float(residual @ residual)
    return corrected_estimate(
        panel,
        specification,
        small_sample(panel, specification),
        slopes=slopes,
        vcov=sandwich(bread, scores, panel, specification),
        r_squared_within=1 - unexplained / float(within[:, 0] @ within[:, 0]),
        r_squared=1 - unexplained / float(whole[:, 0] @ whole[:, 0]),
    )


def _check(data: pd.DataFrame, specification: Specification, weights: pd.Series) -> None:
    problems = []
    if not weights.index.equals(data.index):
        problems.append("weights: another index than the data; align it")
    if not (np.isfinite(weights) & (weights > 0)).all():
        problems.append("weights: some missing, infinite, or not above 0; leave the rows out")
    if not specification.effects:
        problems.append("effects: none; name one, or use statsmodels' WLS")
    if problems:
        raise ValueError("No weighted regression:\n  - " + "\n  - ".join(problems))


def _cleared(columns: pd.DataFrame, effects: pd.DataFrame, root: np.ndarray) -> np.ndarray:
    """Return columns times the roots of weights, less their projection on the like dummies."""
    model = AbsorbingLS(
        columns.iloc[:, 0],
        columns.iloc[:, 1:],
        absorb=effects.apply(pd.Categorical),
        weights=pd.Series(root**2, index=columns.index),
    )
    try:
        model.fit(method="lsmr", absorb_options=dict(PRECISION), use_cache=False)
    except AbsorbingEffectError as error:
        raise ValueError(
            f"A regressor does not vary within {', '.join(effects)}, or several are combinations "
            f"of each other there: leave one out. linearmodels says: {error}"
        ) from error
    within = np.column_stack([model.absorbed_dependent, model.absorbed_exog])
    lengths = np.linalg.norm(within, axis=0)
    for name in effects:
        codes = pd.factorize(effects[name])[0]
        sums = pd.DataFrame(root[:, None] * within).groupby(codes).sum().to_numpy()
        dummies = np.sqrt(np.bincount(codes, root**2))
        if (np.abs(sums) > CONVERGED * dummies[:, None] * lengths).any():
            raise ValueError(
                f"Effects of {', '.join(effects)}: {PRECISION['maxiter']} iterations leave a part "
                f"of {name}; drop effects that few rows tie to the others"
            )
    return within
