"""What a run rests on, as checksums: in its manifest, and in the sections the runner adds."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from digitrade.book.chapters import Chapter, Outputs, given_files, names_extract, names_file
from digitrade.data import load_studies
from digitrade.data.cache import digest, digest_content, digest_files
from digitrade.data.reader.reading import sidecar

PACKAGE = Path(__file__).parents[1]
PACKAGES = ("digitrade", "linearmodels", "numpy", "pandas", "scipy", "seaborn", "statsmodels")
SOURCES = {".py", ".mplstyle", ".csv", ".md"}
SHORT = 12
LONG = 4  # years of a sample that can spare one
COLUMN_MAP = ", column map"
ESTIMATORS = "estimators"  # the part of the book that rests on no table of data/
YOURS = "yours"  # the folder of data/ that is the reader's own and belongs to no build
OWN = (
    " Rows, columns and panels called *yours* rest on your own file, also where a caption\nsays "
    "*twin*; a cell of yours is blank where your file cannot fill it. Sentences give the twin's\n"
    "numbers."
)
PUBLIC = "a public data set that ships with a package named below, in the version given there"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides what a chapter's execution gives: values, checksums, versions."""

    chapter: str
    parameters: Mapping[str, Any]
    notebook: str
    data: str
    source: str
    files: Mapping[str, str]
    versions: Mapping[str, str]

    @classmethod
    def of(cls, chapter: Chapter, parameters: Mapping[str, Any]) -> Inputs:
        """Take the checksums of a chapter as it stands."""
        return cls(
            chapter=chapter.name,
            parameters=dict(parameters),
            notebook=digest_files([chapter.source], chapter.root),
            data=digest_files(shipped_files(chapter.root, {".csv", ".txt"}), chapter.root),
            source=digest_files(package_files(), PACKAGE),
            files=_readers_files(parameters),
            versions={name: version(name) for name in PACKAGES},
        )

    @property
    def key(self) -> str:
        """The checksum of all of it."""
        return digest(json.dumps(asdict(self), sort_keys=True).encode())

    @property
    def parameters_key(self) -> str:
        """A short checksum of the parameters: the name of a reader's run."""
        return digest(json.dumps(dict(self.parameters), sort_keys=True).encode())[:SHORT]


def package_files() -> list[Path]:
    """Return the package's own files, without caches."""
    return [path for path in PACKAGE.rglob("*.*") if path.suffix in SOURCES]


def shipped_files(root: Path, endings: Collection[str] = ()) -> list[Path]:
    """Return the files of ``data``, all or those with the endings; what is the reader's is not."""
    paths = (path for path in (root / "data").rglob("*") if path.is_file())
    shipped = (path for path in paths if not path.is_relative_to(root / "data" / YOURS))
    return [path for path in shipped if not endings or path.suffix in endings]


