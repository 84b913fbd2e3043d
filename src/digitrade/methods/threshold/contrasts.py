"""After the search: slopes compared, the regression at given cuts, everything as tidy rows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from digitrade.methods.estimate import TIDY
from digitrade.methods.threshold.columns import regime_codes
from digitrade.methods.threshold.panel import IntArray, Split
from digitrade.methods.threshold.results import PanelThreshold


def slope_contrasts(
    fit: PanelThreshold, *, regressor: str | None = None, null_ratio: float = 2.0
) -> pd.DataFrame:
    """Compare the slopes of neighbouring regimes, the thresholds taken as known.

    The interval of the ratio is Fieller's: all r that the t test of b2 - r b1 = 0 does not
    reject (Fieller 1954, Journal of the Royal Statistical Society B 16(2), 175-185). Where b1
    itself is not distinguishable from zero that set has no bound, and is given as infinite.

    Parameters
    ----------
    fit
        A model with one threshold or more.
    regressor
        Which regime-dependent regressor; not needed if there is one only.
    null_ratio
        The ratio that is tested, such as 2 for "doubles".

    Returns
    -------
    pandas.DataFrame
        Two rows for each pair of neighbouring regimes: ``contrast`` (``"difference"`` or
        ``"ratio"``), the tidy columns, ``null``, the value that statistic and p-value test (0 and
        `null_ratio`), ``bounded``, and the two slopes, ``slope_low`` and ``slope_high``. A
        ratio's std_error is by the delta method.

    Raises
    ------
    ValueError
        If the regressor is not one of those whose slope depends on the regime.
    """
    terms = fit.vcov.index.to_series()
    names = terms.str.split("[").str[0]
    known = list(names.unique())
    if regressor is None and len(known) == 1:
        regressor = known[0]
    if regressor not in known:
        raise ValueError(
            f"regressor={regressor!r}: name one whose slope depends on the regime: "
            f"{', '.join(known)}"
        )
    pairs = pairwise(terms[names == regressor])
    rows = pd.concat([_pair(fit, *pair, null_ratio) for pair in pairs], ignore_index=True)
    return rows[["contrast", *TIDY, "null", "bounded", "slope_low", "slope_high"]]


def _pair(fit: PanelThreshold, first: str, second: str, null_ratio: float) -> pd.DataFrame:
    """Difference and ratio of the slopes of two regimes."""
    rows = fit.coefficients.set_index("term").loc[[first, second]]
    vcov = fit.vcov.loc[[first, second], [first, second]].to_numpy()
    low, high = rows["estimate"]
    name_low, name_high = (term[term.index("[") + 1 : -1] for term in (first, second))
    student = stats.t(fit.conventions.degrees_of_freedom)
    critical = float(student.ppf((1 + fit.conventions.confidence) / 2))
    difference, error = high - low, _multiple_error(1.0, vcov)
    fieller = fieller_interval(low, high, vcov, critical)
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
            "conf_low": [difference - critical * error, fieller[0]],
            "conf_high": [difference + critical * error, fieller[1]],
            "n_obs": int(rows["n_obs"].sum()),
            "null": [0.0, null_ratio],
            "bounded": [True, bool(np.isfinite(fieller[0]))],
            "slope_low": low,
            "slope_high": high,
        }
    )


def _multiple_error(multiple: float, vcov: np.ndarray) -> float:
    """Return the standard error of the second slope less a multiple of the first."""
    weights = np.array([-multiple, 1.0])
    return float(np.sqrt(weights @ vcov @ weights))


def fieller_interval(
    low: float, high: float, vcov: np.ndarray, critical: float
) -> tuple[float, float]:
    """Return the ends of Fieller's set for high / low; infinite where it has no bound.

    Parameters
    ----------
    low, high, vcov
        Estimates of denominator and numerator, and their 2 by 2 covariance matrix.
    critical
        Critical value of the t statistic.
    """
    a, b, _, c = (np.outer([low, high], [low, high]) - critical**2 * vcov).ravel()
    if a <= 0:
        return -np.inf, np.inf
    reach = np.sqrt(max(b**2 - a * c, 0.0))
    return float((b - reach) / a), float((b + reach) / a)


def regime_columns(
    data: pd.DataFrame,
    *,
    regressor: str,
    threshold: str,
    cuts: ArrayLike,
    split: Split = "<=",
) -> pd.DataFrame:
    """Return the regressor split at given cuts: its value in one regime, zero in the others.

    Given the cuts the threshold model is a regression on these columns, so every tool for
    regressions applies. (Clustered standard errors of :func:`fixed_effects` count a constant in
    their K, which those of the threshold model do not.) The columns are called
    ``regressor[regime 1]`` and so on, from the lowest regime to the highest.

    Parameters
    ----------
    data
        One row for each entity and time.
    regressor, threshold
        Column that is split, and column it is split by.
    cuts
        Thresholds, in any order, taken as known.
    split
        ``"<="`` puts a row that equals a cut below it, ``"<"`` above it.

    Raises
    ------
    ValueError
        If a regime would hold no row.
    """
    codes = _codes(data, threshold, cuts, split)
    regimes = {f"{regressor}[regime {k + 1}]": codes == k for k in range(codes.max() + 1)}
    return pd.DataFrame(regimes, index=data.index).mul(data[regressor], axis=0)


def increment_columns(
    data: pd.DataFrame,
    *,
    regressor: str,
    threshold: str,
    cuts: ArrayLike,
    split: Split = "<=",
) -> pd.DataFrame:
    """Return the regressor's value beyond each of given cuts, zero below it.

    Beside the regressor itself their coefficients are the changes of the slope at the cuts, so
    that an ordinary t test of one is a test of that change.

    Parameters, errors and rows are those of :func:`regime_columns`; the columns are called
    ``regressor[beyond cut 1]`` and so on.
    """
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
    """Stack thresholds and slopes of several models as tidy rows.

    Parameters
    ----------
    fits, outcome
        Models, under what each is called, and their outcome.

    Returns
    -------
    pandas.DataFrame
        ``label, outcome, covariance`` and the tidy columns. A threshold is called
        ``threshold 1`` and so on in the order found; its statistic is F, its p-value the
        bootstrap's, its interval spans the confidence set, and it has no standard error.
    """
    frames = []
    for title, fit in fits.items():
        found = fit.thresholds.rename(columns={"f_statistic": "statistic"})
        terms = "threshold " + found["order"].astype(str)
        found = found.assign(term=terms, std_error=np.nan, n_obs=fit.n_obs)
        rows = pd.concat([found[TIDY], fit.coefficients])
        frames.append(rows.assign(label=title, covariance=fit.conventions.covariance))
    rows = pd.concat(frames, ignore_index=True).assign(outcome=outcome)
    return rows[["label", "outcome", *TIDY, "covariance"]]
