"""Who may import whom: rooms by kind, no circle, no file outside a room (see CONTRIBUTING.md)."""

import ast
from graphlib import TopologicalSorter

ROOMS = {"methods": "", "data": "", "studies": "methods data", "exhibits": "methods data"}
ROOMS |= {"book": "data studies", "cli": "data studies book", "__main__": "cli", "__init__": ""}


def test_imports_keep_to_the_layout(root):
    package, arrows = root / "src" / "digitrade", {}
    for path in package.rglob("*.py"):
        name = path.relative_to(package).with_suffix("").as_posix().removesuffix("/__init__")
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        arrows[name] = {one[10:].replace(".", "/") for one in modules if one[:10] == "digitrade."}
        room, *place = name.split("/")
        assert room in ROOMS, f"{name} lies outside the rooms {', '.join(ROOMS)}"
        own = f"studies/{place[0]}" if room == "studies" and place else room
        wrong = [one for one in arrows[name] if not one.startswith((own, *ROOMS[room].split()))]
        assert not wrong, f"{name} may not import {wrong}"
    TopologicalSorter(arrows).prepare()  # raises CycleError, naming the circle
