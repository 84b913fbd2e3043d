"""Threshold tests for a threshold variable that whole groups of entities share.

A city's banks are the same for all of its firms. A bootstrap that draws firm by firm then takes for
many what is one; these tests draw whole clusters, or exchange the threshold variable among them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.threshold.bootstrap import f_statistic
from digitrade.methods.threshold.columns import BLOCK, one_pass_columns
from digitrade.methods.threshold.cuts import make_cuts
from digitrade.methods.threshold.estimate import Problem, prepare
from digitrade.methods.threshold.options import (
    Columns,
    Options,
    as_names,
    option_problems,
    raise_problems,
)
from digitrade.methods.threshold.panel import FloatArray, IntArray, data_problems, read_panel
from digitrade.methods.threshold.search import Located, make_sample, next_threshold
from digitrade.methods.threshold.within import demean, residualise

CODE = "code of the cluster"
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """F of one threshold against none, beside what it is in draws that have none.

    Attributes
    ----------
    f_statistic
        F of the data.
    draws
        (draws,) F of the draws.
    drawn
        What was drawn, in words.
    n_clusters, n_treated
        Clusters, and those with a row in which the regime-dependent regressor is not zero: only
        they can tell a threshold.
    """

    f_statistic: float
    draws: FloatArray
    drawn: str
    n_clusters: int
    n_treated: int

    @property
    def p_value(self) -> float:
        """Share of draws at least as large as F, the data counted as a draw."""
        return float((1 + (self.draws >= self.f_statistic).sum()) / (1 + self.draws.size))

    def critical(self, level: float = LEVEL) -> float:
        """Return the F that a share ``level`` of the draws exceeds."""
        return float(np.quantile(self.draws, 1 - level, method="inverted_cdf"))


@dataclass(frozen=True, slots=True)
class _Clustered:
    """A problem with the cluster of each of its rows, (rows,) codes from 0."""

    problem: Problem
    codes: IntArray
    trim: float
    grid: int | None
    split: Any

    @property
    def n_clusters(self) -> int:
        return int(self.codes.max()) + 1

    @property
    def treated(self) -> IntArray:
        """Codes of the clusters that have a treated row."""
        return np.unique(self.codes[(self.problem.panel.regime != 0).any(axis=1)])


def cluster_test(
    data: pd.DataFrame, *, cluster: str, draws: int, rng: np.random.Generator, **model: Any
) -> ThresholdTest:
    """Test one threshold against none with errors that keep together within clusters.

    Each draw adds to the fit without a threshold its residuals, all those of a cluster with the
    same random sign, and searches again (the wild cluster bootstrap with the null imposed:
    Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90, 414-427). With the
    entity itself as the cluster it is the test of
    :func:`digitrade.methods.threshold.panel_threshold` in an unbalanced panel.

    Parameters
    ----------
    data
        One row for each entity and time.
    cluster
        Column of the clusters; every entity lies in one of them.
    draws
        Number of draws.
    rng
        Source of the signs.
    **model
        ``outcome, regime_dependent, threshold, controls, entity, time, time_effects, trim, grid,
        split, f_divisor`` as in :func:`digitrade.methods.threshold.panel_threshold`.

    Raises
    ------
    ValueError
        As there, and if an entity lies in several clusters.
    """
    clustered = _read(data, cluster, rng, model, nested="entity")
    found = _search(clustered.problem, clustered.problem.within.residuals[:, None])
    drawn = _signed_f(clustered, draws, rng)
    return ThresholdTest(
        f_statistic=float(found[1][0]),
        draws=drawn,
        drawn=f"signs of the residuals by {cluster}",
        n_clusters=clustered.n_clusters,
        n_treated=clustered.treated.size,
    )


def exchange_test(
    data: pd.DataFrame, *, cluster: str, draws: int, rng: np.random.Generator, **model: Any
) -> ThresholdTest:
    """Exchange the threshold variable among treated clusters, and search again each time.

    Outcomes stay where they are, so effects that differ from cluster to cluster for any other
    reason are in every draw as they are in the data. The test is exact if, without a threshold,
    every exchange was as likely as the one observed (Fisher 1935).

    Parameters, errors and result are those of :func:`cluster_test`; the threshold variable has one
    value a cluster, and a cluster is where a *row* lies, so entities may move.
    """
    clustered = _read(data, cluster, rng, model, nested="threshold")
    found = _search(clustered.problem, clustered.problem.within.residuals[:, None])
    exchanged = [_search_one(_exchanged(clustered, rng)) for _ in range(draws)]
    return ThresholdTest(
        f_statistic=float(found[1][0]),
        draws=np.array(exchanged),
        drawn=f"the threshold variable, exchanged among treated units of {cluster}",
        n_clusters=clustered.n_clusters,
        n_treated=clustered.treated.size,
    )


def false_alarms(
    data: pd.DataFrame,
    *,
    unit: str,
    clusters: tuple[str, ...],
    exchanges: int,
    draws: int,
    rng: np.random.Generator,
    level: float = LEVEL,
    **model: Any,
) -> pd.DataFrame:
    """Count how often tests find a threshold in a variable that was dealt out by lot.

    Parameters
    ----------
    data, **model
        As in :func:`cluster_test`.
    unit
        Column of the units that have one value of the threshold variable each.
    clusters
        Columns of the clusters; a test of :func:`cluster_test` for each.
    exchanges, draws
        How often the variable is dealt out, and the draws of each test.
    rng
        Source of exchanges and signs.
    level
        Of the tests.

    Returns
    -------
    pandas.DataFrame
        A row a column of clusters: ``cluster, rejected``, the share of exchanges with a p-value
        of at most ``level``, and ``median_f``.
    """
    units = _read(data, unit, rng, model, nested="threshold")
    signs = {name: _read(data, name, rng, model, nested="entity").codes for name in clusters}
    found = np.empty((exchanges, len(clusters)))
    statistics = np.empty(exchanges)
    for k in range(exchanges):
        problem = _exchanged(units, rng)
        statistics[k] = _search_one(problem)
        for j, codes in enumerate(signs.values()):
            drawn = _signed_f(replace(units, problem=problem, codes=codes), draws, rng)
            found[k, j] = (1 + (drawn >= statistics[k]).sum()) / (1 + draws)
    rejected = (found <= level).mean(axis=0)
    return pd.DataFrame(
        {"cluster": clusters, "rejected": rejected, "median_f": np.median(statistics)}
    )


def power_curve(
    data: pd.DataFrame,
    *,
    cluster: str,
    cut: float,
    sizes: tuple[float, ...],
    draws: int,
    rng: np.random.Generator,
    level: float = LEVEL,
    **model: Any,
) -> pd.DataFrame:
    """Plant a threshold into draws that have none, and count how often it is found, and where.

    The draws are those of :func:`cluster_test`; to each is added ``size`` times the regressor
    wherever the threshold variable is above ``cut``. A threshold is found where F is above the
    critical value of the draws without.

    Parameters
    ----------
    data, cluster, draws, rng, **model
        As in :func:`cluster_test`; one regime-dependent regressor, 0 or 1.
    cut
        Where the threshold is planted.
    sizes
        Changes of the slope, in units of the outcome.
    level
        Of the test.

    Returns
    -------
    pandas.DataFrame
        A row a size: ``size, found``, the share of draws in which the test rejects, and
        ``misplaced``, the median over the draws of the share of treated rows that the estimated
        cut puts on the wrong side.
    """
    clustered = _read(data, cluster, rng, model, nested="entity")
    problem = clustered.problem
    errors = problem.within.residuals[:, None] * _signs(clustered, draws, rng)
    planted = _planted(problem, cut)
    treated = problem.panel.regime[:, 0] != 0
    below = np.sort(problem.panel.threshold[treated])
    critical = np.quantile(_search(problem, errors)[1], 1 - level, method="inverted_cdf")
    rows = []
    for size in sizes:
        located, f = _search(problem, errors + size * planted[:, None])
        cuts = problem.columns.cuts.gamma[located.cut]
        wrong = np.searchsorted(below, cuts, "right") - np.searchsorted(below, cut, "right")
        rows.append((size, float((f > critical).mean()), float(np.median(np.abs(wrong)))))
    frame = pd.DataFrame(rows, columns=["size", "found", "misplaced"])
    return frame.assign(misplaced=frame["misplaced"] / below.size)


def _read(
    data: pd.DataFrame,
    cluster: str,
    rng: np.random.Generator,
    model: dict[str, Any],
    *,
    nested: str,
) -> _Clustered:
    """Check and prepare a model; "entity" or "threshold" is what has to be nested.

    Entities lie in clusters, or clusters have one value of the threshold variable each.
    """
    columns, options = _columns_and_options(model, rng)
    raise_problems([*option_problems(options), *data_problems(data, columns)])
    raise_problems(_cluster_problems(data, cluster, columns, nested))
    coded = data.assign(**{CODE: pd.factorize(data[cluster])[0].astype(float)})
    codes = read_panel(coded, replace(columns, controls=(CODE,))).controls[:, 0]
    problem = prepare(read_panel(data, columns), columns, options)
    in_order = pd.factorize(codes)[0].astype(np.intp)
    return _Clustered(problem, in_order, options.trim, options.grid, options.split)


def _columns_and_options(
    model: dict[str, Any], rng: np.random.Generator
) -> tuple[Columns, Options]:
    """Fill up the arguments of a model with the defaults of ``panel_threshold``."""
    chosen: dict[str, Any] = {"controls": (), "time_effects": False, "trim": 0.05, "grid": 400}
    chosen |= {"split": "<=", "f_divisor": "n(T-1)"} | model
    columns = Columns(
        outcome=chosen["outcome"],
        regime_dependent=as_names(chosen["regime_dependent"]),
        threshold=chosen["threshold"],
        controls=as_names(chosen["controls"]),
        entity=chosen["entity"],
        time=chosen["time"],
    )
    options = Options(
        time_effects=chosen["time_effects"],
        n_thresholds=1,
        trim=chosen["trim"],
        grid=chosen["grid"],
        split=chosen["split"],
        f_divisor=chosen["f_divisor"],
        confidence=0.95,
        covariance="robust",
        draws=0,
        rng=rng,
    )
    return columns, options


def _cluster_problems(data: pd.DataFrame, cluster: str, columns: Columns, nested: str) -> list[str]:
    if cluster not in data:
        return [f"cluster column {cluster!r} is not in data, which has {list(data.columns)}"]
    if missing := int(data[cluster].isna().sum()):
        return [f"cluster column {cluster!r} is missing in {missing} rows: drop or complete them"]
    if nested == "entity":
        inner, outer, advice = columns.entity, cluster, "take each one's first, say"
    else:
        inner, outer, advice = cluster, columns.threshold, "an exchange needs one value each"
    if inner == outer:
        return []
    pairs = data[[inner, outer]].drop_duplicates()
    several = pairs.loc[pairs.duplicated(inner), inner].unique()
    if several.size == 0:
        return []
    return [
        f"{several.size} of {data[inner].nunique()} values of {inner!r} have several values of "
        f"{outer!r}, the first {several[0]!r}: {advice}"
    ]


def _search(problem: Problem, outcomes: FloatArray) -> tuple[Located, FloatArray]:
    """Search partialled-out outcomes (rows, draws), in blocks: the cuts, and F (draws,)."""
    width = max(outcomes.shape[0], problem.columns.cuts.gamma.size)
    block = max(1, BLOCK // width)
    cuts, statistics = [], []
    for start in range(0, outcomes.shape[1], block):
        sample = make_sample(problem.columns, outcomes[:, start : start + block])
        located = next_threshold(problem.columns, sample, None)
        cuts.append(located)
        statistics.append(f_statistic(sample.total, located.ssr, problem.divisor))
    joined = Located(
        cut=np.concatenate([one.cut for one in cuts]),
        ssr=np.concatenate([one.ssr for one in cuts]),
        curve=np.concatenate([one.curve for one in cuts], axis=1),
    )
    return joined, np.concatenate(statistics)


def _search_one(problem: Problem) -> float:
    """Return F of the data in a problem."""
    return float(_search(problem, problem.within.residuals[:, None])[1][0])


def _signs(clustered: _Clustered, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return a random sign for every row and draw, (rows, draws), one a cluster."""
    signs = 1.0 - 2.0 * rng.integers(2, size=(draws, clustered.n_clusters))
    return np.asarray(signs.T[clustered.codes], dtype=np.float64)


