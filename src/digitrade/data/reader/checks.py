"""What can be wrong with an extract's values; every check returns all it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from digitrade.data.codebook import Problem, failures
from digitrade.data.reader.columns import Column, Match, canonical_columns, unit_in
from digitrade.data.reader.places import nearest

CELLS = "Cells that cannot be read"
KEYS = "Rows that are not one firm and year"
UNITS = "Units"
IMPOSSIBLE = "Impossible values"
PLACES = "Cities and provinces"

KEY = ["firm", "year"]
NEEDED = ("firm", "year", "city")
SHOWN = 5  # rows or values that are listed of one kind
NAMES_SHOWN = 20
UNREAD_SHARE = 0.05  # of a column's cells, beyond which its median says nothing
RATIO_OF_CITY = (0.5, 20.0)  # of deposits and loans to output, at the median
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
LATE = "the firm was established after the year of its report"
ABROAD = "take out firms that are registered outside the mainland"
PLACE_TABLES = {"city": "data/policy/cities.csv", "province": "data/provinces/provinces.csv"}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an extract under our names: typed, as they stand, and what was not read.

    ``first_row`` is the file's number for the row with index 0.
    """

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
        more = f" and {len(chosen) - SHOWN:,} more" if len(chosen) > SHOWN else ""
        return f"{'row' if len(chosen) == 1 else 'rows'} {', '.join(labels)}{more}"


def _shown(value: object) -> str:
    """Return a value with no more digits than it needs."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.6g}" if value >= 1e4 else f"{value:g}"


def listed(values: Iterable[object]) -> str:
    """Return the first few distinct values, and how many more there are."""
    distinct = list(dict.fromkeys(_shown(value) for value in values))
    more = f" and {len(distinct) - SHOWN:,} more" if len(distinct) > SHOWN else ""
    return ", ".join(distinct[:SHOWN]) + more


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def problems_of(rows: Rows, matches: list[Match]) -> tuple[list[Problem], set[str]]:
    """Return everything wrong with the rows, and the columns whose unit is in doubt.

    Bounds wait until the unit of a column is settled.
    """
    units = list(_wrong_units(rows, matches)) or list(_ratio_of_city(rows))
    doubtful = {name for problem in units for name in problem.place.split() if name in rows.table}
    found = [*_wrong_cells(rows, doubtful), *_repeated_keys(rows), *units, *_unknown_places(rows)]
    order = (KEYS, CELLS, UNITS, IMPOSSIBLE, PLACES)
    return sorted(found, key=lambda problem: order.index(problem.source)), doubtful


def _wrong_cells(rows: Rows, doubtful: set[str]) -> Iterator[Problem]:
    """Hold the values to the schema that ``columns.csv`` makes of them."""
    columns = {name: _schema(name, rows, doubtful) for name in rows.table}
    for failed in failures(pa.DataFrameSchema(columns), rows.table):
        name, kind = failed.column_name, failed.check
        mask = rows.table.index.to_series().isin(failed.failure_cases["index"])
        found = kind.title.format(
            gaps=f"{mask.sum():,} empty cells" if mask.sum() > 1 else "an empty cell",
            cells=listed(rows.cells.loc[mask, name].map(repr)),
            values=listed(rows.table.loc[mask, name]),
        )
        yield Problem(kind.name, f"{name}, {rows.where(mask)}", found, kind.error)


def _check(kind: str, found: str, advice: str, holds: Callable[[pd.Series], pd.Series]) -> pa.Check:
    return pa.Check(holds, name=kind, title=found, error=advice, ignore_na=False)


def _schema(name: str, rows: Rows, doubtful: set[str]) -> pa.Column:
    """Return the checks of one column: what each finds, and what is to be done."""
    column = canonical_columns().get(name)
    kind = column.kind if column else "number"  # the truth behind simulated rows
    unread, checks = rows.unread[name], []
    if name in NEEDED:
        gap = rows.table[name].isna() & rows.cells[name].isna()
        checks.append(_check(KEYS, "{gaps}", GAP, lambda _: ~gap))
    if kind in EXPECTED:
        advice = f"Expected {EXPECTED[kind]}{TITLES if unread.iloc[:1].any() else ''}"
        checks.append(_check(CELLS, "found {cells}", advice, lambda _: ~unread))
    if kind in ("number", "count"):
        infinite = "found an infinite number"
        checks.append(_check(CELLS, infinite, INFINITE, lambda values: ~np.isinf(values)))
    if column and kind in ("number", "count", "year") and name not in doubtful:
        checks.append(_bounds(column))
    if kind == "count":
        whole = _check(IMPOSSIBLE, "found {values}", NO_COUNT, lambda values: ~values.mod(1).gt(0))
        checks.append(whole)
    if name == "established" and "year" in rows.table:
        advice = "Correct the year of establishment or the year"
        checks.append(_check(IMPOSSIBLE, LATE, advice, lambda years: ~(years > rows.table["year"])))
    return pa.Column(nullable=True, checks=checks)


def _bounds(column: Column) -> pa.Check:
    low, high, zero = column.minimum, column.maximum, column.zero
    parts = [f"{low:g} or more" if zero else f"above {low:g}"] if np.isfinite(low) else []
    parts += [f"at most {high:g}"] if np.isfinite(high) else []
    advice = f"Expected {' and '.join(parts)} ({column.described}); correct the cell or empty it"

    def holds(values: pd.Series) -> pd.Series:
        outside = (values < low) | (values > high) | ((values == 0) & (not zero))
        return ~(outside & np.isfinite(values))

    return _check(IMPOSSIBLE, "found {values}", advice, holds)


def _repeated_keys(rows: Rows) -> Iterator[Problem]:
    """Find firm-years that stand there twice."""
    if set(KEY) <= set(rows.table):
        keys = rows.table[KEY]
        twice = keys.notna().all(axis=1) & keys.duplicated(keep=False)
        if twice.any():
            pairs = count(len(keys[twice].drop_duplicates()), "firm-year")
            yield Problem(KEYS, rows.where(twice), f"{pairs} with more than one row", TWICE)


def _wrong_units(rows: Rows, matches: Iterable[Match]) -> Iterator[Problem]:
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
            yield _conversion(column, match, found, factor)
        elif np.isfinite(column.typical) and rows.unread[column.name].mean() <= UNREAD_SHARE:
            yield from _median(column, match, rows.table[column.name])


def _median(column: Column, match: Match, values: pd.Series) -> Iterator[Problem]:
    """Hold the median of a column's values, zeros aside, to where it lies in its unit."""
    sizes = values.abs()
    median = float(sizes[(sizes > 0) & np.isfinite(sizes)].median())
    if np.isnan(median) or column.low <= median <= column.high:
        return
    off = {unit: abs(np.log(median * by / column.typical)) for unit, by in column.factors.items()}
    unit = min(off, key=lambda name: off[name])
    factor = column.factors[unit]
    found = (
        f"half of the values are above {_shown(median)}; expected {column.unit}, "
        f"where the middle lies between {_shown(column.low)} and {_shown(column.high)}"
    )
    if factor == 1 or not column.low <= median * factor <= column.high:
        advice = f"Check the unit of {match.theirs} ({column.described})"
        yield Problem(UNITS, f"column {column.name}", found, advice)
    else:
        yield _conversion(column, match, f"{found}. This looks like {unit}", factor)


