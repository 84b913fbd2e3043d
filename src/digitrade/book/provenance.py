"""What a run rests on, as checksums: in its manifest, and in the sections the runner adds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from digitrade.book.chapters import Chapter, Outputs
from digitrade.book.parameters import names_file
from digitrade.data import load_studies
from digitrade.data.reader.reading import sidecar

PACKAGE = Path(__file__).parents[1]
PACKAGES = ("digitrade", "linearmodels", "numpy", "pandas", "scipy", "seaborn", "statsmodels")
SHORT = 12
COLUMN_MAP = ", column map"
ESTIMATORS = "estimators"  # the part of the book that rests on no table of data/
YOURS = "yours"  # the folder of data/ that is the reader's own and belongs to no build

PROVENANCE = """\
## Provenance

:::{{admonition}} Where this page comes from
:class: provenance

Parameters
: {parameters}

Data
: {data}{files}

Code
: notebook `{notebook}…`, package `{source}…` (SHA-256); {versions}

Seed
: {seed}

Downloads
: {{download}}`notebook as text (.py) <{text}>` ·
  {{download}}`executed notebook (.ipynb) <{executed}>` ·
  {{download}}`estimates (.csv) <{estimates}>`

Cite
: {citation}
:::

Run this chapter with other parameters, and see which there are:

```bash
.venv/bin/digitrade params {chapter}
.venv/bin/digitrade run {chapter} {example}
```
"""

READER = """\
:::{{admonition}} A reader's run, not the page of the book
:class: reader-run

Changed here: {changed}. The prose was written for the book's own parameters; numbers in it are
those of this run.{own}
:::
"""

OWN = """ Rows, columns and panels called *yours* rest on your own file, also where a caption
says *twin*; a cell of yours is blank where your file cannot fill it. Sentences give the twin's
numbers."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides what a chapter's execution gives.

    Checksums of the notebook, of the tables in ``data``, of the package, and (by parameter) of
    the reader's own files and the column maps beside them; versions of the packages the numbers
    rest on.
    """

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
        return _digest(json.dumps(asdict(self), sort_keys=True).encode())

    @property
    def parameters_key(self) -> str:
        """A short checksum of the parameters: the name of a reader's run."""
        return _digest(json.dumps(dict(self.parameters), sort_keys=True).encode())[:SHORT]


def package_files() -> list[Path]:
    """Return the package's own files, without caches."""
    return [path for path in PACKAGE.rglob("*.*") if path.suffix in {".py", ".mplstyle", ".csv"}]


def shipped_files(root: Path, endings: Collection[str] = ()) -> list[Path]:
    """Return the files of ``data``, all or those with the endings; what is the reader's is not."""
    folder = root / "data"
    paths = (path for path in folder.rglob("*") if path.is_file())
    shipped = (path for path in paths if not path.is_relative_to(folder / YOURS))
    return [path for path in shipped if not endings or path.suffix in endings]


