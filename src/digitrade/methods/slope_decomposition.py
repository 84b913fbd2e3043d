"""Why a pooled slope is no average of the groups' slopes: an exact decomposition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.groups import group_names
from digitrade.methods.specification import Specification

BETWEEN = "between groups"
CONTROLS = "controls"
CELL = "_group_time"
NOTHING_LEFT = 1e-12  # of the regressor's sum of squares: a part this small is rounding


@dataclass(frozen=True, slots=True)
class SlopeDecomposition:
    """A pooled slope as a weighted average whose weights sum to one.

    Attributes
    ----------
    pooled
        The pooled slope.
    parts
        ``part, weight, slope, contribution``: a row a group, whose slope is that of its
        split sample; ``controls``, the regressor's movement with the groups' departures
        from common coefficients of the controls; ``between groups``, its movement with
        what the years did to whole groups. Contributions sum to the pooled slope.
    """

    pooled: float
    parts: pd.DataFrame

    def rest(self, pooled: float, slopes: Mapping[str, float]) -> float:
        """Return the slope that the other parts must have for a pooled slope to come out.

        Weights rest on regressor, controls and effects alone, not on the outcome, so they
        can be put to another study's printed slopes.

        Parameters
        ----------
        pooled
            A pooled slope, such as a printed one.
        slopes
            Slopes of some parts.

        Raises
        ------
        ValueError
            If a part is unknown, or none is left.
        """
        weights = self.parts.set_index("part")["weight"]
        if (unknown := set(slopes) - set(weights.index)) or set(slopes) == set(weights.index):
            raise ValueError(
                f"Slopes of {', '.join(sorted(unknown or slopes))}: name some, not all, of the "
                f"parts {', '.join(weights.index)}"
            )
        known = sum(weights[part] * slope for part, slope in slopes.items())
        return float((pooled - known) / weights.drop(list(slopes)).sum())


def decompose_slope(
    data: pd.DataFrame, specification: Specification, group: str
) -> SlopeDecomposition:
    r"""Take the pooled slope apart into slopes within groups and what lies between them.

    Clear the regressor of three nested sets of columns: (a) those of the pooled model,
    :math:`\alpha_i, \lambda_t, z`; (b) with effects of group by time; (c) with controls by
    group as well. What (c) leaves, and what each step from (c) to (a) adds, are
    orthogonal, so by Frisch and Waugh (1933, Econometrica 1(4), 387-401)

    .. math:: \beta = \sum_p w_p b_p, \quad w_p = x_p'x_p / x_a'x_a, \quad b_p = x_p'y / x_p'x_p,

    where the parts p are the rows of each group in what (c) leaves, the step from (c) to
    (b), and that from (b) to (a).

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        The pooled model.
    group
        Column of the groups, constant within entities.

    Returns
    -------
    SlopeDecomposition
    """
    own = data[group].astype(str)
    names = group_names(data, group)
    nested = _nested_projections(data, specification, own)
    x, y = (
        data[name].to_numpy(dtype=float)
        for name in (specification.regressor, specification.outcome)
    )
    pooled, middle, within = (one.residualise(x) for one in nested)
    outcome = nested[0].residualise(y)
    parts = {name: np.where(own == name, within, 0.0) for name in names}
    parts |= {CONTROLS: middle - within, BETWEEN: pooled - middle}
    norm = float(pooled @ pooled)
    rows = pd.DataFrame(
        {
            "part": list(parts),
            "weight": [part @ part / norm for part in parts.values()],
            "slope": [_slope(part, outcome, norm) for part in parts.values()],
            "contribution": [part @ outcome / norm for part in parts.values()],
        }
    )
    return SlopeDecomposition(float(pooled @ outcome) / norm, rows)


def _nested_projections(
    data: pd.DataFrame, specification: Specification, own: pd.Series
) -> tuple[Projection, Projection, Projection]:
    """Return what (a), (b) and (c) clear the regressor of."""
    controls = data[list(specification.controls)].to_numpy(dtype=float)
    members = pd.get_dummies(own, dtype=float).to_numpy()
    products = (members[:, :, None] * controls[:, None, :]).reshape(len(data), -1)
    frame = data.assign(**{CELL: own + " " + data[specification.time].astype(str)})
    moving = (CELL,) if specification.time in specification.effects else ()
    absorber = Absorber.of(frame, (*specification.effects, *moving))
    return (
        Projection.of(data, specification),
        Projection.beyond(absorber, controls),
        Projection.beyond(absorber, np.hstack([controls, products])),
    )


def _slope(part: np.ndarray, outcome: np.ndarray, norm: float) -> float:
    size = float(part @ part)
    return float(part @ outcome) / size if size > NOTHING_LEFT * norm else np.nan
