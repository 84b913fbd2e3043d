"""Wild cluster bootstrap with the null imposed, for tests that rest on few clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from digitrade.fixed_effects import nuisance
from digitrade.specification import Specification

MAX_ENUMERATED = 2**14
MAX_STEPS = 40  # of two standard errors; beyond, the interval is called unbounded
INTERVAL_TOLERANCE = 1e-6  # of two standard errors
RANK_TOLERANCE = 1e-10  # singular values below this share of the largest count as zero
TIE = 1e-10  # the draw of all plus signs reproduces the statistic up to rounding


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """A wild cluster bootstrap test of one coefficient.

    Attributes
    ----------
    estimate
        The coefficient.
    statistic
        Its cluster-robust t under the null, without small-sample factor (the factor is
        the same in every draw and cancels).
    p_value
        Share of draws at least as large in absolute value.
    conf_low, conf_high
        The null values that the test does not reject, at ``confidence``.
    draws
        Draws used; all sign vectors where there are few enough clusters.
    n_clusters
        Number of clusters.
    enumerated
        Whether the draws are all sign vectors rather than a random sample of them.
    n_obs
        Rows of the regression.
    specification
        What was tested.
    """

    estimate: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    confidence: float
    draws: int
    n_clusters: int
    enumerated: bool
    n_obs: int
    specification: Specification

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row; the bootstrap has no standard error."""
        row = {
            "label": "wild cluster bootstrap",
            "outcome": self.specification.outcome,
            "term": self.specification.regressor,
            "estimate": self.estimate,
            "std_error": np.nan,
            "statistic": self.statistic,
            "p_value": self.p_value,
            "conf_low": self.conf_low,
            "conf_high": self.conf_high,
            "n_obs": self.n_obs,
            "covariance": (
                f"wild cluster bootstrap by {self.specification.entity}, {self.n_clusters} "
                f"clusters, null imposed, {self.draws:,} draws"
            ),
        }
        return pd.DataFrame([row])


def wild_cluster_bootstrap(
    data: pd.DataFrame,
    specification: Specification,
    *,
    draws: int = 9_999,
    rng: np.random.Generator,
    null: float = 0.0,
) -> WildBootstrap:
    """Test the specification's regressor by the wild cluster restricted bootstrap.

    Residuals under the null keep their place and change sign cluster by cluster with
    Rademacher weights (Cameron, Gelbach and Miller 2008, Review of Economics and
    Statistics 90(3), 414-427; the algebra by cluster scores follows Roodman, Nielsen,
    MacKinnon and Webb 2019, Stata Journal 19(1), 4-60). Clusters are the entities.

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        Outcome, regressor, controls and effects; its ``confidence`` sets the interval.
    draws
        Random sign vectors; if all of them are no more than this, they are enumerated.
    rng
        Source of the signs.
    null
        The value under test.

    Returns
    -------
    WildBootstrap

    Raises
    ------
    ValueError
        If there are fewer than two clusters or no draw.
    """
    design = nuisance(data, specification)
    clusters = pd.factorize(data[specification.entity], sort=True)[0]
    problem = _ScoreProblem.of(
        data[specification.outcome].to_numpy(dtype=float),
        data[specification.regressor].to_numpy(dtype=float),
        design,
        clusters,
    )
    n_clusters = int(clusters.max()) + 1
    if n_clusters < 2 or draws < 1:
        raise ValueError(
            f"The wild cluster bootstrap needs two clusters and one draw: found {n_clusters} "
            f"clusters of {specification.entity!r} and draws={draws}"
        )
    signs = rademacher(n_clusters, draws, rng)
    low, high = problem.invert(signs, 1 - specification.confidence)
    return WildBootstrap(
        estimate=problem.estimate,
        statistic=problem.statistic(null),
        p_value=problem.p_value(null, signs),
        conf_low=low,
        conf_high=high,
        confidence=specification.confidence,
        draws=signs.shape[1],
        n_clusters=n_clusters,
        enumerated=signs.shape[1] == 2**n_clusters,
        n_obs=len(data),
        specification=specification,
    )


