"""What can be wrong with an extract's values; every check returns all it finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.reader.columns import MONEY, SHARES, Column, Match, canonical_columns, unit_in
from digitrade.data.reader.places import nearest
from digitrade.data.shipped import province_names

CELLS = "Cells that cannot be read"
KEYS = "Rows that are not one firm and year"
UNITS = "Units"
IMPOSSIBLE = "Impossible values"
PLACES = "Cities and provinces"

KEY = ("firm", "year")
NEEDED = ("firm", "year", "city")
NUMBERS = ("number", "count", "flag")
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


@dataclass(frozen=True, slots=True)
class Rows:
    """The typed rows of an extract, and what its cells said before.

    Attributes
    ----------
    table, cells
        Columns under our names: typed, and as they stand in the file.
    first_row
        The file's number for the row with index 0.
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    first_row: int

    def where(self, mask: pd.Series) -> str:
        """Return the rows of a mask in words: number, firm, year; many become a count."""
        chosen = self.table[mask]
        labels = [
            f"{int(index) + self.first_row}" + (f" ({', '.join(label)})" if label else "")
            for index, label in zip(chosen.index[:SHOWN], self._labels(chosen), strict=False)
        ]
        more = f" and {len(chosen) - SHOWN:,} more" if len(chosen) > SHOWN else ""
        return f"{'row' if len(chosen) == 1 else 'rows'} {', '.join(labels)}{more}"

    def _labels(self, chosen: pd.DataFrame) -> list[list[str]]:
        keys = [name for name in KEY if name in chosen]
        rows = chosen.loc[chosen.index[:SHOWN], keys].itertuples(index=False)
        return [[_shown(cell) for cell in row if pd.notna(cell)] for row in rows]


def _shown(value: object) -> str:
    """Return a value with no more digits than it needs."""
    return f"{value:,.6g}" if isinstance(value, float) and value >= 1e4 else _short(value)


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(values: Iterable[object]) -> str:
    """Return the first few distinct values, and how many more there are."""
    distinct = list(dict.fromkeys(_shown(value) for value in values))
    more = f" and {len(distinct) - SHOWN:,} more" if len(distinct) > SHOWN else ""
    return ", ".join(distinct[:SHOWN]) + more


def unread_cells(rows: Rows, unread: pd.DataFrame) -> list[Problem]:
    """Find cells that hold something else than their column does, and infinite ones."""
    problems = []
    columns = canonical_columns()
    for name in unread.columns[unread.any()]:
        kind = columns[name].kind
        if kind in EXPECTED:
            found = "found " + listed(rows.cells.loc[unread[name], name].map(repr))
            advice = f"Expected {EXPECTED[kind]}{_title_rows(unread[name])}"
            place = f"{name}, {rows.where(unread[name])}"
            problems.append(Problem(CELLS, place, found, advice))
    for name in [one for one in rows.table if _kind(one) in NUMBERS]:
        infinite = np.isinf(rows.table[name])
        if infinite.any():
            advice = "Leave the cell empty where a ratio has no denominator"
            place = f"{name}, {rows.where(infinite)}"
            problems.append(Problem(CELLS, place, "found an infinite number", advice))
    return problems


def _title_rows(unread: pd.Series) -> str:
    """Return more advice if the rows below the header are titles and units, as CSMAR has them."""
    if unread.iloc[0]:
        return "; remove the lines below the header if they hold titles or units"
    return ""


def _kind(name: str) -> str:
    column = canonical_columns().get(name)
    return column.kind if column else ""


def broken_keys(rows: Rows) -> list[Problem]:
    """Find rows without firm, year or city, and firm-years that stand there twice."""
    values, problems = rows.table, []
    for name in [name for name in NEEDED if name in values]:
        gap = values[name].isna() & rows.cells[name].isna()
        if gap.any():
            found = f"{int(gap.sum()):,} empty cells" if gap.sum() > 1 else "an empty cell"
            advice = "Fill it in or take the row out: without it the row has no place in the panel"
            problems.append(Problem(KEYS, f"{name}, {rows.where(gap)}", found, advice))
    if set(KEY) <= set(values):
        whole = values[list(KEY)].notna().all(axis=1)
        twice = whole & values.duplicated(list(KEY), keep=False)
        if twice.any():
            pairs = len(values[twice].drop_duplicates(list(KEY)))
            found = f"{count(pairs, 'firm-year')} with more than one row"
            advice = (
                "Keep one row for each firm and year (of accounts, the consolidated annual one)"
            )
            problems.append(Problem(KEYS, rows.where(twice), found, advice))
    return problems


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def wrong_units(rows: Rows, unread: pd.DataFrame, matches: Iterable[Match]) -> list[Problem]:
    """Find columns whose header or whose median says that they are in another unit.

    Nothing is converted on such grounds: the problem says what to declare. The median waits
    while many cells of a column cannot be read, for those that can need not be like the others.
    """
    problems = []
    for match in matches:
        column = canonical_columns().get(match.ours)
        if column is None or column.name not in rows.table or column.kind == "flag":
            continue
        stated = unit_in(match.theirs) if match.multiply is None else ""
        factor = column.factor(stated) if stated else float("nan")
        if np.isfinite(factor) and factor != 1:
            found = f"the header says {stated}, expected {column.unit}"
            problems.append(_conversion(column, match, found, factor))
        elif unread[column.name].mean() > UNREAD_SHARE:
            continue
        elif column.kind == "number" and np.isfinite(column.typical):
            problems += _median(column, match, rows.table[column.name])
    return problems + ([] if problems else _ratio_of_city(rows))


