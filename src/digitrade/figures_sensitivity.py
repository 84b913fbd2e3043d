"""The figure of a sensitivity analysis; nothing is estimated here."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from digitrade.figures import STYLE, Figure, drawn
from digitrade.sensitivity import Sensitivity
from digitrade.tables import label, number

POINTS = 201  # of the grid, a side
MARGIN = 1.6  # room beyond the outermost mark
LARGEST = 0.95  # share at which an axis ends, where no mark lies beyond
LEVELS = 7
NAMED = 3  # benchmarks that get their name beside them, at most
CLEAR = (0.35, 0.07)  # shares of the axes that a name takes


def contour_plot(result: Sensitivity, *, name: str, caption: str) -> Figure:
    """Draw the estimate that is left against the strength of an omitted variable.

    Lines of equal adjusted estimate, the line of zero in orange; the robustness value as a circle
    on it; the benchmarks as diamonds, those that change the estimate most named.

    Parameters
    ----------
    result
        From :func:`digitrade.sensitivity.sensitivity`.
    name, caption
        As in :class:`digitrade.figures.Figure`.
    """
    marks = result.benchmarks.dropna(subset="estimate")
    marks = marks.assign(change=(marks["estimate"] - result.estimate).abs())
    marks = marks.sort_values("change", ascending=False)
    value = result.robustness_value
    right, top = (_end(marks[side], value) for side in ("r2_regressor", "r2_outcome"))
    with style.context(STYLE):
        canvas = Canvas(figsize=(6.4, 4.4))
        ax = canvas.subplots()
        ax.grid(visible=False)
        _draw_contours(ax, result, right, top)
        for words, x, y in _named(marks, right, top):
            _name(ax, words, x, y, right)
        ax.plot(*_points(marks), "D", color="#222222", markersize=5, clip_on=False, zorder=3)
        ax.plot(value, value, "o", color="#B34700", markersize=6)
        _name(ax, f"robustness value {number(value, 3)}", value, value, right, "#B34700")
        ax.set_xlabel(f"Share of {label(result.specification.regressor)} that it explains")
        ax.set_ylabel(f"Share of {label(result.specification.outcome)} that it explains")
        return Figure(name, caption, _alt(result, marks), drawn(canvas))


def _end(shares: pd.Series, value: float) -> float:
    """Return where an axis ends: beyond every mark."""
    farthest = max([value, *shares])
    return float(max(min(MARGIN * farthest, LARGEST), farthest))


def _draw_contours(ax: Axes, result: Sensitivity, right: float, top: float) -> None:
    """Draw lines of equal adjusted estimate over the shares up to right and top."""
    across, up = np.meshgrid(np.linspace(0, right, POINTS), np.linspace(0, top, POINTS))
    left = np.asarray(result.adjusted(across, up))
    levels = np.asarray(MaxNLocator(LEVELS).tick_values(left.min(), left.max()))
    levels = levels[np.abs(levels) > 1e-12]
    others = ax.contour(across, up, left, levels=levels, colors="#0072B2", linewidths=0.8)
    ax.clabel(others, fmt=_tick, fontsize=8)
    zero = ax.contour(across, up, left, levels=[0.0], colors="#D55E00", linewidths=1.8)
    ax.clabel(zero, fmt="0", fontsize=9)


def _points(marks: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return marks["r2_regressor"], marks["r2_outcome"]


def _named(marks: pd.DataFrame, right: float, top: float) -> list[tuple[str, float, float]]:
    """Return names and places of the first marks whose names do not run into each other."""
    chosen: list[tuple[str, float, float]] = []
    for control, times, x, y in zip(marks["control"], marks["times"], *_points(marks), strict=True):
        near = [
            abs(x - other) < CLEAR[0] * right and abs(y - level) < CLEAR[1] * top
            for _, other, level in chosen
        ]
        if len(chosen) < NAMED and not any(near):
            chosen.append((f"{label(control)} ×{times:g}", x, y))
    return chosen


def _tick(value: float) -> str:
    return number(value, 2 if abs(value) >= 0.1 else 3)


def _name(ax: Axes, words: str, x: float, y: float, right: float, colour: str = "#222222") -> None:
    """Write words beside a mark, on the side where there is room."""
    beyond = x > 0.65 * right
    ax.annotate(
        words,
        (x, y),
        xytext=(-7 if beyond else 7, 5),
        textcoords="offset points",
        ha="right" if beyond else "left",
        fontsize=9,
        color=colour,
    )


def _alt(result: Sensitivity, marks: pd.DataFrame) -> str:
    """Return what the figure says on the rows it was given."""
    words = (
        f"Contours of the coefficient of {label(result.specification.regressor)}, "
        f"{number(result.estimate, 3)} without a confounder, by the shares of regressor and "
        f"outcome that an omitted variable explains. At {number(result.robustness_value, 3)} of "
        "both it is zero."
    )
    if marks.empty:
        return words
    worst = marks.iloc[0]
    return (
        f"{words} Of {len(marks)} benchmarks, {label(worst['control'])} ×{worst['times']:g} would "
        f"change it most, to {number(worst['estimate'], 3)}."
    )
