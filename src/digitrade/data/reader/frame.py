"""A file's cells as they stand: clean names, and what of its lines is no row of data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.reader.columns import known_as, unit_named
from digitrade.data.reader.values import as_numbers, as_text, as_years, matching
from digitrade.data.signs import clean, shown

TITLE_LINES = 3  # below the first line that may hold names, labels or units
NO_UNIT = {"没有单位", "无单位", "单位"}
UNNAMED = re.compile(r"Unnamed: \d+$")
TOTALS = (
    r"(?:合\s*计|总\s*计|小\s*计|总\s*和|平\s*均(?:值|数)?|均\s*值"
    r"|(?:grand )?totals?|sum|mean|average)\s*:?"
    r"|(?:数据来源|资料来源|来源|备注|注|说明|sources?|notes?)\s*:.*"
)
LEADING = 3  # columns in which a line of totals says so
LINES = "Lines of the file"


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file as it stands, its format in words, and what its program calls the row with index 0.

    ``titles`` are what further lines of its head say of a column, ``notes`` what was left out.
    """

    cells: pd.DataFrame
    how: str
    first_row: int
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()


def named(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells under clean names, each once."""
    names = pd.Series([shown(_one_name(name)) for name in cells.columns], dtype=object)
    again = names.groupby(names).cumcount()
    names = names.where(again == 0, names + "." + again.astype(str))
    return cells.set_axis(pd.Index(names, dtype=object), axis=1)


def _one_name(name: object) -> object:
    """Return the name of a column; of one with several levels the one known here, or all."""
    if not isinstance(name, tuple):
        return name
    parts = [part for part in map(str, name) if part and not UNNAMED.match(part)]
    known = [part for part in parts if known_as(part)]
    return known[0] if len(known) == 1 else " ".join(parts)


def _without_blank_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells without rows that hold nothing that can be seen."""
    left = cells
    for name in cells:
        left = left.loc[np.array([_is_blank(cell) for cell in left[name]], dtype=bool)]
    return cells.drop(left.index)


def _is_blank(cell: object) -> bool:
    """Return whether a cell holds nothing that can be seen."""
    if isinstance(cell, str):
        return not cell[:1].isalnum() and not clean(cell)
    return bool(pd.isna(cell))


def without_frame(table: RawTable) -> RawTable:
    """Take blank lines, further lines of the head, and totals and sources out of the rows."""
    cells, notes = _without_blank_rows(table.cells), list(table.notes)
    top = cells.head(TITLE_LINES).index
    heads = _heads(cells, list(top))
    said = {str(name): tuple(cells.loc[heads, name].dropna().map(clean)) for name in cells}
    if heads:
        found = f"{_lines(heads, table)} below the first with names, labels or units"
        notes.append(Problem(LINES, "head", found, "Read as parts of the head"))
    cells = cells.drop(heads)
    totals = pd.Series(False, index=cells.index)
    for name in cells.columns[:LEADING]:
        totals |= matching(TOTALS)(cells[name]) == 1.0
    if cells.shape[1] > LEADING:
        totals |= cells.notna().sum(axis=1) < 2  # sources, remarks, counts of rows
    if totals.any():
        found = f"{_lines(cells.index[totals], table)} with totals, means, sources or notes"
        notes.append(Problem(LINES, "rows", found, "Left out: they are no firm-years"))
    renamed = {name: words[0] for name, words in said.items() if UNNAMED.match(name) and words}
    cells = named(cells[~totals].rename(columns=renamed))
    said = {renamed.get(name, name): words for name, words in said.items()}
    return replace(table, cells=cells, titles=said, notes=tuple(notes))


def _heads(cells: pd.DataFrame, top: list[int]) -> list[int]:
    """Return the first lines that are titles, or stand alone in their line above such a one."""
    titles = [_is_title(cells.loc[row]) for row in top]
    last = max((number for number, title in enumerate(titles, 1) if title), default=0)
    alone = [title or cells.loc[row].count() < 2 for row, title in zip(top, titles, strict=True)]
    return top[: last if all(alone[:last]) else titles.index(False)]


def _is_title(row: pd.Series) -> bool:
    """Return whether a row holds no number and no year, but names of columns or units."""
    texts = as_text(row).dropna()
    if texts.empty or as_numbers(texts).notna().any() or as_years(texts).notna().any():
        return False
    known = [text in NO_UNIT or unit_named(text) or known_as(text) for text in texts]
    return any(known)


def _lines(index: Iterable[int], table: RawTable) -> str:
    rows = [str(row + table.first_row) for row in index]
    return f"line {rows[0]}" if len(rows) == 1 else f"lines {', '.join(rows)}"