def _signed_f(clustered: _Clustered, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return F of samples without a threshold whose residuals change sign by cluster, (draws,)."""
    residuals = clustered.problem.within.residuals[:, None]
    return _search(clustered.problem, residuals * _signs(clustered, draws, rng))[1]


def _exchanged(clustered: _Clustered, rng: np.random.Generator) -> Problem:
    """Deal the threshold variable's values out anew among the treated clusters."""
    problem, codes = clustered.problem, clustered.codes
    values = np.empty(clustered.n_clusters)
    values[codes] = problem.panel.threshold
    treated = clustered.treated
    values[treated] = values[rng.permutation(treated)]
    panel = replace(problem.panel, threshold=values[codes])
    cuts = make_cuts(
        panel.threshold,
        trim=clustered.trim,
        grid=clustered.grid,
        split=clustered.split,
        n_regressors=panel.regime.shape[1],
    )
    columns = one_pass_columns(panel.regime, cuts, problem.within)
    return replace(problem, panel=panel, columns=columns)


def _planted(problem: Problem, cut: float) -> FloatArray:
    """Return the regressor above a cut with effects and the common regressors out, (rows,)."""
    panel, within = problem.panel, problem.within
    above = panel.regime[:, :1] * (panel.threshold > cut)[:, None]
    cleared: FloatArray = residualise(within.basis, demean(within.groups, above))[:, 0]
    return cleared
