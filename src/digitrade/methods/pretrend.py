"""What tests of the years before treatment would have seen of a divergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import optimize, stats

from digitrade.methods.checks import admit, names_of, refuse, share
from digitrade.methods.estimate import full_rank

NO_POWER = "Power cannot be computed"
VISIBLE = 1e-6  # unit trend of a lead, in the outcome's units a year, that is more than rounding
ALMOST_SURE = 6.0  # standard errors beyond the critical value where a test always rejects
SLOPE_RTOL = 1e-4  # of a slope sought; the normal integrals are good to about 1e-5
JOINT: Final = "joint"
TESTS = (JOINT, "individual")


def pretrend_power(
    effects: pd.DataFrame,
    vcov: pd.DataFrame,
    weights: pd.Series,
    *,
    slope: float | None = None,
    target_power: Sequence[float] = (0.5, 0.8),
    level: float = 0.05,
) -> pd.DataFrame:
    r"""Ask how steep a divergence the tests of the leads would have seen.

    Estimates are taken as normal, with the estimated covariance as the true one. A divergence of
    s a year gives leads of mean :math:`s u`, where u are their ``unit_trend``. The joint test
    then rejects with the probability that a noncentral chi-squared variable, noncentrality
    :math:`s^2 u'\Sigma^{-1}u`, exceeds its critical value; single leads stay insignificant with
    a probability that is a normal integral over a box (Roth 2022, American Economic Review:
    Insights 4(3), 305-322). Means over passing samples are of the truncated normal: over an
    ellipsoid a ratio of two chi-squared probabilities shrinks it (Judge and Bock 1978, The
    Statistical Implications of Pre-Test and Stein-Rule Estimators, appendix B), over a box it is
    Tallis's (1961, Journal of the Royal Statistical Society B 23(1), 223-229).

    - ``effects``, ``vcov``, ``weights``: of an :class:`digitrade.methods.event_study.EventStudy`,
      the weights ``post_weights()``.
    - ``slope``: a divergence in units of the outcome a year to report on, beside those that are
      sought.
    - ``target_power``: powers whose slopes are sought; 0 where the test rejects as often without a
      divergence.
    - ``level``: level of the tests, between 0 and 1.

    Returns a ``pandas.DataFrame``: a row for each test and each slope: ``test`` (``"joint"``: the
    Wald test of all leads rejects; ``"individual"``: some lead is significant on its own),
    ``slope``, ``power``, ``bias`` (what the slope puts into the mean effect), ``bias_if_passed``
    (the same over samples that pass the test), ``mean_effect``, the estimate to hold them against,
    ``level``, and ``n_leads``, the coefficients before treatment without the bases.

    Raises ValueError with every level or power that is no probability; no leads, leads whose
    covariance has not full rank, or a divergence that the leads cannot see.
    """
    effects = admit(effects, NO_POWER, numbers=["event_time", "estimate", "unit_trend"])
    target_power = names_of(target_power)
    times = [getattr(one, "index", None) for one in (vcov, weights)]
    known = effects["event_time"]
    if not all(isinstance(one, pd.Index) and one.isin(known).all() for one in times):
        refuse(NO_POWER, ["vcov, weights: name each row by one of the event times of the effects"])
    numbers = np.vstack([vcov, weights.reindex(vcov.index)]).astype(float)
    if not np.isfinite(numbers).all() or (slope is not None and not np.isfinite(slope)):
        refuse(NO_POWER, ["vcov, weights, slope: some missing or infinite; give finite numbers"])
    known = effects.set_index("event_time").loc[vcov.index]
    before = vcov.index < 0
    of_leads = vcov.loc[before, before].to_numpy()
    _check(known.loc[before, "unit_trend"], of_leads, target_power, level)
    errors = np.sqrt(np.diag(of_leads))
    leads = _Leads(
        unit=known.loc[before, "unit_trend"].to_numpy() / errors,
        correlations=of_leads / np.outer(errors, errors),
        level=level,
    )
    load = np.linalg.solve(leads.correlations, (vcov @ weights)[before] / errors)
    unit_bias = float(known["unit_trend"] @ weights)
    rows = []
    for test in TESTS:
        sought = [leads.detected(test, power) for power in target_power]
        for each in sought if slope is None else [float(slope), *sought]:
            gap = leads.mean_if_passed(test, each) - each * leads.unit
            bias = each * unit_bias
            rows.append((test, each, leads.power(test, each), bias, bias + float(load @ gap)))
    frame = pd.DataFrame(rows, columns=["test", "slope", "power", "bias", "bias_if_passed"])
    return frame.assign(
        mean_effect=known["estimate"] @ weights, level=level, n_leads=len(leads.unit)
    )


@dataclass(frozen=True, slots=True)
class _Leads:
    """The q leads over their standard errors: means at a divergence of one, correlations."""

    unit: np.ndarray
    correlations: np.ndarray
    level: float

    def radius(self, test: str) -> float:
        """Return how many standard errors from zero a test begins to reject."""
        if test == JOINT:
            return float(np.sqrt(stats.chi2.isf(self.level, len(self.unit))))
        return float(stats.norm.isf(self.level / 2))

    def power(self, test: str, slope: float) -> float:
        """Return the probability that the test rejects at a divergence."""
        radius = self.radius(test)
        if test == JOINT:
            return float(stats.ncx2.sf(radius**2, len(self.unit), self._noncentrality(slope)))
        return 1 - _box(slope * self.unit, self.correlations, radius)

    def mean_if_passed(self, test: str, slope: float) -> np.ndarray:
        """Return the mean of the leads over samples that pass the test, length q."""
        radius, means = self.radius(test), slope * self.unit
        if test == JOINT:
            q, shift = len(means), self._noncentrality(slope)
            inner, outer = (float(stats.ncx2.cdf(radius**2, k, shift)) for k in (q + 2, q))
            return means * inner / outer
        return _box_mean(means, self.correlations, radius)

    def detected(self, test: str, power: float) -> float:
        """Return the slope that a test detects with some power."""
        if self.power(test, 0.0) >= power:
            return 0.0
        upper = (self.radius(test) + ALMOST_SURE) / np.abs(self.unit).max()
        steps = {"xtol": SLOPE_RTOL * upper / 10, "rtol": SLOPE_RTOL}
        return float(optimize.brentq(lambda s: self.power(test, s) - power, 0.0, upper, **steps))

    def _noncentrality(self, slope: float) -> float:
        return float(slope**2 * self.unit @ np.linalg.solve(self.correlations, self.unit))


def _box(means: np.ndarray, vcov: np.ndarray, side: float) -> float:
    """Return the probability that all of q normal variables lie within sides of -c and c."""
    if not len(means):
        return 1.0
    ends = np.full(len(means), side)
    shifts = np.random.default_rng(0)  # of the integration points: the same every time
    probability = stats.multivariate_normal.cdf(ends, means, vcov, lower_limit=-ends, rng=shifts)
    return float(probability)


def _box_mean(means: np.ndarray, correlations: np.ndarray, side: float) -> np.ndarray:
    """Return the mean of normal variables of variance 1 within a box, length q."""
    lost = [
        _face(means, correlations, side, k, -side) - _face(means, correlations, side, k, side)
        for k in range(len(means))
    ]
    return means + correlations @ lost / _box(means, correlations, side)


def _face(means: np.ndarray, correlations: np.ndarray, side: float, k: int, value: float) -> float:
    """Return the density of variable k at a value, times the chance of the others in the box."""
    others = np.arange(len(means)) != k
    load = correlations[others, k]
    centre = means[others] + load * (value - means[k])
    spread = correlations[np.ix_(others, others)] - np.outer(load, load)
    return float(stats.norm.pdf(value - means[k])) * _box(centre, spread, side)


def _check(unit: pd.Series, vcov: np.ndarray, target_power: Sequence[float], level: float) -> None:
    odd, some = [power for power in target_power if not share(power)], len(unit) > 0
    ranked = some and full_rank(vcov)
    choose = "has not full rank; bin leads, or choose another covariance"
    wrong = {
        f"level {level}: give a probability between 0 and 1": not share(level),
        f"target_power {odd}: give probabilities between 0 and 1": odd,
        "event times before 0: none is estimated; name another base": not some,
        f"vcov of {len(unit)} leads: {choose}": some and not ranked,
        "unit_trend: with nobody never treated, a linear divergence leaves no trace in the leads; "
        "keep never-treated rows and one base": ranked and unit.abs().max() < VISIBLE,
    }
    refuse(NO_POWER, wrong)
