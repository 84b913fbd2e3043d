"""How strong an omitted variable would have to be to overturn a coefficient.

All of it rests on partial R squared (Cinelli and Hazlett 2020, Making sense of sensitivity:
extending omitted variable bias, Journal of the Royal Statistical Society, Series B 82(1),
39-67). A confounder is described by two shares: of what is left of the regressor, and of what
is left of the outcome, that it would explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from digitrade.methods.absorb import Projection
from digitrade.methods.estimate import TIDY, tidy_coefficients
from digitrade.methods.mediation import Mediation
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

Shares = float | npt.NDArray[np.float64]
ORDINARY = "ordinary least squares, N/(N−K) with every effect in K, rows independent"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How robust a coefficient is to an omitted variable.

    Attributes
    ----------
    specification
        What was estimated.
    estimate
        The coefficient.
    std_error
        Its *ordinary* standard error, from which partial R squared follows; not one to
        test with in a panel.
    degrees_of_freedom
        Rows less regressors and effects.
    n_obs
        Rows.
    partial_r2
        Share of what is left of the outcome that the regressor explains; also the share of the
        regressor that a confounder must explain if it explains all of the outcome.
    robustness_value
        A confounder that explains this share both of regressor and outcome makes the
        estimate zero; a weaker one does not.
    robustness_value_interval
        The same for an ordinary confidence interval that just reaches zero.
    benchmarks
        ``control, times, r2_regressor, r2_outcome`` and the adjusted ``estimate, std_error,
        conf_low, conf_high``: what a confounder so many times as strong as a control would
        do at most. Missing where no confounder can be that strong.
    """

    specification: Specification
    estimate: float
    std_error: float
    degrees_of_freedom: int
    n_obs: int
    partial_r2: float
    robustness_value: float
    robustness_value_interval: float
    benchmarks: pd.DataFrame

    def adjusted(self, r2_regressor: Shares, r2_outcome: Shares) -> Shares:
        """Return the estimate that a confounder of this strength would leave."""
        return adjusted_estimate(
            self.estimate, self.std_error, self.degrees_of_freedom, r2_regressor, r2_outcome
        )

    def summary(self) -> pd.DataFrame:
        """Return one row: label, estimate, robustness and the benchmark that hurts most."""
        row = {
            "label": self.specification.label,
            "estimate": self.estimate,
            "partial_r2": self.partial_r2,
            "robustness_value": self.robustness_value,
            "robustness_value_interval": self.robustness_value_interval,
            "benchmark": "",
            "benchmark_estimate": np.nan,
        }
        bounds = self.benchmarks.dropna(subset="estimate")
        if len(bounds):
            worst = bounds.loc[(bounds["estimate"] - self.estimate).abs().idxmax()]
            row |= {"benchmark": worst["control"], "benchmark_estimate": worst["estimate"]}
        return pd.DataFrame([row])

    def tidy(self) -> pd.DataFrame:
        """Return the estimate as it is, then adjusted for each benchmark.

        A benchmark whose bound explains all of the outcome leaves nothing to be uncertain
        about: its standard error and what follows from it are missing.
        """
        bounds = self.benchmarks.dropna(subset="estimate")
        multiples = bounds["times"].map("{:g}".format).astype(str)
        told = "as strong as " + bounds["control"] + " ×" + multiples
        own = self._rows([self.estimate], [self.std_error], 0)
        adjusted = self._rows(bounds["estimate"], bounds["std_error"], 1)
        return pd.concat(
            [own.assign(label=self.specification.label), adjusted.assign(label=told.to_list())],
            ignore_index=True,
        )[["label", "outcome", *TIDY, "covariance"]]

    def _rows(
        self, estimates: Sequence[float], errors: Sequence[float], confounders: int
    ) -> pd.DataFrame:
        rows = tidy_coefficients(
            [self.specification.regressor] * len(estimates),
            np.asarray(estimates, dtype=float),
            np.where(np.asarray(errors) > 0, errors, np.nan),
            n_obs=self.n_obs,
            degrees_of_freedom=self.degrees_of_freedom - confounders,
            confidence=self.specification.confidence,
        )
        return rows.assign(outcome=self.specification.outcome, covariance=ORDINARY)


