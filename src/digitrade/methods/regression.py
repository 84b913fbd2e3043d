"""Linear regression within any number of fixed effects, by exact absorption."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import linalg

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.checks import admit, check_outcome, check_variation
from digitrade.methods.covariance import (
    checked,
    effective_clusters,
    grouping_columns,
    meat,
    sandwich,
    small_sample,
)
from digitrade.methods.estimate import Estimate, Slopes, tidy_coefficients
from digitrade.methods.specification import PANEL, Specification, complete_panel

NOT_RESIDUALISED = "Effects cannot be taken out"


def fixed_effects(
    data: pd.DataFrame, specification: Specification, *, weights: pd.Series | None = None
) -> Estimate:
    r"""Estimate :math:`y_{it} = \alpha_i + \lambda_t + \beta x_{it} + \gamma' z_{it} + u_{it}`.

    There may be effects of any columns, and clusters in several ways at once. Singletons are kept.
    The covariance is a sandwich of the scores, multiplied by

    - ``"clustered"``: :math:`\frac{G}{G-1} \frac{N-1}{N-K}` with G clusters; t with G - 1
      degrees of freedom (Cameron and Miller 2015, Journal of Human Resources 50(2), sec. II);
    - ``"driscoll-kraay"``: the same with periods for clusters (Driscoll and Kraay 1998,
      Review of Economics and Statistics 80(4), 549-560; Bartlett kernel);
    - ``"robust"``: :math:`\frac{N}{N-K}` (HC1); t with N - K degrees of freedom.

    K counts the regressors and those effects that are not nested in the clusters, as R's
    ``fixest`` and Stata's ``reghdfe`` do by default; but by the exact rank of their dummies.

    - ``data``, ``specification``: one row for each entity and time, complete, and what to estimate.
    - ``weights``: minimise :math:`\sum_i w_i u_i^2`: more than 0, with the index of the data. Their
      scale does not matter, and they are taken as known.

    Raises KeyError or ValueError if a column is not there; with everything that is wrong with rows
    or weights; if a column does not vary within the effects, regressors are combinations of each
    other there, or no degree of freedom or a single cluster is left.
    """
    roots, problems = (None, {}) if weights is None else _roots(weights, data)
    title = PANEL if weights is None else "No weighted regression"
    panel = complete_panel(data, specification, title=title, problems=problems)
    return fit_within(panel, specification, roots).estimate(panel, specification)


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
        self.check(panel, specification)
        correction = small_sample(panel, specification, self.absorber)
        scores = self.regressors * self.residual[:, None]
        vcov = correction.factor * sandwich(self.bread, scores, panel, specification)
        errors, freedom = np.sqrt(np.diag(vcov)), correction.degrees_of_freedom
        rests_on = (len(panel), freedom, specification.confidence)
        unexplained = float(self.residual @ self.residual)
        return Estimate(
            tidy_coefficients(specification.regressors, self.slopes, errors, *rests_on),
            vcov,
            freedom,
            specification,
            correction.words,
            n_obs=len(panel),
            n_entities=int(panel[specification.entity].nunique()),
            n_groups=correction.n_groups,
            r_squared_within=1 - unexplained / float(self.outcome @ self.outcome),
            r_squared=1 - unexplained / self.total,
            n_effective=effective_clusters(panel, specification, self.main_influence),
        )

    def check(self, panel: pd.DataFrame, specification: Specification) -> None:
        """Raise if the effects leave nothing of the outcome to explain."""
        values = panel[specification.outcome].to_numpy()
        check_outcome(values, self.outcome, specification.outcome, specification.effects)

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
    return partial_out(data, column, specification.replace(controls=()))


def partial_out(data: pd.DataFrame, column: str, specification: Specification) -> pd.Series:
    """Return what is left of a column after fixed effects and controls."""
    numbers = (column, *specification.controls)
    panel = admit(data, NOT_RESIDUALISED, numbers=numbers, labels=specification.effects)
    values = Projection.of(panel, specification).residualise(panel[column].to_numpy())
    return pd.Series(values, index=data.index, name=column)


def within_share(data: pd.DataFrame, column: str, specification: Specification) -> float:
    """Return the share of a column's variance that the fixed effects leave."""
    return float(within(data, column, specification).var() / data[column].var())


def within_by(data: pd.DataFrame, column: str, by: str, specification: Specification) -> pd.Series:
    """Return the groups' shares of the squares of what the fixed effects leave of a column."""
    squares = within(data, column, specification) ** 2
    return squares.groupby(data[by]).sum() / squares.sum()


