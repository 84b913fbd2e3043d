"""Estimates as marks with their intervals; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from digitrade.data.labels import label
from digitrade.exhibits.cells import interval, number
from digitrade.exhibits.figure import (
    DARK_ORANGE,
    GREY,
    INK,
    ZERO,
    Drawing,
    apart,
    canvas,
    colour_of,
    figure,
    write,
)
from digitrade.methods.threshold.results import PanelThreshold

Printed = Mapping[str, float] | None  # values by what they are called

VIEW = 4.0  # median half intervals to each side of the first row that a panel shows at least
SHIFT = 0.22  # event years between the marks of two sources
CLEAR = 0.06  # share of the axis that a name takes
ROOM = 0.3  # share of the axis that both names of a balance plot take
MARKS: dict[str, Any] = {"fmt": "o", "capsize": 2.5, "markersize": 5}
SPREAD = "{n} estimates, from {low} ({lowest[label]}) to {high} ({highest[label]}); {sides}."
EFFECTS = "{n} estimates from {low} to {high} (the highest in year {highest[year]}); {sides}"
LARGE = 0.1  # standardised difference beyond which groups are usually called unlike


@figure
def coefficient_panels(
    rows: pd.DataFrame, *, references: Printed = None, one_scale: bool = False
) -> Drawing:
    """Draw estimates by ``source, group, label``, a row a line; a panel's first is dotted."""
    places = _places(rows)
    words = ["Estimates with intervals, a panel each."]
    sources = list(dict.fromkeys(rows["source"]))
    bottom = max(places.values())
    axes = canvas(9.6, 0.9 + 0.27 * (bottom + 1), across=len(sources), sharey=True)
    drawn = {s: rows[rows["source"] == s].dropna(subset=["estimate"]) for s in sources}
    printed = [(references or {}).get(source) for source in sources]
    views = list(map(_view, drawn.values(), printed))
    if one_scale:
        views = [(min(low for low, _ in views), max(high for _, high in views))] * len(views)
    for ax, (source, own), mark, view in zip(axes, drawn.items(), printed, views, strict=True):
        _draw_panel(ax, own, places, mark, view)
        ax.set_title(source, fontsize=10)
        words.append(f"{source}: {_told(own, SPREAD)}")
    first = axes[0]
    named = {title: -place for (_, title), place in places.items() if title}
    first.set_yticks(list(named.values()), list(named))
    first.set_ylim(-bottom - 0.8, 0.8)
    for (group, title), place in places.items():
        if not title:
            spot, on = (0, -place), ("axes fraction", "data")
            write(first, group, spot, (-6, 0), on=on, ha="right", va="center", weight="bold")
    return first, " ".join(words)


@figure
def event_study_plot(
    rows: pd.DataFrame, *, ylabel: str = "Effect and confidence interval", confidence: float = 0.95
) -> Drawing:
    """Draw effects by ``source, event_time``, and ``n_cohorts`` if there; a base is hollow."""
    _check_rows(rows)
    sources = list(dict.fromkeys(rows["source"]))
    rows = rows.sort_values("event_time")
    marked = [source for source in sources if source != "truth"]
    first, last = rows["event_time"].min(), rows["event_time"].max()
    [ax] = canvas(7.8, 3.9)
    ax.hlines(0, first - 0.6, last + 0.4, color=GREY, linewidth=1)  # not through names
    ax.axvline(-0.5, color=GREY, linewidth=0.8, linestyle=":")
    for place, source in enumerate(marked):
        own, look = rows[rows["source"] == source], MARKS | {"color": colour_of(source)}
        own = own.assign(event_time=own["event_time"] + SHIFT * (place - (len(marked) - 1) / 2))
        full, base = own[own["conf_low"].notna()], own[own["conf_low"].isna()]
        ax.errorbar(full["event_time"], full["estimate"], yerr=_reach(full), **look)
        ax.plot(base["event_time"], base["estimate"], "o", mfc="none", color=look["color"])
    if "truth" in sources:
        truth = rows[rows["source"] == "truth"]
        ax.plot(truth["event_time"], truth["estimate"], "--", color=DARK_ORANGE)
    _name_sources(ax, rows, sources)
    _set_ticks(ax, rows, marked)
    ax.set_ylabel(ylabel)
    return ax, _event_alt(rows, marked, confidence)


