"""Lines over years, ranks, sizes and cut points; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator, PercentFormatter

from digitrade.data.labels import label
from digitrade.exhibits.cells import number
from digitrade.exhibits.figure import GREY, ZERO, Drawing, apart, canvas, colour_of, figure, write
from digitrade.methods.threshold.results import PanelThreshold

REGIONS = ("east", "central", "west")
LINES = ("C0", "C1", "C2", "C3", GREY, "C4")
NAMES = ("C0", "#B34700", "#00785A", "#A04C7C", "#444444", "#8A5E00")  # darker, for words
ORDINALS = {1: "First", 2: "Second", 3: "Third"}
CLEAR = 0.075  # share of the axis that a name takes
POINTS = 200  # ranks drawn, few enough for a light file
LOWEST = 1e-4  # smallest value that an axis of ranks shows
SMALLEST = 0.01  # smallest value that an axis of a tail shows
WHOLE, THINNED = 150, 250  # points of a tail: the largest values all, the others at equal steps


@figure
def small_multiples(panel: pd.DataFrame, column: str) -> Drawing:
    """Draw a column over the years, a panel a region and a line a province, broken at gaps."""
    axes = canvas(8.5, 3.2, across=len(REGIONS), sharey=True)
    for ax, region in zip(axes, REGIONS, strict=True):
        rows = panel[panel["region"] == region]
        own = rows.pivot(index="year", columns="province", values=column)
        own = own.reindex(range(own.index.min(), own.index.max() + 1))
        years, ends = own.index, own.iloc[-1].sort_values()
        ax.plot(years, own, color="C0", alpha=0.35, linewidth=1)
        for province in (ends.index[-1], ends.index[0]):
            ax.plot(years, own[province], color="C1", linewidth=1.4)
            write(ax, province, (years[-1], ends[province]), (4, 0), va="center")
        ax.set_xlim(years[0] - 0.5, years[-1] + 4.5)  # room for names
        ax.set_xticks([years[0], years[len(own) // 2], years[-1]])
        ax.set_title(region.capitalize())
    axes[0].set_ylabel(label(column))
    wide = panel.pivot(index="province", columns="year", values=column)
    first, last = wide[wide.columns[0]], wide[wide.columns[-1]]
    return axes[0], (
        f"{label(column)} by province, {first.name} to {last.name}, in three panels by region. "
        f"It rose in {(last > first).sum()} of {len(wide)} provinces; the median went from "
        f"{number(first.median(), 2)} to {number(last.median(), 2)}."
    )


@figure
def path_panels(rows: pd.DataFrame, *, ylabel: str, per_cent: bool = False) -> Drawing:
    """Draw ``panel, line, year, value``: named lines over the years, a panel each."""
    panels = rows.groupby("panel", sort=False)
    places = {line: place % len(LINES) for place, line in enumerate(dict.fromkeys(rows["line"]))}
    words = []
    axes = canvas(4.4 + 4.2 * (len(panels) - 1), 3.3, across=len(panels))
    for ax, (title, own) in zip(axes, panels, strict=True):
        wide = own.pivot(index="year", columns="line", values="value")
        _draw_lines(ax, wide, places)
        ax.set_title(title)
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        if per_cent:
            ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        words.append(f"{title}: {_spread_words(wide, per_cent)}")
    axes[0].set_ylabel(ylabel)
    years = f"{rows['year'].min():.0f} to {rows['year'].max():.0f}"
    return axes[0], f"{ylabel} by year, {years}. {' '.join(words)}"


@figure
def rank_plot(values: Mapping[str, pd.Series]) -> Drawing:
    """Draw columns from the largest down against the rank, in logs; ``ValueError`` if all are 0."""
    if empty := [source for source, column in values.items() if not (column > 0).any()]:
        raise ValueError(f"{', '.join(empty)}: no value above 0, so there is nothing to draw")
    title = label(str(next(iter(values.values())).name))
    words = [f"{title}, ranked from the largest, both axes in logs."]
    [ax] = canvas(6.4, 3.6)
    for place, (source, column) in enumerate(values.items()):
        ranked = column[column > 0].sort_values(ascending=False).to_numpy()
        shown = np.unique(np.geomspace(1, len(ranked), POINTS).round().astype(int))
        colour = colour_of(source)
        ax.plot(shown, ranked[shown - 1], ".-", markersize=5, linewidth=0.8, color=colour)
        text, spot = f"{source}: largest {number(ranked[0], 1)}", (0.98, 0.94 - CLEAR * place)
        write(ax, text, spot, on="axes fraction", ha="right", color=colour)
        words.append(
            f"{source.capitalize()}: {number(len(ranked))} values above 0, "
            f"{number((column == 0).sum())} at 0; the largest, {number(ranked[0], 1)}, is "
            f"{number(ranked[0] / column.nlargest(2).iloc[-1], 1)} times the second, the median "
            f"{number(column.median(), 4)}."
        )
    ax.set(xscale="log", yscale="log", xlabel="Rank, from the largest", ylabel=title)
    ax.set_ylim(bottom=max(LOWEST, ax.get_ylim()[0]))
    return ax, " ".join(words)


@figure
def tail_plot(samples: Mapping[str, pd.DataFrame], column: str) -> Drawing:
    """Draw the share of rows above each value, by ``zone_post``, in logs, a panel a source."""
    words = [f"Shares of rows above each value of {label(column)}, in logs."]
    axes = canvas(5.6 * len(samples), 3.6, across=len(samples), sharey=True)
    for ax, (source, rows) in zip(axes, samples.items(), strict=True):
        for treated, kind, colour in ((0, "no zone yet, or never", "C1"), (1, "zone", "C0")):
            own = rows.loc[rows["zone_post"] == treated, column]
            _draw_tail(ax, own, colour)
            text, spot = f"{kind}, {number(len(own))} rows", (0.97, 0.95 - 0.08 * treated)
            write(ax, text, spot, on="axes fraction", ha="right", va="top", color=colour)
        ax.set(xscale="log", yscale="log", xlabel=f"{label(column)}, at least", title=source)
        half, most = rows[column].quantile([0.5, 0.99])
        words.append(
            f"{source}: half of {number(len(rows))} rows lie below {number(half)}, one in a "
            f"hundred above {number(most, 2)}, and the largest is {number(rows[column].max(), 1)}."
        )
    axes[0].set_ylabel("Share of rows")
    return axes[0], " ".join(words)


@figure
def likelihood_ratio_plot(fit: PanelThreshold, *, variable: str, digits: int = 4) -> Drawing:
    """Draw the likelihood ratio over cut points, those in the set marked, a panel a threshold."""
    found = fit.thresholds.to_dict("records")
    words = [f"Likelihood ratio over the cut points of {label(variable)}."]
    axes = canvas(3.6 + 2.2 * len(found), 3.2, across=len(found), sharex=True)
    for ax, row in zip(axes, found, strict=True):
        words.append(_draw_profile(ax, fit, row, digits))
        ax.set_xlabel(label(variable))
    axes[0].set_ylabel("Likelihood ratio")
    return axes[0], " ".join(words)


def _draw_lines(ax: Axes, wide: pd.DataFrame, places: Mapping[str, int]) -> None:
    for line in wide:
        ax.plot(wide.index, wide[line], ".-", color=LINES[places[line]], markersize=4)
    low, high = ax.get_ylim()
    gap = CLEAR * (high - low)
    left, right = wide.index.min(), wide.index.max()
    room = 0.22 * (right - left)
    heights = apart(wide.ffill().iloc[-1], gap, low + gap / 2, high)  # not on the axis
    for line, height in heights.items():
        spot, colour = (right + room / 11, height), NAMES[places[str(line)]]
        write(ax, str(line), spot, va="center", color=colour)
    ax.set_xlim(left - 0.3, right + room)
    ax.xaxis.set_minor_locator(FixedLocator([]))


def _spread_words(wide: pd.DataFrame, per_cent: bool) -> str:
    """Return in which year lines are farthest apart, and from which to which."""
    scale, unit, digits = (100, " per cent", 0) if per_cent else (1, "", 2)
    year = (wide.max(axis="columns") - wide.min(axis="columns")).idxmax()
    at = scale * wide.loc[year].sort_values(kind="stable")
    low, high = (f"{number(at.loc[line], digits)}{unit} for {line}" for line in at.index[[0, -1]])
    return f"{wide.shape[1]} lines, farthest apart in {year:.0f}, from {low} to {high}."


def _draw_tail(ax: Axes, values: pd.Series, colour: str) -> None:
    ordered = np.sort(values.to_numpy(dtype=float))[::-1]
    shares = np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    count = int((ordered >= SMALLEST).sum())
    steps = np.geomspace(1, max(count, 1), THINNED).astype(int) - 1
    shown = np.unique(np.r_[np.arange(min(WHOLE, count)), steps[:count]])
    ax.plot(ordered[shown], shares[shown], ".-", color=colour, markersize=4, linewidth=0.8)


def _draw_profile(ax: Axes, fit: PanelThreshold, found: Mapping[str, float], digits: int) -> str:
    """Draw one threshold's profile with the cut points in its set; return it in words."""
    order, critical = int(found["order"]), fit.conventions.critical_value
    rows = fit.profile[fit.profile["order"] == order].sort_values("gamma")
    ratios = rows["likelihood_ratio"]
    inside = rows.loc[ratios <= critical, "gamma"]
    top = max(float(ratios.max()), 1.5 * critical)
    ax.plot(rows["gamma"], ratios, color="C0", linewidth=1)
    ax.vlines(inside, -0.07 * top, -0.02 * top, color="C1", linewidth=1)
    ax.axhline(critical, color=GREY, linestyle="--", linewidth=1)
    ax.axhline(0, **ZERO)
    words, on = f"critical value {number(critical, 2)}", ("axes fraction", "data")
    write(ax, words, (0.02, critical), (0, 3), on=on, size=8, color="#444444")
    ax.plot([found["estimate"]], [0], "o", color="C1", markersize=5)
    estimate, low, high = (number(found[k], digits) for k in ("estimate", "conf_low", "conf_high"))
    ax.set(title=f"{ORDINALS[order]}: {estimate}", ylim=(-0.09 * top, 1.05 * top))
    where = "there alone" if len(inside) == 1 else f"between {low} and {high}"
    gaps = ", with gaps" if found["disconnected"] else ""
    return (
        f"{ORDINALS[order]} threshold: lowest at {estimate}; at or below the {words} at "
        f"{len(inside)} of {len(rows)} cut points, {where}{gaps}."
    )
