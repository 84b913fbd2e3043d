"""Figures of panel-threshold fits; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from digitrade.data.labels import label
from digitrade.exhibits.figures import STYLE, Figure, drawn
from digitrade.exhibits.tables import number
from digitrade.methods.threshold.results import PanelThreshold

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
DARK_ORANGE = "#B34700"
GREY = "#555555"
ORDINALS = {1: "First", 2: "Second", 3: "Third"}
BINS = 40


def threshold_histogram(
    values: pd.Series, cuts: Mapping[str, float], *, name: str, caption: str, digits: int = 4
) -> Figure:
    """Draw how a threshold variable is spread, a tick a row, with cuts marked.

    Parameters
    ----------
    values
        The threshold variable, named after its column.
    cuts
        Thresholds under what each is called.
    digits
        Decimals of the cuts.
    """
    with style.context(STYLE):
        canvas = Canvas(figsize=(7.2, 3.2))
        ax = canvas.subplots()
        ax.hist(values, bins=BINS, color=BLUE, alpha=0.55)
        floor = -0.06 * ax.get_ylim()[1]
        ax.vlines(values, floor, 0.25 * floor, color=BLUE, linewidth=0.6)
        top = ax.get_ylim()[1]
        for place, (title, cut) in enumerate(sorted(cuts.items(), key=_by_value)):
            height = (1.08 + 0.11 * place) * top  # a line ends below the next one's label
            ax.vlines(cut, floor, height, color=ORANGE, linestyle="--", linewidth=1.2)
            _label_line(ax, f"{title} {number(cut, digits)}", cut, height)
        ax.set(
            xlabel=label(str(values.name)),
            ylabel="Rows",
            ylim=(1.3 * floor, (1.05 + 0.11 * len(cuts)) * top),
        )
        beyond = "; ".join(
            f"{int((values > cut).sum())} lie above {number(cut, digits)} ({title})"
            for title, cut in sorted(cuts.items(), key=_by_value)
        )
        alt = (
            f"Histogram of {label(str(values.name))}, {len(values)} rows from "
            f"{number(values.min(), 2)} to {number(values.max(), 2)}. Of these {beyond}."
        )
        return Figure(name, caption, alt, drawn(canvas))


def likelihood_ratio_plot(
    fit: PanelThreshold, *, variable: str, name: str, caption: str, digits: int = 4
) -> Figure:
    """Draw the likelihood ratio over the cut points, a panel a threshold.

    Cut points whose ratio is at most the critical value form the confidence set; they are
    marked below the curve, so that a set with gaps shows its gaps.

    Parameters
    ----------
    fit
        A model with one to three thresholds.
    variable
        Column of the threshold variable.
    digits
        Decimals of thresholds.
    """
    orders = fit.thresholds["order"].tolist()
    with style.context(STYLE):
        canvas = Canvas(figsize=(3.6 + 2.2 * len(orders), 3.2))
        axes = canvas.subplots(1, len(orders), sharex=True, squeeze=False)[0]
        for ax, order in zip(axes, orders, strict=True):
            _draw_profile(ax, fit, order, digits)
            ax.set_xlabel(label(variable))
        axes[0].set_ylabel("Likelihood ratio")
        found = " ".join(_profile_words(fit, order, digits) for order in orders)
        alt = f"Likelihood ratio over the cut points of {label(variable)}. {found}"
        return Figure(name, caption, alt, drawn(canvas))


def regime_slope_plot(
    fits: Mapping[str, PanelThreshold],
    threshold: pd.Series,
    *,
    name: str,
    caption: str,
    printed: Mapping[str, float] | None = None,
) -> Figure:
    """Draw the slope of every regime over the range it holds for, with its interval.

    Parameters
    ----------
    fits
        Models with one regime-dependent regressor, a panel each, under what each is called.
    threshold
        The threshold variable, whose ends close the outer regimes.
    printed
        Slopes to mark by a line, under what each is called.
    """
    with style.context(STYLE):
        canvas = Canvas(figsize=(3.6 + 2.2 * len(fits), 3.2))
        axes = canvas.subplots(1, len(fits), sharex=True, sharey=True, squeeze=False)[0]
        for ax, (title, fit) in zip(axes, fits.items(), strict=True):
            _draw_regimes(ax, _bounded(fit, threshold))
            ax.set(title=title, xlabel=label(str(threshold.name)))
            for value in (printed or {}).values():
                ax.axhline(value, color=GREEN, linestyle=":", linewidth=1.2)
        _label_printed(axes[0], printed or {})
        axes[0].set_ylabel("Slope and interval")
        told = " ".join(f"{title}: {_slopes_words(fit)}." for title, fit in fits.items())
        alt = f"Slopes by regime of {label(str(threshold.name))} with intervals. {told}"
        return Figure(name, caption, alt, drawn(canvas))


def _by_value(item: tuple[str, float]) -> float:
    return item[1]


def _label_line(ax: Axes, text: str, x: float, height: float) -> None:
    """Write beside a vertical line, on the side where there is room."""
    left, right = ax.get_xlim()
    near_end = x > left + 0.6 * (right - left)
    ax.annotate(
        text,
        (x, height),
        xytext=(-4 if near_end else 4, 0),
        textcoords="offset points",
        ha="right" if near_end else "left",
        va="top",
        color=DARK_ORANGE,
        fontsize=9,
    )


def _profile(fit: PanelThreshold, order: int) -> pd.DataFrame:
    return fit.profile[fit.profile["order"] == order].sort_values("gamma")


def _draw_profile(ax: Axes, fit: PanelThreshold, order: int, digits: int) -> None:
    rows = _profile(fit, order)
    critical = fit.conventions.critical_value
    ax.plot(rows["gamma"], rows["likelihood_ratio"], color=BLUE, linewidth=1)
    inside = rows[rows["likelihood_ratio"] <= critical]
    top = max(float(rows["likelihood_ratio"].max()), 1.5 * critical)
    ax.vlines(inside["gamma"], -0.07 * top, -0.02 * top, color=ORANGE, linewidth=1)
    ax.axhline(critical, color=GREY, linestyle="--", linewidth=1)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.annotate(
        f"critical value {number(critical, 2)}",
        (0.02, critical),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=8,
        color="#444444",
    )
    estimate = fit.thresholds.set_index("order").loc[order, "estimate"]
    ax.plot([estimate], [0], "o", color=ORANGE, markersize=5)
    ax.set(title=f"{ORDINALS[order]}: {number(estimate, digits)}", ylim=(-0.09 * top, 1.05 * top))


def _profile_words(fit: PanelThreshold, order: int, digits: int) -> str:
    rows = _profile(fit, order)
    found = fit.thresholds.set_index("order").loc[order]
    critical = fit.conventions.critical_value
    inside = int((rows["likelihood_ratio"] <= critical).sum())
    gaps = ", with gaps" if found["disconnected"] else ""
    where = (
        "there alone"
        if inside == 1
        else f"between {number(found['conf_low'], digits)} and {number(found['conf_high'], digits)}"
    )
    return (
        f"{ORDINALS[order]} threshold: lowest at {number(found['estimate'], digits)}; at or below "
        f"the critical value {number(critical, 2)} at {inside} of {len(rows)} cut points, {where}"
        f"{gaps}."
    )


def _bounded(fit: PanelThreshold, threshold: pd.Series) -> pd.DataFrame:
    """Return slopes with the ends of their regimes, the outer ones closed by the data."""
    slopes = fit.coefficients.iloc[: len(fit.regimes)].reset_index(drop=True)
    low = fit.regimes["low"].replace(-np.inf, threshold.min())
    high = fit.regimes["high"].replace(np.inf, threshold.max())
    return slopes.assign(low=low, high=high)


def _draw_regimes(ax: Axes, rows: pd.DataFrame) -> None:
    ax.axhline(0, color=GREY, linewidth=0.8)
    for row in rows.itertuples():
        ax.fill_between(
            [row.low, row.high], row.conf_low, row.conf_high, color=BLUE, alpha=0.25, linewidth=0
        )
        ax.hlines(row.estimate, row.low, row.high, color=BLUE, linewidth=2)
    for cut in rows["low"].iloc[1:]:
        ax.axvline(cut, color=ORANGE, linestyle="--", linewidth=1)


def _label_printed(ax: Axes, printed: Mapping[str, float]) -> None:
    for title, value in printed.items():
        ax.annotate(
            f"{title} {number(value, 4)}",
            (0.02, value),
            xycoords=("axes fraction", "data"),
            xytext=(0, 2),
            textcoords="offset points",
            fontsize=8,
            color="#00664A",
        )


def _slopes_words(fit: PanelThreshold) -> str:
    slopes = fit.coefficients.iloc[: len(fit.regimes)]
    return "; ".join(
        f"{number(row.estimate, 4)} ({number(row.conf_low, 4)} to {number(row.conf_high, 4)}) "
        f"on {row.n_obs} rows"
        for row in slopes.itertuples()
    )
