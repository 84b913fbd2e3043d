"""Slopes of several regressions with their joint covariance: they may share rows and clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.methods.absorb import Projection, check_variation, count_effects
from digitrade.methods.covariance import SmallSample, correct, grouping_columns, meat, positive
from digitrade.methods.estimate import TIDY, tidy_coefficients
from digitrade.methods.specification import Specification, complete_panel

ALL_EQUAL = "all equal"
LESS = " less "


@dataclass(frozen=True, slots=True)
class Slopes:
    """The main slopes of k regressions, and how they vary together.

    Attributes
    ----------
    names
        Of the regressions.
    slopes
        Length k: the coefficient of each specification's regressor.
    covariance
        k by k, small-sample factors included.
    freedom
        Degrees of freedom of t in each regression.
    n_obs
        Rows of each.
    words
        The covariance, in words.
    confidence
        Level of the intervals.
    """

    names: tuple[str, ...]
    slopes: np.ndarray
    covariance: np.ndarray
    freedom: tuple[int, ...]
    n_obs: tuple[int, ...]
    words: str
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """Return a tidy row a regression, its name as ``term``."""
        errors = np.sqrt(np.diag(self.covariance))
        rows = [
            self._row(name, self.slopes[k], errors[k], [k]) for k, name in enumerate(self.names)
        ]
        return pd.concat(rows, ignore_index=True)

    def difference(self, first: str, second: str) -> pd.DataFrame:
        """Return one tidy row: the first slope less the second.

        Student's t has the fewer degrees of freedom of the two.
        """
        chosen = [self.names.index(name) for name in (first, second)]
        signs = np.array([1.0, -1.0])
        variance = signs @ self.covariance[np.ix_(chosen, chosen)] @ signs
        gap = float(signs @ self.slopes[chosen])
        return self._row(f"{first}{LESS}{second}", gap, float(np.sqrt(variance)), chosen)

    def equality(self, names: Sequence[str] = ()) -> pd.DataFrame:
        """Return one tidy row without an estimate: the F test that slopes are equal.

        Parameters
        ----------
        names
            Which slopes; all by default.
        """
        chosen = [self.names.index(name) for name in names or self.names]
        restrictions = len(chosen) - 1
        signs = np.hstack([np.ones((restrictions, 1)), -np.eye(restrictions)])
        gaps = signs @ self.slopes[chosen]
        spread = signs @ self.covariance[np.ix_(chosen, chosen)] @ signs.T
        statistic = float(gaps @ np.linalg.solve(spread, gaps)) / restrictions
        freedom = min(self.freedom[k] for k in chosen)
        row = dict.fromkeys(TIDY, np.nan) | {
            "term": ALL_EQUAL,
            "statistic": statistic,
            "p_value": float(stats.f.sf(statistic, restrictions, freedom)),
            "n_obs": sum(self.n_obs[k] for k in chosen),
        }
        return pd.DataFrame([row])

    def _row(self, term: str, estimate: float, error: float, chosen: Sequence[int]) -> pd.DataFrame:
        return tidy_coefficients(
            [term],
            np.array([estimate]),
            np.array([error]),
            n_obs=sum(self.n_obs[k] for k in chosen),
            degrees_of_freedom=min(self.freedom[k] for k in chosen),
            confidence=self.confidence,
        )


def suest(
    regressions: Mapping[str, tuple[pd.DataFrame, Specification]],
) -> Slopes:
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
        As :func:`digitrade.methods.absorb.absorbed_regression`; also if there is no regression, or
        specifications differ in keys, covariance or clusters.
    """
    keys = _shared_keys([one for _, one in regressions.values()])
    specification = next(iter(regressions.values()))[1]
    parts = {name: _Part.of(*one) for name, one in regressions.items()}
    rows = pd.concat([one.labels for one in parts.values()]).drop_duplicates(keys)
    index = pd.MultiIndex.from_frame(rows[keys])
    influence = np.column_stack(
        [one.influence.reindex(index).fillna(0.0) for one in parts.values()]
    )
    factors = np.sqrt([one.correction.factor for one in parts.values()])
    raw = positive(meat(influence, rows, specification))
    return Slopes(
        names=tuple(parts),
        slopes=np.array([one.slope for one in parts.values()]),
        covariance=raw * np.outer(factors, factors),
        freedom=tuple(one.correction.degrees_of_freedom for one in parts.values()),
        n_obs=tuple(len(one.influence) for one in parts.values()),
        words=_words(specification),
        confidence=specification.confidence,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One regression: its slope, each row's influence on it, and the rows' labels."""

    slope: float
    influence: pd.Series
    labels: pd.DataFrame
    correction: SmallSample

    @classmethod
    def of(cls, data: pd.DataFrame, specification: Specification) -> _Part:
        panel = complete_panel(data, specification)
        names = [specification.outcome, specification.regressor]
        columns = panel[names].to_numpy(dtype=float)
        cleared = Projection.of(panel, specification).residualise(columns)
        held = (*specification.effects, *specification.controls)
        check_variation(columns[:, 1:], cleared[:, 1:], names[1:], held)
        y, x = cleared.T
        size = float(x @ x)
        slope = float(x @ y) / size
        keys = [specification.entity, specification.time]
        index = pd.MultiIndex.from_frame(panel[keys])
        labels = list(dict.fromkeys([*keys, *grouping_columns(specification)]))
        return cls(
            slope=slope,
            influence=pd.Series(x * (y - slope * x) / size, index=index),
            labels=panel[labels],
            correction=correct(panel, specification, *count_effects(panel, specification, "rank")),
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
