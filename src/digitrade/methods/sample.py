"""Named restrictions of a panel, each with the rows it removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.checks import names_of, require_columns

STEPS = ["restriction", "removed", "remaining"]


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows left of a panel, and in ``steps`` ``restriction, removed, remaining`` a cut."""

    panel: pd.DataFrame
    steps: pd.DataFrame

    @classmethod
    def of(cls, panel: pd.DataFrame, label: str = "All rows") -> Sample:
        """Start from a whole panel."""
        return cls(panel, pd.DataFrame([(label, 0, len(panel))], columns=STEPS))

    def keep(self, rows: pd.Series, restriction: str) -> Sample:
        """Keep the rows where a boolean series is true, some at least, and enter the cut."""
        panel = self.panel[rows]
        if panel.empty:
            raise ValueError(
                f"Restriction {restriction!r} leaves no row of {len(self.panel)}: loosen it, or "
                "check the parameter behind it"
            )
        cut = [(restriction, len(self.panel) - len(panel), len(panel))]
        steps = [self.steps, pd.DataFrame(cut, columns=STEPS)]
        return Sample(panel.reset_index(drop=True), pd.concat(steps, ignore_index=True))


def without_singletons(sample: Sample, effects: Sequence[str]) -> Sample:
    """Leave out rows that are alone in a level of an effect (a column), until none is.

    Such a row tells nothing about slopes, but counts in the small-sample factor (Correia 2015,
    Singletons, Cluster-Robust Standard Errors and Fixed Effects: A Bad Mix).
    """
    require_columns(sample.panel, effects)
    if not effects:
        return sample
    codes = [pd.factorize(sample.panel[name], use_na_sentinel=False)[0] for name in effects]
    kept = np.ones(len(sample.panel), dtype=bool)
    before = len(kept) + 1
    while kept.sum() < before:
        before = int(kept.sum())
        for levels in codes:
            kept &= np.bincount(levels[kept], minlength=levels.max() + 1)[levels] > 1
    rows = pd.Series(kept, index=sample.panel.index)
    return sample.keep(rows, f"Not alone in {', '.join(effects)}")


def complete_rows(sample: Sample, columns: Sequence[str]) -> Sample:
    """Keep the rows in which none of the columns is missing."""
    require_columns(sample.panel, names_of(columns))
    known = sample.panel[list(names_of(columns))].notna()
    gaps = known.columns[~known.all()]
    words = f"With a figure for {', '.join(gaps)}" if len(gaps) else "With every figure"
    return sample.keep(known.all(axis=1), words)
