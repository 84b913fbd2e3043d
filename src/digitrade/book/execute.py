"""Execute one chapter: jupytext, papermill, noise stripped, and only then put in place."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pandas as pd
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from digitrade.book.chapters import Chapter, Outputs
from digitrade.book.manifest import Inputs, write_manifest
from digitrade.book.provenance import hide_folders, provenance_cell, reader_cell
from digitrade.data.records import RECORD_PREFIX, RECORD_TYPE, TIDY

ANSI = re.compile(r"\x1b\[[0-9;]*m")
QUIET_KERNEL = "--log-level=CRITICAL"  # it reports its own shutdown as an error
# Sums in another order differ in the last digit: chapters run side by side, not their algebra.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
BUILD, RUN = "build", "run"  # who drafts


@dataclass(frozen=True, slots=True)
class Job:
    """One execution: a chapter, what it rests on, and where its files go.

    Attributes
    ----------
    chapter, inputs, outputs
        What is run, with what, and where it goes.
    changed
        The parameters that differ from the book's, for papermill to inject.
    """

    chapter: Chapter
    inputs: Inputs
    outputs: Outputs
    changed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: ``failure`` is empty if all went well."""

    chapter: str
    seconds: float
    failure: str = ""


def execute(job: Job) -> Outcome:
    """Run a chapter to a draft and put it in place if every cell ran.

    Whatever goes wrong, the files of the last good run stay as they are.
    """
    start = time.perf_counter()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    os.environ.update(ONE_THREAD)
    root = job.chapter.root
    in_book = job.outputs.notebook.is_relative_to(root / "book")
    with scratch_folder(root, BUILD if in_book else RUN) as folder:
        draft = Path(folder) / "draft.ipynb"
        write_unexecuted(job.chapter, draft)
        try:
            papermill.execute_notebook(
                str(draft),
                str(draft),
                parameters=dict(job.changed),
                cwd=str(job.chapter.root),
                progress_bar=False,
                kernel_name=KERNEL["name"],
                extra_arguments=[QUIET_KERNEL],
            )
        except PapermillExecutionError as error:
            seconds = time.perf_counter() - start
            return Outcome(job.chapter.name, seconds, failure_report(job.chapter, error))
        notebook = nbformat.read(draft, as_version=4)
    seconds = time.perf_counter() - start
    put_in_place(job, finish(notebook, job), seconds)
    return Outcome(job.chapter.name, seconds)


def scratch_folder(root: Path, use: str) -> tempfile.TemporaryDirectory[str]:
    """Return a folder for drafts that is gone after use, below ``_build/scratch``.

    A build and the runs of readers have a place each, so that neither clears the other's.
    """
    place = root / "_build" / "scratch" / use
    place.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=place)


def write_unexecuted(chapter: Chapter, path: Path) -> None:
    """Write the notebook as ``.ipynb``, bound to the Python that runs this."""
    notebook = chapter.read()
    notebook.metadata["kernelspec"] = dict(KERNEL)
    jupytext.write(notebook, path)


def failure_report(chapter: Chapter, error: PapermillExecutionError) -> str:
    """Return the failed cell and its own traceback, without the runner's."""
    source = "\n".join(f"    {line}" for line in error.source.strip().splitlines())
    trace = ANSI.sub("", "\n".join(error.traceback))
    return f"{chapter.source.name}, cell {error.exec_count}:\n\n{source}\n\n{trace}"


def finish(notebook: NotebookNode, job: Job) -> NotebookNode:
    """Strip what differs from run to run and add the provenance section."""
    strip_noise(notebook)
    hide_folders(notebook, job.inputs.parameters)
    if job.changed:
        notebook.cells.insert(1, reader_cell(job.changed))
    notebook.cells.append(provenance_cell(job.chapter, job.inputs, job.outputs))
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:03d}"
    return notebook


def strip_noise(notebook: NotebookNode) -> None:
    """Drop time stamps and machine details, in place."""
    notebook.metadata = NotebookNode(
        {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)


def recorded_estimates(notebook: NotebookNode) -> pd.DataFrame:
    """Collect the tidy rows that :func:`digitrade.exhibits.glue.record` left in a notebook.

    What leads the tidy columns in the first exhibit leads them all; the others follow.
    """
    frames = []
    for output in (one for cell in notebook.cells for one in cell.get("outputs", [])):
        name = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
        if name.startswith(RECORD_PREFIX):
            content = next(v for k, v in output["data"].items() if k.endswith(RECORD_TYPE))
            content = json.loads(content) if isinstance(content, str) else content
            rows = pd.DataFrame(content["data"], columns=content["columns"])
            rows.insert(0, "exhibit", name.removeprefix(RECORD_PREFIX))
            frames.append(rows)
    if not frames:
        return pd.DataFrame(columns=["exhibit", *TIDY])
    rows = pd.concat(frames, ignore_index=True)
    others = [name for name in rows if name not in TIDY]
    first = min(list(frames[0]).index(name) for name in TIDY)
    leading = [name for name in others if name in list(frames[0])[:first]]
    return rows[[*leading, *TIDY, *(name for name in others if name not in leading)]]


def put_in_place(job: Job, notebook: NotebookNode, seconds: float) -> None:
    """Write notebook, estimates and manifest, each to a draft that replaces the old file."""
    outputs = job.outputs
    outputs.notebook.parent.mkdir(parents=True, exist_ok=True)
    texts = {
        outputs.notebook: nbformat.writes(notebook) + "\n",
        outputs.estimates: recorded_estimates(notebook).to_csv(index=False, lineterminator="\n"),
    }
    for path, text in texts.items():
        draft = path.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    write_manifest(outputs, job.inputs, seconds)
