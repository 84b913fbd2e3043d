"""Exact absorption of several categorical effects: one factorisation, many columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import linalg, sparse

from digitrade.methods.covariance import (
    COUNTED_LEVELS,
    EXACT_RANK,
    SmallSample,
    correct,
    corrected_estimate,
    meat,
    not_nested,
    positive,
)
from digitrade.methods.estimate import Estimate
from digitrade.methods.specification import Specification, complete_panel

PASSES = 2  # the second removes the rounding that weakly connected levels magnify in the first
RANK_TOLERANCE = 1e-10  # squared distance of a dummy from the others' span, its own length 1
ABSORBED = 1e-10  # share of a column's length that may be left of it by rounding alone
COLLINEAR = 1e-8  # smallest singular value of regressors within the effects, each of length 1

Count = Literal["rank", "levels"]


@dataclass(frozen=True, slots=True)
class Absorber:
    r"""The projection off the dummies of several categorical columns, factored once.

    The effect with the most levels is eliminated exactly by its group means. What is left
    are normal equations in the other effects' dummies, the Schur complement

    .. math:: S = D_2' D_2 - D_2' D_1 (D_1' D_1)^{-1} D_1' D_2,

    a matrix no larger than the other effects have levels. A Cholesky factorisation with
    pivoting finds its rank and leaves out redundant dummies; nothing iterates, so effects
    that few rows tie together (firms that move between cities) cost nothing extra.

    Attributes
    ----------
    effects
        The columns absorbed. With none, a constant is.
    n_levels
        Levels of each effect.
    rank
        Rank of all dummies together, a constant among their span: the parameters the
        effects take up.
    largest
        Dummies of the effect with the most levels, n by its levels, sparse.
    others
        Linearly independent dummies of the other effects, n by q, sparse, each of length 1.
    shared
        Cross-product of ``largest`` and ``others``, sparse.
    factor
        Upper Cholesky factor of the Schur complement, q by q.

    Notes
    -----
    Time and memory grow with the rows, and with the cube and the square of q: seconds at
    some thousands of levels beyond the largest effect. Gaure (2013, Computational Statistics
    & Data Analysis 66, 8-18) eliminates all but one effect by iteration instead, which
    stalls if few rows connect the levels.
    """

    effects: tuple[str, ...]
    n_levels: dict[str, int]
    rank: int
    largest: sparse.csr_array
    others: sparse.csr_array
    shared: sparse.csr_array
    factor: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame, effects: Sequence[str]) -> Absorber:
        """Factor the effects of a frame.

        Parameters
        ----------
        frame
            n rows; the effects' columns hold labels of any kind.
        effects
            Columns of the effects.

        Raises
        ------
        KeyError
            If a column is not there.
        ValueError
            If there is no row, or a label is missing.
        """
        codes = _codes(frame, effects)
        dummies = {name: indicators(one) for name, one in codes.items()}
        levels = {name: int(one.shape[1]) for name, one in dummies.items()}
        order = sorted(effects, key=lambda name: -levels[name])
        largest = dummies[order[0]] if order else indicators(np.zeros(len(frame), dtype=np.intp))
        others, factor = _independent(largest, [dummies[name] for name in order[1:]])
        rank = int(largest.shape[1] + others.shape[1])
        shared = (largest.T @ others).tocsr()
        return cls(tuple(effects), levels, rank, largest, others, shared, factor)

    @property
    def n_obs(self) -> int:
        """Rows."""
        return int(self.largest.shape[0])

    @property
    def redundant(self) -> int:
        """Dummies, of all levels of all effects, that are combinations of the rest."""
        return sum(self.n_levels.values()) - self.rank

    def residualise(self, columns: np.ndarray) -> np.ndarray:
        """Return what the effects leave of columns, in their shape.

        Parameters
        ----------
        columns
            Array of n by k, or of length n.

        Raises
        ------
        ValueError
            If there are not n rows, or a value is not finite.
        """
        values = np.asarray(columns, dtype=float)
        if values.ndim not in (1, 2) or len(values) != self.n_obs or not np.isfinite(values).all():
            raise ValueError(
                f"Columns to residualise have shape {values.shape} and "
                f"{int((~np.isfinite(values)).sum())} values missing or infinite: give finite "
                f"values, {self.n_obs} rows by any number of columns"
            )
        for _ in range(PASSES):
            largest, others = self.solve(self.largest.T @ values, self.others.T @ values)
            values = values - largest[self.largest.indices] - self.others @ others
        return values

    def solve(
        self, largest_sums: np.ndarray, others_sums: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the coefficients of the dummies in the projection of columns.

        Parameters
        ----------
        largest_sums, others_sums
            Products of ``largest`` and of ``others``, transposed, with the columns.

        Returns
        -------
        tuple of numpy.ndarray
            Coefficients of ``largest`` and of ``others``, in the shapes of the sums.
        """
        sizes = self.largest.sum(axis=0)
        means = (largest_sums.T / sizes).T
        if not self.others.shape[1]:
            return means, others_sums
        load = others_sums - self.shared.T @ means
        others = linalg.cho_solve((self.factor, False), load, check_finite=False)
        return means - ((self.shared @ others).T / sizes).T, others


@dataclass(frozen=True, slots=True)
class Projection:
    """The projection off effects and controls.

    The slope of one column so cleared on another is the regression's coefficient (Frisch and
    Waugh 1933, Econometrica 1(4), 387-401; Lovell 1963, Journal of the American Statistical
    Association 58(304), 993-1010).

    Attributes
    ----------
    absorber
        The effects.
    controls
        Orthonormal basis of what the effects leave of the controls, n by their rank. Controls
        that effects and other controls make up add nothing to it.
    """

    absorber: Absorber
    controls: np.ndarray

    @classmethod
    def of(cls, data: pd.DataFrame, specification: Specification) -> Projection:
        """Return the projection off a specification's effects and controls, on n rows."""
        controls = data[list(specification.controls)].to_numpy(dtype=float)
        return cls.beyond(Absorber.of(data, specification.effects), controls)

    @classmethod
    def beyond(cls, absorber: Absorber, controls: np.ndarray) -> Projection:
        """Return the projection off effects and any further columns, n by k."""
        left = absorber.residualise(controls)
        lengths = np.linalg.norm(left, axis=0)
        varying = lengths > ABSORBED * np.linalg.norm(controls, axis=0)
        if not varying.any():
            return cls(absorber, np.empty((absorber.n_obs, 0)))
        unit = absorber.residualise(left[:, varying] / lengths[varying])
        basis, singular, _ = np.linalg.svd(unit, full_matrices=False)
        return cls(absorber, basis[:, singular > COLLINEAR * singular[0]])

    @property
    def rank(self) -> int:
        """Parameters that effects and controls take up."""
        return self.absorber.rank + int(self.controls.shape[1])

    def residualise(self, columns: np.ndarray) -> np.ndarray:
        """Return what effects and controls leave of columns (n by k, or n), in their shape."""
        values = self.absorber.residualise(columns)
        for _ in range(PASSES):
            values = values - self.controls @ (self.controls.T @ values)
        return values


def _codes(frame: pd.DataFrame, effects: Sequence[str]) -> dict[str, np.ndarray]:
    """Return whole numbers from 0 for the labels of each effect."""
    if absent := [name for name in effects if name not in frame]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, frame))}")
    codes = {name: pd.factorize(frame[name])[0] for name in effects}
    problems = [
        f"{name}: {int((one < 0).sum())} missing labels"
        for name, one in codes.items()
        if (one < 0).any()
    ]
    if frame.empty:
        problems.append("no row")
    if problems:
        raise ValueError("Effects cannot be absorbed:\n  - " + "\n  - ".join(problems))
    return codes


