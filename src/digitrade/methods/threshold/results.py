"""What `panel_threshold` returns, and the frames in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from digitrade.methods.estimate import TIDY
from digitrade.methods.threshold.model import Covariance, IntArray, Split, ThresholdModel
from digitrade.methods.threshold.panel import regime_codes

GAP = ["gap_low", "gap_high"]
LINE = (-np.inf, np.inf)
SMALL_REGIME = 0.05
"""Share of the observations under which a regime is warned about (Hansen's usual trim)."""


class SmallRegimeWarning(UserWarning):
    """A regime holds so few observations that its slope rests on a handful of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdConventions(ThresholdModel):
    """The model, and choices on which programs differ, as they were made."""

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


def slope_contrasts(fit: PanelThreshold, *, null_ratio: float = 2.0) -> pd.DataFrame:
    """Compare the slopes of neighbouring regimes, the thresholds taken as known.

    The set of the ratio is Fieller's: all r that the t test of b2 - r b1 = 0 does not reject
    (Fieller 1954, Journal of the Royal Statistical Society B 16(2), 175-185). Where b1 is
    distinguishable from zero it is an interval. Where it is not, the set has no bound: it is
    everything, or everything but a gap, the ratios that are excluded.

    Parameters
    ----------
    fit, null_ratio
        A model with one threshold or more; the ratio tested, such as 2 for "doubles".

    Returns two rows for each regressor and pair of regimes: ``contrast`` (``"difference"`` or
    ``"ratio"``, with the delta method's std_error), the tidy columns, ``null``, the value tested,
    ``set`` (``"interval"``, ``"outside"`` or ``"everything"``), ``gap_low, gap_high`` (of
    ``"outside"``: what lies between is excluded), ``slope_low`` and ``slope_high``.
    """
    terms = fit.vcov.index.to_series()
    by_regressor = terms.groupby(terms.str.split("[").str[0], sort=False)
    pairs = [pair for _, own in by_regressor for pair in pairwise(own)]
    rows = pd.concat([_pair(fit, *pair, null_ratio) for pair in pairs], ignore_index=True)
    return rows[["contrast", *TIDY, "null", "set", *GAP, "slope_low", "slope_high"]]


def _pair(fit: PanelThreshold, first: str, second: str, null_ratio: float) -> pd.DataFrame:
    """Difference and ratio of the slopes of two regimes."""
    rows = fit.coefficients.set_index("term").loc[[first, second]]
    vcov = fit.vcov.loc[[first, second], [first, second]].to_numpy()
    low, high = rows["estimate"]
    name_low, name_high = (term[term.index("[") + 1 : -1] for term in (first, second))
    student = stats.t(fit.conventions.degrees_of_freedom)
    critical = float(student.ppf((1 + fit.conventions.confidence) / 2))
    difference, error = high - low, _multiple_error(1.0, vcov)
    kind, *ends = fieller_set(low, high, vcov, critical)
    bounds = ends if kind == "interval" else LINE
    gap = ends if kind == "outside" else (np.nan, np.nan)
    tested = (high - null_ratio * low) / _multiple_error(null_ratio, vcov)
    statistics = np.array([difference / error, tested])
    return pd.DataFrame(
        {
            "contrast": ["difference", "ratio"],
            "term": [f"{name_high} − {name_low}", f"{name_high} / {name_low}"],
            "estimate": [difference, high / low],
            "std_error": [error, _multiple_error(high / low, vcov) / abs(low)],
            "statistic": statistics,
            "p_value": 2 * student.sf(np.abs(statistics)),
            "conf_low": [difference - critical * error, bounds[0]],
            "conf_high": [difference + critical * error, bounds[1]],
            "n_obs": int(rows["n_obs"].sum()),
            "null": [0.0, null_ratio],
            "set": ["interval", kind],
            "gap_low": [np.nan, gap[0]],
            "gap_high": [np.nan, gap[1]],
            "slope_low": low,
            "slope_high": high,
        }
    )


def _multiple_error(multiple: float, vcov: np.ndarray) -> float:
    """Return the standard error of the second slope less a multiple of the first."""
    weights = np.array([-multiple, 1.0])
    return float(np.sqrt(weights @ vcov @ weights))


def fieller_set(
    low: float, high: float, vcov: np.ndarray, critical: float
) -> tuple[str, float, float]:
    """Return the kind of Fieller's set {r: a r^2 - 2 b r + c <= 0} for high / low, and its ends.

    ``"interval"`` from end to end; ``"outside"``, all but what lies between the ends, one of
    which may be infinite; or ``"everything"``.
    """
    a, b, _, c = (np.outer([low, high], [low, high]) - critical**2 * vcov).ravel()
    reach = b**2 - a * c  # not negative where a is positive, but for rounding
    if a <= 0 and reach <= 0:
        return "everything", -np.inf, np.inf
    kind = "interval" if a > 0 else "outside"
    # The root of larger size first, the other from their product c / a: nothing cancels.
    larger = b + np.copysign(np.sqrt(max(reach, 0.0)), b)
    with np.errstate(divide="ignore"):
        far = np.divide(larger, a if a > 0 else -abs(a))  # minus infinity where a is zero
        near = np.divide(c, larger)
    return kind, float(min(far, near)), float(max(far, near))


def regime_columns(
    data: pd.DataFrame, *, regressor: str, threshold: str, cuts: ArrayLike, split: Split = "<="
) -> pd.DataFrame:
    """Return ``regressor[regime 1]`` and so on: its value in one regime of cuts, else zero."""
    codes = _codes(data, threshold, cuts, split)
    regimes = {f"{regressor}[regime {k + 1}]": codes == k for k in range(codes.max() + 1)}
    return pd.DataFrame(regimes, index=data.index).mul(data[regressor], axis=0)


def increment_columns(
    data: pd.DataFrame, *, regressor: str, threshold: str, cuts: ArrayLike, split: Split = "<="
) -> pd.DataFrame:
    """Return ``regressor[beyond cut 1]`` and so on, whose coefficients are changes of the slope."""
    codes = _codes(data, threshold, cuts, split)
    beyond = {f"{regressor}[beyond cut {k}]": codes >= k for k in range(1, codes.max() + 1)}
    return pd.DataFrame(beyond, index=data.index).mul(data[regressor], axis=0)


def _codes(data: pd.DataFrame, threshold: str, cuts: ArrayLike, split: Split) -> IntArray:
    """Return the regime of every row, from 0, or raise if one holds no row."""
    values = np.sort(np.asarray(cuts, dtype=float))
    codes = regime_codes(data[threshold].to_numpy(dtype=float), values, split)
    if empty := sorted(set(range(values.size + 1)) - set(codes)):
        raise ValueError(
            f"Cuts {values.tolist()} on {threshold!r}, which runs from {data[threshold].min():.6g} "
            f"to {data[threshold].max():.6g}, leave regime {', '.join(str(k + 1) for k in empty)} "
            "empty: choose cuts inside"
        )
    return codes


def tidy(fits: Mapping[str, PanelThreshold], *, outcome: str) -> pd.DataFrame:
    """Stack ``label, outcome, covariance``, tidy rows of models; a threshold's statistic is F."""
    frames = []
    for title, fit in fits.items():
        found = fit.thresholds.rename(columns={"f_statistic": "statistic"})
        terms = "threshold " + found["order"].astype(str)
        found = found.assign(term=terms, std_error=np.nan, n_obs=fit.n_obs)
        rows = pd.concat([found[TIDY], fit.coefficients])
        frames.append(rows.assign(label=title, covariance=fit.conventions.covariance))
    rows = pd.concat(frames, ignore_index=True).assign(outcome=outcome)
    return rows[["label", "outcome", *TIDY, "covariance"]]
