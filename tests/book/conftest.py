"""The whole book, built once for all workers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from whole_book import built_once


@pytest.fixture(scope="session")
def book(tmp_path_factory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return built_once(base.parent if base.name.startswith("popen-") else base)


@pytest.fixture
def copy(book, tmp_path) -> Path:
    return shutil.copytree(book, tmp_path / "copy")
