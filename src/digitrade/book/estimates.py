"""Every number of an executed notebook as rows of one table: records, tables, sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from digitrade.book.chapters import Chapter
from digitrade.book.conditions import outputs
from digitrade.data.records import HEADER, RECORD_PREFIX, RECORD_TYPE, TIDY

TEXT = "text"  # the exhibit of numbers in sentences
GLUED = "application/papermill.record/text/plain"
SOURCE = re.compile(r"\b(print(?=ed|s)|twin|truth|yours|public)", re.IGNORECASE)
TABLE = re.compile(r":::\{table\} (?P<caption>.*)\n:name: (?P<name>\S+)\n\n(?P<lines>(?:\|.*\n)+)")
EDGE = re.compile(r"(?<!\\)\|")
NUMBER = r"(-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)"
BEFORE = "(?:<|± |up to |beyond |below |at least |at most )?"
PARTS = re.compile("; | → | / | or ")
CELLS = (  # what a part of a cell may look like, and which columns its numbers are
    (rf"{NUMBER} to {NUMBER}(?:, gaps)?", ("conf_low", "conf_high")),
    (rf"\({NUMBER}\)", ("std_error",)),
    (rf"N {NUMBER}(?:, \d+ \w+)?", ("n_obs",)),
    (
        rf"{BEFORE}{NUMBER}(?:\*{{1,3}}|\s?%)?(?: \({NUMBER}\))?"
        rf"(?: \[{NUMBER}(?:,| to) {NUMBER}\])?(?:, p [=<] {NUMBER})?(?:, {NUMBER} rows)?",
        ("estimate", "std_error", "conf_low", "conf_high", "p_value", "n_obs"),
    ),
)
NO_LABEL = re.compile(r"\**|not (?:reported|shipped|tested|estimable)")


def every_number(
    notebook: NotebookNode, chapter: Chapter, parameters: Mapping[str, Any]
) -> pd.DataFrame:
    """Return recorded rows, then cells of tables as printed, then numbers glued into sentences."""
    tables: list[dict[str, Any]] = []
    glued: dict[str, float] = {}
    frames = [pd.DataFrame(columns=HEADER)]
    for name, data in outputs(notebook):
        if name.startswith(RECORD_PREFIX):
            frames.append(_recorded(name.removeprefix(RECORD_PREFIX), data))
        elif name:
            with suppress(ValueError):
                glued[name] = float(data.get(GLUED, ""))
        elif found := TABLE.search(data.get("text/markdown", "")):
            tables += _cells(**found.groupdict())
    text = [{"exhibit": TEXT, "term": name, "estimate": value} for name, value in glued.items()]
    rows = pd.concat([*frames, pd.DataFrame(tables + text)], ignore_index=True)
    rows["study"], rows["chapter"] = chapter.name.split("/", 1)
    rows["parameters"] = json.dumps(dict(parameters), ensure_ascii=False, separators=(",", ":"))
    rows["n_obs"] = pd.to_numeric(rows["n_obs"]).round().astype("Int64")
    return rows


def _recorded(exhibit: str, data: Mapping[str, Any]) -> pd.DataFrame:
    """Return a record; the columns of text that lead it are its specification."""
    content = next(value for key, value in data.items() if key.endswith(RECORD_TYPE))
    content = json.loads(content) if isinstance(content, str) else content
    rows = pd.DataFrame(content["data"], columns=content["columns"])
    before = list(rows)[: min(list(rows).index(name) for name in TIDY)]
    told = rows[before].drop(columns="source", errors="ignore").select_dtypes(exclude="number")
    if "specification" not in rows:
        rows["specification"] = [_joined(words) for words in told.fillna("").to_numpy()]
    named = rows["source"].fillna("") if "source" in rows else [exhibit] * len(rows)
    rows["source"] = [source_of(text) for text in named]
    rows.insert(0, "exhibit", exhibit)
    return rows


def _cells(caption: str, name: str, lines: str) -> Iterator[dict[str, Any]]:
    """Return the numbers of a table in MyST: a row a cell or part of one, its head as the term."""
    split = [[cell.strip() for cell in EDGE.split(line)[1:-1]] for line in lines.splitlines()]
    head, _, *body = ([cell.replace("\\", "") for cell in line] for line in split)
    cells = pd.DataFrame(body, columns=range(len(head)))
    numbers = cells.map(_numbers)
    told = [column for column in cells if column == 0 or not numbers[column].any()]
    labels = cells[told].replace("", pd.NA).ffill().fillna("")
    for i, row in labels.iterrows():
        words = [word for word in row if not NO_LABEL.fullmatch(word)]
        for column in cells.columns.difference(told):
            parts = numbers.loc[i, column]
            for k, found in enumerate(parts, 1):
                yield {
                    "exhibit": name,
                    "source": source_of(head[column], *words, caption),
                    "specification": _joined(words),
                    "term": f"{head[column]}, {k}" if len(parts) > 1 else head[column],
                    **found,
                    "shown": cells.loc[i, column],
                }


def _numbers(cell: str) -> list[dict[str, float]]:
    """Return the numbers of each part of a cell, by tidy name; none if there are other words."""
    parts = [_part(part) for part in PARTS.split(cell.replace("−", "-"))]
    return parts if all(parts) else []


def _part(text: str) -> dict[str, float]:
    for pattern, names in CELLS:
        if found := re.fullmatch(pattern, text):
            told = zip(names, found.groups(), strict=True)
            return {name: float(number.replace(",", "")) for name, number in told if number}
    return {}


def source_of(*texts: str) -> str:
    """Return the source that the first text to name any names, unless it names several."""
    for text in texts:
        named = {word.casefold() for word in SOURCE.findall(text)}
        if named:
            return {"print": "printed"}.get(word := named.pop(), word) if len(named) == 1 else ""
    return ""


def _joined(words: Iterable[Any]) -> str:
    return ", ".join(str(word) for word in words if str(word))
