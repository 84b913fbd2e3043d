"""Histograms with marked values; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from digitrade.data.labels import label
from digitrade.exhibits.cells import interval, number, small_p
from digitrade.exhibits.figure import DARK_ORANGE, GREY, ZERO, Drawing, canvas, figure, write
from digitrade.methods.placebo import Placebo
from digitrade.methods.threshold.clustered import ThresholdTest

BINS = 40
COLUMNS = 3  # panels beside each other
FOUND: Mapping[str, Any] = {"color": "C1", "linewidth": 1.8}  # the line of the data's own value


@figure
def placebo_panels(placebos: Mapping[str, Placebo]) -> Drawing:
    """Draw the distribution of each placebo's draws with its estimate, a panel each."""
    words = ["Distributions of the placebo estimates."]
    axes = canvas(9.6, 2.6, across=len(placebos))
    for ax, (title, one) in zip(axes, placebos.items(), strict=True):
        _draw_bars(ax, title, one.drawn, bins=BINS, alpha=0.55)
        ax.axvline(0.0, color=GREY, linewidth=1)
        ax.axvline(one.estimate, **FOUND)
        found, p_value = number(one.estimate), small_p(one.p_two_sided, below="p < ", exact="p = ")
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.set_xlabel(f"estimate {found}\n{p_value}")
        low, high = map(number, np.quantile(one.drawn, [0.025, 0.975]))
        words.append(
            f"{title}: the estimate of {label(one.specification.outcome)} is {found}, 95 per cent "
            f"of {len(one.drawn):,} draws lie between {low} and {high}; {p_value}."
        )
    return axes[0], " ".join(words)


@figure
def null_panels(tests: Mapping[str, ThresholdTest]) -> Drawing:
    """Draw F in the draws of several tests, a panel a test on one axis, with F of the data."""
    found = next(iter(tests.values())).f_statistic
    top = max(found, *(float(test.drawn.max()) for test in tests.values()))
    edges = np.linspace(0, 1.05 * top, 31)
    words = []
    axes = canvas(3.0 * len(tests), 2.6, across=len(tests), sharex=True)
    for ax, (title, test) in zip(axes, tests.items(), strict=True):
        _draw_bars(ax, title, test.drawn, bins=edges, alpha=0.6)
        ax.axvline(test.f_statistic, **FOUND)
        critical, p_value = number(test.critical(), 1), small_p(test.p_value)
        ax.set_xlabel(f"F of the draws\np = {p_value}")
        words.append(f"{title}: 95 per cent of the draws lie below {critical}, p {p_value}")
    return axes[0], f"F of the data, {number(found, 1)}, beside F of draws. {'; '.join(words)}."


