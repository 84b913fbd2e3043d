"""Set each stretch of prose beside the code that follows it (HTML only).

A chapter is a sequence of prose and code cells. In every section the children are grouped into
rows, a stretch of prose and the run of cells after it, and each row becomes a ``pair`` container
with one or two columns. What a row looks like is left to ``layout.css``; which of the layouts is
shown, to ``layout.js``. Nodes are moved, never copied or changed, so ids and numbers stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes

LAYOUTS = (
    ("side", "Side by side"),
    ("stacked", "Stacked"),
    ("prose", "Prose only"),
)
FULL_WIDTH = "tag_full-width"
BRIEF = 700  # characters of prose that fit a laptop's screen beside their code

Nodes = tuple[nodes.Node, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of prose and the cells to set beside it; either may be empty."""

    prose: Nodes = ()
    cells: Nodes = ()

    @property
    def kind(self) -> str:
        """One of ``prose``, ``code``, ``beside``, ``wide``, ``spread``.

        ``wide`` is a full-width cell alone. ``spread`` is one with prose before it: its input
        stands beside the prose and its output runs below both.
        """
        has_prose = any(map(is_visible, self.prose))
        if not self.cells:
            return "prose"
        if any(map(is_full_width, self.cells)):
            return "spread" if has_prose else "wide"
        return "beside" if has_prose else "code"


def is_cell(node: nodes.Node) -> bool:
    """Whether a node is an executed code cell, as myst-nb marks it."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def is_full_width(node: nodes.Node) -> bool:
    """Whether a cell carries the tag ``full-width``."""
    return isinstance(node, nodes.Element) and FULL_WIDTH in node.get("classes", ())


def is_visible(node: nodes.Node) -> bool:
    """Whether a node puts anything on the page (targets and comments do not)."""
    return not isinstance(node, nodes.Invisible | nodes.target)


def stretches(children: Iterable[nodes.Node]) -> Iterator[tuple[Nodes, Nodes]]:
    """Yield (prose, cells): the nodes up to a run of cells, and that run."""
    prose: list[nodes.Node] = []
    cells: list[nodes.Node] = []
    for node in children:
        if is_cell(node):
            cells.append(node)
            continue
        if cells:
            yield tuple(prose), tuple(cells)
            prose, cells = [], []
        prose.append(node)
    if prose or cells:
        yield tuple(prose), tuple(cells)


def cell_groups(cells: Sequence[nodes.Node]) -> list[Nodes]:
    """Split a run of cells so that every full-width cell is alone."""
    groups: list[Nodes] = []
    for full, run in groupby(cells, key=is_full_width):
        found = tuple(run)
        groups += [(cell,) for cell in found] if full else [found]
    return groups


def rows(children: Iterable[nodes.Node]) -> list[Row]:
    """Group the children of a section into rows, in reading order."""
    found: list[Row] = []
    for prose, cells in stretches(children):
        first, *others = cell_groups(cells) or [()]
        found.append(Row(prose, first))
        found += [Row((), group) for group in others]
    return found


def is_brief(prose: Iterable[nodes.Node]) -> bool:
    """Whether prose is short running text, which may stay in view while its code scrolls."""
    blocks = [node for node in prose if is_visible(node)]
    plain = all(isinstance(node, nodes.paragraph | nodes.math_block) for node in blocks)
    return plain and sum(len(node.astext()) for node in blocks) <= BRIEF


def column(name: str, children: Nodes) -> nodes.container:
    """A column of a row."""
    return nodes.container("", *children, classes=[name])


def row_nodes(row: Row) -> list[nodes.Node]:
    """The doctree of a row; nodes that show nothing are left bare."""
    if not row.cells and not any(map(is_visible, row.prose)):
        return list(row.prose)
    pair = nodes.container(classes=["pair", f"is-{row.kind}"])
    if row.kind == "beside" and is_brief(row.prose):
        pair["classes"].append("is-brief")
    if row.prose:
        pair += column("pair-prose", row.prose)
    if row.cells:
        pair += column("pair-code", row.cells)
    return [pair]


def arrange(section: nodes.Element) -> None:
    """Replace a section's own content by rows; its title and subsections stay where they are."""
    children = list(section.children)
    section.clear()
    fixed = nodes.title | nodes.subtitle | nodes.section
    for stays, run in groupby(children, key=lambda node: isinstance(node, fixed)):
        if stays:
            section.extend(run)
            continue
        for row in rows(run):
            section.extend(row_nodes(row))


def is_main_section(section: nodes.section) -> bool:
    """Whether a section belongs to the page itself, not to a solution, box or tab."""
    return isinstance(section.parent, nodes.section | nodes.document)


def has_cells(doctree: nodes.document | None) -> bool:
    """Whether a page shows any code cell, and so needs the control."""
    return doctree is not None and any(map(is_cell, doctree.findall(nodes.container)))


def arrange_document(doctree: nodes.document) -> None:
    """Arrange every section of a page that shows code; leave other pages alone."""
    if not has_cells(doctree):
        return
    for section in [s for s in doctree.findall(nodes.section) if is_main_section(s)]:
        arrange(section)


def on_doctree_resolved(app: Any, doctree: nodes.document, _docname: str) -> None:
    """Sphinx event: arrange the page, in HTML only."""
    if app.builder.format == "html":
        arrange_document(doctree)


def on_page_context(
    _app: Any,
    _pagename: str,
    _template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Sphinx event: tell ``layout-control.html`` which options to offer."""
    context["layouts"] = LAYOUTS if has_cells(doctree) else ()


def on_config_inited(_app: Any, config: Any) -> None:
    """Sphinx event: find the control's template wherever the configuration file is."""
    config.templates_path.append(str(Path(__file__).parent / "templates"))


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx. The script is not deferred: it must run before the first paint."""
    app.connect("config-inited", on_config_inited)
    app.connect("doctree-resolved", on_doctree_resolved, priority=900)
    app.connect("html-page-context", on_page_context)
    app.add_css_file("layout.css", priority=810)
    app.add_js_file("layout.js")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
