"""Cells that a page shows only where they are true, by tags ``if:NAME``, ``unless:low>high``."""

# A tag asks a glued value, or compares it with a number or another glued value. Text tagged
# `own-run` holds for the book's parameters alone: boxed there, left out of a reader's run.

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from digitrade.data.paths import Refusal

OWN_RUN = "own-run"
CONDITION = re.compile(r"(if|unless):(\w+)(?:([<>])(-?[\w.]+))?")
BOX = "::::{{admonition}} In the book's own run\n:class: own-run\n\n{}\n::::"


class ConditionError(Refusal, ValueError):
    """A tag that is no condition, or one that asks a value which no cell glues."""


def keep_what_is_true(notebook: NotebookNode, *, own_run: bool) -> None:
    """Leave out the cells whose condition does not hold; box what holds for the book's run."""
    glued = glued_values(notebook)
    cells = [cell for cell in notebook.cells if all(_holds(tag, glued) for tag in _tags(cell))]
    notebook.cells = [cell for cell in cells if own_run or OWN_RUN not in _tags(cell)]
    for cell in notebook.cells:
        if OWN_RUN in _tags(cell) and cell.cell_type == "markdown":
            cell.source = BOX.format(cell.source)


def glued_values(notebook: NotebookNode) -> dict[str, Any]:
    """Return what an executed notebook glued, by name; numbers and texts as they were."""
    return {
        name: _plain(next((text for kind, text in data.items() if kind.endswith("text/plain")), ""))
        for name, data in outputs(notebook)
        if name.isidentifier()
    }


def outputs(notebook: NotebookNode) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the outputs of an executed notebook: the name under which each is glued, its data."""
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        glued = output.get("metadata", {}).get("scrapbook", {})
        yield glued.get("name", ""), output.get("data", {})


def _plain(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip("'\"")


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _holds(tag: str, glued: Mapping[str, Any]) -> bool:
    """Return whether a tag that is a condition holds; any other tag does."""
    if not tag.startswith(("if:", "unless:")):
        return True
    found = CONDITION.fullmatch(tag)
    if not found:
        raise ConditionError(
            f"Tag {tag!r}: write if:NAME, unless:NAME, if:NAME<0.05 or if:NAME>OTHER"
        )
    word, name, relation, other = found.groups()
    value, bound = (glued[x] if x in glued else _bound(x, tag) for x in (name, other or "0"))
    relations = {None: lambda one, _: bool(one), "<": operator.lt, ">": operator.gt}
    return relations[relation](value, bound) is (word == "if")


def _bound(text: str, tag: str) -> float:
    value = _plain(text)
    if isinstance(value, str):
        raise ConditionError(f"Tag {tag!r}: no cell glues {text!r}")
    return value
