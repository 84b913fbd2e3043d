"""Tests of the years before treatment: what they find, and what they could have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

if TYPE_CHECKING:
    from digitrade.methods.event_study import EventStudy

FULL_RANK = 1e-10  # smallest eigenvalue of the correlations, the largest being 1 at least
VISIBLE = 1e-6  # unit trend of a lead, in the outcome's units a year, that is more than rounding
ALMOST_SURE = 6.0  # standard errors beyond the critical value where a test always rejects
SLOPE_RTOL = 1e-4  # of a slope sought; the normal integrals are good to about 1e-5

JOINT, INDIVIDUAL = "joint", "individual"
Weights = Literal["rows", "equal"]


@dataclass(frozen=True, slots=True)
class JointTest:
    """A Wald test that several coefficients are zero.

    Attributes
    ----------
    terms
        The coefficients tested.
    statistic
        F: the Wald statistic over its number of restrictions. Missing if nothing is tested, or
        if the covariance has not the rank to test so many at once (too few groups).
    df_num, df_denom
        Restrictions, and the degrees of freedom of the coefficients' t.
    p_value
        Of F with these degrees of freedom.
    """

    terms: tuple[str, ...]
    statistic: float
    df_num: int
    df_denom: int
    p_value: float


def joint_test(
    terms: Sequence[str], slopes: np.ndarray, covariance: np.ndarray, degrees_of_freedom: int
) -> JointTest:
    """Test that q coefficients are zero, given their covariance, q by q."""
    q = len(slopes)
    if not full_rank(covariance):
        return JointTest(tuple(terms), np.nan, q, degrees_of_freedom, np.nan)
    statistic = float(slopes @ np.linalg.solve(covariance, slopes)) / q
    p_value = float(stats.f.sf(statistic, q, degrees_of_freedom))
    return JointTest(tuple(terms), statistic, q, degrees_of_freedom, p_value)


def full_rank(covariance: np.ndarray) -> bool:
    """Return whether every combination of coefficients has a variance, and there is one."""
    errors = np.sqrt(np.diag(covariance))
    if not len(errors) or not (errors > 0).all():
        return False
    return bool(np.linalg.eigvalsh(covariance / np.outer(errors, errors))[0] > FULL_RANK)


@dataclass(frozen=True, slots=True)
class PretrendPower:
    """What tests of the leads see of a linear violation of parallel trends.

    Attributes
    ----------
    rows
        A row for each test and each slope: ``test`` (``"joint"``: the Wald test of all leads
        rejects; ``"individual"``: some lead is significant on its own), ``slope`` (units of the
        outcome a year), ``power`` (probability that the test rejects), ``bias`` (what the slope
        puts into the mean effect), ``bias_if_passed`` (the same over samples that pass the
        test), and ``mean_effect``, the estimate to hold them against.
    level
        Level of the tests.
    n_leads
        Coefficients before treatment, bases not counted.
    """

    rows: pd.DataFrame
    level: float
    n_leads: int

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the rows."""
        return self.rows.copy()


def pretrend_power(
    study: EventStudy,
    *,
    slope: float | None = None,
    target_power: Sequence[float] = (0.5, 0.8),
    level: float = 0.05,
    weights: Weights = "rows",
) -> PretrendPower:
    r"""Ask how steep a divergence the tests of the leads would have seen.

    Estimates are taken as normal, with the estimated covariance as the true one. A divergence of
    s a year gives leads of mean :math:`s u`, where u are their ``unit_trend``. The joint test
    then rejects with the probability that a noncentral chi-squared variable, noncentrality
    :math:`s^2 u'\Sigma^{-1}u`, exceeds its critical value; single leads stay insignificant with
    a probability that is a normal integral over a box (Roth 2022, American Economic Review:
    Insights 4(3), 305-322). Means over passing samples follow from the truncated normal: over an
    ellipsoid the mean shrinks by a ratio of two chi-squared probabilities (Judge and Bock 1978,
    The Statistical Implications of Pre-Test and Stein-Rule Estimators, appendix B), over a box
    it is Tallis's (1961, Journal of the Royal Statistical Society B 23(1), 223-229).

    Parameters
    ----------
    study
        From :func:`digitrade.methods.event_study.event_study`.
    slope
        A divergence in units of the outcome a year to report on, beside the slopes that are
        sought.
    target_power
        Powers whose slopes are sought; 0 where the test rejects as often without a divergence.
    level
        Level of the tests, between 0 and 1.
    weights
        Of the mean effect, see :meth:`digitrade.methods.event_study.EventStudy.post_weights`.

    Raises
    ------
    ValueError
        With everything that is wrong: levels or powers that are no probabilities, no leads,
        leads whose covariance has not full rank, or a divergence that the leads cannot see.
    """
    leads = _Leads.of(study, weights)
    _check_power(leads, study, target_power, level)
    critical = {
        JOINT: float(stats.chi2.isf(level, len(leads.unit))),
        INDIVIDUAL: float(stats.norm.isf(level / 2)),
    }
    rows = []
    for test, value in critical.items():
        slopes = [] if slope is None else [float(slope)]
        slopes += [_detected(leads, test, value, power) for power in target_power]
        rows += [leads.row(test, value, one) for one in slopes]
    frame = pd.DataFrame(rows).assign(mean_effect=study.mean_effect(weights)["estimate"])
    return PretrendPower(frame, level, len(leads.unit))


