"""Threshold tests for a threshold variable that whole groups of entities share.

A city's banks are the same for all of its firms. A bootstrap that draws firm by firm then takes for
many what is one; these tests draw whole clusters, or exchange the threshold variable among them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.checks import refuse
from digitrade.methods.threads import one_thread
from digitrade.methods.threshold.model import TITLE, FloatArray, IntArray
from digitrade.methods.threshold.search import (
    Layout,
    block_sizes,
    drawn_f,
    next_cut,
    prepare,
    signed,
)

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """F of one threshold against none, beside what it is in draws that have none.

    ``words`` say what was drawn; ``n_treated`` of ``n_clusters`` have a row in which the
    regime-dependent regressor is not zero: only they can tell a threshold.
    """

    f_statistic: float
    drawn: FloatArray
    words: str
    n_clusters: int
    n_treated: int

    @property
    def p_value(self) -> float:
        """Share of draws at least as large as F, the data counted as a draw."""
        return float((1 + (self.drawn >= self.f_statistic).sum()) / (1 + self.drawn.size))

    def critical(self, level: float = LEVEL) -> float:
        """Return the F that a share ``level`` of the draws exceeds."""
        return float(np.quantile(self.drawn, 1 - level, method="inverted_cdf"))


@one_thread()
def cluster_test(
    data: pd.DataFrame, *, cluster: str, draws: int, rng: np.random.Generator, **model: Any
) -> ThresholdTest:
    """Test one threshold against none with errors that keep together within clusters.

    Each draw adds to the fit without a threshold its residuals, all those of a cluster with the
    same random sign, and searches again (the wild cluster bootstrap with the null imposed:
    Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90, 414-427).

    Parameters
    ----------
    data, cluster
        One row for each entity and time; column of the clusters, each entity in one of them.
    draws, rng
        Number of draws, and the source of their signs.
    **model
        As in :func:`digitrade.methods.threshold.panel_threshold`; bad input raises as there.
    """
    layout = _layout(data, model, draws, rng)
    codes = _codes(data, layout, cluster, nested="entity")
    return _signed_test(layout, codes, draws, rng, f"signs of the residuals by {cluster}")


@one_thread()
def exchange_test(
    data: pd.DataFrame, *, cluster: str, draws: int, rng: np.random.Generator, **model: Any
) -> ThresholdTest:
    """Exchange the threshold variable among treated clusters, and search again each time.

    Exact if, without a threshold, every exchange was as likely as the one observed (Fisher 1935).
    As :func:`cluster_test`, but the threshold variable has one value a cluster, and entities may
    move.
    """
    layout = _layout(data, model, draws, rng)
    codes = _codes(data, layout, cluster, nested="threshold")
    residuals = [layout.panel.residuals[:, None]]
    drawn = [drawn_f(_exchanged(layout, codes, rng), residuals) for _ in range(draws)]
    words = f"the threshold variable, exchanged among treated units of {cluster}"
    return _summarise(layout, codes, np.ravel(drawn), words)


@one_thread()
def noise_test(
    data: pd.DataFrame, *, draws: int, rng: np.random.Generator, **model: Any
) -> ThresholdTest:
    """Test against outcomes of independent normal noise: what searching alone does to F."""
    _, layout = prepare(data, model, draws=draws, rng=rng)
    panel = layout.panel
    shapes = ((panel.rows.size, size) for size in block_sizes(layout, draws))
    noise = (panel.partial_out(rng.standard_normal(shape)) for shape in shapes)
    return _summarise(layout, panel.entity, drawn_f(layout, noise), "independent normal noise")


@one_thread()
def false_alarms(
    data: pd.DataFrame,
    *,
    unit: str,
    clusters: tuple[str, ...],
    exchanges: int,
    draws: int,
    rng: np.random.Generator,
    **model: Any,
) -> pd.DataFrame:
    """Return the share of lots, one value a ``unit``, in which :func:`cluster_test` rejects at 5 %.

    A row for each column of ``clusters``: ``cluster, rejected, median_f``.
    """
    layout = _layout(data, model, draws, rng)
    units = _codes(data, layout, unit, nested="threshold")
    codes = [_codes(data, layout, name, nested="entity") for name in clusters]
    tests = []
    for _ in range(exchanges):
        exchanged = _exchanged(layout, units, rng)
        tests.append([_signed_test(exchanged, own, draws, rng) for own in codes])
    rejected = np.mean([[test.p_value <= LEVEL for test in row] for row in tests], axis=0)
    median = np.median([row[0].f_statistic for row in tests])
    return pd.DataFrame({"cluster": clusters, "rejected": rejected, "median_f": median})


def _layout(
    data: pd.DataFrame, model: dict[str, Any], draws: int, rng: np.random.Generator
) -> Layout:
    _, layout = prepare(data, model, draws=draws, rng=rng)
    if layout.panel.drops_last:
        advice = "test by the convention 'every-value' or 'xthreg'"
        refuse(TITLE, [f"convention {layout.model.convention!r} leaves rows out: {advice}"])
    return layout


def _codes(data: pd.DataFrame, layout: Layout, cluster: str, *, nested: str) -> IntArray:
    """Return cluster codes of a layout's rows, (rows,)."""
    if cluster not in data:
        there = list(data.columns)
        refuse(TITLE, [f"cluster column {cluster!r} is not in data, which has {there}"])
    if missing := int(data[cluster].isna().sum()):
        fault = f"is missing in {missing} rows: drop or complete them"
        refuse(TITLE, [f"cluster column {cluster!r} {fault}"])
    inner, outer, advice = {
        "entity": (layout.model.entity, cluster, "take each one's first, say"),
        "threshold": (cluster, layout.model.threshold, "an exchange needs one value each"),
    }[nested]
    values = data[outer].groupby(data[inner]).nunique()
    several = values[values > 1].index
    if not several.empty:
        found = f"{several.size} of {values.size} values of {inner!r} have several values of "
        refuse(TITLE, [f"{found}{outer!r}, the first {several[0]!r}: {advice}"])
    return pd.factorize(data[cluster].to_numpy()[layout.panel.rows])[0].astype(np.intp)


def _summarise(
    layout: Layout, codes: IntArray, drawn: FloatArray, words: str = ""
) -> ThresholdTest:
    f_statistic = float(next_cut(layout, layout.panel.residuals[:, None])[1][0])
    treated = _treated(layout, codes)
    return ThresholdTest(f_statistic, drawn, words, int(codes.max()) + 1, treated.size)


def _treated(layout: Layout, codes: IntArray) -> IntArray:
    """Codes of the clusters that have a treated row."""
    return np.unique(codes[(layout.panel.regime != 0).any(axis=1)])


def _signed_test(
    layout: Layout, codes: IntArray, draws: int, rng: np.random.Generator, words: str = ""
) -> ThresholdTest:
    """Test by samples without a threshold whose residuals change sign by cluster."""
    blocks = signed(layout, layout.panel.residuals, codes, draws, rng)
    return _summarise(layout, codes, drawn_f(layout, blocks), words)


def _exchanged(layout: Layout, codes: IntArray, rng: np.random.Generator) -> Layout:
    """Deal the threshold variable's values out anew among the treated clusters."""
    values, treated = np.empty(int(codes.max()) + 1), _treated(layout, codes)
    values[codes] = layout.panel.threshold
    values[treated] = values[rng.permutation(treated)]
    return Layout.of(layout.model, replace(layout.panel, threshold=values[codes]))
