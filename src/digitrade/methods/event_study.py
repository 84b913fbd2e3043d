"""Event studies: effects by years since treatment, and the test of the years before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber
from digitrade.methods.checks import COLLINEAR, check_variation
from digitrade.methods.covariance import grouping_columns, small_sample
from digitrade.methods.estimate import TIDY, Estimate, tidy_coefficients
from digitrade.methods.pretrend import JointTest, Weights, joint_test
from digitrade.methods.regression import estimate_within, least_squares
from digitrade.methods.specification import Specification, complete_panel

EARLIEST: Final = "earliest"

Base = int | tuple[int, ...] | Literal["earliest"]


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Effects by event time, the years since a row's city was first treated.

    Attributes
    ----------
    effects
        A row an event time, in order: ``event_time``, the tidy columns, then ``n_treated_rows``
        and ``n_groups`` (rows of the event time, and groups of the covariance among them),
        ``n_cohorts`` and ``cohorts`` (the first treated years it rests on, as text), and
        ``unit_trend``: what a divergence of one unit a year since the base among treated rows,
        and no effect, would put into the coefficient. A base is a row of zeros without a
        standard error.
    covariance_matrix
        Of the estimated event times, small-sample factor included, named by event time.
    base
        The event times that are zero by choice.
    pretrend
        The joint test of all event times before zero but the bases.
    estimate
        The whole regression, controls included.
    degrees_of_freedom
        Of Student's t.
    """

    effects: pd.DataFrame
    covariance_matrix: pd.DataFrame
    base: tuple[int, ...]
    pretrend: JointTest
    estimate: Estimate
    degrees_of_freedom: int

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the effects."""
        return self.effects.copy()

    def post_weights(self, weights: Weights = "rows") -> pd.Series:
        """Return weights of the event times from zero on, by their rows or all equal.

        Returns
        -------
        pandas.Series
            Weights that sum to one, indexed by estimated event time, zero before treatment.
        """
        rows = self.effects.set_index("event_time")["n_treated_rows"].astype(float)
        rows = rows[self.covariance_matrix.index]
        share = rows if weights == "rows" else rows.clip(upper=1)
        share = share.where(share.index >= 0, 0.0)
        return share / share.sum()

    def mean_effect(self, weights: Weights = "rows") -> pd.Series:
        """Return the tidy row of the mean effect over the event times from zero on."""
        share = self.post_weights(weights)
        effects = self.effects.set_index("event_time")["estimate"][share.index]
        error = np.sqrt(share @ self.covariance_matrix @ share)
        rows = tidy_coefficients(
            [f"mean effect, weights: {weights}"],
            np.array([share @ effects]),
            np.array([error]),
            n_obs=self.estimate.n_obs,
            degrees_of_freedom=self.degrees_of_freedom,
            confidence=self.estimate.specification.confidence,
        )
        return pd.Series(rows.iloc[0])


def event_study(
    data: pd.DataFrame,
    specification: Specification,
    *,
    event_time: str = "event_time",
    base: Base = EARLIEST,
    bins: tuple[int, int] | None = None,
) -> EventStudy:
    r"""Estimate :math:`y_{it} = \sum_{k \neq b} \eta_k 1[t - c = k] + \gamma'z_{it} + \ldots`.

    The specification's regressor gives way to an indicator for every event time but the base;
    its controls, effects and covariance stay. Rows without an event time are never treated and
    have all indicators zero. Effects of any columns are absorbed, as in
    :func:`digitrade.methods.regression.fixed_effects`, and singletons are kept.

    Parameters
    ----------
    data
        One row for each entity and time.
    specification
        What to estimate; the column of its regressor is not used.
    event_time
        Column of the whole years since the first treated one; missing if never treated.
    base
        The event time whose effect is zero by choice, or several; ``"earliest"`` for the first
        there is.
    bins
        First and last event time with a coefficient of its own; those beyond are counted with
        them. By default there are no bins.
    count
        As in :func:`digitrade.methods.regression.fixed_effects`.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        With everything that is wrong: event times that are no whole numbers, a base or a bin
        without rows, an event time that the effects leave nothing of, and indicators that are
        collinear since nobody is never treated; the message then says which base to add.

    Notes
    -----
    An event time with rows in one group of the covariance alone has a standard error that is too
    small, since its coefficient fits that group; ``n_groups`` of the effects says where.

    If treatment effects differ by cohort, a coefficient mixes effects of other event times in
    (Sun and Abraham 2021, Journal of Econometrics 225(2), 175-199), leads included.
    """
    _check_request(data, specification, event_time, base, bins)
    times = _binned(data[event_time], bins)
    known = _whole(times)
    bases = _bases(base, known)
    estimated = tuple(one for one in known if one not in bases)
    design = _Design(event_time, bases, estimated, bool(times.isna().any()))
    full = specification.replace(
        regressor=design.names[0], controls=(*design.names[1:], *specification.controls)
    )
    panel = complete_panel(pd.concat([data, design.indicators(times)], axis=1), full)
    trend = (data[event_time] - bases[0]).fillna(0).to_numpy(dtype=float)
    fit = _fit(panel, full, trend, design)
    effects = _effects(fit, known, event_time).merge(
        _support(data, specification, event_time, times), on="event_time", validate="1:1"
    )
    return EventStudy(
        effects=effects.assign(unit_trend=effects["event_time"].map(fit.unit_trend).fillna(0.0)),
        covariance_matrix=fit.covariance,
        base=bases,
        pretrend=_pretrend(fit, design),
        estimate=fit.estimate,
        degrees_of_freedom=fit.estimate.degrees_of_freedom,
    )


@dataclass(frozen=True, slots=True)
class _Design:
    """Event times: zero by choice, or estimated; and whether some rows have none."""

    event_time: str
    bases: tuple[int, ...]
    estimated: tuple[int, ...]
    never_treated: bool

    @property
    def names(self) -> list[str]:
        return [f"{self.event_time}[{one}]" for one in self.estimated]

    def indicators(self, times: pd.Series) -> pd.DataFrame:
        """Return an indicator for each estimated event time, n by their number."""
        columns = [times.eq(one).astype(float) for one in self.estimated]
        return pd.concat(columns, axis=1, keys=self.names)


@dataclass(frozen=True, slots=True)
class _Fit:
    """The regression; slopes, unit trend and covariance by estimated event time."""

    slopes: pd.Series
    unit_trend: pd.Series
    covariance: pd.DataFrame
    estimate: Estimate


def _fit(
    panel: pd.DataFrame,
    specification: Specification,
    trend: np.ndarray,
    design: _Design,
) -> _Fit:
    """Regress outcome and trend on indicators and controls, within the effects."""
    columns = panel[[specification.outcome, *specification.regressors]].to_numpy(dtype=float)
    absorber = Absorber.of(panel, specification.effects)
    within = absorber.residualise(np.column_stack([columns, trend]))
    regressors = within[:, 1:-1]
    _check_indicators(columns[:, 1:], regressors, specification, design)
    correction = small_sample(panel, specification, absorber)
    centred = columns[:, 0] - columns[:, 0].mean()
    estimate = estimate_within(panel, specification, within[:, :-1], correction, centred)
    slopes = estimate.coefficients["estimate"].to_numpy()
    index, own = pd.Index(design.estimated, name="event_time"), slice(len(design.estimated))
    return _Fit(
        slopes=pd.Series(slopes[own], index),
        unit_trend=pd.Series(least_squares(within[:, -1], regressors)[0][own], index),
        covariance=pd.DataFrame(estimate.vcov[own, own], index, index),
        estimate=estimate,
    )


def _pretrend(fit: _Fit, design: _Design) -> JointTest:
    leads = [one for one in design.estimated if one < 0]
    return joint_test(
        design.names[: len(leads)],
        fit.slopes[leads].to_numpy(),
        fit.covariance.loc[leads, leads].to_numpy(),
        fit.estimate.degrees_of_freedom,
    )


def _effects(fit: _Fit, known: list[int], event_time: str) -> pd.DataFrame:
    """Return the tidy rows of all event times, the bases among them as zeros."""
    rows = fit.estimate.tidy().iloc[: len(fit.slopes)].set_axis(fit.slopes.index)
    rows = rows.reindex(pd.Index(known, name="event_time"))
    rows["term"] = [f"{event_time}[{one}]" for one in known]
    rows["estimate"] = rows["estimate"].fillna(0.0)
    rows["n_obs"] = fit.estimate.n_obs
    return rows.reset_index()[["event_time", *TIDY]]


def _support(
    data: pd.DataFrame, specification: Specification, event_time: str, times: pd.Series
) -> pd.DataFrame:
    """Return what each event time rests on: rows, groups of the covariance, and cohorts."""
    keys = times.dropna().astype(int).rename("event_time")
    treated = data.loc[times.notna()].groupby(keys)
    cohorts = (data[specification.time] - data[event_time]).dropna().astype(int)
    listed = cohorts.groupby(keys).unique().map(sorted)
    groups = [treated[name].nunique() for name in grouping_columns(specification)]
    return pd.DataFrame(
        {
            "n_treated_rows": treated.size(),
            "n_groups": pd.concat(groups, axis=1).min(axis=1) if groups else treated.size(),
            "n_cohorts": listed.map(len),
            "cohorts": listed.map(_listed),
        }
    ).reset_index()


def _binned(times: pd.Series, bins: tuple[int, int] | None) -> pd.Series:
    return times.astype(float).clip(*bins) if bins else times.astype(float)


def _whole(times: pd.Series) -> list[int]:
    return sorted(int(one) for one in times.dropna().unique())


def _bases(base: Base, known: list[int]) -> tuple[int, ...]:
    if isinstance(base, str):
        return (known[0],)
    return base if isinstance(base, tuple) else (base,)


def _listed(times: Sequence[int]) -> str:
    return ", ".join(map(str, times))


def _check_request(
    data: pd.DataFrame,
    specification: Specification,
    event_time: str,
    base: Base,
    bins: tuple[int, int] | None,
) -> None:
    """Raise with everything that is wrong before anything is estimated."""
    if absent := [name for name in (event_time, specification.time) if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
    problems = _not_numbers(data, (event_time, specification.time))
    if not problems:
        times = data[event_time].dropna()
        problems = _not_whole(times, event_time) or _not_there(times, base, bins)
    if problems:
        raise ValueError("Event study cannot be estimated:\n  - " + "\n  - ".join(problems))


def _not_numbers(data: pd.DataFrame, names: Sequence[str]) -> list[str]:
    return [
        f"{name}: holds {data[name].dtype}; give numbers"
        for name in names
        if not pd.api.types.is_numeric_dtype(data[name])
    ]


def _not_whole(times: pd.Series, event_time: str) -> list[str]:
    odd = times[~(times.abs() < np.inf) | (times != times.round())]
    if times.nunique() < 2 or len(odd):
        return [
            f"{event_time}: {times.nunique()} different values, {len(odd)} of the rows with no "
            f"whole number ({_listed(odd.unique()[:3])}); give two or more event times, each the "
            "row's year less the first treated one, missing if never treated"
        ]
    return []


def _not_there(times: pd.Series, base: Base, bins: tuple[int, int] | None) -> list[str]:
    """Return what is wrong with bins and base, given whole event times."""
    problems = []
    observed = _whole(times)
    if bins and (bins[0] >= bins[1] or not {*bins} <= {*observed}):
        problems.append(
            f"bins {bins}: give a first and a later last event time among {_listed(observed)}"
        )
        bins = None
    known = _whole(_binned(times, bins))
    if isinstance(base, str) and base != EARLIEST:
        problems.append(f"base {base!r}: give {EARLIEST!r}, an event time, or several")
    elif absent := sorted({*_bases(base, known)} - {*known}):
        problems.append(f"base {_listed(absent)}: has no rows; choose among {_listed(known)}")
    elif {*_bases(base, known)} == {*known}:
        problems.append(f"base {base}: leaves no event time to estimate; name fewer")
    return problems


def _check_indicators(
    columns: np.ndarray, within: np.ndarray, specification: Specification, design: _Design
) -> None:
    """Raise if effects and other columns leave nothing of an indicator, with what helps."""
    names = specification.regressors
    try:
        check_variation(columns, within, names, specification.effects)
    except ValueError as error:
        spare = [one for one in design.estimated if _helps(within, design, one)]
        if design.never_treated or not spare:
            raise ValueError(f"{error}, or bin event times so that each keeps rows") from error
        farthest = max(spare, key=lambda one: abs(one - design.bases[0]))
        raise ValueError(
            f"{error}. Nobody is never treated, so the effects leave a line through the event "
            f"times open: name a second base, as in base={(*design.bases, farthest)} (any of "
            f"{_listed(spare)} would do)"
        ) from error


def _helps(within: np.ndarray, design: _Design, base: int) -> bool:
    """Return whether the columns are independent once an event time is a base too."""
    left = np.delete(within, design.estimated.index(base), axis=1)
    lengths = np.linalg.norm(left, axis=0)
    if not left.shape[1] or (lengths <= COLLINEAR).any():
        return False
    return bool(np.linalg.svd(left / lengths, compute_uv=False)[-1] > COLLINEAR)
