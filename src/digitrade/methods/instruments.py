"""Instrumental variables within fixed effects: linearmodels estimates, the rest is named here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from linearmodels.iv import IV2SLS
from linearmodels.iv.results import OLSResults

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.covariance import small_sample
from digitrade.methods.estimate import Estimate, combine
from digitrade.methods.regression import corrected_estimate, fixed_effects
from digitrade.methods.specification import Specification
from digitrade.methods.weak_instruments import ConfidenceSet, Stages, critical_f

KINDS = ("trend", "national-mean", "year-dummies")
KILOMETRES = 1_000  # instruments are in thousands of kilometres, so that coefficients are legible
STRENGTH = 1e-10  # share of an instrument's variation left within the effects, below: none


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Two-stage least squares with what one needs to judge the instruments.

    Attributes
    ----------
    second_stage
        The coefficients of the specification, the regressor's being instrumented. Its
        R-squared is missing: it has no meaning here.
    first_stage, reduced_form
        Regressor and outcome on the instruments and controls, by least squares.
    instruments
        Columns that stand in for the regressor.
    effective_f
        Strength of the first stage under the specification's covariance; with one
        instrument the square of its t.
    critical_f
        What it has to exceed for the worst-case bias to be below a tenth, at 5 per cent.
    anderson_rubin
        Values of the coefficient that are not rejected however weak the instruments are.
    p_zero
        The same test's p-value of a coefficient of zero.
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
        """Return the instrumented regressor's row with Anderson and Rubin's test and set.

        The columns of :func:`digitrade.methods.estimate.combine`, and ``interval``, ``effective_f``
        and ``critical_f``.
        ``p_value`` is ``p_zero``. ``conf_low`` and ``conf_high`` are the ends of the set,
        infinite where it has none, and hold what lies between two pieces of it too;
        ``interval`` has it in words. ``std_error`` and ``statistic`` are those of two-stage
        least squares, which mislead if the instruments are weak.
        """
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


def distance_instruments(
    data: pd.DataFrame,
    specification: Specification,
    *,
    kind: str = "trend",
    distance: str = "distance_hangzhou",
) -> pd.DataFrame:
    """Build the instruments that this literature makes from the distance to Hangzhou.

    The distance does not change over time and is lost in the entity effects, so it is
    multiplied by something that does.

    Parameters
    ----------
    data
        One row for each entity and time.
    specification
        Names the regressor and the time.
    kind
        ``"trend"``: times years since the first; ``"national-mean"``: times the mean of
        the regressor over the entities of that time; ``"year-dummies"``: times a dummy for
        each time but the first.
    distance
        Column of the distance, in km.

    Returns
    -------
    pandas.DataFrame
        A column an instrument, in the rows of ``data``; in thousands of km.

    Raises
    ------
    ValueError
        If the kind is unknown, or the distance is missing somewhere.
    """
    if kind not in KINDS:
        raise ValueError(f"Unknown instrument {kind!r}: choose one of {', '.join(KINDS)}")
    if distance not in data or data[distance].isna().any():
        raise ValueError(
            f"Column {distance!r} is not there or has gaps: add the distance of every "
            f"{specification.entity} first"
        )
    far, time = data[distance] / KILOMETRES, data[specification.time]
    if kind == "trend":
        return (far * (time - time.min())).to_frame("distance_trend")
    if kind == "national-mean":
        mean = data.groupby(specification.time)[specification.regressor].transform("mean")
        return (far * mean).to_frame("distance_mean")
    dummies = pd.get_dummies(time, prefix="distance", drop_first=True, dtype=float)
    return dummies.mul(far, axis=0)


def instrumental_variables(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Instrumented:
    r"""Estimate a specification with instruments for its regressor.

    Outcome, regressor, controls and instruments are cleared of the fixed effects by exact
    projection; :class:`linearmodels.iv.IV2SLS` then gives coefficients and the uncorrected
    covariance, which is multiplied by the factor of :func:`small_sample`:
    :math:`\frac{G}{G-1} \frac{N-1}{N-K}` if clustered, :math:`\frac{N}{N-K}` if robust. The
    same convention holds in the first stage, the effective F and the Anderson-Rubin set. Its
    Wald statistic is compared with Hotelling's :math:`\frac{kd}{d+1-k} F_{k,\,d+1-k}`, d being
    G - 1 (robust: N - K): with one instrument the square of t(d), and with several a guard
    against few clusters.

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        Its regressor is instrumented; its controls instrument themselves.
    instruments
        Columns left out of the equation, k of them.

    Returns
    -------
    Instrumented

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the covariance is Driscoll-Kraay, an instrument is a regressor too or does not
        vary within the effects, or there are as many instruments as clusters.

    Notes
    -----
    Effective F: Montiel Olea and Pflueger (2013, Journal of Business & Economic Statistics
    31(3), 358-369).
    """
    names = tuple(instruments)
    _require_instruments(data, specification, names)
    first_spec = _auxiliary(specification, names)
    first = fixed_effects(data, first_spec)
    reduced = fixed_effects(data, first_spec.replace(outcome=specification.outcome))
    stages = both_stages(data, specification, names)
    return Instrumented(
        second_stage=_second_stage(data, specification, names),
        first_stage=first,
        reduced_form=reduced,
        instruments=names,
        effective_f=stages.effective_f,
        critical_f=critical_f(stages.first_covariance),
        anderson_rubin=stages.anderson_rubin(specification.confidence),
        p_zero=stages.p_value_of_zero,
    )


def compare_instruments(
    data: pd.DataFrame, specification: Specification, *, kinds: Sequence[str] = KINDS
) -> pd.DataFrame:
    """Return a tidy row for each kind of distance instrument.

    Parameters
    ----------
    data
        One row for each entity and time, complete, with the distance.
    specification
        What is estimated.
    kinds
        Among :data:`KINDS`.

    Returns
    -------
    pandas.DataFrame
        The columns of :meth:`Instrumented.tidy`, led by ``kind, n_instruments`` and the
        first stage's coefficient ``first_stage`` (missing if there are several).
    """
    rows = []
    for kind in kinds:
        built = distance_instruments(data, specification, kind=kind)
        fit = instrumental_variables(data.join(built), specification, list(built))
        first = fit.first_stage.main["estimate"] if len(fit.instruments) == 1 else np.nan
        head = {"kind": kind, "n_instruments": len(fit.instruments), "first_stage": first}
        rows.append(pd.DataFrame([head]).join(fit.tidy()))
    return pd.concat(rows, ignore_index=True)


def both_stages(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Stages:
    """Regress outcome and regressor on the instruments, cleared of everything else.

    What the tests of weak instruments need, without the second stage; conventions and
    parameters as in :func:`instrumental_variables`.
    """
    correction = small_sample(data, _auxiliary(specification, instruments))
    columns = [specification.outcome, specification.regressor, *instruments]
    cleared = Projection.of(data, specification).residualise(data[columns].to_numpy(dtype=float))
    both, basis = cleared[:, :2], np.linalg.qr(cleared[:, 2:])[0]
    slopes = basis.T @ both
    residuals = both - basis @ slopes
    scores = np.hstack([basis * residuals[:, [0]], basis * residuals[:, [1]]])
    if specification.covariance == "clustered":
        scores = pd.DataFrame(scores).groupby(data[specification.groups].to_numpy()).sum()
    meat = np.asarray(scores).T @ np.asarray(scores)
    return Stages(
        slopes[:, 0], slopes[:, 1], correction.factor * meat, correction.degrees_of_freedom
    )


def _second_stage(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Estimate:
    """Fit on columns cleared of the effects, and apply the small-sample factor."""
    result = _two_stages(data, specification, instruments)
    names, correction = list(specification.regressors), small_sample(data, specification)
    return corrected_estimate(
        data,
        specification,
        correction,
        slopes=result.params[names].to_numpy(),
        vcov=result.cov.loc[names, names].to_numpy(),
    )


def _two_stages(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> OLSResults:
    """Fit with linearmodels, leaving every small-sample correction off."""
    columns = [specification.outcome, *specification.regressors, *instruments]
    absorber = Absorber.of(data, specification.effects)
    values = absorber.residualise(data[columns].to_numpy(dtype=float))
    cleared = pd.DataFrame(values, columns=columns, index=data.index)
    model = IV2SLS(
        cleared[specification.outcome],
        cleared[list(specification.controls)] if specification.controls else None,
        cleared[[specification.regressor]],
        cleared[list(instruments)],
    )
    if specification.covariance == "robust":
        return model.fit(cov_type="robust", debiased=False)
    clusters = pd.factorize(data[specification.groups], sort=True)[0]
    return model.fit(cov_type="clustered", clusters=clusters, debiased=False)


def _auxiliary(specification: Specification, instruments: Sequence[str]) -> Specification:
    """Return the first stage: the regressor on instruments and controls."""
    first, *others = instruments
    return specification.replace(
        outcome=specification.regressor,
        regressor=first,
        controls=(*others, *specification.controls),
    )


def _require_instruments(
    data: pd.DataFrame, specification: Specification, instruments: tuple[str, ...]
) -> None:
    """Raise with everything that keeps these instruments from being used."""
    if absent := [name for name in (*specification.columns, *instruments) if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
    problems = []
    if specification.covariance == "driscoll-kraay":
        problems.append("covariance 'driscoll-kraay': choose clustered or robust")
    if not instruments:
        problems.append("no instrument: name at least one column")
    if repeated := set(instruments) & {specification.outcome, *specification.regressors}:
        problems.append(f"{sorted(repeated)} in the equation already: take them out of one")
    groups = data[specification.groups].nunique()
    if specification.covariance == "clustered" and len(instruments) >= groups:
        problems.append(f"{len(instruments)} instruments for {groups} clusters: fewer of them")
    missing = data[[*specification.columns, *instruments]].isna().sum()
    problems += [
        f"{name}: {count} missing values; keep complete rows first (sample.complete_rows)"
        for name, count in missing.items()
        if count
    ]
    problems = problems or _without_variation(data, specification, instruments)
    if problems:
        raise ValueError("Instruments cannot be used:\n  - " + "\n  - ".join(problems))


def _without_variation(
    data: pd.DataFrame, specification: Specification, instruments: tuple[str, ...]
) -> list[str]:
    projection = Projection.of(data, specification)
    problems = []
    for name in instruments:
        values = data[name].to_numpy(dtype=float)
        left = projection.residualise(values)
        if left @ left <= STRENGTH * (values - values.mean()) @ (values - values.mean()):
            problems.append(f"{name}: does not vary within the effects and controls; leave it out")
    return problems
