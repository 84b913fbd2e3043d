"""Whether matching made the groups alike, and whether there was anybody to match."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

QUANTILES = {"p5": 0.05, "median": 0.5, "p95": 0.95}


def balance(
    data: pd.DataFrame, covariates: Sequence[str], treated: pd.Series, weights: pd.Series
) -> pd.DataFrame:
    r"""Compare covariates between the groups, before and after matching.

    The standardised difference is :math:`(\bar x_1 - \bar x_0) / \sqrt{(s_1^2 + s_0^2) / 2}`
    (Rosenbaum and Rubin 1985, The American Statistician 39(1), 33-38). Both times the
    denominator is that of the unmatched rows, so that it changes only if the means do.

    Parameters
    ----------
    data, covariates
        n rows and the columns to compare.
    treated
        0 and 1, or booleans, with the index of the data.
    weights
        Of the rows after matching, 0 for those that are not used; the same index.

    Returns
    -------
    pandas.DataFrame
        ``variable, mean_treated, mean_control, std_difference, variance_ratio`` before, and
        the same four with the ending ``_matched`` after. A ratio has the treated above.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If an index differs, or a group is empty before or after.
    """
    if absent := [name for name in covariates if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
    chosen, after = _aligned(data, treated, weights)
    columns = data[list(covariates)].to_numpy(dtype=float)
    before = np.ones(len(data))
    result = pd.DataFrame({"variable": list(covariates)})
    pooled = np.sqrt(sum(_moments(columns[own], before[own])[1] for own in (chosen, ~chosen)) / 2)
    for ending, used in (("", before), ("_matched", after)):
        (mean_1, var_1), (mean_0, var_0) = (
            _moments(columns[own], used[own]) for own in (chosen, ~chosen)
        )
        result[f"mean_treated{ending}"], result[f"mean_control{ending}"] = mean_1, mean_0
        with np.errstate(divide="ignore", invalid="ignore"):
            result[f"std_difference{ending}"] = (mean_1 - mean_0) / pooled
            result[f"variance_ratio{ending}"] = var_1 / var_0
    return result


def _aligned(
    data: pd.DataFrame, treated: pd.Series, weights: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Return treatment and weights as arrays, or raise."""
    problems = [
        f"{name}: another index than the data; align it"
        for name, one in (("treated", treated), ("weights", weights))
        if not one.index.equals(data.index)
    ]
    chosen, after = treated.to_numpy(dtype=bool), weights.to_numpy(dtype=float)
    if not problems:
        for words, used in (("before", np.ones(len(after))), ("after", after)):
            if min((used[chosen] > 0).sum(), (used[~chosen] > 0).sum()) < 2:
                problems.append(f"{words} matching: a group has fewer than two rows")
    if problems:
        raise ValueError("No balance to compare:\n  - " + "\n  - ".join(problems))
    return chosen, after


def _moments(columns: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted means and variances of columns.

    The variance's divisor, the sum of weights less the sum of squares over it, is n - 1 if
    weights are 1, and makes their scale not matter.
    """
    total = weights.sum()
    mean = weights @ columns / total
    divisor = total - (weights**2).sum() / total
    return mean, weights @ (columns - mean) ** 2 / divisor


def overlap(
    scores: pd.Series, treated: pd.Series, *, within: pd.Series | None = None
) -> pd.DataFrame:
    """Describe the scores of both groups, and how many rows the other group does not reach.

    Parameters
    ----------
    scores, treated
        Length n, with the same index.
    within
        Strata in each of which the groups are compared; the same index.

    Returns
    -------
    pandas.DataFrame
        A row for the treated and one for the control group: ``group, n_obs, min, p5, median,
        p95, max``, and ``outside``, the rows below the lowest or above the highest score of
        the other group in their stratum.
    """
    frame = pd.DataFrame({"score": scores, "treated": treated.astype(bool)})
    frame["stratum"] = 0 if within is None else within
    rows = []
    for group, own in (("treated", frame["treated"]), ("control", ~frame["treated"])):
        others = frame[~own].groupby("stratum")["score"].agg(["min", "max"])
        ends = others.reindex(frame.loc[own, "stratum"])
        values = frame.loc[own, "score"]
        inside = values.between(ends["min"].to_numpy(), ends["max"].to_numpy())
        spread = {name: float(values.quantile(share)) for name, share in QUANTILES.items()}
        rows.append(
            {
                "group": group,
                "n_obs": int(own.sum()),
                "min": float(values.min()),
                **spread,
                "max": float(values.max()),
                "outside": int((~inside).sum()),
            }
        )
    return pd.DataFrame(rows)
