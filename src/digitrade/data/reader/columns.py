"""Which columns an extract has, what they are called elsewhere, and whose column is whose."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data.codebook import Problem

FOLDER = Path(__file__).parent
TRUTH = "true_effect_"
COLUMNS_GROUP = "Columns"
MONEY = {
    "yuan": 1.0,
    "thousand yuan": 1e3,
    "10,000 yuan": 1e4,
    "million yuan": 1e6,
    "100 million yuan": 1e8,
    "billion yuan": 1e9,
}
SHARES = {"share": 1.0, "ratio": 1.0, "per cent": 0.01}
UNIT_WORDS = {
    "元": "yuan",
    "人民币元": "yuan",
    "千元": "thousand yuan",
    "万元": "10,000 yuan",
    "百万元": "million yuan",
    "亿元": "100 million yuan",
    "十亿元": "billion yuan",
    "yuan": "yuan",
    "rmb": "yuan",
    "cny": "yuan",
    "10000yuan": "10,000 yuan",
    "10,000yuan": "10,000 yuan",
    "millionyuan": "million yuan",
    "100millionyuan": "100 million yuan",
    "billionyuan": "billion yuan",
    "%": "per cent",
    "percent": "per cent",
    "percent.": "per cent",
}
UNIT_IN_HEADER = re.compile(
    r"(?:[(\[](?P<unit>[^()\[\]]*)[)\]]|(?<=.)(?P<bare>(?:人民币|千|万|百万|亿|十亿)?元))\s*$"
)  # Stata takes the brackets out of a name
REPEATED = re.compile(r"(?P<name>.+)\.\d+$")
SEPARATORS = re.compile(r"[\s_\-.'’·:/]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an extract.

    Attributes
    ----------
    name, meaning, unit
        Its name here, what it holds and in which unit; the unit is empty if it has none.
    kind
        ``code, year, city, province, number, count`` or ``flag``.
    required
        Whether there is no panel without it.
    minimum, maximum, zero
        The values that are possible, and whether zero is one; ``nan`` for no bound.
    low, typical, high
        Where the median of plausible data lies, in the unit; ``nan`` where it says nothing.
    exhibits
        What stays blank under "yours" without an optional column.
    """

    name: str
    kind: str
    required: bool
    unit: str
    meaning: str
    minimum: float
    maximum: float
    zero: bool
    low: float
    typical: float
    high: float
    exhibits: str

    @property
    def described(self) -> str:
        """Meaning and unit, in words."""
        return f"{self.meaning}, in {self.unit}" if self.unit else self.meaning

    def factor(self, unit: str) -> float:
        """Return what a number in ``unit`` is multiplied by to be in this column's unit.

        Missing if the two units do not measure the same.
        """
        for scale in (MONEY, SHARES):
            if self.unit in scale and unit in scale:
                return float(f"{scale[unit] / scale[self.unit]:.12g}")
        return float("nan")


@dataclass(frozen=True, slots=True)
class Match:
    """A column of the file and the name it gets here.

    Attributes
    ----------
    theirs, ours
        The header in the file, and the column's name here.
    multiply
        What its numbers are multiplied by; ``None`` if the reader declared nothing.
    """

    theirs: str
    ours: str
    multiply: float | None = None


@cache
def canonical_columns() -> dict[str, Column]:
    """Return the columns of an extract by name, in their order."""
    text = pd.read_csv(FOLDER / "columns.csv", dtype=str, keep_default_na=False)
    bounds = ("minimum", "maximum", "low", "typical", "high")
    columns = {}
    for row in text.to_dict("records"):
        minimum, maximum, low, typical, high = (_bound(row[name]) for name in bounds)
        columns[row["column"]] = Column(
            name=row["column"],
            kind=row["kind"],
            required=row["required"] == "yes",
            unit=row["unit"],
            meaning=row["meaning"],
            minimum=minimum,
            maximum=maximum,
            zero=row["zero"] != "no",
            low=low,
            typical=typical,
            high=high,
            exhibits=row["exhibits"],
        )
    return columns


def _bound(written: str) -> float:
    return float(written) if written else float("nan")


@cache
def known_headers() -> dict[str, str]:
    """Return what each known header, made plain, is called here; ``headers.csv`` lists them."""
    text = pd.read_csv(FOLDER / "headers.csv", dtype=str, keep_default_na=False)
    own = {plain(name): name for name in canonical_columns()}
    pairs = zip(text["header"], text["canonical"], strict=True)
    return own | {plain(header): canonical for header, canonical in pairs}


def headers_of(column: str) -> list[str]:
    """Return the headers by which a column is recognised, as ``headers.csv`` writes them."""
    text = pd.read_csv(FOLDER / "headers.csv", dtype=str, keep_default_na=False)
    return [column, *text.loc[text["canonical"] == column, "header"]]


def describe_columns() -> str:
    """Return name, unit, meaning and recognised headers of every column as text."""
    blocks = []
    for one in canonical_columns().values():
        need = "" if one.required else " (optional)"
        headers = ", ".join(headers_of(one.name)[1:])
        blocks.append(f"{one.name}{need}: {one.described}\n    {headers}")
    return "\n".join(blocks)


def plain(header: object) -> str:
    """Return a header without unit, blanks, marks and capitals, for comparison only."""
    text = unicodedata.normalize("NFKC", str(header)).strip().casefold()
    return SEPARATORS.sub("", UNIT_IN_HEADER.sub("", text))