@figure
def distance_plot(scatter: pd.DataFrame, evaluated: pd.DataFrame) -> Drawing:
    """Draw how far ``seed, target, value, hit`` of honest draws and the default are from print."""
    found = evaluated[evaluated["kind"] == "coefficient"].set_index("target").iloc[::-1]
    heights = np.arange(len(found))
    target = scatter["target"]
    drawn_at = target.map(dict(zip(found.index, heights, strict=True)))
    distance = (scatter["value"] - target.map(found["reference"])) / target.map(found["std_error"])
    [ax] = canvas(8.5, 0.22 * len(found) + 1.0)
    ax.axvspan(-1, 1, color="C2", alpha=0.15, linewidth=0)
    ax.axvline(0, **ZERO)
    ax.plot(distance.clip(-5, 5), drawn_at, "o", color="C0", alpha=0.35, markersize=4)
    ax.plot(found["difference"] / found["std_error"], heights, "D", color="C1", markersize=5)
    ax.set_yticks(heights, found["description"].map(short_name))
    ax.tick_params(axis="y", labelsize=8)
    ax.set_xlim(-5.2, 5.2)
    ax.set_xlabel("Distance to the printed coefficient, in printed standard errors")
    return ax, (
        f"{len(found)} printed coefficients. In {scatter['seed'].nunique()} honest draws "
        f"{100 * scatter['hit'].mean():.0f} per cent lie within one printed standard error; "
        f"on the page's own seed {found['met'].sum()} of {len(found)} do."
    )


@figure
def balance_plot(rows: pd.DataFrame) -> Drawing:
    """Draw standardised differences before and after matching (Austin 2009), the largest on top."""
    before, after = rows["std_difference"].abs(), rows["std_difference_matched"].abs()
    rows = rows.assign(before=before, after=after).sort_values("before", kind="stable")
    places = np.arange(len(rows))
    [ax] = canvas(6.4, 1.1 + 0.3 * len(rows))
    ax.axvline(0, color=GREY, linewidth=1)
    ax.axvline(LARGE, color=INK, linestyle=":", linewidth=1)
    ax.hlines(places, rows["before"], rows["after"], color="#999999", linewidth=1)
    ax.plot(rows["before"], places, "o", color="C1", markerfacecolor="none", markersize=6)
    ax.plot(rows["after"], places, "o", color="C0", markersize=6)
    ax.set_yticks(places, rows["variable"].map(label))
    ax.set(xlabel="Standardised difference, absolute", ylim=(-0.6, len(rows) + 0.1))
    first, second = rows["before"].iloc[-1], rows["after"].iloc[-1]
    between = abs(first - second) > ROOM * ax.get_xlim()[1]  # if there is room for names
    marks = ("before", first, second, DARK_ORANGE), ("after", second, first, "C0")
    for words, x, other, colour in marks:
        move, side = ((-4, 6), "right") if (x > other) == between else ((4, 6), "left")
        write(ax, words, (x, places[-1]), move, ha=side, color=colour)
    told = "; ".join(
        f"{when} matching {(rows[when] > LARGE).sum()} exceed {LARGE:g} and the largest is "
        f"{number(rows[when].max())} ({label(rows.loc[rows[when].idxmax(), 'variable'])})"
        for when in ("before", "after")
    )
    return ax, (
        f"Absolute standardised differences of {len(rows)} covariates between treated and "
        f"controls: {told}."
    )


