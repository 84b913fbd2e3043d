"""The contract and the honest draws as exhibits; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import Table, frame_table, number

COLUMNS = 3
NONE_PRINTED = "in words"


def contract_table(evaluated: pd.DataFrame, *, name: str, caption: str, note: str = "") -> Table:
    """Set targets as printed beside the twin's values, with difference and tolerance.

    Parameters
    ----------
    evaluated
        Rows of :func:`digitrade.studies.digital_finance.twin.calibration.evaluate_targets`.
    """
    rows = pd.DataFrame(
        {
            "description": evaluated["description"],
            "printed": evaluated["printed"].where(evaluated["printed"] != "", NONE_PRINTED),
            "twin": _numbers(evaluated["twin"], 4, "no ratio"),
            "difference": _numbers(evaluated["difference"], 4),
            "tolerance": [_allowed(row) for _, row in evaluated.iterrows()],
            "met": evaluated["met"].map({True: "yes", False: "no"}),
        }
    )
    heads = {
        "description": "Target",
        "printed": "Printed",
        "twin": "Twin",
        "difference": "Difference",
        "tolerance": "Allowed",
        "met": "Met",
    }
    return frame_table(rows, name=name, caption=caption, heads=heads, note=note)


def draws_plot(
    scatter: pd.DataFrame,
    references: pd.DataFrame,
    titles: Mapping[str, str],
    *,
    name: str,
    caption: str,
) -> Figure:
    """Draw the honest draws of each target as a histogram, with what it is held to.

    Parameters
    ----------
    scatter
        ``seed, target, value``.
    references
        What :func:`digitrade.studies.digital_finance.twin.calibration.evaluate_targets` returns.
    titles
        A panel for each of these targets, in this order: target to title.
    """
    known = references.set_index("target")
    high = -(-len(titles) // COLUMNS)
    inside = []
    with style.context(STYLE):
        canvas = Canvas(figsize=(8.5, 0.5 + 1.75 * high))
        axes = canvas.subplots(high, COLUMNS, squeeze=False).ravel()
        for ax, (target, title) in zip(axes, titles.items(), strict=False):
            values = scatter.loc[scatter["target"] == target, "value"].dropna()
            inside.append(_draw_target(ax, values, known.loc[target]))
            ax.set_title(title, fontsize=10)
        for ax in axes[len(titles) :]:
            ax.set_visible(False)
        alt = (
            f"{len(titles)} histograms of {scatter['seed'].nunique()} honest draws. The number "
            f"that the default seed is held to lies among the middle 90 per cent of the draws in "
            f"{sum(inside)} of them."
        )
        return Figure(name, caption, alt, drawn(canvas))


def _draw_target(ax: Axes, values: pd.Series, known: pd.Series) -> bool:
    """Draw one histogram and its reference; return whether this lies in the middle 90 %."""
    colour = "#D55E00" if known["printed"] != "" else "#009E73"
    low, high = np.quantile(values, [0.01, 0.99])
    span = (min(low, known["reference"]), max(high, known["reference"]))
    ax.hist(values, bins=21, range=span, color="#0072B2", alpha=0.45)
    ax.axvline(float(values.mean()), color="#0072B2", linewidth=1.4)
    ax.axvline(known["reference"], color=colour, linewidth=1.6, linestyle="--")
    if span[0] < 0 < span[1]:
        ax.axvline(0, color="#555555", linewidth=0.8)
    ax.set_yticks([])
    ax.grid(visible=False, axis="y")
    middle = np.quantile(values, [0.05, 0.95])
    return bool(middle[0] <= known["reference"] <= middle[1])


def _allowed(row: pd.Series) -> str:
    """Return tolerance or bounds in words."""
    if pd.notna(row["tolerance"]):
        return f"± {row['tolerance']:.5f}".rstrip("0")
    if pd.isna(row["at_least"]):
        return f"at most {row['at_most']:g}"
    if pd.isna(row["at_most"]):
        return f"at least {row['at_least']:g}"
    return f"{row['at_least']:g} to {row['at_most']:g}"


def _numbers(values: pd.Series, digits: int, missing: str = "") -> pd.Series:
    return values.map(lambda value: missing if pd.isna(value) else number(value, digits))