def _median(column: Column, match: Match, values: pd.Series) -> list[Problem]:
    """Hold the median of a column's values, zeros aside, to where it lies in its unit."""
    sizes = values.abs()
    median = float(sizes[(sizes > 0) & np.isfinite(sizes)].median())
    if np.isnan(median) or column.low <= median <= column.high:
        return []
    scale = MONEY if column.unit in MONEY else SHARES
    factors = {unit: column.factor(unit) for unit in scale}
    off = {unit: abs(np.log(median * by / column.typical)) for unit, by in factors.items()}
    unit = min(off, key=lambda one: off[one])
    found = (
        f"half of the values are above {_shown(median)}; expected {column.unit}, "
        f"where the middle lies between {_shown(column.low)} and {_shown(column.high)}"
    )
    if factors[unit] == 1 or not column.low <= median * factors[unit] <= column.high:
        advice = f"Check the unit of {match.theirs} ({column.described})"
        return [Problem(UNITS, f"column {column.name}", found, advice)]
    return [_conversion(column, match, f"{found}. This looks like {unit}", factors[unit])]


def _conversion(column: Column, match: Match, found: str, factor: float) -> Problem:
    times = f"{factor * (match.multiply or 1.0):.12g}"
    advice = (
        f"Convert it, or declare the conversion in the column map by the line "
        f"`{match.theirs},{column.name},{times}`"
    )
    return Problem(UNITS, f"column {column.name}", found, advice)


def _ratio_of_city(rows: Rows) -> list[Problem]:
    """Find a city's two amounts in different units, each of which looks plausible alone."""
    if not {"deposits_loans", "gdp"} <= set(rows.table):
        return []
    ratio = float((rows.table["deposits_loans"] / rows.table["gdp"]).median())
    low, high = RATIO_OF_CITY
    if np.isnan(ratio) or low <= ratio <= high:
        return []
    found = f"deposits_loans / gdp is {_shown(ratio)} at the median, expected {low:g} to {high:g}"
    advice = "Give both in 100 million yuan, of the same city and year"
    return [Problem(UNITS, "columns deposits_loans and gdp", found, advice)]


def impossible_values(rows: Rows, suspects: Iterable[str] = ()) -> list[Problem]:
    """Find values that no firm and no city can have.

    Parameters
    ----------
    rows
        The rows.
    suspects
        Columns whose unit is in doubt: their bounds say nothing yet.
    """
    problems = []
    doubtful = set(suspects)
    for name in [one for one in rows.table if one in canonical_columns()]:
        column = canonical_columns()[name]
        if name not in doubtful and column.kind in ("number", "count", "year"):
            problems += _out_of_bounds(rows, column)
    if {"established", "year"} <= set(rows.table):
        late = rows.table["established"] > rows.table["year"]
        if late.any():
            place = f"established, {rows.where(late)}"
            found = "the firm was established after the year of its report"
            advice = "Correct the year of establishment or the year"
            problems.append(Problem(IMPOSSIBLE, place, found, advice))
    counts = [name for name in rows.table if _kind(name) == "count"]
    for name in counts:
        broken = rows.table[name].mod(1).gt(0)
        if broken.any():
            found = "found " + listed(rows.table.loc[broken, name])
            advice = "Give the count itself, not its logarithm or its share"
            place = f"{name}, {rows.where(broken)}"
            problems.append(Problem(IMPOSSIBLE, place, found, advice))
    return problems


def _out_of_bounds(rows: Rows, column: Column) -> list[Problem]:
    values = rows.table[column.name]
    low, high = column.minimum, column.maximum
    outside = (values < low) | (values > high) | ((values == 0) & (not column.zero))
    outside &= np.isfinite(values)
    if not outside.any():
        return []
    parts = []
    if np.isfinite(low):
        parts.append(f"above {low:g}" if not column.zero else f"{low:g} or more")
    if np.isfinite(high):
        parts.append(f"at most {high:g}")
    found = "found " + listed(values[outside])
    advice = f"Expected {' and '.join(parts)} ({column.described}); correct the cell or empty it"
    return [Problem(IMPOSSIBLE, f"{column.name}, {rows.where(outside)}", found, advice)]


def unknown_places(rows: Rows, unread: pd.DataFrame) -> list[Problem]:
    """Find names of cities and provinces that the book's tables do not have, with near ones."""
    problems = []
    for kind, names in (("city", None), ("province", province_names())):
        if kind not in unread or not unread[kind].any():
            continue
        written = rows.cells[kind].astype(str).str.strip()
        unknown = written[unread[kind]].value_counts().index
        for name in unknown[:NAMES_SHOWN]:
            near = nearest(name, names)
            advice = f"Nearest: {', '.join(near)}" if near else _no_place(kind)
            place = f"{kind}, {rows.where(unread[kind] & (written == name))}"
            problems.append(Problem(PLACES, place, f"found {name!r}", advice))
        if len(unknown) > NAMES_SHOWN:
            found = count(len(unknown) - NAMES_SHOWN, "more unknown name")
            problems.append(Problem(PLACES, kind, found, _no_place(kind)))
    return problems


def _no_place(kind: str) -> str:
    table = "data/policy/cities.csv" if kind == "city" else "data/provinces/provinces.csv"
    return f"Write it as {table} does; take out firms that are registered outside the mainland"
