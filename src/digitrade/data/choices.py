"""The words that a parameter may be chosen from, read without pandas: refusals come at once."""

from __future__ import annotations

import csv
import re

from digitrade.data.paths import data_folder

KIND_OF_PROVINCE = re.compile("(省|市|(壮族|回族|维吾尔)?自治区)$")


def choices() -> dict[str, tuple[str, ...]]:
    """Return the lists of ``data/choices.csv`` by name."""
    lists: dict[str, tuple[str, ...]] = {}
    for row in _rows("", "choices.csv"):
        lists[row["list"]] = (*lists.get(row["list"], ()), row["choice"])
    return lists


def province_spellings() -> dict[str, str]:
    """Return the English name of a province by every way to write it: ``北京市``, ``北京``."""
    found: dict[str, str] = {}
    for row in _rows("provinces", "provinces.csv"):
        chinese = row["province_zh"]
        spellings = row["province"], chinese, KIND_OF_PROVINCE.sub("", chinese)
        found |= dict.fromkeys(spellings, row["province"])
    return found


def _rows(folder: str, file: str) -> list[dict[str, str]]:
    with (data_folder(folder) / file).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
