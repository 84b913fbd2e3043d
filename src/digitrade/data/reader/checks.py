"""What can be wrong with an extract's values, and what is worth knowing; all that is found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.places import counties_named, gazetteer, nearest_provinces, other_province
from digitrade.data.reader.columns import Match, canonical_columns
from digitrade.data.reader.rows import KEY, SHOWN, Found, Noted, Rows, count, listed
from digitrade.data.reader.units import AMOUNTS, UNITS, sentinels, wrong_units
from digitrade.data.reader.values import as_days, as_text, is_dressed, without_decimals

KEYS = "Rows that are not one firm and year"
CELLS = "Cells that cannot be read"
IMPOSSIBLE = "Impossible values"
PLACES = "Cities and provinces"
ORDER = (KEYS, CELLS, UNITS, IMPOSSIBLE, PLACES)

NEEDED = ("firm", "year", "city")
NAMES_SHOWN = 20
FIRST, LAST = 2011, 2020  # years of the study
NEVER_ESTIMATED = {"firm", "year", "city", "province", "smart_city_year", "innovative_city_year"}
EXPECTED = {
    "year": "a year such as 2015, or a date such as 2015-12-31",
    "start": "a year such as 2015, blank if never",
    "number": "a plain number, without words (a per cent sign only for shares and ratios)",
    "count": "a whole number",
    "flag": "1 or 0 (是 or 否, yes or no), blank if not known",
}
GAP = "Fill it in or take the row out: without it the row has no place in the panel"
TWICE = "Keep one row for each firm and year (of accounts, the consolidated annual one)"
TITLES = "; remove the lines below the header if they hold titles or units"
NO_ROWS = "Export it again: the header is there, or nothing at all, and no row below it"
ONE_DATE = "Keep one date of each year, 31 December for annual accounts"
EARLY = "Each is read as its year; see that accounts of a year and not of a quarter stand there"
SENTINEL = "Other programs write such numbers for a missing one: empty these cells"
ABROAD = "take out firms that are registered outside the mainland"
INFINITE = "Leave the cell empty where a ratio has no denominator"
NO_COUNT = "Give the count itself, not its logarithm or its share"
PADDED = "Zeros were put in front, as in 000001; keep the column as text to prevent this"
OUTSIDE = "They stay in; take them out to compare with the printed numbers"
ELSEWHERE = "The region follows the reported province, the treatment the city"
WITHIN = "Each is read as the city it lies in, a former name as the one of today"
ONE_SHEET = "Both should come from the same balance sheet, in the same unit"
DROPPED = "These rows drop out of what needs the column"
LATE = "the firm was established after the year of its report"
PLACE_TABLES = {"city": "data/policy/cities.csv", "province": "data/provinces/provinces.csv"}


def findings(rows: Rows, matches: list[Match]) -> tuple[list[Problem], list[Problem]]:
    """Return everything wrong with the rows, and what is worth knowing.

    Bounds wait until the unit of a column is settled.
    """
    if rows.table.empty:
        return [Problem(KEYS, "the file", "no row of a firm and year", NO_ROWS)], []
    units, doubts = wrong_units(rows, matches)
    named = {word.strip(",") for _, place, *_ in units for word in place.split()}
    doubtful = named & set(rows.table)
    found = [*_wrong_cells(rows, doubtful), *_repeated_keys(rows), *units, *_unknown_places(rows)]
    found.sort(key=lambda words: ORDER.index(words[0]))
    notes = [*_notes(rows), *doubts, *_notes_on_amounts(rows, set(rows.table) - doubtful)]
    return [Problem(*one) for one in found], [Problem(*words) for number, *words in notes if number]


def _wrong_cells(rows: Rows, doubtful: set[str]) -> Found:
    """Carry out the checks of every column."""
    for name in rows.table:
        for kind, wrong, found, advice in _checks(str(name), rows, doubtful):
            if wrong.any():
                words = found.format(
                    gaps=f"{wrong.sum():,} empty cells" if wrong.sum() > 1 else "an empty cell",
                    cells=listed(rows.cells.loc[wrong, name].map(repr)),
                    values=listed(rows.table.loc[wrong, name]),
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
    if kind in AMOUNTS:
        sentinel = sentinels(values, column) if column else pd.Series(False, index=values.index)
        yield IMPOSSIBLE, sentinel, "found {values}", SENTINEL
        values = values.mask(sentinel)
    if column and kind in (*AMOUNTS, "year", "start") and name not in doubtful:
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
    """Find firm-years with several rows, and say whether dates or spelt codes make them so."""
    if not set(KEY) <= set(rows.table):
        return
    keys = rows.table[KEY]
    twice = keys.notna().all(axis=1) & keys.duplicated(keep=False)
    if twice.any():
        number = len(keys[twice].drop_duplicates())
        found, advice = f"{count(number, 'firm-year')} with more than one row", TWICE
        days = as_text(rows.cells["year"])[twice]
        if days.groupby([keys["firm"], keys["year"]]).nunique().max() > 1:
            found, advice = f"{found}, of several dates ({listed(days)})", ONE_DATE
        elif spellings := _spellings(rows, twice):
            found = f"{found}, the code written {spellings}"
        yield KEYS, rows.where(twice), found, advice


def _spellings(rows: Rows, among: pd.Series) -> str:
    """Return in words how a firm's code is spelt in several ways, for the first such firms."""
    written = without_decimals(rows.cells["firm"])[among]
    ways = written.groupby(rows.table["firm"][among]).unique()
    return "; ".join(" and ".join(map(str, one)) for one in ways[ways.map(len) > 1][:SHOWN])


