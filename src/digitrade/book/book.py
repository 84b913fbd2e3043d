"""Build the book: run what changed, then set the pages; replace them only if all went well."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

import joblib
import nbformat
import yaml
from tqdm import tqdm

from digitrade.book.chapters import (
    Chapter,
    Outputs,
    all_chapters,
    check_parameters,
    find_chapter,
    names_extract,
    read_parameters,
    with_full_paths,
)
from digitrade.book.execute import SURROUNDINGS, Job, execute
from digitrade.book.provenance import Inputs, is_current, shipped_files
from digitrade.data import check_shipped_data
from digitrade.data.cache import digest_files
from digitrade.data.paths import Refusal
from digitrade.data.reader import load_extract
from digitrade.studies.pilot_zones.sources import own_panel

STRICT = ("-W", "-n", "--keep-going")
LOG_TAIL = 40
HTML = Path("_build", "html")
REFERENCES = (
    "## References\n\n```{bibliography}\n:style: plain\n:filter: docname in docnames\n```\n"
)
LAST_GOOD = "The pages in _build/html are those of the last good build."
OF_THE_BUILD = (
    f"{LAST_GOOD} Correct the cell and start the build again: chapters that ran are not run again."
)
OF_THE_RUN = (
    "Nothing was written{former}. The cell's message says what is wrong: another parameter, or a "
    "row of your own file, if you gave one."
)
FORMER = "; a former run with these parameters is still there"


class BuildError(Refusal, RuntimeError):
    """A build that did not come to its end; the last good pages are still in place."""


def build(root: Path, *, jobs: int | None = None, say: Callable[[str], None] = print) -> Path:
    """Build the book and return the page to open; if anything fails, former pages stay."""
    refuse_read_only(root)
    check_shipped_data()
    chapters = all_chapters(root)
    stale = [job for job in map(_book_job, chapters) if not is_current(job.outputs, job.inputs)]
    say(f"{len(chapters)} chapters, {len(stale)} to run")
    _report_failures(_run_jobs(stale, jobs), OF_THE_BUILD)
    kept = {path for chapter in chapters for path in astuple(Outputs.in_book(chapter))}
    for path in (root / "book" / "chapters").rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
    return _set_pages(root, say)


def _book_job(chapter: Chapter) -> Job:
    values = {parameter.name: parameter.default for parameter in read_parameters(chapter)}
    return Job(chapter, Inputs.of(chapter, values), Outputs.in_book(chapter), {})


def _run_jobs(jobs: list[Job], workers: int | None) -> list[tuple[str, str]]:
    """Execute jobs side by side, with a progress bar; return names and failures."""
    if not jobs:
        return []
    workers = min(workers or joblib.cpu_count(), len(jobs))
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    finished = parallel(joblib.delayed(execute)(job) for job in jobs)
    bar = tqdm(finished, total=len(jobs), desc="Running chapters", unit="chapter")
    outcomes = []
    for outcome in bar:
        bar.set_postfix_str(outcome[0])
        outcomes.append(outcome)
    return sorted(outcomes)


def _report_failures(outcomes: Iterable[tuple[str, str]], advice: str) -> None:
    reports = [f"== {name}\n{failure}\n\n" for name, failure in outcomes if failure]
    if reports:
        raise BuildError(f"{''.join(reports)}{len(reports)} of the chapters failed. {advice}")


def _set_pages(root: Path, say: Callable[[str], None]) -> Path:
    """Set all pages in ``_build/draft`` and move them to ``_build/html`` if none warns."""
    # If anything changed all are set anew: Sphinx would leave old neighbours and contents on pages
    # that did not change, and would not warn again about a page that it has already read.
    start = time.perf_counter()
    draft, target = root / "_build" / "draft", root / HTML
    key, marker = digest_files(page_sources(root), root), root / "_build" / "pages.sha256"
    page = target / "index.html"
    if page.exists() and marker.exists() and marker.read_text() == key:
        say("Pages are current")
        return page
    try:
        _replace_folder(_jupyter_book(root, draft, page.name, LAST_GOOD, *STRICT), target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    marker.write_text(key)
    say(f"Pages set in {time.perf_counter() - start:.0f} s")
    return page


def page_sources(root: Path) -> list[Path]:
    """Return every file that the pages are made of or link to."""
    files = [root / name for name in ("_config.yml", "_toc.yml", "requirements-book.lock")]
    for folder in ("book", "notebooks"):
        files += [path for path in (root / folder).rglob("*") if path.is_file()]
    files += shipped_files(root)
    made = (".manifest.json", ".pyc", ".draft")
    return [path for path in files if path.exists() and not path.name.endswith(made)]


def _jupyter_book(source: Path, output: Path, page: str, failed: str, *options: str) -> Path:
    """Set a folder's pages, whatever the reader's surroundings are, and return where they are."""
    command = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", str(source), "--path-output", str(output), "--quiet", *options]
    log = subprocess.run(
        [sys.executable, "-c", command, *arguments],
        cwd=source,
        env=os.environ | SURROUNDINGS,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if (options and log.returncode) or not (output / HTML / page).exists():
        lines = (log.stdout + log.stderr).strip().splitlines()
        warnings = [line for line in lines if "WARNING" in line or "ERROR" in line]
        raise BuildError("\n".join([*(warnings or lines[-LOG_TAIL:]), "", failed]))
    return output / HTML


def _replace_folder(new: Path, target: Path) -> None:
    """Move a folder of the same file system to where another is."""
    old = target.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def run_chapter(root: Path, name: str, given: Mapping[str, Any]) -> tuple[Path, bool]:
    """Run a chapter with a reader's parameters, outside the book; return where, and if only now."""
    chapter = find_chapter(name, root)
    declared = read_parameters(chapter)
    values = with_full_paths(check_parameters(chapter, declared, given))
    check_shipped_data()
    inputs = Inputs.of(chapter, values)
    folder = root / "runs" / chapter.name / inputs.parameters_key
    outputs = Outputs.in_folder(folder)
    if is_current(outputs, inputs) and (folder / "page.html").exists():
        return folder, False
    refuse_read_only(root)
    refuse_wrong_extracts(values)
    changed = {one.name: values[one.name] for one in declared if values[one.name] != one.default}
    advice = OF_THE_RUN.format(former=FORMER if outputs.manifest.exists() else "")
    _report_failures([execute(Job(chapter, inputs, outputs, changed))], advice)
    _set_run_page(root, chapter, folder)
    return folder, True


