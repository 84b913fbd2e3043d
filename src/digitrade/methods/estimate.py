"""What an estimator returns, in one tidy vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.methods.specification import Specification

TIDY = [
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "n_obs",
]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Coefficients of one specification, with what is needed to read them.

    Attributes
    ----------
    coefficients
        A row a term: ``term, estimate, std_error, statistic, p_value, conf_low,
        conf_high, n_obs``.
    specification
        What was estimated.
    words
        The covariance and its small-sample factor, in words.
    n_obs, n_entities, n_groups
        Rows, panel units, and groups the covariance rests on.
    r_squared_within
        Share of the variation left after the fixed effects that the regressors explain.
    r_squared
        Share of the whole variation that regressors and effects explain together.
    """

    coefficients: pd.DataFrame
    specification: Specification
    words: str
    n_obs: int
    n_entities: int
    n_groups: int
    r_squared_within: float
    r_squared: float

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the coefficients."""
        return self.coefficients.copy()

    def __getitem__(self, term: str) -> pd.Series:
        """Return the row of one term."""
        rows = self.coefficients.set_index("term")
        if term not in rows.index:
            raise KeyError(f"No term {term!r}; there are: {', '.join(rows.index)}")
        return pd.Series(rows.loc[term])

    @property
    def main(self) -> pd.Series:
        """The row of the specification's regressor."""
        return self[self.specification.regressor]


def tidy_coefficients(
    terms: Sequence[str],
    estimates: np.ndarray,
    std_errors: np.ndarray,
    *,
    n_obs: int | Sequence[int],
    degrees_of_freedom: float,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Put estimates and standard errors into the tidy vocabulary.

    Parameters
    ----------
    terms
        Names, length k.
    estimates, std_errors
        Arrays of length k.
    n_obs
        Rows the estimates rest on, one number or one for each term.
    degrees_of_freedom
        Of Student's t for p-values and intervals.
    confidence
        Level of the intervals.

    Returns
    -------
    pandas.DataFrame
        k rows with the columns ``term`` to ``n_obs``.
    """
    statistics = estimates / std_errors
    reach = stats.t.ppf(0.5 + confidence / 2, degrees_of_freedom) * std_errors
    return pd.DataFrame(
        {
            "term": list(terms),
            "estimate": estimates,
            "std_error": std_errors,
            "statistic": statistics,
            "p_value": 2 * stats.t.sf(np.abs(statistics), degrees_of_freedom),
            "conf_low": estimates - reach,
            "conf_high": estimates + reach,
            "n_obs": n_obs,
        }
    )[TIDY]


def combine(estimates: Mapping[str, Estimate] | Iterable[Estimate]) -> pd.DataFrame:
    """Stack the tidy rows of several estimates, led by what tells them apart.

    Returns
    -------
    pandas.DataFrame
        ``label, outcome, covariance`` and the tidy columns.
    """
    named = (
        estimates.items()
        if isinstance(estimates, Mapping)
        else [(one.specification.label, one) for one in estimates]
    )
    return pd.concat(
        [
            one.tidy().assign(label=label, outcome=one.specification.outcome, covariance=one.words)[
                ["label", "outcome", *TIDY, "covariance"]
            ]
            for label, one in named
        ],
        ignore_index=True,
    )
