"""Figures that describe firms before anything is estimated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, MaxNLocator, PercentFormatter

from digitrade.data.labels import label
from digitrade.exhibits.figures import STYLE, Figure, apart, drawn
from digitrade.exhibits.figures_did import COLOURS, OTHER_COLOUR
from digitrade.exhibits.tables import number

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#555555", "#E69F00")
NAMES = ("#0072B2", "#B34700", "#00785A", "#A04C7C", "#444444", "#8A5E00")
POINTS = 200  # ranks drawn, few enough for a light file
LOWEST = 1e-4  # smallest value that an axis in logs shows
CLEAR = 0.075  # share of the axis that a name takes
ROOM = 0.22  # share of the years to the right of the last one, for names


def rank_plot(values: Mapping[str, pd.Series], *, name: str, caption: str) -> Figure:
    """Draw values from the largest down against their rank, both axes in logs.

    A straight line is a power law; a normal distribution would bend down at once. Values of
    zero have no log and are left out; the alternative text says how many.

    Parameters
    ----------
    values
        A column by source, such as ``{"twin": panel["fc"]}``; not below 0.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.

    Raises
    ------
    ValueError
        If a source has no value above 0.
    """
    if empty := [source for source, one in values.items() if not (one > 0).any()]:
        raise ValueError(f"{', '.join(empty)}: no value above 0, so there is nothing to draw")
    with style.context(STYLE):
        canvas = Canvas(figsize=(6.4, 3.6))
        ax = canvas.subplots()
        for place, (source, column) in enumerate(values.items()):
            _draw_ranks(ax, column[column > 0], source, place)
        ax.set(xscale="log", yscale="log", xlabel="Rank, from the largest")
        ax.set_ylim(bottom=max(LOWEST, ax.get_ylim()[0]))
        ax.set_ylabel(label(str(next(iter(values.values())).name)))
        return Figure(name, caption, _rank_alt(values), drawn(canvas))


def path_panels(
    rows: pd.DataFrame, *, name: str, caption: str, ylabel: str, per_cent: bool = False
) -> Figure:
    """Draw lines over the years, a panel for each ``panel``, each line with its name.

    Parameters
    ----------
    rows
        ``panel, line, year, value``. Panels have the same years and scales of their own.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    ylabel
        What the values are.
    per_cent
        Whether values are shares, to be shown in per cent.
    """
    panels = list(dict.fromkeys(rows["panel"]))
    lines = list(dict.fromkeys(rows["line"]))
    places = {line: place % len(LINES) for place, line in enumerate(lines)}
    with style.context(STYLE):
        canvas = Canvas(figsize=(4.4 + 4.2 * (len(panels) - 1), 3.3))
        axes = canvas.subplots(1, len(panels), squeeze=False)[0]
        for ax, title in zip(axes, panels, strict=True):
            _draw_lines(ax, rows[rows["panel"] == title], places)
            ax.set_title(title)
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            if per_cent:
                ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        axes[0].set_ylabel(ylabel)
        return Figure(name, caption, _paths_alt(rows, ylabel, per_cent), drawn(canvas))


def _draw_ranks(ax: Axes, column: pd.Series, source: str, place: int) -> None:
    """Draw ranked values at ranks evenly spaced in logs, and name the largest."""
    ranked = column.sort_values(ascending=False).to_numpy()
    drawn_at = np.unique(np.geomspace(1, len(ranked), POINTS).round().astype(int))
    colour = COLOURS.get(source, OTHER_COLOUR)
    ax.plot(drawn_at, ranked[drawn_at - 1], ".-", markersize=5, linewidth=0.8, color=colour)
    ax.annotate(
        f"{source}: largest {number(ranked[0], 1)}",
        (0.98, 0.94 - CLEAR * place),
        xycoords="axes fraction",
        ha="right",
        fontsize=9,
        color=colour,
    )


def _draw_lines(ax: Axes, rows: pd.DataFrame, places: Mapping[str, int]) -> None:
    """Draw lines and write their names beside their ends, kept apart."""
    wide = rows.pivot(index="year", columns="line", values="value")
    for line in wide:
        ax.plot(wide.index, wide[line], ".-", color=LINES[places[line]], markersize=4)
    low, high = ax.get_ylim()
    gap = CLEAR * (high - low)
    heights = apart(wide.ffill().iloc[-1], gap, low + gap / 2, high)  # not on the axis
    right = float(wide.index.max())
    span = right - float(wide.index.min())
    for line, height in heights.items():
        spot = (right + 0.02 * span, height)
        ax.annotate(str(line), spot, va="center", fontsize=9, color=NAMES[places[line]])
    ax.set_xlim(wide.index.min() - 0.3, right + ROOM * span)
    ax.xaxis.set_minor_locator(FixedLocator([]))


def _rank_alt(values: Mapping[str, pd.Series]) -> str:
    words = []
    for source, one in values.items():
        middle, top = one.median(), one.max()
        words.append(
            f"{source.capitalize()}: {number(int((one > 0).sum()), 0)} values above 0, "
            f"{number(int((one == 0).sum()), 0)} at 0; the largest, {number(top, 1)}, is "
            f"{number(top / one.nlargest(2).iloc[-1], 1)} times the second, the median "
            f"{number(middle, 4)}."
        )
    return f"{label(str(one.name))}, ranked from the largest, both axes in logs. {' '.join(words)}"


def _paths_alt(rows: pd.DataFrame, ylabel: str, per_cent: bool) -> str:
    scale, unit, digits = (100, " per cent", 0) if per_cent else (1, "", 2)
    words = []
    for title, own in rows.groupby("panel", sort=False):
        wide = own.pivot(index="year", columns="line", values="value")
        year = (wide.max(axis="columns") - wide.min(axis="columns")).idxmax()
        lowest, highest = wide.loc[year].idxmin(), wide.loc[year].idxmax()
        low, high = (number(scale * wide.loc[year, one], digits) for one in (lowest, highest))
        words.append(
            f"{title}: {wide.shape[1]} lines, farthest apart in {year:.0f}, from {low}{unit} for "
            f"{lowest} to {high}{unit} for {highest}."
        )
    years = f"{rows['year'].min():.0f} to {rows['year'].max():.0f}"
    return f"{ylabel} by year, {years}. {' '.join(words)}"
