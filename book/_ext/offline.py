"""Drop scripts that are loaded twice or from elsewhere, so that no request leaves the page.

Jupyter Book always loads sphinx-thebe, which would fetch a kernel client when asked to run code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docutils import nodes


def asset_key(asset: Any) -> tuple[str, str]:
    """What makes two tags the same: the file, and the inline text."""
    attributes = getattr(asset, "attributes", {})
    return str(getattr(asset, "filename", asset)), attributes.get("body") or ""


def is_thebe(key: tuple[str, str]) -> bool:
    """Whether a script or style sheet belongs to thebe."""
    filename, body = key
    return "thebe" in filename or "THEBE_JS_URL" in body


def kept_assets(assets: Iterable[Any]) -> list[Any]:
    """Scripts or style sheets in order, without repeats and without thebe."""
    unique: dict[tuple[str, str], Any] = {}
    for asset in assets:
        unique.setdefault(asset_key(asset), asset)
    return [asset for key, asset in unique.items() if not is_thebe(key)]


def is_thebe_node(node: nodes.Node) -> bool:
    """Whether a node is the configuration that thebe appends to a page."""
    marks = ("text/x-thebe-config", "<script>kernelName =")
    return isinstance(node, nodes.raw) and any(mark in node.astext() for mark in marks)


def drop_thebe_nodes(doctree: nodes.document) -> None:
    """Remove thebe's configuration from the end of a page."""
    for node in filter(is_thebe_node, list(doctree.children)):
        doctree.remove(node)


def on_doctree_resolved(_app: Any, doctree: nodes.document, _docname: str) -> None:
    """Sphinx event: clean the page's body."""
    drop_thebe_nodes(doctree)


def on_page_context(
    _app: Any, _pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    """Sphinx event: clean the page's head."""
    for kind in ("script_files", "css_files"):
        context[kind] = kept_assets(context.get(kind, ()))


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx, late, when every extension has named its files."""
    app.connect("doctree-resolved", on_doctree_resolved, priority=950)
    app.connect("html-page-context", on_page_context, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
