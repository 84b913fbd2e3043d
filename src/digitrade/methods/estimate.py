"""What an estimator returns, in one tidy vocabulary, and tests of several slopes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.methods.checks import refuse
from digitrade.methods.specification import Specification

TIDY = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_obs"]
ALL_EQUAL = "all equal"
LESS = " less "
FEW_EFFECTIVE = 20  # below lies what Cameron and Miller (2015, section VI) call few in any case
FULL_RANK = 1e-10  # smallest eigenvalue of a correlation of estimates that rounding cannot make


@dataclass(frozen=True, slots=True)
class Estimate:
    """Coefficients of one specification, with what is needed to read them.

    ``coefficients`` has a row a term, the columns :data:`TIDY`; ``vcov`` is their covariance, k by
    k, small-sample factor included, ``words`` what that is, ``degrees_of_freedom`` those of t. It
    rests on ``n_obs`` rows, ``n_entities`` panel units and ``n_groups`` groups; behind the main
    coefficient are ``n_effective`` clusters, NaN if not clustered
    (:func:`digitrade.methods.covariance.effective_clusters`). Shares explained are those of what
    fixed effects leave by the regressors, ``r_squared_within``, and of all by both.
    """

    coefficients: pd.DataFrame
    vcov: np.ndarray
    degrees_of_freedom: int
    specification: Specification
    words: str
    n_obs: int
    n_entities: int
    n_groups: int
    r_squared_within: float
    r_squared: float
    n_effective: float = np.nan

    @property
    def few_effective(self) -> bool:
        """Whether so few clusters carry the main coefficient that its t is not to be trusted."""
        return self.n_effective < FEW_EFFECTIVE

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

    def slopes(self, names: Mapping[str, str]) -> Slopes:
        """Return slopes of this regression for joint tests, by the names their terms get."""
        chosen = [self.specification.regressors.index(term) for term in names]
        slopes, vcov = self.coefficients["estimate"].to_numpy()[chosen], np.ix_(chosen, chosen)
        freedom, rows = ((one,) * len(chosen) for one in (self.degrees_of_freedom, self.n_obs))
        told = (self.words, self.specification.confidence)
        return Slopes(tuple(names.values()), slopes, self.vcov[vcov], freedom, rows, *told)


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes of one regression or several, and how they vary together.

    Each of k ``slopes`` has a name, the degrees of freedom of its t, and ``n_obs`` rows behind it;
    ``vcov``, k by k, has small-sample factors and is described in ``words``.
    """

    names: tuple[str, ...]
    slopes: np.ndarray
    vcov: np.ndarray
    degrees_of_freedom: tuple[int, ...]
    n_obs: tuple[int, ...]
    words: str
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """Return a tidy row a slope, its name as ``term``."""
        single = np.eye(len(self.names))
        rows = [self._row(name, single[k]) for k, name in enumerate(self.names)]
        return pd.concat(rows, ignore_index=True)

    def difference(self, first: str, second: str) -> pd.DataFrame:
        """Return a tidy row: first slope less second; t has the fewer degrees of freedom."""
        signs = np.zeros(len(self.names))
        signs[[self.names.index(first), self.names.index(second)]] = 1, -1
        return self._row(f"{first}{LESS}{second}", signs)

    def equality(self, names: Sequence[str] = ()) -> pd.DataFrame:
        """Return one tidy row without an estimate: the F test that (all) slopes are equal."""
        chosen = [self.names.index(name) for name in names or self.names]
        signs = np.eye(len(self.names))[chosen]
        test = wald(self.slopes, self.vcov, signs[0] - signs[1:], self._freedom(chosen))
        told = {"term": ALL_EQUAL, "statistic": test.statistic, "p_value": test.p_value}
        rows = sum(self.n_obs[k] for k in chosen)
        return pd.DataFrame([dict.fromkeys(TIDY, np.nan) | told | {"n_obs": rows}])

    def _freedom(self, chosen: Iterable[int]) -> int:
        return min(self.degrees_of_freedom[k] for k in chosen)

    def _row(self, term: str, signs: np.ndarray) -> pd.DataFrame:
        chosen = np.flatnonzero(signs)
        rows, freedom = sum(self.n_obs[k] for k in chosen), self._freedom(chosen)
        slope, error = np.array([signs @ self.slopes]), np.sqrt([signs @ self.vcov @ signs])
        return tidy_coefficients([term], slope, error, rows, freedom, self.confidence)


