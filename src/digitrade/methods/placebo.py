"""Placebos: what an estimator finds where, or when, there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection, indicators
from digitrade.methods.checks import (
    ABSORBED,
    admit,
    calendar_problems,
    chosen,
    draws_problems,
    ranked,
    refuse_lost,
    whole,
)
from digitrade.methods.covariance import grouping_columns, small_sample
from digitrade.methods.estimate import Estimate, tidy_row
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification, complete_panel, require_specification

SAMPLES = {"full": "full sample", "pre": "before treatment"}
PATHS_BATCH, SPACE_BATCH = 500, 50  # draws worked on at a time; memory grows with them
TIE = 1e-10  # a draw that repeats the observed assignment equals the estimate up to rounding


@dataclass(frozen=True, slots=True)
class Placebo:
    """An estimate beside those ``drawn``: what the same data give for assignments by lot.

    ``n_obs`` are the regression's rows, ``words`` say what was drawn, ``t`` is the same for the t
    statistic if that was worked out, and ``failed`` draws had no coefficient and are left out.
    """

    estimate: float
    drawn: np.ndarray
    n_obs: int
    specification: Specification
    words: str = ""
    t: Placebo | None = None
    failed: int = 0

    @property
    def p_two_sided(self) -> float:
        """Share at least as far from zero; the observed one counts as a draw, so never zero."""
        return _share(np.abs(self.drawn) >= abs(self.estimate) - self._reach)

    @property
    def p_left(self) -> float:
        """Share at most as large, counted likewise."""
        return _share(self.drawn <= self.estimate + self._reach)

    @property
    def p_right(self) -> float:
        """Share at least as large, counted likewise."""
        return _share(self.drawn >= self.estimate - self._reach)

    @property
    def p_studentised(self) -> float:
        """The two-sided share of t, missing if it was not worked out."""
        return self.t.p_two_sided if self.t else np.nan

    @property
    def _reach(self) -> float:
        return TIE * max(abs(self.estimate), float(np.abs(self.drawn).max()))

    def tidy(self) -> pd.DataFrame:
        """Return a tidy row with the two-sided p and no interval, and columns of the draws."""
        statistic = self.t.estimate if self.t else np.nan
        low, high = np.quantile(self.drawn, [0.025, 0.975])
        told = {"std_error": self.estimate / statistic, "statistic": statistic}
        told |= {"p_value": self.p_two_sided, "p_left": self.p_left, "p_right": self.p_right}
        told |= {"p_studentised": self.p_studentised, "draws_low": low}
        told |= {"draws_mean": self.drawn.mean(), "draws_high": high}
        return tidy_row(self, self.words, self.specification.label or "placebo", **told)


def shuffled(values: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return values as they are, then in random orders, 1 + draws by their number."""
    return np.vstack([values, rng.permuted(np.tile(values, (draws, 1)), axis=1)])


def _share(extreme: np.ndarray) -> float:
    return float((1 + extreme.sum()) / (1 + len(extreme)))


def permutation_placebo(
    data: pd.DataFrame, specification: Specification, *, draws: int = 999, rng: np.random.Generator
) -> Placebo:
    r"""Give every entity the regressor's whole path of another one, many times.

    Outcome, controls and effects stay where they are. With M the projection off effects and
    controls, a draw's coefficient is :math:`x_\pi' M y / x_\pi' M x_\pi`. The p-values are exact
    if any assignment of the paths is as likely as the observed one, given the controls (Fisher
    1935, The Design of Experiments, ch. II; Young 2019, Quarterly Journal of Economics 134(2),
    557-598).

    - ``data``, ``specification``: one row for each entity and time; the regressor is known for
      every entity in every period, the rest may be unbalanced.
    - ``draws``, ``rng``: how many permutations, each over all entities, and their source. Entities
      draw in the order of :func:`digitrade.methods.checks.ranked`.

    Raises KeyError or ValueError as :func:`fixed_effects`; also if there is no draw, fewer than two
    entities, a path has a gap, or most draws have no variation within the effects.
    """
    panel = complete_panel(data, specification, problems=draws_problems(draws, rng))
    entities = int(panel[specification.entity].nunique())
    if entities < 2:
        found = f"{specification.entity}: {entities} entity"
        raise ValueError(f"{found}; a permutation placebo needs a draw and two entities")
    orders = shuffled(np.arange(entities), int(draws), rng)
    (slopes,), failed, gone = _usable(_permuted_slopes(panel, specification, orders), specification)
    words = f"permutation of the regressor's paths, {draws:,} draws{gone}"
    return Placebo(float(slopes[0]), slopes[1:], len(panel), specification, words, failed=failed)


