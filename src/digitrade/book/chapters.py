"""Which chapters there are, where what belongs to one lives, and which parameters it has."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from digitrade.data.labels import choices, province_spellings
from digitrade.data.paths import Refusal, locate

HEADING = re.compile(r"^# # (.+)$", re.MULTILINE)  # in a cell of Markdown of a percent notebook
# A parameter is one line of the cell tagged "parameters", in papermill's own convention:
#     covariance: str = "clustered"  # covariance of the coefficients [clustered | robust]
# The bracket has clauses with semicolons between them: words, `province`, or the name of a list in
# data/choices.csv; a range of numbers or days, 2011..2021; and what other parameters ask for, `at
# least first_year + 2` or `at most 3 if covariance = robust`, which count the entries of a list.
# Lists are sets, sorted as their words are declared, unless a clause says `in order`.
TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
LIST = "list[str]"
FOLDERS = frozenset({"reports_path"})  # these name a folder, and no extract
IN_ORDER = "in order"
FEW_WORDS = 8  # more are not repeated in a message: they are in the list below it
INDENT = " " * 4
WRAP = textwrap.TextWrapper(78, subsequent_indent=INDENT, break_on_hyphens=False)
CELL = re.compile(r'^# %%[^\n]*"parameters"[^\n]*\n(.*?)(?=^# %%|\Z)', re.MULTILINE | re.DOTALL)
BRACKET = re.compile(r"\s*\[(?P<domain>[^\]]*)\]\s*$")
BOUND = re.compile(r"at (least|most) (.+?)(?: if (\w+) = (\S+))?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
TERM = re.compile(r"([+-]?)\s*(\w+)")
TRUTHS = dict.fromkeys(("true", "yes", "on", "1"), True)
TRUTHS |= dict.fromkeys(("false", "no", "off", "0"), False)


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


class ParameterError(Refusal, ValueError):
    """Parameters that a chapter does not have, or values it cannot take."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a chapter; ``words`` are its choices by every way to write them."""

    name: str
    kind: str
    default: Any
    meaning: str
    clauses: tuple[str, ...]
    words: Mapping[str, str]

    @property
    def allowed(self) -> str:
        """What the bracket says, with the words themselves instead of a list's name."""
        words = " | ".join(dict.fromkeys(self.words.values()))
        named = [words, *self.clauses[1:]] if words else self.clauses
        return f" [{'; '.join(named)}]".replace("..", " to ") if named else ""

    def parse(self, value: Any) -> Any:
        """Return a value in this parameter's type, or say what was found and what is allowed."""
        if self.kind != LIST:
            return self._entry(value, value)
        parts = value.split(",") if isinstance(value, str) else value
        parts = [part for part in (str(part).strip() for part in parts) if part]
        entries = [self._entry(part, parts) for part in parts]
        if twice := _repeated(entries):
            raise ParameterError(f"{self.name}: {', '.join(twice)} named twice; once is enough")
        if IN_ORDER in self.clauses or not self.words:
            return entries
        return [word for word in dict.fromkeys(self.words.values()) if word in entries]

    def _entry(self, value: Any, found: Any) -> Any:
        """Return a value or one entry of a list; ``found`` is what a message shows."""
        with suppress(ValueError, TypeError, OverflowError, KeyError):
            entry = _convert(self.kind, value)
            if self.words:
                return {key.casefold(): word for key, word in self.words.items()}[entry.casefold()]
            return _in_range(entry, self.clauses)
        count = len(set(self.words.values()))
        many = f" [of the {count} below]" if count > FEW_WORDS else ""
        hint = did_you_mean(str(value), self.words)
        kind = "day" if DAY.match(self.allowed, 2) else self.kind
        raise ParameterError(
            f"{self.name}: found {found!r}, expected {kind}{many or self.allowed}{hint}"
        )

    def impossible(self, values: Mapping[str, Any], unknown: Iterable[str]) -> list[str]:
        """Return what of this value does not go with the others, ``unknown`` ones left out."""
        size = len(values[self.name]) if self.kind == LIST else values[self.name]
        found = f"{self.name}: found {size}{' entries' if self.kind == LIST else ''}"
        problems = []
        for bound in filter(None, map(BOUND.fullmatch, self.clauses)):
            side, limit, other, only = bound.groups()
            terms = TERM.findall(limit)
            named = [name for _, name in terms if not name.isdigit()] + ([other] if other else [])
            if {self.name, *named} & set(unknown) or (other and values[other] != only):
                continue
            end = sum(int(f"{sign}1") * int(values.get(name, name)) for sign, name in terms)
            if size < end if side == "least" else size > end:
                where = "".join(f", {name} is {values[name]}" for name in named)
                problems.append(f"{found}{where}; expected at {side} {limit}")
        return problems


def _repeated(names: Iterable[str]) -> dict[str, int]:
    return {name: count for name, count in Counter(names).items() if count > 1}