class Wald(NamedTuple):
    """An F test: the Wald statistic over its restrictions, and F's degrees of freedom."""

    statistic: float
    p_value: float
    df_num: int
    df_denom: int


def wald(
    slopes: np.ndarray, vcov: np.ndarray, restrictions: np.ndarray, degrees_of_freedom: int
) -> Wald:
    """Test by F that q weighted sums (q by k) of slopes are zero; refuse more than the rank."""
    shapes = [np.shape(one) for one in (slopes, vcov, restrictions)]
    k, q = shapes[0][:1], shapes[2][:1]
    wrong = {
        f"slopes, vcov and restrictions: shapes {shapes}; give k, k by k and q by k": (
            shapes != [k, 2 * k, q + k]
        ),
        f"degrees_of_freedom {degrees_of_freedom}: more than 0 needed": not degrees_of_freedom > 0,
        "slopes, vcov and restrictions: some values missing or infinite": not all(
            np.isfinite(one).all() for one in (slopes, vcov, restrictions)
        ),
    }
    refuse("No Wald test", wrong)
    sums, spread = restrictions @ slopes, restrictions @ vcov @ restrictions.T
    if not full_rank(spread):
        raise ValueError(
            f"{len(sums)} restrictions cannot be tested at once: their covariance rests on too "
            f"few groups, or on none (t has {degrees_of_freedom} degrees of freedom); test fewer "
            "of them, or cluster by a column with more groups"
        )
    statistic = float(sums @ np.linalg.solve(spread, sums)) / len(sums)
    p_value = float(stats.f.sf(statistic, len(sums), degrees_of_freedom))
    return Wald(statistic, p_value, len(sums), degrees_of_freedom)


def full_rank(vcov: np.ndarray) -> bool:
    """Return whether every combination of coefficients has a variance, and there is one."""
    errors = np.sqrt(np.maximum(np.diag(vcov), 0))
    if not len(errors) or not (errors > 0).all():
        return False
    return bool(np.linalg.eigvalsh(vcov / np.outer(errors, errors))[0] > FULL_RANK)


def tidy_coefficients(
    terms: Sequence[str],
    estimates: np.ndarray,
    std_errors: np.ndarray,
    n_obs: int | Sequence[int],
    degrees_of_freedom: float,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return a tidy row a term; p-values and intervals are Student's."""
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
    """Stack tidy rows of estimates between ``label, outcome`` and ``covariance`` in words."""
    if isinstance(estimates, Mapping):
        pairs = list(estimates.items())
    else:
        pairs = [(fit.specification.label, fit) for fit in estimates]
    if not pairs:
        raise ValueError("estimates: none to combine; pass one or more")
    rows = [
        fit.tidy().assign(label=label, outcome=fit.specification.outcome, covariance=fit.words)
        for label, fit in pairs
    ]
    return pd.concat(rows, ignore_index=True)[["label", "outcome", *TIDY, "covariance"]]


def tidy_row(result: Any, words: str, label: str, **told: object) -> pd.DataFrame:
    """Return a result's attributes as one such row, those that it has not missing or as told."""
    wanted = result.specification
    own = {name: getattr(result, name, np.nan) for name in TIDY} | {"term": wanted.regressor}
    row = {"label": label, "outcome": wanted.outcome} | own | {"covariance": words}
    return pd.DataFrame([row | told])
