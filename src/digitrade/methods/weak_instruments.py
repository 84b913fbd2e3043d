"""Weak instruments: how weak they are, and confidence sets that stay honest all the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, stats

REAL = 1e-7  # imaginary part, relative, below which a root of the polynomial is a real one


@dataclass(frozen=True, slots=True)
class ConfidenceSet:
    """The values that a test does not reject: pairs of ends in order, perhaps infinite, or none."""

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

    def __contains__(self, value: float) -> bool:
        """Return whether a value is in the set, ends included."""
        return any(low <= value <= high for low, high in self.intervals)

    def words(self, digits: int = 3) -> str:
        """Return the set in print, such as ``−0.1 to 0.3`` or ``unbounded: all values``."""
        if self.intervals == ((-np.inf, np.inf),):
            return "unbounded: all values"
        told = []
        for low, high in self.intervals:
            first, last = (f"{end:.{digits}f}".replace("-", "−") for end in (low, high))
            bounded = f"from {first} on" if np.isinf(high) else f"{first} to {last}"
            told.append(f"up to {last}" if np.isinf(low) else bounded)
        return " or ".join(told) or "empty"


@dataclass(frozen=True, slots=True)
class Stages:
    """First stage and reduced form on k orthonormal instruments, with their joint covariance.

    ``vcov`` is of the reduced form's and the first stage's coefficients, 2k by 2k, small-sample
    factor included; degrees of freedom are of the tests' denominators.
    """

    reduced_form: np.ndarray
    first_stage: np.ndarray
    vcov: np.ndarray
    degrees_of_freedom: int

    @property
    def first_vcov(self) -> np.ndarray:
        """Covariance of the first stage, k by k."""
        size = len(self.first_stage)
        return self.vcov[size:, size:]

    @property
    def effective_f(self) -> float:
        """Montiel Olea and Pflueger's effective F."""
        return float(self.first_stage @ self.first_stage / np.trace(self.first_vcov))

    @property
    def p_value_of_zero(self) -> float:
        """P-value of a coefficient of zero: are the reduced form's coefficients all zero?"""
        size, left, ratio = self._hotelling
        both = np.concatenate([self.reduced_form, self.first_stage])
        return float(stats.f.sf(_wald(0.0, both, self.vcov) / ratio, size, left))

    def anderson_rubin(self, confidence: float) -> ConfidenceSet:
        """Return the values of the coefficient that are not rejected."""
        size, left, ratio = self._hotelling
        critical = ratio * stats.f.ppf(confidence, size, left)
        return anderson_rubin(
            self.reduced_form,
            self.first_stage,
            self.vcov,
            critical=critical,
            confidence=confidence,
        )

    @property
    def _hotelling(self) -> tuple[int, int, float]:
        """Both degrees of freedom of F, and the ratio of the Wald statistic to it."""
        size = len(self.first_stage)
        left = self.degrees_of_freedom + 1 - size
        return size, left, size * self.degrees_of_freedom / left


def anderson_rubin(
    reduced_form: np.ndarray,
    first_stage: np.ndarray,
    vcov: np.ndarray,
    *,
    critical: float,
    confidence: float,
) -> ConfidenceSet:
    r"""Invert the Anderson-Rubin test of a coefficient exactly, for any number of instruments.

    A value :math:`b` is kept if the reduced form of :math:`y - bx`, with coefficients
    :math:`\pi_y - b \pi_x` and covariance :math:`V(b) = V_{yy} - b(V_{yx} + V_{xy}) + b^2
    V_{xx}`, has a Wald statistic of at most ``critical``. The ends of the set are the real
    roots of :math:`\det(c V(b) - (\pi_y - b \pi_x)(\pi_y - b \pi_x)')`, a quadratic
    eigenvalue problem. Anderson and Rubin (1949, Annals of Mathematical Statistics 20(1), 46-63);
    Chernozhukov and Hansen (2008, Economics Letters 100(1), 68-71).
    """
    size = len(first_stage)
    unit = np.sqrt([np.trace(vcov[:size, :size]), np.trace(vcov[size:, size:])])
    units = np.repeat(unit, size)
    both = np.concatenate([reduced_form, first_stage]) / units
    scaled = vcov / np.outer(units, units)
    roots = _roots(critical, both, scaled)
    beyond = 1 + np.abs(roots).max(initial=0)
    inside = np.concatenate([[-beyond], (roots[1:] + roots[:-1]) / 2, [beyond][: len(roots)]])
    kept = [_wald(value, both, scaled) <= critical for value in inside]
    turns = np.diff([0, *kept, 0])
    ends = np.array([-np.inf, *(roots * unit[0] / unit[1]), np.inf])
    pairs = zip(ends[turns > 0].tolist(), ends[turns < 0].tolist(), strict=True)
    return ConfidenceSet(tuple(pairs), confidence)


def _wald(value: float, both: np.ndarray, vcov: np.ndarray) -> float:
    """Return the Wald statistic of y - bx at one value of b, of both stages' coefficients."""
    weights = np.kron([1.0, -value], np.eye(len(both) // 2))
    gap = weights @ both
    return float(gap @ np.linalg.solve(weights @ vcov @ weights.T, gap))


def _roots(critical: float, both: np.ndarray, vcov: np.ndarray) -> np.ndarray:
    """Return where the statistic may cross the critical value, in ascending order."""
    size = len(both) // 2
    zero, one = np.zeros((size, size)), np.eye(size)
    pencil = critical * vcov - np.outer(both, both)
    linear = pencil[size:, :size] + pencil[:size, size:]
    left = np.block([[zero, one], [-pencil[:size, :size], linear]])
    right = np.block([[one, zero], [zero, pencil[size:, size:]]])
    values = linalg.eigvals(left, right)
    finite = values[np.isfinite(values)]
    return np.sort(finite[np.abs(finite.imag) < REAL * (1 + np.abs(finite))].real)


def critical_f(first_vcov: np.ndarray, *, bias: float = 0.10, level: float = 0.05) -> float:
    """Return what the effective F must exceed to call instruments strong, at a bias and level.

    The simplified, conservative value of Montiel Olea and Pflueger (2013, Journal of Business
    & Economic Statistics 31(3), 358-369, section 3.2): a quantile of a noncentral chi-squared.
    """
    shift = 1 / bias
    trace, largest = np.trace(first_vcov), np.linalg.eigvalsh(first_vcov)[-1]
    squared = np.trace(first_vcov @ first_vcov)
    freedom = trace**2 * (1 + 2 * shift) / (squared + 2 * shift * trace * largest)
    return float(stats.ncx2.ppf(1 - level, freedom, freedom * shift) / freedom)
