"""What one row, or one group of rows, does to a coefficient: exactly, without refitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, sparse

from digitrade.methods.absorb import Absorber
from digitrade.methods.checks import check_variation
from digitrade.methods.regression import fixed_effects, least_squares
from digitrade.methods.specification import Specification, complete_panel

ALONE = 1e-9  # what rounding may leave of 1 less the leverage of a row its own effect fits
NULL = 1e-9  # share of the largest eigenvalue that rounding may leave of a direction that is gone


@dataclass(frozen=True, slots=True)
class Influence:
    """What the coefficient of the regressor would lose with each row or group.

    Attributes
    ----------
    estimate
        The coefficient on all rows.
    rows
        A row each for what is left out, in the data's order, or groups sorted: its keys, and
        ``change``, the estimate less the one without it; ``estimate_without``; ``n_rows``. Of
        single rows also the columns of outcome and regressor, ``residual`` and ``leverage``
        (of the effects and all regressors together).
    specification
        What was estimated.
    """

    estimate: float
    rows: pd.DataFrame
    specification: Specification

    def largest(self, count: int = 10) -> pd.DataFrame:
        """Return the rows with the largest changes in absolute value, the largest first."""
        order = self.rows["change"].abs().sort_values(ascending=False, kind="stable").index
        return self.rows.loc[order[:count]].reset_index(drop=True)

    def rows_to_overturn(self) -> pd.Index:
        """Return the labels of rows whose changes, the largest first, add up to the estimate.

        Changes do not quite add up, so what is left without these rows has to be estimated
        (:func:`without_rows`). Broderick, Giordano and Meager (2020, arXiv:2011.14999) take
        the derivative at the full sample in place of the exact change.

        There are none if all changes of the estimate's sign together do not reach it.
        """
        order = (self.rows["change"] * np.sign(self.estimate)).sort_values(
            ascending=False, kind="stable"
        )
        enough = np.flatnonzero(order.cumsum().to_numpy() >= abs(self.estimate))
        return order.index[: enough[0] + 1 if len(enough) else 0]


@dataclass(frozen=True, slots=True)
class _Design:
    """A fit with what leverages need.

    Attributes
    ----------
    slope
        Coefficient of the regressor.
    row
        The row, (n,), whose product with the outcome is that coefficient.
    residual
        Length n.
    largest
        Dummies of the largest effect, of length 1.
    basis
        Orthonormal columns, n by p: the span of the other effects and of the regressors
        beyond the largest effect.
    """

    slope: float
    row: np.ndarray
    residual: np.ndarray
    largest: sparse.csr_array
    basis: np.ndarray

    @classmethod
    def of(cls, panel: pd.DataFrame, specification: Specification) -> _Design:
        """Fit on a complete panel."""
        names = list(specification.regressors)
        columns = panel[[specification.outcome, *names]].to_numpy(dtype=float)
        absorber = Absorber.of(panel, specification.effects)
        within = absorber.residualise(columns)
        check_variation(columns[:, 1:], within[:, 1:], names, specification.effects)
        slopes, bread, residual = least_squares(within[:, 0], within[:, 1:])
        orthonormal, _ = np.linalg.qr(within[:, 1:])
        return cls(
            slope=float(slopes[0]),
            row=within[:, 1:] @ bread[:, 0],
            residual=residual,
            largest=absorber.largest,
            basis=np.hstack([_other_effects(absorber), orthonormal]),
        )

    def leverage(self) -> np.ndarray:
        """Return the diagonal of the projection on effects and regressors, length n."""
        return self.largest.data**2 + np.einsum("ij,ij->i", self.basis, self.basis)

    def block(self, rows: np.ndarray) -> np.ndarray:
        """Return the projection's block of some rows, m by m."""
        own, basis = self.largest[rows], self.basis[rows]
        return (own @ own.T).toarray() + basis @ basis.T


def influence(data: pd.DataFrame, specification: Specification) -> Influence:
    r"""Return what leaving out each row does to the coefficient.

    With residual :math:`e_i`, leverage :math:`h_i` of effects and regressors together, and
    :math:`a` the row with :math:`\hat\beta = a'y`, the estimate less the one without row i is
    :math:`a_i e_i / (1 - h_i)` (Belsley, Kuh and Welsch 1980, Regression Diagnostics, eq.
    2.1). A row that an effect of its own fits changes nothing.

    Parameters
    ----------
    data
        One row for each entity and time.
    specification
        What is estimated, of any effects.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        As in :func:`digitrade.methods.regression.fixed_effects`.
    """
    panel = complete_panel(data, specification)
    fit = _Design.of(panel, specification)
    leverage = fit.leverage()
    rest = np.maximum(1 - leverage, 0)
    alone = rest < ALONE
    change = np.where(alone, 0, fit.row * fit.residual / np.where(alone, 1, rest))
    keys = list(dict.fromkeys((specification.entity, specification.time, *specification.effects)))
    columns = [*keys, specification.outcome, specification.regressor]
    rows = panel[columns].assign(
        residual=fit.residual,
        leverage=leverage,
        change=change,
        estimate_without=fit.slope - change,
        n_rows=1,
    )
    return Influence(fit.slope, rows, specification)


def group_influence(data: pd.DataFrame, specification: Specification, *, by: str) -> Influence:
    r"""Return what leaving out each group of rows (a city, a firm) does to the coefficient.

    For the rows g of a group the change is :math:`a_g' (I - H_{gg})^{+} e_g`, with the block of
    the projection in the place of the leverage. The generalised inverse takes care of
    effects that vanish with the group.

    Parameters
    ----------
    data, specification
        As in :func:`influence`.
    by
        Column of the groups.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If a group has no name, or as in :func:`influence`.

    Notes
    -----
    A group without which the regressor no longer varies within the effects has no estimate
    without it; its number is then meaningless. Time grows with the cube of the largest group.
    """
    panel = complete_panel(data, specification)
    if data[by].isna().any():
        raise ValueError(f"{by}: {int(data[by].isna().sum())} missing; leave the rows out")
    fit = _Design.of(panel, specification)
    rows = []
    for name, places in pd.Series(np.arange(len(data))).groupby(data[by].to_numpy()):
        own = places.to_numpy()
        left = np.eye(len(own)) - fit.block(own)
        moved = linalg.pinvh(left, rtol=NULL) @ fit.residual[own]
        change = float(fit.row[own] @ moved)
        rows.append(
            {
                by: name,
                "change": change,
                "estimate_without": fit.slope - change,
                "n_rows": len(own),
            }
        )
    return Influence(fit.slope, pd.DataFrame(rows), specification)


def without_rows(
    data: pd.DataFrame, specification: Specification, removed: dict[str, Sequence[object]]
) -> pd.DataFrame:
    """Estimate again without sets of rows.

    Parameters
    ----------
    data, specification
        As in :func:`influence`.
    removed
        By the label of each estimate, the index labels of the rows that are left out.

    Returns
    -------
    pandas.DataFrame
        A row each, in this order: ``label, removed`` (how many) and the tidy columns.
    """
    rows = []
    for label, gone in removed.items():
        one = fixed_effects(data.drop(index=list(gone)), specification)
        rows.append({"label": label, "removed": len(gone), **one.main, "covariance": one.words})
    return pd.DataFrame(rows).assign(term=specification.regressor)


def _other_effects(absorber: Absorber) -> np.ndarray:
    """Return an orthonormal basis of the other effects beyond the largest, n by q."""
    within = (absorber.others - absorber.largest @ absorber.shared).toarray()
    if not within.shape[1]:
        return within
    return linalg.solve_triangular(absorber.factor, within.T, trans="T").T
