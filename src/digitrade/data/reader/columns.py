"""Which columns an extract has, what they are called elsewhere, and whose column is whose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.signs import clean, shown

FOLDER = Path(__file__).parent
TRUE_EFFECT = "true_effect_"
COLUMNS_GROUP = "Columns"
BOUNDS = ("minimum", "maximum", "low", "typical", "high")
UNIT_IN_HEADER = re.compile(
    r"(?:[(\[【](?:单位:?)?(?P<unit>[^()\[\]【】]*)[)\]】]|(?<=.)(?P<bare>(?:人民币|千|万|百万|亿|十亿)?元))\s*$"
)  # Stata takes the brackets out of a name
REPEATED = re.compile(r"(?P<name>.+)\.\d+$")
SEPARATORS = re.compile(r"[\s_\-.'’·:/]+")
QUALIFIERS = re.compile("年末|年底|期末|金融机构|人民币|本外币|各项|全市|全部|当年价")
YEARS = re.compile(r"(?P<first>\d{4})(?:\s*[-–]\s*(?P<last>\d{4})?)?")
SUM, ADDENDS = (
    "deposits_loans",
    (re.compile("存款|deposits"), re.compile("贷款余额|^(?:city_)?loans")),
)
PLUS = " + "  # between headers of the file whose columns are added up


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
    """A header of the file, the column's name here, its declared multiplier and years, if any.

    ``headers`` are the columns added up, most often one; ``unit`` is what its head states.
    """

    theirs: str
    ours: str
    multiply: float | None = None
    years: tuple[int, int] | None = None
    headers: tuple[str, ...] = ()
    unit: str = ""


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


def headers_of(column: str) -> tuple[str, ...]:
    """Return the headers by which a column is recognised, as ``headers.csv`` writes them."""
    return column, *_headers().get(column, ())


@cache
def _headers() -> pd.Series:
    table = pd.read_csv(FOLDER / "headers.csv", dtype=str, keep_default_na=False)
    return table.groupby("canonical")["header"].agg(tuple)


def describe_columns() -> str:
    """Return name, unit, meaning and recognised headers of every column as text."""
    return "\n".join(
        f"{column.name}{'' if column.required else ' (optional)'}: {column.described}\n"
        f"    {', '.join(headers_of(column.name)[1:])}"
        for column in canonical_columns().values()
    )


def _folded(header: object) -> str:
    return clean(header).casefold()


def plain(header: object) -> str:
    """Return a header without unit, blanks, marks and capitals, for comparison only."""
    return SEPARATORS.sub("", UNIT_IN_HEADER.sub("", _folded(header)))


def known_as(header: object) -> str:
    """Return what a header is called here, as it stands or without qualifiers such as 年末."""
    known, written = known_headers(), plain(header)
    return known.get(written) or known.get(QUALIFIERS.sub("", written), "")


def unit_in(header: object) -> str:
    """Return the unit that a header states at its end, in brackets or in Chinese, or nothing."""
    found = UNIT_IN_HEADER.search(_folded(header))
    return unit_named(found["unit"] or found["bare"] or "") if found else ""


def unit_named(text: str) -> str:
    """Return the unit that a text is, as units.csv writes it, or nothing."""
    stated = SEPARATORS.sub("", _folded(text))
    written = _units()["written"].dropna().str.split("|")
    return next((str(unit) for unit, words in written.items() if stated in words), "")


@cache
def _units() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "units.csv", index_col="unit")


def match_columns(
    headers: list[str], declared: Declared, titles: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[list[Match], list[Problem]]:
    """Find out which column of a file is which, and what stands in the way.

    A declared column takes its name away from any that only looks like it; ``titles`` are what
    further lines of the head say of a column.
    """
    said = {header: (header, *(titles or {}).get(header, ())) for header in headers}
    found = {name: _declared_headers(name, said) for name in declared}
    taken = {match.ours for match in declared.values()}
    settled = {header for parts in found.values() for header in parts}
    matches = [
        replace(match, headers=found[name], unit=_unit_of(said[found[name][0]]))
        for name, match in declared.items()
        if match.ours and found[name]
    ]
    for header in headers:
        guess = _guess(said[header], headers)
        seen = {match.ours for match in matches}
        if header in settled or not guess or guess in taken or (guess in seen & _texts()):
            continue
        matches.append(Match(header, guess, headers=(header,), unit=_unit_of(said[header])))
    matches.sort(key=lambda match: headers.index(match.headers[0]))
    lost = [name for name in declared if not found[name]]
    words = [*_undeclared(headers, lost), *_clashes(matches), *_absent(headers, matches, taken)]
    return matches, [Problem(COLUMNS_GROUP, *one) for one in words]


def _texts() -> set[str]:
    """Return the columns of plain text, of which the first that is recognised counts."""
    return {column.name for column in canonical_columns().values() if column.kind == "text"}


def _declared_headers(name: str, said: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the file's columns that a line of a column map names: one, some added up, or none."""
    for parts in ([name], name.split(PLUS)):
        found = [_same(part, said) for part in parts]
        if all(found):
            return tuple(found)
    return ()


