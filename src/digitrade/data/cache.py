"""What is costly to make and the same each time: kept below ``_build``, by what it rests on."""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from digitrade.data.checksums import digest, digest_files
from digitrade.data.paths import HONEST, project_root

Made = TypeVar("Made")
PACKAGE = Path(__file__).resolve().parents[1]
ROOMS = ("methods", "data", "studies")  # whatever computes; exhibits, book and command line do not
LIBRARIES = ("numpy", "pandas", "scipy")
DIGEST = len(digest(b""))
KEPT = 12  # entries of one function, unless more are asked for


def cached(make: Callable[..., Made], *, kept: int = KEPT, **parameters: Any) -> Made:
    """Return ``make(**parameters)``, from disk if it was made before from the same.

    The same are the parameters (their ``repr``), the package's source, the shipped data and the
    libraries' versions. An entry starts with its checksum, so a damaged one is made anew. So many
    entries of ``make`` are ``kept``; older ones are thrown away.
    """
    basis = [
        f"{make.__module__}.{make.__qualname__}({parameters!r})",
        *(f"{name} {version(name)}" for name in LIBRARIES),
        digest_files((path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")), PACKAGE),
        digest_files(_inputs(project_root() / "data"), project_root()),
    ]
    key = digest("\n".join(basis).encode())
    name = make.__name__.strip("_")
    path = project_root() / "_build" / "cache" / f"{name}-{key}.pickle"
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        stored = path.read_bytes()
        if digest(stored[DIGEST:]).encode() == stored[:DIGEST]:
            return pickle.loads(stored[DIGEST:])
    made = make(**parameters)
    with contextlib.suppress(OSError):  # a folder that cannot be written costs time, nothing else
        _keep(path, pickle.dumps(made), f"{name}-*.pickle", kept)
    return made


def _inputs(folder: Path) -> Iterator[Path]:
    """Give the shipped tables but those that are made of draws, on which no draw rests."""
    return (path for path in folder.glob("*/*.csv") if path.name not in HONEST.values())


def _keep(path: Path, content: bytes, siblings: str, kept: int) -> None:
    """Write an entry beside its place, move it there, and throw the oldest siblings away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(number, "wb") as file:
        file.write(digest(content).encode() + content)
    os.replace(draft, path)
    entries = sorted(path.parent.glob(siblings), key=lambda entry: entry.stat().st_mtime)
    for old in entries[:-kept]:
        old.unlink(missing_ok=True)