@figure
def draws_plot(
    scatter: pd.DataFrame, references: pd.DataFrame, titles: Mapping[str, str]
) -> Drawing:
    """Draw ``seed, target, value`` of honest draws, a panel a title, with the ``reference``."""
    known = references.set_index("target")
    down = -(-len(titles) // COLUMNS)
    inside = 0
    axes = canvas(8.5, 0.5 + 1.75 * down, across=COLUMNS, down=down)
    for ax, (target, title) in zip(axes, titles.items(), strict=False):
        values = scatter.loc[scatter["target"] == target, "value"].dropna()
        inside += _draw_target(ax, title, values, known.loc[target])
    for ax in axes[len(titles) :]:
        ax.set_visible(False)
    return axes[0], (
        f"{len(titles)} histograms of {scatter['seed'].nunique()} honest draws. The number "
        f"that the default seed is held to lies among the middle 90 per cent of the draws in "
        f"{inside} of them."
    )


@figure
def threshold_histogram(
    values: pd.Series, cuts: Mapping[str, float], *, digits: int = 4
) -> Drawing:
    """Draw how a named threshold variable is spread, a tick a row, with named cuts marked."""
    cuts, name = dict(sorted(cuts.items(), key=lambda item: item[1])), label(str(values.name))
    [ax] = canvas(7.2, 3.2)
    ax.hist(values, bins=BINS, color="C0", alpha=0.55)
    floor = -0.06 * ax.get_ylim()[1]
    ax.vlines(values, floor, 0.25 * floor, color="C0", linewidth=0.6)
    top = ax.get_ylim()[1]
    beyond = []
    for place, (title, cut) in enumerate(cuts.items()):
        height = (1.08 + 0.11 * place) * top  # a line ends below the next one's label
        ax.vlines(cut, floor, height, color="C1", linestyle="--", linewidth=1.2)
        left, right = ax.get_xlim()
        near_end = cut > left + 0.6 * (right - left)
        move, side = ((-4, 0), "right") if near_end else ((4, 0), "left")
        at = number(cut, digits)
        write(ax, f"{title} {at}", (cut, height), move, ha=side, va="top", color=DARK_ORANGE)
        beyond.append(f"{(values > cut).sum()} lie above {at} ({title})")
    ax.set(xlabel=name, ylabel="Rows", ylim=(1.3 * floor, (1.05 + 0.11 * len(cuts)) * top))
    ends = interval(values.min(), values.max(), 2)
    return ax, f"Histogram of {name}, {len(values)} rows from {ends}. Of these {'; '.join(beyond)}."


@figure
def overlap_plot(scores: pd.Series, treated: pd.Series, weights: pd.Series) -> Drawing:
    """Draw scores of the treated (1) upwards, of controls (0) downwards, unmatched and matched."""
    groups = {"treated": treated.astype(bool), "controls": ~treated.astype(bool)}
    edges = np.linspace(float(scores.min()), float(scores.max()), BINS + 1)
    used = {"Before matching": pd.Series(1.0, index=scores.index), "After matching": weights}
    axes = canvas(8.5, 3.0, across=2, sharex=True, sharey=True)
    for ax, (title, weight) in zip(axes, used.items(), strict=True):
        for own, sign, colour in zip(groups.values(), (1, -1), ("C0", "C1"), strict=True):
            counts, _ = np.histogram(scores[own], bins=edges, weights=weight[own])
            shares = counts / max(float(weight[own].sum()), np.finfo(float).tiny)
            ax.stairs(sign * shares, edges, fill=True, color=colour, alpha=0.6)
        ax.axhline(0, **ZERO)
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("Propensity score")
    first = axes[0]
    first.set_ylabel("Share of the group")
    first.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):g}"))
    write(first, "treated", (0.02, 0.96), on="axes fraction", va="top", color="C0")
    write(first, "controls", (0.02, 0.04), on="axes fraction", va="bottom", color=DARK_ORANGE)
    before, after = (_means_words(scores, groups, weight) for weight in used.values())
    return first, (
        "Histograms of the propensity score, treated above and controls below the line. "
        f"Before matching the mean is {before}; after it, {after}."
    )


def _draw_bars(ax: Axes, title: str, values: Any, **bars: Any) -> None:
    """Draw a histogram whose heights are read against each other only."""
    ax.hist(values, color="C0", **bars)
    ax.set_title(title, fontsize=10)
    ax.set_yticks([])
    ax.grid(visible=False, axis="y")


def _draw_target(ax: Axes, title: str, values: pd.Series, known: pd.Series) -> bool:
    """Draw one target's draws; return whether the reference lies in the middle 90 per cent."""
    reference = known["reference"]
    least, low, high, most = np.quantile(values, [0.01, 0.05, 0.95, 0.99])
    span = (min(least, reference), max(most, reference))
    colour = "C1" if known["printed"] != "" else "C2"
    _draw_bars(ax, title, values, bins=21, range=span, alpha=0.45)
    ax.axvline(values.mean(), color="C0", linewidth=1.4)
    ax.axvline(reference, color=colour, linewidth=1.6, linestyle="--")
    if span[0] < 0 < span[1]:
        ax.axvline(0.0, **ZERO)
    return bool(low <= reference <= high)


def _means_words(scores: pd.Series, groups: Mapping[str, pd.Series], weights: pd.Series) -> str:
    words = []
    for group, own in groups.items():
        if rows := (weights[own] > 0).sum():
            mean = np.average(scores[own], weights=weights[own])
            words.append(f"{number(mean)} for {number(rows)} {group}")
        else:
            words.append(f"missing for the {group}, of whom none is used")
    return " and ".join(words)
