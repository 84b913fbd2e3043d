"""Words of ``data``: how a column is called in print."""

from __future__ import annotations

from functools import cache

import pandas as pd

from digitrade.data.paths import project_root

COUNTED = {"rows", "cells", "firms", "number", "year", "years", "count of words"}
"""Units of heads whose figures are whole numbers."""


@cache
def _table(role: str) -> pd.DataFrame:
    table = pd.read_csv(project_root() / "data" / "labels.csv", dtype=str, keep_default_na=False)
    return table[table["role"] == role].set_index("column")


@cache
def labels(role: str = "variable") -> dict[str, str]:
    """Return the English label of each variable, or of each head that is no variable."""
    return _table(role)["label"].to_dict()


@cache
def counts() -> frozenset[str]:
    """Return the heads whose figures are whole numbers, by their unit."""
    heads = _table("head")
    return frozenset(heads.index[heads["unit"].isin(COUNTED)])


@cache
def probabilities() -> frozenset[str]:
    """Return the heads whose figures are p-values, by their unit."""
    heads = _table("head")
    return frozenset(heads.index[heads["unit"] == "probability"])


def label(column: str) -> str:
    """Return how a variable is called in print; ``name[part]`` is a part of the variable."""
    name, bracket, part = column.partition("[")
    if bracket and name in labels():
        return f"{labels()[name]}, {part.removesuffix(']')}"
    return labels().get(column, column)


def unit(column: str) -> str:
    """Return the unit of a variable as ``data/labels.csv`` has it; empty if it has none."""
    return str(_table("variable")["unit"].get(column, ""))


def head(column: str) -> str:
    """Return the head of a frame's column; words for results are labels as heads only."""
    return labels("head").get(column, label(column))
