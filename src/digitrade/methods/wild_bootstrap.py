"""Wild cluster bootstrap with the null imposed, for tests that rest on few clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import brentq

from digitrade.methods.absorb import Projection, indicators
from digitrade.methods.checks import check_variation
from digitrade.methods.specification import Specification, complete_panel

BATCH = 1000  # draws worked on at a time; memory grows with it, the answer does not change
MAX_ENUMERATED = 2**14
MAX_STEPS = 40  # of two standard errors; beyond, the interval is called unbounded
INTERVAL_TOLERANCE = 1e-6  # of two standard errors
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
    drawn
        The same statistic in each draw, of length ``draws``.
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
    drawn: np.ndarray
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
                f"wild cluster bootstrap by {self.specification.groups}, {self.n_clusters} "
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
    MacKinnon and Webb 2019, Stata Journal 19(1), 4-60).

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        Outcome, regressor, controls and any number of effects; its ``confidence`` sets the
        interval. Clusters are the levels of its ``cluster`` column, the entities by default,
        whatever its covariance.
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
    KeyError
        If a column is not there.
    ValueError
        If a value is missing, a key is repeated, there are fewer than two clusters or no
        draw, clusters lie in several columns, or the regressor does not vary within effects
        and controls.
    """
    panel = complete_panel(data, specification)
    clusters = pd.factorize(panel[specification.groups], sort=True)[0]
    n_clusters = int(clusters.max()) + 1
    if n_clusters < 2 or draws < 1:
        raise ValueError(
            f"The wild cluster bootstrap needs two clusters and one draw: found {n_clusters} "
            f"clusters of {specification.groups!r} and draws={draws}"
        )
    problem = _ScoreProblem.of(panel, specification, clusters)
    signs = rademacher(n_clusters, draws, rng)
    drawn = problem.draw(signs)
    low, high = problem.invert(drawn, 1 - specification.confidence)
    return WildBootstrap(
        estimate=problem.estimate,
        statistic=problem.statistic(null),
        p_value=problem.p_value(null, drawn),
        conf_low=low,
        conf_high=high,
        confidence=specification.confidence,
        drawn=problem.statistics(null, drawn),
        draws=signs.shape[1],
        n_clusters=n_clusters,
        enumerated=signs.shape[1] == 2**n_clusters,
        n_obs=len(panel),
        specification=specification,
    )


