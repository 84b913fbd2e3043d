"""Build the book: run what changed, then set the pages; replace them only if all went well."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import joblib
import nbformat
import yaml
from tqdm import tqdm

from digitrade.book.chapters import Chapter, Outputs, all_chapters, find_chapter
from digitrade.book.execute import BUILD, RUN, Job, Outcome, execute, scratch_folder
from digitrade.book.manifest import Inputs, digest_files, is_current, shipped_files
from digitrade.book.parameters import (
    check_parameters,
    names_file,
    read_parameters,
    with_full_paths,
)
from digitrade.data import check_shipped_data
from digitrade.data.reader import load_extract
from digitrade.studies.pilot_zones.sources import own_panel

STRICT = ("-W", "-n", "--keep-going")
LOG_TAIL = 40
REFERENCES = (
    "## References\n\n```{bibliography}\n:style: plain\n:filter: docname in docnames\n```\n"
)


class BuildError(RuntimeError):
    """A build that did not come to its end; the last good pages are still in place."""


OF_THE_BUILD = (
    "The pages in _build/html are those of the last good build. Correct the cell and start the "
    "build again: chapters that ran are not run again."
)
OF_THE_RUN = (
    "Nothing was written; a former run with these parameters is still there. The cell's message "
    "says what is wrong: another parameter, or a row of your own file, if you gave one."
)


def build(root: Path, *, jobs: int = -1, say: Callable[[str], None] = print) -> Path:
    """Build the whole book and return the page to open.

    Parameters
    ----------
    root
        The project's top folder.
    jobs
        Chapters to run at the same time; -1 for as many as there are cores.
    say
        Where messages go.

    Returns
    -------
    pathlib.Path
        ``_build/html/index.html``.

    Raises
    ------
    digitrade.data.codebook.DataError
        If a shipped table is not what its codebook says; nothing has run then.
    BuildError
        If a chapter fails or a page draws a warning. What was there before stays.
    """
    check_shipped_data()
    chapters = all_chapters(root)
    stale = [job for job in map(book_job, chapters) if not is_current(job.outputs, job.inputs)]
    say(f"{len(chapters)} chapters, {len(stale)} to run")
    try:
        report_failures(run_jobs(stale, jobs), OF_THE_BUILD)
    finally:
        shutil.rmtree(root / "_build" / "scratch" / BUILD, ignore_errors=True)
    remove_orphans(root, chapters)
    return set_pages(root, say)


def book_job(chapter: Chapter) -> Job:
    """Return the job that runs a chapter as the book has it."""
    values = {one.name: one.default for one in declared_parameters(chapter)}
    return Job(chapter, Inputs.of(chapter, values), Outputs.in_book(chapter), {})


def declared_parameters(chapter: Chapter) -> list[Any]:
    """Return a chapter's parameters as its notebook declares them."""
    with scratch_folder(chapter.root, RUN) as folder:
        return read_parameters(chapter, Path(folder) / "inspected.ipynb")


def run_jobs(jobs: list[Job], workers: int) -> list[Outcome]:
    """Execute jobs side by side, with a progress bar, and return how each ended."""
    if not jobs:
        return []
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    finished = parallel(joblib.delayed(execute)(job) for job in jobs)
    bar = tqdm(finished, total=len(jobs), desc="Running chapters", unit="chapter")
    outcomes = []
    for outcome in bar:
        bar.set_postfix_str(outcome.chapter)
        outcomes.append(outcome)
    return sorted(outcomes, key=lambda one: one.chapter)


def report_failures(outcomes: Iterable[Outcome], advice: str) -> None:
    """Raise with every failed cell and the advice, if any chapter failed."""
    failed = [one for one in outcomes if one.failure]
    if failed:
        reports = "\n\n".join(f"== {one.chapter}\n{one.failure}" for one in failed)
        raise BuildError(f"{reports}\n\n{len(failed)} of the chapters failed. {advice}")


def remove_orphans(root: Path, chapters: Iterable[Chapter]) -> None:
    """Remove what chapters left that are no longer there."""
    kept = {path for one in chapters for path in _files(Outputs.in_book(one))}
    folder = root / "book" / "chapters"
    for path in [path for path in folder.rglob("*") if path.is_file() and path not in kept]:
        path.unlink()


def _files(outputs: Outputs) -> tuple[Path, Path, Path]:
    return outputs.notebook, outputs.estimates, outputs.manifest


