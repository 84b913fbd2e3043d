"""In-space placebo: the treated units drawn by lot, a batch of regressions at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection, indicators
from digitrade.methods.checks import check_variation, refuse, require_columns
from digitrade.methods.covariance import grouping_columns, small_sample
from digitrade.methods.randomisation import Placebo, shuffled
from digitrade.methods.specification import Specification, complete_panel

BATCH = 50  # draws worked on at a time; memory grows with it, the answer does not change
IDENTIFIED = 1e-9  # share of an indicator's sum of squares that rounding alone may leave


def in_space_placebo(
    data: pd.DataFrame,
    specification: Specification,
    *,
    cohort: str,
    unit: str,
    draws: int = 500,
    rng: np.random.Generator,
) -> Placebo:
    r"""Draw by lot which units are treated, and when, keeping the sizes of the cohorts.

    A draw hands every unit the cohort of some unit, without replacement, and sets the
    regressor D to one from the cohort's period on. With M the projection off effects and
    controls, its coefficient is :math:`D' M y / D' M D`.

    Parameters
    ----------
    data
        One row for each entity and time; the regressor is the indicator of the cohort:
        one from that period on, zero before.
    specification
        Outcome, regressor, controls, effects; covariance ``"clustered"`` by one column or
        ``"robust"``.
    cohort
        Column of the first treated period, on the scale of the time column and the same in
        every row of a unit; missing, or later than any row, if the unit is never treated.
    unit
        Column of the units that are treated as a whole, such as cities.
    draws
        Number of drawn assignments.
    rng
        Source of the draws.

    Returns
    -------
    Placebo
        Of the coefficient and, as its ``t``, of the statistic.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the panel is not complete, the cohort varies within a unit or is not what the
        regressor indicates, there is no draw, or an assignment has no variation within
        the effects.

    Notes
    -----
    Exact if every assignment that keeps the sizes of the cohorts was as likely as the
    observed one (Fisher 1935, The Design of Experiments, ch. II). The observed effect stays
    in the outcome.
    """
    panel = complete_panel(data, specification)
    starts = _cohorts(data, specification, cohort, unit, draws)
    assigned = shuffled(starts.to_numpy(), draws, rng)
    places = starts.index.get_indexer(data[unit])
    slopes, statistics, counted = _regress(panel, places, specification, assigned)
    treated = int((starts <= data[specification.time].max()).sum())
    drawn = f"treatment drawn over {len(starts)} units, {treated} treated, {draws:,} draws"
    words = f"{drawn}; t {counted}"
    t = Placebo(float(statistics[0]), statistics[1:], len(panel), specification, words)
    return Placebo(float(slopes[0]), slopes[1:], len(panel), specification, words, t)


def _regress(
    panel: pd.DataFrame, unit: np.ndarray, specification: Specification, cohorts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return coefficient and t of each assignment of cohorts, and the covariance in words."""
    names = [specification.outcome, *specification.controls]
    columns = panel[names].to_numpy(dtype=float)
    projection = Projection.of(panel, specification)
    controls = projection.absorber.residualise(columns[:, 1:])
    check_variation(columns[:, 1:], controls, names[1:], specification.effects)
    outcome = projection.residualise(columns[:, :1])
    groups = grouping_columns(specification)
    codes = pd.factorize(panel[groups[0]])[0] if groups else np.arange(len(panel))
    clusters, time = indicators(codes).T.tocsr(), panel[specification.time].to_numpy()
    found = []
    for start in range(0, len(cohorts), BATCH):
        treated = (time[:, None] >= cohorts[start : start + BATCH].T[unit]).astype(float)
        within = projection.residualise(treated)
        cross, square = clusters @ (within * outcome), clusters @ within**2
        total = square.sum(axis=0)
        if lost := int((total <= IDENTIFIED * treated.sum(axis=0)).sum()):
            raise ValueError(
                f"{lost} of {len(total)} assignments do not vary within the effects and "
                "controls: keep units that are observed before and after the cohorts, or take "
                "out effects"
            )
        slopes = cross.sum(axis=0) / total
        spread = ((cross - slopes * square) ** 2).sum(axis=0)
        found.append([slopes, slopes * total / np.sqrt(spread)])
    slopes, statistics = np.hstack(found)
    counted = small_sample(panel, specification, projection.absorber)
    return slopes, statistics / np.sqrt(counted.factor), counted.words


def _cohorts(
    data: pd.DataFrame, specification: Specification, cohort: str, unit: str, draws: int
) -> pd.Series:
    """Return each unit's cohort, infinite if never treated, or raise with all that is wrong."""
    require_columns(data, (cohort, unit))
    starts = data[cohort].astype(float).fillna(np.inf)
    indicated = (data[specification.time] >= starts).astype(float)
    by_unit = starts.groupby(data[unit])
    problems = []
    if draws < 1:
        problems.append(f"draws {draws}: give 1 or more")
    if missing := int(data[unit].isna().sum()):
        problems.append(f"{unit}: {missing} missing values; keep complete rows first")
    if several := int((by_unit.max() > by_unit.min()).sum()):
        problems.append(f"{cohort}: varies within {several} of {unit!r}; give one cohort each")
    if wrong := int((indicated != data[specification.regressor]).sum()):
        problems.append(
            f"{specification.regressor}: {wrong} rows differ from the indicator of "
            f"{specification.time} >= {cohort}; give the first treated period, missing if none"
        )
    if specification.covariance == "driscoll-kraay" or len(specification.clusters) > 1:
        problems.append("covariance: choose clustered by one column, or robust")
    refuse("In-space placebo cannot be drawn", problems)
    return by_unit.first()
