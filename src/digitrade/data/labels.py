"""How a column is called in print: ``data/labels.csv``, for tables, figures and the dictionary."""

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
