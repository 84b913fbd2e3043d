"""What one row, or one group of rows, does to a coefficient: exactly, without refitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from digitrade.methods.checks import refuse, require_columns
from digitrade.methods.regression import Fit, fit_within, fixed_effects
from digitrade.methods.specification import Specification, complete_panel

ALONE = 1e-9  # what rounding may leave of 1 less the leverage of a row its own effect fits
OF_A_ROW = ("residual", "leverage", "change", "estimate_without", "n_rows")
NULL = 1e-9  # share of the largest eigenvalue that rounding may leave of a direction that is gone


@dataclass(frozen=True, slots=True)
class Influence:
    """What the coefficient of the regressor would lose with each row or group.

    ``rows`` has one for each that is left out: its keys, ``change`` (the ``estimate`` less
    ``estimate_without``) and ``n_rows``; for single rows also outcome, regressor, ``residual`` and
    ``leverage`` (of effects and regressors together).
    """

    estimate: float
    rows: pd.DataFrame
    specification: Specification

    def largest(self, count: int = 10) -> pd.DataFrame:
        """Return the rows with the largest changes in absolute value, the largest first."""
        ordered = self.rows.sort_values("change", key=np.abs, ascending=False, kind="stable")
        return ordered.head(count).reset_index(drop=True)

    def rows_to_overturn(self) -> pd.Index:
        """Return labels of rows whose changes, the largest first, add up to the estimate.

        They do not quite add up: estimate without them (Broderick, Giordano and Meager 2020).
        """
        changes = self.rows["change"] * np.sign(self.estimate)
        ordered = changes.sort_values(ascending=False, kind="stable")
        enough = np.flatnonzero(ordered.cumsum().to_numpy() >= abs(self.estimate))
        return ordered.index[: enough[0] + 1 if len(enough) else 0]


def influence(data: pd.DataFrame, specification: Specification) -> Influence:
    r"""Return what leaving out each row does to the coefficient.

    With residual :math:`e_i`, leverage :math:`h_i` of effects and regressors together, and
    :math:`a` the row with :math:`\hat\beta = a'y`, the estimate less the one without row i is
    :math:`a_i e_i / (1 - h_i)` (Belsley, Kuh and Welsch 1980, Regression Diagnostics, eq.
    2.1). A row that an effect of its own fits changes nothing.

    Parameters and errors are those of :func:`digitrade.methods.regression.fixed_effects`.
    """
    panel = complete_panel(data, specification, problems=_taken(specification.columns, OF_A_ROW))
    fit = fit_within(panel, specification)
    fit.check(panel, specification)
    basis = _basis(fit)
    leverage = fit.absorber.largest.data**2 + np.einsum("ij,ij->i", basis, basis)
    rest = np.maximum(1 - leverage, 0)
    alone = rest < ALONE
    change = np.where(alone, 0, fit.main_influence * fit.residual / np.where(alone, 1, rest))
    keys = dict.fromkeys((specification.entity, specification.time, *specification.effects))
    slope = float(fit.slopes[0])
    found = (fit.residual, leverage, change, slope - change, 1)
    rows = panel[[*keys, specification.outcome, specification.regressor]]
    rows = rows.assign(**dict(zip(OF_A_ROW, found, strict=True)))
    return Influence(slope, rows, specification)


def group_influence(data: pd.DataFrame, specification: Specification, *, by: str) -> Influence:
    """Return what leaving out each group of rows (a city, a firm) does to the coefficient.

    For the rows g of a group, named in the column ``by``, the change is :math:`a_g' (I -
    H_{gg})^{+} e_g`, with the block of the projection in the place of the leverage; the generalised
    inverse takes care of effects that vanish with the group. One without which the regressor does
    not vary within the effects has a meaningless number. Time grows with the largest group's cube.
    """
    wrong = _taken([by], OF_A_ROW[2:])
    data = complete_panel(data, specification, labels=[by], problems=wrong)
    fit = fit_within(data, specification)
    fit.check(data, specification)
    if data[by].nunique() < 2:
        raise ValueError(f"{by}: one group, and nothing is left without it; give two or more")
    largest, basis, row = fit.absorber.largest, _basis(fit), fit.main_influence
    changes = {}
    for name, places in data.reset_index(drop=True).groupby(by, observed=True).groups.items():
        own, rest = largest[places], basis[places]
        block = np.eye(len(places)) - (own @ own.T).toarray() - rest @ rest.T
        changes[name] = row[places] @ linalg.pinvh(block, rtol=NULL) @ fit.residual[places]
    rows = pd.Series(changes, name="change").rename_axis(by).reset_index()
    slope, sizes = float(fit.slopes[0]), data.groupby(by, observed=True).size().to_numpy()
    rows = rows.assign(estimate_without=slope - rows["change"], n_rows=sizes)
    return Influence(slope, rows, specification)


def without_rows(
    data: pd.DataFrame, specification: Specification, removed: Mapping[str, Sequence[object]]
) -> pd.DataFrame:
    """Estimate again without sets of rows, index labels by the label each estimate gets."""
    require_columns(data, ())
    unknown = {label: pd.Index(gone).difference(data.index) for label, gone in removed.items()}
    wrong = {f"{label}: no rows {list(gone[:3])}": len(gone) > 0 for label, gone in unknown.items()}
    wrong["removed: no set of rows; name one or more"] = not removed
    refuse("Rows cannot be left out", wrong)
    rows = []
    for label, left_out in removed.items():
        fit = fixed_effects(data.drop(index=list(left_out)), specification)
        rows.append({"label": label, "removed": len(left_out), **fit.main, "covariance": fit.words})
    return pd.DataFrame(rows).assign(term=specification.regressor)


def _taken(names: Sequence[str], ours: Sequence[str]) -> list[str]:
    """Return a problem for columns whose names the result has for something else."""
    return [f"{name}: a name of the result; rename the column" for name in names if name in ours]


def _basis(fit: Fit) -> np.ndarray:
    """Return orthonormal columns, n by p: what the largest effect leaves of all the rest."""
    absorber = fit.absorber
    within = (absorber.others - absorber.largest @ absorber.shared).toarray()
    if within.shape[1]:
        within = linalg.solve_triangular(absorber.factor, within.T, trans="T").T
    return np.hstack([within, np.linalg.qr(fit.regressors)[0]])
