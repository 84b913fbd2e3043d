"""Wild cluster bootstrap with the null imposed, for tests that rest on few clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import brentq

from digitrade.methods.absorb import Projection, indicators
from digitrade.methods.checks import check_outcome, draws_problems, ranked
from digitrade.methods.covariance import NO_VARIANCE
from digitrade.methods.estimate import tidy_row
from digitrade.methods.specification import Specification, complete_panel
from digitrade.methods.threads import one_thread

BATCH = 2_000_000  # signs worked on at a time; memory grows with it, the answer does not change
FEW_CLUSTERS = 1_000  # up to here a matrix of clusters by clusters serves all draws
MAX_ENUMERATED = 2**14
MAX_STEPS = 40  # of two standard errors; beyond, the interval is called unbounded
INTERVAL_TOLERANCE = 1e-6  # of two standard errors
TIE = 1e-10  # the draw of all plus signs reproduces the statistic up to rounding


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """A wild cluster bootstrap test of one coefficient, the ``estimate``.

    The ``statistic`` is the cluster-robust t under the null, without small-sample factor; ``drawn``
    has that of each draw, and ``p_value`` is the share of draws at least as large in absolute
    value, the observed one counted among them (of all sign vectors it is one already). Null values
    between ``conf_low`` and ``conf_high`` are not rejected, at the specification's ``confidence``.
    """

    estimate: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    drawn: np.ndarray
    n_clusters: int
    n_obs: int
    specification: Specification

    @property
    def draws(self) -> int:
        """Draws used."""
        return len(self.drawn)

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row; the bootstrap has no standard error."""
        label = "wild cluster bootstrap"
        rests_on = f"{self.specification.groups}, {self.n_clusters:,} clusters"
        words = f"{label} by {rests_on}, null imposed, {self.draws:,} draws"
        return tidy_row(self, words, label)


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

    - ``data``, ``specification``: one row for each entity and time, complete; a regression within
      any effects. Clusters are the levels of its one ``cluster`` column, whatever its covariance.
    - ``draws``, ``rng``: how many random sign vectors, and their source; if all there are are no
      more than that, they are enumerated. Clusters take the signs in the order of
      :func:`digitrade.methods.checks.ranked`.
    - ``null``: the value under test.

    Raises KeyError or ValueError if a column is not there or a panel not complete; for one cluster,
    no draw, clusters in several columns, or a regressor that does not vary within effects and
    controls.
    """
    finite = isinstance(null, Real) and np.isfinite(null)
    wrong = draws_problems(draws, rng) | {f"null={null!r}: give a finite number": not finite}
    panel = complete_panel(data, specification, problems=wrong)
    count = int(panel[specification.groups].nunique())
    if count < 2:
        found = f"{specification.groups}: {count} cluster"
        raise ValueError(f"{found}; the wild cluster bootstrap needs two clusters or more")
    scores = _scores(panel, specification, rademacher(count, int(draws), rng))
    return WildBootstrap(
        estimate=scores.estimate,
        statistic=scores.statistic(null),
        p_value=scores.p_value(null),
        conf_low=scores.end(1 - specification.confidence, -1.0),
        conf_high=scores.end(1 - specification.confidence, 1.0),
        drawn=scores.statistics(null),
        n_clusters=count,
        n_obs=len(panel),
        specification=specification,
    )


def rademacher(n_clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return signs as small integers, n_clusters by draws: all vectors if they are few enough."""
    if n_clusters < 63 and 2**n_clusters <= min(draws, MAX_ENUMERATED):
        codes = np.arange(2**n_clusters)
        return (1 - 2 * ((codes >> np.arange(n_clusters)[:, None]) & 1)).astype(np.int8)
    both = np.array([-1, 1], dtype=np.int8)
    return np.stack([rng.choice(both, size=draws) for _ in range(n_clusters)])