def _usable(slopes: np.ndarray, specification: Specification) -> tuple[np.ndarray, int, str]:
    """Return the columns without draws that are missing, how many these are, and that in words."""
    slopes = np.atleast_2d(slopes)
    known = np.isfinite(slopes).all(axis=0)
    failed = int((~known).sum())
    words = f", {failed:,} of them without variation and left out" if failed else ""
    held = ", ".join((*specification.effects, *specification.controls))
    why = (
        f"assignments do not vary within the effects and controls ({held}), or the observed one "
        f"of {specification.regressor} does not: keep units that are seen before and after the "
        "treatment, or take out effects"
    )
    lost = failed if known[0] else len(known)
    refuse_lost("Placebo cannot be drawn", lost, len(known), why)
    return slopes[:, known], failed, words


def _permuted_slopes(
    panel: pd.DataFrame, specification: Specification, orders: np.ndarray
) -> np.ndarray:
    """Return the coefficient if entity j gets the path of ``orders[draw, j]``, NaN if none."""
    projection, left = Projection.checked(panel, specification)
    outcome = left[:, 0]
    entity = ranked(panel[specification.entity], outcome)
    time, periods = pd.factorize(panel[specification.time])
    values = np.full((len(periods), int(entity.max()) + 1), np.nan)
    values[time, entity] = panel[specification.regressor]
    if (gaps := np.isnan(values).sum(axis=0)).any():
        names = panel[specification.entity].groupby(entity).first()
        short = ", ".join(sorted(f"{names[k]} ({gaps[k]})" for k in np.flatnonzero(gaps)))
        raise ValueError(
            f"Paths of {specification.regressor!r} can only be exchanged if none has a gap: "
            f"periods missing for {short}; keep the periods that all have"
        )
    slopes = []
    for start in range(0, len(orders), PATHS_BATCH):
        given = values[time[:, None], orders[start : start + PATHS_BATCH][:, entity].T]
        permuted = projection.residualise(given)
        slopes.append(_divided(outcome @ permuted, (permuted**2).sum(axis=0), given))
    return np.concatenate(slopes)


