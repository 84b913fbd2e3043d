"""Placebos: what an estimator finds where, or when, there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection, indicators
from digitrade.methods.covariance import grouping_columns, small_sample
from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import (
    Specification,
    check_variation,
    complete_panel,
    refuse,
    require_columns,
)

SAMPLES = {"full": "full sample", "pre": "before treatment"}
PATHS_BATCH, SPACE_BATCH = 500, 50  # draws worked on at a time; memory grows with them
TIE = 1e-10  # a draw that repeats the observed assignment equals the estimate up to rounding
IDENTIFIED = 1e-9  # share of an indicator's sum of squares that rounding alone may leave


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
    """

    estimate: float
    drawn: np.ndarray
    n_obs: int
    specification: Specification
    words: str = ""
    t: Placebo | None = None

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
        How many permutations, each over all entities, and their source.

    Raises
    ------
    ValueError
        If there is no draw, fewer than two entities, or a path has a gap.
    """
    entities = int(data[specification.entity].nunique())
    if draws < 1 or entities < 2:
        raise ValueError(
            f"A permutation placebo needs a draw and two entities: found draws={draws} and "
            f"{entities} of {specification.entity!r}"
        )
    slopes = _permuted_slopes(data, specification, shuffled(np.arange(entities), draws, rng))
    words = f"permutation of the regressor's paths, {draws:,} draws"
    return Placebo(float(slopes[0]), slopes[1:], len(data), specification, words)


def _permuted_slopes(
    data: pd.DataFrame, specification: Specification, orders: np.ndarray
) -> np.ndarray:
    """Return the coefficient if entity j, in sorted order, gets the path of ``orders[draw, j]``."""
    paths = _paths(data, specification)
    entity = paths.columns.get_indexer(data[specification.entity])
    time = paths.index.get_indexer(data[specification.time])
    projection = Projection.of(data, specification)
    outcome = projection.residualise(data[specification.outcome].to_numpy(dtype=float))
    values, slopes = paths.to_numpy(), []
    for start in range(0, len(orders), PATHS_BATCH):
        batch = orders[start : start + PATHS_BATCH]
        permuted = projection.residualise(values[time[:, None], batch[:, entity].T])
        slopes.append(outcome @ permuted / (permuted**2).sum(axis=0))
    return np.concatenate(slopes)


def _paths(data: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the regressor, periods by entities, both sorted; raise if it has a gap."""
    paths = data.pivot(
        index=specification.time, columns=specification.entity, values=specification.regressor
    ).astype(float)
    gaps = paths.isna().sum()
    if short := [f"{name} ({count})" for name, count in gaps.items() if count]:
        raise ValueError(
            f"Paths of {specification.regressor!r} can only be exchanged if none has a gap: "
            f"periods missing for {', '.join(short)}; keep the periods that all have"
        )
    return paths


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
        every row of a unit; missing, or later than any row, if the unit is never treated.
    unit
        Column of the units that are treated as a whole, such as cities.
    draws, rng
        How many assignments, and their source.

    Returns
    -------
    Placebo
        Of the coefficient and, as its ``t``, of the statistic.

    Raises
    ------
    KeyError, ValueError
        If a column is not there; with everything that is wrong with cohorts and draws; if an
        assignment has no variation within the effects.
    """
    panel = complete_panel(data, specification)
    starts = _cohorts(data, specification, cohort, unit, draws)
    assigned = shuffled(starts.to_numpy(), draws, rng)
    places = starts.index.get_indexer(data[unit])
    slopes, statistics, counted = _assigned_slopes(panel, places, specification, assigned)
    treated = int((starts <= data[specification.time].max()).sum())
    told = f"treatment drawn over {len(starts)} units, {treated} treated, {draws:,} draws"
    words = f"{told}; t {counted}"
    t = Placebo(float(statistics[0]), statistics[1:], len(panel), specification, words)
    return Placebo(float(slopes[0]), slopes[1:], len(panel), specification, words, t)


def _assigned_slopes(
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
    for start in range(0, len(cohorts), SPACE_BATCH):
        treated = (time[:, None] >= cohorts[start : start + SPACE_BATCH].T[unit]).astype(float)
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
    missing, several = data[unit].isna().sum(), (by_unit.max() > by_unit.min()).sum()
    differing = (indicated != data[specification.regressor]).sum()
    many = specification.covariance == "driscoll-kraay" or len(specification.clusters) > 1
    wrong = {
        f"draws {draws}: give 1 or more": draws < 1,
        f"{unit}: {missing} missing values; keep complete rows first": missing,
        f"{cohort}: varies within {several} of {unit!r}; give one cohort each": several,
        f"{specification.regressor}: {differing} rows differ from the indicator of "
        f"{specification.time} >= {cohort}; give the first treated period, missing if none": (
            differing
        ),
        "covariance: choose clustered by one column, or robust": many,
    }
    refuse("In-space placebo cannot be drawn", wrong)
    return by_unit.first()


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
    time = specification.time
    require_columns(data, (cohort, time))
    whole = not isinstance(years_ahead, bool) and years_ahead == int(years_ahead)
    wrong = {
        f"years_ahead {years_ahead}: give a whole number of years, 1 or more": (
            not whole or years_ahead < 1
        ),
        f"sample {sample!r}: choose {' | '.join(SAMPLES)}": sample not in SAMPLES,
    }
    refuse("Placebo cannot be estimated", wrong)
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
