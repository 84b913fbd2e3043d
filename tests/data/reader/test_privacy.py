"""A reader's extract never enters the repository."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def git(folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def repository(root, tmp_path):
    assert git(tmp_path, "init", "--quiet").returncode == 0
    shutil.copy(root / ".gitignore", tmp_path / ".gitignore")
    return tmp_path


@pytest.mark.parametrize(
    "path",
    [
        "mine.csv",
        "mine.dta",
        "mine.csv.columns.csv",
        "notebooks/pilot_zones/mine.xlsx",
        "data/mine.parquet",
        "data/yours/mine.csv",
        "data/yours/reports/000001_2015.txt",
        "private/mine.csv",
        "runs/pilot_zones/02_baseline/abc/notebook.ipynb",
    ],
)
def test_a_readers_files_are_ignored(repository, path):
    assert git(repository, "check-ignore", "--quiet", path).returncode == 0, path


@pytest.mark.parametrize(
    "path", ["data/policy/zones.csv", "data/text/sample/000001_2019.txt", "src/digitrade/text.py"]
)
def test_what_is_the_books_is_not(repository, path):
    assert git(repository, "check-ignore", "--quiet", path).returncode == 1, path
