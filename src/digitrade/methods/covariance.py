"""Sandwich covariances of scores, with the small-sample factor named."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from digitrade.methods.estimate import Estimate, tidy_coefficients
from digitrade.methods.specification import Specification

EXACT_RANK = "K by exact rank"
COUNTED_LEVELS = "K by count of levels"


@dataclass(frozen=True, slots=True)
class SmallSample:
    """How a covariance is corrected for the size of the sample.

    Attributes
    ----------
    factor
        Multiplies the uncorrected covariance.
    degrees_of_freedom
        Of Student's t.
    n_groups
        Groups the covariance rests on: entities, periods, or rows; the fewest, if rows are
        clustered in several ways.
    words
        The covariance and its factor, for the note under a table.
    """

    factor: float
    degrees_of_freedom: int
    n_groups: int
    words: str


def grouping_columns(specification: Specification) -> tuple[str, ...]:
    """Return the columns within which scores may correlate; none for ``"robust"``."""
    return {
        "clustered": specification.clusters,
        "driscoll-kraay": (specification.time,),
        "robust": (),
    }[specification.covariance]


def not_nested(data: pd.DataFrame, specification: Specification) -> tuple[str, ...]:
    """Return the effects that no grouping column of the covariance swallows whole.

    An effect is nested if each of its levels lies in one group of some grouping column.
    """
    groups = grouping_columns(specification)
    return tuple(
        effect
        for effect in specification.effects
        if all(data.groupby(effect)[name].nunique().max() > 1 for name in groups)
    )


def correct(
    data: pd.DataFrame, specification: Specification, counted: int, how: str = EXACT_RANK
) -> SmallSample:
    r"""Return the small-sample correction, given the parameters counted for the effects.

    With G the fewest groups among the ways of clustering, the factor is
    :math:`\frac{G}{G-1} \frac{N-1}{N-K}` for every way, as R's ``fixest`` has it by default
    (``cluster.df = "min"``), and t has G - 1 degrees of freedom; for ``"robust"`` it is
    :math:`\frac{N}{N-K}` with N - K.

    Parameters
    ----------
    data, specification
        n complete rows, and what is estimated on them.
    counted
        Parameters of the effects in K, beside the slopes.
    how
        How they were counted, for the words.

    Raises
    ------
    ValueError
        If K leaves no degree of freedom, or a grouping column has a single group.
    """
    rows, slopes = len(data), len(specification.regressors)
    freedom = rows - slopes - counted
    groups = grouping_columns(specification)
    sizes = {name: int(data[name].nunique()) for name in groups}
    fewest = min(sizes.values(), default=rows)
    if freedom < 1 or fewest < 2:
        raise ValueError(
            f"A covariance needs more rows than parameters, and two groups: found {rows} rows, "
            f"{slopes} slopes, {counted} parameters of the effects, and groups {sizes}; take "
            "out effects, or cluster by another column"
        )
    if not groups:
        words = f"heteroskedasticity-robust, N/(N−K), {how}"
        return SmallSample(rows / freedom, freedom, rows, words)
    if specification.covariance == "driscoll-kraay":
        name = f"Driscoll–Kraay, {specification.bandwidth} lags, {fewest} periods"
    elif len(sizes) == 1:
        name = f"clustered by {groups[0]}, {fewest} clusters"
    else:
        name = f"clustered by {' and '.join(f'{one} ({sizes[one]})' for one in groups)}"
    least = ", G the fewest clusters" if len(sizes) > 1 else ""
    factor = fewest / (fewest - 1) * (rows - 1) / freedom
    return SmallSample(factor, fewest - 1, fewest, f"{name}, G/(G−1)·(N−1)/(N−K){least}, {how}")


def meat(scores: np.ndarray, data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the covariance of summed scores, k by k, without small-sample factor.

    Parameters
    ----------
    scores
        Regressor times residual, n by k, in the order of the data's rows.
    data, specification
        Grouping columns, and which covariance.
    """
    if specification.covariance == "robust":
        return scores.T @ scores
    if specification.covariance == "driscoll-kraay":
        periods = _summed(scores, data[specification.time])
        return _bartlett(periods, specification.bandwidth)
    return _clustered(scores, data, specification.clusters)


def _clustered(scores: np.ndarray, data: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """Add the one-way terms, subtract the pairwise ones, and so on.

    Cameron, Gelbach and Miller (2011, Journal of Business & Economic Statistics 29(2),
    238-249, equation 2.13).
    """
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for size in range(1, len(columns) + 1):
        for chosen in combinations(columns, size):
            codes = data.groupby(list(chosen), sort=False).ngroup()
            sums = _summed(scores, codes)
            total += (-1) ** (size + 1) * sums.T @ sums
    return total


def _bartlett(sums: np.ndarray, lags: int) -> np.ndarray:
    """Weigh products of period sums (T by k) down with their distance in time."""
    total = sums.T @ sums
    for lag in range(1, min(lags, len(sums) - 1) + 1):
        cross = sums[lag:].T @ sums[:-lag]
        total += (1 - lag / (lags + 1)) * (cross + cross.T)
    return total


def _summed(scores: np.ndarray, groups: pd.Series) -> np.ndarray:
    """Return sums of the rows of scores by group, groups in sorted order."""
    return pd.DataFrame(scores).groupby(groups.to_numpy(), sort=True).sum().to_numpy()


def positive(covariance: np.ndarray) -> np.ndarray:
    """Return the nearest covariance without negative eigenvalues.

    Clustering in several ways can leave some (Cameron, Gelbach and Miller 2011, section 2.3).
    """
    values, vectors = np.linalg.eigh(covariance)
    if values[0] >= 0:
        return covariance
    return (vectors * np.maximum(values, 0)) @ vectors.T


def corrected_estimate(
    panel: pd.DataFrame,
    specification: Specification,
    correction: SmallSample,
    *,
    slopes: np.ndarray,
    covariance: np.ndarray,
    r_squared_within: float,
    r_squared: float,
) -> Estimate:
    """Return an estimate from what a fit gives and the correction for the sample's size.

    Parameters
    ----------
    panel
        The n rows the fit used.
    slopes, covariance
        Of the k regressors in the specification's order: length k, and k by k before the
        correction.
    """
    coefficients = tidy_coefficients(
        specification.regressors,
        slopes,
        np.sqrt(correction.factor * np.diag(covariance)),
        n_obs=len(panel),
        degrees_of_freedom=correction.degrees_of_freedom,
        confidence=specification.confidence,
    )
    return Estimate(
        coefficients=coefficients,
        specification=specification,
        words=correction.words,
        n_obs=len(panel),
        n_entities=int(panel[specification.entity].nunique()),
        n_groups=correction.n_groups,
        r_squared_within=r_squared_within,
        r_squared=r_squared,
    )
