"""In-space placebo: the treated units drawn by lot, every draw's regression in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from digitrade.methods.absorb import Absorber, Projection, indicators
from digitrade.methods.checks import check_variation
from digitrade.methods.covariance import grouping_columns, small_sample
from digitrade.methods.randomisation import Placebo
from digitrade.methods.specification import Specification, complete_panel

BATCH = 100  # draws worked on at a time; memory grows with it, the answer does not change
IDENTIFIED = 1e-9  # share of an indicator's sum of squares that rounding alone may leave


@dataclass(frozen=True, slots=True)
class InSpacePlacebo:
    """An effect beside those that the same data give for treated units drawn by lot.

    Attributes
    ----------
    estimate, statistic
        The coefficient and its t under the observed assignment.
    draws
        A row a draw: ``draw`` from 1, ``estimate``, ``statistic``.
    p_two_sided, p_left, p_right
        Share of draws whose coefficient is at least as far from zero, at most as large, and
        at least as large; the observed assignment counts as a draw, so none is zero.
    p_studentised
        Share of draws whose t is at least as far from zero, counted likewise.
    n_obs, n_units, n_treated
        Rows; units whose treatment is exchanged; how many of them are ever treated.
    covariance
        Covariance of the t, with its small-sample factor, in words.
    specification
        What was estimated.
    """

    estimate: float
    statistic: float
    draws: pd.DataFrame
    p_two_sided: float
    p_left: float
    p_right: float
    p_studentised: float
    n_obs: int
    n_units: int
    n_treated: int
    covariance: str
    specification: Specification

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row; the p-value is two-sided, of the coefficient by placebo."""
        row = {
            "label": self.specification.label or "in-space placebo",
            "outcome": self.specification.outcome,
            "term": self.specification.regressor,
            "estimate": self.estimate,
            "std_error": self.estimate / self.statistic,
            "statistic": self.statistic,
            "p_value": self.p_two_sided,
            "conf_low": np.nan,
            "conf_high": np.nan,
            "n_obs": self.n_obs,
            "covariance": (
                f"treatment drawn over {self.n_units} units, {self.n_treated} treated, "
                f"{len(self.draws):,} draws; t {self.covariance}"
            ),
            "p_left": self.p_left,
            "p_right": self.p_right,
            "p_studentised": self.p_studentised,
        }
        return pd.DataFrame([row])