@dataclass(frozen=True, slots=True)
class _Scores:
    """The test reduced to sums over cluster scores, for any null value at once.

    With d the estimate less the null, a draw's summed score is ``shift[0] + d shift[1]``, and the
    sum of its squared cluster scores ``square[0] + d square[1] + d² square[2]``; ``norm`` is x'x,
    ``spread`` the root of the squared cluster scores of the regression itself.
    """

    estimate: float
    norm: float
    spread: float
    shift: np.ndarray
    square: np.ndarray
    counted: int  # 1 if the observed signs are not among the draws

    def statistic(self, null: float) -> float:
        """Return the cluster-robust t of the null, with the unrestricted residuals."""
        return (self.estimate - null) * self.norm / self.spread

    def statistics(self, null: float) -> np.ndarray:
        """Return the t of each draw; infinite if all its cluster scores are zero."""
        distance = self.estimate - null
        shift = self.shift[0] + distance * self.shift[1]
        square = np.array([1.0, distance, distance**2]) @ self.square
        spread = np.sqrt(np.maximum(square, 0.0))
        return np.divide(shift, spread, out=np.full(len(shift), np.inf), where=spread > 0)

    def p_value(self, null: float) -> float:
        """Return the share of draws, the observed one among them, at least as extreme."""
        limit = abs(self.statistic(null)) * (1 - TIE)
        extreme = int((np.abs(self.statistics(null)) >= limit).sum())
        return (self.counted + extreme) / (self.counted + self.shift.shape[1])

    def end(self, level: float, side: float) -> float:
        """Return where the p-value falls to the level on one side, infinite if nowhere."""
        step = side * 2 * self.spread / self.norm
        for reach in range(1, MAX_STEPS + 1):
            far = self.estimate + reach * step
            if self.p_value(far) < level:
                tolerance = abs(step) * INTERVAL_TOLERANCE
                ends = (self.estimate, far)
                return float(brentq(lambda b: self.p_value(b) - level, *ends, xtol=tolerance))
        return side * np.inf


@one_thread()
def _scores(panel: pd.DataFrame, specification: Specification, signs: np.ndarray) -> _Scores:
    """Reduce a complete panel to sums by draw of signs (clusters by draws).

    Under the null b residuals are the unrestricted ones plus (estimate less b) times x: two parts.
    """
    projection, within = Projection.checked(panel, specification, specification.regressor)
    y, x = within.T
    clusters = ranked(panel[specification.groups], y)
    norm = float(x @ x)
    estimate = float(x @ y) / norm
    parts, name = (y - estimate * x, x), specification.outcome
    held = (*specification.effects, *specification.controls, specification.regressor)
    check_outcome(panel[name].to_numpy(), parts[0], name, held, fitted=True)
    scores = np.stack([np.bincount(clusters, x * part) for part in parts])
    maps = [_cluster_scores(x, part, projection, clusters) for part in parts]
    shift, square = [], []
    for block in _blocks(signs, projection):
        left, own = (scored(block) for scored in maps)
        pairs = ((left, left), (2 * left, own), (own, own))
        square.append([np.einsum("gb,gb->b", one, other) for one, other in pairs])
        shift.append(scores @ block)
    spread = float(np.sqrt(scores[0] @ scores[0]))
    by_row = np.sqrt(NO_VARIANCE) * np.linalg.norm(x * parts[0])
    if spread <= by_row:
        found = f"Clusters of {specification.groups} leave the coefficient no variance"
        raise ValueError(f"{found}: they are too few, or each is fitted; cluster otherwise")
    counted = int(2 ** min(len(signs), 63) > signs.shape[1])
    sums = (np.concatenate(shift, axis=1), np.concatenate(square, axis=1))
    return _Scores(estimate, norm, spread, *sums, counted)


def _cluster_scores(
    x: np.ndarray, residual: np.ndarray, projection: Projection, clusters: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the map of signs to scores of clusters, both G by b: diag(s) - x_h' P_h. u."""
    member, absorber = indicators(clusters), projection.absorber
    own = (sparse.diags_array(residual) @ member).tocsr()
    mine = (sparse.diags_array(x) @ member).T.tocsr()
    basis = np.column_stack([projection.controls, x / np.linalg.norm(x)])
    of_basis, on_basis = mine @ basis, (own.T @ basis).T
    of_largest, on_largest = mine @ absorber.largest, absorber.largest.T @ own
    of_others, on_others = mine @ absorber.others, absorber.others.T @ own
    score = mine @ residual

    def scored(signs: np.ndarray) -> np.ndarray:
        largest, others = absorber.solve(on_largest @ signs, on_others @ signs)
        fitted = of_largest @ largest + of_others @ others + of_basis @ (on_basis @ signs)
        return score[:, None] * signs - fitted

    if len(score) > FEW_CLUSTERS:
        return scored
    matrix = np.hstack([scored(block) for block in _blocks(np.eye(len(score)), projection)])
    return matrix.__matmul__


def _blocks(signs: np.ndarray, projection: Projection) -> Iterator[np.ndarray]:
    """Yield sign vectors so many at a time that no array of a block outgrows the batch."""
    longest = max(len(signs), projection.absorber.largest.shape[1])
    width = max(BATCH // longest, 1)
    for start in range(0, signs.shape[1], width):
        yield signs[:, start : start + width].astype(float)
