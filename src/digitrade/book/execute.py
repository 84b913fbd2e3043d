"""Execute one chapter: jupytext, papermill, noise stripped, and only then put in place."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from digitrade.book.chapters import Chapter, Outputs
from digitrade.book.conditions import ConditionError, keep_what_is_true
from digitrade.book.estimates import every_number
from digitrade.book.provenance import (
    Inputs,
    hide_folders,
    provenance_cell,
    reader_cell,
    shown_values,
    write_manifest,
    write_whole,
)
from digitrade.data.paths import write_log

ANSI = re.compile(r"\x1b\[[0-9;]*m")
QUIET_KERNEL = "--log-level=CRITICAL"  # it reports its own shutdown as an error
# Sums in another order differ in the last digit: chapters run side by side, not their algebra.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
# What a chapter gives must not hang on a reader's surroundings: another environment's "python3",
# start-up files, settings of Matplotlib, a time zone, a language.
SURROUNDINGS = {
    "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
    "MATPLOTLIBRC": os.devnull,
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "PYTHONSTARTUP": "",
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "",
    "LC_ALL": "C",
    "TZ": "UTC",
}
DEAD = "Its Python was ended from outside: often the machine ran out of memory. Try fewer jobs."
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
    os.environ.update(ONE_THREAD | SURROUNDINGS)
    notebook = jupytext.read(job.chapter.source)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    try:
        with tempfile.TemporaryDirectory(prefix="digitrade-") as os.environ["IPYTHONDIR"]:
            at = {"cwd": str(job.chapter.root), "kernel_name": KERNEL["name"]}
            quiet = {"progress_bar": False, "extra_arguments": [QUIET_KERNEL]}
            executed = papermill.execute_notebook(notebook, None, dict(job.changed), **at, **quiet)
    except PapermillExecutionError as error:
        return job.chapter.name, _failure_report(job.chapter, error)
    except DeadKernelError:
        return job.chapter.name, DEAD
    try:
        finished = _finished(executed, job)
    except ConditionError as error:
        return job.chapter.name, f"{job.chapter.source.name}: {error}"
    estimates = every_number(finished, job.chapter, shown_values(job.inputs.parameters))
    job.outputs.notebook.parent.mkdir(parents=True, exist_ok=True)
    write_whole(job.outputs.notebook, nbformat.writes(finished) + "\n")
    write_whole(job.outputs.estimates, estimates.to_csv(index=False, lineterminator="\n"))
    write_manifest(job.outputs, job.inputs, time.perf_counter() - start)
    return job.chapter.name, ""


def _failure_report(chapter: Chapter, error: PapermillExecutionError) -> str:
    """Return the failed cell and what it raised; its traceback goes to a log."""
    source = "\n".join(f"    {line}" for line in error.source.strip().splitlines())
    log = write_log(f"{chapter.name}\n{ANSI.sub('', chr(10).join(error.traceback))}\n")
    what = f"{error.ename}: {ANSI.sub('', error.evalue)}"
    return (
        f"{chapter.source.name}, cell {error.exec_count}:\n\n{source}\n\n{what}\n\n"
        f"The steps that led there are in {log}"
    )


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
