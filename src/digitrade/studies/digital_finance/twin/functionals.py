"""Least-squares coefficients as what they are: fixed linear functions of the outcome.

With regressors and effects given, a coefficient is ``row @ y``. The row rests on no outcome,
so it can be put to any: to noise, to one part of a process, to another draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from digitrade.methods.groups import split_at_median
from digitrade.methods.regression import nuisance
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.twin.truth import TRUTH
from digitrade.studies.digital_finance.variables import BASELINE

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

TWO_WAY = BASELINE.replace(outcome="hdft")
ENTITY = TWO_WAY.replace(controls=(), effects=("province",))
ENTITY_CONTROLS = TWO_WAY.replace(effects=("province",))
TWO_WAY_ALONE = TWO_WAY.replace(controls=())
MEDIATORS = ("financial_development", "infrastructure_twin")
DIMENSIONS = ("ln_breadth", "ln_depth", "ln_digitalisation")
INDEX_CUTS = (TRUTH.threshold_index_first, TRUTH.threshold_index_second)
CUTS: dict[str, tuple[float, ...]] = {
    "ln_dfi": INDEX_CUTS,
    "fai_gdp": (TRUTH.threshold_investment,),
    "internet": (TRUTH.threshold_internet,),
}


def residual_basis(panel: pd.DataFrame, specification: Specification) -> FloatArray:
    """Return an orthonormal basis, n by r, of effects and controls."""
    return np.asarray(np.linalg.qr(nuisance(panel, specification))[0], dtype=np.float64)


def slope_rows(basis: FloatArray, columns: FloatArray) -> FloatArray:
    r"""Return the rows :math:`(\tilde X'\tilde X)^{-1}\tilde X'`, k by n.

    Parameters
    ----------
    basis
        Orthonormal, n by r: what is partialled out (Frisch and Waugh 1933).
    columns
        Regressors, n by k.
    """
    cleared = columns - basis @ (basis.T @ columns)
    return np.asarray(np.linalg.solve(cleared.T @ cleared, cleared.T), dtype=np.float64)


def by_regime(index: FloatArray, threshold: FloatArray, cuts: Sequence[float]) -> FloatArray:
    """Return the index in its regime's column and zero elsewhere, n by k.

    A value equal to a cut belongs below it.
    """
    regime = np.searchsorted(np.sort(np.asarray(cuts)), threshold, side="left")
    indicators = regime[:, None] == np.arange(len(cuts) + 1)
    return indicators * index[:, None]


def regime_rows(
    panel: pd.DataFrame, threshold: str, cuts: Sequence[float], basis: FloatArray
) -> FloatArray:
    """Return a row for the slope of the log index in each regime, low to high."""
    index = panel["ln_dfi"].to_numpy(dtype=float)
    return slope_rows(basis, by_regime(index, panel[threshold].to_numpy(dtype=float), cuts))


def subsample_row(panel: pd.DataFrame, keep: BoolArray) -> FloatArray:
    """Return the two-way slope of the log index within some rows; zero outside them."""
    part = panel[keep]
    index = part[["ln_dfi"]].to_numpy(dtype=float)
    row = np.zeros(len(panel))
    row[keep] = slope_rows(residual_basis(part, TWO_WAY), index)[0]
    return row


def finance_level(panel: pd.DataFrame) -> pd.Series:
    """Return ``"high"`` or ``"low"``: the province's mean financial development, at the median."""
    return split_at_median(panel, "financial_development", "period-mean")


@dataclass(frozen=True, slots=True)
class PublicRows:
    """What is the same in every draw, because it rests on public columns only.

    Attributes
    ----------
    two_way, entity
        Bases, n by r, of province and year effects with controls, and of province effects.
    groups
        The rows of the split samples, (n,) each. Which provinces have a high level of finance
        is fixed, too: their means are not random.
    """

    two_way: FloatArray
    entity: FloatArray
    groups: Mapping[str, FloatArray]


def public_rows(panel: pd.DataFrame) -> PublicRows:
    """Return bases and rows that need not be made again for another draw."""
    region, level = panel["region"].to_numpy(), finance_level(panel).to_numpy()
    rows = {name: subsample_row(panel, region == name) for name in ("east", "central", "west")}
    rows |= {f"finance_{name}": subsample_row(panel, level == name) for name in ("high", "low")}
    return PublicRows(residual_basis(panel, TWO_WAY), residual_basis(panel, ENTITY), rows)


def all_rows(panel: pd.DataFrame, known: PublicRows | None = None) -> dict[str, FloatArray]:
    """Return every row that the targets rest on, (n,) each.

    Slopes by regime are called ``ln_dfi:0``, ``ln_dfi:1`` and so on, from the lowest regime,
    with the true thresholds as cuts; path b of a mediator is its name and ``:b``.

    Parameters
    ----------
    known
        What :func:`public_rows` returned for another draw.
    """
    known = known or public_rows(panel)
    index = panel["ln_dfi"].to_numpy(dtype=float)
    rows = {"baseline": slope_rows(known.two_way, index[:, None])[0], **known.groups}
    for name in DIMENSIONS:
        rows[name] = slope_rows(known.two_way, panel[[name]].to_numpy(dtype=float))[0]
    for name in MEDIATORS:
        columns = np.column_stack([panel[name].to_numpy(dtype=float), index])
        rows[f"{name}:b"] = slope_rows(known.two_way, columns)[0]
    for name, cuts in CUTS.items():
        slopes = regime_rows(panel, name, cuts, known.entity)
        rows |= {f"{name}:{regime}": row for regime, row in enumerate(slopes)}
    return rows
