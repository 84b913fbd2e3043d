"""Named restrictions of a panel, each with the rows it removes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
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


def without_singletons(sample: Sample, effects: Sequence[str]) -> Sample:
    """Leave out rows that are alone in a level of an effect, until none is.

    Such a row is fitted by its own effect: it tells nothing about slopes, but counts in the
    small-sample factor. To drop it can leave another alone (Correia 2015, Singletons,
    Cluster-Robust Standard Errors and Fixed Effects: A Bad Mix).

    Parameters
    ----------
    effects
        Columns with a fixed effect each; none leaves the sample as it is.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If nothing would be left.
    """
    if absent := [name for name in effects if name not in sample.panel]:
        there = ", ".join(map(str, sample.panel))
        raise KeyError(f"No column {', '.join(absent)}; there are: {there}")
    if not effects:
        return sample
    codes = {name: pd.factorize(sample.panel[name], use_na_sentinel=False)[0] for name in effects}
    kept = np.ones(len(sample.panel), dtype=bool)
    before = len(kept) + 1
    while kept.sum() < before:
        before = int(kept.sum())
        for one in codes.values():
            kept &= np.bincount(one[kept], minlength=one.max() + 1)[one] > 1
    rows = pd.Series(kept, index=sample.panel.index)
    return sample.keep(rows, f"Not alone in {', '.join(effects)}")


def complete_rows(sample: Sample, columns: Sequence[str]) -> Sample:
    """Keep the rows in which none of the columns is missing."""
    gaps = [name for name in columns if sample.panel[name].isna().any()]
    words = f"With a figure for {', '.join(gaps)}" if gaps else "With every figure"
    return sample.keep(sample.panel[list(columns)].notna().all(axis=1), words)
