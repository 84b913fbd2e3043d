"""Placebo tests: what the estimator finds where there is nothing to find."""

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
    estimate
        The coefficient under the observed assignment.
    draws
        The coefficients under the drawn ones, one a draw.
    p_two_sided, p_left, p_right
        Share of draws at least as far from zero, at most as large, and at least as large;
        the observed assignment counts as a draw, so none is zero.
    n_obs
        Rows of the regression.
    specification
        What was estimated.
    """

    estimate: float
    draws: np.ndarray
    p_two_sided: float
    p_left: float
    p_right: float
    n_obs: int
    specification: Specification

    @classmethod
    def of(
        cls, estimate: float, draws: np.ndarray, *, n_obs: int, specification: Specification
    ) -> Placebo:
        """Compare an estimate with its draws."""
        reach = TIE * max(abs(estimate), float(np.abs(draws).max()))
        return cls(
            estimate=estimate,
            draws=draws,
            p_two_sided=_share(np.abs(draws) >= abs(estimate) - reach),
            p_left=_share(draws <= estimate + reach),
            p_right=_share(draws >= estimate - reach),
            n_obs=n_obs,
            specification=specification,
        )

    def tidy(self) -> pd.DataFrame:
        """Return one tidy row; a placebo has neither standard error nor interval."""
        row = {
            "label": self.specification.label or "placebo",
            "outcome": self.specification.outcome,
            "term": self.specification.regressor,
            "estimate": self.estimate,
            "std_error": np.nan,
            "statistic": np.nan,
            "p_value": self.p_two_sided,
            "conf_low": np.nan,
            "conf_high": np.nan,
            "n_obs": self.n_obs,
            "covariance": f"permutation of the regressor's paths, {len(self.draws):,} draws",
            "p_left": self.p_left,
            "p_right": self.p_right,
            "draws_low": np.quantile(self.draws, 0.025),
            "draws_mean": self.draws.mean(),
            "draws_high": np.quantile(self.draws, 0.975),
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

    Returns
    -------
    Placebo

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
    orders = rng.permuted(np.tile(np.arange(entities), (draws, 1)), axis=1)
    slopes = permuted_slopes(data, specification, np.vstack([np.arange(entities), orders]))
    return Placebo.of(float(slopes[0]), slopes[1:], n_obs=len(data), specification=specification)


def permuted_slopes(
    data: pd.DataFrame, specification: Specification, orders: np.ndarray
) -> np.ndarray:
    """Return the coefficient for each reassignment of the regressor's paths.

    Parameters
    ----------
    data, specification
        As in :func:`permutation_placebo`.
    orders
        Draws by entities: entity j, in sorted order, gets the path of entity
        ``orders[draw, j]``.

    Returns
    -------
    numpy.ndarray
        One coefficient a draw.
    """
    paths = _paths(data, specification)
    entity = paths.columns.get_indexer(data[specification.entity])
    time = paths.index.get_indexer(data[specification.time])
    projection = Projection.of(data, specification)
    outcome = projection.residualise(data[specification.outcome].to_numpy(dtype=float))
    values = paths.to_numpy()
    slopes = np.empty(len(orders))
    for start in range(0, len(orders), BATCH):
        batch = slice(start, start + BATCH)
        drawn = projection.residualise(values[time[:, None], orders[batch][:, entity].T])
        slopes[batch] = outcome @ drawn / (drawn**2).sum(axis=0)
    return slopes


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
