"""Tables of panel-threshold fits; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from digitrade.data.labels import label
from digitrade.exhibits.tables import (
    MINUS,
    NOT_REPORTED,
    NOT_SHIPPED,
    STARS_NOTE,
    Table,
    number,
    stars,
)
from digitrade.methods.threshold.results import (
    SMALL_REGIME,
    PanelThreshold,
    ThresholdConventions,
)

COVARIANCE_WORDS = {
    "clustered": "clustered by {entity}, {n} clusters, n/(n−1)·(N−1)/(N−k)",
    "robust": "heteroskedasticity-robust, N/(N−n−k)",
    "homoskedastic": "homoskedastic, N/(N−n−k)",
}
SMALL_MARK = "†"
NOT_TESTED = "not tested"
CRITICAL_HEADS = ("10\u00a0%", "5\u00a0%", "1\u00a0%")


def threshold_table(
    fits: Mapping[str, PanelThreshold], *, name: str, caption: str, digits: int = 4, note: str = ""
) -> Table:
    """Set estimated thresholds, their sets and tests, a row a threshold.

    Parameters
    ----------
    fits
        Models, under what each is called. Thresholds are in the order in which they were found.
    digits
        Decimals of thresholds and ends of sets.
    note
        Added to the note that names level, divisor and resampling.
    """
    rows = [
        (title if place == 0 else "", *_threshold_cells(fit, row, digits))
        for title, fit in fits.items()
        for place, row in enumerate(fit.thresholds.to_dict("records"))
    ]
    header = ("Model", "Order", "Threshold", "Set", "F", "p", *CRITICAL_HEADS)
    told = f"{set_note([fit.conventions for fit in fits.values()])} {note}".strip()
    return Table(name, caption, header, tuple(rows), told)


def regime_table(
    fit: PanelThreshold, *, name: str, caption: str, digits: int = 4, entities: str = "provinces"
) -> Table:
    """Set the slope of every regime with the rows it rests on.

    Parameters
    ----------
    fit
        A model; a row for each regime and regime-dependent regressor.
    digits
        Decimals of slopes, standard errors and bounds.
    entities
        What the panel's units are called, in the plural.
    """
    slopes = fit.coefficients[fit.coefficients["term"].isin(fit.vcov.index)]
    several = len(fit.vcov.index) > len(fit.regimes)
    regimes = fit.regimes.set_index("regime")
    rows = []
    for row in slopes.to_dict("records"):
        regressor, regime = split_term(row["term"])
        named = (label(regressor),) if several else ()
        rows.append((*_size_cells(regimes.loc[regime], digits), *named, *_row_cells(row, digits)))
    sizes = ("Regime", "Range", "Rows", "Share", entities.capitalize())
    extra = ("Regressor",) if several else ()
    header = (*sizes, *extra, "Slope", "Standard error", "Interval")
    small = bool((fit.regimes["share"] < SMALL_REGIME).any())
    warned = f" {SMALL_MARK} Fewer than 5 % of the rows: a description of these rows." * small
    told = f"{covariance_note(fit, entities)} {STARS_NOTE}{warned}"
    return Table(name, caption, header, tuple(rows), told)


def conventions_table(
    fits: Mapping[str, PanelThreshold], *, name: str, caption: str, digits: int = 4
) -> Table:
    """Set what changes with each convention, a row a model on the same rows.

    Thresholds, sets, F and p are those of the thresholds in the order found; rows and slopes
    those of the regimes from low to high.
    """
    rows = []
    for title, fit in fits.items():
        found = fit.thresholds.to_dict("records")
        slopes = fit.coefficients.set_index("term").loc[fit.vcov.index, "estimate"]
        rows.append(
            (
                title,
                number(fit.conventions.n_candidates, 0),
                _joined([number(one["estimate"], digits) for one in found]),
                _joined([_set_words(one, digits) for one in found]),
                _joined([number(one["f_statistic"], 1) for one in found]),
                _joined([p_words(one["p_value"], fit.conventions.draws) for one in found]),
                _joined([number(int(count), 0) for count in fit.regimes["n_obs"]]),
                _joined([number(slope, digits) for slope in slopes]),
            )
        )
    header = ("Convention", "Cut points", "Threshold", "Set", "F", "p", "Rows", "Slopes")
    first = next(iter(fits.values())).conventions
    told = (
        "Same rows, same seed; every line but the first is the first with one change. Several "
        "figures in a cell: thresholds in the order found, regimes from low to high. "
        f"Sets at {first.confidence:.0%}."
    )
    return Table(name, caption, header, tuple(rows), told)


def contrast_table(
    contrasts: Mapping[str, pd.DataFrame], *, name: str, caption: str, note: str = ""
) -> Table:
    """Set ratios and differences of neighbouring regimes' slopes, a row a pair.

    Parameters
    ----------
    contrasts
        Frames of :func:`slope_contrasts`, under what each is of.
    note
        Added to the note; name the covariance.
    """
    rows = [
        (title, *_contrast_cells(part))
        for title, frame in contrasts.items()
        for _, part in _pairs(frame)
    ]
    nulls = {frame["null"].max() for frame in contrasts.values()}
    tested = ", ".join(f"{null:g}" for null in sorted(nulls))
    header = ("Model", "Regimes", "Slopes", "Difference", "p: none", "Ratio", "Its interval")
    told = (
        "Difference with its standard error in parentheses. Interval of the ratio: Fieller's; "
        f"unbounded where the lower slope may be zero. {note}"
    )
    return Table(name, caption, (*header, f"p: ratio is {tested}"), tuple(rows), told.strip())


def threshold_exhibit(
    printed: pd.DataFrame,
    fits: Mapping[str, Mapping[str, PanelThreshold | None]],
    *,
    name: str,
    caption: str,
    digits: int = 4,
    note: str = "",
) -> Table:
    """Set printed thresholds beside estimates, smallest first within a variable.

    Parameters
    ----------
    printed
        Rows of ``data/published/thresholds.csv``.
    fits
        For each source, such as ``"Twin"``, a model for each ``symbol`` of the printed rows;
        ``None``, or no entry, where the figures are not shipped.
    """
    rows = []
    for symbol, part in printed.groupby("symbol", sort=False):
        for place, value in enumerate(sorted(part["value"], key=float)):
            cells = [_exhibit_cell(one.get(str(symbol)), place, digits) for one in fits.values()]
            rows.append((label(str(symbol)), number(place + 1, 0), value, *cells))
    header = ("Threshold variable", "Number", "Printed", *fits)
    told = (
        "In brackets the likelihood-ratio set; p from the bootstrap test that added this threshold "
        f"to those found before it. {note}"
    )
    return Table(name, caption, header, tuple(rows), told.strip())


def slope_exhibit(
    printed: Sequence[str], fits: Mapping[str, PanelThreshold], *, name: str, caption: str
) -> Table:
    """Set printed slopes by regime beside estimated ones, from the lowest regime up.

    Parameters
    ----------
    printed
        What was printed for each regime, as text; empty where nothing was.
    fits
        Models with as many regimes and one regime-dependent regressor.
    """
    rows = []
    for place, value in enumerate(printed):
        cells = [_slope_words(fit.coefficients.iloc[place]) for fit in fits.values()]
        rows.append((number(place + 1, 0), value or NOT_REPORTED, *cells))
    told = [f"{title}: {covariance_note(fit, 'provinces')}" for title, fit in fits.items()]
    header = ("Regime", "Printed", *fits)
    return Table(name, caption, header, tuple(rows), f"{' '.join(told)} {STARS_NOTE}")


def split_term(term: str) -> tuple[str, int]:
    """Return regressor and number of the regime of a term such as ``x[regime 2]``."""
    regressor, regime = term.removesuffix("]").split("[regime ")
    return regressor, int(regime)


def p_words(p_value: float, draws: int) -> str:
    """Return a bootstrap p-value, which is never smaller than its draws can tell."""
    if not draws or pd.isna(p_value):
        return NOT_TESTED
    return f"<{1 / draws:.3f}" if p_value == 0 else number(p_value, 3)


def set_note(conventions: Sequence[ThresholdConventions]) -> str:
    """Return what sets and tests of several models rest on, in words."""
    first = conventions[0]
    divisors = dict.fromkeys(f"{one.f_divisor_value:.0f}" for one in conventions)
    names = dict.fromkeys(one.f_divisor.replace("-", MINUS) for one in conventions)
    resampled = "; ".join(dict.fromkeys(one.resampling for one in conventions))
    tested = (
        f"p and critical values of F from {first.draws} draws of {resampled}."
        if first.draws
        else "No tests were run."
    )
    return (
        f"Set: where the likelihood ratio is at most {first.critical_value:.2f} "
        f"({first.confidence:.0%}); with gaps where marked, the ends being its hull. "
        f"F divides by {' or '.join(names)}, here {' or '.join(divisors)}. {tested}"
    )


def covariance_note(fit: PanelThreshold, entities: str = "provinces") -> str:
    """Return size, effects and covariance of a model, in words."""
    chosen = fit.conventions
    words = COVARIANCE_WORDS[chosen.covariance].format(
        entity=entities.removesuffix("s"), n=fit.n_entities
    )
    effects = "entity and time effects" if chosen.time_effects else "entity effects"
    return f"N = {fit.n_obs}, {fit.n_entities} {entities}, {effects}; standard errors {words}."


def _threshold_cells(fit: PanelThreshold, row: Mapping[str, float], digits: int) -> tuple[str, ...]:
    critical = (number(row[key], 1) for key in ("crit_10", "crit_5", "crit_1"))
    return (
        number(int(row["order"]), 0),
        number(row["estimate"], digits),
        _set_words(row, digits),
        number(row["f_statistic"], 1),
        p_words(row["p_value"], fit.conventions.draws),
        *critical,
    )


def _set_words(row: Mapping[str, float], digits: int) -> str:
    gaps = ", gaps" if row["disconnected"] else ""
    return f"{number(row['conf_low'], digits)} to {number(row['conf_high'], digits)}{gaps}"


def _size_cells(regime: pd.Series, digits: int) -> tuple[str, ...]:
    mark = SMALL_MARK if regime["share"] < SMALL_REGIME else ""
    return (
        f"{regime.name}{mark}",
        range_words(regime["low"], regime["high"], digits),
        number(int(regime["n_obs"]), 0),
        f"{100 * regime['share']:.1f}\u00a0%",
        number(int(regime["n_entities"]), 0),
    )


def _row_cells(row: Mapping[str, float], digits: int) -> tuple[str, ...]:
    return (
        number(row["estimate"], digits) + stars(row["p_value"]),
        number(row["std_error"], digits),
        f"{number(row['conf_low'], digits)} to {number(row['conf_high'], digits)}",
    )


def range_words(low: float, high: float, digits: int) -> str:
    """Return between which thresholds a regime lies, in words."""
    if np.isinf(low):
        return f"up to {number(high, digits)}"
    if np.isinf(high):
        return f"beyond {number(low, digits)}"
    return f"{number(low, digits)} to {number(high, digits)}"


def _pairs(frame: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    """Return difference and ratio of each pair of regimes, which follow each other."""
    return list(frame.groupby(np.arange(len(frame)) // 2))


def _contrast_cells(pair: pd.DataFrame) -> tuple[str, ...]:
    difference, ratio = (pair[pair["contrast"] == kind].iloc[0] for kind in ("difference", "ratio"))
    interval = f"{number(ratio['conf_low'], 2)} to {number(ratio['conf_high'], 2)}"
    return (
        " → ".join(ratio["term"].replace("regime ", "").split(" / ")[::-1]),
        " → ".join(number(ratio[end], 4) for end in ("slope_low", "slope_high")),
        f"{number(difference['estimate'], 4)} ({number(difference['std_error'], 4)})",
        number(difference["p_value"], 3),
        number(ratio["estimate"], 2),
        interval if ratio["bounded"] else "unbounded",
        number(ratio["p_value"], 3),
    )


def _exhibit_cell(fit: PanelThreshold | None, place: int, digits: int) -> str:
    if fit is None:
        return NOT_SHIPPED
    ordered = fit.thresholds.sort_values("estimate", ignore_index=True)
    if place >= len(ordered):
        return ""
    row = ordered.iloc[place]
    return (
        f"{number(row['estimate'], digits)} [{number(row['conf_low'], digits)}, "
        f"{number(row['conf_high'], digits)}], p {_p_sign(row['p_value'], fit.conventions.draws)}"
    )


def _p_sign(p_value: float, draws: int) -> str:
    words = p_words(p_value, draws)
    return words.replace("<", "< ") if words[0] == "<" or words == NOT_TESTED else f"= {words}"


def _slope_words(row: pd.Series) -> str:
    return (
        f"{number(row['estimate'], 4)}{stars(row['p_value'])} ({number(row['std_error'], 4)}), "
        f"{number(int(row['n_obs']), 0)} rows"
    )


def _joined(words: Sequence[str]) -> str:
    return "; ".join(words)