def _convert(kind: str, value: Any) -> Any:
    """Return a value in a type, from text or from the type itself, or raise."""
    if kind == "bool":
        return TRUTHS[str(value).casefold()]
    target = TYPES.get(kind, str)
    if not isinstance(value, str | target) or isinstance(value, bool):
        raise TypeError(value)
    return target(value)


def _in_range(entry: Any, clauses: Iterable[str]) -> Any:
    """Return an entry that lies in the range a clause gives, a day as 2020-12-31, or raise."""
    for low, high in (one.split("..") for one in clauses if ".." in one):
        if DAY.match(low):
            entry = date.fromisoformat(entry).isoformat()
            inside = low <= entry <= high
        else:
            inside = float(low) <= entry <= float(high)
        if not inside:
            raise ValueError(entry)
    return entry


def read_parameters(chapter: Chapter) -> list[Parameter]:
    """Read a chapter's parameters; nothing of the notebook is run."""
    found = CELL.search(chapter.source.read_text(encoding="utf-8"))
    cell = found[1] if found else ""
    return [_parameter(chapter, cell, node) for node in ast.parse(cell).body]


def check_parameters(
    chapter: Chapter,
    declared: Iterable[Parameter],
    given: Mapping[str, Any] | Iterable[tuple[str, Any]],
) -> dict[str, Any]:
    """Return every parameter's value, given or default; raise once for all that is wrong."""
    known = {parameter.name: parameter for parameter in declared}
    values = {name: parameter.default for name, parameter in known.items()}
    pairs = list(given.items() if isinstance(given, Mapping) else given)
    unknown = _repeated([name for name, _ in pairs])
    problems = [f"{name}: given {n} times; give it once" for name, n in unknown.items()]
    for name, value in pairs:
        try:
            values[name] = known[name].parse(value)
        except KeyError:
            problems.append(f"{name}: no such parameter{did_you_mean(name, known)}")
        except ParameterError as error:
            problems.append(str(error))
            unknown[name] = 1
    problems += [text for one in known.values() for text in one.impossible(values, unknown)]
    if problems:
        listed = textwrap.indent(describe(known.values()), "  ")
        wrong = "\n".join(f"  - {problem}" for problem in dict.fromkeys(problems))
        raise ParameterError(
            f"{chapter.name} cannot run with these parameters:\n{wrong}\nIt has\n{listed}"
        )
    return values


def names_file(name: str) -> bool:
    """Return whether a parameter names a file of the reader's, as ``data_path`` does."""
    return name.endswith("_path")


def names_extract(name: str) -> bool:
    """Return whether a parameter names an extract of a reader's, not a folder of reports."""
    return names_file(name) and name not in FOLDERS


def given_files(values: Mapping[str, Any]) -> dict[str, Path]:
    """Return the reader's files that are named, by the parameters that name them."""
    return {name: Path(value) for name, value in values.items() if names_file(name) and value}


def with_full_paths(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with every file named in full: chapters run in the project's folder."""
    given = given_files(values)
    places = {name: locate(path, folder=name in FOLDERS) for name, path in given.items()}
    return {**values, **{name: str(place.resolve()) for name, place in places.items()}}


def describe(parameters: Iterable[Parameter]) -> str:
    """Return type, name, default and, below them, meaning and domain, in lines of a terminal."""
    lines = []
    for one in parameters:
        default = ",".join(one.default) if one.kind == LIST else str(one.default)
        lines.append(f"{one.name} ({one.kind}), by default {default or 'empty'}")
        lines.append(INDENT + one.meaning + one.allowed)
    return "\n".join(map(WRAP.fill, lines))


def _parameter(chapter: Chapter, cell: str, node: ast.stmt) -> Parameter:
    """Return what one line of the cell declares."""
    name = ast.unparse(getattr(node, "targets", [getattr(node, "target", node)])[0])
    kind = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
    last = cell.splitlines()[(node.end_lineno or 0) - 1].encode()[node.end_col_offset or 0 :]
    comment = last.decode().strip().lstrip("# ")
    if kind not in (*TYPES, LIST) or not comment:
        raise ParameterError(
            f"{chapter.source.name}, parameter {name}: found type {kind!r} and comment "
            f"{comment!r}; write it as `name: type = default  # meaning [allowed]` with a "
            f"type among {', '.join((*TYPES, LIST))}"
        )
    match = BRACKET.search(comment)
    clauses = tuple(map(str.strip, match["domain"].split(";"))) if match else ()
    default = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    return Parameter(name, kind, default, BRACKET.sub("", comment), clauses, _spelt(*clauses[:1]))


def _spelt(written: str = "") -> dict[str, str]:
    """Return the choices that a first clause names or lists, by spelling; none for a range."""
    if written == "province":
        spellings = province_spellings()
        return dict(sorted(spellings.items(), key=lambda pair: pair[1]))
    if ".." in written or BOUND.fullmatch(written):
        return {}
    words = choices().get(written) or [word.strip() for word in written.split("|")]
    return {word: word for word in words if word}
