"""Slopes of several regressions with their joint covariance: they may share rows and clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from digitrade.methods.covariance import (
    grouping_columns,
    meat,
    positive,
    small_sample,
)
from digitrade.methods.estimate import Slopes
from digitrade.methods.regression import fit_within
from digitrade.methods.specification import Specification, complete_panel


def suest(regressions: Mapping[str, tuple[pd.DataFrame, Specification]]) -> Slopes:
    r"""Estimate several regressions and the joint covariance of their main slopes.

    Each slope is the truth plus a sum over rows, :math:`\hat\beta_k - \beta_k = \sum_i
    \psi_{ki}` with :math:`\psi_{ki} = \tilde x_{ki} \tilde e_{ki} / \tilde x_k' \tilde x_k`, so
    sums of products of :math:`\psi_{ki}` and :math:`\psi_{lj}` over rows, or over clusters, give
    every covariance. A cluster that stands in two regressions ties them; one that stands in
    a single regression does not (Weesie 1999, Stata Technical Bulletin 52, 34-47). Each variance
    carries its own regression's small-sample factor.

    Parameters
    ----------
    regressions
        By name: rows, one for each entity and time, and what to estimate on them. The rows
        of two regressions may be the same, overlap or be apart; specifications must agree in
        keys, covariance and clusters.

    Raises
    ------
    KeyError, ValueError
        As :func:`digitrade.methods.regression.fixed_effects`; also if there is no regression, or
        specifications differ in keys, covariance or clusters.
    """
    wanted = [specification for _, specification in regressions.values()]
    specification = _agreed(wanted)
    keys = [specification.entity, specification.time]
    panels = [complete_panel(*regression) for regression in regressions.values()]
    fits = [fit_within(*pair) for pair in zip(panels, wanted, strict=True)]
    corrections = [
        small_sample(panel, one, fit.absorber)
        for panel, one, fit in zip(panels, wanted, fits, strict=True)
    ]
    labels = list(dict.fromkeys([*keys, *grouping_columns(specification)]))
    rows = pd.concat([panel[labels] for panel in panels]).drop_duplicates(keys)
    parts = [
        panel[keys].assign(influence=fit.main_influence * fit.residual).set_index(keys)["influence"]
        for panel, fit in zip(panels, fits, strict=True)
    ]
    index = pd.MultiIndex.from_frame(rows[keys])
    influence = np.column_stack([part.reindex(index, fill_value=0.0) for part in parts])
    factors = np.sqrt([one.factor for one in corrections])
    vcov = positive(meat(influence, rows, specification), np.linalg.norm(influence, axis=0))
    return Slopes(
        names=tuple(regressions),
        slopes=np.array([fit.slopes[0] for fit in fits]),
        vcov=vcov * np.outer(factors, factors),
        degrees_of_freedom=tuple(one.degrees_of_freedom for one in corrections),
        n_obs=tuple(len(panel) for panel in panels),
        words=_words(specification),
        confidence=specification.confidence,
    )


def _agreed(specifications: Sequence[Specification]) -> Specification:
    """Return the first specification, or raise unless all agree in keys and covariance."""
    if not specifications:
        raise ValueError("Joint slopes need a regression: found none; name one or more")
    found = {
        (one.entity, one.time, one.covariance, grouping_columns(one), one.bandwidth, one.confidence)
        for one in specifications
    }
    if len(found) > 1:
        raise ValueError(
            "Joint slopes need specifications that agree in entity, time, covariance, clusters, "
            f"bandwidth and confidence; found {'; '.join(sorted(map(str, found)))}"
        )
    return specifications[0]


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

    For tests of one coefficient, such as the wild cluster bootstrap. The samples share no rows.
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