def unit_in(header: object) -> str:
    """Return the unit that a header states at its end, in brackets or in Chinese, or nothing."""
    found = UNIT_IN_HEADER.search(unicodedata.normalize("NFKC", str(header)).casefold())
    return UNIT_WORDS.get(SEPARATORS.sub("", found["unit"] or found["bare"]), "") if found else ""


def match_columns(
    theirs: Iterable[str], declared: Mapping[str, tuple[str, float | None]]
) -> tuple[list[Match], list[Problem]]:
    """Find out which column of a file is which.

    Parameters
    ----------
    theirs
        The headers of the file.
    declared
        What the reader says of some of them: our name, or nothing if the column is not to be
        used, and a multiplier. A declared column takes its name away from any that only looks
        like it.

    Returns
    -------
    matches : list of Match
        In the order of the file.
    problems : list of Problem
        Declared columns that do not exist, names claimed twice, required columns not there.
    """
    headers = list(theirs)
    taken = {ours for ours, _ in declared.values()}
    matches = []
    for header in headers:
        if header in declared:
            ours, multiply = declared[header]
            matches += [Match(header, ours, multiply)] if ours else []
        else:
            guess = _guess(header, headers)
            matches += [Match(header, guess)] if guess and guess not in taken else []
    problems = [*_undeclared(headers, declared), *_clashes(matches), *_absent(matches, taken)]
    return matches, problems


def _guess(header: str, headers: list[str]) -> str:
    """Return the name a header is known by; a repeated one, which pandas numbers, too."""
    if header.startswith(TRUTH):
        return header
    repeated = REPEATED.match(header)
    own = repeated["name"] if repeated and repeated["name"] in headers else header
    return known_headers().get(plain(own), "")


def _undeclared(headers: list[str], declared: Mapping[str, object]) -> list[Problem]:
    """Return the declared columns that the file does not have."""
    problems = []
    for name in [name for name in declared if name not in headers]:
        near = get_close_matches(name, headers, n=3)
        advice = f"Did you mean {' or '.join(near)}?" if near else "Write it as the file does"
        place = f"column map, {name}"
        problems.append(Problem(COLUMNS_GROUP, place, "no such column in the file", advice))
    return problems


def _clashes(matches: list[Match]) -> list[Problem]:
    counts = Counter(one.ours for one in matches)
    return [
        Problem(
            COLUMNS_GROUP,
            f"column {name}",
            "claimed by " + " and by ".join(one.theirs for one in matches if one.ours == name),
            f"Say in the column map which one it is, by a line such as "
            f"`{next(one.theirs for one in matches if one.ours == name)},{name}`",
        )
        for name, times in counts.items()
        if times > 1
    ]


def _absent(matches: list[Match], taken: set[str]) -> list[Problem]:
    there = {one.ours for one in matches} | taken
    return [
        Problem(
            COLUMNS_GROUP,
            f"column {one.name}",
            f"not there ({one.described})",
            f"Add it, or name yours in the column map by a line `your header,{one.name}`. "
            f"Recognised headers: {', '.join(headers_of(one.name)[:6])}",
        )
        for one in canonical_columns().values()
        if one.required and one.name not in there
    ]


def declared_columns(
    rows: pd.DataFrame, source: str
) -> tuple[dict[str, tuple[str, float | None]], list[Problem]]:
    """Read a reader's column map: ``theirs, ours`` and, if wanted, ``multiply``.

    Parameters
    ----------
    rows
        The map's cells as text. An empty ``ours`` leaves the column out.
    source
        What to call the map in a problem.

    Returns
    -------
    declared : dict
        Our name and the multiplier (``None`` if there is none) by the file's header.
    problems : list of Problem
        Everything that is wrong with the map.
    """
    absent = [name for name in ("theirs", "ours") if name not in rows]
    if absent:
        advice = "Its first line is `theirs,ours` or `theirs,ours,multiply`"
        return {}, [Problem(COLUMNS_GROUP, source, f"no column {' and '.join(absent)}", advice)]
    cells = rows.fillna("").astype(str).apply(lambda column: column.str.strip())
    declared: dict[str, tuple[str, float | None]] = {}
    problems = []
    for number, row in enumerate(cells.to_dict("records"), start=2):
        theirs, ours, written = row["theirs"], row["ours"], row.get("multiply", "")
        wrong = _wrong_line(theirs, ours, written, declared)
        problems += [Problem(COLUMNS_GROUP, f"{source}, line {number}", *one) for one in wrong]
        if not wrong:
            declared[theirs] = (ours, float(written) if written else None)
    return declared, problems


def _wrong_line(
    theirs: str, ours: str, written: str, before: Mapping[str, object]
) -> list[tuple[str, str]]:
    """Return what is wrong with one line of a column map: found, and advice."""
    wrong = []
    columns = canonical_columns()
    if theirs in before:
        wrong.append((f"{theirs} for the second time", "Keep one line a column"))
    if ours and ours not in columns:
        near = get_close_matches(ours, columns, n=3) or list(columns)
        wrong.append((f"no column {ours!r} here", f"Choose among {', '.join(near)}"))
    number = pd.to_numeric(written, errors="coerce") if written else 1.0
    if not np.isfinite(number) or number <= 0:
        wrong.append((f"multiply is {written!r}", "Write a positive number such as 10000 or 0.01"))
    elif written and ours in columns and columns[ours].kind not in ("number", "count"):
        advice = "Leave multiply empty there"
        wrong.append((f"multiply {written} for {ours}, which is no amount", advice))
    return wrong
