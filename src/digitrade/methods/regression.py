"""Linear regression within any number of fixed effects, by exact absorption."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import linalg

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.checks import check_variation, refuse
from digitrade.methods.covariance import SmallSample, sandwich, small_sample
from digitrade.methods.estimate import Estimate, tidy_coefficients
from digitrade.methods.specification import Specification, complete_panel


def fixed_effects(
    data: pd.DataFrame, specification: Specification, *, weights: pd.Series | None = None
) -> Estimate:
    r"""Estimate :math:`y_{it} = \alpha_i + \lambda_t + \beta x_{it} + \gamma' z_{it} + u_{it}`.

    There may be effects of any columns (firm, year and city, say, if some firms move), and
    clusters in several ways at once (``cluster=("firm", "year")``). Singletons are kept. The
    covariance is a sandwich of the scores, multiplied by

    - ``"clustered"``: :math:`\frac{G}{G-1} \frac{N-1}{N-K}` with G clusters; t with G - 1
      degrees of freedom (Cameron and Miller 2015, Journal of Human Resources 50(2), sec. II);
    - ``"driscoll-kraay"``: the same with periods for clusters (Driscoll and Kraay 1998,
      Review of Economics and Statistics 80(4), 549-560; Bartlett kernel);
    - ``"robust"``: :math:`\frac{N}{N-K}` (HC1); t with N - K degrees of freedom.

    K counts the regressors and those effects that are not nested in the clusters, as R's
    ``fixest`` and Stata's ``reghdfe`` do by default; but by the exact rank of their dummies.

    Parameters
    ----------
    data
        One row for each entity and time; other columns are ignored.
    specification
        What to estimate.
    weights
        Minimise :math:`\sum_i w_i u_i^2`: more than 0, with the index of the data. Their scale
        does not matter, and they are taken as known.

    Returns
    -------
    Estimate
        A row for the regressor and each control.

    Raises
    ------
    KeyError
        If a column of the specification is not there.
    ValueError
        If a value is missing or no finite number, a key is repeated, weights are not positive
        or not aligned, a column does not vary within the effects, regressors are combinations
        of each other there, or no degree of freedom or a single cluster is left.
    """
    panel = complete_panel(data, specification)
    fit = fit_within(panel, specification, None if weights is None else _roots(weights, data))
    return fit.estimate(panel, specification)


class Fit(NamedTuple):
    """The effects; outcome (n) and regressors (n by k) within them, and what they give.

    Slopes (k), inverse cross-product of the regressors (k by k) and residuals (n); ``total`` is
    the outcome's sum of squares about its mean.
    """

    absorber: Absorber
    outcome: np.ndarray
    regressors: np.ndarray
    slopes: np.ndarray
    bread: np.ndarray
    residual: np.ndarray
    total: float

    def estimate(self, panel: pd.DataFrame, specification: Specification) -> Estimate:
        """Return the estimate with the specification's covariance, on the same rows."""
        if panel[specification.outcome].nunique() < 2:
            found = f"{specification.outcome}: the same in all {len(panel)} rows"
            raise ValueError(f"{found}, so nothing is to be explained; choose another outcome")
        scores = self.regressors * self.residual[:, None]
        unexplained = float(self.residual @ self.residual)
        return corrected_estimate(
            panel,
            specification,
            small_sample(panel, specification, self.absorber),
            slopes=self.slopes,
            vcov=sandwich(self.bread, scores, panel, specification),
            r_squared_within=1 - unexplained / (float(self.outcome @ self.outcome) or np.nan),
            r_squared=1 - unexplained / self.total,
        )

    @property
    def main_influence(self) -> np.ndarray:
        """The row, length n, whose product with the outcome is the first slope."""
        return self.regressors @ self.bread[:, 0]


def fit_within(
    panel: pd.DataFrame, specification: Specification, root: np.ndarray | None = None
) -> Fit:
    """Fit on a complete panel, with square roots of weights if there are any."""
    names = [specification.outcome, *specification.regressors]
    root = np.ones(len(panel)) if root is None else root
    columns = panel[names].to_numpy(dtype=float) * root[:, None]
    absorber = Absorber.of(panel, specification.effects, root)
    within = absorber.residualise(columns)
    check_variation(columns[:, 1:], within[:, 1:], names[1:], specification.effects)
    centred = columns[:, 0] - root * (root @ columns[:, 0]) / (root @ root)
    solved = least_squares(within[:, 0], within[:, 1:])
    return Fit(absorber, within[:, 0], within[:, 1:], *solved, float(centred @ centred))