@figure
def regime_slope_plot(
    fits: Mapping[str, PanelThreshold], threshold: pd.Series, *, printed: Printed = None
) -> Drawing:
    """Draw the slope of every regime over its range of the threshold variable, a panel a model."""
    across, printed = label(str(threshold.name)), printed or {}
    words = [f"Slopes by regime of {across} with intervals."]
    axes = canvas(3.6 + 2.2 * len(fits), 3.2, across=len(fits), sharex=True, sharey=True)
    for ax, (title, fit) in zip(axes, fits.items(), strict=True):
        words.append(f"{title}: {_draw_regimes(ax, fit, threshold)}.")
        ax.set(title=title, xlabel=across)
        for value in printed.values():
            ax.axhline(value, color="C2", linestyle=":", linewidth=1.2)
    for title, value in printed.items():
        text, on = f"{title} {number(value, 4)}", ("axes fraction", "data")
        write(axes[0], text, (0.02, value), (0, 2), on=on, size=8, color="#00664A")
    axes[0].set_ylabel("Slope and interval")
    return axes[0], " ".join(words)


def short_name(description: str) -> str:
    """Return a description without its regressor, where that is the zone's, as in most rows."""
    regressor, _, rest = description.partition(", ")
    place, _, row = rest.partition(": ")
    return f"{place}: {row if regressor == label('zone_post') else regressor}"


def _reach(rows: pd.DataFrame) -> list[pd.Series]:
    return [rows["estimate"] - rows["conf_low"], rows["conf_high"] - rows["estimate"]]


def _told(rows: pd.DataFrame, template: str) -> str:
    """Fill a text with how many estimates there are, from where to where, and on which side."""
    estimates = rows["estimate"]
    above, below = (rows["conf_low"] > 0).sum(), (rows["conf_high"] < 0).sum()
    return template.format(
        n=len(rows),
        low=number(estimates.min()),
        high=number(estimates.max()),
        lowest=rows.loc[estimates.idxmin()],
        highest=rows.loc[estimates.idxmax()],
        sides=f"{above} intervals lie above zero, {below} below",
    )


