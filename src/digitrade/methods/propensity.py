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

from digitrade.methods.checks import missing_values, refuse, require_columns
from digitrade.methods.estimate import tidy_coefficients

COLLINEAR = 1e-8  # smallest singular value of the standardised design, per root of its rows


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
    covariates, by
        What was asked for.
    """

    scores: pd.Series
    coefficients: pd.DataFrame
    fits: pd.DataFrame
    covariates: tuple[str, ...]
    by: str | None

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
    """Fit the probability of treatment given covariates, by logit.

    Rosenbaum and Rubin (1983, Biometrika 70(1), 41-55). Covariates are standardised before the
    fit, so that their units do not matter to the optimiser, and coefficients are brought back.

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
        With everything that is wrong with the columns, or every stratum in which no logit can
        be fitted, and why: the treatment or a covariate does not vary, covariates are
        combinations of each other, or they separate the treated from the others.
    """
    names = list(covariates)
    _check_columns(data, treatment, names, by)
    scores, coefficients, fits, problems = [], {}, [], []
    for stratum, rows in [("all", data)] if by is None else data.groupby(by):
        try:
            result, coefficients[stratum] = _logit(rows[treatment], rows[names])
        except ValueError as error:
            problems.append(f"{by or 'rows'} {stratum}: {error}")
            continue
        scores.append(pd.Series(result.predict(), index=rows.index))
        likelihoods = {"log_likelihood": result.llf, "log_likelihood_null": result.llnull}
        size = {"n_obs": len(rows), "n_treated": int(rows[treatment].sum())}
        fits.append({"stratum": stratum, **size, **likelihoods})
    refuse(
        f"The propensity score of {treatment} cannot be fitted; take out the covariate or the "
        "rows, or fit it over all rows (by=None)",
        problems,
    )
    return PropensityScore(
        scores=pd.concat(scores).loc[data.index].rename("score"),
        coefficients=pd.concat(coefficients, names=["stratum"]).droplevel(1).reset_index(),
        fits=pd.DataFrame(fits),
        covariates=tuple(names),
        by=by,
    )


def _check_columns(data: pd.DataFrame, treatment: str, names: list[str], by: str | None) -> None:
    columns = [treatment, *names, *([] if by is None else [by])]
    require_columns(data, columns)
    if len(set(columns)) < len(columns):
        raise ValueError(f"No propensity score from columns {columns}: name each once")
    repeated = int(data.index.duplicated().sum())
    wrong = {
        "covariates: none; name at least one": not names,
        f"{treatment}: values other than 0 and 1; recode it": ~data[treatment].isin([0, 1, np.nan]),
        f"index: {repeated} repeated labels; reset it": repeated,
        "data: no row": data.empty,
    }
    problems = [words for words, found in wrong.items() if np.any(found)]
    refuse("No propensity score from these rows", [*missing_values(data, columns), *problems])


def _logit(treated: pd.Series, covariates: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    """Return a logit on standardised covariates, and tidy coefficients in their own units."""
    outcome, columns = treated.to_numpy(dtype=float), covariates.to_numpy(dtype=float)
    if np.ptp(outcome) == 0:
        raise ValueError(f"{treated.name} is {outcome[0]:.0f} in all {len(outcome)} rows")
    if (constant := np.ptp(columns, axis=0) == 0).any():
        raise ValueError(f"{', '.join(covariates.columns[constant])} does not vary")
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    design = np.column_stack([np.ones(len(columns)), (columns - mean) / spread])
    if np.linalg.svd(design, compute_uv=False)[-1] < COLLINEAR * np.sqrt(len(design)):
        raise ValueError("covariates are combinations of each other")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = Logit(outcome, design).fit(disp=0)
            result.llnull  # noqa: B018  fitted when first asked for, and may fail as well
        except (PerfectSeparationError, np.linalg.LinAlgError, Warning) as error:
            message = "a covariate, or several together, separates treated from controls"
            raise ValueError(message) from error
    back = np.diag(np.r_[1, 1 / spread])
    back[0, 1:] = -mean / spread
    return result, tidy_coefficients(
        ["const", *covariates],
        back @ result.params,
        np.sqrt(np.diag(back @ result.cov_params() @ back.T)),
        n_obs=len(outcome),
        degrees_of_freedom=np.inf,
    )
