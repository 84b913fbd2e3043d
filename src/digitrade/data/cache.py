"""What is costly to make and the same each time: kept below ``_build``, by what it rests on."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from digitrade.data.paths import project_root

Made = TypeVar("Made")
PACKAGE = Path(__file__).resolve().parents[1]
ROOMS = ("methods", "data", "studies")  # whatever computes; exhibits, book and command line do not
LIBRARIES = ("numpy", "pandas", "scipy")
DIGEST = hashlib.sha256().digest_size
KEPT = 12  # entries; older ones are thrown away


def cached(make: Callable[..., Made], **parameters: Any) -> Made:
    """Return ``make(**parameters)``, from disk if it was made before from the same.

    The same are the parameters (their ``repr``), the package's source, the shipped data and the
    libraries' versions. An entry starts with the checksum of the rest and is moved into place
    whole, so one that is damaged is made anew and builds side by side do not meet half of one.
    """
    basis = [
        f"{make.__module__}.{make.__qualname__}({parameters!r})",
        *(f"{name} {version(name)}" for name in LIBRARIES),
        *_checksums(PACKAGE, (path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))),
        *_checksums(project_root(), (project_root() / "data").glob("*/*.csv")),
    ]
    key = hashlib.sha256("\n".join(basis).encode()).hexdigest()
    path = project_root() / "_build" / "cache" / f"{make.__name__.strip('_')}-{key}.pickle"
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        stored = path.read_bytes()
        if hashlib.sha256(stored[DIGEST:]).digest() == stored[:DIGEST]:
            return pickle.loads(stored[DIGEST:])
    made = make(**parameters)
    with contextlib.suppress(OSError):  # a folder that cannot be written costs time, nothing else
        _keep(path, pickle.dumps(made))
    return made


def _keep(path: Path, content: bytes) -> None:
    """Write an entry beside its place, move it there, and throw the oldest ones away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(number, "wb") as file:
        file.write(hashlib.sha256(content).digest() + content)
    os.replace(draft, path)
    entries = sorted(path.parent.glob("*.pickle"), key=lambda entry: entry.stat().st_mtime)
    for old in entries[:-KEPT]:
        old.unlink(missing_ok=True)


def _checksums(root: Path, paths: Iterable[Path]) -> list[str]:
    """Return name and checksum of each file."""
    return sorted(
        f"{path.relative_to(root).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in paths
    )
