"""Simulate in the open: noise that lasts, the smallest move that meets targets, a contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
ROUNDING = 1e-9  # of a tolerance: a difference that is larger by rounding alone is within it


def parameter(value: Any, meaning: str) -> Any:
    """Return a field of a dataclass of parameters: its default, and what it means in words."""
    return field(default_factory=lambda: value, metadata={"meaning": meaning})


def parameter_frame(truth: Any) -> pd.DataFrame:
    """Return ``parameter, value, meaning`` of a dataclass made of :func:`parameter` fields."""
    rows = [(one.name, getattr(truth, one.name), one.metadata["meaning"]) for one in fields(truth)]
    return pd.DataFrame(rows, columns=["parameter", "value", "meaning"])


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
    return pd.DataFrame(
        {
            "reference": reference,
            "found": value,
            "difference": difference,
            "tolerance": targets["tolerance"],
            "at_least": targets["at_least"],
            "at_most": targets["at_most"],
            "met": close.where(targets["tolerance"].notna(), value.ge(low) & value.le(high)),
        }
    )
