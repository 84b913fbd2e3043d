"""The propensity score: the probability of treatment given covariates, by logit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from digitrade.methods.estimate import tidy_coefficients

WHOLE = "all"  # the stratum of a score that is fitted once
COLLINEAR = 1e-8  # smallest singular value of the standardised design, per root of its rows
NEVER_ENDING = "a covariate, or several together, separates treated from controls"


@dataclass(frozen=True, slots=True)
class PropensityScore:
    """Fitted probabilities of treatment and the logits they come from.

    Attributes
    ----------
    scores
        Probabilities, length n, with the index of the data.
    coefficients
        A row a stratum and term: ``stratum`` and the tidy columns, in the covariates' own
        units; standard errors from the inverse Hessian, intervals from the normal.
    fits
        A row a stratum: ``stratum, n_obs, n_treated, log_likelihood, log_likelihood_null``.
    treatment, covariates, by
        What was asked for.
    """

    scores: pd.Series
    coefficients: pd.DataFrame
    fits: pd.DataFrame
    treatment: str
    covariates: tuple[str, ...]
    by: str | None

    @property
    def n_obs(self) -> int:
        """Rows."""
        return len(self.scores)

    @property
    def pseudo_r_squared(self) -> float:
        """McFadden's: one less the ratio of log-likelihoods, each summed over the strata."""
        sums = self.fits[["log_likelihood", "log_likelihood_null"]].sum()
        return float(1 - sums["log_likelihood"] / sums["log_likelihood_null"])

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the coefficients."""
        return self.coefficients.copy()


def propensity_score(
    data: pd.DataFrame, *, treatment: str, covariates: Sequence[str], by: str | None = None
) -> PropensityScore:
    """Fit the probability of treatment given covariates (Rosenbaum and Rubin 1983).

    Biometrika 70(1), 41-55. Covariates are standardised before the fit, so that their units
    do not matter to the optimiser, and coefficients are brought back afterwards.

    Parameters
    ----------
    data
        n rows with an index that repeats nothing; other columns are ignored.
    treatment
        Column of 0 and 1.
    covariates
        Columns of numbers.
    by
        Column within whose values a logit each is fitted; one for all rows if ``None``.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        With every stratum in which no logit can be fitted, and why: the treatment or a
        covariate does not vary, covariates are combinations of each other, or they separate
        the treated from the others.
    """
    names = tuple(covariates)
    _check(data, treatment, names, by)
    strata = [(WHOLE, data)] if by is None else list(data.groupby(by))
    fitted: list[tuple[Any, pd.Series, pd.DataFrame, dict[str, float]]] = []
    problems = []
    for stratum, rows in strata:
        one = _fit(rows[treatment], rows[list(names)])
        if isinstance(one, str):
            problems.append(f"{by or 'rows'} {stratum}: {one}")
        else:
            fitted.append((stratum, *one))
    if problems:
        raise ValueError(
            f"The propensity score of {treatment} cannot be fitted; take out the covariate or "
            "the rows, or fit it over all rows (by=None):\n  - " + "\n  - ".join(problems)
        )
    coefficients = [rows.assign(stratum=stratum) for stratum, _, rows, _ in fitted]
    return PropensityScore(
        scores=pd.concat([scores for _, scores, _, _ in fitted]).loc[data.index].rename("score"),
        coefficients=pd.concat(coefficients, ignore_index=True).pipe(_led_by, "stratum"),
        fits=pd.DataFrame([{"stratum": stratum, **fit} for stratum, _, _, fit in fitted]),
        treatment=treatment,
        covariates=names,
        by=by,
    )


def _check(data: pd.DataFrame, treatment: str, names: tuple[str, ...], by: str | None) -> None:
    """Raise with everything that is wrong with the columns."""
    columns = [treatment, *names, *([] if by is None else [by])]
    if absent := [name for name in columns if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
    problems = [
        f"{name}: {count} missing values; keep complete rows first (sample.complete_rows)"
        for name, count in data[columns].isna().sum().items()
        if count
    ]
    if not names:
        problems.append("covariates: none; name at least one")
    if len(set(columns)) < len(columns):
        problems.append(f"columns {columns}: name each once")
    elif not data[treatment].dropna().isin([0, 1]).all():
        problems.append(f"{treatment}: values other than 0 and 1; recode it")
    if repeated := int(data.index.duplicated().sum()):
        problems.append(f"index: {repeated} repeated labels; reset it")
    if data.empty:
        problems.append("data: no row")
    if problems:
        raise ValueError("No propensity score from these rows:\n  - " + "\n  - ".join(problems))


def _fit(
    treated: pd.Series, covariates: pd.DataFrame
) -> tuple[pd.Series, pd.DataFrame, dict[str, float]] | str:
    """Return scores, tidy coefficients and log-likelihoods of a logit, or why there is none."""
    outcome, columns = treated.to_numpy(dtype=float), covariates.to_numpy(dtype=float)
    if np.ptp(outcome) == 0:
        return f"{treated.name} is {outcome[0]:.0f} in all {len(outcome)} rows"
    if (constant := np.ptp(columns, axis=0) == 0).any():
        return f"{', '.join(covariates.columns[constant])} does not vary"
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    design = np.column_stack([np.ones(len(columns)), (columns - mean) / spread])
    if np.linalg.svd(design, compute_uv=False)[-1] < COLLINEAR * np.sqrt(len(design)):
        return "covariates are combinations of each other"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = Logit(outcome, design).fit(disp=0)
            null = float(result.llnull)
        except (PerfectSeparationError, np.linalg.LinAlgError, Warning):
            return NEVER_ENDING
    fit = {"n_obs": len(outcome), "n_treated": int(outcome.sum())}
    likelihoods = {"log_likelihood": float(result.llf), "log_likelihood_null": null}
    scores = pd.Series(result.predict(), index=treated.index)
    return scores, _in_units(result, mean, spread, list(covariates)), {**fit, **likelihoods}


def _in_units(result: Any, mean: np.ndarray, spread: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Return tidy coefficients of the covariates in the units they came in."""
    back = np.diag(np.r_[1, 1 / spread])
    back[0, 1:] = -mean / spread
    return tidy_coefficients(
        ["const", *names],
        back @ result.params,
        np.sqrt(np.diag(back @ result.cov_params() @ back.T)),
        n_obs=int(result.nobs),
        degrees_of_freedom=np.inf,
    )


def _led_by(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows with a column moved to the front."""
    return rows[[column, *rows.columns.drop(column)]]
