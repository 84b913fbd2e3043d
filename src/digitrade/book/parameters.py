"""A chapter's parameters, read from the notebook and checked before anything runs.

A parameter is one line of the cell tagged ``parameters``, in papermill's own convention::

    covariance: str = "clustered"  # covariance of the coefficients [clustered | robust]

The bracket at the end of the comment, where there is one, says what is allowed: a list of
words, a range such as ``[2011..2021]``, ``province``, or the name of a list in
``data/choices.csv``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import jupytext
from papermill.translators import PythonTranslator
from pydantic import Field, TypeAdapter, ValidationError

from digitrade.book.chapters import Chapter
from digitrade.data import load_province_list
from digitrade.data.labels import choices
from digitrade.data.paths import Refusal
from digitrade.data.reader.reading import locate

TYPES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
LIST = "list[str]"
FILE_ENDING = "_path"  # a parameter whose name ends so names a file of the reader's
BRACKET = re.compile(r"\s*\[(?P<domain>[^\]]*)\]\s*$")


class ParameterError(Refusal, ValueError):
    """Parameters that a chapter does not have, or values it cannot take."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a chapter: ``allowed`` says in words what ``values`` may be."""

    name: str
    kind: str
    default: Any
    meaning: str
    allowed: str
    values: TypeAdapter[Any]

    def parse(self, value: Any) -> Any:
        """Return a value in this parameter's type, or say what was found and what is allowed."""
        if self.kind == LIST and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        try:
            return self.values.validate_python(value)
        except ValidationError as error:
            reasons = "; ".join(detail["msg"].lower() for detail in error.errors())
            raise ParameterError(
                f"{self.name}: found {value!r}, expected {self.kind}{self.allowed} ({reasons})"
            ) from None


def read_parameters(chapter: Chapter) -> list[Parameter]:
    """Read a chapter's parameters with papermill's own inspection."""
    cells = jupytext.read(chapter.source).cells
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    entries = PythonTranslator.inspect(tagged[0]) if tagged else []
    return [_parameter(chapter, entry._asdict()) for entry in entries]


def check_parameters(
    chapter: Chapter, declared: Iterable[Parameter], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return every parameter's value, given or default; raise once for all that is wrong."""
    known = {parameter.name: parameter for parameter in declared}
    values = {name: parameter.default for name, parameter in known.items()}
    problems = []
    for name, value in given.items():
        try:
            values[name] = known[name].parse(value)
        except KeyError:
            problems.append(f"{name}: no such parameter")
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
    """Return the values with every file named in full: chapters run in the project's folder."""
    return {
        name: str(locate(value).resolve()) if names_file(name) and value else value
        for name, value in values.items()
    }


def describe(parameters: Iterable[Parameter]) -> str:
    """Return name, type, default and meaning as aligned lines."""
    rows = [("name", "type", "default", "meaning")]
    for one in parameters:
        default = ",".join(one.default) if one.kind == LIST else str(one.default)
        rows.append((one.name, one.kind, default, one.meaning + one.allowed))
    first, second, third = (max(len(row[i]) for row in rows) for i in range(3))
    return "\n".join(
        f"{name:{first}}  {kind:{second}}  {default:{third}}  {meaning}"
        for name, kind, default, meaning in rows
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
    allowed, item = _domain(match["domain"] if match else "", TYPES.get(kind, str))
    values = TypeAdapter(list[item] if kind == LIST else item)  # type: ignore[valid-type]
    meaning = BRACKET.sub("", entry["help"])
    return Parameter(name, kind, ast.literal_eval(entry["default"]), meaning, allowed, values)


def _domain(written: str, item: Any) -> tuple[str, Any]:
    """Return what stands in the bracket, in words after a blank, and as a type."""
    if ".." in written:
        low, high = map(float, written.split(".."))
        return f" [{low:g} to {high:g}]", Annotated[item, Field(ge=low, le=high)]
    lists = choices()
    if written == "province":
        lists["province"] = tuple(sorted(load_province_list()["province"]))
    words = lists.get(written) or tuple(filter(None, map(str.strip, written.split("|"))))
    return (f" [{' | '.join(words)}]", Literal[words]) if words else ("", item)
