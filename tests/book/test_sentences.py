"""Sentences stay true in other runs: their words come from the numbers that they quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jupytext
import pytest
from in_process import GLUED, filled, parts_of, run_cells, sentences

from digitrade.book.chapters import (
    Chapter,
    Parameter,
    ParameterError,
    all_chapters,
    read_parameters,
)
from digitrade.book.conditions import glued_values
from digitrade.data.paths import project_root
from digitrade.exhibits.phrases import goes, sign, sure
from digitrade.studies.pilot_zones.sources import write_example

OWN_FILE = "the reader's own file"
SETS: Mapping[str, list[dict[str, Any]]] = {
    "digital_finance": [
        {"outcome": "ln_trade", "ingredients": ["openness", "trade_per_head"], "twin_seed": 12},
        {"outcome": "trade_quality", "covariance": "robust", "weighting": "equal", "twin_seed": 13},
        {"outcome": "openness", "first_year": 2013, "twin_seed": 14},
        {"last_year": 2019, "seed": 7, "twin_seed": 15},
        {
            "provinces_excluded": ["Tibet", "Beijing", "Shanghai"],
            "twin_seed": 11,
            "confidence": 0.9,
        },
        {
            "first_year": 2012,
            "instrument": "year-dummies",
            "split_rule": "first-year",
            "weighting": "principal-component",
            "controls": ["urbanisation"],
            "twin_seed": 16,
        },
    ],
    "pilot_zones": [
        {"data_path": OWN_FILE},
        {"twin_seed": 101},
        {"rule": "calendar", "twin_seed": 102},
        {"approved_by": "2018-12-31", "largest": 9, "twin_seed": 103},
        {"covariance": "city", "twin_seed": 7},
        {"twin_seed": 8, "matching": "kernel", "trends": "region", "winsorised": 0.05, "seed": 1},
    ],
}
FEWER = {"draws": (99, 999, 2), "placebo_draws": (99,), "splits": (10,), "exchanges": (19,)}
WORDS = {"_goes": (goes, ""), "_sign": (sign, ""), "_sure": (sure, "_p")}
NOT_A_NUMBER = re.compile(r"\b(nan|None|inf)\b|[−-]0\.0+\b|= 0\.000\b")
CONDITIONAL = re.compile("own-run$|if:|unless:")
VERDICT = re.compile(
    r"\bis (not |in)?significant\b|\bdiffer significantly\b|\b(goes up|goes down)\b"
    r"|\b(rises|falls|rose|fell)\b(?! on\b)|\bdo(es)? not agree\b|\bdisagrees?\b"
    r"|\b(larger|smaller|higher|lower|stronger|weaker) than\b"
)


def runs_of(chapter: Chapter) -> Iterator[dict[str, Any]]:
    """Give the sets of a study that change something in a chapter, each with few draws."""
    declared = {one.name: one for one in read_parameters(chapter)}
    seen: list[dict[str, Any]] = []
    for given in SETS.get(chapter.part, []):
        own = {k: v for k, v in given.items() if k in declared and accepts(declared[k], v)}
        if own and own not in seen:
            seen.append(own)
            yield fewer(declared) | own


def accepts(parameter: Parameter, value: Any) -> bool:
    try:
        return parameter.parse(value) is not None
    except ParameterError:
        return False


def fewer(declared: Mapping[str, Parameter]) -> dict[str, int]:
    """Return the smallest draws that a chapter takes."""
    return {
        name: next(n for n in counts if accepts(declared[name], n))
        for name, counts in FEWER.items()
        if name in declared
    }


STUDIES = [chapter for chapter in all_chapters(project_root()) if chapter.part in SETS]
RUNS = [(chapter, given) for chapter in STUDIES for given in runs_of(chapter)]


@pytest.fixture(scope="session")
def own_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "firms.csv"
    write_example(path, seed=3)
    return path


@pytest.mark.parametrize(
    ("chapter", "given"), RUNS, ids=[f"{c.name}-{'-'.join(map(str, g.values()))}" for c, g in RUNS]
)
def test_every_sentence_of_a_run_has_its_numbers_and_words_from_the_run(chapter, given, own_file):
    changed = {k: str(own_file) if v == OWN_FILE else v for k, v in given.items()}
    notebook = run_cells(chapter.source, changed, chapter.root)
    glued = glued_values(notebook)
    wrong = []
    for sentence in sentences(notebook):
        names = [found["name"] for found in GLUED.finditer(sentence)]
        if absent := [name for name in names if name not in glued]:
            wrong.append(f"not glued: {absent}: {sentence}")
            continue
        if NOT_A_NUMBER.search(filled(sentence, glued)):
            wrong.append(filled(sentence, glued))
        for name in names:
            for ending, (words, of) in WORDS.items():
                base = name.removesuffix(ending)
                if base != name and base + of in glued and glued[name] != words(glued[base + of]):
                    wrong.append(f"{name}: {filled(sentence, glued)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("chapter", STUDIES, ids=lambda chapter: chapter.name)
def test_each_chapter_runs_with_six_other_sets_of_parameters(chapter):
    assert len(list(runs_of(chapter))) >= 6


@pytest.mark.parametrize("chapter", STUDIES, ids=lambda chapter: chapter.name)
def test_no_verdict_beside_a_glued_number_is_typed(chapter):
    notebook = jupytext.read(chapter.source)
    typed = [
        sentence
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and not any(map(CONDITIONAL.match, cell.metadata.get("tags", [])))
        for sentence in parts_of(cell.source)
        if GLUED.search(sentence) and VERDICT.search(GLUED.sub("", sentence))
    ]
    assert not typed, "\n".join(typed)
