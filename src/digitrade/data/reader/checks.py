"""What can be wrong with an extract's values, and what is worth knowing; all that is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.reader.columns import Column, Match, canonical_columns, unit_in
from digitrade.data.reader.values import nearest, other_province, without_decimals

KEYS = "Rows that are not one firm and year"
CELLS = "Cells that cannot be read"
UNITS = "Units"
IMPOSSIBLE = "Impossible values"
PLACES = "Cities and provinces"
ORDER = (KEYS, CELLS, UNITS, IMPOSSIBLE, PLACES)

KEY = ["firm", "year"]
NEEDED = ("firm", "year", "city")
AMOUNTS = ("number", "count")
SHOWN = 5  # rows or values that are listed of one kind
NAMES_SHOWN = 20
UNREAD_SHARE = 0.05  # of a column's cells, beyond which its median says nothing
RATIO_OF_CITY = (0.5, 20.0)  # of deposits and loans to output, at the median
FIRST, LAST = 2011, 2020  # years of the study
NEVER_ESTIMATED = {"firm", "year", "city", "province", "smart_city_year", "innovative_city_year"}
EXPECTED = {
    "year": "a year such as 2015, or a date such as 2015-12-31",
    "number": "a plain number, without thousands separators, per cent signs or words",
    "count": "a whole number",
    "flag": "1 or 0 (是 or 否, yes or no), blank if not known",
}
GAP = "Fill it in or take the row out: without it the row has no place in the panel"
TWICE = "Keep one row for each firm and year (of accounts, the consolidated annual one)"
TITLES = "; remove the lines below the header if they hold titles or units"
INFINITE = "Leave the cell empty where a ratio has no denominator"
NO_COUNT = "Give the count itself, not its logarithm or its share"
PADDED = "Zeros were put in front, as in 000001; keep the column as text to prevent this"
OUTSIDE = "They stay in; take them out to compare with the printed numbers"
ELSEWHERE = "The region follows the reported province, the treatment the city"
ONE_SHEET = "Both should come from the same balance sheet, in the same unit"
DROPPED = "These rows drop out of what needs the column"
LATE = "the firm was established after the year of its report"
PLACE_TABLES = {"city": "data/policy/cities.csv", "province": "data/provinces/provinces.csv"}

Found = Iterator[tuple[str, str, str, str]]
"""Kind, place, what was found, advice: a ``Problem`` in the making."""
Noted = Iterator[tuple[int, str, str, str, str]]
"""The same, after how often it was found."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows under our names: typed, as they stand, what was not read, and the first row's number."""

    table: pd.DataFrame
    cells: pd.DataFrame
    unread: pd.DataFrame
    first_row: int

    def where(self, mask: pd.Series) -> str:
        """Return the rows of a mask in words: number, firm, year; many become a count."""
        chosen = self.table[mask]
        keys = chosen.head(SHOWN).reindex(columns=[name for name in KEY if name in chosen])
        labels = []
        for row, *key in keys.itertuples(name=None):
            label = ", ".join(_shown(value) for value in key if pd.notna(value))
            labels.append(f"{row + self.first_row}" + (f" ({label})" if label else ""))
        noun = "row" if len(chosen) == 1 else "rows"
        return f"{noun} {', '.join(labels)}{_more(len(chosen))}"


