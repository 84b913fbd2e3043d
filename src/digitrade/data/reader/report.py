"""What was found in an extract, as one report."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader.columns import Match

WIDTH = 100
INDENT = "    "
COLUMN_MAP = (
    "The column map is a file `{name}.columns.csv` in the same folder. Its first line is\n"
    "`theirs,ours,multiply`, then come the lines named above."
)


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What was found in an extract.

    Attributes
    ----------
    path, how
        The file, and how it was read.
    column_map
        The reader's column map, in words; empty if there is none.
    rows, firms
        Rows read and different firms.
    years
        First and last year; ``None`` if no year could be read.
    recognised
        The columns that are used, under both names.
    unused
        Headers of the file that are not used.
    absent
        Optional columns that are not there, and the exhibits that stay blank without.
    problems
        What must be put right first; ``source`` of each is the kind it belongs to.
    notes
        What is worth knowing and stops nothing.
    """

    path: Path
    how: str
    column_map: str
    rows: int
    firms: int
    years: tuple[int, int] | None
    recognised: tuple[Match, ...]
    unused: tuple[str, ...]
    absent: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the chapters can run on it."""
        return not self.problems

    def __str__(self) -> str:
        """Return one readable report: problems first, then notes, then the columns."""
        span = f"{self.years[0]}–{self.years[1]}" if self.years else "no year read"
        size = f"{_number(self.rows, 'row')}, {_number(self.firms, 'firm')}, {span}"
        blocks = [f"{self.path.name}: {size} (read as {self.how})"]
        if self.column_map:
            blocks[0] += f"\nColumn map: {self.column_map}"
        if self.problems:
            title = f"{_number(len(self.problems), 'problem')} to put right"
            blocks.append(_section(title, self.problems))
        if self.notes:
            title = f"{_number(len(self.notes), 'note')}: nothing to be done, but worth knowing"
            blocks.append(_section(title, self.notes))
        blocks += [self._columns(), self._verdict()]
        return "\n\n".join(block for block in blocks if block)

    def _columns(self) -> str:
        renamed = [one for one in self.recognised if one.theirs != one.ours or one.multiply]
        same = len(self.recognised) - len(renamed)
        lines = [f"{_number(len(self.recognised), 'column')} recognised"]
        lines += [_wrapped(", ".join(map(_match, renamed)))] if renamed else []
        lines += [f"{INDENT}{same} under the name used here"] if same else []
        if self.unused:
            lines += ["Not used", _wrapped(", ".join(self.unused))]
        if self.absent:
            lines.append('Optional columns that are not there, and what "yours" lacks without')
            width = max(len(name) for name, _ in self.absent)
            lines += [f"{INDENT}{name.ljust(width)}  {lost}" for name, lost in self.absent]
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.ok:
            return "No problems with columns, units and cells."
        told = " ".join(str(one) for one in self.problems)
        verdict = "The chapters cannot run on this file yet. The file was not changed."
        if self.column_map or "column map" not in told:
            return verdict
        return f"{verdict}\n{COLUMN_MAP.format(name=self.path.name)}"


class ExtractError(DataError):
    """An extract that the chapters cannot run on; the message is the whole report."""

    def __init__(self, report: ExtractReport) -> None:
        """Keep the report and its problems."""
        super().__init__(report.problems)
        self.report = report
        self.args = (report,)

    def __str__(self) -> str:
        """Return the report."""
        return str(self.report)


def _section(title: str, findings: Sequence[Problem]) -> str:
    lines = [title]
    for kind in dict.fromkeys(one.source for one in findings):
        lines.append(f"  {kind}")
        lines += [_wrapped(f"- {one}", hang="  ") for one in findings if one.source == kind]
    return "\n".join(lines)


def _wrapped(text: str, hang: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=INDENT,
        subsequent_indent=INDENT + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _match(one: Match) -> str:
    times = f" (× {one.multiply:g})" if one.multiply is not None else ""
    return f"{one.theirs} → {one.ours}{times}"


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
