"""Cells that a page shows only where they are true, by their tags.

``if:NAME`` and ``unless:NAME`` ask a glued value, or compare it with a number or with another
glued value: ``if:slope_p<0.05``, ``unless:low>high``. Text tagged ``own-run`` holds for the
parameters of the book alone: there it stands in a box, and in a reader's run it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    found = {}
    for output in [output for cell in notebook.cells for output in cell.get("outputs", [])]:
        name = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
        text = next((v for k, v in output.get("data", {}).items() if k.endswith("text/plain")), "")
        if name.isidentifier():
            found[name] = _plain(text)
    return found


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
    true = (
        bool(value) if relation is None else (value < bound if relation == "<" else value > bound)
    )
    return true is (word == "if")


def _bound(text: str, tag: str) -> float:
    value = _plain(text)
    if isinstance(value, str):
        raise ConditionError(f"Tag {tag!r}: no cell glues {text!r}")
    return value