def catch_up_share(data: pd.DataFrame, column: str, specification: Specification) -> float:
    """Return the share within fixed effects that first level times periods explains."""
    keys = (specification.entity, specification.time)
    labels = specification.effects
    data = admit(data, NOT_RESIDUALISED, numbers=(column,), labels=labels, keys=keys, order=keys[1])
    ordered = data.sort_values(specification.time)
    first = data[specification.entity].map(ordered.groupby(specification.entity)[column].first())
    periods = pd.get_dummies(data[specification.time], dtype=float)
    absorber = Absorber.of(data, specification.effects)
    fading = Projection.beyond(absorber, periods.mul(first, axis=0).to_numpy())
    values = data[column].to_numpy(dtype=float)
    left, residual = absorber.residualise(values), fading.residualise(values)
    return float(1 - residual @ residual / (left @ left))


def _roots(weights: Any, data: Any) -> tuple[np.ndarray | None, dict[str, object]]:
    """Return the square roots of weights about 1, length n, and what is wrong with them."""
    if not isinstance(weights, pd.Series) or not pd.api.types.is_numeric_dtype(weights):
        kind = getattr(weights, "dtype", type(weights).__name__)
        return None, {f"weights: hold {kind}; give a series of numbers": True}
    values = weights.to_numpy(dtype=float, na_value=np.nan)
    sound = bool((np.isfinite(values) & (values > 0)).all())
    index = data.index if isinstance(data, pd.DataFrame) else weights.index
    return np.sqrt(values / values.mean()) if sound else None, {
        "weights: another index than the data; align it": not weights.index.equals(index),
        "weights: some missing, infinite, or not above 0; leave the rows out": not sound,
    }


def suest(regressions: Mapping[str, tuple[pd.DataFrame, Specification]]) -> Slopes:
    r"""Estimate several regressions and the joint covariance of their main slopes.

    Each slope is the truth plus a sum over rows, :math:`\hat\beta_k - \beta_k = \sum_i
    \psi_{ki}` with :math:`\psi_{ki} = \tilde x_{ki} \tilde e_{ki} / \tilde x_k' \tilde x_k`, so
    sums of products of :math:`\psi_{ki}` and :math:`\psi_{lj}` over rows, or over clusters, give
    every covariance. A cluster that stands in two regressions ties them; one that stands in
    a single regression does not (Weesie 1999, Stata Technical Bulletin 52, 34-47). Each variance
    carries its own regression's small-sample factor.

    ``regressions`` are, by name, rows, one for each entity and time, and what to estimate on them.
    The rows of two may be the same, overlap or be apart; specifications must agree in keys,
    covariance and clusters.

    Raises KeyError or ValueError as :func:`fixed_effects`; also for no regression, or
    specifications that do not agree.
    """
    specification = _agreed([wanted for _, wanted in regressions.values()])
    keys = [specification.entity, specification.time]
    panels, fits, corrections, parts = [], [], [], []
    for name, (data, wanted) in regressions.items():
        panel = complete_panel(data, wanted, title=f"Regression {name!r} cannot be estimated on")
        fit = fit_within(panel, wanted)
        fit.check(panel, wanted)
        index = pd.MultiIndex.from_frame(panel[keys])
        parts.append(pd.Series(fit.main_influence * fit.residual, index))
        panels.append(panel)
        fits.append(fit)
        corrections.append(small_sample(panel, wanted, fit.absorber))
    labels = list(dict.fromkeys([*keys, *grouping_columns(specification)]))
    rows = pd.concat([panel[labels] for panel in panels]).drop_duplicates(keys)
    index = pd.MultiIndex.from_frame(rows[keys])
    influence = np.column_stack([part.reindex(index, fill_value=0.0) for part in parts])
    factors = np.sqrt([one.factor for one in corrections])
    scale = np.linalg.norm(influence, axis=0)
    vcov = checked(meat(influence, rows, specification), scale, influence, specification)
    return Slopes(
        names=tuple(regressions),
        slopes=np.array([fit.slopes[0] for fit in fits]),
        vcov=vcov * np.outer(factors, factors),
        degrees_of_freedom=tuple(one.degrees_of_freedom for one in corrections),
        n_obs=tuple(len(panel) for panel in panels),
        words=_words(specification),
        confidence=specification.confidence,
    )


def _agreed(specifications: Sequence[Specification]) -> Specification:
    """Return the first specification, or raise unless all agree in keys and covariance."""
    if not specifications:
        raise ValueError("Joint slopes need a regression: found none; name one or more")
    found = {
        (one.entity, one.time, one.covariance, grouping_columns(one), one.bandwidth, one.confidence)
        for one in specifications
    }
    if len(found) > 1:
        raise ValueError(
            "Joint slopes need specifications that agree in entity, time, covariance, clusters, "
            f"bandwidth and confidence; found {'; '.join(sorted(map(str, found)))}"
        )
    return specifications[0]


def _words(specification: Specification) -> str:
    how = {
        "robust": "heteroskedasticity-robust, a row's errors in two regressions paired",
        "driscoll-kraay": f"Driscoll–Kraay, {specification.bandwidth} lags",
        "clustered": f"clustered by {' and '.join(specification.clusters)} across regressions",
    }[specification.covariance]
    return f"{how}, each regression's small-sample factor, t with the fewer degrees of freedom"
