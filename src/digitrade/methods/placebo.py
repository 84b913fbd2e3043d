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
    check_outcome,
    draws_problems,
    lost_problems,
    ranked,
    refuse,
    whole,
)
from digitrade.methods.covariance import grouping_columns, small_sample
from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification, complete_panel, require_specification

SAMPLES = {"full": "full sample", "pre": "before treatment"}
PATHS_BATCH, SPACE_BATCH = 500, 50  # draws worked on at a time; memory grows with them
TIE = 1e-10  # a draw that repeats the observed assignment equals the estimate up to rounding
NOT_DRAWN = "In-space placebo cannot be drawn"


@dataclass(frozen=True, slots=True)
class Placebo:
    """An estimate beside those that the same data give for assignments drawn by lot.

    Attributes
    ----------
    estimate, drawn
        The coefficient under the observed assignment, and under each drawn one.
    n_obs, specification, words
        Rows of the regression, what was estimated, and what was drawn.
    t
        The same for the t statistic; ``None`` if it was not worked out.
    failed
        Draws that were left out, since no coefficient can be estimated with them.
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
        told = {
            "term": self.specification.regressor,
            "std_error": self.estimate / statistic,
            "statistic": statistic,
            "p_value": self.p_two_sided,
            "covariance": self.words,
        }
        label, outcome = self.specification.label or "placebo", self.specification.outcome
        row: dict[str, object] = {"label": label, "outcome": outcome}
        row |= {name: getattr(self, name, np.nan) for name in TIDY} | told
        row |= {name: getattr(self, name) for name in ("p_left", "p_right", "p_studentised")}
        row |= {"draws_low": low, "draws_mean": self.drawn.mean(), "draws_high": high}
        return pd.DataFrame([row])


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

    Parameters
    ----------
    data, specification
        One row for each entity and time; the regressor is known for every entity in every
        period, the rest may be unbalanced.
    draws, rng
        How many permutations, each over all entities, and their source. Entities draw in the
        order of :func:`digitrade.methods.checks.ranked`, so that neither labels nor the order of
        rows change a draw.

    Raises
    ------
    KeyError, ValueError
        As :func:`digitrade.methods.regression.fixed_effects`; also if there is no draw, fewer than
        two entities, a path has a gap, or most draws have no variation within the effects.
    """
    panel = complete_panel(data, specification, problems=draws_problems(draws, rng))
    entities = int(panel[specification.entity].nunique())
    if entities < 2:
        found = f"{specification.entity}: {entities} entity"
        raise ValueError(f"{found}; a permutation placebo needs a draw and two entities")
    orders = shuffled(np.arange(entities), int(draws), rng)
    slopes, failed = _usable(_permuted_slopes(panel, specification, orders), specification)
    words = f"permutation of the regressor's paths, {draws:,} draws{_left_out(failed)}"
    return Placebo(float(slopes[0]), slopes[1:], len(panel), specification, words, failed=failed)


def _usable(slopes: np.ndarray, specification: Specification) -> tuple[np.ndarray, int]:
    """Return the last axis without draws that are missing, and how many these are."""
    known = np.isfinite(slopes).all(axis=tuple(range(slopes.ndim - 1)))
    failed = int((~known).sum())
    held = ", ".join((*specification.effects, *specification.controls))
    why = (
        f"assignments do not vary within the effects and controls ({held}), or the observed one "
        f"of {specification.regressor} does not: keep units that are seen before and after the "
        "treatment, or take out effects"
    )
    lost = failed if known[0] else len(known)
    refuse("Placebo cannot be drawn", lost_problems(lost, len(known), why))
    return slopes[..., known], failed


def _left_out(failed: int) -> str:
    return f", {failed:,} of them without variation and left out" if failed else ""


def _permuted_slopes(
    panel: pd.DataFrame, specification: Specification, orders: np.ndarray
) -> np.ndarray:
    """Return the coefficient if entity j gets the path of ``orders[draw, j]``, NaN if none."""
    projection, outcome = _outcome_left(panel, specification)
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


def _outcome_left(
    panel: pd.DataFrame, specification: Specification
) -> tuple[Projection, np.ndarray]:
    """Return the projection off effects and controls, checked, and what it leaves of y (n)."""
    values, projection = panel[specification.outcome], Projection.checked(panel, specification)
    outcome = projection.residualise(values)
    held = (*specification.effects, *specification.controls)
    check_outcome(values.to_numpy(), outcome, specification.outcome, held)
    return projection, outcome


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
        every row of a unit; missing, or later than any row, if the unit is never treated (a code
        for it, such as 0, is refused).
    unit
        Column of the units that are treated as a whole, such as cities.
    draws, rng
        How many assignments, and their source. Units draw in the order of
        :func:`digitrade.methods.checks.ranked`.

    Returns
    -------
    Placebo
        Of the coefficient and, as its ``t``, of the statistic.

    Raises
    ------
    KeyError, ValueError
        If a column is not there; with everything that is wrong with cohorts and draws; if the
        observed assignment, or most of those drawn, have no variation within the effects.
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
        title=NOT_DRAWN,
        problems=wrong,
        look=look,
    )
    left = _outcome_left(panel, specification)
    units = ranked(panel[unit], left[1])
    starts = panel[cohort].fillna(np.inf).groupby(units).first()
    assigned = shuffled(starts.to_numpy(), int(draws), rng)
    found, counted = _assigned(panel, units, specification, assigned, left)
    (slopes, statistics), failed = _usable(found, specification)
    treated = int((starts <= panel[specification.time].max()).sum())
    told = f"treatment drawn over {len(starts)} units, {treated} treated, {draws:,} draws"
    words = f"{told}{_left_out(failed)}; t {counted}"
    rows = (len(panel), specification, words)
    t = Placebo(float(statistics[0]), statistics[1:], *rows, failed=failed)
    return Placebo(float(slopes[0]), slopes[1:], *rows, t, failed)


def _assigned(
    panel: pd.DataFrame,
    unit: np.ndarray,
    specification: Specification,
    cohorts: np.ndarray,
    left: tuple[Projection, np.ndarray],
) -> tuple[np.ndarray, str]:
    """Return coefficient and t (2 by draws) of assignments, and the covariance in words."""
    projection, outcome = left
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
    differing = ((period >= start) != regressor).sum()
    early = np.where(start <= period.max(), start, np.inf)
    return {
        f"{cohort}: varies within {several} of {unit!r}; give one cohort each": several,
        f"{specification.regressor}: {differing} rows differ from the indicator of "
        f"{specification.time} >= {cohort}; give the first treated period, missing if none": (
            differing
        ),
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

    Parameters
    ----------
    data, specification
        One row for each entity and time, and what to estimate.
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
    KeyError, ValueError
        If a column is not there; for years or a sample that cannot be, or if no cohort has rows
        before and after the fictitious treatment.
    """
    require_specification(specification)
    wrong = {
        f"years_ahead {years_ahead}: give a whole number of years, 1 or more": not whole(
            years_ahead, 1
        ),
        f"sample {sample!r}: choose {' | '.join(SAMPLES)}": sample not in SAMPLES,
    }
    title, time = "Placebo cannot be estimated", specification.time
    needed = [name for name in specification.columns if name != specification.regressor]
    known = (*needed, cohort)  # fixed_effects tells what is missing on the rows that are kept
    panel = admit(
        data,
        title,
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
