"""Bars, heat maps, scatters and contours; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from digitrade.data.labels import label
from digitrade.exhibits.cells import number
from digitrade.exhibits.figure import (
    DARK_ORANGE,
    GREY,
    INK,
    ZERO,
    Drawing,
    Spot,
    apart,
    canvas,
    figure,
    write,
)
from digitrade.exhibits.series import REGIONS
from digitrade.methods.influence import Influence
from digitrade.methods.sensitivity import Sensitivity

TIERS = {"municipality": ("C1", "s"), "sub-provincial": ("C2", "D"), "prefecture": ("C0", "o")}
ARROWS: Mapping[str, Mapping[str, Any]] = {
    "sought": {"color": "C1", "linewidth": 2},
    "other": {"color": INK},
    "unrecorded": {"color": GREY, "linestyle": "--"},
}
LARGEST = 260  # area of the largest city's mark, square points
CLEAR = 0.055  # share of the axis that a name takes
SHOWN = 1_000  # rows with the most influence that are drawn; the others lie on the line
Place = tuple[str, float, float]  # words and the mark that they belong to

POINTS = 201  # of the grid, a side
MARGIN = 1.6  # room beyond the outermost mark
FULL = 0.95  # share at which an axis ends, where no mark lies beyond
NAMED = 3  # benchmarks that get their name beside them, at most
TAKEN = (0.35, 0.07)  # shares of the axes that a name takes
SPOTS = (0.92, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1)  # shares of the axis at which a line is labelled
TURN = 0.65  # share of the axis beyond which a name stands to the left of its mark
EDGE = 0.04  # share of an axis that half a line's label takes


@figure
def bar_plot(shares: pd.Series, *, axis: str, subject: str) -> Drawing:
    """Draw shares between 0 and 1 as bars with their per cent; ``subject`` is what they are of."""
    [ax] = canvas(6.4, 2.8)
    bars = ax.bar([str(key) for key in shares.index], 100 * shares, color="C0")
    ax.bar_label(bars, fmt="%.0f %%", fontsize=9, padding=2)
    ax.set_ylabel(axis)
    ax.grid(visible=False, axis="x")
    top = shares.idxmax()
    return ax, (
        f"Shares of {subject}, a bar each for {shares.index[0]} to {shares.index[-1]}. "
        f"{top} has the largest, {number(100 * shares[top], 0)} per cent."
    )


@figure
def correlation_plot(panel: pd.DataFrame, columns: Sequence[str]) -> Drawing:
    """Draw the correlations of columns, each printed in its cell."""
    correlations = panel[list(columns)].rename(columns=label).corr()
    below = np.tril(np.ones(correlations.shape, dtype=bool), k=-1)
    [ax] = canvas(6.4, 4.6)
    cells = correlations.iloc[1:, :-1]
    _heat(ax, cells, 1.5, mask=~below[1:, :-1], annot=True, fmt=".2f")
    ax.set(xlabel="", ylabel="")
    ax.set_xticklabels(ax.get_xticklabels(), rotation=30, ha="right")
    pairs = correlations.where(below).stack()
    top, bottom = pairs.idxmax(), pairs.idxmin()
    return ax, (
        f"Correlations of {len(columns)} variables. The highest, {number(pairs[top], 2)}, is "
        f"between {' and '.join(top)}; the lowest, {number(pairs[bottom], 2)}, between "
        f"{' and '.join(bottom)}."
    )


@figure
def weights_plot(cells: pd.DataFrame) -> Drawing:
    """Draw ``cohort, year, weight``: weights of cohorts by year, in per cent of the sum."""
    wide = 100 * cells.pivot(index="cohort", columns="year", values="weight")
    words = wide.map(lambda value: number(value, 1))
    reach = float(np.nanmax(np.abs(wide.to_numpy()))) * 1.5  # lighter grounds leave text readable
    [ax] = canvas(1.6 + 0.75 * wide.shape[1], 1.1 + 0.5 * len(wide))
    _heat(ax, wide, reach, annot=words, fmt="", linewidths=0.6, linecolor="#999999")
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
    ax.set(xlabel="Year; weights in per cent of their sum", ylabel="First treated year")
    negative = cells.loc[cells["weight"] < 0, "weight"]
    top = cells.loc[cells["weight"].idxmax()]
    return ax, (
        f"Weights of {len(cells)} cells of cohort and year. {len(negative)} are negative and "
        f"sum to {number(100 * negative.sum(), 1)} per cent; the largest, "
        f"{number(100 * top['weight'], 1)} per cent, is that of cohort {top['cohort']:g} in "
        f"{top['year']:g}."
    )


@figure
def graph_plot(boxes: Mapping[str, Spot], arrows: Mapping[tuple[str, str], str]) -> Drawing:
    """Draw a causal graph: boxes in a unit square, and arrows by :data:`ARROWS`."""
    ax: Any = canvas(6.8, 3.2)[0]
    ax.set_axis_off()
    around = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": INK}
    place = {"ha": "center", "va": "center", "size": 9.5, "bbox": around}
    drawn = {words: ax.text(*spot, words, **place) for words, spot in boxes.items()}
    ax.figure.draw_without_rendering()  # the boxes get their size
    for (start, end), kind in arrows.items():
        ends = {"patchA": drawn[start].get_bbox_patch(), "patchB": drawn[end].get_bbox_patch()}
        look = {"arrowstyle": "-|>", "mutation_scale": 14, **ARROWS[kind], **ends}
        ax.annotate("", boxes[end], boxes[start], arrowprops=look)
    told = "; ".join(f"{start} to {end} ({kind})" for (start, end), kind in arrows.items())
    return ax, f"A causal graph. Arrows: {told}.".replace("\n", " ")


@figure
def added_variable_plot(
    x: pd.Series, y: pd.Series, groups: pd.Series, *, named: pd.Series | None = None
) -> Drawing:
    """Draw residuals by region with the line of their slope; ``named`` has words for rows."""
    slope = float(x @ y / (x @ x))
    across, up = label(str(x.name)), label(str(y.name))
    [ax] = canvas(5.6, 3.8)
    regions = groups.str.capitalize().rename("Region")
    order = [region.capitalize() for region in REGIONS]
    sns.scatterplot(x=x, y=y, hue=regions, hue_order=order, style=regions, ax=ax)
    ends = np.array([x.min(), x.max()])
    ax.plot(ends, slope * ends, color=INK)
    ax.axhline(0, **ZERO)
    ax.axvline(0, **ZERO)
    ax.set(xlabel=f"{across}, cleared", ylabel=f"{up}, cleared")
    for row, words in ({} if named is None else named).items():
        write(ax, words, (x[row], y[row]), (5, 3), size=8.5)
    return ax, (
        f"{up} against {across}, both cleared of fixed effects and controls: {len(x)} "
        f"points and a line of slope {number(slope)}."
    )


@figure
def city_change_plot(changes: pd.DataFrame) -> Drawing:
    """Draw ``city, tier, fin_start, change, treated_rows``: change by finance, tier and size."""
    changes = changes.assign(area=LARGEST * changes["treated_rows"] / changes["treated_rows"].max())
    means = []
    [ax] = canvas(7.6, 3.8)
    ax.axhline(0, **ZERO)
    for tier, (colour, marker) in TIERS.items():
        own = changes[changes["tier"] == tier]
        look: dict[str, Any] = {"color": colour, "marker": marker}
        sizes = own["area"].clip(lower=6)
        ax.scatter(own["fin_start"], own["change"], sizes, alpha=0.6, linewidth=0, **look)
        ax.scatter([], [], s=36, label=tier.capitalize(), **look)
        if len(own):
            mean = np.average(own["change"], weights=own["treated_rows"])
            means.append(f"{tier} {number(mean, 2)} ({len(own)} cities)")
    for row in changes.nlargest(4, "treated_rows").itertuples():
        write(ax, row.city, (row.fin_start, row.change), (6, 5), size=8.5)
    ax.legend(title="Tier", fontsize=8.5)
    ax.set(xlabel="Financial development at the start", ylabel="Change of FC with the zone")
    low, high = (number(end, 2) for end in changes["fin_start"].agg(["min", "max"]))
    return ax, (
        f"Change of FC with the zone in {len(changes)} cities against their financial "
        f"development at the start, {low} to {high}. Means by tier, by treated rows: "
        f"{', '.join(means)}."
    )


@figure
def influence_plot(influences: Mapping[str, Influence]) -> Drawing:
    """Draw what the coefficient loses with each row against the row's outcome, a panel a source."""
    words = ["What the coefficient loses with each row."]
    axes = canvas(6.4 * len(influences), 3.9, across=len(influences))
    for ax, (source, one) in zip(axes, influences.items(), strict=True):
        words.append(f"{source}: {_draw_influence(ax, one)}")
        ax.set_title(f"{source}: estimate {number(one.estimate)}", fontsize=10)
    axes[0].set_ylabel("Estimate less the one without the row")
    return axes[0], " ".join(words)