def _same(name: str, said: Mapping[str, tuple[str, ...]]) -> str:
    """Return the header that is written like a name, or that has it as a title; or nothing."""
    if name in said:
        return name
    wanted = _folded(name)
    return next((one for one, words in said.items() if wanted in map(_folded, words)), "")


def _unit_of(words: Iterable[str]) -> str:
    """Return the first unit that the lines of a column's head state, or nothing."""
    return next((unit for word in words if (unit := unit_named(word) or unit_in(word))), "")


def _guess(words: tuple[str, ...], headers: list[str]) -> str:
    """Return the name a column is known by; a repeated header, which is numbered, counts too."""
    header = words[0]
    if header.startswith(TRUE_EFFECT):
        return header
    repeated = REPEATED.match(header)
    own = repeated["name"] if repeated and repeated["name"] in headers else header
    return next((name for word in (own, *words[1:]) if (name := known_as(word))), "")


Words = Iterator[tuple[str, str, str]]
"""Place, what was found, advice."""


def _undeclared(headers: list[str], lost: list[str]) -> Words:
    for name in lost:
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


def _absent(headers: list[str], matches: list[Match], taken: set[str]) -> Words:
    there = {match.ours for match in matches} | taken
    for column in canonical_columns().values():
        if column.required and column.name not in there:
            advice = (
                f"Add it, or name yours in the column map by a line `your header,{column.name}`. "
                f"Recognised headers: {', '.join(headers_of(column.name)[:6])}"
            )
            if column.name == SUM and (parts := _addends(headers)):
                advice = f"Add two columns up by the line `{PLUS.join(parts)},{column.name}`"
            yield f"column {column.name}", f"not there ({column.described})", advice


def _addends(headers: list[str]) -> list[str]:
    """Return the one header of deposits and the one of loans, if there is one of each."""
    found = [[one for one in headers if words.search(_folded(one))] for words in ADDENDS]
    return [one[0] for one in found] if all(len(one) == 1 for one in found) else []


def declared_columns(rows: pd.DataFrame, source: str) -> tuple[Declared, list[Problem]]:
    """Read the text cells of a column map, called ``source``; an empty ``ours`` leaves out."""
    absent = [name for name in ("theirs", "ours") if name not in rows]
    if absent:
        advice = "Its first line is `theirs,ours` or `theirs,ours,multiply`"
        return {}, [Problem(COLUMNS_GROUP, source, f"no column {' and '.join(absent)}", advice)]
    cells = rows.fillna("").astype(str).map(shown)
    declared: dict[str, Match] = {}
    problems = []
    for number, row in enumerate(cells.to_dict("records"), start=2):
        theirs, ours = row["theirs"], row["ours"]
        written, years = row.get("multiply", ""), row.get("years", "")
        wrong = list(_wrong_line(theirs, ours, written, declared))
        span = YEARS.fullmatch(years)
        if years and not (span and written):
            wrong.append((f"years {years!r}", "Write 2017-2020 or 2017-, and a multiplier"))
        problems += [Problem(COLUMNS_GROUP, f"{source}, line {number}", *words) for words in wrong]
        if not wrong:
            by = float(written) if written else None
            declared[theirs] = Match(theirs, ours, by, _years(span) if span else None)
    return declared, problems


def _years(span: re.Match[str]) -> tuple[int, int]:
    """Return the first and last year of 2017-2020, 2017- or 2017."""
    open_ended = span[0] != span["first"]
    return int(span["first"]), int(span["last"] or (9999 if open_ended else span["first"]))


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
