"""Placebo in time: what the regression finds if the treatment had come some years earlier."""

from __future__ import annotations

import pandas as pd

from digitrade.methods.checks import refuse, require_columns
from digitrade.methods.estimate import Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAMPLES = {"full": "full sample", "pre": "before treatment"}


def in_time_placebo(
    data: pd.DataFrame,
    specification: Specification,
    *,
    years_ahead: int,
    cohort: str,
    sample: str = "full",
) -> Estimate:
    """Estimate with every cohort treated some years before it was.

    The specification's regressor becomes 1 from ``years_ahead`` years before the cohort's first
    treated year on. On the full sample the years of the true treatment are among those of the
    fictitious one, so a true effect shows in the placebo too. On the rows before the true
    treatment it cannot, unless it was anticipated.

    Parameters
    ----------
    data
        One row for each entity and time. It is not changed.
    specification
        What to estimate, of any effects.
    years_ahead
        Years by which the treatment is moved ahead, 1 or more.
    cohort
        Column of the first treated year; missing if never treated.
    sample
        ``"full"`` for all rows, ``"pre"`` for those before the true treatment; rows that are
        never treated stay. Entities that the cut leaves with one row stay too: they change no
        coefficient, but count among N.

    Returns
    -------
    Estimate
        Its specification is labelled with years and sample.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        With everything that is wrong: years or sample that cannot be, no row of the fictitious
        treatment, or no cohort that has a row before it.
    """
    time = specification.time
    require_columns(data, (cohort, time))
    problems = []
    if isinstance(years_ahead, bool) or years_ahead != int(years_ahead) or years_ahead < 1:
        problems.append(f"years_ahead {years_ahead}: give a whole number of years, 1 or more")
    if sample not in SAMPLES:
        problems.append(f"sample {sample!r}: choose {' | '.join(SAMPLES)}")
    refuse("Placebo cannot be estimated", problems)
    rows = data if sample == "full" else data[~(data[time] >= data[cohort])]
    moved = treated_ahead(rows, years_ahead, time=time, cohort=cohort)
    both = moved.groupby(rows[cohort]).nunique()
    if not (both > 1).any():
        found = ", ".join(f"{year:g}" for year in both.index) or "none"
        raise ValueError(
            f"Placebo {years_ahead} years ahead on the {sample} sample: no cohort ({found}) has "
            "rows both before and after the fictitious treatment; move it by fewer years"
        )
    words = f"{years_ahead} {'year' if years_ahead == 1 else 'years'} ahead, {SAMPLES[sample]}"
    moved_rows = rows.assign(**{specification.regressor: moved})
    return fixed_effects(moved_rows, specification.replace(label=words))


def treated_ahead(rows: pd.DataFrame, years_ahead: int, *, time: str, cohort: str) -> pd.Series:
    """Return 1 from some years before the first treated one on, 0 before it and if never."""
    return (rows[time] >= rows[cohort] - years_ahead).astype(float)
