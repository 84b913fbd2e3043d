"""What a run rests on decides whether it has to be run again."""

from __future__ import annotations

import pytest

from digitrade.book.chapters import Outputs, find_chapter
from digitrade.book.provenance import (
    Inputs,
    is_current,
    read_manifest,
    write_manifest,
)
from digitrade.data.cache import digest_content, digest_files


@pytest.fixture
def chapter(project):
    return find_chapter("digital_finance/02_baseline", project)


def key(chapter, **parameters):
    return Inputs.of(chapter, parameters).key


def test_same_inputs_same_key(chapter):
    assert key(chapter, draws=9) == key(chapter, draws=9)


def test_parameters_count(chapter):
    assert key(chapter, draws=9) != key(chapter, draws=10)


@pytest.mark.parametrize(
    "file", ["notebooks/digital_finance/02_baseline.py", "data/provinces/trade.csv"]
)
def test_notebook_and_data_count(chapter, project, file):
    before = key(chapter)
    path = project / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert key(chapter) != before


def test_package_source_counts(chapter, monkeypatch, tmp_path):
    before = key(chapter)
    monkeypatch.setattr("digitrade.book.provenance.package_files", lambda: [])
    assert key(chapter) != before


def test_what_is_no_table_does_not_count(chapter, project):
    before = key(chapter)
    (project / "data" / "README.md").write_text("other words", encoding="utf-8")
    (project / "notebooks" / "digital_finance" / "notes.txt").write_text("x", encoding="utf-8")
    assert key(chapter) == before


def test_names_and_contents_make_the_digest_in_any_order(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(name, encoding="utf-8")
    paths = [tmp_path / "a", tmp_path / "b"]
    assert digest_files(paths, tmp_path) == digest_files(paths[::-1], tmp_path)
    (tmp_path / "a").rename(tmp_path / "c")
    assert digest_files([tmp_path / "c", paths[1]], tmp_path) != digest_files(
        [tmp_path / "b"], tmp_path
    )


@pytest.fixture
def stored(chapter, tmp_path):
    outputs = Outputs.in_folder(tmp_path / "stored")
    outputs.notebook.parent.mkdir()
    outputs.notebook.write_text("{}", encoding="utf-8")
    outputs.estimates.write_text("term\n", encoding="utf-8")
    inputs = Inputs.of(chapter, {"draws": 9})
    write_manifest(outputs, inputs, 1.234)
    return outputs, inputs


def test_a_whole_run_is_current_and_says_how_long_it_took(stored):
    outputs, inputs = stored
    assert is_current(outputs, inputs)
    assert read_manifest(outputs.manifest)["seconds"] == 1.23


@pytest.mark.parametrize("name", ["notebook", "estimates", "manifest"])
def test_a_file_that_is_gone_or_was_changed_is_not(stored, name):
    outputs, inputs = stored
    path = getattr(outputs, name)
    path.write_text(path.read_text(encoding="utf-8")[:-2], encoding="utf-8")
    assert not is_current(outputs, inputs)
    path.unlink()
    assert not is_current(outputs, inputs)


def test_other_inputs_are_not(stored, chapter):
    outputs, _ = stored
    assert not is_current(outputs, Inputs.of(chapter, {"draws": 10}))


def test_a_folder_changes_with_its_files_and_their_names(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    first = digest_content(tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert digest_content(tmp_path) != first
    (tmp_path / "b.txt").rename(tmp_path / "a.txt")
    assert digest_content(tmp_path) == first
