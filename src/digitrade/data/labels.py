"""Words of ``data``: what columns are called in print, and what a parameter is chosen from."""

from __future__ import annotations

import csv
import re
from functools import cache

from digitrade.data.paths import data_folder

# Read without pandas, so that refusals of parameters come at once.
COUNTED = {"rows", "cells", "firms", "number", "year", "years", "count of words"}
"""Units of heads whose figures are whole numbers."""
KIND_OF_PROVINCE = re.compile("(省|市|(壮族|回族|维吾尔)?自治区)$")


def _rows(file: str) -> list[dict[str, str]]:
    with (data_folder("") / file).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def labels(role: str = "variable", column: str = "label") -> dict[str, str]:
    """Return the English label (or the unit) of each variable, or each head that is no variable."""
    return {row["column"]: row[column] for row in _rows("labels.csv") if row["role"] == role}


@cache
def counts() -> frozenset[str]:
    """Return the heads whose figures are whole numbers, by their unit."""
    return frozenset(name for name, unit in labels("head", "unit").items() if unit in COUNTED)


@cache
def probabilities() -> frozenset[str]:
    """Return the heads whose figures are p-values, by their unit."""
    return frozenset(name for name, unit in labels("head", "unit").items() if unit == "probability")


def label(column: str) -> str:
    """Return how a variable is called in print; ``name[part]`` is a part of the variable."""
    name, bracket, part = column.partition("[")
    if bracket and name in labels():
        return f"{labels()[name]}, {part.removesuffix(']')}"
    return labels().get(column, column)


def unit(column: str) -> str:
    """Return the unit of a variable as ``data/labels.csv`` has it; empty if it has none."""
    return labels("variable", "unit").get(column, "")


def head(column: str) -> str:
    """Return the head of a frame's column; words for results are labels as heads only."""
    return labels("head").get(column, label(column))


def choices() -> dict[str, tuple[str, ...]]:
    """Return the lists of ``data/choices.csv`` by name."""
    lists: dict[str, tuple[str, ...]] = {}
    for row in _rows("choices.csv"):
        lists[row["list"]] = (*lists.get(row["list"], ()), row["choice"])
    return lists


def province_spellings() -> dict[str, str]:
    """Return the English name of a province by every way to write it: ``北京市``, ``北京``."""
    found: dict[str, str] = {}
    for row in _rows("provinces/provinces.csv"):
        chinese = row["province_zh"]
        spellings = row["province"], chinese, KIND_OF_PROVINCE.sub("", chinese)
        found |= dict.fromkeys(spellings, row["province"])
    return found
