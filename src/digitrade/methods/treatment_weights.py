"""What a regression on a treatment dummy averages: the weight of every treated row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.checks import refuse, require_columns
from digitrade.methods.regression import fit_within
from digitrade.methods.specification import Specification, complete_panel

NOTHING_LEFT = 1e-10  # of the largest weight: one this small is rounding


@dataclass(frozen=True, slots=True)
class TreatmentWeights:
    """Weights of the treated rows in the coefficient of a treatment dummy, the ``estimate``.

    ``rows`` has ``cohort`` (first treated year), ``year`` and ``weight`` of each treated row, on
    its index in the data. Weights sum to one.
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
        return pd.DataFrame(
            {
                "unit": unit,
                "number": len(weights),
                "n_negative": int((weights < 0).sum()),
                "share_negative": float((weights < 0).mean()),
                "sum_negative": float(weights.clip(upper=0).sum()),
            }
            for unit, weights in kinds.items()
        )

    def weighted_mean(self, effects: pd.Series) -> float:
        """Return the mean of effects, by row of the data, that the coefficient stands for."""
        own = effects.reindex(self.rows.index)
        if gaps := int(own.isna().sum()):
            raise ValueError(f"effects: {gaps} of {len(own)} treated rows have none; give each one")
        return float(self.rows["weight"] @ own)

    @property
    def compatible_sd(self) -> float:
        r"""Least standard deviation of effects across treated rows that a zero mean needs.

        :math:`|\hat\beta| / \mathrm{sd}(n w)` with n treated rows (de Chaisemartin and
        D'Haultfoeuille 2020, Corollary 1); infinite if all weights are equal.
        """
        spread = len(self.rows) * float(self.rows["weight"].std(ddof=0))
        return abs(self.estimate) / spread if spread > 0 else float("inf")


def treatment_weights(
    data: pd.DataFrame, specification: Specification, *, cohort: str = "cohort"
) -> TreatmentWeights:
    r"""Return the weight of each treated row in a static regression.

    With :math:`\tilde D` the treatment residualised on effects and controls, the coefficient is
    :math:`\sum \tilde D_i y_i / \sum \tilde D_i D_i`. If the outcome is effects and controls, plus
    an effect :math:`\tau_i` on each treated row, this is
    :math:`\sum_{D_i = 1} w_i \tau_i` with :math:`w_i = \tilde D_i / \sum_{D_j = 1} \tilde D_j`
    (de Chaisemartin and D'Haultfoeuille 2020, American Economic Review 110(9), 2964-2996, Theorem
    1, with rows for cells). Where treatment is staggered some weights can be negative.

    Parameters
    ----------
    data, specification
        One row for each entity and time; the regression, its regressor the treatment, 0 or 1.
    cohort
        Column of the first treated year of each row's group.

    Raises
    ------
    KeyError, ValueError
        As :func:`digitrade.methods.regression.fixed_effects`; or with what is wrong: no dummy,
        nobody treated, a treated row without a cohort, a repeated index label.
    """
    require_columns(data, [cohort])
    panel, name = complete_panel(data, specification), specification.regressor
    treatment = panel[name].to_numpy(dtype=float)
    treated = treatment == 1
    problems = []
    if other := int((~np.isin(treatment, (0, 1))).sum()):
        problems.append(f"{name}: {other} rows are neither 0 nor 1; give a dummy")
    if not treated.any():
        problems.append(f"{name}: no row is treated; check the treatment's years")
    if gaps := int(data.loc[treated, cohort].isna().sum()):
        problems.append(f"{cohort}: missing for {gaps} treated rows; give their first treated year")
    if not data.index.is_unique:
        problems.append("index: labels are repeated; reset_index first")
    refuse("Weights cannot be computed", problems)
    fit = fit_within(panel, specification)
    weights = fit.main_influence[treated]  # sum to one: their product with the treatment
    rounding = np.abs(weights) <= NOTHING_LEFT * np.abs(weights).max()
    rows = pd.DataFrame(
        {
            "cohort": data.loc[treated, cohort].astype(int),
            "year": data.loc[treated, specification.time],
            "weight": np.where(rounding, 0.0, weights),
        }
    )
    return TreatmentWeights(rows, float(fit.slopes[0]))
