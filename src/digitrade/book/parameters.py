"""A chapter's parameters, read from the notebook and checked before anything runs.

A parameter is one line of the cell tagged ``parameters``, in papermill's own convention::

    covariance: str = "clustered"  # covariance of the coefficients [clustered | robust]

The bracket at the end of the comment, where there is one, says what is allowed: a list of
words, a range such as ``[2011..2021]``, or the name of one of :data:`DOMAINS`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import jupytext
import papermill
from pydantic import Field, TypeAdapter, ValidationError

from digitrade.book.chapters import Chapter
from digitrade.data import load_province_list
from digitrade.data.reader.reading import locate
from digitrade.studies.digital_finance.variables import CONTROLS, QUALITY_INGREDIENTS

TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
LIST = "list[str]"
DOMAINS: dict[str, Callable[[], Iterable[str]]] = {
    "province": lambda: load_province_list()["province"],
    "control": lambda: CONTROLS,
    "ingredient": lambda: QUALITY_INGREDIENTS,
}
FILE_ENDING = "_path"  # a parameter whose name ends so names a file of the reader's
BRACKET = re.compile(r"\s*\[(?P<domain>[^\]]*)\]\s*$")


class ParameterError(ValueError):
    """Parameters that a chapter does not have, or values it cannot take."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a chapter, as its notebook declares it.

    Attributes
    ----------
    name, kind
        Name and type as written: ``bool``, ``int``, ``float``, ``str`` or ``list[str]``.
    default
        The value the book uses.
    meaning
        The comment, without the bracket.
    choices
        Words that are allowed; empty if any is.
    low, high
        Bounds of a number; ``None`` if there are none.
    """

    name: str
    kind: str
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return " | ".join(self.choices)
        if self.low is not None:
            return f"{self.low:g} to {self.high:g}"
        return ""

    @property
    def shown_default(self) -> str:
        """The default as one would write it on the command line."""
        return ",".join(self.default) if self.kind == LIST else str(self.default)

    def parse(self, value: Any) -> Any:
        """Return a value in this parameter's type.

        Raises
        ------
        ParameterError
            Saying what was found and what is allowed.
        """
        if self.kind == LIST and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        try:
            return self._adapter().validate_python(value)
        except ValidationError as error:
            reasons = "; ".join(detail["msg"].lower() for detail in error.errors())
            allowed = f" [{self.allowed}]" if self.allowed else ""
            raise ParameterError(
                f"{self.name}: found {value!r}, expected {self.kind}{allowed} ({reasons})"
            ) from None

    def _adapter(self) -> TypeAdapter[Any]:
        item: Any = TYPES.get(self.kind, str)
        if self.choices:
            item = Literal[self.choices]
        elif self.low is not None:
            item = Annotated[item, Field(ge=self.low, le=self.high)]
        return TypeAdapter(list[item] if self.kind == LIST else item)


def read_parameters(chapter: Chapter, draft: Path) -> list[Parameter]:
    """Read a chapter's parameters with papermill's own inspection.

    Parameters
    ----------
    chapter
        The chapter.
    draft
        A file to write the notebook to, since papermill inspects ``.ipynb`` only.

    Raises
    ------
    ParameterError
        If a line is not a parameter that can be checked.
    """
    jupytext.write(chapter.read(), draft)
    inspected = papermill.inspect_notebook(str(draft))
    return [_parameter(chapter, entry) for entry in inspected.values()]


def check_parameters(
    chapter: Chapter, declared: Iterable[Parameter], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every parameter's value: what was given, else the default.

    Raises
    ------
    ParameterError
        With all that is wrong at once, and the parameters there are.
    """
    known = {one.name: one for one in declared}
    values = {name: one.default for name, one in known.items()}
    problems = []
    for name, value in given.items():
        if name not in known:
            problems.append(f"{name}: no such parameter")
            continue
        try:
            values[name] = known[name].parse(value)
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        listed = "\n".join(f"  {line}" for line in describe(known.values()).splitlines())
        wrong = "\n".join(f"  - {problem}" for problem in problems)
        raise ParameterError(
            f"{chapter.name} cannot run with these parameters:\n{wrong}\nIt has\n{listed}"
        )
    return values


def names_file(name: str) -> bool:
    """Return whether a parameter names a file of the reader's, as ``data_path`` does."""
    return name.endswith(FILE_ENDING)


def with_full_paths(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with every file found and named in full; empty ones stay empty.

    A chapter runs in the project's folder, the reader types in another.

    Raises
    ------
    FileNotFoundError
        Listing the places that were tried.
    """
    return {
        name: str(locate(value).resolve()) if names_file(name) and value else value
        for name, value in values.items()
    }


def describe(parameters: Iterable[Parameter]) -> str:
    """Return name, type, default and meaning as aligned lines."""
    header = ("name", "type", "default", "meaning")
    rows = [header] + [
        (
            one.name,
            one.kind,
            one.shown_default,
            one.meaning + (f" [{one.allowed}]" if one.allowed else ""),
        )
        for one in parameters
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


def _parameter(chapter: Chapter, entry: Mapping[str, Any]) -> Parameter:
    name, kind = entry["name"], entry["inferred_type_name"]
    if kind not in (*TYPES, LIST) or not entry["help"]:
        raise ParameterError(
            f"{chapter.source.name}, parameter {name}: found type {kind!r} and comment "
            f"{entry['help']!r}; write it as `name: type = default  # meaning [allowed]` with a "
            f"type among {', '.join((*TYPES, LIST))}"
        )
    match = BRACKET.search(entry["help"])
    meaning = BRACKET.sub("", entry["help"])
    choices, low, high = _domain(match["domain"] if match else "")
    return Parameter(name, kind, ast.literal_eval(entry["default"]), meaning, choices, low, high)


def _domain(written: str) -> tuple[tuple[str, ...], float | None, float | None]:
    """Return choices and bounds of what stands in the bracket."""
    if written in DOMAINS:
        return tuple(DOMAINS[written]()), None, None
    if ".." in written:
        low, high = written.split("..")
        return (), float(low), float(high)
    return tuple(word.strip() for word in written.split("|") if word.strip()), None, None
