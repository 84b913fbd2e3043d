"""The table of a mediation: printed, twin and public figures side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from digitrade.exhibits.tables import NOT_REPORTED, NOT_SHIPPED, STARS_NOTE, Table, number, stars
from digitrade.methods.mediation import Mediation

HEADS = (
    "Path a: index to mediator",
    "",
    "Path b: mediator to outcome",
    "",
    "Indirect effect a × b",
    "Sobel's standard error",
    "Sobel's p",
    "Bootstrap interval",
    "Joint significance, p",
    "Direct effect",
    "",
    "Total effect",
    "",
    "Share mediated, per cent",
    "Its bootstrap interval",
    "N",
    "Clusters",
)


def mediation_table(
    columns: Mapping[str, Mediation | None],
    *,
    printed_indirect: float,
    printed_total: float,
    name: str,
    caption: str,
    digits: int = 4,
    note: str = "",
) -> Table:
    """Set a printed indirect effect beside mediations of the same kind.

    Parameters
    ----------
    columns
        Mediations under their heads; ``None`` where the mediator is not shipped.
    printed_indirect, printed_total
        As printed; their ratio is our division.
    name, caption
        As in :class:`digitrade.exhibits.tables.Table`.
    digits
        Decimals of coefficients and intervals.
    note
        Added to the note that names covariance, bootstrap and stars.
    """
    printed = {
        "Indirect effect a × b": number(printed_indirect, digits),
        "Total effect": number(printed_total, digits),
        "Share mediated, per cent": number(100 * printed_indirect / printed_total, 1),
    }
    cells = [_cells(one, digits) for one in columns.values()]
    first = [printed.get(head, NOT_REPORTED if head else "") for head in HEADS]
    rows = tuple(zip(HEADS, first, *cells, strict=True))
    told = f"{_methods([one for one in columns.values() if one])} {note}".strip()
    return Table(name, caption, ("", "Printed", *columns), rows, told)


def _cells(one: Mediation | None, digits: int) -> list[str]:
    """Return a column, from path a down to the number of rows."""
    if one is None:
        return [NOT_SHIPPED if head else "" for head in HEADS]
    rows = one.tidy().set_index("label")
    sobel, drawn = rows.loc["Indirect effect, Sobel"], rows.loc["Indirect effect, bootstrap"]
    share = rows.loc["Share mediated"]
    return [
        *_estimate(rows.loc["Path a: regressor to mediator"], digits),
        *_estimate(rows.loc["Path b: mediator to outcome"], digits),
        number(one.indirect, digits),
        number(sobel["std_error"], digits),
        _p_value(sobel["p_value"]),
        _interval(drawn["conf_low"], drawn["conf_high"], digits),
        _p_value(one.joint_p_value),
        *_estimate(rows.loc["Direct effect"], digits),
        *_estimate(rows.loc["Total effect"], digits),
        number(100 * one.share, 1),
        _interval(100 * share["conf_low"], 100 * share["conf_high"], 1),
        number(one.total_fit.n_obs, 0),
        number(one.n_clusters, 0),
    ]


def _estimate(row: pd.Series, digits: int) -> tuple[str, str]:
    """Return a coefficient with its stars, and its standard error in parentheses."""
    return (
        number(row["estimate"], digits) + stars(row["p_value"]),
        f"({number(row['std_error'], digits)})",
    )


def _p_value(p_value: float) -> str:
    return "below 0.001" if p_value < 0.001 else number(p_value)


def _interval(low: float, high: float, digits: int) -> str:
    return f"{number(low, digits)} to {number(high, digits)}"


def _methods(estimated: list[Mediation]) -> str:
    """Return covariance, bootstrap and stars in words, each once."""
    paths = "; ".join(dict.fromkeys(one.total_fit.words for one in estimated))
    drawn = "; ".join(dict.fromkeys(one.tidy()["covariance"].iloc[-1] for one in estimated))
    level = "; ".join(dict.fromkeys(f"{one.specification.confidence:.0%}" for one in estimated))
    return (
        f"Standard errors in parentheses: {paths}. Intervals at {level}: {drawn}. Joint "
        f"significance: the larger p of paths a and b. {STARS_NOTE}"
    )
