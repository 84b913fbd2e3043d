"""Slopes of several regressions with their joint covariance: they may share rows and clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.methods.checks import check_variation
from digitrade.methods.covariance import (
    SmallSample,
    grouping_columns,
    meat,
    positive,
    small_sample,
)
from digitrade.methods.estimate import Slopes
from digitrade.methods.specification import Specification, complete_panel


def suest(regressions: Mapping[str, tuple[pd.DataFrame, Specification]]) -> Slopes:
    r"""Estimate several regressions and the joint covariance of their main slopes.

    Each slope is the truth plus a sum over rows, :math:`\hat\beta_k - \beta_k = \sum_i
    \psi_{ki}` with :math:`\psi_{ki} = \tilde x_{ki} \tilde e_{ki} / \tilde x_k' \tilde x_k`, so
    sums of products of :math:`\psi_{ki}` and :math:`\psi_{lj}` over rows, or over clusters, give
    every covariance. A cluster that stands in two regressions ties them; one that stands in
    a single regression does not. The variances are those of the regressions alone (Weesie
    1999, Stata Technical Bulletin 52, 34-47, calls it seemingly unrelated estimation).

    Parameters
    ----------
    regressions
        By name: rows, one for each entity and time, and what to estimate on them. The rows
        of two regressions may be the same, overlap or be apart; specifications must agree in
        keys, covariance and clusters.

    Returns
    -------
    Slopes
        With each variance multiplied by its own regression's small-sample factor, and a
        covariance by the root of the product of two.

    Raises
    ------
    KeyError, ValueError
        As :func:`digitrade.methods.regression.fixed_effects`; also if there is no regression, or
        specifications differ in keys, covariance or clusters.
    """
    keys = _shared_keys([specification for _, specification in regressions.values()])
    specification = next(iter(regressions.values()))[1]
    parts = {name: _part(*regression) for name, regression in regressions.items()}
    rows = pd.concat([part.labels for part in parts.values()]).drop_duplicates(keys)
    index = pd.MultiIndex.from_frame(rows[keys])
    influence = np.column_stack(
        [part.influence.reindex(index).fillna(0.0) for part in parts.values()]
    )
    factors = np.sqrt([part.correction.factor for part in parts.values()])
    vcov = positive(meat(influence, rows, specification), np.linalg.norm(influence, axis=0))
    return Slopes(
        names=tuple(parts),
        slopes=np.array([part.slope for part in parts.values()]),
        vcov=vcov * np.outer(factors, factors),
        degrees_of_freedom=tuple(part.correction.degrees_of_freedom for part in parts.values()),
        n_obs=tuple(len(part.influence) for part in parts.values()),
        words=_words(specification),
        confidence=specification.confidence,
    )


class _Part(NamedTuple):
    """One regression: its slope, each row's influence on it, and the rows' labels."""

    slope: float
    influence: pd.Series
    labels: pd.DataFrame
    correction: SmallSample


def _part(data: pd.DataFrame, specification: Specification) -> _Part:
    panel = complete_panel(data, specification)
    names = [specification.outcome, specification.regressor]
    columns = panel[names].to_numpy(dtype=float)
    projection = Projection.of(panel, specification)
    within = projection.residualise(columns)
    held = (*specification.effects, *specification.controls)
    check_variation(columns[:, 1:], within[:, 1:], names[1:], held)
    y, x = within.T
    square = float(x @ x)
    slope = float(x @ y) / square
    keys = [specification.entity, specification.time]
    return _Part(
        slope=slope,
        influence=pd.Series(
            x * (y - slope * x) / square, index=pd.MultiIndex.from_frame(panel[keys])
        ),
        labels=panel[list(dict.fromkeys([*keys, *grouping_columns(specification)]))],
        correction=small_sample(panel, specification, projection.absorber),
    )


def _shared_keys(specifications: Sequence[Specification]) -> list[str]:
    """Return entity and time, or raise unless the specifications agree."""
    if not specifications:
        raise ValueError("Joint slopes need a regression: found none; name one or more")
    found = {
        (one.entity, one.time, one.covariance, grouping_columns(one), one.bandwidth, one.confidence)
        for one in specifications
    }
    if len(found) > 1:
        listed = "; ".join(sorted(map(str, found)))
        raise ValueError(
            "Joint slopes need specifications that agree in entity, time, covariance, clusters, "
            f"bandwidth and confidence; found {listed}"
        )
    return [specifications[0].entity, specifications[0].time]


def _words(specification: Specification) -> str:
    groups = grouping_columns(specification)
    how = {
        "robust": "heteroskedasticity-robust, a row's errors in two regressions paired",
        "driscoll-kraay": f"Driscoll–Kraay, {specification.bandwidth} lags",
    }.get(specification.covariance, f"clustered by {' and '.join(groups)} across regressions")
    return f"{how}, each regression's small-sample factor, t with the fewer degrees of freedom"


def stacked_difference(
    first: pd.DataFrame, second: pd.DataFrame, specification: Specification
) -> tuple[pd.DataFrame, Specification]:
    """Return one regression whose main slope is the difference of two split samples' slopes.

    Effects and coefficients of controls are the samples' own. For tests of a single
    coefficient, such as the wild cluster bootstrap, that know nothing of two regressions.

    Parameters
    ----------
    first, second
        Rows of the samples, apart.
    specification
        What is estimated on each.

    Returns
    -------
    tuple
        Stacked rows, and the specification to estimate on them: its regressor is the
        first sample's, with the sum of both held constant.
    """
    frames = (complete_panel(first, specification), complete_panel(second, specification))
    effects = dict.fromkeys((specification.entity, *specification.effects))
    stacked = []
    for place, frame in enumerate(frames):
        columns = {f"_own_{one}": f"{place} " + frame[one].astype(str) for one in effects}
        for name in specification.regressors:
            columns[f"_first_{name}"] = frame[name] * (1 - place)
            columns[f"_both_{name}"] = frame[name]
        stacked.append(frame.assign(**columns))
    main, controls = specification.regressor, specification.controls
    held = [f"_{part}_{name}" for name in controls for part in ("first", "both")]
    changed = specification.replace(
        regressor=f"_first_{main}",
        controls=(f"_both_{main}", *held),
        entity=f"_own_{specification.entity}",
        effects=tuple(f"_own_{one}" for one in specification.effects),
        cluster=specification.cluster or specification.entity,
    )
    return pd.concat(stacked, ignore_index=True), changed
