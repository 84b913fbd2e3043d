"""Whether a column is in its unit: by its header, its middle, its years and its single rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from digitrade.data.reader.columns import Column, Match, canonical_columns
from digitrade.data.reader.rows import Found, Rows, count, listed, shown_number

UNITS = "Units"
AMOUNTS = ("number", "count")
UNREAD_SHARE = 0.05  # of a column's cells, beyond which its median says nothing
RATIO_OF_CITY = (0.5, 20.0)  # of deposits and loans to output, at the median
JUMP = 1.65  # in powers of ten: a year's median change that is read as one of unit (45 times)
MOST = 0.6  # share of the firms seen twice that have to take the same step
PAIRS, ROWS = 8, 30  # firms seen twice, or rows, without which a year's change says nothing
ODD_SHARE = 0.05  # of a column's rows in another unit, from which they are a problem
ALIKE = 0.4  # in powers of ten: how near the middle rows come once converted
HOLLOW = 2  # times as many rows there as halfway, or it is the tail of one distribution
ABSURD = 1e16  # beyond any amount in yuan
SMALLEST = 99  # above which nines alone look odd; below, such numbers are common
NINES = [float("9" * whole + "." + "9" * part) for whole in range(1, 13) for part in range(3)]


def wrong_units(
    rows: Rows, matches: Iterable[Match]
) -> tuple[list[tuple[str, str, str, str]], list[tuple[int, str, str, str, str]]]:
    """Find columns in another unit, in all of their rows or in some: problems, and notes.

    Nothing is converted on such grounds: the problem says what to declare. The middle waits
    while many cells of a column cannot be read, for those that can need not be like the others.
    """
    problems: list[tuple[str, str, str, str]] = []
    notes: list[tuple[int, str, str, str, str]] = []
    levels = _levels(rows)
    for match in matches:
        column = canonical_columns().get(match.ours)
        if column is None or column.kind not in AMOUNTS:
            continue
        factor = column.factors.get(match.unit, 1) if match.multiply is None else 1
        if factor != 1:
            found = f"the header says {match.unit}, expected {column.unit}"
            problems.append((UNITS, f"column {column.name}", found, _conversion(match, factor)))
        elif rows.unread[column.name].mean() <= UNREAD_SHARE:
            values = rows.table[column.name].mask(sentinels(rows.table[column.name], column))
            level = levels.get(column.name, pd.Series(dtype=float))
            found_here = list(_changes_of_unit(column, match, rows, values, level))
            found_here = found_here or list(_odd_median(column, match, values))
            problems += found_here
            if not found_here:
                problems, notes = _with_odd_rows(column, rows, values, problems, notes)
    return problems or list(_ratio_of_city(rows)), notes


def sentinels(values: pd.Series, column: Column) -> pd.Series:
    """Return whether each value looks like a sign for a missing one: -9999, 999999, 99.99.

    Ones of a sign the column cannot have always do; others if they lie beyond its usual
    range or come more than once, or are larger than anything there is.
    """
    nines = values.abs().isin(NINES) & ((values < 0) | (values > SMALLEST))
    often = nines & values.duplicated(keep=False)
    beyond = nines & ((values < column.low) | (values > column.high) | (values < 0))
    return often | beyond | ((values.abs() > ABSURD) & np.isfinite(values))


def _changes_of_unit(
    column: Column, match: Match, rows: Rows, values: pd.Series, level: pd.Series
) -> Found:
    """Find years in which the values of most firms jump by a factor that only units have."""
    if not level.any() or match.years:
        return
    others = level - _usual_level(level, column, values, rows.table["year"])
    odd = others[others != 0]
    power = int(odd.iloc[0])
    first, last = int(odd.index.min()), int(odd.index.max())
    years = str(first) if first == last else f"{first}-{last}"
    in_a_row = set(odd.index) == set(level.loc[first:last].index)
    median = values.abs().groupby(rows.table["year"]).median()
    span = years.replace("-", "–") if in_a_row else listed(odd.index)
    found = (
        f"in {span} about {10.0 ** abs(power):,.0f} times "
        f"{'larger' if power > 0 else 'smaller'} than in other years (medians "
        f"{listed(median[odd.index])} against {listed(median.drop(odd.index))})"
    )
    advice = "Bring all years to one unit in the file"
    if in_a_row and match.multiply is None:
        advice += (
            ", or declare the conversion of these years in the column map under "
            "`theirs,ours,multiply,years` by the line "
            f"`{match.theirs},{match.ours},{10.0**-power:.12g},{years}`"
        )
    yield UNITS, f"column {column.name}", found, advice


def _levels(rows: Rows) -> pd.DataFrame:
    """Return by year and amount how many powers of ten its unit has moved since the first year."""
    known = canonical_columns()
    names = [name for name in rows.table if name in known and known[name].kind in AMOUNTS]
    if "year" not in rows.table or not names:
        return pd.DataFrame()
    sizes = rows.table[names].abs().replace([0.0, np.inf], np.nan)
    powers = pd.DataFrame(np.log10(sizes), index=sizes.index)
    change = _by_year(powers, rows.table["year"], ROWS).diff()
    if "firm" in rows.table:
        order = rows.table.sort_values(["firm", "year"]).index
        steps = powers.loc[order].groupby(rows.table.loc[order, "firm"]).diff()
        change = _common_steps(steps, rows.table["year"]).combine_first(change)
    return change.where(change.abs() >= JUMP, 0.0).round().cumsum()


def _common_steps(steps: pd.DataFrame, years: pd.Series) -> pd.DataFrame:
    """Return a year's median step in powers of ten, or 0 where most firms take another."""
    middle = _by_year(steps, years, PAIRS)
    around = middle.reindex(years.loc[steps.index]).set_axis(steps.index)
    near = ((steps - around.round()).abs() < JUMP / 2).where(steps.notna())
    shared = near.astype(float).groupby(years).mean()
    return middle.where(middle.isna() | (shared >= MOST), 0.0)


