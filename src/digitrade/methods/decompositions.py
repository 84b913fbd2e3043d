"""Slopes and shares of explained variation taken apart, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.checks import calendar_problems, refuse, spare
from digitrade.methods.estimate import Estimate
from digitrade.methods.heterogeneity import group_names
from digitrade.methods.regression import fit_within
from digitrade.methods.specification import Specification, complete_panel

BETWEEN, CONTROLS = "between groups", "controls"
NO_WEIGHT = 1e-10  # of the largest weight of a treated row: one this small is rounding
NOTHING_LEFT = 1e-12  # of the regressor's sum of squares: a part this small is rounding

MEASURES = {
    "within": "Within all effects",
    "entity": "Within firms; year and city dummies count as explanation",
    "overall": "Of all variation; every effect counts as explanation",
    "adjusted": "The same, adjusted for the number of parameters",
}


@dataclass(frozen=True, slots=True)
class SlopeDecomposition:
    """A ``pooled`` slope as a weighted average: ``part, weight, slope, contribution`` in ``parts``.

    A row a group, with its own sample's slope; ``controls``, the regressor's movement with the
    groups' departures from common coefficients; ``between groups``, its movement with group years.
    The last two share what both could take; only their sum does not depend on which is first.
    """

    pooled: float
    parts: pd.DataFrame

    def rest(self, pooled: float, slopes: Mapping[str, float]) -> float:
        """Return the slope the other parts must have, if some parts and the pooled are printed."""
        weights = self.parts.set_index("part")["weight"]
        if (unknown := set(slopes) - set(weights.index)) or set(slopes) == set(weights.index):
            raise ValueError(
                f"Slopes of {', '.join(sorted(unknown or slopes))}: name some, not all, of the "
                f"parts {', '.join(weights.index)}"
            )
        known = sum(weights[part] * slope for part, slope in slopes.items())
        return float((pooled - known) / weights.drop(list(slopes)).sum())


def decompose_slope(
    data: pd.DataFrame, specification: Specification, group: str, *, years_first: bool = True
) -> SlopeDecomposition:
    r"""Take the pooled slope apart into slopes within groups and what lies between them.

    Residualise the regressor on (a) the pooled model's effects and controls, (b) with effects of
    group by time, (c) with controls by group as well. What (c) leaves and the steps to (a) are
    orthogonal, so :math:`\beta = \sum_p w_p b_p` with :math:`w_p = x_p'x_p / x_a'x_a` and
    :math:`b_p = x_p'y / x_p'x_p` (Frisch and Waugh 1933, Econometrica 1(4), 387-401). Groups are
    constant within entities. Parts of groups, and the *sum* of the other two, are the same in
    either order of the steps; with ``years_first`` false, controls by group are step (b), and take
    what both explain. Report both orders, or the sum (:meth:`SlopeDecomposition.rest` rests on
    nothing else, unless one of the two is named).
    """
    data = complete_panel(data, specification, labels=[group])
    own, time = data[group].astype(str), specification.time
    cell = spare("_cell", data)
    frame = data.assign(**{cell: data.groupby([group, time], observed=True).ngroup()})
    moving = (cell,) if time in specification.effects else ()
    absorber = Absorber.of(frame, (*specification.effects, *moving))
    controls = data[list(specification.controls)].to_numpy(dtype=float)
    members = pd.get_dummies(own, dtype=float).to_numpy()
    products = (members[:, :, None] * controls[:, None, :]).reshape(len(data), -1)
    _, left = Projection.checked(data, specification, specification.regressor)
    x, (outcome, pooled) = data[specification.regressor].to_numpy(), left.T
    other = (Absorber.of(data, specification.effects), products)
    middle = Projection.beyond(*((absorber, controls) if years_first else other)).residualise(x)
    within = Projection.beyond(absorber, products).residualise(x)
    steps = pooled - middle, middle - within
    parts = {name: np.where(own == name, within, 0.0) for name in group_names(data, group)}
    parts |= dict(zip((CONTROLS, BETWEEN), steps[::-1] if years_first else steps, strict=True))
    rows = _contributions(parts, pooled, outcome).rename_axis("part").reset_index()
    return SlopeDecomposition(float(pooled @ outcome / (pooled @ pooled)), rows)


def by_comparison(data: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Split the slope with entity effects only into comparisons within years and from year to year.

    What year effects explain of the residualised regressor and what they leave is orthogonal.
    """
    data = complete_panel(data, specification)
    keys, name = (specification.entity, specification.time), specification.regressor
    _, both = Projection.checked(data, specification.replace(effects=keys[:1]), name)
    two_way, _ = Projection.checked(data, specification.replace(effects=keys))
    (outcome, x), inside = both.T, two_way.residualise(data[name].to_numpy())
    parts = {"within years": inside, "from year to year": x - inside, "both": x}
    return _contributions(parts, x, outcome).rename_axis("comparison").reset_index()


def _contributions(
    parts: Mapping[str, np.ndarray], whole: np.ndarray, outcome: np.ndarray
) -> pd.DataFrame:
    """Return weight, slope (missing if nothing is left) and contribution of orthogonal parts."""
    norm = float(whole @ whole)
    sums = {name: (part @ part / norm, part @ outcome / norm) for name, part in parts.items()}
    rows = pd.DataFrame.from_dict(sums, orient="index", columns=["weight", "contribution"])
    known = rows["weight"].where(rows["weight"] > NOTHING_LEFT)
    rows.insert(1, "slope", rows["contribution"] / known)
    return rows