def rademacher(n_clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return sign vectors, n_clusters by draws: all of them if they are few enough."""
    if n_clusters < 63 and 2**n_clusters <= min(draws, MAX_ENUMERATED):
        codes = np.arange(2**n_clusters)
        return 1.0 - 2.0 * ((codes >> np.arange(n_clusters)[:, None]) & 1)
    return rng.choice([-1.0, 1.0], size=(n_clusters, draws))


@dataclass(frozen=True, slots=True)
class _ScoreProblem:
    """The test reduced to cluster scores; linear in the null value.

    With x the regressor cleared of the nuisance columns and u(b) the residual under
    the null b, a draw w changes the estimate by sum_g w_g s_g / x'x, and the score of
    cluster h in the draw is (A w)_h with A = diag(s) - x_h' P_h,. u, where P projects
    on the nuisance columns and on x. Both s and A are linear in b.

    Attributes
    ----------
    estimate
        The coefficient.
    norm
        x'x.
    scores, score_slopes
        s at b = 0 and its derivative in b, each of length G.
    spread, spread_slopes
        A at b = 0 and its derivative in b, each G by G.
    """

    estimate: float
    norm: float
    scores: np.ndarray
    score_slopes: np.ndarray
    spread: np.ndarray
    spread_slopes: np.ndarray

    @classmethod
    def of(
        cls, outcome: np.ndarray, regressor: np.ndarray, design: np.ndarray, clusters: np.ndarray
    ) -> _ScoreProblem:
        """Reduce arrays of n rows to clusters."""
        basis = _orthonormal(design)
        x, y = _residual(regressor, basis), _residual(outcome, basis)
        n_clusters = int(clusters.max()) + 1
        norm = float(x @ x)
        projector = np.column_stack([basis, x / np.sqrt(norm)])
        scores, spread = _cluster_scores(x, y, projector, clusters, n_clusters)
        slopes, spread_slopes = _cluster_scores(x, -x, projector, clusters, n_clusters)
        return cls(float(x @ y) / norm, norm, scores, slopes, spread, spread_slopes)

    def statistic(self, null: float) -> float:
        """Return the cluster-robust t of the null, with the unrestricted residuals."""
        scores = self.scores + self.estimate * self.score_slopes
        return (self.estimate - null) * self.norm / float(np.sqrt(scores @ scores))

    def p_value(self, null: float, signs: np.ndarray) -> float:
        """Return the share of sign vectors (G by draws) at least as extreme."""
        shift = (self.scores + null * self.score_slopes) @ signs
        spread = (self.spread + null * self.spread_slopes) @ signs
        drawn = np.abs(shift) / np.sqrt((spread**2).sum(axis=0))
        return float(np.mean(drawn >= abs(self.statistic(null)) * (1 - TIE)))

    def invert(self, signs: np.ndarray, level: float) -> tuple[float, float]:
        """Return the smallest and the largest null value that is not rejected."""
        low, high = (self._end(signs, level, side) for side in (-1.0, 1.0))
        return low, high

    def _end(self, signs: np.ndarray, level: float, side: float) -> float:
        """Return where the p-value falls to the level on one side, infinite if nowhere."""
        scores = self.scores + self.estimate * self.score_slopes
        step = side * 2 * float(np.sqrt(scores @ scores)) / self.norm

        def excess(null: float) -> float:
            return self.p_value(null, signs) - level

        for reach in range(1, MAX_STEPS + 1):
            far = self.estimate + reach * step
            if excess(far) < 0:
                return float(
                    brentq(excess, self.estimate, far, xtol=abs(step) * INTERVAL_TOLERANCE)
                )
        return side * np.inf


def _cluster_scores(
    x: np.ndarray, residual: np.ndarray, projector: np.ndarray, clusters: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return x_g'u_g (G) and the scores of cluster h by draws' signs of cluster g (G by G)."""
    scores = np.bincount(clusters, x * residual, size)
    membership = np.zeros((len(clusters), size))
    membership[np.arange(len(clusters)), clusters] = 1.0
    left = membership.T @ (x[:, None] * projector)
    right = projector.T @ (membership * residual[:, None])
    return scores, np.diag(scores) - left @ right


def _orthonormal(design: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the columns, n by their rank."""
    left, singular, _ = np.linalg.svd(design / np.linalg.norm(design, axis=0), full_matrices=False)
    return left[:, singular > RANK_TOLERANCE * singular[0]]


def _residual(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    return values - basis @ (basis.T @ values)