def sensitivity(
    data: pd.DataFrame,
    specification: Specification,
    *,
    times: Sequence[float] = (1, 2, 3),
    reduction: float = 1.0,
) -> Sensitivity:
    """Work out what an omitted variable would do to the specification's regressor.

    Parameters
    ----------
    data
        Complete rows; one for each entity and time.
    specification
        The regression. Its covariance plays no part: robustness is a statement about the
        size of an estimate, and the ordinary standard error is only a way to write it. Its
        ``confidence`` sets the interval of ``robustness_value_interval``, which does lean
        on the ordinary standard error.
    times
        How many times as strong as a control the benchmark confounders are.
    reduction
        Share of the estimate to be explained away, 1 for all of it.

    Returns
    -------
    Sensitivity

    Raises
    ------
    KeyError, ValueError
        As :func:`digitrade.methods.regression.fixed_effects`; also if fewer than two degrees of
        freedom are left or ``reduction`` is not above zero.
    """
    estimate = float(fixed_effects(data, specification).main.estimate)
    projection = Projection.of(data, specification)
    freedom = len(data) - projection.rank - 1
    if freedom < 2 or reduction <= 0:
        raise ValueError(
            "Sensitivity needs two degrees of freedom and a reduction above 0: found "
            f"{freedom} and {reduction}; use more rows, fewer controls or a share of the estimate"
        )
    names = [specification.outcome, specification.regressor]
    y, x = projection.residualise(data[names].to_numpy(dtype=float)).T
    left = y - estimate * x
    error = float(np.sqrt(left @ left / freedom / (x @ x)))
    t, alpha = estimate / error, 1 - specification.confidence
    return Sensitivity(
        specification=specification,
        estimate=estimate,
        std_error=error,
        degrees_of_freedom=freedom,
        n_obs=len(data),
        partial_r2=partial_r2(t, freedom),
        robustness_value=robustness_value(t, freedom, reduction=reduction),
        robustness_value_interval=robustness_value(t, freedom, reduction=reduction, alpha=alpha),
        benchmarks=_benchmarks(data, specification, (estimate, error, freedom), times),
    )


def path_sensitivity(
    data: pd.DataFrame, mediation: Mediation, *, label: str = ""
) -> dict[str, Sensitivity]:
    """Return the sensitivity of a mediation's total effect and of its two paths.

    A confounder that makes either path zero makes their product zero, so an indirect effect
    is no more robust than the weaker of its paths. Benchmarks are as strong as a control.

    Parameters
    ----------
    data
        The rows the mediation was estimated on.
    mediation
        From :func:`digitrade.methods.mediation.mediate`.
    label
        What the three specifications' labels start with.

    Returns
    -------
    dict
        Under ``total``, ``a`` and ``b``.
    """
    total, second = mediation.specification, mediation.outcome_fit.specification
    others = tuple(name for name in second.regressors if name != mediation.mediator)
    paths = {
        "total": total.replace(label=f"{label} total effect".strip()),
        "a": mediation.mediator_fit.specification.replace(label=f"{label} path a".strip()),
        "b": total.replace(
            regressor=mediation.mediator, controls=others, label=f"{label} path b".strip()
        ),
    }
    return {name: sensitivity(data, one, times=(1,)) for name, one in paths.items()}


def partial_r2(t: float, degrees_of_freedom: float) -> float:
    """Return the share of the outcome's remaining variation that a regressor explains.

    From the ordinary t statistic: t² / (t² + degrees of freedom).
    """
    return float(t**2 / (t**2 + degrees_of_freedom))


def robustness_value(
    t: float, degrees_of_freedom: float, *, reduction: float = 1.0, alpha: float = 1.0
) -> float:
    """Return how much of both regressor and outcome a confounder must explain.

    So much that the estimate shrinks by the share ``reduction`` (``alpha=1``), or that the
    interval of level 1 - alpha around what is left reaches zero (Cinelli and Hazlett 2020).
    The last two lines are two branches: with a very large t, what hurts most is a
    confounder that explains more of the regressor than of the outcome (as in their sensemakr).

    Parameters
    ----------
    t
        Ordinary t statistic.
    degrees_of_freedom
        Of that statistic.
    reduction
        Share of the estimate to be explained away.
    alpha
        Level of the test; 1 leaves sampling out of account.
    """
    f = reduction * abs(t) / np.sqrt(degrees_of_freedom)
    freedom = degrees_of_freedom - 1
    critical = stats.t.isf(alpha / 2, freedom) / np.sqrt(freedom)
    beyond = f - critical
    if beyond <= 0:
        return 0.0
    if f * critical > 1:
        return float((f**2 - critical**2) / (1 + f**2))
    return float((np.sqrt(beyond**4 + 4 * beyond**2) - beyond**2) / 2)


