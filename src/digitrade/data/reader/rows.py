"""An extract's rows under our names, and how rows, values and counts are put into words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

KEY = ["firm", "year"]
SHOWN = 5  # rows or values that are listed of one kind

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
            label = ", ".join(shown_number(value) for value in key if pd.notna(value))
            labels.append(f"{row + self.first_row}" + (f" ({label})" if label else ""))
        noun = "row" if len(chosen) == 1 else "rows"
        return f"{noun} {', '.join(labels)}{_more(len(chosen))}"


def shown_number(value: object) -> str:
    """Return a value with no more digits than it needs."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.6g}" if value >= 1e4 else f"{value:g}"


def _more(number: int) -> str:
    return f" and {number - SHOWN:,} more" if number > SHOWN else ""


def listed(values: Iterable[object]) -> str:
    """Return the first few distinct values, and how many more there are."""
    distinct = list(dict.fromkeys(shown_number(value) for value in values))
    return ", ".join(distinct[:SHOWN]) + _more(len(distinct))


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