def indicators(codes: np.ndarray) -> sparse.csr_array:
    """Return indicators of whole numbers from 0, n by their number of levels, sparse."""
    rows = len(codes)
    shape = (rows, int(codes.max()) + 1)
    return sparse.csr_array((np.ones(rows), codes, np.arange(rows + 1)), shape=shape)


def _independent(
    largest: sparse.csr_array, blocks: list[sparse.csr_array]
) -> tuple[sparse.csr_array, np.ndarray]:
    """Return independent dummies of length 1 and the factor of their Schur complement."""
    if not blocks:
        return sparse.csr_array((largest.shape[0], 0)), np.empty((0, 0))
    dummies = sparse.hstack(blocks, format="csr")
    scaled = dummies @ sparse.diags_array(1 / np.sqrt(dummies.sum(axis=0)))
    shared = largest.T @ scaled
    means = sparse.diags_array(1 / largest.sum(axis=0)) @ shared
    schur = (scaled.T @ scaled - shared.T @ means).toarray()
    factor, order, rank, _ = linalg.lapack.dpstrf(schur, tol=RANK_TOLERANCE)
    return scaled[:, order[:rank] - 1].tocsr(), np.triu(factor[:rank, :rank])


def absorbed_regression(
    data: pd.DataFrame, specification: Specification, *, count: Count = "rank"
) -> Estimate:
    """Estimate a linear regression within any number of effects.

    What :func:`digitrade.methods.regression.fixed_effects` does for effects of entity and time,
    for effects of any columns (firm, year and city, say, if some firms move), and for
    clusters in several ways at once (``cluster=("firm", "year")``). Singletons are kept.

    Parameters
    ----------
    data
        One row for each entity and time; other columns are ignored.
    specification
        What to estimate.
    count
        How K of the small-sample factor counts those effects that are not nested in the
        clusters: ``"rank"`` takes the rank of their dummies; ``"levels"`` takes their levels
        less one for every effect but the first, which is what R's ``fixest`` does by default
        and too many where levels fall into several components.

    Returns
    -------
    Estimate
        A row for the regressor and each control.

    Raises
    ------
    KeyError
        If a column of the specification is not there.
    ValueError
        If a value is missing, a key is repeated, a regressor does not vary within the
        effects, or is a combination of the others.
    """
    panel = complete_panel(data, specification)
    fit = absorbed_fit(panel, specification, count=count)
    return corrected_estimate(
        panel,
        specification,
        fit.correction,
        slopes=fit.slopes,
        covariance=fit.covariance,
        r_squared_within=fit.r_squared_within,
        r_squared=fit.r_squared,
    )


