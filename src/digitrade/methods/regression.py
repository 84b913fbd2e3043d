"""Two-way fixed effects: linearmodels estimates, the small-sample factor is ours and named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from linearmodels.panel import PanelOLS
from linearmodels.panel.results import PanelEffectsResults
from linearmodels.panel.utility import AbsorbingEffectError

from digitrade.methods.absorb import Absorber, Projection, absorbed_regression, count_effects
from digitrade.methods.covariance import SmallSample as SmallSample
from digitrade.methods.covariance import correct, corrected_estimate
from digitrade.methods.estimate import Estimate
from digitrade.methods.specification import Specification, complete_panel


def fixed_effects(data: pd.DataFrame, specification: Specification) -> Estimate:
    r"""Estimate :math:`y_{it} = \alpha_i + \lambda_t + \beta x_{it} + \gamma' z_{it} + u_{it}`.

    Coefficients and the uncorrected covariance come from
    :class:`linearmodels.panel.PanelOLS`. The covariance is then multiplied by

    - ``"clustered"``: :math:`\frac{G}{G-1} \frac{N-1}{N-K}` with G clusters; t with G - 1
      degrees of freedom (Cameron and Miller 2015, Journal of Human Resources 50(2), sec. II);
    - ``"driscoll-kraay"``: the same with periods for clusters (Driscoll and Kraay 1998,
      Review of Economics and Statistics 80(4), 549-560; Bartlett kernel);
    - ``"robust"``: :math:`\frac{N}{N-K}` (HC1); t with N - K degrees of freedom.

    K counts the regressors and those effects that are not nested in the clusters, as R's
    ``fixest`` and Stata's ``reghdfe`` do by default.

    Effects of further columns, and clusters in several ways at once, go to
    :func:`digitrade.methods.absorb.absorbed_regression`, where K takes the effects' exact rank.

    Parameters
    ----------
    data
        One row for each entity and time; other columns are ignored.
    specification
        What to estimate.

    Returns
    -------
    Estimate
        A row for the regressor and each control.

    Raises
    ------
    KeyError
        If a column of the specification is not there.
    ValueError
        If a value is missing, a key is repeated, or a regressor does not vary within
        the effects.
    """
    if specification.many_ways:
        return absorbed_regression(data, specification)
    panel = complete_panel(data, specification)
    try:
        result = fit_panel(panel, specification)
    except AbsorbingEffectError as error:
        raise ValueError(
            f"A regressor does not vary within {' and '.join(specification.effects)}: leave it "
            f"out. linearmodels says: {error}"
        ) from error
    correction = small_sample(panel, specification)
    names = list(specification.regressors)
    return corrected_estimate(
        panel,
        specification,
        correction,
        slopes=result.params[names].to_numpy(),
        covariance=result.cov.loc[names, names].to_numpy(),
        r_squared_within=float(result.rsquared),
        r_squared=float(result.rsquared_inclusive),
    )


def fit_all(data: pd.DataFrame, specifications: Iterable[Specification]) -> list[Estimate]:
    """Estimate several specifications on the same rows."""
    return [fixed_effects(data, one) for one in specifications]


def build_up(baseline: Specification) -> list[Specification]:
    """Return the baseline built up a control at a time, from none to all."""
    steps = range(len(baseline.controls) + 1)
    return [baseline.replace(controls=baseline.controls[:k], label=f"({k + 1})") for k in steps]


def within(data: pd.DataFrame, column: str, specification: Specification) -> pd.Series:
    """Return what is left of a column after the specification's fixed effects.

    Exact on unbalanced panels too: a projection on the dummies of all effects.
    """
    values = data[column].to_numpy(dtype=float)
    left = Absorber.of(data, specification.effects).residualise(values)
    return pd.Series(left, index=data.index, name=column)


def within_share(data: pd.DataFrame, column: str, specification: Specification) -> float:
    """Return the share of a column's variance that the fixed effects leave."""
    return float(within(data, column, specification).var() / data[column].var())


def within_by(data: pd.DataFrame, column: str, by: str, specification: Specification) -> pd.Series:
    """Return how what the fixed effects leave of a column is spread over groups.

    Returns
    -------
    pandas.Series
        Shares of the sum of squares that sum to one, indexed by group.
    """
    squares = within(data, column, specification) ** 2
    return squares.groupby(data[by]).sum() / squares.sum()


def catch_up_share(data: pd.DataFrame, column: str, specification: Specification) -> float:
    """Return how much of what the fixed effects leave is the first level's fading.

    The share, between 0 and 1, of a column's variation within the effects that its level
    in the entity's first period, times a dummy for every period, accounts for.
    """
    ordered = data.sort_values(specification.time)
    first = data[specification.entity].map(ordered.groupby(specification.entity)[column].first())
    periods = pd.get_dummies(data[specification.time], dtype=float)
    absorber = Absorber.of(data, specification.effects)
    fading = Projection.beyond(absorber, periods.mul(first, axis=0).to_numpy())
    values = data[column].to_numpy(dtype=float)
    left, residual = absorber.residualise(values), fading.residualise(values)
    return float(1 - residual @ residual / (left @ left))


