"""Simulate in the open: noise that lasts, the smallest move that meets targets, draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
LEVEL = 0.05  # of the tests that honest draws count
EVALUATED = ["reference", "found", "difference", "tolerance", "at_least", "at_most", "met"]
HELD = ["estimate", "std_error", "truth", "covered", "rejected"]
SUMMARY = ["truth", "mean", "bias", "sd", "mean_se", "coverage", "coverage_se", "power", "draws"]
ROUNDING = 1e-9  # of a tolerance: a difference that is larger by rounding alone is within it


def stationary_paths(
    units: int, periods: int, rng: np.random.Generator, *, persistence: float, sd: float = 1.0
) -> FloatArray:
    r"""Draw :math:`u_{it} = \rho u_{i,t-1} + \sqrt{1 - \rho^2} e_{it}`, units by periods."""
    paths = rng.normal(0, sd, (units, periods))
    for t in range(1, periods):
        paths[:, t] = persistence * paths[:, t - 1] + np.sqrt(1 - persistence**2) * paths[:, t]
    return np.asarray(paths, dtype=float)


def coefficient_rows(residualised: FloatArray) -> FloatArray:
    r"""Return :math:`(\tilde X'\tilde X)^{-1}\tilde X'`, k by n: outcome to coefficients."""
    square = residualised.T @ residualised
    return np.asarray(np.linalg.solve(square, residualised.T), dtype=float)


def minimum_norm(
    rows: FloatArray,
    gap: FloatArray,
    *,
    scale: FloatArray | None = None,
    near: FloatArray | None = None,
) -> FloatArray:
    r"""Return the least change, :math:`\sum d_i^2 / s_i^2`, that moves functions by a gap.

    :math:`d = W A' (A W A' + \Lambda)^{-1} g` with rows A (k by n, independent), gap g (k), squared
    scale s (n; 0 where nothing may change) on W's diagonal and squared ``near`` (k) on Lambda's:
    how near to its gap each function is to come, exactly by default.
    """
    weighted = rows if scale is None else rows * scale**2
    slack = 0.0 if near is None else np.diag(near**2)
    change: FloatArray = weighted.T @ np.linalg.solve(weighted @ rows.T + slack, gap)
    return change


def evaluate(targets: pd.DataFrame, found: Mapping[str, float]) -> pd.DataFrame:
    """Hold values by target to a table of ``target, printed, tolerance, at_least, at_most``.

    ``met`` is within the tolerance of what is printed or, without one, between the bounds.
    """
    value = targets["target"].map(dict(found)).astype(float)
    reference = pd.to_numeric(targets["printed"], errors="coerce")
    difference = value - reference
    low, high = targets["at_least"].fillna(-np.inf), targets["at_most"].fillna(np.inf)
    close = difference.abs() <= targets["tolerance"] * (1 + ROUNDING)
    met = close.where(targets["tolerance"].notna(), value.ge(low) & value.le(high))
    rows = targets.assign(reference=reference, found=value, difference=difference, met=met)
    return rows[EVALUATED]


def held_to_truth(rows: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Take the tidy rows, named by ``row`` and with a ``truth``, that targets ask for.

    ``covered`` says whether the interval holds the truth, ``rejected`` whether the test rejects
    zero at 5 per cent: 1, 0, or missing where there is no interval or test.
    """
    asked = targets[["target", "row"]].merge(rows, on="row", how="left", validate="m:1")
    if absent := sorted(set(asked["row"]) - set(rows["row"])):
        raise ValueError(f"No estimate for {absent}: correct `row` in honest_targets.csv")
    known = asked[["truth", "conf_low", "conf_high"]].notna().all(axis=1)
    covered = asked["truth"].between(asked["conf_low"], asked["conf_high"]).astype(float)
    rejected = (asked["p_value"] < LEVEL).astype(float)
    rejected = rejected.where(asked["p_value"].notna())
    return asked.assign(covered=covered.where(known), rejected=rejected)[["target", *HELD]]


def summarise_draws(data: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Summarise rows of :func:`held_to_truth` over independent draws, a row a target.

    - ``data``: ``target, estimate, std_error, truth, covered, rejected``, a row a draw and target.
    - ``targets``: ``target, description, what_is_true``, in the order wanted.

    Returns a ``pandas.DataFrame``: ``target, description``; ``truth``, ``mean`` estimate and
    ``bias``, each a mean over the draws; ``sd`` of the estimates; ``mean_se``; ``coverage`` of the
    intervals with its Monte Carlo error ``coverage_se``; ``power``, the share that rejects zero;
    ``draws``; ``what_is_true``, in words.
    """
    by_target = data.assign(bias=data["estimate"] - data["truth"]).groupby("target")
    names = {"truth": "truth", "mean": "estimate", "bias": "bias", "mean_se": "std_error"}
    names |= {"coverage": "covered", "power": "rejected"}
    found = by_target[[*names.values()]].mean().set_axis([*names], axis=1)
    share, known = found["coverage"], by_target["covered"].count()
    found = found.assign(
        sd=by_target["estimate"].std(),
        coverage_se=np.sqrt(share * (1 - share) / known.where(known > 0)),
        draws=by_target.size(),
    )
    known = targets[["target", "description", "what_is_true"]].join(found, on="target")
    return known[["target", "description", *SUMMARY, "what_is_true"]]
