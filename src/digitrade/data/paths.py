"""Where things live: the one module that knows the project's folders."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

STUDIES = ("digital_finance", "pilot_zones")  # folders of chapters
HONEST = dict(zip(STUDIES, ("honest_provinces.csv", "honest_firms.csv"), strict=True))
MARKERS = ("_toc.yml", "notebooks", "data")


class Refusal(Exception):
    """What a user can put right: its message is all that a command shows."""


def project_root(start: Path | None = None) -> Path:
    """Return the project you stand in, else the checkout this package was installed from."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[3]):
        if all((folder / marker).exists() for marker in MARKERS):
            return folder
    raise FileNotFoundError(
        f"No digitrade project at or above {here}: looked for {', '.join(MARKERS)}. "
        "Run the command inside a clone of the repository."
    )


def data_folder(name: str) -> Path:
    """Return the folder ``data/<name>`` of the project."""
    return project_root() / "data" / name


def locate(path: str | Path, *, folder: bool = False) -> Path:
    """Return where a file (or a folder) is: as given, else from here, else from the project."""
    given = Path(path).expanduser()
    tried = [Path.cwd() / given]  # an absolute path stays itself
    with suppress(FileNotFoundError):
        tried.append(project_root() / given)
    for place in tried:
        if place.is_dir() if folder else place.is_file():
            return place
    asked, other = ("folder", "file") if folder else ("file", "folder")
    lines = (f"  - {p}{f' is a {other}' if p.exists() else ''}" for p in dict.fromkeys(tried))
    listed = "\n".join(lines)
    raise FileNotFoundError(
        f"No {asked} {str(path)!r}. Looked for\n{listed}\nGive the full path of the {asked}."
    )


def write_log(text: str) -> str:
    """Write what only a maintainer reads to ``_build/logs``, else to the temporary folder."""
    for folder in (lambda: project_root() / "_build" / "logs", lambda: Path(tempfile.gettempdir())):
        with suppress(OSError):
            folder().mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(".log", "digitrade-", folder())
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
                log.write(text)
            return name
    return "no file: none could be written"