def set_pages(root: Path, say: Callable[[str], None]) -> Path:
    """Set all pages in ``_build/draft`` and move them to ``_build/html`` if none warns.

    Nothing is done if what the pages are made of is as it was. Otherwise all of them are
    set anew: Sphinx alone would leave old neighbours and contents on pages that did not
    change, and would not warn again about a page that it has already read.
    """
    start = time.perf_counter()
    draft, target = root / "_build" / "draft", root / "_build" / "html"
    key, marker = digest_files(page_sources(root), root), root / "_build" / "pages.sha256"
    if (target / "index.html").exists() and marker.exists() and marker.read_text() == key:
        say("Pages are current")
        return target / "index.html"
    try:
        log = jupyter_book(root, draft, *STRICT)
        if log.returncode == 0:
            replace_folder(draft / "_build" / "html", target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if log.returncode != 0:
        raise BuildError(
            f"{tail(log)}\n\nThe pages in _build/html are those of the last good build."
        )
    marker.write_text(key)
    say(f"Pages set in {time.perf_counter() - start:.0f} s")
    return target / "index.html"


def page_sources(root: Path) -> list[Path]:
    """Return every file that the pages are made of or link to."""
    files = [root / name for name in ("_config.yml", "_toc.yml", "requirements.lock")]
    for folder in ("book", "notebooks"):
        files += [path for path in (root / folder).rglob("*") if path.is_file()]
    files += shipped_files(root)
    made = (".manifest.json", ".pyc", ".draft")
    return [path for path in files if path.exists() and not path.name.endswith(made)]


def jupyter_book(source: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Jupyter Book on a folder, in a locale and time zone of its own."""
    command = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", str(source), "--path-output", str(output), "--quiet", *options]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-c", command, *arguments],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def tail(log: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what a command printed, warnings first in mind."""
    lines = (log.stdout + log.stderr).strip().splitlines()
    warnings = [line for line in lines if "WARNING" in line or "ERROR" in line]
    return "\n".join(warnings or lines[-LOG_TAIL:])


def replace_folder(new: Path, target: Path) -> None:
    """Copy a folder beside the target, then swap the two."""
    fresh, old = target.with_name("html.new"), target.with_name("html.old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(new, fresh)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def run_chapter(root: Path, name: str, given: Mapping[str, Any]) -> tuple[Path, bool]:
    """Run one chapter with a reader's parameters, outside the book.

    Parameters
    ----------
    root
        The project's top folder.
    name
        The chapter, or a unique ending of its name.
    given
        Parameters by name; text is read as the parameter's type. A file counts from the
        working folder, then from the project's.

    Returns
    -------
    folder : pathlib.Path
        ``runs/<chapter>/<parameters-hash>``.
    fresh : bool
        Whether it was run now rather than found there.

    Raises
    ------
    digitrade.book.chapters.UnknownChapterError, digitrade.book.parameters.ParameterError
        Before anything runs.
    FileNotFoundError, digitrade.data.reader.ExtractError
        Before anything runs: a file of the reader's that is not there, or that the chapters
        cannot run on.
    BuildError
        If a cell fails; a former run with these parameters stays in place.
    """
    chapter = find_chapter(name, root)
    declared = declared_parameters(chapter)
    values = with_full_paths(check_parameters(chapter, declared, given))
    check_shipped_data()
    inputs = Inputs.of(chapter, values)
    folder = root / "runs" / chapter.name / inputs.parameters_key
    outputs = Outputs.in_folder(folder)
    if is_current(outputs, inputs) and (folder / "page.html").exists():
        return folder, False
    refuse_wrong_extracts(values)
    changed = {one.name: values[one.name] for one in declared if values[one.name] != one.default}
    report_failures([execute(Job(chapter, inputs, outputs, changed))], OF_THE_RUN)
    set_run_page(root, chapter, folder)
    return folder, True


def refuse_wrong_extracts(values: Mapping[str, Any]) -> None:
    """Raise if a reader's extract has a problem, or no baseline, before anything runs."""
    for name, value in values.items():
        if not names_file(name) or not value:
            continue
        if {"approved_by", "rule"} <= set(values):
            own_panel(value, approved_by=values["approved_by"], rule=values["rule"])
        else:
            load_extract(value)


def set_run_page(root: Path, chapter: Chapter, folder: Path) -> None:
    """Set the page of a reader's run, in the look of the book.

    ``runs`` becomes a small site: styles and scripts are kept once, in ``runs/_static``.
    """
    place = folder.relative_to(root / "runs")
    with scratch_folder(root, RUN) as name:
        source = Path(name) / "source"
        for part in ("_config.yml", "book/_ext", "book/assets", "book/references.bib"):
            _copy(root / part, source / part)
        with_references(folder / "notebook.ipynb", source / place / "page.ipynb")
        for file in ("notebook.ipynb", "estimates.csv"):
            _copy(folder / file, source / place / file)
        _copy(chapter.source, source / place / chapter.source.name)
        toc = {"format": "jb-book", "root": (place / "page").as_posix()}
        (source / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
        log = jupyter_book(source, Path(name) / "output")
        html = Path(name) / "output" / "_build" / "html"
        if not (html / place / "page.html").exists():
            raise BuildError(
                f"{tail(log)}\n\nThe notebook ran ({folder}), but its page was not set."
            )
        shutil.copytree(html, root / "runs", dirs_exist_ok=True)


def with_references(notebook: Path, page: Path) -> None:
    """Write a notebook with the works it cites at its end, as the book has them on a page."""
    content = nbformat.read(notebook, as_version=4)
    content.cells.append(nbformat.v4.new_markdown_cell(REFERENCES, id="references"))
    page.parent.mkdir(parents=True)
    nbformat.write(content, page)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)
