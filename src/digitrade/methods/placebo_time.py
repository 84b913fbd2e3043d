"""Placebo in time: what the regression finds if the treatment had come some years earlier."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from digitrade.methods.estimate import Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAMPLES = ("full", "pre")


def in_time_placebo(
    panel: pd.DataFrame,
    specification: Specification,
    *,
    years_ahead: int,
    sample: Literal["full", "pre"] = "full",
    cohort: str = "cohort",
) -> Estimate:
    """Estimate with every cohort treated some years before it was.

    The specification's regressor becomes 1 from ``years_ahead`` years before the cohort's first
    treated year on. On the full sample the years of the true treatment are among those of the
    fictitious one, so a true effect shows in the placebo too. On the rows before the true
    treatment it cannot, unless it was anticipated.

    Parameters
    ----------
    panel
        One row for each entity and time. It is not changed.
    specification
        What to estimate, of any effects; see :func:`digitrade.methods.regression.fixed_effects`.
    years_ahead
        Years by which the treatment is moved ahead, 1 or more.
    sample
        ``"full"`` for all rows, ``"pre"`` for those before the true treatment; rows that are
        never treated stay. Entities that the cut leaves with one row stay too: they change no
        coefficient, but count among N.
    cohort
        Column of the first treated year; missing if never treated.

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
    if absent := [name for name in (cohort, time) if name not in panel]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, panel))}")
    _check_choice(years_ahead, sample)
    rows = panel if sample == "full" else panel[~(panel[time] >= panel[cohort])]
    moved = treated_ahead(rows, years_ahead, time=time, cohort=cohort)
    _check_moved(rows, moved, cohort, f"{years_ahead} years ahead on the {sample} sample")
    words = f"{years_ahead} {'year' if years_ahead == 1 else 'years'} ahead"
    return fixed_effects(
        rows.assign(**{specification.regressor: moved}),
        specification.replace(
            label=f"{words}, {'full sample' if sample == 'full' else 'before treatment'}"
        ),
    )


def treated_ahead(
    rows: pd.DataFrame, years_ahead: int, *, time: str = "year", cohort: str = "cohort"
) -> pd.Series:
    """Return 1 from some years before the first treated one on, 0 before it and if never."""
    return (rows[time] >= rows[cohort] - years_ahead).astype(float)


def _check_choice(years_ahead: int, sample: str) -> None:
    problems = []
    if isinstance(years_ahead, bool) or years_ahead != int(years_ahead) or years_ahead < 1:
        problems.append(f"years_ahead {years_ahead}: give a whole number of years, 1 or more")
    if sample not in SAMPLES:
        problems.append(f"sample {sample!r}: choose {' | '.join(SAMPLES)}")
    if problems:
        raise ValueError("Placebo cannot be estimated:\n  - " + "\n  - ".join(problems))


def _check_moved(rows: pd.DataFrame, moved: pd.Series, cohort: str, where: str) -> None:
    """Raise if no cohort has rows both before and after the fictitious treatment."""
    ever = rows[cohort].notna()
    both = moved[ever].groupby(rows.loc[ever, cohort]).nunique()
    if not (both > 1).any():
        found = ", ".join(f"{one:g}" for one in both.index) or "none"
        raise ValueError(
            f"Placebo {where}: no cohort ({found}) has rows both before and after the fictitious "
            "treatment; move it by fewer years"
        )
