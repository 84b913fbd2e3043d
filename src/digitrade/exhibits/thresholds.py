"""Tables of panel-threshold fits; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

from digitrade.data.labels import label
from digitrade.exhibits.cells import (
    MINUS,
    NOT_REPORTED,
    NOT_SHIPPED,
    NOT_TESTED,
    STARS_NOTE,
    estimate,
    interval,
    interval_of,
    number,
    p_words,
    small_p,
    starred,
)
from digitrade.exhibits.table import Cells, frame_cells, once, table, without_repeats
from digitrade.methods.threshold.model import STEP
from digitrade.methods.threshold.results import SMALL_REGIME, PanelThreshold

WAYS = {"model": "Model", "way": "By", "estimate": "Change", "std_error": "Standard error"}
WAYS |= {"statistic": "t", "p_value": "p", "interval": "Interval"}
COVARIANCE_WORDS = {
    "clustered": "clustered by province, {n} clusters, n/(n−1)·(N−1)/(N−k)",
    "robust": "heteroskedasticity-robust, N/(N−n−k)",
    "homoskedastic": "homoskedastic, N/(N−n−k)",
}
ENTITIES = {"province": "provinces", "city": "cities", "firm": "firms"}
SMALL_MARK = "†"


@table
def threshold_table(fits: Mapping[str, PanelThreshold], *, digits: int = 4) -> Cells:
    """Set thresholds in the order found, their sets and tests, a row a threshold."""
    rows = [
        {
            "Model": "" if place else title,
            "Order": number(row["order"], 0),
            "Threshold": number(row["estimate"], digits),
            "Set": interval_of(row, digits),
            "F": number(row["f_statistic"], 1),
            "p": p_words(row["p_value"], fit.conventions.draws),
            **{f"{level}\u00a0%": number(row[f"crit_{level}"], 1) for level in (10, 5, 1)},
        }
        for title, fit in fits.items()
        for place, row in enumerate(fit.thresholds.to_dict("records"))
    ]
    return rows, _set_note(fits.values())


@table
def regime_table(fits: Mapping[str, PanelThreshold]) -> Cells:
    """Set the slope of every regime and regressor with the rows it rests on, and its step."""
    rows = [row for title, fit in fits.items() for row in _regime_rows(title, fit)]
    cells = pd.DataFrame(rows)
    several = len(set(cells["Regressor"])) > 1
    stepped = any(cells["Step"])
    unneeded = {"Regressor": not several, "Step": not stepped, "Model": len(fits) == 1}
    small = any((fit.regimes["share"] < SMALL_REGIME).any() for fit in fits.values())
    warned = f" {SMALL_MARK} Fewer than 5 % of the rows: a description of these rows." * small
    step = " Step: the change of the intercept, which is the height of the line at zero." * stepped
    kept = cells.drop(columns=[name for name, dropped in unneeded.items() if dropped])
    told = once(_covariance_note(fit) for fit in fits.values())
    kept = without_repeats(kept) if len(fits) > 1 else kept
    return kept, f"{told} {STARS_NOTE}{step}{warned}"


@table
def conventions_table(fits: Mapping[str, PanelThreshold]) -> Cells:
    """Set what changes with each convention, a row a model on the same rows."""
    rows = []
    for title, fit in fits.items():
        found = fit.thresholds.to_dict("records")
        slopes = fit.coefficients.set_index("term").loc[fit.vcov.index, "estimate"]
        lists = {
            "Threshold": [number(row["estimate"], 4) for row in found],
            "Set": [interval_of(row, 4) for row in found],
            "F": [number(row["f_statistic"], 1) for row in found],
            "p": [p_words(row["p_value"], fit.conventions.draws) for row in found],
            "Rows": [number(count, 0) for count in fit.regimes["n_obs"]],
            "Slopes": [number(slope, 4) for slope in slopes],
        }
        rows.append({"Convention": title, "Cut points": number(fit.conventions.n_candidates)})
        rows[-1] |= {head: "; ".join(own) for head, own in lists.items()}
    first = next(iter(fits.values()))
    level = first.conventions.confidence
    return rows, (
        "Same rows, same seed; every line but the first is the first with one change. Several "
        "figures in a cell: thresholds in the order found, regimes from low to high. "
        f"Sets at {level:.0%}. N = {first.n_obs:,}, {first.n_entities} provinces."
    )


@table
def contrast_table(contrasts: Mapping[str, pd.DataFrame]) -> Cells:
    """Set ratios and differences of neighbouring regimes' slopes (``slope_contrasts``) by model."""
    nulls = sorted({frame["null"].max() for frame in contrasts.values()})
    tested = f"p: ratio is {', '.join(f'{null:g}' for null in nulls)}"
    rows = [
        {
            "Model": title,
            "Regimes": " → ".join(ratio["term"].replace("regime ", "").split(" / ")[::-1]),
            "Slopes": f"{number(ratio['slope_low'], 4)} → {number(ratio['slope_high'], 4)}",
            "Difference": estimate({**difference, "stars": ""}, 4),
            "p: none": small_p(difference["p_value"]),
            "Ratio": number(ratio["estimate"], 2),
            "Ratios not rejected": ratio_words(ratio),
            tested: small_p(ratio["p_value"]),
        }
        for title, frame in contrasts.items()
        for difference, ratio in pairwise(frame.to_dict("records"))
        if ratio["contrast"] == "ratio"
    ]
    return rows, "Difference with its standard error in parentheses. Set of ratios: Fieller's."


