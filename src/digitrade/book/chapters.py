"""Which chapters there are, and where everything that belongs to one lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode


class UnknownChapterError(ValueError):
    """A name that no chapter has, or that more than one chapter ends in."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One notebook of the book.

    Attributes
    ----------
    name
        Path below ``notebooks`` without its ending, such as
        ``digital_finance/02_baseline``.
    root
        The project's top folder.
    """

    name: str
    root: Path

    @property
    def source(self) -> Path:
        """The ``py:percent`` notebook."""
        return self.root / "notebooks" / f"{self.name}.py"

    @property
    def part(self) -> str:
        """The folder it is in: the study, or ``beyond``."""
        return self.name.split("/")[0]

    def read(self) -> NotebookNode:
        """Return the notebook, not executed."""
        return jupytext.read(self.source)

    def title(self) -> str:
        """Return the text of the notebook's first heading."""
        for cell in self.read().cells:
            for line in cell.source.splitlines():
                if line.startswith("# ") and cell.cell_type == "markdown":
                    return str(line.removeprefix("# ").strip())
        return self.name


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files that one execution leaves."""

    notebook: Path
    estimates: Path
    manifest: Path

    @classmethod
    def in_book(cls, chapter: Chapter) -> Outputs:
        """Return the chapter's place in the book."""
        stem = chapter.root / "book" / "chapters" / chapter.name
        return cls(
            stem.with_suffix(".ipynb"),
            stem.with_name(f"{stem.name}.estimates.csv"),
            stem.with_name(f"{stem.name}.manifest.json"),
        )

    @classmethod
    def in_folder(cls, folder: Path) -> Outputs:
        """Return the places in the folder of a reader's run."""
        return cls(folder / "notebook.ipynb", folder / "estimates.csv", folder / "manifest.json")


def all_chapters(root: Path) -> list[Chapter]:
    """Return every notebook below ``notebooks``, in the order of their names."""
    folder = root / "notebooks"
    names = sorted(
        path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.py")
    )
    return [Chapter(name, root) for name in names]


def find_chapter(name: str, root: Path) -> Chapter:
    """Return the chapter of that name, or the only one whose name ends in it.

    Raises
    ------
    UnknownChapterError
        Naming the chapters there are.
    """
    wanted = name.removesuffix(".py").removeprefix("notebooks/")
    chapters = all_chapters(root)
    found = [one for one in chapters if one.name == wanted]
    found = found or [one for one in chapters if one.name.endswith(f"/{wanted}")]
    if len(found) == 1:
        return found[0]
    problem = f"More than one chapter is called {name!r}" if found else f"No chapter {name!r}"
    listed = "\n".join(f"  {one.name}" for one in found or chapters)
    raise UnknownChapterError(f"{problem}. Choose one of\n{listed}")
