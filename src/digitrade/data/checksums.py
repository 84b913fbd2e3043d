"""Checksums of files: what a cached table and a run of a chapter rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


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
