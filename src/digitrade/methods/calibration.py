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
    """Return what a dataclass made of :func:`parameter` fields holds.

    Returns
    -------
    pandas.DataFrame
        ``parameter, value, meaning``, a row a field, in their order.
    """
    rows = [(one.name, getattr(truth, one.name), one.metadata["meaning"]) for one in fields(truth)]
    return pd.DataFrame(rows, columns=["parameter", "value", "meaning"])


def stationary_paths(
    units: int, periods: int, rng: np.random.Generator, *, persistence: float, sd: float = 1.0
) -> FloatArray:
    r"""Draw a stationary first-order autoregression for each unit.

    :math:`u_{it} = \rho u_{i,t-1} + \sqrt{1 - \rho^2} e_{it}` with normal :math:`e_{it}`, the
    first period drawn from the stationary distribution.

    Parameters
    ----------
    units, periods
        How many of each.
    rng
        Source of the draws.
    persistence
        Correlation :math:`\rho` with the value a period earlier, between -1 and 1.
    sd
        Standard deviation in every period.

    Returns
    -------
    numpy.ndarray
        Units by periods.
    """
    paths = rng.normal(0, sd, (units, periods))
    for t in range(1, periods):
        paths[:, t] = persistence * paths[:, t - 1] + np.sqrt(1 - persistence**2) * paths[:, t]
    return np.asarray(paths, dtype=float)


def coefficient_rows(residualised: FloatArray) -> FloatArray:
    r"""Return least-squares coefficients as what they are: fixed linear functions of the outcome.

    Parameters
    ----------
    residualised
        What effects and controls leave of k regressors, n by k, of full rank
        (:meth:`digitrade.methods.absorb.Projection.residualise`).

    Returns
    -------
    numpy.ndarray
        :math:`(\tilde X'\tilde X)^{-1}\tilde X'`, k by n. A row times *any* outcome, not
        residualised, is the coefficient of its regressor (Frisch and Waugh 1933, Econometrica
        1(4), 387-401); so it can be put to noise, or to one part of a process.
    """
    square = residualised.T @ residualised
    return np.asarray(np.linalg.solve(square, residualised.T), dtype=float)


def minimum_norm(
    rows: FloatArray,
    gap: FloatArray,
    *,
    scale: FloatArray | None = None,
    near: FloatArray | None = None,
) -> FloatArray:
    r"""Return the smallest change of an outcome that moves linear functions of it by a gap.

    With A the rows, W the squared scale on the diagonal and :math:`\Lambda` the squared nearness,
    :math:`d = W A' (A W A' + \Lambda)^{-1} g`: of all changes with :math:`A d = g` the one with
    the least :math:`\sum d_i^2 / s_i^2`, and with :math:`\Lambda > 0` the ridge compromise
    between that sum and :math:`\sum (A d - g)_j^2 / \lambda_j^2`.

    Parameters
    ----------
    rows
        Linear functions, k by n, linearly independent.
    gap
        By how much each is to change, (k,).
    scale
        Size of a change that counts as one, (n,); 0 where nothing may change, 1 by default.
    near
        How near to its gap each function is to come, in its own unit, (k,); exactly by default.

    Returns
    -------
    numpy.ndarray
        The change, (n,).

    Raises
    ------
    numpy.linalg.LinAlgError
        If the rows are linearly dependent and have to be met exactly.
    """
    weighted = rows if scale is None else rows * scale**2
    slack = 0.0 if near is None else np.diag(near**2)
    change: FloatArray = weighted.T @ np.linalg.solve(weighted @ rows.T + slack, gap)
    return change


def evaluate(targets: pd.DataFrame, found: Mapping[str, float]) -> pd.DataFrame:
    """Hold what was found to a table of targets.

    Parameters
    ----------
    targets
        A row a target: ``target`` (its name), ``printed`` (a number, as text or not; anything
        else where none is printed), ``tolerance``, ``at_least`` and ``at_most`` (in the
        target's unit; missing where they do not apply).
    found
        Values by target. One that is missing is not met.

    Returns
    -------
    pandas.DataFrame
        In the rows of ``targets``: ``reference`` (the printed number), ``found``,
        ``difference`` (found less printed), the three limits, and ``met``: within the tolerance of
        what is printed, or, where there is none, between the bounds.
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
