"""Event studies: effects by years since treatment, and what tests of the years before it see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import numpy as np
import pandas as pd

from digitrade.methods.checks import admit, calendar_problems, names_of, refuse, whole
from digitrade.methods.covariance import grouping_columns
from digitrade.methods.estimate import TIDY, Estimate, Wald, full_rank, tidy_coefficients, wald
from digitrade.methods.regression import fit_within
from digitrade.methods.specification import Specification, complete_panel, require_specification

EARLIEST: Final = "earliest"
TITLE = "Event study cannot be estimated"


Base = int | Sequence[int] | Literal["earliest"]
Weights = Literal["rows", "equal"]


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Effects by event time, the years since a row's city was first treated.

    - ``effects``: a row an event time: ``event_time``, the tidy columns, ``n_treated_rows,
      n_groups`` (of the covariance, among these), ``n_cohorts, cohorts`` (first treated years, as
      text), and ``unit_trend``: what a divergence of one unit a year since the base among treated
      rows, and no effect, would put into the coefficient. A base is a row of zeros.
    - ``vcov``, ``base``, ``estimate``: of the estimated event times, small-sample factor included,
      named by event time; the event times that are zero by choice; and the whole regression.
    - ``pretrend``: the joint test of all event times before zero but the bases. Missing if there
      are none, or too few groups to test so many at once.
    """

    effects: pd.DataFrame
    vcov: pd.DataFrame
    base: tuple[int, ...]
    pretrend: Wald
    estimate: Estimate

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the effects."""
        return self.effects.copy()

    def post_weights(self, weights: Weights = "rows") -> pd.Series:
        """Return weights of the event times from zero on (0 before), by their rows or all equal."""
        rows = self.effects.set_index("event_time")["n_treated_rows"].astype(float)
        share = rows[self.vcov.index].clip(upper=None if weights == "rows" else 1)
        share = share.where(share.index >= 0, 0.0)
        return share / share.sum()

    def mean_effect(self, weights: Weights = "rows") -> pd.Series:
        """Return the tidy row of the mean effect over the event times from zero on."""
        share = self.post_weights(weights)
        effects = self.effects.set_index("event_time")["estimate"][share.index]
        mean, error = np.array([share @ effects]), np.sqrt([share @ self.vcov @ share])
        rests_on = (self.estimate.n_obs, self.estimate.degrees_of_freedom)
        term, level = f"mean effect, weights: {weights}", self.estimate.specification.confidence
        return pd.Series(tidy_coefficients([term], mean, error, *rests_on, level).iloc[0])


def event_study(
    data: pd.DataFrame,
    specification: Specification,
    *,
    event_time: str,
    base: Base = EARLIEST,
    bins: tuple[int, int] | None = None,
) -> EventStudy:
    r"""Estimate :math:`y_{it} = \sum_{k \neq b} \eta_k 1[t - c = k] + \gamma'z_{it} + \ldots`.

    The specification's regressor gives way to an indicator for every event time but the base.
    If treatment effects differ by cohort, a coefficient mixes effects of other event times in
    (Sun and Abraham 2021, Journal of Econometrics 225(2), 175-199), leads included. An event time
    with rows in one group of the covariance alone is fitted there, so that its standard error is
    too small.

    - ``event_time``: column of the whole years since the first treated one; missing if never
      treated.
    - ``base``: the event time whose effect is zero by choice, or several; ``"earliest"`` for the
      first.
    - ``bins``: first and last event time with a coefficient of its own; those beyond count with
      them.

    Raises KeyError or ValueError if a column is not there; with everything that is wrong with event
    times, bins and base, or with the base to add where indicators are collinear since nobody is
    never treated.
    """
    require_specification(specification)
    needed = [name for name in specification.columns if name != specification.regressor]
    keys = (specification.entity, specification.time)
    numbers = (event_time, keys[1], specification.outcome, *specification.controls)
    look = partial(_coded, specification=specification, event_time=event_time)
    data = admit(
        data, TITLE, numbers=numbers, labels=needed, keys=keys, gaps=[event_time], look=look
    )
    times, bases = _event_times(data[event_time], base, bins)
    index = pd.Index(sorted({*times.dropna().astype(int)} - {*bases}), name="event_time")
    names = [f"{event_time}[{time}]" for time in index]
    full = specification.replace(regressor=names[0], controls=(*names[1:], *specification.controls))
    indicators = pd.concat([times.eq(time).astype(float) for time in index], axis=1, keys=names)
    panel = complete_panel(pd.concat([data, indicators], axis=1), full)
    trend = (data[event_time] - bases[0]).fillna(0).to_numpy(dtype=float)
    try:
        fit = fit_within(panel, full)
    except ValueError as error:
        advice = _advice(bases, index, bool(times.isna().any()))
        raise ValueError(f"{error}{advice}") from error
    estimate = fit.estimate(panel, full)
    unit_trend = fit.bread @ (fit.regressors.T @ fit.absorber.residualise(trend))
    effects = estimate.tidy().head(len(index)).set_axis(index)
    effects["unit_trend"] = unit_trend[: len(index)]
    return EventStudy(
        effects=_described(effects, data, specification, event_time, times),
        vcov=pd.DataFrame(estimate.vcov[: len(index), : len(index)], index, index),
        base=bases,
        pretrend=_pretrend(estimate, int((index < 0).sum())),
        estimate=estimate,
    )


def _coded(data: pd.DataFrame, specification: Specification, event_time: str) -> list[str]:
    """Return a problem if rows that are never treated have a code for an event time.

    Years since treatment go up with the years. Only entities with three periods, or all there are,
    are looked at, and one may stay at the first or last number if others repeat that, too.
    """
    times, periods = data[event_time], data[specification.time]
    found = calendar_problems(event_time, (periods - times).fillna(np.inf), periods)
    known = data[times.notna()]
    seen = known.groupby(specification.entity)
    counts = seen[specification.time].nunique()
    still = (seen[event_time].nunique() < 2) & (counts >= max(min(3, periods.nunique()), 2))
    moving = known[~known[specification.entity].isin(still.index[still])]
    again = moving.loc[moving.duplicated([specification.entity, event_time]), event_time]
    ends = {times.min(), times.max()} & {*again}
    still &= ~seen[event_time].first().isin(ends)
    listed = ", ".join(map(str, still.index[still][:3]))
    return found + [
        f"{event_time}: the same in all periods of {still.sum()} {specification.entity} ({listed});"
        " make it missing if they are never treated"
    ] * bool(still.any())


def _pretrend(estimate: Estimate, leads: int) -> Wald:
    """Test the leads, which come first among the regressors."""
    if not full_rank(estimate.vcov[:leads, :leads]):
        return Wald(np.nan, np.nan, leads, estimate.degrees_of_freedom)
    slopes = estimate.coefficients["estimate"].to_numpy()
    restrictions = np.eye(len(slopes))[:leads]
    return wald(slopes, estimate.vcov, restrictions, estimate.degrees_of_freedom)


def _advice(bases: tuple[int, ...], index: pd.Index, never_treated: bool) -> str:
    """Return what helps if the effects leave nothing of an indicator, or of a sum of them."""
    words = ", or bin event times so that each keeps rows"
    if never_treated:
        return words
    farthest = max(index, key=lambda time: abs(time - bases[0]))
    return (
        f"{words}. Nobody is never treated, so the effects leave a line through the event times "
        f"open: name a second base, as in base={(*bases, farthest)}"
    )


def _described(
    effects: pd.DataFrame,
    data: pd.DataFrame,
    specification: Specification,
    event_time: str,
    times: pd.Series,
) -> pd.DataFrame:
    """Add the bases as zeros, and what each event time rests on: rows, groups, cohorts."""
    keys = times.dropna().astype(int).rename("event_time")
    treated = data[times.notna()].groupby(keys)
    cohorts = (data[specification.time] - data[event_time]).dropna().astype(int)
    listed = cohorts.groupby(keys).unique().map(sorted)
    groups = [treated[name].nunique() for name in grouping_columns(specification)]
    support = {
        "n_treated_rows": treated.size(),
        "n_groups": pd.concat(groups or [treated.size()], axis=1).min(axis=1),
        "n_cohorts": listed.map(len),
        "cohorts": listed.map(_listed),
    }
    terms = [f"{event_time}[{time}]" for time in listed.index]
    rows = effects.reindex(listed.index).assign(term=terms, n_obs=len(data), **support)
    rows = rows.fillna({"estimate": 0.0, "unit_trend": 0.0}).reset_index()
    return rows[["event_time", *TIDY, *support, "unit_trend"]]


def _listed(times: Iterable[float]) -> str:
    return ", ".join(f"{time:g}" for time in times)


def _event_times(
    times: pd.Series, base: Base, bins: tuple[int, int] | None
) -> tuple[pd.Series, tuple[int, ...]]:
    """Return event times, binned, and the bases, or raise with what is wrong."""
    known = sorted(times.dropna().unique())
    odd = times[times.notna() & (times != times.round())]
    told = (
        f"{times.name}: {len(known)} different values, {len(odd)} of the rows with no whole number "
        f"({_listed(odd.unique()[:3])}); give two or more event times, each the row's year less "
        "the first treated one, missing if never treated"
    )
    refuse(TITLE, {told: len(odd) or len(known) < 2})
    ends = (known[0], known[-1]) if bins is None else names_of(bins)
    apart = len(ends) == 2 and ends == tuple(sorted({*known} & {*ends}))
    told = f"bins {bins}: give a first and a later last event time among {_listed(known)}"
    wrong: dict[str, object] = {told: not apart}
    if apart:
        times = times.clip(*ends)
        known = [time for time in known if ends[0] <= time <= ends[1]]
    bases = (int(known[0]),) if isinstance(base, str) and base == EARLIEST else names_of(base)
    none = not bases or not all(whole(one, -np.inf) for one in bases)
    bases = () if none else tuple(map(int, bases))
    absent = sorted({*bases} - {*known})
    wrong |= {
        f"base {base!r}: give {EARLIEST!r}, an event time, or several": none,
        f"base {_listed(absent)}: has no rows; choose among {_listed(known)}": absent,
        f"base {base}: leaves no event time to estimate; name fewer": {*bases} == {*known},
    }
    refuse(TITLE, wrong)
    return times, bases
