"""Instrumental variables within fixed effects, and confidence sets that bear weak ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import linalg, stats

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.checks import check_outcome, check_variation, names_of, repeated
from digitrade.methods.covariance import meat, small_sample
from digitrade.methods.estimate import Estimate, combine
from digitrade.methods.regression import Fit, fixed_effects, least_squares
from digitrade.methods.specification import Specification, complete_panel, require_specification

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
class Instrumented:
    """Two-stage least squares with what one needs to judge the ``instruments``, columns.

    The ``second_stage`` is the specification, its R-squared missing; ``first_stage`` and
    ``reduced_form`` are regressor and outcome on the instruments and controls, by least squares.
    ``effective_f`` is the strength of the first stage under the specification's covariance (with
    one instrument the square of its t), ``critical_f`` what it has to exceed for the worst-case
    bias to be below a tenth, at 5 per cent. ``anderson_rubin`` has the values of the coefficient
    that are not rejected however weak the instruments are, ``p_zero`` the test's p-value of zero.
    """

    second_stage: Estimate
    first_stage: Estimate
    reduced_form: Estimate
    instruments: tuple[str, ...]
    effective_f: float
    critical_f: float
    anderson_rubin: ConfidenceSet
    p_zero: float

    @property
    def main(self) -> pd.Series:
        """The tidy row of the instrumented regressor, with the Wald interval."""
        return self.second_stage.main

    def tidy(self) -> pd.DataFrame:
        """Return the instrumented regressor's row with Anderson and Rubin's p and set."""
        row = combine([self.second_stage]).head(1)
        return row.assign(
            p_value=self.p_zero,
            conf_low=self.anderson_rubin.low,
            conf_high=self.anderson_rubin.high,
            covariance=row["covariance"] + "; test and interval Anderson–Rubin",
            interval=self.anderson_rubin.words(),
            effective_f=self.effective_f,
            critical_f=self.critical_f,
        )


def instrumental_variables(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Instrumented:
    r"""Estimate a specification with instruments for its regressor.

    Effects are taken out exactly, and two-stage least squares run on what is left, with the
    covariance and the small-sample factor of :func:`fixed_effects`. The same convention holds in
    the first stage, the effective F (Montiel Olea and Pflueger 2013) and the Anderson-Rubin set.
    Its Wald statistic is compared with Hotelling's :math:`\frac{kd}{d+1-k} F_{k,\,d+1-k}`, d being
    the degrees of freedom of t: with one instrument the square of t(d), and with several a guard
    against few clusters. Errors are those of :func:`fixed_effects`, and a ValueError with
    everything that keeps instruments from being used.

    - ``data``, ``specification``: as there; the regressor is instrumented, controls instrument
      themselves.
    - ``instruments``: columns left out of the equation, k of them.
    """
    names = names_of(instruments)
    panel = _checked_panel(data, specification, names)
    controls = (*names[1:], *specification.controls)
    auxiliary = specification.replace(
        outcome=specification.regressor, regressor=names[0], controls=controls
    )
    both, vcov, freedom = _both_stages(panel, specification, names)
    size, level = len(names), specification.confidence
    left, first_stage, first_vcov = freedom + 1 - size, both[size:], vcov[size:, size:]
    hotelling = size * freedom / left  # ratio of the Wald statistic to F
    critical = hotelling * stats.f.ppf(level, size, left)
    return Instrumented(
        second_stage=_second_stage(panel, specification, names),
        first_stage=fixed_effects(panel, auxiliary),
        reduced_form=fixed_effects(panel, auxiliary.replace(outcome=specification.outcome)),
        instruments=names,
        effective_f=float(first_stage @ first_stage / np.trace(first_vcov)),
        critical_f=critical_f(first_vcov),
        anderson_rubin=anderson_rubin(
            both[:size], first_stage, vcov, critical=critical, confidence=level
        ),
        p_zero=float(stats.f.sf(_wald(0.0, both, vcov) / hotelling, size, left)),
    )


def _both_stages(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return outcome's and regressor's slopes on k orthonormal instruments, 2k, vcov, freedom."""
    projection, within = Projection.checked(data, specification, specification.regressor)
    columns = data[list(instruments)].to_numpy(dtype=float)
    own = projection.residualise(columns)
    held = (*specification.effects, *specification.controls)
    check_variation(columns, own, instruments, held)
    basis = np.linalg.qr(own / np.linalg.norm(own, axis=0))[0]
    slopes = basis.T @ within
    residuals = within - basis @ slopes
    for name, left in zip(
        (specification.outcome, specification.regressor), residuals.T, strict=True
    ):
        check_outcome(data[name].to_numpy(), left, name, (*held, *instruments), fitted=True)
    scores = np.hstack([basis * residuals[:, [0]], basis * residuals[:, [1]]])
    auxiliary = specification.replace(controls=(*instruments[1:], *specification.controls))
    correction = small_sample(data, auxiliary, projection.absorber)
    vcov = correction.factor * meat(scores, data, specification)
    return slopes.T.ravel(), vcov, correction.degrees_of_freedom


