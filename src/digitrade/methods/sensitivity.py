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

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.checks import check_outcome, names_of, positive
from digitrade.methods.estimate import TIDY, tidy_coefficients
from digitrade.methods.mediation import Mediation
from digitrade.methods.regression import fit_within
from digitrade.methods.specification import Specification, complete_panel

Shares = float | npt.NDArray[np.float64]
ORDINARY = "ordinary least squares, N/(N−K) with every effect in K, rows independent"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How robust a coefficient is to an omitted variable.

    - ``specification``, ``coefficients``, ``degrees_of_freedom``: what was estimated; one tidy row,
      with the *ordinary* standard error, not one to test with in a panel; rows less regressors and
      effects.
    - ``partial_r2``: share of what is left of the outcome that the regressor explains; also the
      share of the regressor that a confounder must explain if it explains all of the outcome.
    - ``robustness_value``, ``robustness_value_interval``: a confounder that explains this share
      both of regressor and outcome makes the estimate zero, or an ordinary confidence interval just
      reach zero; a weaker one does not.
    - ``benchmarks``: a row for each control and multiple: ``control, times, r2_regressor,
      r2_outcome, r2_implied, capped`` and the tidy columns, adjusted for a confounder so many times
      as strong as the control. If that would have to explain more of the outcome, ``r2_implied``,
      than is left, the row is ``capped``: its ``r2_outcome`` is 1. Missing where no confounder can
      be so strong in the regressor.
    """

    specification: Specification
    coefficients: pd.DataFrame
    degrees_of_freedom: int
    partial_r2: float
    robustness_value: float
    robustness_value_interval: float
    benchmarks: pd.DataFrame

    @property
    def estimate(self) -> float:
        """The coefficient."""
        return float(self.coefficients["estimate"].item())

    @property
    def std_error(self) -> float:
        """Its ordinary standard error."""
        return float(self.coefficients["std_error"].item())

    def adjusted(self, r2_regressor: Shares, r2_outcome: Shares) -> Shares:
        """Return the estimate that a confounder of this strength would leave."""
        ordinary = (self.estimate, self.std_error, self.degrees_of_freedom)
        return _adjusted(*ordinary, r2_regressor, r2_outcome)[0]

    def summary(self) -> pd.DataFrame:
        """Return one row: label, estimate, robustness and the benchmark that hurts most."""
        names = ("estimate", "partial_r2", "robustness_value", "robustness_value_interval")
        row = {"label": self.specification.label, **{name: getattr(self, name) for name in names}}
        bounds = self.benchmarks.dropna(subset="estimate")
        worst = {"control": "", "r2_implied": np.nan, "estimate": np.nan}
        if len(bounds):
            worst |= bounds.loc[(bounds["estimate"] - self.estimate).abs().idxmax()].to_dict()
        row |= {"benchmark": worst["control"], "benchmark_implied": worst["r2_implied"]}
        return pd.DataFrame([row | {"benchmark_estimate": worst["estimate"]}])

    def tidy(self) -> pd.DataFrame:
        """Return the estimate as it is, then adjusted for each benchmark that there can be."""
        bounds = self.benchmarks.dropna(subset="estimate")
        multiples = bounds["times"].map("{:g}".format).astype(str)
        words = bounds["capped"].map({True: ", cut to all of the outcome", False: ""})
        labels = "as strong as " + bounds["control"] + " ×" + multiples + words.astype(str)
        own = self.coefficients.assign(label=self.specification.label)
        rows = pd.concat([own, bounds.assign(label=labels)], ignore_index=True)
        rows = rows.assign(outcome=self.specification.outcome, covariance=ORDINARY)
        return rows[["label", "outcome", *TIDY, "covariance"]]


def sensitivity(
    data: pd.DataFrame,
    specification: Specification,
    *,
    times: Sequence[float] = (1, 2, 3),
    reduction: float = 1.0,
) -> Sensitivity:
    """Work out what an omitted variable would do to the specification's regressor.

    - ``data``, ``specification``: complete rows, one for each entity and time; the regression. Its
      covariance plays no part, its ``confidence`` sets ``robustness_value_interval``.
    - ``times``: how many times as strong as a control the benchmark confounders are.
    - ``reduction``: share of the estimate to be explained away, 1 for all of it.

    Raises KeyError or ValueError as :func:`digitrade.methods.regression.fixed_effects`; also if
    fewer than two degrees of freedom are left or ``reduction`` is not above zero.
    """
    odd = not positive(reduction)
    wrong = {
        f"times {times!r}: give numbers above 0": not all(map(positive, names_of(times))),
        f"reduction {reduction!r}: a reduction above 0 needed, as a share of the estimate": odd,
    }
    data = complete_panel(data, specification, problems=wrong)
    fit = fit_within(data, specification)
    estimate, absorber = float(fit.slopes[0]), fit.absorber
    controls = data[list(specification.controls)].to_numpy(dtype=float)
    projection = Projection.beyond(absorber, controls)
    freedom = len(data) - projection.rank - 1
    if freedom < 2:
        raise ValueError(
            f"Sensitivity needs two degrees of freedom: {len(data)} rows leave {freedom}; use "
            "more rows, fewer controls or fewer effects"
        )
    names = [specification.outcome, specification.regressor]
    y, x = projection.residualise(data[names].to_numpy(dtype=float)).T
    left, held = y - estimate * x, (*specification.effects, *specification.regressors)
    check_outcome(data[names[0]].to_numpy(), left, names[0], held, fitted=True)
    error = float(np.linalg.norm(left) / np.sqrt(freedom * (x @ x)))
    t, alpha = estimate / error, 1 - specification.confidence
    bounds = _benchmarks(data, specification, absorber, names_of(times))
    adjusted = _adjusted(estimate, error, freedom, bounds["r2_regressor"], bounds["r2_outcome"])
    rows = _tidy(specification, *adjusted, len(data), freedom - 1)
    return Sensitivity(
        specification=specification,
        coefficients=_tidy(specification, estimate, error, len(data), freedom),
        degrees_of_freedom=freedom,
        partial_r2=partial_r2(t, freedom),
        robustness_value=robustness_value(t, freedom, reduction=reduction),
        robustness_value_interval=robustness_value(t, freedom, reduction=reduction, alpha=alpha),
        benchmarks=pd.concat([bounds, rows], axis=1),
    )


def path_sensitivity(
    data: pd.DataFrame, mediation: Mediation, *, label: str = ""
) -> dict[str, Sensitivity]:
    """Return the sensitivity of a mediation's ``total`` effect and of its paths ``a`` and ``b``.

    A confounder that makes either path zero makes their product zero. Data are the mediation's.
    """
    total, mediator = mediation.specification, mediation.mediator
    paths = {
        "total": ("total effect", total),
        "a": ("path a", total.replace(outcome=mediator)),
        "b": ("path b", total.replace(regressor=mediator, controls=total.regressors)),
    }
    return {
        name: sensitivity(data, path.replace(label=f"{label} {words}".strip()), times=(1,))
        for name, (words, path) in paths.items()
    }


def partial_r2(t: float, degrees_of_freedom: float) -> float:
    """Return the share that a regressor explains of what is left, by its ordinary t statistic."""
    return float(t**2 / (t**2 + degrees_of_freedom))


def robustness_value(
    t: float, degrees_of_freedom: float, *, reduction: float = 1.0, alpha: float = 1.0
) -> float:
    """Return how much of both regressor and outcome a confounder must explain.

    So much that the estimate shrinks by the share ``reduction``, or that the interval of level
    1 - alpha around what is left reaches zero (two branches, as in Cinelli and Hazlett's
    sensemakr).
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