def _shown(value: object) -> str:
    """Return a value with no more digits than it needs."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.6g}" if value >= 1e4 else f"{value:g}"


def _more(number: int) -> str:
    return f" and {number - SHOWN:,} more" if number > SHOWN else ""


def _listed(values: Iterable[object]) -> str:
    """Return the first few distinct values, and how many more there are."""
    distinct = list(dict.fromkeys(_shown(value) for value in values))
    return ", ".join(distinct[:SHOWN]) + _more(len(distinct))


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def findings(rows: Rows, matches: list[Match]) -> tuple[list[Problem], list[Problem]]:
    """Return everything wrong with the rows, and what is worth knowing.

    Bounds wait until the unit of a column is settled.
    """
    units = list(_wrong_units(rows, matches)) or list(_ratio_of_city(rows))
    doubtful = {word for _, place, *_ in units for word in place.split() if word in rows.table}
    found = [*_wrong_cells(rows, doubtful), *_repeated_keys(rows), *units, *_unknown_places(rows)]
    found.sort(key=lambda words: ORDER.index(words[0]))
    notes = [*_notes(rows), *_notes_on_amounts(rows, set(rows.table) - doubtful)]
    return [Problem(*one) for one in found], [Problem(*words) for number, *words in notes if number]


def _wrong_cells(rows: Rows, doubtful: set[str]) -> Found:
    """Carry out the checks of every column."""
    for name in rows.table:
        for kind, wrong, found, advice in _checks(str(name), rows, doubtful):
            if wrong.any():
                words = found.format(
                    gaps=f"{wrong.sum():,} empty cells" if wrong.sum() > 1 else "an empty cell",
                    cells=_listed(rows.cells.loc[wrong, name].map(repr)),
                    values=_listed(rows.table.loc[wrong, name]),
                )
                yield kind, f"{name}, {rows.where(wrong)}", words, advice


def _checks(name: str, rows: Rows, doubtful: set[str]) -> Iterator[tuple[str, pd.Series, str, str]]:
    """Return the checks of one column: kind, the rows that fail, what they hold, advice."""
    values, unread = rows.table[name], rows.unread[name]
    column = canonical_columns().get(name)
    kind = column.kind if column else "number"  # the truth behind simulated rows
    if name in NEEDED:
        yield KEYS, values.isna() & rows.cells[name].isna(), "{gaps}", GAP
    if kind in EXPECTED:
        titles = TITLES if unread.iloc[:1].any() else ""
        yield CELLS, unread, "found {cells}", f"Expected {EXPECTED[kind]}{titles}"
    if kind in AMOUNTS:
        yield CELLS, np.isinf(values), "found an infinite number", INFINITE
    if column and kind in (*AMOUNTS, "year") and name not in doubtful:
        advice = f"Expected {column.range} ({column.described}); correct the cell or empty it"
        outside = (values < column.minimum) | (values > column.maximum)
        outside |= (values == 0) & (not column.zero)
        yield IMPOSSIBLE, outside & np.isfinite(values), "found {values}", advice
    if kind == "count":
        yield IMPOSSIBLE, values.mod(1).gt(0), "found {values}", NO_COUNT
    if name == "established" and "year" in rows.table:
        advice = "Correct the year of establishment or the year"
        yield IMPOSSIBLE, values > rows.table["year"], LATE, advice


def _repeated_keys(rows: Rows) -> Found:
    if set(KEY) <= set(rows.table):
        keys = rows.table[KEY]
        twice = keys.notna().all(axis=1) & keys.duplicated(keep=False)
        if twice.any():
            pairs = count(len(keys[twice].drop_duplicates()), "firm-year")
            yield KEYS, rows.where(twice), f"{pairs} with more than one row", TWICE


def _wrong_units(rows: Rows, matches: Iterable[Match]) -> Found:
    """Find columns whose header or whose median says that they are in another unit.

    Nothing is converted on such grounds: the problem says what to declare. The median waits
    while many cells of a column cannot be read, for those that can need not be like the others.
    """
    for match in matches:
        column = canonical_columns().get(match.ours)
        if column is None or column.kind == "flag":
            continue
        stated = unit_in(match.theirs) if match.multiply is None else ""
        factor = column.factors.get(stated, 1)
        if factor != 1:
            found = f"the header says {stated}, expected {column.unit}"
            yield UNITS, f"column {column.name}", found, _conversion(match, factor)
        elif np.isfinite(column.typical) and rows.unread[column.name].mean() <= UNREAD_SHARE:
            yield from _odd_median(column, match, rows.table[column.name])


def _odd_median(column: Column, match: Match, values: pd.Series) -> Found:
    """Hold the median of a column's values, zeros aside, to where it lies in its unit."""
    sizes = values.abs()
    median = float(sizes[(sizes > 0) & np.isfinite(sizes)].median())
    if np.isnan(median) or column.low <= median <= column.high:
        return
    unit, factor = min(
        column.factors.items(), key=lambda pair: abs(np.log(median * pair[1] / column.typical))
    )
    found = (
        f"half of the values are above {_shown(median)}; expected {column.unit}, "
        f"where the middle lies between {_shown(column.low)} and {_shown(column.high)}"
    )
    advice = f"Check the unit of {match.theirs} ({column.described})"
    if factor != 1 and column.low <= median * factor <= column.high:
        found, advice = f"{found}. This looks like {unit}", _conversion(match, factor)
    yield UNITS, f"column {column.name}", found, advice


