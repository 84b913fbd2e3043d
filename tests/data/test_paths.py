"""The project is the one you stand in."""

from __future__ import annotations

import pytest

from digitrade.data import paths


def test_from_the_top_and_from_below(project):
    assert paths.project_root() == project
    assert paths.project_root(project / "notebooks" / "digital_finance") == project


def test_elsewhere_it_is_the_checkout_of_the_package(tmp_path, root):
    assert paths.project_root(tmp_path) == root


def test_no_project_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "a" / "b" / "c" / "paths.py"))
    with pytest.raises(FileNotFoundError, match="Run the command inside a clone"):
        paths.project_root(tmp_path)
