"""Placebo by lot: what the estimator finds where there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.methods.specification import Specification

BATCH = 500  # draws worked on at a time; memory grows with it, the answer does not change
TIE = 1e-10  # a draw that repeats the observed assignment equals the estimate up to rounding


@dataclass(frozen=True, slots=True)
class Placebo:
    """An estimate beside those that the same data give for assignments drawn by lot.

    Attributes
    ----------
    estimate, drawn
        The coefficient under the observed assignment, and under each drawn one.
    n_obs, specification
        Rows of the regression, and what was estimated.
    words
        What was drawn, in words.
    t
        The same for the t statistic; ``None`` if it was not worked out.
    """

    estimate: float
    drawn: np.ndarray
    n_obs: int
    specification: Specification
    words: str = ""
    t: Placebo | None = None

    @property
    def p_two_sided(self) -> float:
        """Share at least as far from zero; the observed one counts as a draw, so never zero."""
        return _share(np.abs(self.drawn) >= abs(self.estimate) - self._reach)

    @property
    def p_left(self) -> float:
        """Share at most as large, counted likewise."""
        return _share(self.drawn <= self.estimate + self._reach)

    @property
    def p_right(self) -> float:
        """Share at least as large, counted likewise."""
        return _share(self.drawn >= self.estimate - self._reach)

    @property
    def p_studentised(self) -> float:
        """The two-sided share of t, missing if it was not worked out."""
        return self.t.p_two_sided if self.t else np.nan

    @property
    def _reach(self) -> float:
        return TIE * max(abs(self.estimate), float(np.abs(self.drawn).max()))

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row; the p-value is two-sided, and a placebo has no interval.

        Returns
        -------
        pandas.DataFrame
            ``label, outcome``, the tidy columns, ``covariance`` (what was drawn), ``p_left,
            p_right, p_studentised`` and ``draws_low, draws_mean, draws_high``, mean and 2.5 and
            97.5 per cent of the draws.
        """
        statistic = self.t.estimate if self.t else np.nan
        low, high = np.quantile(self.drawn, [0.025, 0.975])
        row = {
            "label": self.specification.label or "placebo",
            "outcome": self.specification.outcome,
            "term": self.specification.regressor,
            "estimate": self.estimate,
            "std_error": self.estimate / statistic,
            "statistic": statistic,
            "p_value": self.p_two_sided,
            "conf_low": np.nan,
            "conf_high": np.nan,
            "n_obs": self.n_obs,
            "covariance": self.words,
            "p_left": self.p_left,
            "p_right": self.p_right,
            "p_studentised": self.p_studentised,
            "draws_low": low,
            "draws_mean": self.drawn.mean(),
            "draws_high": high,
        }
        return pd.DataFrame([row])


def permutation_placebo(
    data: pd.DataFrame,
    specification: Specification,
    *,
    draws: int = 999,
    rng: np.random.Generator,
) -> Placebo:
    r"""Give every entity the regressor's whole path of another one, many times.

    Outcome, controls and effects stay where they are. With M the projection off effects and
    controls, a draw's coefficient is :math:`x_\pi' M y / x_\pi' M x_\pi`, so a batch of draws
    is a matrix product, not a loop of regressions.

    Parameters
    ----------
    data
        One row for each entity and time; the regressor is known for every entity in every
        period, the rest may be unbalanced.
    specification
        Outcome, regressor, controls and effects.
    draws
        Number of permutations, each over all entities.
    rng
        Source of the permutations.

    Raises
    ------
    ValueError
        If there is no draw, fewer than two entities, or a path has a gap.

    Notes
    -----
    The p-values are exact if any assignment of the paths is as likely as the observed one,
    given the controls (Fisher 1935, The Design of Experiments, ch. II; Young 2019, Quarterly
    Journal of Economics 134(2), 557-598). The statistic is the coefficient itself.
    """
    entities = int(data[specification.entity].nunique())
    if draws < 1 or entities < 2:
        raise ValueError(
            f"A permutation placebo needs a draw and two entities: found draws={draws} and "
            f"{entities} of {specification.entity!r}"
        )
    slopes = _permuted_slopes(data, specification, shuffled(np.arange(entities), draws, rng))
    words = f"permutation of the regressor's paths, {draws:,} draws"
    return Placebo(float(slopes[0]), slopes[1:], len(data), specification, words)


def shuffled(values: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return values as they are, then in random orders, 1 + draws by their number."""
    return np.vstack([values, rng.permuted(np.tile(values, (draws, 1)), axis=1)])


def _permuted_slopes(
    data: pd.DataFrame, specification: Specification, orders: np.ndarray
) -> np.ndarray:
    """Return the coefficient if entity j, in sorted order, gets the path of ``orders[draw, j]``."""
    paths = _paths(data, specification)
    entity = paths.columns.get_indexer(data[specification.entity])
    time = paths.index.get_indexer(data[specification.time])
    projection = Projection.of(data, specification)
    outcome = projection.residualise(data[specification.outcome].to_numpy(dtype=float))
    values, slopes = paths.to_numpy(), []
    for start in range(0, len(orders), BATCH):
        batch = orders[start : start + BATCH]
        drawn = projection.residualise(values[time[:, None], batch[:, entity].T])
        slopes.append(outcome @ drawn / (drawn**2).sum(axis=0))
    return np.concatenate(slopes)


def _paths(data: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the regressor, periods by entities, both sorted; raise if it has a gap."""
    paths = data.pivot(
        index=specification.time, columns=specification.entity, values=specification.regressor
    ).astype(float)
    gaps = paths.isna().sum()
    if short := [f"{name} ({count})" for name, count in gaps.items() if count]:
        raise ValueError(
            f"Paths of {specification.regressor!r} can only be exchanged if none has a gap: "
            f"periods missing for {', '.join(short)}; keep the periods that all have"
        )
    return paths


def _share(extreme: np.ndarray) -> float:
    """Return the share of draws that are extreme, the observed one included."""
    return float((1 + extreme.sum()) / (1 + len(extreme)))
