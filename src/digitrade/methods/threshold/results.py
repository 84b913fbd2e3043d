"""What `panel_threshold` returns, and the frames in it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from digitrade.methods.threshold.cuts import Cuts
from digitrade.methods.threshold.options import Columns, Covariance, FDivisor, Split
from digitrade.methods.threshold.panel import FloatArray, IntArray
from digitrade.methods.threshold.search import Fit
from digitrade.methods.threshold.slopes import Slopes

SMALL_REGIME = 0.05
"""Share of the observations under which a regime is warned about (Hansen's usual trim)."""
CRITICAL_LEVELS = {"crit_10": 0.90, "crit_5": 0.95, "crit_1": 0.99}


class SmallRegimeWarning(UserWarning):
    """A regime holds so few observations that its slope rests on a handful of rows."""


@dataclass(frozen=True, slots=True)
class ThresholdConventions:
    """The choices on which programs for this model differ, as they were made.

    Attributes
    ----------
    split : the low regime is q <= threshold or q < threshold
    grid, n_candidates : quantile steps asked for (None: every value); cut points searched
    trim, min_rows : smallest share and number of rows a regime may hold
    f_divisor, f_divisor_value : divisor of the sum of squares in F and likelihood ratio
    confidence, critical_value : level of the sets, and -2 ln(1 - sqrt(confidence))
    covariance, small_sample_factor, degrees_of_freedom : of the slopes
    time_effects : whether period effects were taken out
    draws, resampling : bootstrap samples of each test, and what was drawn
    """

    split: Split
    grid: int | None
    n_candidates: int
    trim: float
    min_rows: int
    f_divisor: FDivisor
    f_divisor_value: float
    confidence: float
    critical_value: float
    covariance: Covariance
    small_sample_factor: float
    degrees_of_freedom: int
    time_effects: bool
    draws: int
    resampling: str


@dataclass(frozen=True, slots=True)
class PanelThreshold:
    """A fitted panel threshold model; every frame has one row per thing named.

    Attributes
    ----------
    thresholds : a row per threshold in the order found: order, estimate, conf_low, conf_high,
        disconnected, f_statistic, p_value, crit_10, crit_5, crit_1. `disconnected` marks a
        likelihood-ratio set with gaps, of which conf_low and conf_high are the convex hull. The
        test in row k is of k thresholds against k - 1
    coefficients : a row per slope: term, estimate, std_error, statistic, p_value, conf_low,
        conf_high, n_obs; regimes are numbered from the lowest values of the threshold variable
    profile : a row per threshold and candidate: order, gamma, sum_squared_residuals,
        likelihood_ratio, with the other thresholds held
    covariance : slopes of the regimes by the same
    sums_of_squares : a row per model: n_thresholds, sum_squared_residuals, first_pass (before
        the earlier thresholds were refined; the F test uses it)
    regimes : a row per regime: regime, low, high, n_obs, share, n_entities
    bootstrap : a row per test and draw: order, draw, f_statistic under the null
    conventions : the choices made
    n_obs, n_entities, n_periods : size of the panel
    """

    thresholds: pd.DataFrame
    coefficients: pd.DataFrame
    profile: pd.DataFrame
    covariance: pd.DataFrame
    sums_of_squares: pd.DataFrame
    regimes: pd.DataFrame
    bootstrap: pd.DataFrame
    conventions: ThresholdConventions
    n_obs: int
    n_entities: int
    n_periods: int


def critical_value(confidence: float) -> float:
    """Critical value of the likelihood ratio, -2 ln(1 - sqrt(confidence)) (Hansen, sec. 4.2)."""
    return float(-2 * np.log(1 - np.sqrt(confidence)))


def likelihood_ratio(curve: FloatArray, divisor: float) -> FloatArray:
    """LR(gamma) = (S(gamma) - S_min) / (S_min / divisor), (cuts,) (Hansen, secs. 4.2 and 5.3)."""
    smallest = float(curve.min())
    return (curve - smallest) / (smallest / divisor)


def confidence_set(
    values: FloatArray, ratio: FloatArray, critical: float
) -> tuple[float, float, bool]:
    """Ends of the set {LR <= critical}, and whether a candidate between them lies outside.

    A candidate that is not admissible has an infinite ratio.
    """
    inside = np.flatnonzero(ratio <= critical)
    return values[inside[0]], values[inside[-1]], bool(np.ptp(inside) >= inside.size)


def profile_frame(fit: Fit, cuts: Cuts, divisor: float) -> pd.DataFrame:
    """Likelihood-ratio profile of every threshold over its admissible candidates."""
    curves = np.concatenate([search.curve[:, 0] for search in fit.searches])
    ratios = [likelihood_ratio(search.curve[:, 0], divisor) for search in fit.searches]
    count = len(fit.searches)
    profile = {
        "order": np.repeat(np.arange(1, count + 1), cuts.gamma.size),
        "gamma": np.tile(cuts.gamma, count),
        "sum_squared_residuals": curves,
        "likelihood_ratio": np.concatenate(ratios),
    }
    kept = np.isfinite(curves)
    return pd.DataFrame({name: values[kept] for name, values in profile.items()})


def threshold_frame(
    fit: Fit, cuts: Cuts, divisor: float, critical: float, tests: list[dict[str, float]]
) -> pd.DataFrame:
    """Estimates with their confidence sets and tests, in the order found."""
    rows = []
    for order, (search, test) in enumerate(zip(fit.searches, tests, strict=True), 1):
        ratio = likelihood_ratio(search.curve[:, 0], divisor)
        low, high, gaps = confidence_set(cuts.gamma, ratio, critical)
        located = {"order": order, "estimate": cuts.gamma[search.cut[0]]}
        ends = {"conf_low": low, "conf_high": high, "disconnected": gaps}
        rows.append(located | ends | test)
    return pd.DataFrame(rows)


def statistics_row(f: float, drawn: FloatArray) -> dict[str, float]:
    """F, its bootstrap p-value (share of draws at least as large) and critical values."""
    if not drawn.size:
        return {"f_statistic": f, "p_value": np.nan, **dict.fromkeys(CRITICAL_LEVELS, np.nan)}
    critical = np.quantile(drawn, list(CRITICAL_LEVELS.values()), method="inverted_cdf")
    named = dict(zip(CRITICAL_LEVELS, map(float, critical), strict=True))
    return {"f_statistic": f, "p_value": float(np.mean(drawn >= f)), **named}


def bootstrap_frame(drawn: list[FloatArray]) -> pd.DataFrame:
    """Long frame of the F statistics under each null."""
    sizes = [one.size for one in drawn]
    return pd.DataFrame(
        {
            "order": np.repeat(np.arange(1, len(drawn) + 1), sizes),
            "draw": np.concatenate([np.arange(1, size + 1) for size in sizes]),
            "f_statistic": np.concatenate(drawn),
        }
    )


def sums_frame(linear: float, fits: list[Fit]) -> pd.DataFrame:
    """Sums of squared residuals of every model, none to all thresholds."""
    return pd.DataFrame(
        {
            "n_thresholds": np.arange(len(fits) + 1),
            "sum_squared_residuals": [linear, *(float(fit.ssr[0]) for fit in fits)],
            "first_pass": [linear, *(float(fit.first_pass[0]) for fit in fits)],
        }
    )


def regime_frame(regime: IntArray, entity: IntArray, values: FloatArray) -> pd.DataFrame:
    """Bounds and size of every regime; `values` are the sorted thresholds."""
    bounds = np.concatenate([[-np.inf], values, [np.inf]])
    n_obs = np.bincount(regime, minlength=values.size + 1)
    pairs = np.unique(regime * (entity.max() + 1) + entity) // (entity.max() + 1)
    return pd.DataFrame(
        {
            "regime": np.arange(1, values.size + 2),
            "low": bounds[:-1],
            "high": bounds[1:],
            "n_obs": n_obs,
            "share": n_obs / regime.size,
            "n_entities": np.bincount(pairs, minlength=values.size + 1),
        }
    )


def warn_small_regimes(regimes: pd.DataFrame, name: str) -> None:
    """Warn once for every regime with less than 5 % of the observations."""
    total = int(regimes["n_obs"].sum())
    for row in regimes[regimes["share"] < SMALL_REGIME].itertuples():
        warnings.warn(
            f"regime {row.regime} ({name} between {row.low:.6g} and {row.high:.6g}) holds "
            f"{row.n_obs} of {total} observations ({row.share:.1%}), from {row.n_entities} "
            "entities: its slope rests on these rows alone; read it as a description",
            SmallRegimeWarning,
            stacklevel=3,
        )


def term_names(columns: Columns, n_regimes: int) -> list[str]:
    """Names of the slopes, `x[regime 1]` and so on, then the controls."""
    split = [
        f"{name}[regime {regime}]"
        for regime in range(1, n_regimes + 1)
        for name in columns.regime_dependent
    ]
    return [*split, *columns.controls]


def coefficient_frame(
    slopes: Slopes, terms: list[str], n_obs: IntArray, confidence: float
) -> pd.DataFrame:
    """Tidy rows; `n_obs` is (slopes,)."""
    std_error = np.sqrt(np.diag(slopes.covariance))
    freedom = slopes.degrees_of_freedom
    statistic = slopes.estimate / std_error
    reach = special.stdtrit(freedom, (1 + confidence) / 2) * std_error
    return pd.DataFrame(
        {
            "term": terms,
            "estimate": slopes.estimate,
            "std_error": std_error,
            "statistic": statistic,
            "p_value": 2 * special.stdtr(freedom, -np.abs(statistic)),
            "conf_low": slopes.estimate - reach,
            "conf_high": slopes.estimate + reach,
            "n_obs": n_obs,
        }
    )