def _divided(cross: np.ndarray, total: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return coefficients of draws, NaN where effects leave nothing of what is given (n by b)."""
    varying = total > ABSORBED**2 * (given**2).sum(axis=0)
    return np.divide(cross, total, out=np.full(len(total), np.nan), where=varying)


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
    controls, its coefficient is :math:`D' M y / D' M D`. The observed effect stays in the outcome.
    Exact if every assignment that keeps the sizes of the cohorts was as likely as the observed one
    (Fisher 1935, The Design of Experiments, ch. II).

    - ``data``, ``specification``: one row for each entity and time; the regressor is one from the
      cohort's period on, zero before; covariance ``"clustered"`` by one column or ``"robust"``.
    - ``cohort``: column of the first treated period, on the scale of the time column and the same
      in every row of a unit; missing, or later than any row, if the unit is never treated.
    - ``unit``: column of the units that are treated as a whole, such as cities.
    - ``draws``, ``rng``: how many assignments, and their source. Units draw in the order of
      :func:`digitrade.methods.checks.ranked`.

    Returns a ``Placebo``: of the coefficient and, as its ``t``, of the statistic.

    Raises KeyError or ValueError if a column is not there; with everything that is wrong with
    cohorts and draws; if the observed assignment, or most of those drawn, have no variation within
    the effects.
    """
    require_specification(specification)
    many = specification.covariance == "driscoll-kraay" or len(specification.clusters) > 1
    wrong = draws_problems(draws, rng) | {
        "covariance: choose clustered by one column, or robust": many
    }
    look = partial(_cohort_problems, specification=specification, cohort=cohort, unit=unit)
    panel = complete_panel(
        data,
        specification,
        (cohort, specification.time),
        labels=[unit],
        gaps=[cohort],
        title="In-space placebo cannot be drawn",
        problems=wrong,
        look=look,
    )
    projection, left = Projection.checked(panel, specification)
    units = ranked(panel[unit], left[:, 0])
    starts = panel[cohort].fillna(np.inf).groupby(units).first()
    assigned = shuffled(starts.to_numpy(), int(draws), rng)
    found, counted = _assigned(panel, units, specification, assigned, projection, left[:, 0])
    (slopes, statistics), failed, gone = _usable(found, specification)
    treated = int((starts <= panel[specification.time].max()).sum())
    told = f"treatment drawn over {len(starts)} units, {treated} treated, {draws:,} draws"
    rows = (len(panel), specification, f"{told}{gone}; t {counted}")
    t = Placebo(float(statistics[0]), statistics[1:], *rows, failed=failed)
    return Placebo(float(slopes[0]), slopes[1:], *rows, t, failed)


def _assigned(
    panel: pd.DataFrame,
    unit: np.ndarray,
    specification: Specification,
    cohorts: np.ndarray,
    projection: Projection,
    outcome: np.ndarray,
) -> tuple[np.ndarray, str]:
    """Return coefficient and t (2 by draws) of assignments, and the covariance in words."""
    groups = grouping_columns(specification)
    codes = pd.factorize(panel[groups[0]])[0] if groups else np.arange(len(panel))
    clusters, time = indicators(codes).T.tocsr(), panel[specification.time].to_numpy(dtype=float)
    found = []
    for start in range(0, len(cohorts), SPACE_BATCH):
        treated = (time[:, None] >= cohorts[start : start + SPACE_BATCH].T[unit]).astype(float)
        within = projection.residualise(treated)
        cross, square = clusters @ (within * outcome[:, None]), clusters @ within**2
        total = square.sum(axis=0)
        slopes = _divided(cross.sum(axis=0), total, treated)
        spread = ((cross - slopes * square) ** 2).sum(axis=0)
        with np.errstate(divide="ignore"):  # a draw whose groups are all fitted has no t
            found.append([slopes, slopes * total / np.sqrt(spread)])
    counted = small_sample(panel, specification, projection.absorber)
    slopes, statistics = np.hstack(found)
    return np.stack([slopes, statistics / np.sqrt(counted.factor)]), counted.words


def _cohort_problems(
    data: pd.DataFrame, specification: Specification, cohort: str, unit: str
) -> dict[str, object]:
    """Return what is wrong with cohorts."""
    numbers = [cohort, specification.time, specification.regressor]
    start, period, regressor = data[numbers].fillna(np.inf).to_numpy(dtype=float).T
    by_unit = pd.Series(start).groupby(data[unit].to_numpy())
    several = (by_unit.max() > by_unit.min()).sum()
    odd = ((period >= start) != regressor).sum()
    early = np.where(start <= period.max(), start, np.inf)
    return {
        f"{cohort}: varies within {several} of {unit!r}; give one cohort each": several,
        f"{specification.regressor}: {odd} rows differ from the indicator of {specification.time} "
        f">= {cohort}; give the first treated period, missing if none": odd,
    } | dict.fromkeys(calendar_problems(cohort, early, period), True)


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

    - ``data``, ``specification``: one row for each entity and time, and what to estimate.
    - ``years_ahead``: years by which the treatment is moved ahead, 1 or more.
    - ``cohort``: column of the first treated year; missing if never treated.
    - ``sample``: ``"full"`` for all rows, ``"pre"`` for those before the true treatment; rows that
      are never treated stay, and so do entities left with one row, which count among N.

    Returns an ``Estimate``: its specification is labelled with years and sample.

    Raises KeyError or ValueError if a column is not there; for years or a sample that cannot be, or
    if no cohort has rows before and after the fictitious treatment.
    """
    require_specification(specification)
    some, time = whole(years_ahead, 1), specification.time
    wrong: dict[str, object] = {
        f"years_ahead {years_ahead}: give a whole number of years, 1 or more": not some
    }
    wrong |= chosen("sample", sample, SAMPLES)
    needed = [name for name in specification.columns if name != specification.regressor]
    known = (*needed, cohort)  # fixed_effects tells what is missing on the rows that are kept
    panel = admit(
        data,
        "Placebo cannot be estimated",
        numbers=(cohort, time),
        labels=needed,
        gaps=known,
        problems=wrong,
        look=lambda frame: calendar_problems(cohort, frame[cohort], frame[time]),
    )
    rows = panel if sample == "full" else panel[~(panel[time] >= panel[cohort])]
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
