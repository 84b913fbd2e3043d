"""Repair generated markup that misleads a screen reader or differs from build to build.

Each repair undoes one known fault of the theme or of an extension, and leaves a page in which the
fault is absent, or already repaired, as it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes

REPEATED_IDS = ("exercise-content", "solution-content")  # sphinx-exercise gives them to every box

REPAIRS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # myst-nb: a hyphen stands for the minus of a number in a sentence
        (r'(<span class="pasted-text">)-(?=\d)', "\\1\N{MINUS SIGN}"),
        # myst-nb: the label hides the visible words of a folded cell
        (r'<summary aria-label="Toggle hidden content">', "<summary>"),
        # sphinxcontrib-bibtex: a list whose children are not list items
        (r'(<div class="citation"[^>]*) role="doc-biblioentry"', r'\1 role="listitem"'),
        # pandas, docutils: a head cell that heads nothing
        (r'<th( class="[^"]*")?>(?:<p></p>)?</th>', r"<td\1></td>"),
        # pydata-sphinx-theme: without JavaScript "auto" names no theme, and nothing has a colour
        (r'(<html [^>]*?)\s+data-theme="auto"', r"\1"),
        # pydata-sphinx-theme: labels that differ from what the buttons show
        (r'(<button class="btn search-button-field[^>]*) aria-label="Search"', r"\1"),
        (r'(<i class="theme-switch [^>]*?)\s+title="[^"]*"', r"\1"),
        # pydata-sphinx-theme: the book's title lies outside every landmark
        (
            r'(<div id="pst-primary-sidebar")( class=)',
            r'\1 role="complementary" aria-label="Book"\2',
        ),
        # myst-nb, sphinx-exercise: sheets copied last have a checksum from the second build on
        (r'(/(?:mystnb\.[0-9a-f]+|exercise)\.css)\?v=[0-9a-f]+"', r'\1"'),
    )
)


def repaired(html: str) -> str:
    """A page with every repair made; repairing twice changes nothing more."""
    for pattern, replacement in REPAIRS:
        html = pattern.sub(replacement, html)
    return html


def repair_pages(folder: Path) -> None:
    """Repair every page of a built book in place."""
    for path in sorted(folder.rglob("*.html")):
        if "_static" in path.relative_to(folder).parts:
            continue
        before = path.read_bytes().decode("utf-8")
        after = repaired(before)
        if after != before:
            path.write_bytes(after.encode("utf-8"))


def number_boxes(doctree: nodes.document) -> None:
    """Give the exercises and solutions of a page ids that differ."""
    for name in REPEATED_IDS:
        boxes = [box for box in doctree.findall(nodes.section) if box["ids"] == [name]]
        for number, box in enumerate(boxes, start=1):
            box["ids"] = [f"{name}-{number}"]


def on_doctree_resolved(_app: Any, doctree: nodes.document, _docname: str) -> None:
    """Sphinx event: repair what is still a tree."""
    number_boxes(doctree)


def on_build_finished(app: Any, exception: Exception | None) -> None:
    """Sphinx event: repair the written pages."""
    if exception is None and app.builder.format == "html":
        repair_pages(Path(app.outdir))


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", on_doctree_resolved)
    app.connect("build-finished", on_build_finished)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
