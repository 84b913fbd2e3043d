"""Words that depend on a result: sentences take them from the run, as they take its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from digitrade.data.labels import label, unit
from digitrade.exhibits.cells import number

LEVEL = 0.05  # of a test whose outcome a sentence reports


def goes(estimate: float) -> str:
    """Return whether an outcome rises or falls with the regressor."""
    return "rises" if estimate > 0 else "falls"


def sign(estimate: float) -> str:
    """Return the sign of an estimate as an adjective."""
    return "positive" if estimate > 0 else "negative"


def sure(p_value: float, level: float = LEVEL) -> str:
    """Return whether a test rejects, in the words of a sentence."""
    return f"{'' if p_value < level else 'not '}significant at {100 * level:g} per cent"


def agreement(estimates: Iterable[float]) -> str:
    """Return whether estimates have one sign."""
    return "have the same sign" if len({x > 0 for x in estimates}) == 1 else "differ in sign"


def compared(first: float, second: float, *, about: float = 0.1) -> str:
    """Return how large one number is beside another; ``about`` is a share of the second."""
    if abs(first - second) <= about * abs(second):
        return "about as large as"
    return "larger than" if first > second else "smaller than"


def covers(low: float, high: float, value: float = 0.0) -> str:
    """Return whether an interval covers a value, zero by default."""
    return "covers" if low <= value <= high else "does not cover"


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def intervals(level: float, covariance: str, sizes: Mapping[str, int]) -> str:
    """Return what intervals of a figure are: level, covariance and rows by source."""
    rows = listed(f"{source} {number(size, 0)}" for source, size in sizes.items())
    return f"Intervals at {100 * level:g} per cent, {covariance}; rows: {rows}."


def unit_effect(outcome: str, slope: float, ratio: float = 1.1, digits: int = 2) -> str:
    """Return what a log that grows by ``ratio`` goes with, in the outcome's unit or per cent."""
    change, kind, name = slope * math.log(ratio), unit(outcome), label(outcome)
    name = name.lower() if name == name.capitalize() else name
    more = "more" if change > 0 else "less"
    if kind.startswith("log"):
        percent = number(100 * abs(math.expm1(change)), digits)
        return f"{percent} per cent {more} {name.removeprefix('ln ')}"
    if kind.startswith("share"):
        return f"{number(100 * abs(change), digits)} percentage points {more} {name}"
    return f"{number(abs(change), digits + 2)} units {more} of {name}"
