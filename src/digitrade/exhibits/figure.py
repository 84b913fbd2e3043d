"""A numbered figure and what all drawings share: look, colours, canvas, words beside marks."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import SVG, display
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from myst_nb import glue
from scipy.optimize import isotonic_regression

from digitrade.exhibits.table import called_with

STYLE = Path(__file__).with_name("paper.mplstyle")
# "C0" blue, "C1" orange, "C2" green, "C3" purple and "C4" yellow are the cycle of paper.mplstyle.
GREY, INK, DARK_ORANGE = "#555555", "#222222", "#B34700"  # lines, words, words beside orange
SOURCE_COLOURS = {"twin": "C0", "yours": "C2", "printed": "C3", "truth": DARK_ORANGE}
Spot = tuple[float, float]
Drawing = tuple[Any, str]  # an axis and the alternative text
ZERO: Mapping[str, Any] = {"color": GREY, "linewidth": 0.8}  # a line of zero, behind the marks


@dataclass(frozen=True, slots=True)
class Figure:
    """A numbered figure: its label, the caption below, what it shows in words, the drawing."""

    name: str
    caption: str
    alt: str
    svg: str

    def markdown(self) -> str:
        """Return the figure as a MyST directive that sets the glued drawing."""
        return (
            f":::{{glue:figure}} {self.name}\n:name: {self.name}\n:alt: {self.alt}\n\n"
            f"{self.caption}\n:::\n"
        )

    def _ipython_display_(self) -> None:
        glue(self.name, SVG(self.svg), display=False)
        bundle = {
            "text/plain": f"[Figure: {self.alt}]",
            "image/svg+xml": self.svg,
            "text/markdown": self.markdown(),
        }
        display(bundle, raw=True)


def figure(draw: Callable[..., Drawing]) -> Callable[..., Figure]:
    """Make a numbered figure, called with name and caption besides, of an axis and its words."""

    def made(*args: Any, name: str, caption: str, **options: Any) -> Figure:
        with style.context(STYLE):
            ax, alt = draw(*args, **options)
            drawn = io.StringIO()
            ax.figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        return Figure(name, caption, alt, drawn.getvalue())

    return called_with(made, draw)


def canvas(
    width: float, height: float, *, across: int = 1, down: int = 1, **shared: Any
) -> list[Axes]:
    """Open a canvas of so many inches and return its axes, row by row."""
    axes = Canvas(figsize=(width, height)).subplots(down, across, squeeze=False, **shared)
    return list(axes.ravel())


def colour_of(source: str) -> str:
    """Return the colour of a source, or that of words."""
    return SOURCE_COLOURS.get(source, INK)


def write(
    ax: Axes, words: str, spot: Spot, move: Spot | None = None, *, on: Any = "data", **look: Any
) -> None:
    """Write words at a spot, or so many points away from it."""
    if move is not None:
        look |= {"xytext": move, "textcoords": "offset points"}
    ax.annotate(words, spot, xycoords=on, **{"size": 9, **look})


def apart(values: pd.Series, gap: float, low: float, high: float) -> pd.Series:
    """Return heights a gap apart, each as near its value as can be, by an isotonic regression."""
    ordered = values.dropna().sort_values(kind="stable")
    below = gap * np.arange(len(ordered))
    heights = isotonic_regression(ordered.to_numpy(dtype=float) - below).x
    top = high - below[-1]
    return pd.Series(np.clip(heights, min(low, top), top) + below, ordered.index)