def rademacher(n_clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return sign vectors, n_clusters by draws: all of them if they are few enough."""
    if n_clusters < 63 and 2**n_clusters <= min(draws, MAX_ENUMERATED):
        codes = np.arange(2**n_clusters)
        return 1.0 - 2.0 * ((codes >> np.arange(n_clusters)[:, None]) & 1)
    return rng.choice([-1.0, 1.0], size=(n_clusters, draws))


@dataclass(frozen=True, slots=True)
class _Draws:
    """What sign vectors make of the scores, for any null value at once.

    With d the estimate less the null, a draw's summed score is ``shift[0] + d shift[1]``, and
    the sum of its squared cluster scores ``square[0] + d square[1] + d² square[2]``.

    Attributes
    ----------
    shift, square
        Arrays of 2 by draws, and of 3 by draws.
    """

    shift: np.ndarray
    square: np.ndarray


@dataclass(frozen=True, slots=True)
class _ScoreProblem:
    """The test reduced to cluster scores; linear in the null value.

    With x the regressor cleared of effects and controls, and u(b) the residual under the
    null b, a draw w changes the estimate by sum_g w_g s_g / x'x with s_g = x_g'u_g, and the
    score of cluster h in the draw is (A w)_h with A = diag(s) - x_h' P_h,. u, where P
    projects on effects, controls and x. As u(b) is the unrestricted residual plus (estimate
    less b) times x, both s and A have a part for each.

    Attributes
    ----------
    estimate
        The coefficient.
    norm
        x'x.
    scores
        s of the unrestricted residual and of x, 2 by G.
    spread
        A of the unrestricted residual and of x, 2 by G by G.
    """

    estimate: float
    norm: float
    scores: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(
        cls, panel: pd.DataFrame, specification: Specification, clusters: np.ndarray
    ) -> _ScoreProblem:
        """Reduce a complete panel to clusters, numbered from 0 by row."""
        projection = Projection.of(panel, specification)
        names = [specification.regressor, specification.outcome]
        columns = panel[names].to_numpy(dtype=float)
        cleared = projection.residualise(columns)
        held = (*specification.effects, *specification.controls)
        check_variation(columns[:, :1], cleared[:, :1], names[:1], held)
        x, y = cleared.T
        norm = float(x @ x)
        estimate = float(x @ y) / norm
        parts = [y - estimate * x, x]
        spread = np.stack([_spread(x, part, projection, clusters) for part in parts])
        scores = np.stack([np.bincount(clusters, x * part) for part in parts])
        return cls(estimate, norm, scores, spread)

    def draw(self, signs: np.ndarray) -> _Draws:
        """Return the sums over clusters under sign vectors, G by draws."""
        squares = []
        for start in range(0, signs.shape[1], BATCH):
            left, own = self.spread @ signs[:, start : start + BATCH]
            pairs = ((left, left), (2 * left, own), (own, own))
            squares.append([np.einsum("gb,gb->b", one, other) for one, other in pairs])
        return _Draws(self.scores @ signs, np.concatenate(squares, axis=1))

    def statistic(self, null: float) -> float:
        """Return the cluster-robust t of the null, with the unrestricted residuals."""
        scores = self.scores[0]
        return (self.estimate - null) * self.norm / float(np.sqrt(scores @ scores))

    def statistics(self, null: float, drawn: _Draws) -> np.ndarray:
        """Return the t of each draw; infinite if all its cluster scores are zero."""
        distance = self.estimate - null
        shift = drawn.shift[0] + distance * drawn.shift[1]
        square = np.array([1.0, distance, distance**2]) @ drawn.square
        spread = np.sqrt(np.maximum(square, 0.0))
        return np.divide(shift, spread, out=np.full(len(shift), np.inf), where=spread > 0)

    def p_value(self, null: float, drawn: _Draws) -> float:
        """Return the share of draws at least as extreme."""
        limit = abs(self.statistic(null)) * (1 - TIE)
        return float(np.mean(np.abs(self.statistics(null, drawn)) >= limit))

    def invert(self, drawn: _Draws, level: float) -> tuple[float, float]:
        """Return the smallest and the largest null value that is not rejected."""
        low, high = (self._end(drawn, level, side) for side in (-1.0, 1.0))
        return low, high

    def _end(self, drawn: _Draws, level: float, side: float) -> float:
        """Return where the p-value falls to the level on one side, infinite if nowhere."""
        scores = self.scores[0]
        step = side * 2 * float(np.sqrt(scores @ scores)) / self.norm

        def excess(null: float) -> float:
            return self.p_value(null, drawn) - level

        for reach in range(1, MAX_STEPS + 1):
            far = self.estimate + reach * step
            if excess(far) < 0:
                return float(
                    brentq(excess, self.estimate, far, xtol=abs(step) * INTERVAL_TOLERANCE)
                )
        return side * np.inf


def _spread(
    x: np.ndarray, residual: np.ndarray, projection: Projection, clusters: np.ndarray
) -> np.ndarray:
    """Return the scores of cluster h by draws' signs of cluster g, G by G.

    The residual of each cluster is projected as a column of its own; all of them, and what
    the effects say of them, stay sparse or as short as the effects have levels.
    """
    member = indicators(clusters)
    own = (sparse.diags_array(residual) @ member).tocsr()
    mine = (sparse.diags_array(x) @ member).T.tocsr()
    absorber, controls = projection.absorber, projection.controls
    largest, others = absorber.solve(
        (absorber.largest.T @ own).toarray(), (absorber.others.T @ own).toarray()
    )
    fitted = (mine @ absorber.largest) @ largest + (mine @ absorber.others) @ others
    fitted += (mine @ controls) @ (own.T @ controls).T
    lengths = mine @ x
    fitted += np.outer(lengths, own.T @ x) / (x @ x)
    return np.diag(mine @ residual) - fitted
