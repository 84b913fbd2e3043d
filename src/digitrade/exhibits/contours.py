"""The figure of a sensitivity analysis; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from digitrade.data.labels import label
from digitrade.exhibits.cells import number
from digitrade.exhibits.figure import DARK_ORANGE, INK, Drawing, canvas, figure, write
from digitrade.methods.sensitivity import Sensitivity

Place = tuple[str, float, float]  # words and the mark that they belong to

POINTS = 201  # of the grid, a side
MARGIN = 1.6  # room beyond the outermost mark
LARGEST = 0.95  # share at which an axis ends, where no mark lies beyond
NAMED = 3  # benchmarks that get their name beside them, at most
CLEAR = (0.35, 0.07)  # shares of the axes that a name takes
SPOTS = (0.92, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1)  # shares of the axis at which a line is labelled
TURN = 0.65  # share of the axis beyond which a name stands to the left of its mark
EDGE = 0.04  # share of an axis that half a line's label takes


@figure
def contour_plot(result: Sensitivity) -> Drawing:
    """Draw what an omitted variable leaves of the estimate; a hollow benchmark was cut to 1."""
    marks = result.benchmarks.dropna(subset="estimate")
    marks = marks.assign(change=(marks["estimate"] - result.estimate).abs())
    marks = marks.sort_values("change", ascending=False)
    marks["words"] = [
        f"{label(row.control)} ×{row.times:g}{' (cut to 1)' if row.capped else ''}"
        for row in marks.itertuples()
    ]
    value = result.robustness_value
    across, up = marks["r2_regressor"], marks["r2_outcome"]
    ends = (float(max([value, *shares])) for shares in (across, up))
    right, top = (max(min(MARGIN * end, LARGEST), end) for end in ends)
    names = _named(marks, right, top)
    [ax] = canvas(6.4, 4.4)
    ax.grid(visible=False)
    _draw_contours(ax, result, right, top, [*names, ("", value, value)])
    for place in names:
        _name(ax, place, right)
    for cut, own in marks.groupby("capped"):
        look: dict[str, Any] = {"color": INK, "mfc": "white" if cut else INK, "markersize": 5}
        ax.plot(own["r2_regressor"], own["r2_outcome"], "D", clip_on=False, zorder=3, **look)
    ax.plot(value, value, "o", color=DARK_ORANGE, markersize=6)
    _name(ax, (f"robustness value {number(value)}", value, value), right, DARK_ORANGE)
    ax.set_xlabel(f"Share of {label(result.specification.regressor)} that it explains")
    ax.set_ylabel(f"Share of {label(result.specification.outcome)} that it explains")
    return ax, _alt(result, marks)


def label_spot(
    result: Sensitivity, level: float, right: float, top: float, names: Sequence[Place]
) -> tuple[float, float] | None:
    """Return the first place on a line of equal estimate that is clear of edges and names."""
    up = np.linspace(0, top, POINTS)
    for x in right * np.array(SPOTS):
        left = np.asarray(result.adjusted(np.full(POINTS, x), up))
        order = np.argsort(left)
        y = float(np.interp(level, left[order], up[order], left=np.nan, right=np.nan))
        inside = EDGE * top < y < (1 - EDGE) * top  # false where the line does not pass
        if inside and not any(_covers(name, x, y, right, top) for name in names):
            return float(x), y
    return None


def _draw_contours(
    ax: Axes, result: Sensitivity, right: float, top: float, names: Sequence[Place]
) -> None:
    """Draw lines of equal adjusted estimate, labelled where no name stands, or not at all."""
    across, up = np.meshgrid(np.linspace(0, right, POINTS), np.linspace(0, top, POINTS))
    left = np.asarray(result.adjusted(across, up))
    levels = np.asarray(MaxNLocator(7).tick_values(left.min(), left.max()))
    levels = levels[np.abs(levels) > 1e-12]
    others = ax.contour(across, up, left, levels=levels, colors="C0", linewidths=0.8)
    spots = [label_spot(result, level, right, top, names) for level in levels]
    words = {level: number(level, 2 if abs(level) >= 0.1 else 3) for level in levels}
    ax.clabel(others, fmt=words, fontsize=8, manual=[spot for spot in spots if spot])
    zero = ax.contour(across, up, left, levels=[0.0], colors="C1", linewidths=1.8)
    if spot := label_spot(result, 0.0, right, top, names):
        ax.clabel(zero, fmt="0", fontsize=9, manual=[spot])


def _covers(name: Place, x: float, y: float, right: float, top: float) -> bool:
    """Return whether a label at a place would run into a name."""
    _, at, height = name
    start = at - CLEAR[0] * right if at > TURN * right else at
    across = start - EDGE * right < x < start + (CLEAR[0] + EDGE) * right
    return across and height - EDGE * top < y < height + (CLEAR[1] + EDGE) * top


def _named(marks: pd.DataFrame, right: float, top: float) -> list[Place]:
    """Return names and places of the first marks whose names do not run into each other."""
    chosen: list[Place] = []
    for row in marks.itertuples():
        x, y = row.r2_regressor, row.r2_outcome
        clear = (
            abs(x - other) >= CLEAR[0] * right or abs(y - level) >= CLEAR[1] * top
            for _, other, level in chosen
        )
        if all(clear):
            chosen.append((row.words, x, y))
    return chosen[:NAMED]


def _name(ax: Axes, place: Place, right: float, colour: str = INK) -> None:
    words, x, y = place
    move, side = ((-7, 5), "right") if x > TURN * right else ((7, 5), "left")
    ground = [withStroke(linewidth=5, foreground="white")]
    write(ax, words, (x, y), move, ha=side, color=colour, path_effects=ground)


def _alt(result: Sensitivity, marks: pd.DataFrame) -> str:
    words = (
        f"Contours of the coefficient of {label(result.specification.regressor)}, "
        f"{number(result.estimate)} without a confounder, by the shares of regressor and outcome "
        f"that an omitted variable explains. At {number(result.robustness_value)} of both it is "
        "zero."
    )
    for worst in marks.head(1).itertuples():
        words += (
            f" Of {len(marks)} benchmarks, {worst.words} would change it most, "
            f"to {number(worst.estimate)}."
        )
    return words
