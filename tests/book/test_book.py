"""The whole way, in a temporary folder with small draws: build, read, break, build again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from digitrade.book.chapters import all_chapters
from digitrade.data.paths import STUDIES
from digitrade.methods.estimate import TIDY

ROOT = Path(__file__).parents[2]
PARTS = ("_config.yml", "_toc.yml", "book", "data", "notebooks", "src")
CHAPTER = "notebooks/digital_finance/02_baseline.py"
DRAWS = re.compile(r"^((?:\w+_)?draws: int = )\d+", re.MULTILINE)
SMALL = r"\g<1>99"
SIMULATED = re.compile(r"digitrade\.studies\.\w+\.twin|firm_panels")
RUN_AGAIN = (
    "digital_finance/02_baseline",
    "digital_finance/05_mechanisms",
    "pilot_zones/02_baseline",
)


def digitrade(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(
        [sys.executable, "-m", "digitrade", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def change(folder: Path, old: str, new: str, file: str = CHAPTER) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def start(folder: Path) -> Path:
    for part in PARTS:
        if (ROOT / part).is_file():
            shutil.copy(ROOT / part, folder / part)
        else:
            ignored = shutil.ignore_patterns("chapters", "__pycache__", "private", "yours")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for path in (folder / "notebooks").rglob("*.py"):
        path.write_text(DRAWS.sub(SMALL, path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def contents(folder: Path, *patterns: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for pattern in patterns
        for path in folder.rglob(pattern)
    }


def pages(folder: Path) -> dict[str, bytes]:
    return contents(folder / "_build" / "html", "*.html", "*.js", "*.svg", "*.css")


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    folder = start(tmp_path_factory.mktemp("book"))
    built = digitrade(folder, "build", "--jobs", "2")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "_build/html/index.html" in built.stdout.replace("\\", "/")
    return folder


@pytest.fixture
def copy(book, tmp_path) -> Path:
    return shutil.copytree(book, tmp_path / "copy")


@pytest.fixture(scope="module")
def chapter_pages(book) -> dict[str, BeautifulSoup]:
    folder = book / "_build" / "html" / "book" / "chapters"
    return {
        one.name: BeautifulSoup((folder / f"{one.name}.html").read_text("utf-8"), "html.parser")
        for one in all_chapters(book)
    }


@pytest.fixture(scope="module")
def study_pages(chapter_pages) -> dict[str, BeautifulSoup]:
    return {name: page for name, page in chapter_pages.items() if name.startswith(STUDIES)}


def test_a_second_build_executes_nothing(copy):
    before = pages(copy)
    again = digitrade(copy, "build")
    assert again.returncode == 0, again.stderr
    assert ", 0 to run" in again.stdout
    assert "Pages are current" in again.stdout
    assert pages(copy) == before


def test_a_page_that_goes_is_gone_from_its_neighbours_too(copy):
    change(copy, "      - file: book/licences\n", "", "_toc.yml")
    for path in [copy / "book" / name for name in ("index.md", "data_statement.md")]:
        path.write_text(path.read_text("utf-8").replace("{doc}`licences`", "licences"), "utf-8")
    built = digitrade(copy, "build")
    assert built.returncode == 0, built.stderr
    html = copy / "_build" / "html" / "book"
    assert not (html / "licences.html").exists()
    assert "licences.html" not in (html / "report_an_error.html").read_text("utf-8")


def test_chapters_run_again_give_the_same_bytes_whatever_the_jobs(book, copy):
    shutil.rmtree(copy / "_build")
    for name in RUN_AGAIN:
        stem = copy / "book" / "chapters" / name
        for path in stem.parent.glob(f"{stem.name}.*"):
            path.unlink()
    again = digitrade(copy, "build", "--jobs", "1")
    assert f", {len(RUN_AGAIN)} to run" in again.stdout, again.stderr
    assert pages(copy) == pages(book)
    patterns = ("*.ipynb", "*.estimates.csv")
    assert contents(copy / "book" / "chapters", *patterns) == contents(
        book / "book" / "chapters", *patterns
    )


def test_every_notebook_leaves_tidy_estimates_and_a_manifest(book):
    for one in all_chapters(book):
        stem = book / "book" / "chapters" / one.name
        estimates = pd.read_csv(stem.with_name(f"{stem.name}.estimates.csv"))
        assert ["exhibit", *TIDY] == [name for name in estimates if name in ("exhibit", *TIDY)]
        manifest = json.loads(stem.with_name(f"{stem.name}.manifest.json").read_text("utf-8"))
        assert manifest["seconds"] > 0
        assert manifest["chapter"] == one.name
    baseline = pd.read_csv(book / "book/chapters/digital_finance/02_baseline.estimates.csv")
    row = baseline.query("exhibit == 'inference' and label == 'clustered'")
    assert row["estimate"].item() == pytest.approx(0.128, abs=5e-4)
    assert row["std_error"].item() == pytest.approx(0.049, abs=5e-4)


def test_numbers_in_sentences_come_from_the_run(chapter_pages):
    text = chapter_pages["digital_finance/02_baseline"].get_text(" ", strip=True)
    assert re.search(r"With all controls the coefficient is\s+0\.128", text)
    assert "{glue" not in text


def test_no_request_leaves_a_page(book):
    outside = re.compile(rb"(?:src|srcset|data-src)=[\"']?(?:https?:)?//", re.IGNORECASE)
    linked = re.compile(rb"<link[^>]+href=[\"'](?:https?:)?//", re.IGNORECASE)
    imported = re.compile(rb"(?:@import|url\()\s*[\"']?(?:https?:)?//", re.IGNORECASE)
    for name, content in pages(book).items():
        if name.endswith(".html"):
            assert not outside.search(content), name
            assert not linked.search(content), name
        if name.endswith((".css", ".html")):
            assert not imported.search(content), name


def test_figures_have_alternative_texts_and_numbers(chapter_pages, study_pages):
    for name, page in chapter_pages.items():
        figures = page.select("figure")
        assert figures or name not in study_pages, name
        for figure in figures:
            assert len(figure.select_one("img")["alt"]) > 40
            assert figure.select_one(".caption-number")


def test_tables_from_cells_have_numbers_and_captions_above(chapter_pages):
    for name, page in chapter_pages.items():
        tables = page.select(".cell_output table:not(.dataframe)")
        assert tables, name
        for table in tables:
            assert table.select_one("caption .caption-number"), table.get("id")


def test_prose_and_code_are_paired_and_layouts_offered(chapter_pages):
    for page in chapter_pages.values():
        assert page.select(".pair .pair-prose")
        assert page.select(".pair .pair-code")
        values = {item["value"] for item in page.select("input[type=radio][value]")}
        assert {"side", "stacked", "prose"} <= values


def test_every_chapter_ends_with_its_provenance(chapter_pages, study_pages):
    for name, page in chapter_pages.items():
        foot = page.select_one("#provenance").get_text(" ", strip=True)
        for words in ("Parameters", "Seed", "SHA-256", "pandas", f"run {name} -p"):
            assert words in foot, (name, words)
        assert ("doi.org" in foot) == (name in study_pages) == ("data/" in foot), name
        endings = {link["href"].rsplit(".", 1)[-1] for link in page.select("a.download[href]")}
        assert {"py", "ipynb", "csv"} <= endings


def test_exercises_have_folded_executed_solutions(study_pages):
    for name, page in study_pages.items():
        solutions = page.select(".solution.dropdown")
        assert len(page.select(".exercise")) >= 3, name
        assert len(solutions) >= 3, name
        assert all(one.select(".cell_output") for one in solutions), name


def test_nothing_simulated_without_a_banner(book, chapter_pages):
    for one in all_chapters(book):
        uses_twin = bool(SIMULATED.search(one.source.read_text(encoding="utf-8")))
        assert bool(chapter_pages[one.name].select(".simulated-banner")) == uses_twin


def test_a_failing_cell_leaves_the_last_good_page(copy):
    before = pages(copy)
    change(copy, "wild = wild_cluster", "wild = 1 / 0 or wild_cluster")
    failed = digitrade(copy, "build")
    assert failed.returncode == 1
    assert "wild = 1 / 0" in failed.stderr
    assert "ZeroDivisionError: division by zero" in failed.stderr
    assert "papermill" not in failed.stderr
    assert pages(copy) == before
    change(copy, "wild = 1 / 0 or wild_cluster", "wild = wild_cluster")
    mended = digitrade(copy, "build")
    assert ", 0 to run" in mended.stdout
    assert pages(copy) == before


def test_a_page_that_warns_leaves_the_last_good_pages(copy):
    before = pages(copy)
    for _ in range(2):
        change(copy, "# Licences", "# Licences\n\n{ref}`nowhere`\n", "book/licences.md")
        failed = digitrade(copy, "build")
        assert failed.returncode == 1
        assert "nowhere" in failed.stderr
        assert pages(copy) == before


def test_broken_data_stop_the_build_before_anything_runs(copy):
    before = pages(copy)
    path = copy / "data" / "provinces" / "trade.csv"
    lines = [line.rsplit(",", 1)[0] for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join(lines), encoding="utf-8")
    failed = digitrade(copy, "build")
    assert failed.returncode == 1
    assert "column trade_usd_million: not there" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert pages(copy) == before


def test_a_half_finished_build_is_taken_up_again(copy):
    stem = copy / "book" / "chapters" / "digital_finance" / "02_baseline"
    stem.with_name("02_baseline.manifest.json").unlink()
    stem.with_suffix(".draft").write_text("half", encoding="utf-8")
    again = digitrade(copy, "build")
    assert again.returncode == 0, again.stderr
    assert ", 1 to run" in again.stdout
    assert not list((copy / "book").rglob("*.draft"))


def test_a_readers_run_lands_beside_the_book_and_is_found_again(copy):
    before = pages(copy)
    first = digitrade(
        copy, "run", "digital_finance/02_baseline", "-p", "outcome", "ln_trade", "-p", "draws", "99"
    )
    assert first.returncode == 0, first.stderr
    (folder,) = (copy / "runs" / "digital_finance" / "02_baseline").iterdir()
    files = {"notebook.ipynb", "page.html", "estimates.csv", "manifest.json"}
    assert files <= {path.name for path in folder.iterdir()}
    estimates = pd.read_csv(folder / "estimates.csv")
    row = estimates.query("exhibit == 'inference' and label == 'clustered'")
    assert row["estimate"].item() == pytest.approx(-0.432, abs=5e-4)
    page = BeautifulSoup((folder / "page.html").read_text("utf-8"), "html.parser")
    assert "outcome = 'ln_trade'" in page.select_one(".reader-run").get_text()
    for link in page.select("link[rel=stylesheet][href]"):
        assert (folder / link["href"].split("?")[0]).exists(), link["href"]
    again = digitrade(
        copy, "run", "digital_finance/02_baseline", "-p", "draws", "99", "-p", "outcome", "ln_trade"
    )
    assert "Found" in again.stdout
    assert pages(copy) == before


def test_a_failed_run_keeps_the_former_one(copy):
    arguments = ("run", "digital_finance/01_variables", "-p", "first_year", "2012")
    assert digitrade(copy, *arguments).returncode == 0
    before = contents(copy / "runs", "notebook.ipynb", "estimates.csv", "page.html")
    change(
        copy,
        'sample = Sample.of(load_provinces(), "All province-years")',
        "raise RuntimeError('stop here')",
        "notebooks/digital_finance/01_variables.py",
    )
    failed = digitrade(copy, *arguments)
    assert failed.returncode == 1
    assert "RuntimeError: stop here" in failed.stderr
    assert contents(copy / "runs", "notebook.ipynb", "estimates.csv", "page.html") == before


def test_plain_papermill_works_too(copy):
    source = copy / "notebooks" / "digital_finance" / "01_variables.py"
    drafts = copy / "plain.ipynb", copy / "executed.ipynb"
    run = {"cwd": copy, "check": True, "capture_output": True}
    run["env"] = {**os.environ, "PYTHONPATH": str(copy / "src")}
    to_ipynb = [sys.executable, "-m", "jupytext", "--to", "ipynb", source, "-o", drafts[0]]
    subprocess.run(to_ipynb, **run)
    papermill = [sys.executable, "-m", "papermill", *drafts, "-p", "weighting", "equal"]
    subprocess.run(papermill, **run)
    notebook = nbformat.read(drafts[1], as_version=4)
    assert any("injected-parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)
