"""Which chapters there are, and where everything that belongs to one lives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
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
    """Return the chapter of that name, or the only one with that ending or those words."""
    wanted = name.removesuffix(".py").removeprefix("notebooks/")
    chapters = all_chapters(root)
    words = _words(wanted)
    ways: tuple[Callable[[Chapter], bool], ...] = (
        lambda one: one.name == wanted,
        lambda one: one.name.endswith(f"/{wanted}"),
        lambda one: bool(words) and words <= _words(f"{one.name} {one.title()}"),
    )
    found = next(filter(None, ([one for one in chapters if fits(one)] for fits in ways)), [])
    if len(found) == 1:
        return found[0]
    problem = f"More than one chapter is called {name!r}" if found else f"No chapter {name!r}"
    known = chain.from_iterable(
        (one.name, *one.name.split("/"), *_words(one.title())) for one in chapters
    )
    hint = "" if found else did_you_mean(wanted, known)
    listed = "\n".join(f"  {one.name}" for one in found or chapters)
    raise UnknownChapterError(f"{problem}{hint or '.'} Choose one of\n{listed}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that names what a word may have been meant for, or nothing."""
    folded = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), folded)
    return f"; did you mean {' or '.join(folded[one] for one in close)}?" if close else ""


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))
