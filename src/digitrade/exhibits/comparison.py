"""Tables of the firm study: printed, twin, truth and the reader's own side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from digitrade.exhibits.tables import STARS_NOTE, Table, number, stars

SOURCES = ("printed", "twin", "truth", "yours")


def comparison_table(
    rows: pd.DataFrame,
    *,
    name: str,
    caption: str,
    covariance: str = "",
    digits: int = 3,
    note: str = "",
    sources: Sequence[str] = SOURCES,
) -> Table:
    """Set one row an estimate, one column a source, and the twin's distance to print.

    Parameters
    ----------
    rows
        A row for each ``row`` and ``source`` (one of ``sources``), with ``estimate``,
        ``std_error``, ``n_obs`` and, where known, ``p_value`` or ``stars``; what
        :func:`printed_rows` and ``source_rows`` return, stacked.
        Sources without any row get no column, and without printed rows there is no distance.
    name, caption, note
        As in :class:`digitrade.exhibits.tables.Table`.
    covariance
        The covariance of the standard errors that are not printed ones, in words.
    digits
        Decimals of coefficients and standard errors.

    Returns
    -------
    Table
        Cells hold the estimate with stars and, in parentheses, its standard error. The last
        column is the twin less the printed number, in printed standard errors.

    Raises
    ------
    ValueError
        If a row has a source that is not among ``sources``, or a cell is filled twice.
    """
    if unknown := sorted(set(rows["source"]) - set(sources)):
        raise ValueError(f"Sources {unknown}: choose among {', '.join(sources)}")
    if rows.duplicated(["row", "source"]).any():
        twice = rows.loc[rows.duplicated(["row", "source"]), ["row", "source"]].to_numpy().tolist()
        raise ValueError(f"More than one estimate for {twice}: give each row its own name")
    shown = [one for one in sources if (rows["source"] == one).any()]
    table = rows.set_index(["row", "source"])
    body = []
    for row in dict.fromkeys(rows["row"]):
        cells = [_cell(table, (row, one), digits) for one in shown]
        body.append((str(row), *cells, *_sizes(table, row, shown), *_distances(table, row, shown)))
    counted = [one for one in shown if one != "truth"]
    header = (
        "",
        *(one.capitalize() for one in shown),
        *(f"N, {one}" for one in counted),
        *(["Twin less printed, in printed SE"] if "printed" in shown else []),
    )
    printed = "as printed; otherwise " if "printed" in shown else ""
    errors = f"Standard errors in parentheses: {printed}{covariance}. "
    told = f"{errors if covariance else ''}{STARS_NOTE} {note}"
    return Table(name, caption, header, tuple(body), told.strip())


def _cell(table: pd.DataFrame, key: tuple[str, str], digits: int) -> str:
    if key not in table.index or pd.isna(table.loc[key, "estimate"]):
        return ""
    row = table.loc[key]
    marks = row.get("stars")
    if not isinstance(marks, str):
        marks = stars(row["p_value"]) if "p_value" in row and pd.notna(row["p_value"]) else ""
    error = row.get("std_error", np.nan)
    return (
        number(row["estimate"], digits)
        + marks
        + (f" ({number(error, digits)})" if pd.notna(error) else "")
    )


def _sizes(table: pd.DataFrame, row: str, shown: Sequence[str]) -> list[str]:
    keys = [(row, one) for one in shown if one != "truth"]
    return [
        number(table.loc[key, "n_obs"], 0) if key in table.index and "n_obs" in table else ""
        for key in keys
    ]


def _distances(table: pd.DataFrame, row: str, shown: Sequence[str]) -> list[str]:
    """Return the distance as a list; an empty one if nothing is printed in any row."""
    return [_distance(table, row)] if "printed" in shown else []


def _distance(table: pd.DataFrame, row: str) -> str:
    printed, twin = (row, "printed"), (row, "twin")
    if not {printed, twin} <= set(table.index) or pd.isna(table.loc[printed, "std_error"]):
        return ""
    gap = table.loc[twin, "estimate"] - table.loc[printed, "estimate"]
    return number(gap / table.loc[printed, "std_error"], 1)
