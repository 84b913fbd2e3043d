"""Figures of the robustness chapter; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from digitrade.data.labels import label
from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import number
from digitrade.methods.randomisation import Placebo

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"
VIEW = 4.0  # median half intervals to each side of the first row that a panel shows at least
ROW = 0.27  # inches
BINS = 40


def coefficient_panels(
    rows: pd.DataFrame,
    *,
    name: str,
    caption: str,
    references: Mapping[str, float] | None = None,
    reference_label: str = "printed",
) -> Figure:
    """Draw estimates with intervals, a panel a source with its own scale, a row a line.

    The dotted line is the first row's estimate. What lies beyond the panel, or has no end, is
    cut with an arrow; an estimate beyond it is given as a number.

    Parameters
    ----------
    rows
        ``source, group, label, estimate, conf_low, conf_high``, in the order of the page. A
        label that a source does not have, or without an estimate, leaves a blank.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    references
        A value to mark in the panel of a source, such as the printed coefficient.
    reference_label
        What the marked value is.
    """
    places = _places(rows)
    sources = list(dict.fromkeys(rows["source"]))
    with style.context(STYLE):
        canvas = Canvas(figsize=(9.6, 0.9 + ROW * (max(places.values()) + 1)))
        axes = canvas.subplots(1, len(sources), sharey=True, squeeze=False)[0]
        for ax, source in zip(axes, sources, strict=True):
            own = rows[rows["source"] == source].dropna(subset=["estimate"])
            _draw_panel(ax, own, places, (references or {}).get(source), reference_label)
            ax.set_title(source, fontsize=10)
        labels = [place for place in places if place[1]]
        axes[0].set_yticks([-places[place] for place in labels], [place[1] for place in labels])
        axes[0].set_ylim(-max(places.values()) - 0.8, 0.8)
        for group, text in ((place, place[0]) for place in places if not place[1]):
            axes[0].annotate(
                text,
                (0, -places[group]),
                xycoords=("axes fraction", "data"),
                xytext=(-6, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=9,
                fontweight="bold",
            )
        return Figure(name, caption, _panels_alt(rows), drawn(canvas))


def placebo_panels(placebos: Mapping[str, Placebo], *, name: str, caption: str) -> Figure:
    """Draw the distribution of each placebo's draws with its estimate, a panel each."""
    with style.context(STYLE):
        canvas = Canvas(figsize=(9.6, 2.6))
        axes = canvas.subplots(1, len(placebos), squeeze=False)[0]
        for ax, (title, placebo) in zip(axes, placebos.items(), strict=True):
            ax.hist(placebo.drawn, bins=BINS, color=BLUE, alpha=0.55)
            ax.axvline(0, color="#555555", linewidth=1)
            ax.axvline(placebo.estimate, color=ORANGE, linewidth=1.8)
            ax.set_title(title, fontsize=10)
            ax.set_yticks([])
            ax.grid(visible=False, axis="y")
            ax.xaxis.set_major_locator(MaxNLocator(4))
            ax.set_xlabel(
                f"estimate {number(placebo.estimate, 3)}\n{_p_words(placebo.p_two_sided)}"
            )
        return Figure(name, caption, _placebo_alt(placebos), drawn(canvas))


def _places(rows: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return the line of each group heading (empty label) and each label, from the top."""
    keys: list[tuple[str, str]] = []
    for group in dict.fromkeys(rows["group"]):
        labels = list(dict.fromkeys(rows.loc[rows["group"] == group, "label"]))
        if labels != [group]:
            keys.append((group, ""))
        keys += [(group, one) for one in labels]
    return {key: place for place, key in enumerate(keys)}


def _draw_panel(
    ax: Axes,
    rows: pd.DataFrame,
    places: Mapping[tuple[str, str], int],
    reference: float | None,
    reference_label: str,
) -> None:
    y = -np.array([places[key] for key in zip(rows["group"], rows["label"], strict=True)])
    low, high = _view(rows, reference)
    ax.axvline(0, color="#555555", linewidth=1)
    ax.axvline(rows["estimate"].iloc[0], color=INK, linestyle=":", linewidth=1)
    if reference is not None:
        ax.axvline(reference, color=ORANGE, linestyle="--", linewidth=1)
        ax.set_xlabel(f"{reference_label} {number(reference, 4)}", color="#B34700", fontsize=9)
    ax.set_xlim(low, high)
    for place, row in zip(y, rows.itertuples(), strict=True):
        _draw_row(ax, place, (row.estimate, row.conf_low, row.conf_high), (low, high))


def _draw_row(
    ax: Axes, place: float, row: tuple[float, float, float], view: tuple[float, float]
) -> None:
    """Draw one interval, cut with an arrow where it leaves the view."""
    (estimate, conf_low, conf_high), (low, high) = row, view
    ax.plot([max(conf_low, low), min(conf_high, high)], [place, place], color=BLUE, linewidth=1.4)
    if conf_low < low:
        ax.plot(low, place, marker="<", color=BLUE, markersize=5, clip_on=False)
    if conf_high > high:
        ax.plot(high, place, marker=">", color=BLUE, markersize=5, clip_on=False)
    if low <= estimate <= high:
        ax.plot(estimate, place, "o", color=BLUE, markersize=5)
        return
    left = estimate < low
    ax.annotate(
        number(estimate, 2),
        (low if left else high, place),
        xytext=(6 if left else -6, 3),
        textcoords="offset points",
        ha="left" if left else "right",
        fontsize=8,
        color=INK,
    )


def _view(rows: pd.DataFrame, reference: float | None) -> tuple[float, float]:
    """Return the range a panel shows: wide enough for most rows, not for the widest."""
    width = (rows["conf_high"] - rows["conf_low"]).replace(np.inf, np.nan).median() / 2
    centre = rows["estimate"].iloc[0]
    marks = [0.0, reference or 0.0, centre]
    low = max(rows["conf_low"].min(), min(centre - VIEW * width, *marks))
    high = min(rows["conf_high"].max(), max(centre + VIEW * width, *marks))
    low, high = min(low, *marks), max(high, *marks)
    room = 0.04 * (high - low)
    return low - room, high + room


def _p_words(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def _panels_alt(rows: pd.DataFrame) -> str:
    words = []
    for source in dict.fromkeys(rows["source"]):
        own = rows[rows["source"] == source].dropna(subset=["estimate"])
        above, below = int((own["conf_low"] > 0).sum()), int((own["conf_high"] < 0).sum())
        lowest, highest = own.loc[own["estimate"].idxmin()], own.loc[own["estimate"].idxmax()]
        words.append(
            f"{source}: {len(own)} estimates, from {number(lowest['estimate'], 3)} "
            f"({lowest['label']}) to {number(highest['estimate'], 3)} ({highest['label']}); "
            f"{above} intervals lie above zero, {below} below."
        )
    return " ".join(["Estimates with intervals, a panel each.", *words])


def _placebo_alt(placebos: Mapping[str, Placebo]) -> str:
    words = [
        f"{title}: the estimate of {label(one.specification.outcome)} is "
        f"{number(one.estimate, 3)}, 95 per cent of {len(one.drawn):,} draws lie between "
        f"{number(np.quantile(one.drawn, 0.025), 3)} and "
        f"{number(np.quantile(one.drawn, 0.975), 3)}; {_p_words(one.p_two_sided)}."
        for title, one in placebos.items()
    ]
    return " ".join(["Distributions of the placebo estimates.", *words])