def _heat(ax: Axes, cells: pd.DataFrame, reach: float, **options: Any) -> None:
    """Draw a heat map with words in its cells, colours diverging from zero."""
    ax.grid(visible=False)
    colours = sns.diverging_palette(250, 30, as_cmap=True)
    words = {"size": 9, "color": INK}
    look = {"vmin": -reach, "vmax": reach, "cmap": colours, "cbar": False, "annot_kws": words}
    sns.heatmap(cells, ax=ax, **look, **options)
    ax.tick_params(length=0)


def _draw_influence(ax: Axes, one: Influence) -> str:
    """Draw the rows with the most influence; return the most notable two in words."""
    outcome, drawn = one.specification.outcome, one.largest(SHOWN)
    for treated, colour in ((0, "C1"), (1, "C0")):
        own = drawn[drawn[one.specification.regressor] == treated]
        ax.plot(own[outcome], own["change"], ".", color=colour, markersize=4, alpha=0.6)
    ax.axhline(0, **ZERO)
    ax.set_xscale("symlog", linthresh=1.0)
    ax.set_xlim(min(float(drawn[outcome].min()), 0.0) - 0.3, 8 * ax.get_xlim()[1])
    ax.set_xlabel(f"{label(outcome)}: orange before or without the zone, blue with it")
    keys = [one.specification.entity, one.specification.time]
    largest = one.rows.loc[[one.rows[outcome].idxmax()]]
    named = pd.concat([largest, one.largest(3)])
    where = "city" if "city" in named else keys[0]
    named["place"] = [f"{row[where]} {row[keys[1]]:g}" for _, row in named.iterrows()]
    shown = named.drop_duplicates(keys).reset_index(drop=True)
    low, high = ax.get_ylim()
    heights = apart(shown["change"], CLEAR * (high - low), low, high)
    for place, row in shown.iterrows():
        text = f"{row['place']}, {number(row[outcome], 1)}"
        write(ax, text, (row[outcome], heights[place]), (5, 0), size=8, va="center", color=INK)
    top, first = named.iloc[0], named.iloc[1]
    return (
        f"of {number(len(one.rows))} rows, the one with the largest {label(outcome)} "
        f"({number(top[outcome], 1)}, {top['place']}) takes the estimate from "
        f"{number(one.estimate)} to {number(top['estimate_without'])} when it is left out; "
        f"the largest change of all is {number(first['change'])} ({first['place']})."
    )


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
    right, top = (max(min(MARGIN * end, FULL), end) for end in ends)
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
    start = at - TAKEN[0] * right if at > TURN * right else at
    across = start - EDGE * right < x < start + (TAKEN[0] + EDGE) * right
    return across and height - EDGE * top < y < height + (TAKEN[1] + EDGE) * top


def _named(marks: pd.DataFrame, right: float, top: float) -> list[Place]:
    """Return names and places of the first marks whose names do not run into each other."""
    chosen: list[Place] = []
    for row in marks.itertuples():
        x, y = row.r2_regressor, row.r2_outcome
        clear = (
            abs(x - other) >= TAKEN[0] * right or abs(y - level) >= TAKEN[1] * top
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
