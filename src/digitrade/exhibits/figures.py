"""From estimates and frames to figures; nothing is estimated here.

Every figure carries an alternative text that states what it shows on the rows it was given.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import SVG, display
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from myst_nb import glue
from scipy.optimize import isotonic_regression

from digitrade.data.labels import label
from digitrade.exhibits.tables import number

STYLE = Path(__file__).with_name("paper.mplstyle")
REGIONS = ("east", "central", "west")
ROOM_FOR_LABELS = 4.5  # years to the right of the last one
DIVERGING = sns.diverging_palette(250, 30, as_cmap=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """A numbered figure with its caption below and its alternative text.

    Attributes
    ----------
    name
        The label to refer to it by, unique in the book.
    caption
        The text below.
    alt
        What the figure shows, for who cannot see it.
    svg
        The drawing.
    """

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


def small_multiples(panel: pd.DataFrame, column: str, *, name: str, caption: str) -> Figure:
    """Draw a column over the years, a panel a region and a line a province."""
    with style.context(STYLE):
        canvas = Canvas(figsize=(8.5, 3.2))
        axes = canvas.subplots(1, len(REGIONS), sharey=True)
        for ax, region in zip(axes, REGIONS, strict=True):
            _draw_region(ax, panel[panel["region"] == region], column)
            ax.set_title(region.capitalize())
        axes[0].set_ylabel(label(column))
        first, last = panel["year"].min(), panel["year"].max()
        ends = panel.pivot(index="province", columns="year", values=column)
        rose = int((ends[last] > ends[first]).sum())
        alt = (
            f"{label(column)} by province, {first} to {last}, in three panels by region. It rose "
            f"in {rose} of {len(ends)} provinces; the median went from "
            f"{number(ends[first].median(), 2)} to {number(ends[last].median(), 2)}."
        )
        return Figure(name, caption, alt, drawn(canvas))


def correlation_plot(
    panel: pd.DataFrame, columns: Sequence[str], *, name: str, caption: str
) -> Figure:
    """Draw the correlations of columns, each printed in its cell."""
    correlations = panel[list(columns)].rename(columns=label).corr()
    below = np.tril(np.ones(correlations.shape, dtype=bool), k=-1)
    with style.context(STYLE):
        canvas = Canvas(figsize=(6.4, 4.6))
        ax = canvas.subplots()
        ax.grid(visible=False)
        sns.heatmap(
            correlations.iloc[1:, :-1],
            mask=~below[1:, :-1],
            annot=True,
            fmt=".2f",
            vmin=-1.5,
            vmax=1.5,
            cmap=DIVERGING,
            cbar=False,
            annot_kws={"size": 9, "color": "#222222"},
            ax=ax,
        )
        ax.tick_params(length=0)
        ax.set(xlabel="", ylabel="")
        ax.set_xticklabels(ax.get_xticklabels(), rotation=30, ha="right")
        pairs = correlations.where(below).stack()
        top, bottom = pairs.idxmax(), pairs.idxmin()
        alt = (
            f"Correlations of {len(columns)} variables. The highest, {number(pairs[top], 2)}, is "
            f"between {top[0]} and {top[1]}; the lowest, {number(pairs[bottom], 2)}, between "
            f"{bottom[0]} and {bottom[1]}."
        )
        return Figure(name, caption, alt, drawn(canvas))


def added_variable_plot(
    x: pd.Series, y: pd.Series, groups: pd.Series, *, name: str, caption: str
) -> Figure:
    """Draw residuals of two columns against each other, with the line of their slope.

    Parameters
    ----------
    x, y
        Residuals of n rows, from :func:`digitrade.methods.regression.partial_out`.
    groups
        Region of each row, for the colours.
    """
    slope = float(x @ y / (x @ x))
    with style.context(STYLE):
        canvas = Canvas(figsize=(5.6, 3.8))
        ax = canvas.subplots()
        frame = pd.DataFrame({"x": x, "y": y, "Region": groups.str.capitalize()})
        order = [region.capitalize() for region in REGIONS]
        sns.scatterplot(frame, x="x", y="y", hue="Region", hue_order=order, style="Region", ax=ax)
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, slope * ends, color="#222222")
        _zero_lines(ax)
        ax.set(xlabel=f"{label(str(x.name))}, cleared", ylabel=f"{label(str(y.name))}, cleared")
        alt = (
            f"{label(str(y.name))} against {label(str(x.name))}, both cleared of fixed effects and "
            f"controls: {len(frame)} points and a line of slope {number(slope, 3)}."
        )
        return Figure(name, caption, alt, drawn(canvas))


def coefficient_plot(
    rows: pd.DataFrame,
    *,
    name: str,
    caption: str,
    reference: float | None = None,
    reference_label: str = "printed",
) -> Figure:
    """Draw estimates with their intervals, a row a line, and the zero line.

    Parameters
    ----------
    rows
        ``label, estimate, conf_low, conf_high``, drawn from top to bottom.
    reference
        A value to mark, such as the printed coefficient.
    """
    positions = np.arange(len(rows))[::-1]
    reach = [rows["estimate"] - rows["conf_low"], rows["conf_high"] - rows["estimate"]]
    with style.context(STYLE):
        canvas = Canvas(figsize=(7.2, 0.9 + 0.34 * len(rows)))
        ax = canvas.subplots()
        ax.axvline(0, color="#555555", linewidth=1)
        ax.errorbar(rows["estimate"], positions, xerr=reach, fmt="o", capsize=2.5, markersize=5)
        if reference is not None:
            ax.axvline(reference, color="#D55E00", linestyle="--", linewidth=1)
            ax.annotate(
                f"{reference_label} {number(reference, 4)}",
                (reference, 1),
                xycoords=("data", "axes fraction"),
                xytext=(3, 2),
                textcoords="offset points",
                color="#B34700",
                fontsize=9,
            )
        ax.set_yticks(positions, rows["label"])
        ax.set(xlabel="Estimate and confidence interval", ylim=(-0.7, len(rows) - 0.3))
        return Figure(name, caption, _coefficient_alt(rows), drawn(canvas))


def _coefficient_alt(rows: pd.DataFrame) -> str:
    above = int((rows["conf_low"] > 0).sum())
    below = int((rows["conf_high"] < 0).sum())
    return (
        f"{len(rows)} estimates with intervals, from {number(rows['estimate'].min(), 3)} to "
        f"{number(rows['estimate'].max(), 3)}; {above} intervals lie above zero, {below} below, "
        f"{len(rows) - above - below} cover it."
    )


def _draw_region(ax: Axes, rows: pd.DataFrame, column: str) -> None:
    """Draw every province, with the highest and the lowest of the last year named."""
    wide = rows.pivot(index="year", columns="province", values=column)
    ax.plot(wide.index, wide, color="#0072B2", alpha=0.35, linewidth=1)
    ends = wide.iloc[-1].sort_values()
    for province in (ends.index[-1], ends.index[0]):
        ax.plot(wide.index, wide[province], color="#D55E00", linewidth=1.4)
        ax.annotate(
            province,
            (wide.index[-1], ends[province]),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    ax.set_xlim(wide.index[0] - 0.5, wide.index[-1] + ROOM_FOR_LABELS)
    ax.set_xticks([wide.index[0], wide.index[len(wide) // 2], wide.index[-1]])


def bar_plot(shares: pd.Series, *, name: str, caption: str, axis: str, subject: str) -> Figure:
    """Draw shares as bars, each with its per cent.

    Parameters
    ----------
    shares
        Numbers between 0 and 1, indexed by what each belongs to.
    axis
        What the bars measure, for the axis.
    subject
        What the shares are of, for the alternative text.
    """
    with style.context(STYLE):
        canvas = Canvas(figsize=(6.4, 2.8))
        ax = canvas.subplots()
        bars = ax.bar([str(key) for key in shares.index], 100 * shares, color="#0072B2")
        ax.bar_label(bars, fmt="%.0f %%", fontsize=9, padding=2)
        ax.set_ylabel(axis)
        ax.grid(visible=False, axis="x")
        top = shares.idxmax()
        alt = (
            f"Shares of {subject}, a bar each for {shares.index[0]} to {shares.index[-1]}. "
            f"{top} has the largest, {number(100 * shares[top], 0)} per cent."
        )
        return Figure(name, caption, alt, drawn(canvas))


def _zero_lines(ax: Axes) -> None:
    ax.axhline(0, color="#555555", linewidth=0.8)
    ax.axvline(0, color="#555555", linewidth=0.8)


def apart(values: pd.Series, gap: float, low: float, high: float) -> pd.Series:
    """Return heights for names beside values: a gap apart at least, each as near as can be.

    The squared moves are least, so that names which are not in each other's way stay where they
    are. Less the gaps below each, heights must rise: an isotonic regression.

    Parameters
    ----------
    values
        Where each name belongs, indexed by the name; in any order. Missing ones are left out.
    gap
        Distance between neighbours.
    low, high
        Range to stay in; where it is too short for all gaps, the top is kept and not the bottom.
    """
    ordered = values.dropna().sort_values(kind="stable")
    below = gap * np.arange(len(ordered))
    heights = isotonic_regression(ordered.to_numpy(dtype=float) - below).x
    top = high - below[-1]
    return pd.Series(np.clip(heights, min(low, top), top) + below, ordered.index)


def drawn(canvas: Canvas) -> str:
    """Return the drawing as SVG that is the same from run to run."""
    buffer = io.StringIO()
    options: dict[str, Any] = {"format": "svg", "metadata": {"Date": None, "Creator": None}}
    canvas.savefig(buffer, **options)
    return buffer.getvalue()
