"""Figures of long tails and of what single rows do to a coefficient; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from digitrade.data.labels import label
from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import number
from digitrade.methods.influence import Influence

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"
LINEAR = 1.0  # below this value, the axis of a ratio is linear, beyond it logarithmic
NAMED = 3  # rows with the largest influence that are named
SHOWN = 1_000  # rows with the most influence that are drawn; the others lie on the line
WHOLE, THINNED = 150, 250  # points of a tail: the largest values all, the others at equal steps


def tail_plot(
    samples: Mapping[str, pd.DataFrame],
    column: str,
    *,
    name: str,
    caption: str,
    smallest: float = 0.01,
) -> Figure:
    """Draw the share of rows above each value, both axes in logs, a panel a source.

    Parameters
    ----------
    samples
        By source, rows with the column and ``zone_post``.
    column
        What is drawn.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    smallest
        Where the axis begins.
    """
    with style.context(STYLE):
        canvas = Canvas(figsize=(5.6 * len(samples), 3.6))
        axes = canvas.subplots(1, len(samples), sharey=True, squeeze=False)[0]
        for ax, (source, rows) in zip(axes, samples.items(), strict=True):
            for place, (treated, words, colour) in enumerate(
                ((0, "no zone yet, or never", ORANGE), (1, "zone", BLUE))
            ):
                values = rows.loc[rows["zone_post"] == treated, column]
                _draw_tail(ax, values, smallest, colour)
                text = f"{words}, {number(len(values), 0)} rows"
                ax.annotate(
                    text, (0.97, 0.95 - 0.08 * place), xycoords="axes fraction",
                    ha="right", va="top", color=colour, fontsize=9,
                )  # fmt: skip
            ax.set(xscale="log", yscale="log", xlabel=f"{label(column)}, at least", title=source)
        axes[0].set_ylabel("Share of rows")
        return Figure(name, caption, _tail_alt(samples, column), drawn(canvas))


def _draw_tail(ax: Axes, values: pd.Series, smallest: float, colour: str) -> None:
    ordered = np.sort(values.to_numpy(dtype=float))[::-1]
    shares = np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    count = int((ordered >= smallest).sum())
    steps = np.geomspace(1, max(count, 1), THINNED).astype(int) - 1
    shown = np.unique(np.r_[np.arange(min(WHOLE, count)), steps[:count]])
    ax.plot(ordered[shown], shares[shown], ".-", color=colour, markersize=4, linewidth=0.8)


def _tail_alt(samples: Mapping[str, pd.DataFrame], column: str) -> str:
    words = []
    for source, rows in samples.items():
        values = rows[column]
        words.append(
            f"{source}: half of {number(len(values), 0)} rows lie below "
            f"{number(float(values.median()), 3)}, one in a hundred above "
            f"{number(float(values.quantile(0.99)), 2)}, and the largest is "
            f"{number(float(values.max()), 1)}."
        )
    return " ".join([f"Shares of rows above each value of {label(column)}, in logs.", *words])


def influence_plot(influences: Mapping[str, Influence], *, name: str, caption: str) -> Figure:
    """Draw what the coefficient loses with each row against the row's outcome, a panel a source.

    The :data:`SHOWN` rows with the most influence are drawn; those with the largest outcome
    and the most influence are named by place and year.

    Parameters
    ----------
    influences
        By source, from :func:`digitrade.methods.influence.influence`.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    """
    with style.context(STYLE):
        canvas = Canvas(figsize=(6.4 * len(influences), 3.9))
        axes = canvas.subplots(1, len(influences), squeeze=False)[0]
        for ax, (source, one) in zip(axes, influences.items(), strict=True):
            _draw_influence(ax, one)
            ax.set_title(f"{source}: estimate {number(one.estimate, 3)}", fontsize=10)
        axes[0].set_ylabel("Estimate less the one without the row")
        return Figure(name, caption, _influence_alt(influences), drawn(canvas))


def _draw_influence(ax: Axes, one: Influence) -> None:
    outcome, rows = one.specification.outcome, one.largest(SHOWN)
    for treated, colour in ((0, ORANGE), (1, BLUE)):
        own = rows[rows[one.specification.regressor] == treated]
        ax.plot(own[outcome], own["change"], ".", color=colour, markersize=4, alpha=0.6)
    ax.axhline(0, color="#555555", linewidth=0.8)
    ax.set_xscale("symlog", linthresh=LINEAR)
    ax.set_xlim(min(float(rows[outcome].min()), 0.0) - 0.3, 8 * ax.get_xlim()[1])
    ax.set_xlabel(f"{label(outcome)}: orange before or without the zone, blue with it")
    top = one.rows.loc[[one.rows[outcome].idxmax()]]
    named = pd.concat([top, one.largest(NAMED)]).drop_duplicates(
        [one.specification.entity, one.specification.time]
    )
    for _, row in named.iterrows():
        ax.annotate(
            f"{_place(row, one)}\n{number(row[outcome], 1)}",
            (row[outcome], row["change"]),
            xytext=(5, 0), textcoords="offset points", va="center", fontsize=8, color=INK,
        )  # fmt: skip


def _place(row: pd.Series, one: Influence) -> str:
    where = "city" if "city" in row else one.specification.entity
    return f"{row[where]} {row[one.specification.time]:g}"


def _influence_alt(influences: Mapping[str, Influence]) -> str:
    words = []
    for source, one in influences.items():
        outcome, rows = one.specification.outcome, one.rows
        top, first = rows.loc[rows[outcome].idxmax()], one.largest(1).iloc[0]
        words.append(
            f"{source}: of {number(len(rows), 0)} rows, the one with the largest "
            f"{label(outcome)} ({number(top[outcome], 1)}, {_place(top, one)}) takes the estimate "
            f"from {number(one.estimate, 3)} to {number(top['estimate_without'], 3)} when it is "
            f"left out; the largest change of all is {number(first['change'], 3)} "
            f"({_place(first, one)})."
        )
    return " ".join(["What the coefficient loses with each row.", *words])
