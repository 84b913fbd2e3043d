"""Exact absorption of several categorical effects: one factorisation, many columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, sparse
from scipy.sparse import csgraph

from digitrade.methods.checks import ABSORBED, COLLINEAR, admit, check_outcome, check_variation
from digitrade.methods.specification import Specification

PASSES = 2  # the second removes the rounding that weakly connected levels magnify in the first
RANK_TOLERANCE = 1e-10  # squared distance of a dummy from the others' span, its own length 1


@dataclass(frozen=True, slots=True)
class Absorber:
    """The projection off the dummies of several categorical columns, factored once.

    All dummies have length 1, so that ``largest``, those of the effect with the most levels, are
    orthonormal. ``factor`` is the pivoted Cholesky factor of the Schur complement
    :math:`D_2' D_2 - D_2' D_1 D_1' D_2` of the ``others``, redundant ones left out; ``shared`` is
    :math:`D_1' D_2` and ``codes`` each row's levels in whole numbers from 0. Nothing iterates
    (unlike Gaure 2013, Computational Statistics & Data Analysis 66, 8-18); time grows with the cube
    of the levels beyond the largest effect.
    """

    codes: dict[str, np.ndarray]
    largest: sparse.csr_array
    others: sparse.csr_array
    shared: sparse.csr_array
    factor: np.ndarray

    @classmethod
    def of(
        cls, data: pd.DataFrame, effects: Sequence[str], root: np.ndarray | None = None
    ) -> Absorber:
        """Factor effects, columns of any labels, times square roots of weights (length n)."""
        labels = admit(data, "Effects cannot be absorbed", labels=effects)
        codes = {name: pd.factorize(labels[name])[0] for name in effects}
        return cls.of_codes(codes, np.ones(len(data)) if root is None else root)

    @classmethod
    def of_codes(cls, codes: dict[str, np.ndarray], root: np.ndarray) -> Absorber:
        """Factor effects that are whole numbers already, each of all from 0 to the largest."""
        ordered = sorted(codes.values(), key=lambda levels: -levels.max())
        largest = _unit(ordered[:1] or [np.zeros(len(root), dtype=np.intp)], root)
        dummies = _unit(ordered[1:], root)
        if len(codes) < 2:
            return cls(codes, largest, dummies, largest.T @ dummies, np.empty((0, 0)))
        shared = (largest.T @ dummies).tocsc()
        schur = (dummies.T @ dummies - shared.T @ shared).toarray()
        factor, pivots, rank, _ = linalg.lapack.dpstrf(schur, tol=RANK_TOLERANCE)
        kept = pivots[:rank] - 1
        others, shared = dummies[:, kept].tocsr(), shared[:, kept].tocsr()
        return cls(codes, largest, others, shared, np.triu(factor[:rank, :rank]))

    @property
    def n_levels(self) -> dict[str, int]:
        """Levels of each effect."""
        return {name: int(levels.max()) + 1 for name, levels in self.codes.items()}

    @property
    def rank(self) -> int:
        """Rank of all dummies together, a constant among their span: the effects' parameters."""
        return int(self.largest.shape[1] + self.others.shape[1])

    def rank_of(self, effects: Sequence[str]) -> int:
        """Return the rank of some of the effects' dummies and a constant."""
        if set(effects) == set(self.codes):
            return self.rank
        codes = {name: self.codes[name] for name in effects}
        if len(codes) == 2:  # levels less the groups that nothing connects, without a factorisation
            first, second = codes.values()
            ends = (first, second + first.max() + 1)
            graph = sparse.coo_array((np.ones(len(first)), ends), shape=(2 * [ends[1].max() + 1]))
            return int(graph.shape[0] - csgraph.connected_components(graph, directed=False)[0])
        return Absorber.of_codes(codes, np.ones(self.largest.shape[0])).rank

    def residualise(self, columns: np.ndarray) -> np.ndarray:
        """Return what the effects leave of finite columns (n by k, or n), in their shape."""
        values, rows = np.asarray(columns, dtype=float), self.largest.shape[0]
        if values.ndim not in (1, 2) or len(values) != rows or not np.isfinite(values).all():
            raise ValueError(
                f"Columns to residualise have shape {values.shape} and "
                f"{int((~np.isfinite(values)).sum())} values missing or infinite: give finite "
                f"values, {rows} rows by any number of columns"
            )
        for _ in range(PASSES):
            largest, others = self.solve(self.largest.T @ values, self.others.T @ values)
            values = values - self.largest @ largest - self.others @ others
        return values

    def solve(
        self, largest_sums: np.ndarray, others_sums: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return coefficients of ``largest`` and ``others``, given products with columns."""
        if not self.others.shape[1]:
            return largest_sums, others_sums
        load = others_sums - self.shared.T @ largest_sums
        others = linalg.cho_solve((self.factor, False), load, check_finite=False)
        return largest_sums - self.shared @ others, others


@dataclass(frozen=True, slots=True)
class Projection:
    """The projection off effects and controls, the latter as an orthonormal basis, n by its rank.

    Frisch and Waugh (1933, Econometrica 1(4), 387-401) and Lovell (1963, JASA 58(304), 993-1010).
    """

    absorber: Absorber
    controls: np.ndarray

    @classmethod
    def of(cls, data: pd.DataFrame, specification: Specification) -> Projection:
        """Return the projection off a specification's effects and controls, on n rows."""
        controls = data[list(specification.controls)].to_numpy(dtype=float)
        return cls.beyond(Absorber.of(data, specification.effects), controls)

    @classmethod
    def checked(
        cls, data: pd.DataFrame, specification: Specification, *regressors: str
    ) -> tuple[Projection, np.ndarray]:
        """Return the same, and what it leaves of outcome and regressors (n by 1 + k), all varying.

        Raise if effects leave nothing of a control, or both leave nothing of the others.
        """
        names, effects = specification.controls, specification.effects
        controls = data[list(names)].to_numpy(dtype=float)
        absorber = Absorber.of(data, effects)
        check_variation(controls, absorber.residualise(controls), names, effects)
        projection = cls.beyond(absorber, controls)
        columns = data[[specification.outcome, *regressors]].to_numpy(dtype=float)
        within = projection.residualise(columns)
        check_outcome(columns[:, 0], within[:, 0], specification.outcome, (*effects, *names))
        check_variation(columns[:, 1:], within[:, 1:], regressors, (*effects, *names))
        return projection, within

    @classmethod
    def beyond(cls, absorber: Absorber, controls: np.ndarray) -> Projection:
        """Return the projection off effects and any further columns, n by k."""
        within = absorber.residualise(controls)
        lengths = np.linalg.norm(within, axis=0)
        varying = lengths > ABSORBED * np.linalg.norm(controls, axis=0)
        if not varying.any():
            return cls(absorber, within[:, :0])
        unit = absorber.residualise(within[:, varying] / lengths[varying])
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


def indicators(codes: np.ndarray) -> sparse.csr_array:
    """Return indicators of whole numbers from 0, n by their number of levels, sparse."""
    rows = len(codes)
    shape = (rows, int(codes.max()) + 1)
    return sparse.csr_array((np.ones(rows), codes, np.arange(rows + 1)), shape=shape)


def _unit(effects: Sequence[np.ndarray], root: np.ndarray) -> sparse.csr_array:
    """Return the dummies of effects (in codes) times roots of weights, each of length 1."""
    first = np.cumsum([0, *(codes.max() + 1 for codes in effects)])
    shape, rows = (len(root), int(first[-1])), np.arange(len(root) + 1)
    if not effects:
        return sparse.csr_array(shape)
    columns = np.column_stack([codes + start for codes, start in zip(effects, first, strict=False)])
    values = [root / np.sqrt(np.bincount(codes, root**2))[codes] for codes in effects]
    parts = (np.column_stack(values).ravel(), columns.ravel(), rows * len(effects))
    return sparse.csr_array(parts, shape=shape)
