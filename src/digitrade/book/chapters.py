"""Which chapters there are, and where everything that belongs to one lives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from digitrade.data.paths import Refusal

HEADING = re.compile(r"^# # (.+)$", re.MULTILINE)  # in a cell of Markdown of a percent notebook


class UnknownChapterError(Refusal, ValueError):
    """A name that no chapter has, or that more than one chapter ends in."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A notebook: its path below ``notebooks`` without ending, and the project's top folder."""

    name: str
    root: Path

    @property
    def source(self) -> Path:
        """The ``py:percent`` notebook."""
        return self.root / "notebooks" / f"{self.name}.py"

    @property
    def part(self) -> str:
        """The folder it is in: the study, or ``estimators``."""
        return self.name.split("/")[0]

    def title(self) -> str:
        """Return the text of the notebook's first heading."""
        found = HEADING.search(self.source.read_text(encoding="utf-8"))
        return found[1].strip() if found else self.name


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files that one execution leaves."""

    notebook: Path
    estimates: Path
    manifest: Path

    @classmethod
    def in_book(cls, chapter: Chapter) -> Outputs:
        """Return the chapter's place in the book."""
        stem = f"{chapter.root / 'book' / 'chapters' / chapter.name}"
        endings = (".ipynb", ".estimates.csv", ".manifest.json")
        return cls(*(Path(stem + ending) for ending in endings))

    @classmethod
    def in_folder(cls, folder: Path) -> Outputs:
        """Return the places in the folder of a reader's run."""
        return cls(folder / "notebook.ipynb", folder / "estimates.csv", folder / "manifest.json")


def all_chapters(root: Path) -> list[Chapter]:
    """Return every notebook below ``notebooks``, in the order of their names."""
    folder = root / "notebooks"
    paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py"))
    return [Chapter(name, root) for name in sorted(path.as_posix() for path in paths)]


def find_chapter(name: str, root: Path) -> Chapter:
    """Return the chapter of that name, or the only one whose name ends in it."""
    wanted = name.removesuffix(".py").removeprefix("notebooks/")
    chapters = all_chapters(root)
    found = [chapter for chapter in chapters if chapter.name == wanted]
    found = found or [chapter for chapter in chapters if chapter.name.endswith(f"/{wanted}")]
    if len(found) == 1:
        return found[0]
    problem = f"More than one chapter is called {name!r}" if found else f"No chapter {name!r}"
    listed = "\n".join(f"  {chapter.name}" for chapter in found or chapters)
    raise UnknownChapterError(f"{problem}. Choose one of\n{listed}")