@table
def ways_table(ways: Mapping[str, pd.DataFrame]) -> Cells:
    """Set one change, ``way`` and tidy columns, by several ways to be unsure of it, by model."""
    rows = pd.concat([frame.assign(model=title) for title, frame in ways.items()])
    rows["interval"] = [interval_of(row, 4) for row in rows.to_dict("records")]
    cells = frame_cells(rows[[*WAYS]], WAYS, {"estimate": 4, "std_error": 4, "statistic": 1})
    note = "The bootstrap has no standard error; its interval holds what it does not reject."
    return without_repeats(cells), note


@table
def changes_table(changes: pd.DataFrame) -> Cells:
    """Set changes of slope or level at given cuts (``changes_at_cuts``), a row a specification."""
    rows = []
    for (outcome, effects), own in changes.groupby(["outcome", "effects"], sort=False):
        rows.append({"Outcome": label(str(outcome)), "Effects": effects})
        for row in own.to_dict("records"):
            words = f"{estimate(row, 4)}; {small_p(row['wild_p'])}"
            rows[-1][f"{row['form'].capitalize()}, cut {row['cut']}"] = words
    sizes = changes.groupby("outcome", sort=False)["n_obs"].max()
    told = ", ".join(f"{label(str(name))} {number(size, 0)}" for name, size in sizes.items())
    return without_repeats(pd.DataFrame(rows)), (
        "Slope: the change of the slope at a cut, as in Hansen's model; step: that of the level, "
        "with one slope. In parentheses the standard error clustered by province, then the p of "
        f"the wild cluster bootstrap. N: {told}. {STARS_NOTE}"
    )


@table
def threshold_exhibit(
    printed: pd.DataFrame, fits: Mapping[str, Mapping[str, PanelThreshold | None]]
) -> Cells:
    """Set printed thresholds beside models by source and symbol, smallest first in a variable."""
    rows = [
        {
            "Threshold variable": label(str(symbol)),
            "Number": number(place + 1),
            "Printed": value,
            **{source: _exhibit_cell(own.get(str(symbol)), place) for source, own in fits.items()},
        }
        for symbol, part in printed.groupby("symbol", sort=False)
        for place, value in enumerate(sorted(part["value"], key=float))
    ]
    return rows, (
        "In brackets the likelihood-ratio set; p from the bootstrap test that added this threshold "
        "to those found before it."
    )


@table
def slope_exhibit(printed: Sequence[str], fits: Mapping[str, PanelThreshold]) -> Cells:
    """Set printed slopes (text, maybe empty) beside estimated ones, from the lowest regime up."""
    cells: dict[str, list[str]] = {
        "Regime": [number(place + 1) for place in range(len(printed))],
        "Printed": [value or NOT_REPORTED for value in printed],
    }
    for source, fit in fits.items():
        found = fit.coefficients.head(len(printed)).to_dict("records")
        cells[source] = [f"{estimate(row, 4)}, {number(row['n_obs'], 0)} rows" for row in found]
    told = [f"{source}: {_covariance_note(fit)}" for source, fit in fits.items()]
    return cells, f"{' '.join(told)} {STARS_NOTE}"


@table
def searches_table(searches: pd.DataFrame) -> Cells:
    """Set ``searches_frame``: searches for a threshold of the zone's effect, a row each."""
    cells = [{"Search": at, **_search_cells(row)} for at, row in searches.to_dict("index").items()]
    return cells, f"Standard errors in parentheses. {STARS_NOTE}"


