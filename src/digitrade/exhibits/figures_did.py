"""Figures of event studies and of treatment weights; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from digitrade.exhibits.figures import DIVERGING, STYLE, Figure, apart, drawn
from digitrade.exhibits.tables import number

COLOURS = {"twin": "#0072B2", "yours": "#009E73", "printed": "#CC79A7"}
TRUTH, TRUTH_COLOUR, OTHER_COLOUR = "truth", "#B34700", "#222222"
APART = 0.22  # event years between the marks of two sources
CLEAR = 0.06  # share of the axis that a name takes


def event_study_plot(
    rows: pd.DataFrame,
    *,
    name: str,
    caption: str,
    ylabel: str = "Effect and confidence interval",
    confidence: float = 0.95,
) -> Figure:
    """Draw effects by event time with their intervals, sources side by side.

    A base, an estimate without an interval, is a hollow mark; the source ``"truth"`` is a dashed
    line. Below each event year stands the number of cohorts that it rests on.

    Parameters
    ----------
    rows
        ``source, event_time, estimate, conf_low, conf_high`` and, where known, ``n_cohorts``:
        the effects of :class:`digitrade.methods.event_study.EventStudy`, stacked.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    ylabel
        What the effects measure.
    confidence
        Level of the intervals, for the alternative text.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If a source has two rows of one event time, or there is nothing but the truth.
    """
    _check_rows(rows)
    sources = list(dict.fromkeys(rows["source"]))
    marked = [one for one in sources if one != TRUTH]
    with style.context(STYLE):
        canvas = Canvas(figsize=(7.8, 3.9))
        ax = canvas.subplots()
        first, last = rows["event_time"].min(), rows["event_time"].max()
        ax.hlines(0, first - 0.6, last + 0.4, color="#555555", linewidth=1)  # not through names
        ax.axvline(-0.5, color="#555555", linewidth=0.8, linestyle=":")
        for place, source in enumerate(marked):
            own = rows[rows["source"] == source].sort_values("event_time")
            _draw_marks(ax, own, APART * (place - (len(marked) - 1) / 2), _colour(source))
        if TRUTH in sources:
            truth = rows[rows["source"] == TRUTH].sort_values("event_time")
            ax.plot(truth["event_time"], truth["estimate"], "--", color=TRUTH_COLOUR)
        _name_sources(ax, rows, sources)
        _set_ticks(ax, rows, marked)
        ax.set_ylabel(ylabel)
        return Figure(name, caption, _event_alt(rows, marked, confidence), drawn(canvas))


def weights_plot(cells: pd.DataFrame, *, name: str, caption: str) -> Figure:
    """Draw the weights of cohorts by year, each in per cent of the sum.

    Parameters
    ----------
    cells
        ``cohort, year, weight``, from :meth:`TreatmentWeights.tidy`.
    name, caption
        As in :class:`digitrade.exhibits.figures.Figure`.
    """
    wide = 100 * cells.pivot(index="cohort", columns="year", values="weight")
    words = wide.map(lambda value: number(value, 1))
    reach = float(np.nanmax(np.abs(wide.to_numpy()))) * 1.5  # lighter grounds leave text readable
    with style.context(STYLE):
        canvas = Canvas(figsize=(1.6 + 0.75 * wide.shape[1], 1.1 + 0.5 * len(wide)))
        ax = canvas.subplots()
        ax.grid(visible=False)
        sns.heatmap(
            wide,
            annot=words,
            fmt="",
            vmin=-reach,
            vmax=reach,
            cmap=DIVERGING,
            cbar=False,
            linewidths=0.6,
            linecolor="#999999",
            annot_kws={"size": 9, "color": OTHER_COLOUR},
            ax=ax,
        )
        ax.tick_params(length=0)
        ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
        ax.set(xlabel="Year; weights in per cent of their sum", ylabel="First treated year")
        return Figure(name, caption, _weights_alt(cells), drawn(canvas))


def _check_rows(rows: pd.DataFrame) -> None:
    needed = ("source", "event_time", "estimate", "conf_low", "conf_high")
    if absent := [one for one in needed if one not in rows]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, rows))}")
    problems = []
    if twice := int(rows.duplicated(["source", "event_time"]).sum()):
        problems.append(f"event_time: {twice} repeated within a source; keep one row for each")
    if not (rows["source"] != TRUTH).any():
        problems.append("source: no row with an estimate beside the truth; add one")
    if problems:
        raise ValueError("Event study cannot be drawn:\n  - " + "\n  - ".join(problems))


def _colour(source: str) -> str:
    return TRUTH_COLOUR if source == TRUTH else COLOURS.get(source, OTHER_COLOUR)


def _draw_marks(ax: Axes, rows: pd.DataFrame, shift: float, colour: str) -> None:
    """Draw estimates with intervals; those without one as hollow marks."""
    bare = rows["conf_low"].isna()
    full, base = rows[~bare], rows[bare]
    reach = [full["estimate"] - full["conf_low"], full["conf_high"] - full["estimate"]]
    ax.errorbar(
        full["event_time"] + shift,
        full["estimate"],
        yerr=reach,
        fmt="o",
        capsize=2.5,
        markersize=5,
        color=colour,
    )
    ax.plot(base["event_time"] + shift, base["estimate"], "o", color=colour, mfc="none")


def _name_sources(ax: Axes, rows: pd.DataFrame, sources: Sequence[str]) -> None:
    """Write each source's name to the right of its last estimate, names kept apart."""
    last = rows.sort_values("event_time").groupby("source")["estimate"].last()
    low, high = ax.get_ylim()
    places = apart(last[list(sources)], CLEAR * (high - low), low, high)
    right = rows["event_time"].max() + 0.45
    for source, place in places.items():
        ax.annotate(str(source), (right, place), va="center", fontsize=9, color=_colour(source))
    ax.set_xlim(rows["event_time"].min() - 0.6, right + 0.9)


