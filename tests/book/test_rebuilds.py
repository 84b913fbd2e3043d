"""The whole book built again: changed, broken, half finished; and runs of a reader's beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from whole_book import change, contents, digitrade, pages

RUN_AGAIN = (
    "digital_finance/02_baseline",
    "digital_finance/05_mechanisms",
    "pilot_zones/02_baseline",
)


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
