"""Which columns an extract has, what they are called elsewhere, and whose column is whose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem

FOLDER = Path(__file__).parent
TRUE_EFFECT = "true_effect_"
COLUMNS_GROUP = "Columns"
BOUNDS = ("minimum", "maximum", "low", "typical", "high")
UNIT_IN_HEADER = re.compile(
    r"(?:[(\[](?P<unit>[^()\[\]]*)[)\]]|(?<=.)(?P<bare>(?:人民币|千|万|百万|亿|十亿)?元))\s*$"
)  # Stata takes the brackets out of a name
REPEATED = re.compile(r"(?P<name>.+)\.\d+$")
SEPARATORS = re.compile(r"[\s_\-.'’·:/]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an extract: a line of ``columns.csv``.

    Values from ``minimum`` to ``maximum`` are possible, and ``zero`` or not; the median of
    plausible data lies from ``low`` to ``high``; ``nan`` is no bound. Without an optional column
    its ``exhibits`` stay blank under "yours".
    """

    name: str
    required: bool
    kind: str
    unit: str
    minimum: float
    maximum: float
    zero: bool
    low: float
    typical: float
    high: float
    meaning: str
    exhibits: str

    @property
    def described(self) -> str:
        """Meaning and unit, in words."""
        return f"{self.meaning}, in {self.unit}" if self.unit else self.meaning

    @property
    def range(self) -> str:
        """What is possible, in words."""
        low = f"{self.minimum:g} or more" if self.zero else f"above {self.minimum:g}"
        words = {low: self.minimum, f"at most {self.maximum:g}": self.maximum}
        return " and ".join(word for word, bound in words.items() if np.isfinite(bound))

    @property
    def factors(self) -> dict[str, float]:
        """What a number in another unit of the same kind is multiplied by to be in this one."""
        units = _units()
        alike = units.loc[units["scale"] == units["scale"].get(self.unit), "factor"]
        return {str(unit): float(f"{by / alike[self.unit]:.12g}") for unit, by in alike.items()}


@dataclass(frozen=True, slots=True)
class Match:
    """A header of the file, the column's name here, and its declared multiplier, if any."""

    theirs: str
    ours: str
    multiply: float | None = None


Declared = Mapping[str, Match]


@cache
def canonical_columns() -> dict[str, Column]:
    """Return the columns of an extract by name, in their order."""
    table = pd.read_csv(
        FOLDER / "columns.csv",
        keep_default_na=False,
        na_values={name: [""] for name in BOUNDS},
        converters={"required": lambda cell: cell == "yes", "zero": lambda cell: cell != "no"},
    )
    return {row[0]: Column(*row) for row in table.itertuples(index=False, name=None)}


@cache
def known_headers() -> dict[str, str]:
    """Return what each known header, made plain, is called here; ``headers.csv`` lists them."""
    return {plain(header): name for name in canonical_columns() for header in headers_of(name)}


@cache
def headers_of(column: str) -> tuple[str, ...]:
    """Return the headers by which a column is recognised, as ``headers.csv`` writes them."""
    table = pd.read_csv(FOLDER / "headers.csv", dtype=str, keep_default_na=False)
    return column, *table.loc[table["canonical"] == column, "header"]


def describe_columns() -> str:
    """Return name, unit, meaning and recognised headers of every column as text."""
    return "\n".join(
        f"{column.name}{'' if column.required else ' (optional)'}: {column.described}\n"
        f"    {', '.join(headers_of(column.name)[1:])}"
        for column in canonical_columns().values()
    )


def _folded(header: object) -> str:
    return unicodedata.normalize("NFKC", str(header)).strip().casefold()


def plain(header: object) -> str:
    """Return a header without unit, blanks, marks and capitals, for comparison only."""
    return SEPARATORS.sub("", UNIT_IN_HEADER.sub("", _folded(header)))


def unit_in(header: object) -> str:
    """Return the unit that a header states at its end, in brackets or in Chinese, or nothing."""
    found = UNIT_IN_HEADER.search(_folded(header))
    stated = SEPARATORS.sub("", found["unit"] or found["bare"] or "") if found else ""
    written = _units()["written"].dropna().str.split("|")
    return next((str(unit) for unit, words in written.items() if stated in words), "")


