"""Words of ``data``: how a column is called in print, and what a parameter may be."""

from __future__ import annotations

from functools import cache

import pandas as pd

from digitrade.data.paths import project_root


@cache
def labels() -> dict[str, str]:
    """Return the English label of each column."""
    table = pd.read_csv(project_root() / "data" / "labels.csv", dtype=str, keep_default_na=False)
    return dict(zip(table["column"], table["label"], strict=True))


def label(column: str) -> str:
    """Return how a column is called in print; ``name[part]`` is a part of the column name."""
    name, bracket, part = column.partition("[")
    if bracket and name in labels():
        return f"{labels()[name]}, {part.removesuffix(']')}"
    return labels().get(column, column)


def choices() -> dict[str, tuple[str, ...]]:
    """Return the lists of words that parameters may be chosen from, by name."""
    table = pd.read_csv(project_root() / "data" / "choices.csv", dtype=str)
    return {str(name): tuple(words) for name, words in table.groupby("list")["choice"]}
