"""Figure of heavy tails: values in order of size; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure as Canvas

from digitrade.figures import STYLE, Figure, drawn
from digitrade.tables import number


def ranked_plot(
    values: Mapping[str, pd.Series], *, name: str, caption: str, xlabel: str = "Rank"
) -> Figure:
    """Draw positive values from the largest down, both axes in logs, a panel a series.

    Parameters
    ----------
    values
        Series by the head of their panel; missing, zero and negative values have no place on
        a log axis and are counted in the head.
    name, caption
        As in :class:`digitrade.figures.Figure`.
    xlabel
        What is ranked.

    Raises
    ------
    ValueError
        If a series has no positive value.
    """
    ordered = {head: one[one > 0].sort_values(ascending=False) for head, one in values.items()}
    if empty := [head for head, one in ordered.items() if one.empty]:
        raise ValueError(f"No positive value in {', '.join(empty)}: leave them out")
    with style.context(STYLE):
        canvas = Canvas(figsize=(2.9 * len(ordered), 3.0))
        axes = np.atleast_1d(canvas.subplots(1, len(ordered)))
        for ax, (head, one) in zip(axes, ordered.items(), strict=True):
            ax.loglog(
                np.arange(1, len(one) + 1), one.to_numpy(), ".", markersize=3, color="#0072B2"
            )
            left_out = 1 - len(one) / int(values[head].notna().sum())
            ax.set_title(f"{head}\n{100 * left_out:.0f} % at zero or below", fontsize=10)
            ax.set_xlabel(xlabel)
        return Figure(name, caption, _alt(ordered), drawn(canvas))


def _alt(ordered: Mapping[str, pd.Series]) -> str:
    told = [
        f"{head} from {number(float(one.iloc[0]), 1)} at rank 1 to "
        f"{number(float(one.iloc[min(99, len(one) - 1)]), 1)} at rank {min(100, len(one))}"
        for head, one in ordered.items()
    ]
    return f"Values in order of size, {len(ordered)} panels, both axes in logs: {'; '.join(told)}."