def _second_stage(
    panel: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Estimate:
    """Regress on what instruments and controls fit of the regressor; its residual is the real."""
    names = [specification.outcome, *specification.regressors, *instruments]
    absorber = Absorber.of(panel, specification.effects)
    within = absorber.residualise(panel[names].to_numpy(dtype=float))
    outcome, regressors = within[:, 0], within[:, 1 : len(names) - len(instruments)]
    first = least_squares(regressors[:, 0], within[:, 2:] / np.linalg.norm(within[:, 2:], axis=0))
    fitted = np.column_stack([regressors[:, 0] - first[2], regressors[:, 1:]])
    slopes, bread, _ = least_squares(outcome, fitted)
    residual = outcome - regressors @ slopes
    fit = Fit(absorber, outcome, fitted, slopes, bread, residual, total=np.nan)
    return replace(fit.estimate(panel, specification), r_squared_within=np.nan)


def _checked_panel(
    data: pd.DataFrame, specification: Specification, instruments: tuple[str, ...]
) -> pd.DataFrame:
    """Return the columns, or raise with everything that keeps instruments from being used."""
    require_specification(specification)
    column, covariance = specification.groups, specification.covariance
    inside = sorted({*map(str, instruments)} & {specification.outcome, *specification.regressors})
    wrong = {
        "covariance 'driscoll-kraay': choose clustered or robust": covariance == "driscoll-kraay",
        "no instrument: name at least one column": not instruments,
        f"{inside} in the equation already: take them out of one": inside,
    } | repeated("instruments", instruments)

    def many(panel: pd.DataFrame) -> dict[str, object]:
        groups, given = panel[column].nunique(), len(instruments)
        found = f"{given} instruments for {groups} clusters: fewer of them"
        return {found: covariance == "clustered" and given >= groups}

    title = "Instruments cannot be used"
    return complete_panel(data, specification, instruments, title=title, problems=wrong, look=many)


def anderson_rubin(
    reduced_form: np.ndarray,
    first_stage: np.ndarray,
    vcov: np.ndarray,
    *,
    critical: float,
    confidence: float,
) -> ConfidenceSet:
    r"""Invert the Anderson-Rubin test of a coefficient exactly, for any number of instruments.

    The ends of the set are real roots of :math:`\det(c V(b) - (\pi_y - b \pi_x)(\pi_y - b
    \pi_x)')`, a quadratic eigenvalue problem. Anderson and Rubin (1949, Annals of Mathematical
    Statistics 20(1), 46-63); Chernozhukov and Hansen (2008, Economics Letters 100(1), 68-71).
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

    Montiel Olea and Pflueger (2013, JBES 31(3), 358-369, section 3.2), simplified, conservative.
    """
    shift = 1 / bias
    trace, largest = np.trace(first_vcov), np.linalg.eigvalsh(first_vcov)[-1]
    squared = np.trace(first_vcov @ first_vcov)
    freedom = trace**2 * (1 + 2 * shift) / (squared + 2 * shift * trace * largest)
    return float(stats.ncx2.ppf(1 - level, freedom, freedom * shift) / freedom)