@dataclass(frozen=True, slots=True)
class AbsorbedFit:
    """A regression within effects, for those who need more of it than a table shows.

    Attributes
    ----------
    slopes
        Of the regressor and the controls, length k.
    covariance
        Of the slopes, k by k, before the small-sample factor.
    correction
        That factor, and the degrees of freedom of t.
    residual
        What effects and regressors leave of the outcome, length n.
    r_squared_within, r_squared
        Share explained of what the effects leave of the outcome, and of all of it.
    """

    slopes: np.ndarray
    covariance: np.ndarray
    correction: SmallSample
    residual: np.ndarray
    r_squared_within: float
    r_squared: float


def absorbed_fit(
    panel: pd.DataFrame, specification: Specification, *, count: Count = "rank"
) -> AbsorbedFit:
    """Fit on a complete panel; parameters and errors as in :func:`absorbed_regression`."""
    names = list(specification.regressors)
    columns = panel[[specification.outcome, *names]].to_numpy(dtype=float)
    within = Absorber.of(panel, specification.effects).residualise(columns)
    check_variation(columns[:, 1:], within[:, 1:], names, specification.effects)
    return cleared_fit(panel, specification, within, count=count)


def cleared_fit(
    panel: pd.DataFrame, specification: Specification, within: np.ndarray, *, count: Count
) -> AbsorbedFit:
    """Fit on columns that are cleared of the effects and known to vary.

    Parameters
    ----------
    panel, specification
        The n complete rows, and what is estimated on them.
    within
        Outcome and regressors within the effects, n by 1 + k.
    count
        As in :func:`absorbed_regression`.
    """
    slopes, bread, residual = least_squares(within[:, 0], within[:, 1:])
    scores = within[:, 1:] * residual[:, None]
    unexplained = float(residual @ residual)
    outcome = panel[specification.outcome].to_numpy(dtype=float)
    return AbsorbedFit(
        slopes=slopes,
        covariance=positive(bread @ meat(scores, panel, specification) @ bread),
        correction=correct(panel, specification, *count_effects(panel, specification, count)),
        residual=residual,
        r_squared_within=1 - unexplained / float(within[:, 0] @ within[:, 0]),
        r_squared=1 - unexplained / float(((outcome - outcome.mean()) ** 2).sum()),
    )


def least_squares(
    outcome: np.ndarray, regressors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return slopes (k), the inverse cross-product of the regressors (k by k), residuals (n)."""
    orthonormal, triangle = np.linalg.qr(regressors)
    inverse = linalg.solve_triangular(triangle, np.eye(len(triangle)))
    slopes = inverse @ (orthonormal.T @ outcome)
    return slopes, inverse @ inverse.T, outcome - regressors @ slopes


def count_effects(
    panel: pd.DataFrame, specification: Specification, count: Count
) -> tuple[int, str]:
    """Return the parameters of the effects not nested in the groups, and how counted."""
    counted = not_nested(panel, specification)
    if count == "levels":
        levels = [int(panel[name].nunique()) for name in counted]
        return max(sum(levels) - len(levels) + 1, 1), COUNTED_LEVELS
    return Absorber.of(panel, counted).rank, EXACT_RANK


def check_variation(
    columns: np.ndarray, within: np.ndarray, names: Sequence[str], effects: Sequence[str]
) -> None:
    """Raise if effects, or effects and other columns, leave nothing of a column.

    Parameters
    ----------
    columns, within
        Before and after the effects, n by k.
    names, effects
        Names of the k columns and of the effects, for the message.
    """
    if not names:
        return
    inside = f"within {', '.join(effects) or 'a constant'}"
    lengths = np.linalg.norm(within, axis=0)
    gone = lengths <= ABSORBED * np.linalg.norm(columns, axis=0)
    if gone.any():
        found = ", ".join(np.array(names)[gone])
        raise ValueError(f"{found}: does not vary {inside}; leave it out")
    _, singular, loadings = np.linalg.svd(within / lengths, full_matrices=False)
    if singular[-1] < COLLINEAR:
        found = ", ".join(np.array(names)[np.abs(loadings[-1]) > np.sqrt(COLLINEAR)])
        raise ValueError(f"{found}: combinations of each other {inside}; leave one out")
