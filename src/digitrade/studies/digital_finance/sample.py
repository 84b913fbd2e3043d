"""Restrictions of the provincial panel."""

from __future__ import annotations

from collections.abc import Collection

from digitrade.methods.sample import Sample


def years_between(sample: Sample, first_year: int, last_year: int) -> Sample:
    """Keep the years from the first to the last, both included."""
    rows = sample.panel["year"].between(first_year, last_year)
    return sample.keep(rows, f"Years {first_year}–{last_year}")


def without_provinces(sample: Sample, excluded: Collection[str]) -> Sample:
    """Leave provinces out; raise if a name is not in the panel."""
    known = sorted(sample.panel["province"].unique())
    if unknown := sorted(set(excluded) - set(known)):
        raise ValueError(f"Unknown provinces {', '.join(unknown)}; there are: {', '.join(known)}")
    if not excluded:
        return sample
    names = ", ".join(sorted(excluded))
    return sample.keep(~sample.panel["province"].isin(list(excluded)), f"Without {names}")