def _unknown_places(rows: Rows) -> Found:
    """Find names of cities and provinces that are unknown or in doubt, and say what they may be."""
    known = gazetteer()
    provinces = rows.table.get("province", pd.Series(index=rows.table.index, dtype="str"))
    for kind in [kind for kind in PLACE_TABLES if kind in rows.unread]:
        outside = f"Write it as {PLACE_TABLES[kind]} does; {ABROAD}"
        unread = rows.unread[kind]
        written = as_text(rows.cells[kind])[unread]
        pairs = pd.DataFrame({"name": written, "province": provinces[unread].fillna("")})
        unknown = pairs.value_counts().index
        for name, province in unknown[:NAMES_SHOWN]:
            if kind == "city":
                nearby = known.doubt(name, province)
            else:
                near = nearest_provinces(name)
                nearby = f"Nearest: {', '.join(near)}" if near else ""
            same = pairs.index[(pairs["name"] == name) & (pairs["province"] == province)]
            place = f"{kind}, {rows.where(rows.table.index.isin(same))}"
            yield PLACES, place, f"found {name!r}", nearby or outside
        if len(unknown) > NAMES_SHOWN:
            yield PLACES, kind, count(len(unknown) - NAMES_SHOWN, "more unknown name"), outside


def _notes(rows: Rows) -> Noted:
    """Return how often each thing worth knowing was found, and what makes a note of it."""
    there = set(rows.table)
    for needs, kind in NOTED:
        if needs <= there:
            yield from kind(rows)


def _notes_on_firms(rows: Rows) -> Noted:
    firms = rows.table["firm"]
    written = without_decimals(rows.cells["firm"])
    padded = (firms.notna() & (firms != written) & (firms == written.str.zfill(6))).sum()
    found = f"{count(padded, 'cell')} with fewer than six digits, as programs leave them"
    yield padded, "Stock codes", "firm", found, PADDED
    several = written.groupby(firms).nunique().gt(1)
    spelt = several.index[several]
    ways = _spellings(rows, firms.isin(spelt))
    found = f"{count(len(spelt), 'firm')} with a code spelt in several ways ({ways})"
    yield len(spelt), "Stock codes", "firm", found, "Each is read as one firm"


