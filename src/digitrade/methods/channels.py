"""Channels within any effects and clusters: two paths, their product, and what it would take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.methods.estimate import TIDY, Slopes, tidy_coefficients
from digitrade.methods.specification import Specification
from digitrade.methods.suest import suest

PATHS = ("total", "a", "b", "direct")
LABELS = {
    "total": "Total effect",
    "a": "Path a: zone to channel",
    "b": "Path b: channel to outcome",
    "direct": "Direct effect",
}
BY_NORMAL = "Indirect effect, delta method"
BY_DRAWS = "Indirect effect, distribution of the product"


@dataclass(frozen=True, slots=True)
class Channel:
    """A total effect, split into a part through a mediator and the rest.

    Attributes
    ----------
    mediator
        Column of the mediator.
    specification
        The regression of the total effect.
    paths
        Total effect, a, b and direct effect, with their joint covariance.
    draws
        Products of a and b drawn from that covariance.
    """

    mediator: str
    specification: Specification
    paths: Slopes
    draws: np.ndarray

    @property
    def total(self) -> float:
        """Outcome on regressor; equals ``direct + indirect`` exactly."""
        return float(self.paths.slopes[0])

    @property
    def a(self) -> float:
        """Mediator on regressor."""
        return float(self.paths.slopes[1])

    @property
    def b(self) -> float:
        """Outcome on mediator, the regressor held constant."""
        return float(self.paths.slopes[2])

    @property
    def direct(self) -> float:
        """Outcome on regressor, the mediator held constant."""
        return float(self.paths.slopes[3])

    @property
    def indirect(self) -> float:
        """The product of the two paths."""
        return self.a * self.b

    @property
    def share(self) -> float:
        """The indirect effect over the total."""
        return self.indirect / self.total

    def tidy(self) -> pd.DataFrame:
        """Return a row a path, and two for the product.

        Returns
        -------
        pandas.DataFrame
            ``label, mediator``, the tidy columns and ``covariance``. The product's standard
            error is that of the delta method; of its two rows the first has a normal
            interval, the second the interval of the product's own distribution.
        """
        rows = self.paths.tidy().assign(label=[LABELS[one] for one in PATHS])
        both = pd.concat([rows, self._delta(), self._drawn()], ignore_index=True)
        both = both.assign(mediator=self.mediator, covariance=self.paths.words)
        return both[["label", "mediator", *TIDY, "covariance"]]

    def summary(self) -> pd.DataFrame:
        """Return one row: ``mediator``, the paths with their p-values, and the product."""
        rows = self.tidy().set_index("label")
        product = rows.loc[BY_DRAWS]
        row = {
            "mediator": self.mediator,
            "a": self.a,
            "p_a": rows.loc[LABELS["a"], "p_value"],
            "b": self.b,
            "p_b": rows.loc[LABELS["b"], "p_value"],
            "indirect": self.indirect,
            "conf_low": product["conf_low"],
            "conf_high": product["conf_high"],
            "share": self.share,
            "direct": self.direct,
            "total": self.total,
        }
        return pd.DataFrame([row])

    @property
    def _spread(self) -> np.ndarray:
        return self.paths.vcov[1:3, 1:3]

    def _delta(self) -> pd.DataFrame:
        gradient = np.array([self.b, self.a])
        error = float(np.sqrt(gradient @ self._spread @ gradient))
        row = tidy_coefficients(
            ["a × b"],
            np.array([self.indirect]),
            np.array([error]),
            n_obs=self.paths.n_obs[0],
            degrees_of_freedom=np.inf,
            confidence=self.paths.confidence,
        )
        return row.assign(label=BY_NORMAL)

    def _drawn(self) -> pd.DataFrame:
        tail = (1 - self.paths.confidence) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail])
        beyond = min(int((self.draws <= 0).sum()), int((self.draws >= 0).sum()))
        p_value = min(1.0, 2 * (1 + beyond) / (1 + len(self.draws)))
        row = self._delta().assign(conf_low=low, conf_high=high, p_value=p_value, statistic=np.nan)
        return row.assign(label=BY_DRAWS)


def channel(
    data: pd.DataFrame,
    specification: Specification,
    mediator: str,
    *,
    draws: int = 99_999,
    rng: np.random.Generator,
) -> Channel:
    r"""Split a total effect into a part through a mediator and a direct part.

    As :func:`digitrade.methods.mediation.mediate`, for effects of any columns and clusters that
    cut across the entities, where no cluster can be resampled as a whole. The regressions
    :math:`y = c x`, :math:`m = a x` and :math:`y = c' x + b m` get one joint covariance, and
    the interval of :math:`ab` is that of a product of two normal variables with the covariance
    of a and b (MacKinnon, Lockwood and Williams 2004, Multivariate Behavioral Research 39(1),
    99-128), by simulation.

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        The regression of the total effect.
    mediator
        Column of the mediator; not among the controls.
    draws
        Draws of the pair of paths.
    rng
        Source of the draws.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the mediator is already in the specification, there is no draw, or a regression
        cannot be estimated.
    """
    if mediator in (specification.outcome, *specification.regressors) or draws < 1:
        raise ValueError(
            f"Channel {mediator!r} with draws={draws}: name a column that is not yet in the "
            "specification, and draw once or more"
        )
    x, controls = specification.regressor, specification.controls
    paths = {
        "total": specification,
        "a": specification.replace(outcome=mediator),
        "b": specification.replace(regressor=mediator, controls=(x, *controls)),
        "direct": specification.replace(controls=(mediator, *controls)),
    }
    joint = suest({name: (data, one) for name, one in paths.items()})
    pairs = rng.multivariate_normal(joint.slopes[1:3], joint.vcov[1:3, 1:3], size=draws)
    return Channel(mediator, specification, joint, pairs.prod(axis=1))


def needed_correlation(
    total: float,
    a: float,
    *,
    outcome: tuple[float, float],
    mediator: tuple[float, float],
) -> float:
    r"""Return the partial correlation with which a channel alone would carry the total effect.

    With :math:`\sigma^2 (1 - R^2)` the variance that a regression leaves, path b is the partial
    correlation of mediator and outcome times the ratio of what is left of both, so
    :math:`ab = c` needs

    .. math:: r = \frac{c}{a} \frac{\sigma_m \sqrt{1 - R^2_m}}{\sigma_y \sqrt{1 - R^2_y}} .

    All of it can be read off published tables. A value beyond 1 in size is impossible.

    Parameters
    ----------
    total, a
        Effects of the regressor on outcome and on mediator.
    outcome, mediator
        Standard deviation, and R squared of the regression (effects included), of each.
    """
    (sd_y, r2_y), (sd_m, r2_m) = outcome, mediator
    return float(total / a * sd_m * np.sqrt(1 - r2_m) / (sd_y * np.sqrt(1 - r2_y)))


def partial_correlation(data: pd.DataFrame, specification: Specification, column: str) -> float:
    """Return the correlation of outcome and a column, effects, controls and regressor taken out."""
    held = specification.replace(regressor=column, controls=specification.regressors)
    columns = data[[specification.outcome, column]].to_numpy(dtype=float)
    left = Projection.of(data, held).residualise(columns)
    return float(np.corrcoef(left.T)[0, 1])