def _conversion(match: Match, factor: float) -> str:
    line = f"`{match.theirs},{match.ours},{factor * (match.multiply or 1.0):.12g}`"
    return f"Convert it, or declare the conversion in the column map by the line {line}"


def _ratio_of_city(rows: Rows) -> Found:
    """Find a city's two amounts in different units, each of which looks plausible alone."""
    if {"deposits_loans", "gdp"} <= set(rows.table):
        ratio = float((rows.table["deposits_loans"] / rows.table["gdp"]).median())
        low, high = RATIO_OF_CITY
        if ratio < low or ratio > high:
            found = f"deposits_loans / gdp is {_shown(ratio)} at the median"
            expected = f"{found}, expected {low:g} to {high:g}"
            advice = "Give both in 100 million yuan, of the same city and year"
            yield UNITS, "columns deposits_loans and gdp", expected, advice


def _unknown_places(rows: Rows) -> Found:
    """Find names of cities and provinces that the book's tables do not have, with near ones."""
    for kind in [kind for kind in PLACE_TABLES if kind in rows.unread]:
        table, unread = PLACE_TABLES[kind], rows.unread[kind]
        advice = (
            f"Write it as {table} does; take out firms that are registered outside the mainland"
        )
        written = rows.cells[kind].astype(str).str.strip()
        unknown = list(written[unread].value_counts().index)
        for name in unknown[:NAMES_SHOWN]:
            near = nearest(kind, name)
            place = f"{kind}, {rows.where(unread & (written == name))}"
            nearby = f"Nearest: {', '.join(near)}" if near else advice
            yield PLACES, place, f"found {name!r}", nearby
        if len(unknown) > NAMES_SHOWN:
            yield PLACES, kind, count(len(unknown) - NAMES_SHOWN, "more unknown name"), advice


def _notes(rows: Rows) -> Noted:
    """Return how often each thing worth knowing was found, and what makes a note of it."""
    there = set(rows.table)
    if "firm" in there:
        firms = rows.table["firm"]
        padded = (firms.notna() & (firms != without_decimals(rows.cells["firm"]))).sum()
        found = f"{count(padded, 'cell')} with fewer than six digits, as programs leave them"
        yield padded, "Stock codes", "firm", found, PADDED
    if "year" in there:
        outside = (~rows.table["year"].dropna().between(FIRST, LAST)).sum()
        found = f"{count(outside, 'row')} outside {FIRST}–{LAST}, the study's years"
        yield outside, "Years", "year", found, OUTSIDE
    if set(KEY) <= there:
        years = rows.table.dropna(subset=KEY).groupby("firm")["year"]
        gaps = years.max() - years.min() + 1 - years.nunique()
        firms = gaps.index[gaps > 0]
        found = f"{count(len(firms), 'firm')} with years missing in between ({_listed(firms)})"
        yield len(firms), "Gaps", "firm, year", found, "Nothing is filled in"
    if {"firm", "city"} <= there:
        yield 1, "Moves", "firm, city", *_moves(rows)
    if {"city", "province"} <= there:
        other = other_province(rows.table["city"], rows.table["province"])
        found = "another province than the city's"
        yield other.sum(), "Moves", f"province, {rows.where(other)}", found, ELSEWHERE


def _notes_on_amounts(rows: Rows, settled: set[str]) -> Noted:
    for name in ("fixed_assets", "financial_assets"):
        if {name, "total_assets"} <= settled:
            more = rows.table[name] > rows.table["total_assets"]
            place = f"{name}, {rows.where(more)}"
            yield more.sum(), "Accounts", place, "more than the total assets", ONE_SHEET
    empty = (rows.table.isna() & ~rows.unread).sum()
    known = set(canonical_columns()) - NEVER_ESTIMATED
    for name in [name for name in rows.table if name in known]:
        found = f"{count(empty[name], 'empty cell')} ({empty[name] / max(len(rows.table), 1):.1%})"
        yield empty[name], "Gaps", name, found, DROPPED


def _moves(rows: Rows) -> tuple[str, str]:
    """Return who changes the city, and what follows."""
    cities = rows.table.groupby("firm")["city"].nunique()
    movers = cities.index[cities > 1]
    if not len(movers):
        return "no firm changes its city", "City effects then add nothing to firm effects"
    found = f"{count(len(movers), 'firm')} of {len(cities):,} in more than one city"
    return found, f"Each year counts where the firm was in that year ({_listed(movers)})"
