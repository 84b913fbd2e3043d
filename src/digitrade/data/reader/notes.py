"""What a reader should know of an extract that is not wrong."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.reader.checks import Rows, count, listed
from digitrade.data.reader.columns import canonical_columns
from digitrade.data.reader.places import other_province

GAPS = "Gaps"
MOVES = "Moves"
ACCOUNTS = "Accounts"
CODES = "Stock codes"
YEARS = "Years"
STUDY_YEARS = (2011, 2020)


def missing_cells(rows: Rows, unread: pd.DataFrame) -> list[Problem]:
    """Count the empty cells of each column that is estimated with."""
    silent = {"firm", "year", "city", "province", "smart_city_year", "innovative_city_year"}
    notes = []
    for name in [one for one in rows.table if one in canonical_columns() and one not in silent]:
        empty = int((rows.table[name].isna() & ~unread[name]).sum())
        if empty:
            share = empty / len(rows.table)
            found = f"{count(empty, 'empty cell')} ({share:.1%})"
            advice = "These rows drop out of what needs the column"
            notes.append(Problem(GAPS, name, found, advice))
    return notes


def gaps_in_years(rows: Rows) -> list[Problem]:
    """Count the firms that are away for a year or more and come back."""
    if not {"firm", "year"} <= set(rows.table):
        return []
    years = rows.table.dropna(subset=["firm", "year"]).groupby("firm")["year"]
    gaps = years.max() - years.min() + 1 - years.nunique()
    firms = gaps.index[gaps > 0]
    if firms.empty:
        return []
    found = f"{count(len(firms), 'firm')} with years missing in between ({listed(firms)})"
    return [Problem(GAPS, "firm, year", found, "Nothing is filled in")]


def moves(rows: Rows) -> list[Problem]:
    """Count the firms with more than one city; without any, city effects add nothing."""
    if not {"firm", "city"} <= set(rows.table):
        return []
    cities = rows.table.groupby("firm")["city"].nunique()
    movers = cities.index[cities > 1]
    if movers.empty:
        advice = "City effects then add nothing to firm effects"
        return [Problem(MOVES, "firm, city", "no firm changes its city", advice)]
    found = f"{count(len(movers), 'firm')} of {len(cities):,} in more than one city"
    advice = f"Each year counts where the firm was in that year ({listed(movers)})"
    return [Problem(MOVES, "firm, city", found, advice)]


def foreign_provinces(rows: Rows) -> list[Problem]:
    """Count the rows whose reported province is not that of their city."""
    if not {"city", "province"} <= set(rows.table):
        return []
    other = other_province(rows.table["city"], rows.table["province"])
    if not other.any():
        return []
    advice = "The region follows the reported province, the treatment the city"
    found = "another province than the city's"
    return [Problem(MOVES, f"province, {rows.where(other)}", found, advice)]


def years_outside(rows: Rows) -> list[Problem]:
    """Count the rows outside the study's years."""
    if "year" not in rows.table:
        return []
    first, last = STUDY_YEARS
    years = rows.table["year"].dropna()
    outside = years[(years < first) | (years > last)]
    if outside.empty:
        return []
    found = f"{count(len(outside), 'row')} outside {first}–{last}, the study's years"
    advice = "They stay in; take them out to compare with the printed numbers"
    return [Problem(YEARS, "year", found, advice)]


def odd_accounts(rows: Rows, doubtful: Collection[str]) -> list[Problem]:
    """Count the rows where a part of the assets is more than all of them.

    Columns whose unit is in doubt are not compared.
    """
    notes: list[Problem] = []
    known = set(rows.table) - set(doubtful)
    if "total_assets" not in known:
        return notes
    for name in [one for one in ("fixed_assets", "financial_assets") if one in known]:
        more = rows.table[name] > rows.table["total_assets"]
        if more.any():
            advice = "Both should come from the same balance sheet, in the same unit"
            found = "more than the total assets"
            notes.append(Problem(ACCOUNTS, f"{name}, {rows.where(more)}", found, advice))
    return notes


def padded_codes(padded: int) -> list[Problem]:
    """Say how many stock codes were given back their zeros."""
    if not padded:
        return []
    found = f"{count(padded, 'cell')} with fewer than six digits, as programs leave them"
    advice = "Zeros were put in front, as in 000001; keep the column as text to prevent this"
    return [Problem(CODES, "firm", found, advice)]


def notes_on(
    rows: Rows, unread: pd.DataFrame, padded: int, doubtful: Collection[str] = ()
) -> list[Problem]:
    """Return everything worth knowing about the rows; units of ``doubtful`` are not settled."""
    checks = (years_outside, gaps_in_years, moves, foreign_provinces)
    found = [note for check in checks for note in check(rows)]
    accounts = odd_accounts(rows, doubtful)
    return [*padded_codes(padded), *found, *accounts, *missing_cells(rows, unread)]


def spans(table: pd.DataFrame) -> tuple[int, tuple[int, int] | None]:
    """Return the number of firms, and the first and last year."""
    firms = int(table["firm"].nunique()) if "firm" in table else 0
    years = table["year"].dropna() if "year" in table else pd.Series(dtype=float)
    return firms, (None if years.empty else (int(years.min()), int(years.max())))
