"""What a reader should know of an extract that is not wrong."""

from __future__ import annotations

from collections.abc import Iterator

from digitrade.data.codebook import Problem
from digitrade.data.reader.checks import Rows, count, listed
from digitrade.data.reader.columns import canonical_columns
from digitrade.data.reader.places import other_province
from digitrade.data.reader.values import without_decimals

GAPS = "Gaps"
MOVES = "Moves"
STUDY_YEARS = (2011, 2020)
NEVER_ESTIMATED = {"firm", "year", "city", "province", "smart_city_year", "innovative_city_year"}


def notes_on(rows: Rows, doubtful: set[str]) -> list[Problem]:
    """Return everything worth knowing about the rows; units of ``doubtful`` are not settled."""
    there = set(rows.table)
    notes = [*_padded_codes(rows)] if "firm" in there else []
    notes += _years_outside(rows) if "year" in there else []
    notes += _gaps_in_years(rows) if {"firm", "year"} <= there else []
    notes += _moves(rows) if {"firm", "city"} <= there else []
    notes += _foreign_provinces(rows) if {"city", "province"} <= there else []
    return [*notes, *_odd_accounts(rows, there - doubtful), *_missing_cells(rows)]


def _padded_codes(rows: Rows) -> Iterator[Problem]:
    firms = rows.table["firm"]
    padded = (firms.notna() & (firms != without_decimals(rows.cells["firm"]))).sum()
    if padded:
        found = f"{count(padded, 'cell')} with fewer than six digits, as programs leave them"
        advice = "Zeros were put in front, as in 000001; keep the column as text to prevent this"
        yield Problem("Stock codes", "firm", found, advice)


def _years_outside(rows: Rows) -> Iterator[Problem]:
    first, last = STUDY_YEARS
    outside = ~rows.table["year"].dropna().between(first, last)
    if outside.any():
        found = f"{count(outside.sum(), 'row')} outside {first}–{last}, the study's years"
        advice = "They stay in; take them out to compare with the printed numbers"
        yield Problem("Years", "year", found, advice)


def _gaps_in_years(rows: Rows) -> Iterator[Problem]:
    years = rows.table.dropna(subset=["firm", "year"]).groupby("firm")["year"]
    gaps = years.max() - years.min() + 1 - years.nunique()
    firms = gaps.index[gaps > 0]
    if len(firms):
        found = f"{count(len(firms), 'firm')} with years missing in between ({listed(firms)})"
        yield Problem(GAPS, "firm, year", found, "Nothing is filled in")


def _moves(rows: Rows) -> Iterator[Problem]:
    """Count the firms with more than one city; without any, city effects add nothing."""
    cities = rows.table.groupby("firm")["city"].nunique()
    movers = cities.index[cities > 1]
    found = "no firm changes its city"
    advice = "City effects then add nothing to firm effects"
    if len(movers):
        found = f"{count(len(movers), 'firm')} of {len(cities):,} in more than one city"
        advice = f"Each year counts where the firm was in that year ({listed(movers)})"
    yield Problem(MOVES, "firm, city", found, advice)


def _foreign_provinces(rows: Rows) -> Iterator[Problem]:
    other = other_province(rows.table["city"], rows.table["province"])
    if other.any():
        advice = "The region follows the reported province, the treatment the city"
        found = "another province than the city's"
        yield Problem(MOVES, f"province, {rows.where(other)}", found, advice)


def _odd_accounts(rows: Rows, settled: set[str]) -> Iterator[Problem]:
    """Find rows where a part of the assets is more than all of them."""
    for name in ("fixed_assets", "financial_assets"):
        if {name, "total_assets"} <= settled:
            more = rows.table[name] > rows.table["total_assets"]
            if more.any():
                advice = "Both should come from the same balance sheet, in the same unit"
                found = "more than the total assets"
                yield Problem("Accounts", f"{name}, {rows.where(more)}", found, advice)


def _missing_cells(rows: Rows) -> Iterator[Problem]:
    """Count the empty cells of each column that is estimated with."""
    empty = (rows.table.isna() & ~rows.unread).sum()
    for name, cells in empty[empty > 0].items():
        if name in canonical_columns() and name not in NEVER_ESTIMATED:
            found = f"{count(cells, 'empty cell')} ({cells / len(rows.table):.1%})"
            advice = "These rows drop out of what needs the column"
            yield Problem(GAPS, str(name), found, advice)
