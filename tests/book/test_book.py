"""Every page of the whole book: numbers, exhibits, exercises, provenance, banners."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from whole_book import pages

from digitrade.book.chapters import all_chapters
from digitrade.data.paths import STUDIES
from digitrade.data.records import HEADER

SIMULATED = re.compile(r"digitrade\.studies\.\w+\.twin|firm_panels")


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


def test_every_notebook_leaves_tidy_estimates_and_a_manifest(book):
    for one in all_chapters(book):
        stem = book / "book" / "chapters" / one.name
        estimates = pd.read_csv(stem.with_name(f"{stem.name}.estimates.csv"))
        assert list(estimates)[: len(HEADER)] == HEADER
        assert {"text"} < set(estimates["exhibit"]), one.name
        assert set(estimates["source"].dropna()) <= {"printed", "public", "twin", "truth", "yours"}
        manifest = json.loads(stem.with_name(f"{stem.name}.manifest.json").read_text("utf-8"))
        assert manifest["seconds"] > 0
        assert manifest["chapter"] == one.name
    baseline = pd.read_csv(book / "book/chapters/digital_finance/02_baseline.estimates.csv")
    row = baseline.query("exhibit == 'inference' and label == 'clustered'")
    assert row["estimate"].item() == pytest.approx(0.128, abs=5e-4)
    assert row["std_error"].item() == pytest.approx(0.049, abs=5e-4)


def test_every_table_and_sentence_of_a_page_is_in_the_file_of_estimates(book, chapter_pages):
    for name, page in chapter_pages.items():
        file = book / "book" / "chapters" / f"{name}.estimates.csv"
        exhibits = set(pd.read_csv(file)["exhibit"])
        for table in page.select(".cell_output table:not(.dataframe)"):
            if any(cell.get_text(strip=True)[:1].isdigit() for cell in table.select("td")):
                assert table["id"] in exhibits, (name, table["id"])
    estimates = pd.read_csv(book / "book/chapters/digital_finance/02_baseline.estimates.csv")
    told = estimates[estimates["exhibit"] == "text"]
    assert (told["estimate"] - -0.331).abs().min() < 5e-4


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
