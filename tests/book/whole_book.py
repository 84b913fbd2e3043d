"""The project in a folder of its own, built once with small draws, to read and to build again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("_config.yml", "_toc.yml", "book", "data", "notebooks", "src")
CHAPTER = "notebooks/digital_finance/02_baseline.py"
DRAWS = re.compile(r"^((?:\w+_)?draws: int = )\d+", re.MULTILINE)
SMALL = r"\g<1>99"
PATIENCE = 1200  # seconds that one worker waits for the other's build


def digitrade(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(
        [sys.executable, "-m", "digitrade", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def change(folder: Path, old: str, new: str, file: str = CHAPTER) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def start(folder: Path) -> Path:
    for part in PARTS:
        if (ROOT / part).is_file():
            shutil.copy(ROOT / part, folder / part)
        else:
            ignored = shutil.ignore_patterns("chapters", "__pycache__", "private", "yours")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for path in (folder / "notebooks").rglob("*.py"):
        path.write_text(DRAWS.sub(SMALL, path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def contents(folder: Path, *patterns: str) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for pattern in patterns
        for path in folder.rglob(pattern)
    }


def pages(folder: Path) -> dict[str, bytes]:
    return contents(folder / "_build" / "html", "*.html", "*.js", "*.svg", "*.css")


def built_once(shared: Path) -> Path:
    """Build the book in a folder that all workers share: the first one builds, the other waits."""
    folder, told = shared / "book", shared / "book.told"
    try:
        folder.mkdir()
    except FileExistsError:
        for _ in range(PATIENCE):
            if told.exists():
                break
            time.sleep(1)
        assert told.read_text("utf-8") == "built", "the other worker's build failed"
        return folder
    built = digitrade(start(folder), "build", "--jobs", "2")
    told.write_text("failed" if built.returncode else "built", "utf-8")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "_build/html/index.html" in built.stdout.replace("\\", "/")
    return folder