def ratio_words(row: Mapping[str, Any]) -> str:
    """Return which ratios Fieller's set holds: an interval, all but a gap, or everything."""
    if row["set"] == "outside":
        low, high = row["gap_low"], row["gap_high"]
        if np.isinf([low, high]).any():
            return f"from {number(high, 2)}" if np.isinf(low) else f"up to {number(low, 2)}"
        return f"all but {interval(low, high, 2)}"
    return "every ratio" if row["set"] == "everything" else interval_of(row, 2)


def range_words(low: float, high: float, digits: int) -> str:
    """Return between which thresholds a regime lies, in words."""
    if np.isinf(low):
        return f"up to {number(high, digits)}"
    if np.isinf(high):
        return f"beyond {number(low, digits)}"
    return interval(low, high, digits)


def _regime_rows(title: str, fit: PanelThreshold) -> list[dict[str, str]]:
    coefficients = fit.coefficients.set_index("term")
    places = product(fit.regimes.to_dict("records"), fit.conventions.regime_dependent)
    rows = []
    for (size, regressor), row in zip(places, coefficients.to_dict("records"), strict=False):
        regime, step = size["regime"], f"{STEP}[beyond cut {size['regime'] - 1}]"
        rows.append(
            {
                "Model": title,
                "Regime": f"{regime}{SMALL_MARK if size['share'] < SMALL_REGIME else ''}",
                "Range": range_words(size["low"], size["high"], 4),
                "Rows": number(size["n_obs"], 0),
                "Share": f"{100 * size['share']:.1f}\u00a0%",
                "Provinces": number(size["n_entities"], 0),
                "Regressor": label(regressor),
                "Slope": starred(row, 4),
                "Standard error": number(row["std_error"], 4),
                "Interval": interval_of(row, 4),
                "Step": estimate(coefficients.loc[step], 4) if step in coefficients.index else "",
            }
        )
    return rows


def _set_note(fits: Iterable[PanelThreshold]) -> str:
    fits = list(fits)
    conventions = [fit.conventions for fit in fits]
    first = conventions[0]
    divisors = dict.fromkeys(f"{one.f_divisor_value:.0f}" for one in conventions)
    names = dict.fromkeys(one.rules.divisor.replace("-", MINUS) for one in conventions)
    tested = "No tests were run."
    if first.draws:
        resampled = once(one.resampling for one in conventions)
        tested = f"p and critical values of F from {first.draws:,} draws of {resampled}."
    sizes = once(
        f"{fit.n_obs:,} rows, {fit.n_entities} {ENTITIES.get(one.entity, 'entities')}"
        for fit, one in zip(fits, conventions, strict=True)
    )
    return (
        f"N: {sizes}. Set: where the likelihood ratio is at most {first.critical_value:.2f} "
        f"({first.confidence:.0%}); with gaps where marked, the ends being its hull. "
        f"F divides by {' or '.join(names)}, here {' or '.join(divisors)}. {tested}"
    )


def _covariance_note(fit: PanelThreshold) -> str:
    words = COVARIANCE_WORDS[fit.conventions.covariance].format(n=fit.n_entities)
    effects = "entity and time effects" if fit.conventions.time_effects else "entity effects"
    return f"N = {fit.n_obs:,}, {fit.n_entities} provinces, {effects}; standard errors {words}."


def _exhibit_cell(fit: PanelThreshold | None, place: int) -> str:
    if fit is None or place >= len(fit.thresholds):
        return "" if fit else NOT_SHIPPED
    row = fit.thresholds.sort_values("estimate").iloc[place]
    ends = f"[{number(row['conf_low'], 4)}, {number(row['conf_high'], 4)}]"
    tested = f"p {small_p(row['p_value'], '< ', '= ')}" if fit.conventions.draws else NOT_TESTED
    return f"{number(row['estimate'], 4)} {ends}, {tested}"


def _search_cells(row: Mapping[str, Any]) -> dict[str, str]:
    """Return one search in words."""
    parts = {"estimate": "", "std_error": "_error", "p_value": "_p"}
    low, change = (
        {part: row[name + end] for part, end in parts.items()} for name in ("low", "change")
    )
    return {
        "Cut": number(row["cut"], 2),
        "Its set": interval_of(row, 2),
        "F": number(row["f_statistic"], 1),
        "p, by firm": p_words(row["p_firm"], row["draws"]),
        "p, by city": p_words(row["p_city"], row["draws"]),
        "p, exchanged": p_words(row["p_exchanged"], row["draws"]),
        "Effect up to it": estimate(low),
        "Change beyond": estimate(change),
        "Treated rows": f"{number(row['treated_below'], 0)} / {number(row['treated_above'], 0)}",
        "N": number(row["n_obs"], 0),
    }
