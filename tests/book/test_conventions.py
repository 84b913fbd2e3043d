"""What all chapters of the studies write alike, held against the notebooks as they stand."""

from __future__ import annotations

import re

import jupytext
import pytest

from digitrade.book.chapters import all_chapters
from digitrade.data.paths import project_root

STUDIES = [
    one for one in all_chapters(project_root()) if one.part in ("digital_finance", "pilot_zones")
]
EFFECTS = {"i": "alpha", "t": "lambda", "c": "kappa"}  # of entities, years and cities
LETTER = re.compile(r"\\(alpha|delta|eta|kappa|lambda|mu|nu|omega|rho)_(?:\{([itc])\}|([itc])\b)")
EQUATION = re.compile(r"```\{math\}.*?```", re.DOTALL)


@pytest.mark.parametrize("chapter", STUDIES, ids=lambda chapter: chapter.name)
def test_one_letter_stands_for_one_effect_in_every_equation(chapter):
    cells = jupytext.read(chapter.source).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    wrong = [
        found[0]
        for equation in EQUATION.findall("\n".join(texts))
        for found in LETTER.finditer(equation)
        if found[1] != EFFECTS[found[2] or found[3]]
    ]
    assert not wrong