def _readers_files(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each file a parameter names, and of the column map beside it."""
    digests = {}
    for name, value in parameters.items():
        if names_file(name) and value:
            digests[name] = digest_content(Path(value))
            column_map = sidecar(Path(value))
            if column_map:
                digests[name + COLUMN_MAP] = digest_content(column_map)
    return digests


def digest_content(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    return _digest(path.read_bytes())


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """Return one checksum of names and contents, whatever the order given."""
    lines = sorted(f"{path.relative_to(root).as_posix()} {digest_content(path)}" for path in paths)
    return _digest("\n".join(lines).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_manifest(outputs: Outputs, inputs: Inputs, seconds: float) -> None:
    """Write, last of all files, what the run rests on and what it left."""
    content = {
        "key": inputs.key,
        **asdict(inputs),
        "seconds": round(seconds, 2),
        "outputs": {
            path.name: digest_files([path], path.parent)
            for path in (outputs.notebook, outputs.estimates)
        },
    }
    draft = outputs.manifest.with_suffix(".draft")
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(outputs.manifest)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest, or an empty one where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def is_current(outputs: Outputs, inputs: Inputs) -> bool:
    """Return whether what is stored came from the same inputs and is whole."""
    manifest = read_manifest(outputs.manifest)
    stored = manifest.get("outputs", {})
    return manifest.get("key") == inputs.key and all(
        path.exists() and stored.get(path.name) == digest_files([path], path.parent)
        for path in (outputs.notebook, outputs.estimates)
    )


def provenance_cell(chapter: Chapter, inputs: Inputs, outputs: Outputs) -> NotebookNode:
    """Return the last section of a chapter; its source is in the book, or beside a run's page."""
    in_book = outputs.notebook.is_relative_to(chapter.root / "book")
    text = PROVENANCE.format(
        parameters=_assignments(inputs.parameters),
        data=_data(chapter, inputs),
        files=_files(inputs),
        notebook=inputs.notebook[:SHORT],
        source=inputs.source[:SHORT],
        versions=", ".join(f"{name} {number}" for name, number in inputs.versions.items()),
        seed=_seed(inputs.parameters),
        text=f"/notebooks/{chapter.name}.py" if in_book else chapter.source.name,
        executed=outputs.notebook.name,
        estimates=outputs.estimates.name,
        citation=_citation(chapter, inputs),
        chapter=chapter.name,
        example=_example(inputs.parameters),
    )
    return nbformat.v4.new_markdown_cell(text)


def reader_cell(changed: Mapping[str, Any]) -> NotebookNode:
    """Return the note that tells a reader's run from the book's page."""
    own = OWN if any(names_file(name) and value for name, value in changed.items()) else ""
    return nbformat.v4.new_markdown_cell(READER.format(changed=_assignments(changed), own=own))


def hide_folders(notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """Leave, in the cell that papermill adds, the name of a reader's file without its folders."""
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            lines = cell.source.splitlines()
            for number, line in enumerate(lines):
                name = line.split(" = ")[0]
                if names_file(name):
                    lines[number] = f"{name} = {_shown(name, parameters[name])!r}"
            cell.source = "\n".join(lines)


def _shown(name: str, value: Any) -> Any:
    """Return a value as a page may show it: of a file, the name only."""
    return Path(value).name if names_file(name) and value else value


def _assignments(parameters: Mapping[str, Any]) -> str:
    shown = [f"`{name} = {_shown(name, value)!r}`" for name, value in parameters.items()]
    return ", ".join(shown) or "none"


def _data(chapter: Chapter, inputs: Inputs) -> str:
    """Return what a chapter on a study, or a page on an estimator, takes its numbers from."""
    if chapter.part == ESTIMATORS:
        return "a public data set that ships with a package named below, in the version given there"
    return f"the tables in `data/`, SHA-256 `{inputs.data[:SHORT]}…`"


def _files(inputs: Inputs) -> str:
    """Return the reader's own files with their checksums, if there are any."""
    shown = []
    for name, digest in inputs.files.items():
        path = Path(inputs.parameters[name.removesuffix(COLUMN_MAP)])
        what = "the column map beside it" if name.endswith(COLUMN_MAP) else f"`{path.name}`"
        shown.append(f"{what}, SHA-256 `{digest[:SHORT]}…`")
    return f"; your own file {', '.join(shown)}" if shown else ""


def _seed(parameters: Mapping[str, Any]) -> str:
    """Return the value of ``seed``, and of every parameter whose name ends in it."""
    named = [name for name in parameters if name == "seed" or name.endswith("_seed")]
    shown = [
        f"`{parameters[name]}`" if name == "seed" else f"`{name} = {parameters[name]}`"
        for name in named
    ]
    return ", ".join(shown) or "none: nothing here is drawn"


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
    files = [name for name in parameters if names_file(name)]
    if files:
        return f"-p {files[0]} mine.csv"
    if "first_year" in parameters:
        return f"-p first_year {parameters['first_year'] + 1}"
    name, value = next(iter(parameters.items()))
    return f"-p {name} {value}"