def _notes_on_years(rows: Rows) -> Noted:
    outside = (~rows.table["year"].dropna().between(FIRST, LAST)).sum()
    found = f"{count(outside, 'row')} outside {FIRST}–{LAST}, the study's years"
    yield outside, "Years", "year", found, OUTSIDE
    days = as_days(rows.cells["year"])
    early = days.notna() & ~days.str.startswith("12")
    found = f"{count(early.sum(), 'date')} before December ({listed(days[early])})"
    yield early.sum(), "Years", f"year, {rows.where(early)}", found, EARLY


def _notes_on_gaps(rows: Rows) -> Noted:
    years = rows.table.dropna(subset=KEY).groupby("firm")["year"]
    gaps = years.max() - years.min() + 1 - years.nunique()
    firms = gaps.index[gaps > 0]
    found = f"{count(len(firms), 'firm')} with years missing in between ({listed(firms)})"
    yield len(firms), "Gaps", "firm, year", found, "Nothing is filled in"


def _notes_on_moves(rows: Rows) -> Noted:
    cities = rows.table.groupby("firm")["city"].nunique()
    movers = cities.index[cities > 1]
    found = f"{count(len(movers), 'firm')} of {len(cities):,} in more than one city"
    where = f"Each year counts where the firm was in that year ({listed(movers)})"
    stay = "no firm changes its city", "City effects then add nothing to firm effects"
    yield 1, "Moves", "firm, city", *((found, where) if len(movers) else stay)


def _notes_on_counties(rows: Rows) -> Noted:
    written = as_text(rows.cells["city"])
    inside = counties_named(written) & rows.table["city"].notna()
    pairs = written[inside] + " → " + rows.table["city"][inside]
    found = f"{count(inside.sum(), 'cell')} with a county or county-level city ({listed(pairs)})"
    yield inside.sum(), "Moves", "city", found, WITHIN


def _notes_on_provinces(rows: Rows) -> Noted:
    other = other_province(rows.table["city"], rows.table["province"])
    found = "another province than the city's"
    yield other.sum(), "Moves", f"province, {rows.where(other)}", found, ELSEWHERE


NOTED = (
    ({"firm"}, _notes_on_firms),
    ({"year"}, _notes_on_years),
    (set(KEY), _notes_on_gaps),
    ({"firm", "city"}, _notes_on_moves),
    ({"city"}, _notes_on_counties),
    ({"city", "province"}, _notes_on_provinces),
)
"""Which columns each note is about, and what makes it."""


def _notes_on_amounts(rows: Rows, settled: set[str]) -> Noted:
    for name in ("fixed_assets", "financial_assets"):
        if {name, "total_assets"} <= settled:
            more = rows.table[name] > rows.table["total_assets"]
            place = f"{name}, {rows.where(more)}"
            yield more.sum(), "Accounts", place, "more than the total assets", ONE_SHEET
    for name in [name for name in rows.table if name in canonical_columns()]:
        if canonical_columns()[str(name)].kind in AMOUNTS:
            dressed = rows.table[name].notna() & is_dressed(rows.cells[name])
            text = as_text(rows.cells.loc[dressed, name][:1]).map(repr)
            found = f"{count(dressed.sum(), 'cell')} such as {listed(text)}"
            example = listed(rows.table.loc[dressed, name][:1])
            yield (
                dressed.sum(),
                "Cells",
                str(name),
                found,
                f"Read as numbers, this one as {example}",
            )
    empty = (rows.table.isna() & ~rows.unread).sum()
    known = set(canonical_columns()) - NEVER_ESTIMATED
    for name in [name for name in rows.table if name in known]:
        found = f"{count(empty[name], 'empty cell')} ({empty[name] / max(len(rows.table), 1):.1%})"
        yield empty[name], "Gaps", name, found, DROPPED
