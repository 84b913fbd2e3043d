"""What `panel_threshold` returns, and the frames in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.threshold.columns import Cuts
from digitrade.methods.threshold.panel import Covariance, FloatArray, IntArray, ThresholdModel
from digitrade.methods.threshold.search import Fit

SMALL_REGIME = 0.05
"""Share of the observations under which a regime is warned about (Hansen's usual trim)."""
CRITICAL_LEVELS = {"crit_10": 0.90, "crit_5": 0.95, "crit_1": 0.99}


class SmallRegimeWarning(UserWarning):
    """A regime holds so few observations that its slope rests on a handful of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdConventions(ThresholdModel):
    """The model, and choices on which programs differ.

    Cut points searched and the fewest rows a regime may hold; the divisor in F and likelihood
    ratio; the sets' level and critical value; the slopes' covariance; and the bootstrap.
    """

    n_candidates: int
    min_rows: int
    f_divisor_value: float
    confidence: float
    critical_value: float
    covariance: Covariance
    small_sample_factor: float
    degrees_of_freedom: int
    draws: int
    resampling: str


@dataclass(frozen=True, slots=True)
class PanelThreshold:
    """A fitted panel threshold model; every frame has one row per thing named.

    Attributes
    ----------
    thresholds
        A threshold in the order found: ``order, estimate, conf_low, conf_high, disconnected``
        (whether the likelihood-ratio set has gaps), and of the test of k thresholds against
        k - 1 ``f_statistic, p_value, crit_10, crit_5, crit_1``.
    coefficients, vcov
        Tidy slopes, regimes numbered from the lowest values of q; covariances of the regimes'.
    profile
        A threshold and candidate, the others held: ``order, gamma, sum_squared_residuals,
        likelihood_ratio``.
    sums_of_squares
        A model: ``n_thresholds, sum_squared_residuals, first_pass`` (before the earlier
        thresholds were refined; the F test uses it).
    regimes
        A regime: ``regime, low, high, n_obs, share, n_entities``.
    bootstrap
        A test and draw: ``order, draw, f_statistic`` under the null.
    conventions, n_obs, n_entities, n_periods
        The choices made, and the size of the panel.
    """

    thresholds: pd.DataFrame
    coefficients: pd.DataFrame
    profile: pd.DataFrame
    vcov: pd.DataFrame
    sums_of_squares: pd.DataFrame
    regimes: pd.DataFrame
    bootstrap: pd.DataFrame
    conventions: ThresholdConventions
    n_obs: int
    n_entities: int
    n_periods: int


def critical_value(confidence: float) -> float:
    """Return the likelihood ratio's critical value, -2 ln(1 - sqrt(confidence)) (sec. 4.2)."""
    return float(-2 * np.log(1 - np.sqrt(confidence)))


def likelihood_ratio(curve: FloatArray, divisor: float) -> FloatArray:
    """LR(gamma) = (S(gamma) - S_min) / (S_min / divisor), (cuts,) (Hansen, secs. 4.2 and 5.3)."""
    smallest = float(curve.min())
    return (curve - smallest) / (smallest / divisor)


def confidence_set(
    values: FloatArray, ratio: FloatArray, critical: float
) -> tuple[float, float, bool]:
    """Return the ends of {LR <= critical}, and whether a candidate between lies outside."""
    inside = np.flatnonzero(ratio <= critical)
    return values[inside[0]], values[inside[-1]], bool(np.ptp(inside) >= inside.size)


def threshold_frames(
    fit: Fit, cuts: Cuts, tests: list[tuple[float, FloatArray]], conventions: ThresholdConventions
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Thresholds, their profiles and the draws of their tests; a test is F, and F of draws."""
    rows, profiles, draws = [], [], []
    for k, (f_statistic, drawn) in enumerate(tests):
        order, curve = {"order": k + 1}, fit.curves[k][:, 0]
        ratio = likelihood_ratio(curve, conventions.f_divisor_value)
        low, high, gaps = confidence_set(cuts.gamma, ratio, conventions.critical_value)
        located = order | {"estimate": cuts.gamma[fit.cuts[k, 0]]}
        ends = {"conf_low": low, "conf_high": high, "disconnected": gaps}
        rows.append(located | ends | _test_cells(f_statistic, drawn))
        columns = {"gamma": cuts.gamma, "sum_squared_residuals": curve, "likelihood_ratio": ratio}
        profiles.append(pd.DataFrame(order | columns)[np.isfinite(curve)])
        numbers = np.arange(1, drawn.size + 1)
        draws.append(pd.DataFrame(order | {"draw": numbers, "f_statistic": drawn}))
    stacked = (pd.concat(frames, ignore_index=True) for frames in (profiles, draws))
    return pd.DataFrame(rows), *stacked


def _test_cells(f_statistic: float, drawn: FloatArray) -> dict[str, float]:
    """F, its bootstrap p-value (share of draws at least as large) and critical values."""
    p_value, critical = np.nan, np.full(len(CRITICAL_LEVELS), np.nan)
    if drawn.size:
        p_value = float(np.mean(drawn >= f_statistic))
        critical = np.quantile(drawn, list(CRITICAL_LEVELS.values()), method="inverted_cdf")
    named = dict(zip(CRITICAL_LEVELS, map(float, critical), strict=True))
    return {"f_statistic": f_statistic, "p_value": p_value, **named}


def sums_frame(fits: list[Fit]) -> pd.DataFrame:
    """Sums of squared residuals of every model, none to all thresholds."""
    return pd.DataFrame(
        {
            "n_thresholds": np.arange(len(fits)),
            "sum_squared_residuals": [float(fit.ssr[0]) for fit in fits],
            "first_pass": [float(fit.first_pass[0]) for fit in fits],
        }
    )


def regime_frame(codes: IntArray, entity: IntArray, values: FloatArray) -> pd.DataFrame:
    """Bounds and size of every regime; `values` are the sorted thresholds."""
    bounds, n_obs = np.concatenate([[-np.inf], values, [np.inf]]), np.bincount(codes)
    return pd.DataFrame(
        {
            "regime": np.arange(1, values.size + 2),
            "low": bounds[:-1],
            "high": bounds[1:],
            "n_obs": n_obs,
            "share": n_obs / codes.size,
            "n_entities": [np.unique(entity[codes == k]).size for k in range(values.size + 1)],
        }
    )
