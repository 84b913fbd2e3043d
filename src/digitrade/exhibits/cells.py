"""Cells of tables: every number, star, p-value and interval becomes text here."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

import pandas as pd

STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
STARS_NOTE = r"\* p < 0.10, \*\* p < 0.05, \*\*\* p < 0.01."
MINUS = "−"
NOT_SHIPPED = "not shipped"
NOT_REPORTED = "not reported"
NOT_TESTED = "not tested"


def number(value: Any, digits: int = 3) -> str:
    """Return a number with a true minus sign and thousands set apart; a text as it is."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if isinstance(value, Integral) or digits == 0:
        return f"{round(value):,}".replace("-", MINUS)
    text = f"{value:,.{digits}f}"
    return text.replace("-", MINUS) if float(value) and text.strip("-0.,") else text.lstrip("-")


def stars(p_value: float) -> str:
    """Return the stars of a p-value: * below 10, ** below 5, *** below 1 per cent."""
    return next((mark for level, mark in STARS if p_value < level), "")


def starred(row: Any, digits: int = 3) -> str:
    """Return the estimate of a row with its printed stars, or those of its p-value."""
    marks = row.get("stars")
    marks = marks if isinstance(marks, str) else stars(row.get("p_value", math.nan))
    return number(row.get("estimate"), digits) + marks


def bracketed(row: Any, digits: int = 3) -> str:
    """Return the standard error of a row in parentheses; empty if missing."""
    error = row.get("std_error")
    return "" if pd.isna(error) else f"({number(error, digits)})"


def estimate(row: Any, digits: int = 3) -> str:
    """Return ``estimate*** (standard error)``; empty where there is no estimate."""
    found = pd.notna(row.get("estimate"))
    return f"{starred(row, digits)} {bracketed(row, digits)}".rstrip() if found else ""


def interval(low: float, high: float, digits: int = 3) -> str:
    """Return the ends of an interval, in words."""
    return f"{number(low, digits)} to {number(high, digits)}"


def interval_of(row: Any, digits: int = 3) -> str:
    """Return the confidence interval of a row, in words, and whether it is a set with gaps."""
    gaps = ", gaps" if row.get("disconnected", False) else ""
    return interval(row["conf_low"], row["conf_high"], digits) + gaps


def small_p(p_value: Any, below: str = "<", exact: str = "", *, digits: int = 3) -> str:
    """Return a p-value, or that it is below what the digits can show; ``exact`` leads any other."""
    least = 10.0**-digits
    small = pd.notna(p_value) and p_value < least
    return f"{below}{least:.{digits}f}" if small else exact + number(p_value, digits)


def p_words(p_value: float, draws: int) -> str:
    """Return a bootstrap p-value, or that there were no draws."""
    if not draws or pd.isna(p_value):
        return NOT_TESTED
    return small_p(p_value)
