"""The propensity score: the probability of treatment given covariates, by logit."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from digitrade.methods.checks import missing_values, refuse, require_columns

COLLINEAR = 1e-8  # smallest singular value of the standardised design, per root of its rows


def propensity_score(
    data: pd.DataFrame, *, treatment: str, covariates: Sequence[str], by: str | None = None
) -> pd.Series:
    """Return the fitted probabilities of treatment given standardised covariates, by logit.

    Rosenbaum and Rubin (1983, Biometrika 70(1), 41-55).

    Parameters
    ----------
    data
        n rows with an index that repeats nothing, which the answer has, too.
    treatment, covariates
        Column of 0 and 1, and columns of numbers.
    by
        Column within whose values a logit each is fitted; one for all rows if ``None``.

    Raises
    ------
    KeyError, ValueError
        If a column is not there; with everything that is wrong with the columns, or every stratum
        in which no logit can be fitted, and why.
    """
    names = list(covariates)
    _check(data, treatment, names, by)
    scores, problems = [], []
    for stratum, rows in [("all", data)] if by is None else data.groupby(by):
        try:
            scores.append(_fitted(rows[treatment], rows[names]))
        except ValueError as error:
            problems.append(f"{by or 'rows'} {stratum}: {error}")
    refuse(
        f"The propensity score of {treatment} cannot be fitted; take out the covariate or the "
        "rows, or fit it over all rows (by=None)",
        problems,
    )
    return pd.concat(scores).loc[data.index].rename("score")


def _check(data: pd.DataFrame, treatment: str, names: list[str], by: str | None) -> None:
    columns = [treatment, *names, *([] if by is None else [by])]
    require_columns(data, columns)
    if len(set(columns)) < len(columns):
        raise ValueError(f"No propensity score from columns {columns}: name each once")
    repeated = int(data.index.duplicated().sum())
    wrong = {
        "covariates: none; name at least one": not names,
        f"{treatment}: values other than 0 and 1; recode it": not (
            data[treatment].dropna().isin([0, 1]).all()
        ),
        f"index: {repeated} repeated labels; reset it": repeated,
        "data: no row": data.empty,
    }
    problems = [words for words, found in wrong.items() if found]
    refuse("No propensity score from these rows", [*missing_values(data, columns), *problems])


def _fitted(treated: pd.Series, covariates: pd.DataFrame) -> pd.Series:
    """Return the probabilities by a logit, or raise with why there is none."""
    outcome, columns = treated.to_numpy(dtype=float), covariates.to_numpy(dtype=float)
    if np.ptp(outcome) == 0:
        raise ValueError(f"{treated.name} is {outcome[0]:.0f} in all {len(outcome)} rows")
    if (constant := np.ptp(columns, axis=0) == 0).any():
        raise ValueError(f"{', '.join(covariates.columns[constant])} does not vary")
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    design = np.column_stack([np.ones(len(columns)), scaled])
    if np.linalg.svd(design, compute_uv=False)[-1] < COLLINEAR * np.sqrt(len(design)):
        raise ValueError("covariates are combinations of each other")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = Logit(outcome, design).fit(disp=0)
        except (PerfectSeparationError, np.linalg.LinAlgError, Warning) as error:
            message = "a covariate, or several together, separates treated from controls"
            raise ValueError(message) from error
    return pd.Series(result.predict(), index=treated.index)
