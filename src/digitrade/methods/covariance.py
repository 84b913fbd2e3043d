"""Sandwich covariances of scores, with the small-sample factor named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber, indicators
from digitrade.methods.specification import Specification

NO_VARIANCE = 1e-20  # share of a variance by rows that rounding alone may leave by groups
EXACT_RANK = ", K by exact rank"


@dataclass(frozen=True, slots=True)
class SmallSample:
    """Factor of a covariance, degrees of freedom of t, groups it rests on, and words."""

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


def small_sample(
    data: pd.DataFrame, specification: Specification, absorber: Absorber | None = None
) -> SmallSample:
    r"""Return the small-sample correction of a regression, as R's ``fixest`` has it by default.

    With G the fewest groups among the ways of clustering (periods, if Driscoll-Kraay), the factor
    is :math:`\frac{G}{G-1} \frac{N-1}{N-K}` for every way and t has G - 1 degrees of freedom. K
    counts the regressors and the exact rank of those effects whose levels are not each in one
    group.
    """
    absorber = absorber or Absorber.of(data, specification.effects)
    groups = {name: pd.factorize(data[name])[0] for name in grouping_columns(specification)}
    sizes = {name: int(codes.max()) + 1 for name, codes in groups.items()}
    counted = [
        name
        for name, codes in absorber.codes.items()
        if not any(_nested(codes, group) for group in groups.values())
    ]
    rows, slopes, rank = len(data), len(specification.regressors), absorber.rank_of(counted)
    residual, fewest = rows - slopes - rank, min(sizes.values(), default=rows)
    if rows - slopes - absorber.rank < 1 or fewest < 2:
        raise ValueError(
            f"A covariance needs more rows than parameters, and two groups: found {rows} rows, "
            f"{slopes} slopes of {', '.join(specification.regressors)}, {absorber.rank} parameters "
            f"of the effects, and groups {sizes}; take out effects or controls, or cluster by "
            "another column"
        )
    levels = sum(absorber.n_levels[name] for name in counted) - len(counted) + 1
    plain = len(absorber.codes) < 3 and len(groups) < 2 and levels == rank
    how = "" if plain else EXACT_RANK
    if not groups:
        words = f"heteroskedasticity-robust, N/(N−K){how}"
        return SmallSample(rows / residual, residual, rows, words)
    factor = fewest / (fewest - 1) * (rows - 1) / residual
    told = "clustered by " + " and ".join(f"{name} ({size:,})" for name, size in sizes.items())
    least = ", G the fewest clusters"
    if len(sizes) == 1:
        told, least = f"clustered by {next(iter(sizes))}, {fewest:,} clusters", ""
    if specification.covariance == "driscoll-kraay":
        told = f"Driscoll–Kraay, {specification.bandwidth} lags, {fewest} periods"
    words = f"{told}, G/(G−1)·(N−1)/(N−K){least}{how}"
    return SmallSample(factor, fewest - 1, fewest, words)


def effective_clusters(
    data: pd.DataFrame, specification: Specification, influence: np.ndarray
) -> float:
    r"""Return how many equal clusters would carry a slope as evenly as these do; NaN without any.

    It is :math:`1 / \sum_g s_g^2`, with :math:`s_g` the share of cluster g in the sum of squares of
    the regressor residualised on all the rest (n, in any unit): its partial leverage (MacKinnon,
    Nielsen and Webb 2023, Journal of Applied Econometrics 38(5), 671-694). It has the form of
    Carter, Schnepel and Steigerwald's (2017, Review of Economics and Statistics 99(4), 698-709)
    :math:`G / (1 + c^2)`, c the shares' coefficient of variation. Of several ways the least counts.
    """
    if specification.covariance != "clustered":
        return np.nan
    squares = (influence / np.abs(influence).max()) ** 2
    codes = (pd.factorize(data[name])[0] for name in specification.clusters)
    sums = [np.bincount(groups, squares) for groups in codes]
    return float(min(own.sum() ** 2 / (own @ own) for own in sums))


def _nested(effect: np.ndarray, group: np.ndarray) -> bool:
    """Return whether each level of an effect lies in one group, both in numbers from 0."""
    cells = _cells(pd.DataFrame({"effect": effect, "group": group}), ["effect", "group"])
    return bool(cells.max() == effect.max())


def sandwich(
    bread: np.ndarray, scores: np.ndarray, data: pd.DataFrame, specification: Specification
) -> np.ndarray:
    """Return the covariance of slopes from scores (n by k), k by k, without small-sample factor."""
    vcov = bread @ meat(scores, data, specification) @ bread
    return checked(vcov, np.sqrt(np.diag(bread)), scores @ bread, specification)


def checked(
    vcov: np.ndarray, scale: np.ndarray, rows: np.ndarray, specification: Specification
) -> np.ndarray:
    """Return a covariance (k by k) without negative eigenvalues, or raise if groups leave none.

    The scale (k) is that of the eigenvalues, rows (n by k) add up to the coefficients' errors.
    """
    units = np.outer(scale, scale)
    values, vectors = np.linalg.eigh(vcov / units)
    if values[0] < 0:
        vcov = (vectors * np.maximum(values, 0)) @ vectors.T * units
    if (np.diag(vcov) < NO_VARIANCE * np.square(rows).sum(axis=0)).any():
        raise ValueError(
            f"Groups of {', '.join(grouping_columns(specification))} leave a coefficient no "
            "variance: they are too few, or each is fitted; cluster by another column"
        )
    return vcov


def meat(scores: np.ndarray, data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the covariance of summed scores (n by k), k by k; Driscoll-Kraay by a Bartlett kernel.

    Clusters in several ways: Cameron, Gelbach and Miller (2011, Journal of Business & Economic
    Statistics 29(2), 238-249, equation 2.13).
    """
    if specification.covariance == "robust":
        return scores.T @ scores
    if specification.covariance == "driscoll-kraay":
        periods = pd.factorize(data[specification.time], sort=True)[0]
        return _bartlett(indicators(periods).T @ scores, specification.bandwidth)
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for size in range(1, len(specification.clusters) + 1):
        for chosen in combinations(specification.clusters, size):
            sums = indicators(_cells(data, chosen)).T @ scores
            total += (-1) ** (size + 1) * sums.T @ sums
    return total


def _cells(data: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return whole numbers from 0 for the combinations of columns."""
    cells = np.zeros(len(data), dtype=np.int64)
    for name in columns:
        codes = pd.factorize(data[name])[0]
        cells = cells * (int(codes.max()) + 1) + codes
    return pd.factorize(cells)[0]


def _bartlett(sums: np.ndarray, lags: int) -> np.ndarray:
    """Weigh products of period sums (T by k) down with their distance in time."""
    total = sums.T @ sums
    for lag in range(1, min(lags, len(sums) - 1) + 1):
        cross = sums[lag:].T @ sums[:-lag]
        total += (1 - lag / (lags + 1)) * (cross + cross.T)
    return total
