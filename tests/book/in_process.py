"""A chapter's cells run in this process with other parameters, and its sentences as on a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import NotebookNode

from digitrade.book.conditions import keep_what_is_true

GLUED = re.compile(r"\{glue:(?:text|md)\}`(?P<name>\w+)(?::(?P<form>[^`]*))?`")
SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z*{$(])|\n\s*\n|\n\s*[-|]")


def run_cells(source: Path, changed: Mapping[str, Any], folder: Path) -> NotebookNode:
    """Execute a notebook with changed parameters in ``folder``; return it as a page shows it."""
    notebook = jupytext.read(source)
    shell = InteractiveShell.instance()
    shell.reset(new_session=True)
    shell.run_line_magic("cd", f"-q {folder}")
    for cell in [cell for cell in notebook.cells if cell.cell_type == "code"]:
        with capture_output() as captured:
            result = shell.run_cell(cell.source, store_history=False)
        if not result.success:
            raise AssertionError(f"{source.name}:\n{cell.source}") from (
                result.error_in_exec or result.error_before_exec
            )
        cell.outputs = [
            nbformat.v4.new_output("display_data", out.data, metadata=out.metadata or {})
            for out in captured.outputs
        ]
        if "parameters" in cell.metadata.get("tags", []):
            shell.push(dict(changed))
    keep_what_is_true(notebook, own_run=not changed)
    return notebook


def sentences(notebook: NotebookNode) -> list[str]:
    """Return the sentences of a notebook that quote a glued value."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [part for text in texts for part in parts_of(text) if GLUED.search(part)]


def parts_of(text: str) -> list[str]:
    """Return the sentences, items and rows of a text in Markdown."""
    return [" ".join(part.split()) for part in SENTENCE.split(text)]


def filled(sentence: str, glued: Mapping[str, Any]) -> str:
    """Return a sentence with its numbers and words in place."""

    def value(found: re.Match[str]) -> str:
        held = glued[found["name"]]
        if (
            isinstance(held, float)
            and held.is_integer()
            and not (found["form"] or "").endswith("f")
        ):
            held = int(held)
        return format(held, found["form"] or "")

    return GLUED.sub(value, sentence)