def _by_year(values: pd.DataFrame, years: pd.Series, fewest: int) -> pd.DataFrame:
    """Return medians by year where enough rows have a value."""
    groups = values.groupby(years)
    return groups.median().where(groups.count() >= fewest)


def _usual_level(level: pd.Series, column: Column, values: pd.Series, years: pd.Series) -> float:
    """Return the level that most rows have, of those whose middle is plausible if any are."""
    of_row = years.map(level)
    medians = values.abs().groupby(of_row).median()
    plausible = medians.index[medians.between(column.low, column.high)]
    chosen = of_row[of_row.isin(plausible)] if len(plausible) else of_row
    return float(chosen.mode().iloc[0])


def _with_odd_rows(
    column: Column,
    rows: Rows,
    values: pd.Series,
    problems: list[tuple[str, str, str, str]],
    notes: list[tuple[int, str, str, str, str]],
) -> tuple[list[tuple[str, str, str, str]], list[tuple[int, str, str, str, str]]]:
    """Add what single rows say that lie beyond the usual range, and amid it in another unit."""
    if not np.isfinite(column.typical):
        return problems, notes
    outside = ~values.abs().between(column.low, column.high) & (values.abs() > 0)
    outside &= np.isfinite(values) & ~(values < column.minimum)
    if not outside.any():
        return problems, notes
    powers = pd.Series(np.log10(values.abs().where(values != 0)), index=values.index)
    middle = powers.median()
    for unit, factor in column.factors.items():
        distance = powers - middle + np.log10(factor)
        between = (distance - np.log10(factor) / 2).abs() < ALIKE
        like = outside & (distance.abs() < ALIKE)
        if abs(np.log10(factor)) < JUMP or like.sum() <= HOLLOW * between.sum():
            continue
        firms = rows.table["firm"][like].nunique() if "firm" in rows.table else 0
        place = f"column {column.name}, {rows.where(like)}"
        found = f"{count(like.sum(), 'row')} of {count(firms, 'firm')} look like {unit}"
        advice = f"Bring these rows to {column.unit}: multiply them by {factor:.12g}"
        if like.sum() > 1 and like.mean() >= ODD_SHARE:
            problems = [*problems, (UNITS, place, found, advice)]
        else:
            notes = [*notes, (int(like.sum()), UNITS, place, found, f"{advice}, if so")]
        outside &= ~like
    return problems, notes


def _odd_median(column: Column, match: Match, values: pd.Series) -> Found:
    """Hold the median of a column's values, zeros aside, to where it lies in its unit."""
    sizes = values.abs()
    median = float(sizes[(sizes > 0) & np.isfinite(sizes)].median())
    if np.isnan(median * column.typical) or column.low <= median <= column.high:
        return
    unit, factor = min(
        column.factors.items(), key=lambda pair: abs(np.log(median * pair[1] / column.typical))
    )
    found = (
        f"half of the values are above {shown_number(median)}; expected {column.unit}, "
        f"where the middle lies between {shown_number(column.low)} and {shown_number(column.high)}"
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
            found = f"deposits_loans / gdp is {shown_number(ratio)} at the median"
            expected = f"{found}, expected {low:g} to {high:g}"
            advice = "Give both in 100 million yuan, of the same city and year"
            yield UNITS, "columns deposits_loans and gdp", expected, advice