def _adjusted(
    estimate: float,
    std_error: float,
    degrees_of_freedom: float,
    r2_regressor: Shares,
    r2_outcome: Shares,
) -> tuple[Shares, Shares]:
    """Return estimate and ordinary standard error with a confounder that pulls towards zero."""
    strength = np.sqrt(r2_outcome * r2_regressor / (1 - r2_regressor))
    bias = std_error * np.sqrt(degrees_of_freedom) * strength
    loss = degrees_of_freedom / (degrees_of_freedom - 1)
    error = std_error * np.sqrt((1 - r2_outcome) / (1 - r2_regressor) * loss)
    return np.sign(estimate) * (abs(estimate) - bias), error


def _bound(control_regressor: float, control_outcome: float, times: float) -> tuple[float, float]:
    """Return a confounder's shares, the second perhaps above 1, missing if none is so strong."""
    explained = control_regressor / (1 - control_regressor)
    with_regressor, rest = times * explained, 1 - times * control_regressor
    linked = times * control_regressor * explained / rest if rest > 0 else np.inf
    if with_regressor >= 1 or linked >= 1:
        return np.nan, np.nan
    multiple = (np.sqrt(times) + np.sqrt(linked)) / np.sqrt(1 - linked)
    implied = multiple**2 * control_outcome / (1 - control_outcome)
    return float(with_regressor), float(implied)


def _benchmarks(
    data: pd.DataFrame, specification: Specification, absorber: Absorber, times: Sequence[float]
) -> pd.DataFrame:
    """Return the shares of a confounder for each control and multiple."""
    rows: list[tuple[object, ...]] = []
    for control in specification.controls:
        others = data[[name for name in specification.controls if name != control]]
        names = [specification.regressor, specification.outcome, control]
        projection = Projection.beyond(absorber, others.to_numpy(dtype=float))
        x, y, z = projection.residualise(data[names].to_numpy(dtype=float)).T
        y_given, z_given = (one - x * (x @ one) / (x @ x) for one in (y, z))
        with_regressor = np.corrcoef(x, z)[0, 1] ** 2
        with_outcome = np.corrcoef(y_given, z_given)[0, 1] ** 2
        rows += [(control, k, *_bound(with_regressor, with_outcome, k)) for k in times]
    names = ["control", "times", "r2_regressor", "r2_implied"]
    found = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[2:], float))
    found.insert(3, "r2_outcome", found["r2_implied"].clip(upper=1))
    return found.assign(capped=found["r2_implied"] > 1)


def _tidy(
    specification: Specification, estimates: Shares, errors: Shares, n_obs: int, freedom: int
) -> pd.DataFrame:
    values, terms = np.atleast_1d(estimates), [specification.regressor] * np.size(estimates)
    errors = np.where(np.atleast_1d(errors) > 0, errors, np.nan)
    return tidy_coefficients(terms, values, errors, n_obs, freedom, specification.confidence)
