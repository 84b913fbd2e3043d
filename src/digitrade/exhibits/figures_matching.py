"""Figures of matching on the propensity score; nothing is estimated here."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from digitrade.data.labels import label
from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import number

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"
BINS = 40
ROW = 0.3  # inches
ROOM = 0.3  # share of the axis that both names take
LARGE = 0.1  # standardised difference beyond which groups are usually called unlike


def overlap_plot(
    scores: pd.Series, treated: pd.Series, weights: pd.Series, *, name: str, caption: str
) -> Figure:
    """Draw the scores of the treated upwards and of the controls downwards, before and after.

    Parameters
    ----------
    scores
        Probabilities of treatment, length n.
    treated
        0 and 1, or booleans, with the same index.
    weights
        After matching, with the same index.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    """
    chosen = treated.astype(bool)
    edges = np.linspace(float(scores.min()), float(scores.max()), BINS + 1)
    panels = {"Before matching": pd.Series(1.0, index=scores.index), "After matching": weights}
    with style.context(STYLE):
        canvas = Canvas(figsize=(8.5, 3.0))
        axes = canvas.subplots(1, 2, sharex=True, sharey=True)
        for ax, (title, used) in zip(axes, panels.items(), strict=True):
            for own, sign, colour in ((chosen, 1, BLUE), (~chosen, -1, ORANGE)):
                shares = _shares(scores[own], used[own], edges)
                ax.stairs(sign * shares, edges, fill=True, color=colour, alpha=0.6)
            ax.axhline(0, color="#555555", linewidth=0.8)
            ax.set_title(title, fontsize=10)
            ax.set_xlabel("Propensity score")
        axes[0].set_ylabel("Share of the group")
        axes[0].yaxis.set_major_formatter(FuncFormatter(_unsigned))
        _name_sides(axes[0])
        alt = _overlap_alt(scores, chosen, weights)
        return Figure(name, caption, alt, drawn(canvas))


def _shares(scores: pd.Series, weights: pd.Series, edges: np.ndarray) -> np.ndarray:
    """Return the share of a group's weight in each bin."""
    counts, _ = np.histogram(scores, bins=edges, weights=weights)
    return counts / max(float(weights.sum()), np.finfo(float).tiny)


def _unsigned(value: float, _: object) -> str:
    return f"{abs(value):g}"


def _name_sides(ax: Axes) -> None:
    for height, words, colour in ((0.96, "treated", BLUE), (0.04, "controls", "#B34700")):
        ax.annotate(
            words,
            (0.02, height),
            xycoords="axes fraction",
            va="top" if height > 0.5 else "bottom",
            color=colour,
            fontsize=9,
        )


def _overlap_alt(scores: pd.Series, chosen: pd.Series, weights: pd.Series) -> str:
    before, after = (
        f"{_mean_words(scores[chosen], used[chosen], 'treated')} and "
        f"{_mean_words(scores[~chosen], used[~chosen], 'controls')}"
        for used in (pd.Series(1.0, index=scores.index), weights)
    )
    return (
        "Histograms of the propensity score, treated above and controls below the line. "
        f"Before matching the mean is {before}; after it, {after}."
    )


def _mean_words(scores: pd.Series, weights: pd.Series, group: str) -> str:
    """Return the weighted mean of a group's scores and its rows that count, in words."""
    rows = int((weights > 0).sum())
    if not rows:
        return f"missing for the {group}, of whom none is used"
    return f"{number(float(np.average(scores, weights=weights)), 3)} for {number(rows)} {group}"


def balance_plot(rows: pd.DataFrame, *, name: str, caption: str) -> Figure:
    """Draw standardised differences before and after matching, the largest on top.

    The dotted line is at 0.1, beyond which groups are usually called unlike (Austin 2009,
    Statistics in Medicine 28(25), 3083-3107).

    Parameters
    ----------
    rows
        From :func:`digitrade.methods.matching.balance`.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    """
    order = rows["std_difference"].abs().sort_values(kind="stable").index
    before, after = (
        rows.loc[order, column].abs() for column in ("std_difference", "std_difference_matched")
    )
    places = np.arange(len(rows))
    with style.context(STYLE):
        canvas = Canvas(figsize=(6.4, 1.1 + ROW * len(rows)))
        ax = canvas.subplots()
        ax.axvline(0, color="#555555", linewidth=1)
        ax.axvline(LARGE, color=INK, linestyle=":", linewidth=1)
        ax.hlines(places, before, after, color="#999999", linewidth=1)
        ax.plot(before, places, "o", color=ORANGE, markerfacecolor="none", markersize=6)
        ax.plot(after, places, "o", color=BLUE, markersize=6)
        ax.set_yticks(places, [label(one) for one in rows.loc[order, "variable"]])
        ax.set(xlabel="Standardised difference, absolute", ylim=(-0.6, len(rows) + 0.1))
        _name_marks(ax, float(before.iloc[-1]), float(after.iloc[-1]), len(rows) - 1)
        return Figure(name, caption, _balance_alt(rows), drawn(canvas))


def _name_marks(ax: Axes, before: float, after: float, place: int) -> None:
    """Write before and after above the marks of the first line, between them if there is room."""
    between = abs(before - after) > ROOM * ax.get_xlim()[1]
    for words, x, other, colour in (
        ("before", before, after, "#B34700"),
        ("after", after, before, BLUE),
    ):
        leftwards = (x > other) == between
        ax.annotate(
            words,
            (x, place),
            xytext=(-4 if leftwards else 4, 6),
            textcoords="offset points",
            ha="right" if leftwards else "left",
            color=colour,
            fontsize=9,
        )


def _balance_alt(rows: pd.DataFrame) -> str:
    parts = []
    for when, column in (("before", "std_difference"), ("after", "std_difference_matched")):
        sizes = rows[column].abs()
        worst = rows.loc[sizes.idxmax(), "variable"]
        parts.append(
            f"{when} matching {int((sizes > LARGE).sum())} exceed {LARGE:g} and the largest is "
            f"{number(float(sizes.max()), 3)} ({label(worst)})"
        )
    return (
        f"Absolute standardised differences of {len(rows)} covariates between treated and "
        f"controls: {'; '.join(parts)}."
    )