def _readers_files(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each file a parameter names, and of the column map beside it."""
    given = given_files(parameters)
    maps = {name + COLUMN_MAP: sidecar(path) for name, path in given.items()}
    return {name: digest_content(path) for name, path in (given | maps).items() if path}


def write_manifest(outputs: Outputs, inputs: Inputs, seconds: float) -> None:
    """Write, last of all files, what the run rests on and what it left."""
    content = {"key": inputs.key, **asdict(inputs), "seconds": round(seconds, 2)}
    content["outputs"] = _left(outputs)
    write_whole(outputs.manifest, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a draft that replaces the old file."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest, or an empty one where there is none that can be read."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def is_current(outputs: Outputs, inputs: Inputs) -> bool:
    """Return whether what is stored came from the same inputs and is whole."""
    manifest = read_manifest(outputs.manifest)
    return manifest.get("key") == inputs.key and manifest.get("outputs") == _left(outputs)


def _left(outputs: Outputs) -> dict[str, str]:
    paths = [path for path in (outputs.notebook, outputs.estimates) if path.exists()]
    return {path.name: digest_files([path], path.parent) for path in paths}


def provenance_cell(chapter: Chapter, inputs: Inputs, outputs: Outputs) -> NotebookNode:
    """Return the last section of a chapter; its source is in the book, or beside a run's page."""
    in_book = outputs.notebook.is_relative_to(chapter.root / "book")
    given = inputs.parameters
    tables = f"the tables in `data/`, SHA-256 `{inputs.data[:SHORT]}…`"
    seeds = {name: value for name, value in given.items() if f"_{name}".endswith("_seed")}
    shown = [f"`{value}`" if n == "seed" else f"`{n} = {value}`" for n, value in seeds.items()]
    text = (PACKAGE / "book" / "provenance.md").read_text("utf-8")
    told = {
        "parameters": _assignments(given),
        "data": PUBLIC if chapter.part == ESTIMATORS else tables,
        "files": _files(inputs),
        "notebook": inputs.notebook[:SHORT],
        "source": inputs.source[:SHORT],
        "versions": ", ".join(f"{name} {number}" for name, number in inputs.versions.items()),
        "seed": ", ".join(shown) or "none: nothing here is drawn",
        "text": f"/notebooks/{chapter.name}.py" if in_book else chapter.source.name,
        "executed": outputs.notebook.name,
        "estimates": outputs.estimates.name,
        "citation": _citation(chapter, inputs),
        "chapter": chapter.name,
        "example": _example(given),
    }
    return nbformat.v4.new_markdown_cell(text.format(**told))


def reader_cell(changed: Mapping[str, Any]) -> NotebookNode:
    """Return the note that tells a reader's run from the book's page."""
    own = OWN if given_files(changed) else ""
    text = (PACKAGE / "book" / "reader_run.md").read_text("utf-8")
    return nbformat.v4.new_markdown_cell(text.format(changed=_assignments(changed), own=own))


def hide_folders(notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """Leave, in the cell that papermill adds, the name of a reader's file without its folders."""
    shown = shown_values(parameters)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            names = [(line, line.split(" = ")[0]) for line in cell.source.splitlines()]
            cell.source = "\n".join(
                f"{name} = {shown[name]!r}" if names_file(name) else line for line, name in names
            )


def shown_values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as a page may show them: of a file, the name only."""
    return {**parameters, **{name: path.name for name, path in given_files(parameters).items()}}


def _assignments(parameters: Mapping[str, Any]) -> str:
    shown = [f"`{name} = {value!r}`" for name, value in shown_values(parameters).items()]
    return ", ".join(shown) or "none"


def _files(inputs: Inputs) -> str:
    """Return the reader's own files with their checksums, if there are any."""
    shown = []
    for name, checksum in inputs.files.items():
        path = Path(inputs.parameters[name.removesuffix(COLUMN_MAP)])
        what = "the column map beside it" if name.endswith(COLUMN_MAP) else f"`{path.name}`"
        shown.append(f"{what}, SHA-256 `{checksum[:SHORT]}…`")
    return f"; your own file {', '.join(shown)}" if shown else ""


def _citation(chapter: Chapter, inputs: Inputs) -> str:
    studies = load_studies().set_index("study")
    book = f"*digitrade*, version {inputs.versions['digitrade']}, chapter “{chapter.title()}”"
    if chapter.part not in studies.index:
        return f"{book}."
    study = studies.loc[chapter.part]
    return (
        f"{study['authors']} ({study['year']}). {study['title']}. *{study['journal']}*. "
        f"<https://doi.org/{study['doi']}>. Re-done in {book}."
    )


def _example(parameters: Mapping[str, Any]) -> str:
    """Return an option that changes one parameter to another value it can take."""
    examples = [f"{name} mine.csv" for name in parameters if names_extract(name)]
    if "first_year" in parameters:
        first = parameters["first_year"]
        later = parameters["last_year"] - first > LONG
        examples.append(f"first_year {first + 1 if later else first - 1}")
    examples += [shlex.join((name, str(value))) for name, value in parameters.items()]
    return f"-p {examples[0]}"