@dataclass(frozen=True, slots=True)
class _Leads:
    """The q leads as a test sees them, and the mean effect that comes after it.

    Attributes
    ----------
    unit
        Means of the leads at a divergence of one a year, length q.
    covariance
        Of the leads, q by q.
    cross
        Covariances of the leads with the mean effect, length q.
    unit_bias
        What a divergence of one a year puts into the mean effect.
    """

    unit: np.ndarray
    covariance: np.ndarray
    cross: np.ndarray
    unit_bias: float

    @classmethod
    def of(cls, study: EventStudy, weights: Weights) -> _Leads:
        share = study.post_weights(weights)
        unit = study.effects.set_index("event_time")["unit_trend"][share.index]
        covariance = study.covariance_matrix
        before = share.index < 0
        return cls(
            unit=unit[before].to_numpy(),
            covariance=covariance.loc[before, before].to_numpy(),
            cross=(covariance @ share)[before].to_numpy(),
            unit_bias=float(unit @ share),
        )

    def power(self, test: str, critical: float, slope: float) -> float:
        """Return the probability that the test rejects at a divergence."""
        if test == JOINT:
            return float(stats.ncx2.sf(critical, len(self.unit), self.noncentrality(slope)))
        means, correlations = self.standardised(slope)
        return 1 - _box(means, correlations, critical)

    def passed(self, test: str, critical: float, slope: float) -> np.ndarray:
        """Return the mean of the leads over samples that pass the test, length q."""
        if test == JOINT:
            q, shift = len(self.unit), self.noncentrality(slope)
            inner, outer = (float(stats.ncx2.cdf(critical, k, shift)) for k in (q + 2, q))
            return slope * self.unit * inner / outer
        means, correlations = self.standardised(slope)
        return _box_mean(means, correlations, critical) * np.sqrt(np.diag(self.covariance))

    def row(self, test: str, critical: float, slope: float) -> dict[str, float | str]:
        """Return a row of the result."""
        bias = slope * self.unit_bias
        gap = self.passed(test, critical, slope) - slope * self.unit
        return {
            "test": test,
            "slope": slope,
            "power": self.power(test, critical, slope),
            "bias": bias,
            "bias_if_passed": bias + float(self.cross @ np.linalg.solve(self.covariance, gap)),
        }

    def noncentrality(self, slope: float) -> float:
        """Return the noncentrality of the joint test's chi-squared statistic."""
        return float(slope**2 * self.unit @ np.linalg.solve(self.covariance, self.unit))

    def standardised(self, slope: float) -> tuple[np.ndarray, np.ndarray]:
        """Return means (q) and correlations (q by q) of the leads over their errors."""
        errors = np.sqrt(np.diag(self.covariance))
        return slope * self.unit / errors, self.covariance / np.outer(errors, errors)


def _detected(leads: _Leads, test: str, critical: float, power: float) -> float:
    """Return the slope that a test detects with some power."""
    if leads.power(test, critical, 0.0) >= power:
        return 0.0
    means, _ = leads.standardised(1.0)
    reach = critical if test == INDIVIDUAL else np.sqrt(critical)
    upper = (reach + ALMOST_SURE) / np.abs(means).max()
    root = optimize.brentq(
        lambda slope: leads.power(test, critical, slope) - power,
        0.0,
        upper,
        xtol=SLOPE_RTOL * upper / 10,
        rtol=SLOPE_RTOL,
    )
    return float(root)


def _box(means: np.ndarray, covariance: np.ndarray, side: float) -> float:
    """Return the probability that all of q normal variables lie within sides of -c and c."""
    if not len(means):
        return 1.0
    ends = np.full(len(means), side)
    shifts = np.random.default_rng(0)  # of the integration points: the same every time
    probability = stats.multivariate_normal.cdf(
        ends, means, covariance, lower_limit=-ends, rng=shifts
    )
    return float(probability)


def _box_mean(means: np.ndarray, correlations: np.ndarray, side: float) -> np.ndarray:
    """Return the mean of normal variables of variance 1 within a box, length q."""
    lost = np.array(
        [
            _face(means, correlations, side, k, -side) - _face(means, correlations, side, k, side)
            for k in range(len(means))
        ]
    )
    return means + correlations @ lost / _box(means, correlations, side)


def _face(means: np.ndarray, correlations: np.ndarray, side: float, k: int, value: float) -> float:
    """Return the density of variable k at a value, times the chance of the others in the box."""
    others = np.arange(len(means)) != k
    load = correlations[others, k]
    centre = means[others] + load * (value - means[k])
    spread = correlations[np.ix_(others, others)] - np.outer(load, load)
    return float(stats.norm.pdf(value - means[k])) * _box(centre, spread, side)


def _check_power(
    leads: _Leads, study: EventStudy, target_power: Sequence[float], level: float
) -> None:
    """Raise with everything that is wrong."""
    problems = []
    if not 0 < level < 1:
        problems.append(f"level {level}: give a probability between 0 and 1")
    if odd := [one for one in target_power if not 0 < one < 1]:
        problems.append(f"target_power {odd}: give probabilities between 0 and 1")
    if not len(leads.unit):
        problems.append(f"event times before 0: all are bases {study.base}; name another base")
    elif not full_rank(leads.covariance):
        problems.append(
            f"{len(leads.unit)} leads with {study.estimate.n_groups} groups in the covariance: it "
            "has not full rank; bin leads, or choose another covariance"
        )
    elif np.abs(leads.unit).max() < VISIBLE:
        problems.append(
            f"bases {study.base}: with nobody never treated, a linear divergence leaves no trace "
            "in the leads; keep never-treated rows and one base"
        )
    if problems:
        raise ValueError("Power cannot be computed:\n  - " + "\n  - ".join(problems))