def refuse_read_only(root: Path) -> None:
    """Raise if nothing can be written into the project, before anything runs."""
    if not os.access(root, os.W_OK):
        raise Refusal(
            f"{root} cannot be written to, and pages and runs go there. Copy the project to a "
            "folder of yours and start the command there."
        )


def refuse_wrong_extracts(values: Mapping[str, Any]) -> None:
    """Raise if a reader's extract has a problem, or no baseline, before anything runs."""
    zones = {name: values[name] for name in ("approved_by", "rule") if name in values}
    for name, value in values.items():
        if names_extract(name) and value:
            if len(zones) == 2:
                own_panel(value, **zones)
            else:
                load_extract(value)


def _set_run_page(root: Path, chapter: Chapter, folder: Path) -> None:
    """Set the page of a reader's run; styles and scripts are kept once, in ``runs/_static``."""
    place = folder.relative_to(root / "runs")
    (root / "_build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / "_build", prefix="run-") as name:
        source = Path(name) / "source"
        for part in ("book/_ext", "book/assets"):
            shutil.copytree(root / part, source / part)
        (source / place).mkdir(parents=True)
        for part in ("_config.yml", "book/references.bib"):
            shutil.copy2(root / part, source / part)
        for path in (folder / "notebook.ipynb", folder / "estimates.csv", chapter.source):
            shutil.copy2(path, source / place / path.name)
        page = nbformat.read(folder / "notebook.ipynb", as_version=4)
        page.cells.append(nbformat.v4.new_markdown_cell(REFERENCES, id="references"))
        nbformat.write(page, source / place / "page.ipynb")
        toc = {"format": "jb-book", "root": (place / "page").as_posix()}
        (source / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
        failed = f"The notebook ran ({folder}), but its page was not set."
        html = _jupyter_book(source, Path(name) / "output", f"{place.as_posix()}/page.html", failed)
        shutil.copytree(html, root / "runs", dirs_exist_ok=True)
