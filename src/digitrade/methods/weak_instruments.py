"""Weak instruments: how weak they are, and confidence sets that stay honest all the same."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import linalg, stats

REAL = 1e-7  # imaginary part, relative, below which a root of the polynomial is a real one


@dataclass(frozen=True, slots=True)
class ConfidenceSet:
    """The values that a test does not reject: any number of intervals, possibly unbounded.

    Attributes
    ----------
    intervals
        Pairs of ends in ascending order; an end may be infinite. None if every value is
        rejected.
    confidence
        Level of the set.
    """

    intervals: tuple[tuple[float, float], ...]
    confidence: float

    @property
    def low(self) -> float:
        """The smallest value in the set; minus infinity if there is none, NaN if empty."""
        return self.intervals[0][0] if self.intervals else np.nan

    @property
    def high(self) -> float:
        """The largest value in the set; infinity if there is none, NaN if empty."""
        return self.intervals[-1][1] if self.intervals else np.nan

    @property
    def bounded(self) -> bool:
        """Whether the set has both ends."""
        return bool(np.isfinite([self.low, self.high]).all())

    def __contains__(self, value: float) -> bool:
        """Return whether a value is in the set, ends included."""
        return any(low <= value <= high for low, high in self.intervals)

    def words(self, digits: int = 3) -> str:
        """Return the set in print, such as ``−0.1 to 0.3`` or ``unbounded: all values``."""
        if not self.intervals:
            return "empty"
        if self.intervals == ((-np.inf, np.inf),):
            return "unbounded: all values"
        return " or ".join(_interval_words(low, high, digits) for low, high in self.intervals)


def anderson_rubin(
    reduced_form: np.ndarray,
    first_stage: np.ndarray,
    covariance: np.ndarray,
    *,
    critical: float,
    confidence: float,
) -> ConfidenceSet:
    r"""Invert the Anderson-Rubin test of a coefficient exactly, for any number of instruments.

    A value :math:`b` is kept if the reduced form of :math:`y - bx`, with coefficients
    :math:`\pi_y - b \pi_x` and covariance :math:`V(b) = V_{yy} - b(V_{yx} + V_{xy}) + b^2
    V_{xx}`, has a Wald statistic of at most ``critical``. The ends of the set are the real
    roots of :math:`\det(c V(b) - (\pi_y - b \pi_x)(\pi_y - b \pi_x)')`, a quadratic
    eigenvalue problem; with one instrument, a quadratic equation.

    Parameters
    ----------
    reduced_form, first_stage
        Coefficients of k instruments on outcome and regressor, each of length k.
    covariance
        Of both, stacked in this order, 2k by 2k.
    critical
        Largest Wald statistic that is not rejected.
    confidence
        Level that belongs to it; passed on.

    Returns
    -------
    ConfidenceSet

    Notes
    -----
    Anderson and Rubin (1949, Annals of Mathematical Statistics 20(1), 46-63); robust to
    heteroskedasticity and clusters as in Chernozhukov and Hansen (2008, Economics Letters
    100(1), 68-71).
    """
    size = len(first_stage)
    scale = float(np.sqrt(np.trace(covariance[:size, :size]) / np.trace(covariance[size:, size:])))
    x, unit = first_stage * scale, np.repeat([1.0, scale], size)
    pieces = _Pieces.of(reduced_form, x, covariance * np.outer(unit, unit))
    ends = [-np.inf, *(scale * pieces.roots(critical)).tolist(), np.inf]
    kept = [
        (low, high)
        for low, high in pairwise(ends)
        if pieces.wald(_between(low / scale, high / scale)) <= critical
    ]
    return ConfidenceSet(tuple(_merged(kept)), confidence)


@dataclass(frozen=True, slots=True)
class Stages:
    """First stage and reduced form on orthonormal instruments, with their joint covariance.

    Attributes
    ----------
    reduced_form, first_stage
        Coefficients, each of length k.
    covariance
        Of both, in this order, 2k by 2k, small-sample factor included.
    degrees_of_freedom
        Of the tests' denominators.
    """

    reduced_form: np.ndarray
    first_stage: np.ndarray
    covariance: np.ndarray
    degrees_of_freedom: int

    @property
    def first_covariance(self) -> np.ndarray:
        """Covariance of the first stage, k by k."""
        size = len(self.first_stage)
        return self.covariance[size:, size:]

    @property
    def effective_f(self) -> float:
        """Montiel Olea and Pflueger's effective F."""
        return float(self.first_stage @ self.first_stage / np.trace(self.first_covariance))

    @property
    def p_value_of_zero(self) -> float:
        """P-value of a coefficient of zero: are the reduced form's coefficients all zero?"""
        size, left, ratio = self._hotelling
        variance = self.covariance[:size, :size]
        wald = float(self.reduced_form @ np.linalg.solve(variance, self.reduced_form))
        return float(stats.f.sf(wald / ratio, size, left))

    def anderson_rubin(self, confidence: float) -> ConfidenceSet:
        """Return the values of the coefficient that are not rejected."""
        size, left, ratio = self._hotelling
        return anderson_rubin(
            self.reduced_form,
            self.first_stage,
            self.covariance,
            critical=ratio * stats.f.ppf(confidence, size, left),
            confidence=confidence,
        )

    @property
    def _hotelling(self) -> tuple[int, int, float]:
        """Both degrees of freedom of F, and the ratio of the Wald statistic to it."""
        size = len(self.first_stage)
        left = self.degrees_of_freedom + 1 - size
        return size, left, size * self.degrees_of_freedom / left