def _places(rows: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return the line of each group heading (empty label) and each label, from the top."""
    keys: list[tuple[str, str]] = []
    for group, own in rows.groupby("group", sort=False):
        labels = list(dict.fromkeys(own["label"]))
        keys += [(str(group), words) for words in (["", *labels] if labels != [group] else labels)]
    return {key: place for place, key in enumerate(keys)}


def _draw_panel(
    ax: Axes,
    rows: pd.DataFrame,
    places: Mapping[tuple[str, str], int],
    reference: float | None,
    view: tuple[float, float],
) -> None:
    low, high = view
    ax.axvline(0, color=GREY, linewidth=1)
    ax.axvline(rows["estimate"].iloc[0], color=INK, linestyle=":", linewidth=1)
    if reference is not None:
        ax.axvline(reference, color="C1", linestyle="--", linewidth=1)
        ax.set_xlabel(f"printed {number(reference, 4)}", color=DARK_ORANGE, fontsize=9)
    ax.set_xlim(low, high)
    for row in rows.itertuples():
        y = -places[row.group, row.label]
        ends = [max(row.conf_low, low), min(row.conf_high, high)]
        ax.plot(ends, [y, y], color="C0", linewidth=1.4)
        for arrow, end, beyond in ("<", low, row.conf_low < low), (">", high, row.conf_high > high):
            if beyond:
                ax.plot(end, y, marker=arrow, color="C0", markersize=5, clip_on=False)
        if low <= row.estimate <= high:
            ax.plot(row.estimate, y, "o", color="C0", markersize=5)
        else:
            end, move, side = (low, 6, "left") if row.estimate < low else (high, -6, "right")
            write(ax, number(row.estimate, 2), (end, y), (move, 3), size=8, ha=side, color=INK)


def _view(rows: pd.DataFrame, reference: float | None) -> tuple[float, float]:
    """Return the range a panel shows: wide enough for most rows, not for the widest."""
    width = (rows["conf_high"] - rows["conf_low"]).replace(np.inf, np.nan).median() / 2
    centre = rows["estimate"].iloc[0]
    marks = [0.0, reference or 0.0, centre]
    low = min(max(rows["conf_low"].min(), centre - VIEW * width), *marks)
    high = max(min(rows["conf_high"].max(), centre + VIEW * width), *marks)
    room = 0.04 * (high - low)
    return low - room, high + room


def _check_rows(rows: pd.DataFrame) -> None:
    needed = ("source", "event_time", "estimate", "conf_low", "conf_high")
    if absent := [column for column in needed if column not in rows]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, rows))}")
    problems = []
    if twice := int(rows.duplicated(["source", "event_time"]).sum()):
        problems.append(f"event_time: {twice} repeated within a source; keep one row for each")
    if (rows["source"] == "truth").all():
        problems.append("source: no row with an estimate beside the truth; add one")
    if problems:
        raise ValueError("Event study cannot be drawn:\n  - " + "\n  - ".join(problems))


def _name_sources(ax: Axes, rows: pd.DataFrame, sources: Sequence[str]) -> None:
    """Write each source's name to the right of its last estimate, names kept apart."""
    last = rows.groupby("source")["estimate"].last()
    low, high = ax.get_ylim()
    right = rows["event_time"].max() + 0.45
    heights = apart(last[list(sources)], CLEAR * (high - low), low, high)
    for source, height in heights.items():
        write(ax, str(source), (right, height), va="center", color=colour_of(str(source)))
    ax.set_xlim(rows["event_time"].min() - 0.6, right + 0.9)


def _set_ticks(ax: Axes, rows: pd.DataFrame, marked: Sequence[str]) -> None:
    """Name every event year; below it, the cohorts behind it, by source where they differ."""
    times = sorted(rows["event_time"].astype(int).unique())
    counts = pd.DataFrame(index=times)
    if "n_cohorts" in rows:
        wide = rows.pivot(index="event_time", columns="source", values="n_cohorts")[list(marked)]
        counts = wide.dropna(axis="columns", how="all").map(lambda count: number(count, 0) or "–")
    differ = bool(counts.nunique(axis="columns").gt(1).any())
    below = ["/".join(row) for row in counts.to_numpy()[:, : None if differ else 1]]
    names = [f"{number(time)}\n{words}".strip() for time, words in zip(times, below, strict=True)]
    ax.set_xticks(times, names)
    ax.grid(visible=False, axis="x")
    sources = f" ({'/'.join(marked)})" if differ else ""
    behind = f"; below, cohorts behind each{sources}" if any(below) else ""
    ax.set_xlabel(f"Years since first treated{behind}")


def _event_alt(rows: pd.DataFrame, marked: Sequence[str], confidence: float) -> str:
    words = [f"Effects by years since treatment with {100 * confidence:g} per cent intervals."]
    rows = rows.assign(year=[number(time, 0) for time in rows["event_time"]])
    early = rows["event_time"] < 0
    for source in marked:
        own = (rows["source"] == source) & rows["conf_low"].notna()
        for when, part in (("before treatment", own & early), ("from then on", own & ~early)):
            told = _told(rows[part], EFFECTS) if part.any() else "no estimate"
            words.append(f"{source.capitalize()}, {when}: {told}.")
    after = rows.loc[(rows["source"] == "truth") & ~early, "estimate"]
    if after.notna().any():
        words.append(
            f"The true effects from then on lie between {number(after.min())} and "
            f"{number(after.max())}."
        )
    return " ".join(words)


def _draw_regimes(ax: Axes, fit: PanelThreshold, threshold: pd.Series) -> str:
    """Draw slopes between the ends of their regimes; return them in words."""
    low = fit.regimes["low"].replace(-np.inf, threshold.min())
    high = fit.regimes["high"].replace(np.inf, threshold.max())
    rows = fit.coefficients.iloc[: len(fit.regimes)].reset_index(drop=True)
    words = []
    ax.axhline(0, **ZERO)
    for row in rows.assign(low=low, high=high).itertuples():
        ends = [row.low, row.high]
        ax.fill_between(ends, row.conf_low, row.conf_high, color="C0", alpha=0.25, linewidth=0)
        ax.hlines(row.estimate, *ends, color="C0", linewidth=2)
        covered = interval(row.conf_low, row.conf_high, 4)
        words.append(f"{number(row.estimate, 4)} ({covered}) on {row.n_obs} rows")
    for cut in low.iloc[1:]:
        ax.axvline(cut, color="C1", linestyle="--", linewidth=1)
    return "; ".join(words)
