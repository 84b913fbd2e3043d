"""Figures of thresholds in the zones' effect; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import PercentFormatter

from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import number
from digitrade.methods.threshold.clustered import ThresholdTest

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#555555"
TIERS = {"municipality": (ORANGE, "s"), "sub-provincial": (GREEN, "D"), "prefecture": (BLUE, "o")}
MARKS = tuple(zip((BLUE, ORANGE, GREEN, PURPLE, GREY), ("o", "s", "D", "^", "v"), strict=True))
BINS = 30
LARGEST = 260  # area of the largest city's mark, square points
NAMED = 4


def city_change_plot(changes: pd.DataFrame, *, name: str, caption: str) -> Figure:
    """Draw each treated city's change against its finance at the start, by tier and size.

    Parameters
    ----------
    changes
        From :func:`digitrade.studies.pilot_zones.thresholds.city_changes`.
    """
    area = LARGEST * changes["treated_rows"] / changes["treated_rows"].max()
    with style.context(STYLE):
        canvas = Canvas(figsize=(7.6, 3.8))
        ax = canvas.subplots()
        ax.axhline(0, color=GREY, linewidth=0.8)
        for tier, (colour, marker) in TIERS.items():
            own = changes["tier"] == tier
            ax.scatter(
                changes.loc[own, "fin_start"],
                changes.loc[own, "change"],
                s=area[own].clip(lower=6),
                color=colour,
                marker=marker,
                alpha=0.6,
                linewidth=0,
            )
            ax.scatter([], [], s=36, color=colour, marker=marker, label=tier.capitalize())
        for row in changes.nlargest(NAMED, "treated_rows").itertuples():
            ax.annotate(
                row.city,
                (row.fin_start, row.change),
                xytext=(6, 5),
                textcoords="offset points",
                fontsize=8.5,
            )
        ax.legend(title="Tier", fontsize=8.5)
        ax.set(xlabel="Financial development at the start", ylabel="Change of FC with the zone")
        return Figure(name, caption, _changes_alt(changes), drawn(canvas))


def null_panels(tests: Mapping[str, ThresholdTest], *, name: str, caption: str) -> Figure:
    """Draw F in the draws of several tests, a panel a test on one axis, with F of the data."""
    f_statistic = next(iter(tests.values())).f_statistic
    top = max(f_statistic, *(float(one.drawn.max()) for one in tests.values()))
    edges = np.linspace(0, 1.05 * top, BINS + 1)
    with style.context(STYLE):
        canvas = Canvas(figsize=(3.0 * len(tests), 2.6))
        axes = canvas.subplots(1, len(tests), sharex=True, squeeze=False)[0]
        for ax, (title, test) in zip(axes, tests.items(), strict=True):
            ax.hist(test.drawn, bins=edges, color=BLUE, alpha=0.6)
            ax.axvline(test.f_statistic, color=ORANGE, linewidth=1.8)
            ax.set_title(title, fontsize=10)
            ax.set_xlabel(f"F of the draws\np = {number(test.p_value, 3)}")
            ax.set_yticks([])
            ax.grid(visible=False, axis="y")
        told = "; ".join(
            f"{title}: 95 per cent of the draws lie below {number(test.critical(), 1)}, "
            f"p {number(test.p_value, 3)}"
            for title, test in tests.items()
        )
        alt = f"F of the data, {number(f_statistic, 1)}, beside F of draws. {told}."
        return Figure(name, caption, alt, drawn(canvas))


def power_plot(curves: Mapping[str, pd.DataFrame], *, name: str, caption: str) -> Figure:
    """Draw how often a planted threshold is found, over its size, a line a test.

    Parameters
    ----------
    curves
        Frames of :func:`power_curve`, under what each is called.
    """
    with style.context(STYLE):
        canvas = Canvas(figsize=(8.6, 3.2))
        ax = canvas.subplots()
        for (title, curve), (colour, marker) in zip(curves.items(), cycle(MARKS)):
            ax.plot(curve["size"], curve["found"], color=colour, marker=marker, label=title)
        ax.axhline(0.05, color=GREY, linestyle=":", linewidth=1)
        ax.annotate(
            "5 %, the level of the test",
            (1, 0.05),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
        )
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        ax.set(xlabel="Planted change of the effect", ylabel="Found", ylim=(-0.03, 1.05))
        ax.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
        told = " ".join(f"{title}: {_curve_words(curve)}." for title, curve in curves.items())
        alt = f"Share of draws in which a planted threshold is found, by its size. {told}"
        return Figure(name, caption, alt, drawn(canvas))


def _changes_alt(changes: pd.DataFrame) -> str:
    means = ", ".join(
        f"{tier} {number(_weighted(part), 2)} ({len(part)} cities)"
        for tier in TIERS
        if len(part := changes[changes["tier"] == tier])
    )
    return (
        f"Change of FC with the zone in {len(changes)} cities against their financial development "
        f"at the start, {number(changes['fin_start'].min(), 2)} to "
        f"{number(changes['fin_start'].max(), 2)}. Means by tier, by treated rows: {means}."
    )


def _weighted(part: pd.DataFrame) -> float:
    return float(np.average(part["change"], weights=part["treated_rows"]))


def _curve_words(curve: pd.DataFrame) -> str:
    return ", ".join(
        f"{number(100 * row.found, 0)} per cent at {number(row.size_, 2)}"
        for row in curve.rename(columns={"size": "size_"}).itertuples()
    )
