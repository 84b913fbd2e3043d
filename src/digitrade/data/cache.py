"""What is costly to make and the same each time: kept, by checksums of what it rests on."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import joblib
import pandas as pd

from digitrade.data.paths import HONEST, data_folder, project_root

Made = TypeVar("Made")
PACKAGE = Path(__file__).resolve().parents[1]
ROOMS = ("methods", "data", "studies")  # whatever computes; exhibits, book and command line do not
LIBRARIES = ("numpy", "pandas", "scipy")
DIGEST = hashlib.sha256().digest_size * 2  # characters
KEPT = 12  # entries of one function, unless more are asked for
DRAWS_KEPT = 1_000  # of a study
FORMAT = "%.5g"  # of draws: a rounding that is nothing beside their scatter


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


def digest_content(path: Path) -> str:
    """Return the SHA-256 of a file's content, or of a folder's files and their names."""
    if path.is_dir():
        return digest_files((file for file in path.rglob("*") if file.is_file()), path)
    return digest(path.read_bytes())


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """Return one checksum of names and contents, whatever the order given."""
    lines = sorted(f"{path.relative_to(root).as_posix()} {digest_content(path)}" for path in paths)
    return digest("\n".join(lines).encode())


def cached(make: Callable[..., Made], *, kept: int = KEPT, **parameters: Any) -> Made:
    """Return ``make(**parameters)``, made once from the same source, data and libraries' versions.

    An entry starts with its checksum, so that a damaged one is made anew; the oldest are not kept.
    """
    tables = (project_root() / "data").glob("*/*.csv")  # but those of draws, on which no draw rests
    ours = (path for room in ROOMS for path in (PACKAGE / room).rglob("*.*"))
    basis = [
        f"{make.__module__}.{make.__qualname__}({parameters!r})",
        *(f"{name} {version(name)}" for name in LIBRARIES),
        digest_files((one for one in ours if one.suffix in {".py", ".csv"}), PACKAGE),
        digest_files((one for one in tables if one.name not in HONEST.values()), project_root()),
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


def write_honest_draws(
    study: str, draw: Callable[..., pd.DataFrame], seeds: Sequence[int], *, jobs: int
) -> Path:
    """Write the rows of ``draw(seed=...)`` for every seed; one made before is not made again."""
    with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        one = joblib.delayed(cached)
        frames = joblib.Parallel()(one(draw, kept=DRAWS_KEPT, seed=seed) for seed in seeds)
    rows = pd.concat([frame.assign(seed=seed) for seed, frame in zip(seeds, frames, strict=True)])
    rows = rows[["seed", *rows.columns.drop("seed")]]
    flags = dict.fromkeys(("covered", "rejected"), "Int64")
    path = data_folder("twin") / HONEST[study]
    rows.astype(flags).to_csv(path, index=False, float_format=FORMAT, lineterminator="\n")
    return path
