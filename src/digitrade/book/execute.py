"""Execute one chapter: jupytext, papermill, noise stripped, and only then put in place."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
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
from digitrade.book.conditions import ConditionError, keep_what_is_true
from digitrade.book.provenance import (
    Inputs,
    hide_folders,
    provenance_cell,
    reader_cell,
    write_manifest,
    write_whole,
)
from digitrade.data.records import RECORD_PREFIX, RECORD_TYPE, TIDY

ANSI = re.compile(r"\x1b\[[0-9;]*m")
QUIET_KERNEL = "--log-level=CRITICAL"  # it reports its own shutdown as an error
# Sums in another order differ in the last digit: chapters run side by side, not their algebra.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
# "python3" is this Python's kernel, whatever other environments call theirs.
THIS_PYTHON = {"JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter")}
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass(frozen=True, slots=True)
class Job:
    """One execution: a chapter, what it rests on, where it goes, and what differs from the book."""

    chapter: Chapter
    inputs: Inputs
    outputs: Outputs
    changed: Mapping[str, Any]


def execute(job: Job) -> tuple[str, str]:
    """Run a chapter, put it in place if every cell ran, and return its name and its failure."""
    start = time.perf_counter()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    os.environ.update(ONE_THREAD | THIS_PYTHON)
    notebook = jupytext.read(job.chapter.source)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    try:
        executed = papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(job.changed),
            cwd=str(job.chapter.root),
            progress_bar=False,
            kernel_name=KERNEL["name"],
            extra_arguments=[QUIET_KERNEL],
        )
    except PapermillExecutionError as error:
        return job.chapter.name, _failure_report(job.chapter, error)
    try:
        finished = _finished(executed, job)
    except ConditionError as error:
        return job.chapter.name, f"{job.chapter.source.name}: {error}"
    _put_in_place(job, finished, time.perf_counter() - start)
    return job.chapter.name, ""


def _failure_report(chapter: Chapter, error: PapermillExecutionError) -> str:
    """Return the failed cell and its own traceback, without the runner's."""
    source = "\n".join(f"    {line}" for line in error.source.strip().splitlines())
    trace = ANSI.sub("", "\n".join(error.traceback))
    return f"{chapter.source.name}, cell {error.exec_count}:\n\n{source}\n\n{trace}"


def _finished(notebook: NotebookNode, job: Job) -> NotebookNode:
    """Strip what differs from run to run and add the provenance section."""
    language = {"name": "python"}
    notebook.metadata = NotebookNode({"kernelspec": dict(KERNEL), "language_info": language})
    keep_what_is_true(notebook, own_run=not job.changed)
    hide_folders(notebook, job.inputs.parameters)
    if job.changed:
        notebook.cells.insert(1, reader_cell(job.changed))
    notebook.cells.append(provenance_cell(job.chapter, job.inputs, job.outputs))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
    return notebook


def recorded_estimates(notebook: NotebookNode) -> pd.DataFrame:
    """Collect the tidy rows of a notebook; what leads them in its first exhibit leads them all."""
    frames = []
    for output in [output for cell in notebook.cells for output in cell.get("outputs", [])]:
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
    leading = list(frames[0])[: min(list(frames[0]).index(name) for name in TIDY)]
    return rows[list(dict.fromkeys([*leading, *TIDY, *rows]))]


def _put_in_place(job: Job, notebook: NotebookNode, seconds: float) -> None:
    """Write notebook, estimates and manifest, each to a draft that replaces the old file."""
    outputs = job.outputs
    outputs.notebook.parent.mkdir(parents=True, exist_ok=True)
    estimates = recorded_estimates(notebook).to_csv(index=False, lineterminator="\n")
    write_whole(outputs.notebook, nbformat.writes(notebook) + "\n")
    write_whole(outputs.estimates, estimates)
    write_manifest(outputs, job.inputs, seconds)
