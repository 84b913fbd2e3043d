"""After the search: slopes compared, the regression at given cuts, everything as tidy rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from digitrade.methods.estimate import TIDY
from digitrade.methods.threshold.cuts import regime_codes
from digitrade.methods.threshold.options import Split
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
    terms = _terms_of(fit, regressor)
    rows = [row for pair in pairwise(terms) for row in _pair_rows(fit, pair, null_ratio)]
    return pd.DataFrame(rows)[["contrast", *TIDY, "null", "bounded", "slope_low", "slope_high"]]


def fieller_interval(
    low: float, high: float, covariance: np.ndarray, critical: float
) -> tuple[float, float]:
    """Return the ends of Fieller's set for high / low; infinite where it has no bound.

    Parameters
    ----------
    low, high
        Estimates of denominator and numerator.
    covariance
        Their covariance, 2 by 2, in this order.
    critical
        Critical value of the t statistic.
    """
    squared = critical**2
    a = low**2 - squared * covariance[0, 0]
    b = low * high - squared * covariance[0, 1]
    c = high**2 - squared * covariance[1, 1]
    if a <= 0:
        return -np.inf, np.inf
    reach = np.sqrt(max(b**2 - a * c, 0.0))
    return float((b - reach) / a), float((b + reach) / a)


def regime_columns(
    data: pd.DataFrame,
    *,
    regressor: str,
    threshold: str,
    cuts: Sequence[float],
    split: Split = "<=",
) -> pd.DataFrame:
    """Return the regressor split at given cuts: its value in one regime, zero in the others.

    Given the cuts the threshold model is a regression on these columns, so every tool for
    regressions applies. (Clustered standard errors of :func:`fixed_effects`
    count a constant in their K, which those of the threshold model do not.)

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

    Returns
    -------
    pandas.DataFrame
        Columns ``regressor[regime 1]`` and so on, from the lowest regime to the highest, in the
        rows of `data`.

    Raises
    ------
    ValueError
        If a regime would hold no row.
    """
    codes = _codes(data, threshold, cuts, split)
    numbers = range(1, len(cuts) + 2)
    split_up = {f"{regressor}[regime {k}]": data[regressor] * (codes == k - 1) for k in numbers}
    return pd.DataFrame(split_up, index=data.index)


def increment_columns(
    data: pd.DataFrame,
    *,
    regressor: str,
    threshold: str,
    cuts: Sequence[float],
    split: Split = "<=",
) -> pd.DataFrame:
    """Return the regressor's value beyond each of given cuts, zero below it.

    Beside the regressor itself their coefficients are the changes of the slope at the cuts, so
    that an ordinary t test of one is a test of that change.

    Parameters, errors and rows are those of :func:`regime_columns`; the columns are called
    ``regressor[beyond cut 1]`` and so on.
    """
    codes = _codes(data, threshold, cuts, split)
    numbers = range(1, len(cuts) + 1)
    beyond = {f"{regressor}[beyond cut {k}]": data[regressor] * (codes >= k) for k in numbers}
    return pd.DataFrame(beyond, index=data.index)


def tidy(fits: Mapping[str, PanelThreshold], *, outcome: str) -> pd.DataFrame:
    """Stack thresholds and slopes of several models as tidy rows.

    Parameters
    ----------
    fits
        Models, under what each is called.
    outcome
        Their outcome.

    Returns
    -------
    pandas.DataFrame
        ``label, outcome, covariance`` and the tidy columns. A threshold is called
        ``threshold 1`` and so on in the order found; its statistic is F, its p-value the
        bootstrap's, its interval spans the confidence set, and it has no standard error.
    """
    frames = [
        rows.assign(label=title, outcome=outcome, covariance=fit.conventions.covariance)
        for title, fit in fits.items()
        for rows in (_tidy_thresholds(fit), fit.coefficients)
    ]
    return pd.concat(frames, ignore_index=True)[["label", "outcome", *TIDY, "covariance"]]


def _tidy_thresholds(fit: PanelThreshold) -> pd.DataFrame:
    rows = fit.thresholds.rename(columns={"f_statistic": "statistic"}, errors="raise")
    terms = "threshold " + rows["order"].astype(str)
    return rows.assign(term=terms, std_error=np.nan, n_obs=fit.n_obs)[TIDY]


def _codes(
    data: pd.DataFrame, threshold: str, cuts: Sequence[float], split: Split
) -> NDArray[np.intp]:
    """Return the regime of every row, from 0, or raise if one holds no row."""
    values = np.sort(np.asarray(cuts, dtype=float))
    codes = regime_codes(data[threshold].to_numpy(dtype=float), values, split)
    if empty := [str(k + 1) for k in range(values.size + 1) if not (codes == k).any()]:
        raise ValueError(
            f"Cuts {values.tolist()} on {threshold!r}, which runs from {data[threshold].min():.6g} "
            f"to {data[threshold].max():.6g}, leave regime {', '.join(empty)} empty: "
            "choose cuts inside"
        )
    return codes


def _terms_of(fit: PanelThreshold, regressor: str | None) -> list[str]:
    names = list(dict.fromkeys(term.split("[")[0] for term in fit.covariance.index))
    if regressor is None and len(names) == 1:
        regressor = names[0]
    if regressor not in names:
        raise ValueError(
            f"regressor={regressor!r}: name one whose slope depends on the regime: "
            f"{', '.join(names)}"
        )
    return [term for term in fit.covariance.index if term.split("[")[0] == regressor]


def _pair_rows(
    fit: PanelThreshold, pair: tuple[str, str], null_ratio: float
) -> list[dict[str, object]]:
    rows = fit.coefficients.set_index("term").loc[list(pair)]
    slopes = rows["estimate"].to_numpy()
    covariance = fit.covariance.loc[list(pair), list(pair)].to_numpy()
    freedom = fit.conventions.degrees_of_freedom
    critical = float(special.stdtrit(freedom, (1 + fit.conventions.confidence) / 2))
    low, high = (term[term.index("[") + 1 : -1] for term in pair)
    difference = _difference(slopes, covariance, critical)
    ratio = _ratio(slopes, covariance, critical)
    shared = {"slope_low": slopes[0], "slope_high": slopes[1], "n_obs": int(rows["n_obs"].sum())}
    return [
        {"contrast": "difference", "term": f"{high} − {low}", "null": 0.0}
        | _test(slopes, covariance, 1.0, freedom)
        | difference
        | shared,
        {"contrast": "ratio", "term": f"{high} / {low}", "null": null_ratio}
        | _test(slopes, covariance, null_ratio, freedom)
        | ratio
        | shared,
    ]


def _difference(
    slopes: np.ndarray, covariance: np.ndarray, critical: float
) -> dict[str, float | bool]:
    estimate = slopes[1] - slopes[0]
    error = _spread(np.array([-1.0, 1.0]), covariance)
    ends = {"conf_low": estimate - critical * error, "conf_high": estimate + critical * error}
    return {"estimate": estimate, "std_error": error, "bounded": True} | ends


def _ratio(slopes: np.ndarray, covariance: np.ndarray, critical: float) -> dict[str, float | bool]:
    estimate = slopes[1] / slopes[0]
    error = _spread(np.array([-estimate, 1.0]), covariance) / abs(slopes[0])
    low, high = fieller_interval(slopes[0], slopes[1], covariance, critical)
    ends = {"conf_low": low, "conf_high": high, "bounded": bool(np.isfinite(low))}
    return {"estimate": estimate, "std_error": error} | ends


def _spread(weights: np.ndarray, covariance: np.ndarray) -> float:
    """Return the standard error of a weighted sum."""
    return float(np.sqrt(weights @ covariance @ weights))


def _test(
    slopes: np.ndarray, covariance: np.ndarray, multiple: float, freedom: int
) -> dict[str, float]:
    """Test that the higher regime's slope is a multiple of the lower one's."""
    weights = np.array([-multiple, 1.0])
    statistic = float(weights @ slopes) / _spread(weights, covariance)
    return {"statistic": statistic, "p_value": float(2 * special.stdtr(freedom, -abs(statistic)))}