def _set_ticks(ax: Axes, rows: pd.DataFrame, marked: Sequence[str]) -> None:
    """Name every event year, with the cohorts behind it below."""
    times = sorted(int(one) for one in rows["event_time"].unique())
    counts = _counts(rows, times, marked)
    ax.set_xticks(times, [f"{number(one, 0)}\n{counts[one]}".strip() for one in times])
    ax.grid(visible=False, axis="x")
    several = any("/" in one for one in counts.values())
    words = f" ({'/'.join(marked)})" if several else ""
    below = f"; below, cohorts behind each{words}" if any(counts.values()) else ""
    ax.set_xlabel(f"Years since first treated{below}")


def _counts(rows: pd.DataFrame, times: Sequence[int], marked: Sequence[str]) -> dict[int, str]:
    """Return the number of cohorts by event time as text, one a source where they differ."""
    if "n_cohorts" not in rows:
        return dict.fromkeys(times, "")
    wide = rows.pivot(index="event_time", columns="source", values="n_cohorts")[list(marked)]
    wide = wide.dropna(axis="columns", how="all").reindex(times)
    same = wide.eq(wide.iloc[:, 0], axis="index").all(axis=None) if wide.shape[1] else True
    shown = wide.iloc[:, :1] if same else wide
    return {
        time: "/".join(number(one, 0) or "–" for one in row)
        for time, row in zip(times, shown.to_numpy(), strict=True)
    }


def _event_alt(rows: pd.DataFrame, marked: Sequence[str], confidence: float) -> str:
    """Return what the figure says on the rows it was given."""
    words = [f"Effects by years since treatment with {100 * confidence:g} per cent intervals."]
    for source in marked:
        own = rows[(rows["source"] == source) & rows["conf_low"].notna()]
        sides = ((own[own["event_time"] < 0], "before"), (own[own["event_time"] >= 0], "from then"))
        words += [f"{source.capitalize()}, {_side(side, when)}." for side, when in sides]
    if (truth := rows[rows["source"] == TRUTH])["estimate"].notna().any():
        after = truth.loc[truth["event_time"] >= 0, "estimate"]
        words.append(
            f"The true effects from then on lie between {number(after.min(), 3)} and "
            f"{number(after.max(), 3)}."
        )
    return " ".join(words)


def _side(rows: pd.DataFrame, when: str) -> str:
    where = {"before": "before treatment", "from then": "from then on"}[when]
    if rows.empty:
        return f"{where}: no estimate"
    above, below = int((rows["conf_low"] > 0).sum()), int((rows["conf_high"] < 0).sum())
    top = rows.loc[rows["estimate"].idxmax()]
    return (
        f"{where}: {len(rows)} estimates from {number(rows['estimate'].min(), 3)} to "
        f"{number(top['estimate'], 3)} (the highest in year {number(int(top['event_time']), 0)}); "
        f"{above} intervals lie above zero, {below} below"
    )


def _weights_alt(cells: pd.DataFrame) -> str:
    negative = cells[cells["weight"] < 0]
    top = cells.loc[cells["weight"].idxmax()]
    return (
        f"Weights of {len(cells)} cells of cohort and year. {len(negative)} are negative and sum "
        f"to {number(100 * negative['weight'].sum(), 1)} per cent; the largest, "
        f"{number(100 * top['weight'], 1)} per cent, is that of cohort {top['cohort']:g} in "
        f"{top['year']:g}."
    )