def partial_out(data: pd.DataFrame, column: str, specification: Specification) -> pd.Series:
    """Return what is left of a column after fixed effects and controls.

    The slope of one such residual on the other is the regression's coefficient; see
    :class:`digitrade.methods.absorb.Projection`.
    """
    left = Projection.of(data, specification).residualise(data[column].to_numpy(dtype=float))
    return pd.Series(left, index=data.index, name=column)


def nuisance(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return effect dummies and controls side by side, n by r, as a dense array.

    For panels of some dozens of entities, where the columns themselves are wanted; for what
    they leave of a column, at any size, see :class:`digitrade.methods.absorb.Projection`.
    """
    controls = data[list(specification.controls)].to_numpy(dtype=float)
    return np.hstack([effect_dummies(data, specification), controls])


def effect_dummies(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return a constant and the dummies of every effect but its first level, n by r, dense."""
    blocks = [np.ones((len(data), 1))]
    for name in specification.effects:
        blocks.append(pd.get_dummies(data[name], drop_first=True, dtype=float).to_numpy())
    return np.hstack(blocks)


def small_sample(
    data: pd.DataFrame, specification: Specification, effects: Sequence[str] | None = None
) -> SmallSample:
    """Return the correction that :func:`fixed_effects` applies, on n rows of data.

    Parameters
    ----------
    data, specification
        As in :func:`fixed_effects`.
    effects
        Columns that get a fixed effect each; the specification's by default.
    """
    if effects is None and specification.many_ways:
        return correct(data, specification, *count_effects(data, specification, "rank"))
    absorbed = specification.effects if effects is None else effects
    rows, slopes = len(data), len(specification.regressors)
    groups = {
        "clustered": specification.groups,
        "driscoll-kraay": specification.time,
        "robust": None,
    }[specification.covariance]
    freedom = rows - slopes - _effects_counted(data, absorbed, groups)
    if groups is None:
        return SmallSample(rows / freedom, freedom, rows, "heteroskedasticity-robust, N/(N−K)")
    size = int(data[groups].nunique())
    name = {
        "clustered": f"clustered by {groups}, {size} clusters",
        "driscoll-kraay": f"Driscoll–Kraay, {specification.bandwidth} lags, {size} periods",
    }[specification.covariance]
    factor = size / (size - 1) * (rows - 1) / freedom
    return SmallSample(factor, size - 1, size, f"{name}, G/(G−1)·(N−1)/(N−K)")


def _effects_counted(data: pd.DataFrame, effects: Sequence[str], groups: str | None) -> int:
    """Return the parameters of the effects that are not nested in the groups, at least one."""
    levels = [
        int(data[effect].nunique())
        for effect in effects
        if groups is None or data.groupby(effect)[groups].nunique().max() > 1
    ]
    return max(sum(levels) - max(len(levels) - 1, 0), 1)


def fit_panel(
    panel: pd.DataFrame, specification: Specification, effects: Sequence[str] | None = None
) -> PanelEffectsResults:
    """Fit with linearmodels, leaving every small-sample correction off.

    Parameters
    ----------
    panel
        Complete rows, one for each entity and time.
    specification
        Outcome, regressors, keys and covariance.
    effects
        Columns that get a fixed effect each, two at most, among them any column such as
        group by year; the specification's effects by default.
    """
    absorbed = specification.effects if effects is None else effects
    keys = [specification.entity, specification.time]
    indexed = panel.set_index(keys)
    exog = indexed[list(specification.regressors)]
    if not absorbed:
        exog = exog.assign(const=1.0)
    others = {name: pd.factorize(panel[name])[0] for name in absorbed if name not in keys}
    model = PanelOLS(
        indexed[specification.outcome],
        exog,
        entity_effects=specification.entity in absorbed,
        time_effects=specification.time in absorbed,
        other_effects=pd.DataFrame(others, index=indexed.index) if others else None,
    )
    codes = pd.factorize(panel[specification.groups], sort=True)[0]
    clusters = pd.DataFrame({"clusters": codes}, index=indexed.index)
    options: dict[str, dict[str, Any]] = {
        "clustered": {"cov_type": "clustered", "clusters": clusters},
        "robust": {"cov_type": "robust"},
        "driscoll-kraay": {"cov_type": "kernel", "bandwidth": specification.bandwidth},
    }
    return model.fit(
        debiased=False, auto_df=False, count_effects=False, **options[specification.covariance]
    )