def in_space_placebo(
    data: pd.DataFrame,
    *,
    specification: Specification,
    cohort: str,
    unit: str,
    draws: int = 500,
    rng: np.random.Generator,
) -> InSpacePlacebo:
    r"""Draw by lot which units are treated, and when, keeping the sizes of the cohorts.

    A draw hands every unit the cohort of some unit, without replacement, and sets the
    regressor to one from the cohort's period on. With M the projection off effects and
    controls and :math:`\tilde e = M y`, the draw's coefficient is
    :math:`D'\tilde e / D' M D`. As D is constant within unit and period, the projection needs
    only its sums by levels of the effects, one sparse product for all draws.

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
    InSpacePlacebo

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
    cells = _Cells.of(panel, data[unit], specification)
    observed = starts.to_numpy()
    assigned = np.vstack([observed, drawn_cohorts(observed, draws, rng)])
    slopes, statistics = cells.regress(assigned)
    counted = small_sample(panel, specification)
    statistics /= np.sqrt(counted.factor)
    by_slope, by_t = (
        Placebo.of(float(one[0]), one[1:], n_obs=len(panel), specification=specification)
        for one in (slopes, statistics)
    )
    frame = {"draw": np.arange(1, draws + 1), "estimate": slopes[1:], "statistic": statistics[1:]}
    return InSpacePlacebo(
        estimate=by_slope.estimate,
        statistic=by_t.estimate,
        draws=pd.DataFrame(frame),
        p_two_sided=by_slope.p_two_sided,
        p_left=by_slope.p_left,
        p_right=by_slope.p_right,
        p_studentised=by_t.p_two_sided,
        n_obs=len(panel),
        n_units=len(starts),
        n_treated=int((starts <= data[specification.time].max()).sum()),
        covariance=counted.words,
        specification=specification,
    )


def drawn_cohorts(cohorts: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return the units' cohorts in random orders, draws by units."""
    return rng.permuted(np.tile(cohorts, (draws, 1)), axis=1)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The regression reduced to unit-by-period cells, within which a drawn regressor is constant.

    Attributes
    ----------
    unit, time
        Unit (position in sorted order) and period of each cell.
    size
        Rows in each cell.
    sums
        What turns values by cell into sums by levels of the largest effect, by the other
        effects' dummies, and into products with the controls.
    absorber
        The effects.
    rows
        What turns values by cell, coefficients of the effects and of the controls into what
        effects and controls leave of a regressor; n by all of them, sparse.
    clusters
        Indicators of the clusters, G by n, sparse; of the rows, if the covariance is robust.
    weighted
        The same times the outcome cleared of effects and controls.
    """

    unit: np.ndarray
    time: np.ndarray
    size: np.ndarray
    sums: tuple[sparse.csr_array, sparse.csr_array, np.ndarray]
    absorber: Absorber
    rows: sparse.csr_array
    clusters: sparse.csr_array
    weighted: sparse.csr_array

    @classmethod
    def of(cls, panel: pd.DataFrame, units: pd.Series, specification: Specification) -> _Cells:
        """Reduce a complete panel whose rows lie in units."""
        keys = pd.DataFrame({"unit": pd.factorize(units, sort=True)[0]})
        keys["time"] = panel[specification.time].to_numpy()
        grouped = keys.groupby(["unit", "time"])
        cells = grouped.size()
        member = indicators(grouped.ngroup().to_numpy())
        absorber = Absorber.of(panel, specification.effects)
        outcome, controls = _cleared(panel, specification, absorber)
        groups = grouping_columns(specification)
        codes = pd.factorize(panel[groups[0]])[0] if groups else np.arange(len(panel))
        clusters = indicators(codes).T.tocsr()
        parts = [member, -absorber.largest, -absorber.others, sparse.csr_array(-controls)]
        return cls(
            unit=cells.index.get_level_values("unit").to_numpy(),
            time=cells.index.get_level_values("time").to_numpy(),
            size=cells.to_numpy(dtype=float),
            sums=(
                (absorber.largest.T @ member).tocsr(),
                (absorber.others.T @ member).tocsr(),
                (member.T @ controls).T,
            ),
            absorber=absorber,
            rows=sparse.hstack(parts, format="csr"),
            clusters=clusters,
            weighted=(clusters @ sparse.diags_array(outcome)).tocsr(),
        )

    def regress(self, cohorts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return coefficient and t of each assignment, the latter without small-sample factor.

        Parameters
        ----------
        cohorts
            First treated period of each unit, assignments by units.
        """
        batches = [
            self._regress_batch(cohorts[start : start + BATCH])
            for start in range(0, len(cohorts), BATCH)
        ]
        slopes, statistics = (np.concatenate(one) for one in zip(*batches, strict=True))
        return slopes, statistics

    def _regress_batch(self, cohorts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        treated = (self.time[:, None] >= cohorts.T[self.unit]).astype(float)
        within = self._within(treated)
        cross = self.weighted @ within
        square = self.clusters @ np.square(within, out=within)
        total = square.sum(axis=0)
        if lost := int((total <= IDENTIFIED * (self.size @ treated)).sum()):
            raise ValueError(
                f"{lost} of {len(cohorts)} assignments do not vary within the effects and "
                "controls: keep units that are observed before and after the cohorts, or take "
                "out effects"
            )
        slopes = cross.sum(axis=0) / total
        spread = ((cross - slopes * square) ** 2).sum(axis=0)
        return slopes, slopes * total / np.sqrt(spread)

    def _within(self, treated: np.ndarray) -> np.ndarray:
        """Return what effects and controls leave of regressors by cell, n by assignments."""
        largest, others, controls = self.sums
        effects = self.absorber.solve(largest @ treated, others @ treated)
        return self.rows @ np.vstack([treated, *effects, controls @ treated])


def _cleared(
    panel: pd.DataFrame, specification: Specification, absorber: Absorber
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outcome cleared of effects and controls, and controls made orthonormal."""
    names = [specification.outcome, *specification.controls]
    columns = panel[names].to_numpy(dtype=float)
    within = absorber.residualise(columns)
    check_variation(columns[:, 1:], within[:, 1:], names[1:], specification.effects)
    projection = Projection.beyond(absorber, columns[:, 1:])
    return projection.residualise(columns[:, 0]), projection.controls


def _cohorts(
    data: pd.DataFrame, specification: Specification, cohort: str, unit: str, draws: int
) -> pd.Series:
    """Return each unit's cohort, infinite if never treated, or raise with all that is wrong."""
    if absent := [name for name in (cohort, unit) if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
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
    if problems:
        raise ValueError("In-space placebo cannot be drawn:\n  - " + "\n  - ".join(problems))
    return by_unit.first()
