"""Where things live: the one module that knows the project's folders."""

from __future__ import annotations

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
