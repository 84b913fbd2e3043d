"""What a run rests on, as checksums; and whether a stored run is still the one asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from digitrade.book.chapters import Chapter, Outputs
from digitrade.book.parameters import names_file
from digitrade.data.reader.reading import sidecar

PACKAGES = ("digitrade", "linearmodels", "numpy", "pandas", "scipy", "seaborn", "statsmodels")
SHORT = 12
COLUMN_MAP = ", column map"
YOURS = "yours"  # the folder of data/ that is the reader's own and belongs to no build


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides what a chapter's execution gives.

    Attributes
    ----------
    chapter
        Name of the chapter.
    parameters
        Every parameter and its value.
    notebook, data, source
        Checksums of the notebook, of the tables in ``data`` and of the package.
    files
        Checksums of the reader's own files, by parameter, and of the column maps beside them.
    versions
        Versions of the packages the numbers rest on.
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
            source=digest_files(package_files(), Path(__file__).parents[1]),
            files=digest_readers_files(parameters),
            versions={name: version(name) for name in PACKAGES},
        )

    @property
    def key(self) -> str:
        """The checksum of all of it."""
        return digest_text(json.dumps(asdict(self), sort_keys=True))

    @property
    def parameters_key(self) -> str:
        """A short checksum of the parameters: the name of a reader's run."""
        return digest_text(json.dumps(dict(self.parameters), sort_keys=True))[:SHORT]


def package_files() -> list[Path]:
    """Return the package's own files, without caches."""
    folder = Path(__file__).parents[1]
    return [path for path in folder.rglob("*.*") if path.suffix in {".py", ".mplstyle", ".csv"}]


def shipped_files(root: Path, endings: Collection[str] = ()) -> list[Path]:
    """Return the files of ``data``, all or those with the endings; what is the reader's is not."""
    folder = root / "data"
    paths = (path for path in folder.rglob("*") if path.is_file())
    own = folder / YOURS
    return [
        path
        for path in paths
        if not path.is_relative_to(own) and (not endings or path.suffix in endings)
    ]


def digest_readers_files(parameters: Mapping[str, Any]) -> dict[str, str]:
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
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """Return one checksum of names and contents, whatever the order given."""
    lines = sorted(f"{path.relative_to(root).as_posix()} {digest_content(path)}" for path in paths)
    return digest_text("\n".join(lines))


def digest_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


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
    files = (outputs.notebook, outputs.estimates)
    return manifest.get("key") == inputs.key and all(
        path.exists()
        and manifest.get("outputs", {}).get(path.name) == digest_files([path], path.parent)
        for path in files
    )
