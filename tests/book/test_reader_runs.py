"""A reader's file in a run: found, checked, told by its content, and copied nowhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from digitrade.book.book import page_sources, run_chapter
from digitrade.book.chapters import Outputs, find_chapter
from digitrade.book.execute import Job, execute
from digitrade.book.provenance import Inputs, read_manifest, reader_cell
from digitrade.data.cache import digest_content
from digitrade.data.reader import ExtractError
from digitrade.studies.pilot_zones.twin import simulate_firms

NOTEBOOK = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A look at the file

# %%
from digitrade.data.reader import load_extract

# %% tags=["parameters"]
draws: int = 3  # draws of nothing
data_path: str = ""  # your own extract; empty for none

# %%
len(load_extract(data_path)) if data_path else draws
"""
MARK = "777.123456"  # stands in the file and nowhere else


@pytest.fixture
def chapter(project, root):
    for part in ("_ext", "assets", "references.bib"):
        source, target = root / "book" / part, project / "book" / part
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    folder = project / "notebooks" / "pilot_zones"
    folder.mkdir(exist_ok=True)
    (folder / "00_look.py").write_text(NOTEBOOK, encoding="utf-8")
    return find_chapter("00_look", project)


@pytest.fixture
def mine(chapter, tmp_path_factory, monkeypatch) -> Path:
    """A small file in a folder of its own, which is where the reader stands."""
    folder = tmp_path_factory.mktemp("reader")
    extract = simulate_firms(seed=1).extract.head(60)
    extract.assign(pe=float(MARK)).to_csv(folder / "mine.csv", index=False)
    monkeypatch.chdir(folder)
    return folder / "mine.csv"


def test_the_content_of_the_file_and_of_its_column_map_count(chapter, mine):
    def key() -> str:
        return Inputs.of(chapter, {"data_path": str(mine)}).key

    first = key()
    assert key() == first
    assert Inputs.of(chapter, {"data_path": ""}).key != first
    mine.write_text(mine.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    second = key()
    assert second != first
    (mine.parent / "mine.csv.columns.csv").write_text("theirs,ours\n", encoding="utf-8")
    assert key() != second


def test_what_is_the_readers_own_in_data_belongs_to_no_build(chapter, project):
    before = Inputs.of(chapter, {}).key
    (project / "data" / "yours").mkdir(exist_ok=True)
    (project / "data" / "yours" / "mine.csv").write_text("firm\n", encoding="utf-8")
    assert Inputs.of(chapter, {}).key == before
    assert not [path for path in page_sources(project) if "yours" in path.parts]


def test_a_run_with_a_changed_file_runs_again_and_copies_nothing(
    chapter, mine, project, monkeypatch
):
    monkeypatch.setattr("digitrade.book.provenance.package_files", lambda: [])

    def run() -> tuple[Path, bool]:
        return run_chapter(project, chapter.name, {"data_path": "mine.csv"})

    before = {path for path in project.rglob("*") if "__pycache__" not in path.parts}
    folder, fresh = run()
    assert fresh
    assert not run()[1]
    mine.write_text("\n".join(mine.read_text("utf-8").splitlines()[:41]), encoding="utf-8")
    assert run() == (folder, True)
    notebook = (folder / "notebook.ipynb").read_text(encoding="utf-8")
    assert "`mine.csv`, SHA-256 `" + digest_content(mine)[:12] in notebook
    assert "data_path = 'mine.csv'" in notebook
    assert read_manifest(folder / "manifest.json")["files"] == {"data_path": digest_content(mine)}
    written = {path for path in project.rglob("*") if path.is_file()} - before
    shown = {path for path in written if path.name != "manifest.json"}
    for path in shown:
        content = path.read_bytes()
        assert str(mine.parent).encode() not in content, f"{path} names the reader's folders"
        assert MARK.encode() not in content, f"{path} has rows of the file"
    assert {path.relative_to(project).parts[0] for path in written} == {"runs"}


def test_a_kernel_of_another_python_is_not_taken(chapter, project, tmp_path_factory, monkeypatch):
    foreign = tmp_path_factory.mktemp("other") / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {"argv": ["no-such-program"], "display_name": "Python 3", "language": "python"}
    (foreign / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(foreign.parents[1]))
    job = Job(
        chapter, Inputs.of(chapter, {"draws": 3}), Outputs.in_folder(project / "runs" / "x"), {}
    )
    assert execute(job) == (chapter.name, "")


def test_surroundings_do_not_reach_a_chapter(chapter, project, tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    for path in (startup / "00-mine.py", home / "startup.py"):
        path.write_text("leaked = 1\n", encoding="utf-8")
    look = "import os, sys, warnings\n[name for name in ('leaked',) if name in globals()] + [\n"
    look += "    os.environ.get('TZ'), os.environ['MPLBACKEND'], sys.warnoptions\n]\n"
    chapter.source.write_text(f"{NOTEBOOK}\n# %%\n{look}", encoding="utf-8")
    surroundings = {
        "HOME": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "LC_ALL": "xx_XX.nothing",
        "MPLBACKEND": "nowhere",
        "PYTHONSTARTUP": str(home / "startup.py"),
        "PYTHONWARNINGS": "error",
        "TZ": "Mars/Phobos",
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    outputs = Outputs.in_folder(project / "runs" / "x")
    assert execute(Job(chapter, Inputs.of(chapter, {"draws": 3}), outputs, {})) == (
        chapter.name,
        "",
    )
    (seen,) = [
        output["data"]["text/plain"]
        for cell in nbformat.read(outputs.notebook, as_version=4).cells
        for output in cell.get("outputs", [])
        if "UTC" in str(output)
    ]
    assert seen == "['UTC', 'module://matplotlib_inline.backend_inline', []]"


def test_a_wrong_file_stops_before_anything_runs(chapter, mine, project):
    text = mine.read_text(encoding="utf-8")
    mine.write_text(text.replace("liability", "owed", 1), encoding="utf-8")
    with pytest.raises(ExtractError, match="column liability: not there"):
        run_chapter(project, chapter.name, {"data_path": "mine.csv"})
    with pytest.raises(FileNotFoundError, match="Looked for"):
        run_chapter(project, chapter.name, {"data_path": "other.csv"})
    assert not (project / "runs").exists()


def test_the_note_of_a_readers_run_says_what_yours_is_if_there_is_a_file():
    with_file = reader_cell({"data_path": "somewhere/mine.csv"}).source
    assert "your own file" in with_file
    assert "mine.csv" in with_file
    assert "somewhere" not in with_file
    assert "your own file" not in reader_cell({"rule": "calendar"}).source
