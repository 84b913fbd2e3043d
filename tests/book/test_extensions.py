"""The book's own Sphinx extensions, on trees and strings small enough to read."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from types import SimpleNamespace

import offline
import pytest
import repairs
import side_by_side
from docutils import nodes
from docutils.utils import new_document

FOLDER = Path(__file__).parents[2] / "book"


def cell(*classes: str) -> nodes.container:
    return nodes.container(
        "", nodes.literal_block(text="code"), nb_element="cell_code", classes=["cell", *classes]
    )


def prose(text: str = "Words.") -> nodes.paragraph:
    return nodes.paragraph("", text)


def kinds(*children: nodes.Node) -> list[str]:
    return [row.kind for row in side_by_side.rows(children)]


def test_each_stretch_of_prose_goes_with_the_cells_after_it():
    full = "tag_full-width"
    assert kinds(cell(), prose(), cell(), cell(full), cell(), prose(), cell(full), prose()) == [
        "code",
        "beside",
        "wide",
        "code",
        "spread",
        "prose",
    ]


def document(*children: nodes.Node) -> nodes.document:
    tree = new_document("page")
    tree += nodes.section("", nodes.title("", "Title"), *children, ids=["title"])
    return tree


def pair(tree: nodes.document, output: str = "html") -> None:
    app = SimpleNamespace(builder=SimpleNamespace(format=output))
    side_by_side.on_doctree_resolved(app, tree, "page")


def leaves(tree: nodes.document) -> list[str]:
    return [node.astext() for node in tree.findall(nodes.Text)]


def test_nothing_is_lost_or_moved_out_of_order():
    tree = document(prose("one"), cell(), prose("two"), cell())
    before = leaves(tree)
    pair(tree)
    assert leaves(tree) == before
    assert [row for row in tree.findall(nodes.container) if "pair" in row["classes"]]
    assert tree.next_node(nodes.section)["ids"] == ["title"]


@pytest.mark.parametrize("output", ["latex", "text"])
def test_other_outputs_are_left_alone(output):
    tree = document(prose(), cell())
    before = tree.pformat()
    pair(tree, output)
    assert tree.pformat() == before


def test_a_page_without_cells_is_left_alone():
    tree = document(prose(), prose())
    before = tree.pformat()
    pair(tree)
    assert tree.pformat() == before


REPAIRED = [
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    (
        '<div class="citation" id="a" role="doc-biblioentry"',
        '<div class="citation" id="a" role="listitem"',
    ),
    ('<th class="head"><p></p></th>', '<td class="head"></td>'),
    ('<html lang="en" data-theme="auto">', '<html lang="en">'),
    ('<span class="pasted-text">-0.432</span>', '<span class="pasted-text">−0.432</span>'),
    ("<th>a</th>", "<th>a</th>"),
    ('<span class="pasted-text">a-b</span>', '<span class="pasted-text">a-b</span>'),
]


@pytest.mark.parametrize(("before", "after"), REPAIRED)
def test_markup_is_repaired_once(before, after):
    assert repairs.repaired(before) == after
    assert repairs.repaired(after) == after


def test_boxes_get_ids_that_differ():
    name = repairs.REPEATED_IDS[0]
    tree = document(*(nodes.section("", ids=[name]) for _ in range(3)))
    repairs.number_boxes(tree)
    ids = [one["ids"][0] for one in tree.findall(nodes.section) if name in one["ids"][0]]
    assert len(set(ids)) == 3


def test_scripts_are_kept_once_in_order_and_thebe_is_dropped():
    def script(name, body=""):
        return SimpleNamespace(filename=name, attributes={"body": body})

    assets = [script("a.js"), script("b.js"), script("a.js"), script("sphinx-thebe.js")]
    assert [one.filename for one in offline.kept_assets(assets)] == ["a.js", "b.js"]


def test_mathjax_is_the_file_its_readme_describes():
    folder = FOLDER / "assets" / "mathjax"
    digest = hashlib.sha256((folder / "tex-svg.js").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text("utf-8")
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")


def test_layouts_and_threshold_agree_between_python_script_and_sheet():
    script = (FOLDER / "assets" / "layout.js").read_text("utf-8")
    sheet = (FOLDER / "assets" / "layout.css").read_text("utf-8")
    for value, _ in side_by_side.LAYOUTS:
        assert re.search(rf'["\']{value}["\']', script + sheet)
    assert "1200px" in script
    assert "1200px" in sheet