def critical_f(covariance: np.ndarray, *, bias: float = 0.10, level: float = 0.05) -> float:
    """Return what the effective F must exceed to call instruments strong.

    The simplified, conservative value of Montiel Olea and Pflueger (2013, section 3.2),
    which bounds their worst case by one: a quantile of a noncentral chi-squared over its
    effective degrees of freedom.

    Parameters
    ----------
    covariance
        Of the first stage's coefficients on orthonormal instruments, k by k.
    bias
        Worst bias tolerated, as a share of the worst benchmark.
    level
        Of the test that the bias is larger.
    """
    shift = 1 / bias
    trace, largest = np.trace(covariance), np.linalg.eigvalsh(covariance)[-1]
    squared = np.trace(covariance @ covariance)
    freedom = trace**2 * (1 + 2 * shift) / (squared + 2 * shift * trace * largest)
    return float(stats.ncx2.ppf(1 - level, freedom, freedom * shift) / freedom)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The Wald statistic of y - bx as a function of b: arrays of length k and k by k."""

    y: np.ndarray
    x: np.ndarray
    yy: np.ndarray
    cross: np.ndarray
    xx: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, x: np.ndarray, covariance: np.ndarray) -> _Pieces:
        size = len(x)
        cross = covariance[size:, :size] + covariance[:size, size:]
        return cls(y, x, covariance[:size, :size], cross, covariance[size:, size:])

    def wald(self, value: float) -> float:
        """Return the statistic at one value of b."""
        gap = self.y - value * self.x
        spread = self.yy - value * self.cross + value**2 * self.xx
        return float(gap @ np.linalg.solve(spread, gap))

    def roots(self, critical: float) -> np.ndarray:
        """Return where the statistic may cross the critical value, in ascending order."""
        size = len(self.x)
        zero, one = np.zeros((size, size)), np.eye(size)
        constant = critical * self.yy - np.outer(self.y, self.y)
        linear = np.outer(self.y, self.x) + np.outer(self.x, self.y) - critical * self.cross
        square = critical * self.xx - np.outer(self.x, self.x)
        left = np.block([[zero, one], [-constant, -linear]])
        right = np.block([[one, zero], [zero, square]])
        values = linalg.eigvals(left, right)
        finite = values[np.isfinite(values)]
        return np.sort(finite[np.abs(finite.imag) < REAL * (1 + np.abs(finite))].real)


def _between(low: float, high: float) -> float:
    """Return a value inside an interval that may be unbounded."""
    if np.isfinite(low) and np.isfinite(high):
        return (low + high) / 2
    if np.isfinite(low):
        return low + 1 + abs(low)
    return high - 1 - abs(high) if np.isfinite(high) else 0.0


def _merged(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return intervals in order, those that touch made one."""
    merged: list[tuple[float, float]] = []
    for low, high in intervals:
        if merged and merged[-1][1] == low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def _interval_words(low: float, high: float, digits: int) -> str:
    first, last = (f"{end:.{digits}f}".replace("-", "−") for end in (low, high))
    if np.isinf(low):
        return f"up to {last}"
    return f"from {first} on" if np.isinf(high) else f"{first} to {last}"