def corrected_estimate(
    panel: pd.DataFrame,
    specification: Specification,
    correction: SmallSample,
    *,
    slopes: np.ndarray,
    vcov: np.ndarray,
    r_squared_within: float = np.nan,
    r_squared: float = np.nan,
) -> Estimate:
    """Return an estimate from slopes (k) and their uncorrected covariance (k by k)."""
    vcov = correction.factor * vcov
    coefficients = tidy_coefficients(
        specification.regressors,
        slopes,
        np.sqrt(np.diag(vcov)),
        n_obs=len(panel),
        degrees_of_freedom=correction.degrees_of_freedom,
        confidence=specification.confidence,
    )
    return Estimate(
        coefficients=coefficients,
        vcov=vcov,
        degrees_of_freedom=correction.degrees_of_freedom,
        specification=specification,
        words=correction.words,
        n_obs=len(panel),
        n_entities=int(panel[specification.entity].nunique()),
        n_groups=correction.n_groups,
        r_squared_within=r_squared_within,
        r_squared=r_squared,
    )


def least_squares(
    outcome: np.ndarray, regressors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return slopes (k), the inverse cross-product of the regressors (k by k), residuals (n)."""
    orthonormal, triangle = np.linalg.qr(regressors)
    inverse = linalg.solve_triangular(triangle, np.eye(len(triangle)))
    slopes = inverse @ (orthonormal.T @ outcome)
    return slopes, inverse @ inverse.T, outcome - regressors @ slopes


def fit_all(data: pd.DataFrame, specifications: Iterable[Specification]) -> list[Estimate]:
    """Estimate several specifications on the same rows."""
    return [fixed_effects(data, specification) for specification in specifications]


def build_up(baseline: Specification) -> list[Specification]:
    """Return the baseline built up a control at a time, from none to all."""
    steps = range(len(baseline.controls) + 1)
    return [baseline.replace(controls=baseline.controls[:k], label=f"({k + 1})") for k in steps]


def within(data: pd.DataFrame, column: str, specification: Specification) -> pd.Series:
    """Return what is left of a column after the specification's fixed effects."""
    absorber = Absorber.of(data, specification.effects)
    values = absorber.residualise(data[column].to_numpy(dtype=float))
    return pd.Series(values, index=data.index, name=column)


def partial_out(data: pd.DataFrame, column: str, specification: Specification) -> pd.Series:
    """Return what is left of a column after fixed effects and controls."""
    values = Projection.of(data, specification).residualise(data[column].to_numpy(dtype=float))
    return pd.Series(values, index=data.index, name=column)


def within_share(data: pd.DataFrame, column: str, specification: Specification) -> float:
    """Return the share of a column's variance that the fixed effects leave."""
    return float(within(data, column, specification).var() / data[column].var())


def within_by(data: pd.DataFrame, column: str, by: str, specification: Specification) -> pd.Series:
    """Return the groups' shares of the squares of what the fixed effects leave of a column."""
    squares = within(data, column, specification) ** 2
    return squares.groupby(data[by]).sum() / squares.sum()


def catch_up_share(data: pd.DataFrame, column: str, specification: Specification) -> float:
    """Return how much of what the fixed effects leave is the first level's fading.

    The share, from 0 to 1, that the level in the entity's first period, times a dummy for every
    period, accounts for.
    """
    ordered = data.sort_values(specification.time)
    first = data[specification.entity].map(ordered.groupby(specification.entity)[column].first())
    periods = pd.get_dummies(data[specification.time], dtype=float)
    absorber = Absorber.of(data, specification.effects)
    fading = Projection.beyond(absorber, periods.mul(first, axis=0).to_numpy())
    values = data[column].to_numpy(dtype=float)
    left, residual = absorber.residualise(values), fading.residualise(values)
    return float(1 - residual @ residual / (left @ left))


def nuisance(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return a constant, effect dummies and controls side by side, n by r, as a dense array."""
    dummies = [
        pd.get_dummies(data[name], drop_first=True, dtype=float) for name in specification.effects
    ]
    controls = data[list(specification.controls)].to_numpy(dtype=float)
    return np.hstack([np.ones((len(data), 1)), *dummies, controls])


def _roots(weights: pd.Series, data: pd.DataFrame) -> np.ndarray:
    """Return the square roots of weights about 1, length n."""
    problems = []
    if not weights.index.equals(data.index):
        problems.append("weights: another index than the data; align it")
    if not (np.isfinite(weights) & (weights > 0)).all():
        problems.append("weights: some missing, infinite, or not above 0; leave the rows out")
    refuse("No weighted regression", problems)
    return np.sqrt((weights / weights.mean()).to_numpy(dtype=float))
