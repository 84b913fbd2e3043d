"""Named restrictions of a panel, each with the rows it removes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Sample:
    """A panel and the account of how it was cut.

    Attributes
    ----------
    panel
        The rows that are left.
    steps
        A row a restriction: ``restriction, removed, remaining``.
    """

    panel: pd.DataFrame
    steps: pd.DataFrame

    @classmethod
    def of(cls, panel: pd.DataFrame, label: str = "All province-years") -> Sample:
        """Start from a whole panel."""
        first = {"restriction": [label], "removed": [0], "remaining": [len(panel)]}
        return cls(panel, pd.DataFrame(first))

    def keep(self, rows: pd.Series, restriction: str) -> Sample:
        """Keep the rows where a boolean series is true, and enter it in the account.

        Raises
        ------
        ValueError
            If nothing would be left.
        """
        panel = self.panel[rows]
        if panel.empty:
            raise ValueError(
                f"Restriction {restriction!r} leaves no row of {len(self.panel)}: loosen it, or "
                "check the parameter behind it"
            )
        step = {
            "restriction": [restriction],
            "removed": [len(self.panel) - len(panel)],
            "remaining": [len(panel)],
        }
        steps = pd.concat([self.steps, pd.DataFrame(step)], ignore_index=True)
        return Sample(panel.reset_index(drop=True), steps)


def years_between(sample: Sample, first_year: int, last_year: int) -> Sample:
    """Keep the years from the first to the last, both included."""
    rows = sample.panel["year"].between(first_year, last_year)
    return sample.keep(rows, f"Years {first_year}–{last_year}")


def without_provinces(sample: Sample, excluded: Collection[str]) -> Sample:
    """Leave provinces out.

    Raises
    ------
    ValueError
        If a name is not in the panel.
    """
    known = sorted(sample.panel["province"].unique())
    if unknown := sorted(set(excluded) - set(known)):
        raise ValueError(f"Unknown provinces {', '.join(unknown)}; there are: {', '.join(known)}")
    if not excluded:
        return sample
    names = ", ".join(sorted(excluded))
    return sample.keep(~sample.panel["province"].isin(list(excluded)), f"Without {names}")


def complete_rows(sample: Sample, columns: Sequence[str]) -> Sample:
    """Keep the rows in which none of the columns is missing."""
    gaps = [name for name in columns if sample.panel[name].isna().any()]
    words = f"With a figure for {', '.join(gaps)}" if gaps else "With every figure"
    return sample.keep(sample.panel[list(columns)].notna().all(axis=1), words)