def adjusted_estimate(
    estimate: float,
    std_error: float,
    degrees_of_freedom: float,
    r2_regressor: Shares,
    r2_outcome: Shares,
) -> Shares:
    """Return the estimate with a confounder included that pulls it towards zero.

    The bias is s √(df) √(r2_outcome · r2_regressor / (1 - r2_regressor)) (Cinelli and Hazlett
    2020).

    Parameters
    ----------
    estimate, std_error, degrees_of_freedom
        Of the regression without the confounder; ordinary standard error.
    r2_regressor
        Share of the regressor's remaining variation that the confounder explains, below 1.
    r2_outcome
        The same for the outcome, given the regressor too.
    """
    share = np.asarray(r2_regressor, dtype=float)
    strength = np.sqrt(np.asarray(r2_outcome, dtype=float) * share / (1 - share))
    bias = std_error * np.sqrt(degrees_of_freedom) * strength
    left = np.sign(estimate) * (abs(estimate) - bias)
    return float(left) if left.ndim == 0 else left


def adjusted_error(
    std_error: float, degrees_of_freedom: float, r2_regressor: Shares, r2_outcome: Shares
) -> Shares:
    """Return the ordinary standard error with such a confounder included.

    Cinelli and Hazlett (2020).
    """
    share, outcome = (np.asarray(one, dtype=float) for one in (r2_regressor, r2_outcome))
    loss = degrees_of_freedom / (degrees_of_freedom - 1)
    error = std_error * np.sqrt((1 - outcome) / (1 - share) * loss)
    return float(error) if error.ndim == 0 else error


def benchmark_shares(
    control_regressor: float, control_outcome: float, times: float
) -> tuple[float, float]:
    """Return the strength of a confounder so many times as strong as a control.

    The bound of Cinelli and Hazlett (2020) for a confounder that is unrelated to the
    controls and equally many times as strong for regressor and outcome.

    Parameters
    ----------
    control_regressor
        Partial R squared of the control with the regressor, given the other controls.
    control_outcome
        The same with the outcome, given the regressor too.
    times
        How many times as strong.

    Returns
    -------
    tuple of float
        ``r2_regressor`` and a bound of ``r2_outcome``, no more than 1. Both are missing if
        no confounder can be that strong.
    """
    explained = control_regressor / (1 - control_regressor)
    with_regressor = times * explained
    if with_regressor >= 1 or times * control_regressor >= 1:
        return np.nan, np.nan
    linked = times * control_regressor * explained / (1 - times * control_regressor)
    if linked >= 1:
        return np.nan, np.nan
    multiple = (np.sqrt(times) + np.sqrt(linked)) / np.sqrt(1 - linked)
    bound = multiple**2 * control_outcome / (1 - control_outcome)
    return float(with_regressor), float(min(bound, 1.0))


def _benchmarks(
    data: pd.DataFrame,
    specification: Specification,
    fitted: tuple[float, float, int],
    times: Sequence[float],
) -> pd.DataFrame:
    """Return a row for each control and multiple, with the estimate it would leave."""
    estimate, error, freedom = fitted
    rows = []
    for control in specification.controls:
        strengths = _control_strengths(data, specification, control)
        for multiple in times:
            shares = benchmark_shares(*strengths, multiple)
            left = adjusted_estimate(estimate, error, freedom, *shares)
            spread = adjusted_error(error, freedom, *shares)
            reach = stats.t.ppf(0.5 + specification.confidence / 2, freedom - 1) * spread
            rows.append((control, multiple, *shares, left, spread, left - reach, left + reach))
    names = "control times r2_regressor r2_outcome estimate std_error conf_low conf_high"
    return pd.DataFrame(rows, columns=names.split())


def _control_strengths(
    data: pd.DataFrame, specification: Specification, control: str
) -> tuple[float, float]:
    """Return a control's partial R squared with the regressor and with the outcome."""
    others = tuple(name for name in specification.controls if name != control)
    names = [specification.regressor, specification.outcome, control]
    projection = Projection.of(data, specification.replace(controls=others))
    x, y, z = projection.residualise(data[names].to_numpy(dtype=float)).T
    given = x[:, None]
    return _squared_correlation(x, z), _squared_correlation(
        _residual(y, given), _residual(z, given)
    )


def _residual(values: np.ndarray, design: np.ndarray) -> np.ndarray:
    fitted: np.ndarray = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return values - fitted


def _squared_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the squared correlation of two residuals, which have mean zero."""
    return float((first @ second) ** 2 / (first @ first) / (second @ second))