@cache
def _units() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "units.csv", index_col="unit")


def match_columns(headers: list[str], declared: Declared) -> tuple[list[Match], list[Problem]]:
    """Find out which column of a file is which, and what stands in the way.

    A declared column takes its name away from any that only looks like it.
    """
    taken = {match.ours for match in declared.values()}
    matches = []
    for header in headers:
        guess = _guess(header, headers)
        match = declared.get(header) or Match(header, "" if guess in taken else guess)
        matches += [match] if match.ours else []
    words = [*_undeclared(headers, declared), *_clashes(matches), *_absent(matches, taken)]
    return matches, [Problem(COLUMNS_GROUP, *one) for one in words]


def _guess(header: str, headers: list[str]) -> str:
    """Return the name a header is known by; a repeated one, which pandas numbers, too."""
    if header.startswith(TRUE_EFFECT):
        return header
    repeated = REPEATED.match(header)
    own = repeated["name"] if repeated and repeated["name"] in headers else header
    return known_headers().get(plain(own), "")


Words = Iterator[tuple[str, str, str]]
"""Place, what was found, advice."""


def _undeclared(headers: list[str], declared: Declared) -> Words:
    for name in [name for name in declared if name not in headers]:
        near = get_close_matches(name, headers, n=3)
        advice = f"Did you mean {' or '.join(near)}?" if near else "Write it as the file does"
        yield f"column map, {name}", "no such column in the file", advice


def _clashes(matches: list[Match]) -> Words:
    for name in dict.fromkeys(match.ours for match in matches):
        claims = [match.theirs for match in matches if match.ours == name]
        line = f"`{claims[0]},{name}`"
        advice = f"Say in the column map which one it is, by a line such as {line}"
        if len(claims) > 1:
            yield f"column {name}", f"claimed by {' and by '.join(claims)}", advice


def _absent(matches: list[Match], taken: set[str]) -> Words:
    there = {match.ours for match in matches} | taken
    for column in canonical_columns().values():
        if column.required and column.name not in there:
            advice = (
                f"Add it, or name yours in the column map by a line `your header,{column.name}`. "
                f"Recognised headers: {', '.join(headers_of(column.name)[:6])}"
            )
            yield f"column {column.name}", f"not there ({column.described})", advice


def declared_columns(rows: pd.DataFrame, source: str) -> tuple[Declared, list[Problem]]:
    """Read the text cells of a column map, called ``source``; an empty ``ours`` leaves out."""
    absent = [name for name in ("theirs", "ours") if name not in rows]
    if absent:
        advice = "Its first line is `theirs,ours` or `theirs,ours,multiply`"
        return {}, [Problem(COLUMNS_GROUP, source, f"no column {' and '.join(absent)}", advice)]
    cells = rows.fillna("").astype(str).apply(lambda column: column.str.strip())
    declared: dict[str, Match] = {}
    problems = []
    for number, row in enumerate(cells.to_dict("records"), start=2):
        theirs, ours, written = row["theirs"], row["ours"], row.get("multiply", "")
        wrong = list(_wrong_line(theirs, ours, written, declared))
        problems += [Problem(COLUMNS_GROUP, f"{source}, line {number}", *words) for words in wrong]
        if not wrong:
            declared[theirs] = Match(theirs, ours, float(written) if written else None)
    return declared, problems


def _wrong_line(
    theirs: str, ours: str, written: str, before: Declared
) -> Iterable[tuple[str, str]]:
    """Return what is wrong with one line of a column map: found, and advice."""
    columns = canonical_columns()
    if theirs in before:
        yield f"{theirs} for the second time", "Keep one line a column"
    if ours and ours not in columns:
        near = get_close_matches(ours, columns, n=3) or list(columns)
        yield f"no column {ours!r} here", f"Choose among {', '.join(near)}"
    number = pd.to_numeric(written or "1", errors="coerce")
    if not np.isfinite(number) or number <= 0:
        yield f"multiply is {written!r}", "Write a positive number such as 10000 or 0.01"
    elif written and ours in columns and columns[ours].kind not in ("number", "count"):
        yield f"multiply {written} for {ours}, which is no amount", "Leave multiply empty there"
