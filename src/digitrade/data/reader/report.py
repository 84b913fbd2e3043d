"""What was found in an extract, as one report."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader.checks import count
from digitrade.data.reader.columns import Match

WIDTH = 100
INDENT = "    "
COLUMN_MAP = (
    "The column map is a file `{name}.columns.csv` in the same folder. Its first line is\n"
    "`theirs,ours,multiply`, then come the lines named above."
)


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What was found in an extract; its text is the report.

    ``how`` says how the file was read, ``column_map`` which map of the reader's was used;
    ``years`` are the first and last. ``absent`` are optional columns, with the exhibits that stay
    blank without. ``problems`` must be put right first, ``notes`` stop nothing.
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
        size = f"{count(self.rows, 'row')}, {count(self.firms, 'firm')}, {span}"
        head = f"{self.path.name}: {size} (read as {self.how})"
        head += f"\nColumn map: {self.column_map}" if self.column_map else ""
        problems = f"{count(len(self.problems), 'problem')} to put right"
        notes = f"{count(len(self.notes), 'note')}: nothing to be done, but worth knowing"
        parts = [head, _section(problems, self.problems), _section(notes, self.notes)]
        return "\n\n".join(part for part in [*parts, self._columns(), self._verdict()] if part)

    def _columns(self) -> str:
        renamed = [
            match for match in self.recognised if match.theirs != match.ours or match.multiply
        ]
        same = len(self.recognised) - len(renamed)
        lines = [f"{count(len(self.recognised), 'column')} recognised"]
        lines += [_wrapped(", ".join(map(_renamed, renamed)))] if renamed else []
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
        verdict = "The chapters cannot run on this file yet. The file was not changed."
        if self.column_map or "column map" not in " ".join(map(str, self.problems)):
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
    lines = []
    for kind in dict.fromkeys(finding.source for finding in findings):
        lines.append(f"  {kind}")
        of_kind = [finding for finding in findings if finding.source == kind]
        lines += [_wrapped(f"- {finding}", hang="  ") for finding in of_kind]
    return "\n".join([title, *lines]) if lines else ""


def _wrapped(text: str, hang: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=INDENT,
        subsequent_indent=INDENT + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _renamed(match: Match) -> str:
    times = f" (× {match.multiply:g})" if match.multiply is not None else ""
    return f"{match.theirs} → {match.ours}{times}"
