"""The sections the runner adds: where a page comes from, and whose run it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from digitrade.book.chapters import Chapter, Outputs
from digitrade.book.manifest import COLUMN_MAP, SHORT, Inputs
from digitrade.book.parameters import names_file
from digitrade.data import load_studies

PROVENANCE = """\
## Provenance

:::{{admonition}} Where this page comes from
:class: provenance

Parameters
: {parameters}

Data
: the tables in `data/`, SHA-256 `{data}…`{files}

Code
: notebook `{notebook}…`, package `{source}…` (SHA-256); {versions}

Seed
: {seed}

Downloads
: {{download}}`notebook as text (.py) <{text}>` ·
  {{download}}`executed notebook (.ipynb) <{executed}>` ·
  {{download}}`estimates (.csv) <{estimates}>`

Cite
: {citation}
:::

Run this chapter with other parameters, and see which there are:

```bash
.venv/bin/digitrade params {chapter}
.venv/bin/digitrade run {chapter} {example}
```
"""

READER = """\
:::{{admonition}} A reader's run, not the page of the book
:class: reader-run

Changed here: {changed}. The prose was written for the book's own parameters; numbers in it are
those of this run.{own}
:::
"""

OWN = """ Rows, columns and panels called *yours* rest on your own file, also where a caption
says *twin*; a cell of yours is blank where your file cannot fill it. Sentences give the twin's
numbers."""


def provenance_cell(chapter: Chapter, inputs: Inputs, outputs: Outputs) -> NotebookNode:
    """Return the last section of a chapter."""
    text = PROVENANCE.format(
        parameters=_assignments(inputs.parameters),
        data=inputs.data[:SHORT],
        files=_files(inputs),
        notebook=inputs.notebook[:SHORT],
        source=inputs.source[:SHORT],
        versions=", ".join(f"{name} {number}" for name, number in inputs.versions.items()),
        seed=_seed(inputs.parameters),
        text=_link(chapter, outputs, chapter.source.name),
        executed=outputs.notebook.name,
        estimates=outputs.estimates.name,
        citation=_citation(chapter, inputs),
        chapter=chapter.name,
        example=_example(inputs.parameters),
    )
    return nbformat.v4.new_markdown_cell(text)


def reader_cell(changed: Mapping[str, Any]) -> NotebookNode:
    """Return the note that tells a reader's run from the book's page."""
    own = OWN if any(names_file(name) and value for name, value in changed.items()) else ""
    return nbformat.v4.new_markdown_cell(READER.format(changed=_assignments(changed), own=own))


def hide_folders(notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """Leave, in the cell that papermill adds, the name of a reader's file without its folders."""
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            lines = cell.source.splitlines()
            cell.source = "\n".join(_without_folders(line, parameters) for line in lines)


def _without_folders(line: str, parameters: Mapping[str, Any]) -> str:
    name = line.split(" = ")[0]
    return f"{name} = {_shown(name, parameters[name])!r}" if names_file(name) else line


def _shown(name: str, value: Any) -> Any:
    """Return a value as a page may show it: of a file, the name only."""
    return Path(value).name if names_file(name) and value else value


def _assignments(parameters: Mapping[str, Any]) -> str:
    shown = [f"`{name} = {_shown(name, value)!r}`" for name, value in parameters.items()]
    return ", ".join(shown) or "none"


def _files(inputs: Inputs) -> str:
    """Return the reader's own files with their checksums, if there are any."""
    shown = []
    for name, digest in inputs.files.items():
        path = Path(inputs.parameters[name.removesuffix(COLUMN_MAP)])
        what = "the column map beside it" if name.endswith(COLUMN_MAP) else f"`{path.name}`"
        shown.append(f"{what}, SHA-256 `{digest[:SHORT]}…`")
    return f"; your own file {', '.join(shown)}" if shown else ""


def _seed(parameters: Mapping[str, Any]) -> str:
    """Return the value of ``seed``, and of every parameter whose name ends in it."""
    named = [name for name in parameters if name == "seed" or name.endswith("_seed")]
    shown = [
        f"`{parameters[name]}`" if name == "seed" else f"`{name} = {parameters[name]}`"
        for name in named
    ]
    return ", ".join(shown) or "none: nothing here is drawn"


def _link(chapter: Chapter, outputs: Outputs, name: str) -> str:
    """Return the source as the page finds it: from the top of the book, or beside it."""
    in_book = outputs.notebook.is_relative_to(chapter.root / "book")
    return f"/notebooks/{chapter.name}.py" if in_book else name


def _citation(chapter: Chapter, inputs: Inputs) -> str:
    studies = load_studies().set_index("study")
    book = f"*digitrade*, version {inputs.versions['digitrade']}, chapter “{chapter.title()}”"
    if chapter.part not in studies.index:
        return f"{book}."
    study = studies.loc[chapter.part]
    return (
        f"{study['authors']} ({study['year']}). {study['title']}. *{study['journal']}*. "
        f"<https://doi.org/{study['doi']}>. Re-done in {book}."
    )


def _example(parameters: Mapping[str, Any]) -> str:
    """Return an option that changes one parameter to another value it can take."""
    files = [name for name in parameters if names_file(name)]
    if files:
        return f"-p {files[0]} mine.csv"
    if "first_year" in parameters:
        return f"-p first_year {parameters['first_year'] + 1}"
    name, value = next(iter(parameters.items()))
    return f"-p {name} {value}"