def r_squared_measures(data: pd.DataFrame, estimate: Estimate) -> pd.Series:
    """Return four R² of one regression on its own rows by the keys of :data:`MEASURES`."""
    if len(data) != estimate.n_obs:
        raise ValueError(f"{len(data)} rows for an estimate on {estimate.n_obs}: pass its own rows")
    specification, overall = estimate.specification, estimate.r_squared
    outcome = data[specification.outcome].to_numpy(dtype=float)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    within = Absorber.of(data, [specification.entity]).residualise(outcome)
    rank = Absorber.of(data, specification.effects).rank + len(specification.regressors)
    values = (
        estimate.r_squared_within,
        1 - (1 - overall) * total / float(within @ within),
        overall,
        1 - (1 - overall) * (len(data) - 1) / (len(data) - rank),
    )
    return pd.Series(values, index=list(MEASURES))


@dataclass(frozen=True, slots=True)
class TreatmentWeights:
    """Weights of the treated rows in the coefficient of a treatment dummy, the ``estimate``.

    ``rows`` has ``cohort, year, weight`` on the data's index. Weights sum to one.
    """

    rows: pd.DataFrame
    estimate: float

    def tidy(self) -> pd.DataFrame:
        """Return weight, rows and negative ones by cell of ``cohort`` and ``year``."""
        cells = self.rows.assign(negative=self.rows["weight"] < 0).groupby(["cohort", "year"])
        return cells.agg(
            weight=("weight", "sum"), rows=("weight", "size"), n_negative=("negative", "sum")
        ).reset_index()

    def negative(self) -> pd.DataFrame:
        """Return how much is negative, counted by row and by cell of cohort and year."""
        kinds = {"row": self.rows["weight"], "cell": self.tidy()["weight"]}
        rows = [
            (unit, len(own), (own < 0).sum(), (own < 0).mean(), own.clip(upper=0).sum())
            for unit, own in kinds.items()
        ]
        names = ["unit", "number", "n_negative", "share_negative", "sum_negative"]
        return pd.DataFrame(rows, columns=names)

    def weighted_mean(self, effects: pd.Series) -> float:
        """Return the mean of effects, by row of the data, that the coefficient stands for."""
        own = effects.reindex(self.rows.index)
        if gaps := int(own.isna().sum()):
            raise ValueError(f"effects: {gaps} of {len(own)} treated rows have none; give each one")
        return float(self.rows["weight"] @ own)

    @property
    def compatible_sd(self) -> float:
        r"""Least standard deviation of effects across treated rows that a zero mean needs.

        :math:`|\hat\beta| / \mathrm{sd}(n w)` (de Chaisemartin and D'Haultfoeuille 2020, Corollary
        1).
        """
        spread = len(self.rows) * float(self.rows["weight"].std(ddof=0))
        return abs(self.estimate) / spread if spread > 0 else float("inf")


def treatment_weights(
    data: pd.DataFrame, specification: Specification, *, cohort: str
) -> TreatmentWeights:
    r"""Return the weight of each treated row in a static regression.

    With :math:`\tilde D` the treatment residualised on effects and controls, the coefficient is
    :math:`\sum \tilde D_i y_i / \sum \tilde D_i D_i`. If the outcome is effects and controls, plus
    an effect :math:`\tau_i` on each treated row, this is
    :math:`\sum_{D_i = 1} w_i \tau_i` with :math:`w_i = \tilde D_i / \sum_{D_j = 1} \tilde D_j`
    (de Chaisemartin and D'Haultfoeuille 2020, American Economic Review 110(9), 2964-2996, Theorem
    1, with rows for cells). Where treatment is staggered some weights can be negative.

    - ``data``, ``specification``: one row for each entity and time; the regression, its regressor
      the treatment, 0 or 1.
    - ``cohort``: column of the first treated year of each row's group.

    Raises KeyError or ValueError as :func:`digitrade.methods.regression.fixed_effects`; or with
    what is wrong with the dummy.
    """
    title = "Weights cannot be computed"
    times = (cohort, getattr(specification, "time", cohort))
    panel = complete_panel(data, specification, times, gaps=[cohort], title=title)
    name, starts = specification.regressor, panel[cohort]
    treated, periods = (panel[name] == 1).to_numpy(), panel[specification.time]
    gaps, other = starts[treated].isna().sum(), (~panel[name].isin([0, 1])).sum()
    wrong = {
        f"{name}: {other} rows are neither 0 nor 1; give a dummy": other,
        f"{name}: no row is treated; check the treatment's years": not treated.any(),
        f"{cohort}: missing for {gaps} treated rows; give their first treated year": gaps,
        "index: labels are repeated; reset_index first": not data.index.is_unique,
    }
    far = calendar_problems(cohort, starts.where(treated, np.inf).fillna(np.inf), periods)
    refuse(title, wrong | dict.fromkeys(far, True))
    fit = fit_within(panel, specification)
    weights = fit.main_influence[treated]  # sum to one: their product with the treatment
    rounding = np.abs(weights) <= NO_WEIGHT * np.abs(weights).max()
    own = {"cohort": starts[treated].astype(int), "year": data.loc[treated, specification.time]}
    rows = pd.DataFrame(own | {"weight": np.where(rounding, 0.0, weights)})
    return TreatmentWeights(rows, float(fit.slopes[0]))