def _conversion(column: Column, match: Match, found: str, factor: float) -> Problem:
    times = f"{factor * (match.multiply or 1.0):.12g}"
    line = f"`{match.theirs},{column.name},{times}`"
    advice = f"Convert it, or declare the conversion in the column map by the line {line}"
    return Problem(UNITS, f"column {column.name}", found, advice)


def _ratio_of_city(rows: Rows) -> Iterator[Problem]:
    """Find a city's two amounts in different units, each of which looks plausible alone."""
    if {"deposits_loans", "gdp"} <= set(rows.table):
        ratio = float((rows.table["deposits_loans"] / rows.table["gdp"]).median())
        low, high = RATIO_OF_CITY
        if ratio < low or ratio > high:
            found = f"deposits_loans / gdp is {_shown(ratio)} at the median"
            expected = f"{found}, expected {low:g} to {high:g}"
            advice = "Give both in 100 million yuan, of the same city and year"
            yield Problem(UNITS, "columns deposits_loans and gdp", expected, advice)


def _unknown_places(rows: Rows) -> Iterator[Problem]:
    """Find names of cities and provinces that the book's tables do not have, with near ones."""
    for kind, table in PLACE_TABLES.items():
        if kind not in rows.unread or not rows.unread[kind].any():
            continue
        advice = (
            f"Write it as {table} does; take out firms that are registered outside the mainland"
        )
        written = rows.cells[kind].astype(str).str.strip()
        unknown = list(written[rows.unread[kind]].value_counts().index)
        for name in unknown[:NAMES_SHOWN]:
            near = nearest(kind, name)
            place = f"{kind}, {rows.where(rows.unread[kind] & (written == name))}"
            nearby = f"Nearest: {', '.join(near)}" if near else advice
            yield Problem(PLACES, place, f"found {name!r}", nearby)
        if len(unknown) > NAMES_SHOWN:
            more = count(len(unknown) - NAMES_SHOWN, "more unknown name")
            yield Problem(PLACES, kind, more, advice)
