"""Instrumental variables within fixed effects: linearmodels estimates, the rest is named here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from linearmodels.iv import IV2SLS

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.checks import check_variation, refuse, require_columns
from digitrade.methods.covariance import meat, small_sample
from digitrade.methods.estimate import Estimate, combine
from digitrade.methods.regression import corrected_estimate, fixed_effects
from digitrade.methods.specification import Specification, complete_panel
from digitrade.methods.weak_instruments import ConfidenceSet, Stages, critical_f


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Two-stage least squares with what one needs to judge the instruments.

    Attributes
    ----------
    second_stage, first_stage, reduced_form
        The specification, its R-squared missing; regressor and outcome on the instruments and
        controls, by least squares.
    instruments
        Columns that stand in for the regressor.
    effective_f, critical_f
        Strength of the first stage under the specification's covariance (with one instrument
        the square of its t), and what it has to exceed for the worst-case bias to be below a
        tenth, at 5 per cent.
    anderson_rubin, p_zero
        Values of the coefficient that are not rejected however weak the instruments are, and
        the same test's p-value of a coefficient of zero.
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
        """Return the instrumented regressor's row with Anderson and Rubin's p and set.

        Standard error and statistic are those of two-stage least squares, which mislead if
        instruments are weak; an interval holds what lies between two pieces of the set, too.
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


def instrumental_variables(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Instrumented:
    r"""Estimate a specification with instruments for its regressor.

    Effects are taken out exactly; :class:`linearmodels.iv.IV2SLS` then gives coefficients and
    the uncorrected covariance, which is multiplied by the factor of
    :func:`digitrade.methods.covariance.small_sample`. The same convention holds in the first
    stage, the effective F (Montiel Olea and Pflueger 2013) and the Anderson-Rubin set. Its Wald
    statistic is compared with Hotelling's :math:`\frac{kd}{d+1-k} F_{k,\,d+1-k}`, d being the
    degrees of freedom of t: with one instrument the square of t(d), and with several a guard
    against few clusters.

    Parameters
    ----------
    data, specification
        As in :func:`digitrade.methods.regression.fixed_effects`; the regressor is instrumented,
        controls instrument themselves.
    instruments
        Columns left out of the equation, k of them.

    Raises
    ------
    KeyError, ValueError
        As there; also if the covariance is Driscoll-Kraay or clusters lie in several columns, an
        instrument is a regressor too or does not vary within the effects, or there are as many
        instruments as clusters.
    """
    names = tuple(instruments)
    panel = _checked_panel(data, specification, names)
    first, *others = names
    auxiliary = specification.replace(
        outcome=specification.regressor,
        regressor=first,
        controls=(*others, *specification.controls),
    )
    stages = both_stages(panel, specification, names)
    return Instrumented(
        second_stage=_second_stage(panel, specification, names),
        first_stage=fixed_effects(panel, auxiliary),
        reduced_form=fixed_effects(panel, auxiliary.replace(outcome=specification.outcome)),
        instruments=names,
        effective_f=stages.effective_f,
        critical_f=critical_f(stages.first_vcov),
        anderson_rubin=stages.anderson_rubin(specification.confidence),
        p_zero=stages.p_value_of_zero,
    )


def both_stages(
    data: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Stages:
    """Regress outcome and regressor on the instruments, within effects and controls."""
    names = [specification.outcome, specification.regressor, *instruments]
    columns = data[names].to_numpy(dtype=float)
    projection = Projection.of(data, specification)
    within = projection.residualise(columns)
    held = (*specification.effects, *specification.controls)
    check_variation(columns[:, 2:], within[:, 2:], names[2:], held)
    basis = np.linalg.qr(within[:, 2:] / np.linalg.norm(within[:, 2:], axis=0))[0]
    slopes = basis.T @ within[:, :2]
    residuals = within[:, :2] - basis @ slopes
    scores = np.hstack([basis * residuals[:, [0]], basis * residuals[:, [1]]])
    auxiliary = specification.replace(controls=(*instruments[1:], *specification.controls))
    correction = small_sample(data, auxiliary, projection.absorber)
    vcov = correction.factor * meat(scores, data, specification)
    return Stages(slopes[:, 0], slopes[:, 1], vcov, correction.degrees_of_freedom)


def _second_stage(
    panel: pd.DataFrame, specification: Specification, instruments: Sequence[str]
) -> Estimate:
    """Fit with linearmodels on columns of length 1, every small-sample correction off."""
    names = list(specification.regressors)
    columns = panel[[specification.outcome, *names, *instruments]]
    absorber = Absorber.of(panel, specification.effects)
    within = columns.astype(float)
    within[:] = absorber.residualise(within.to_numpy())
    lengths = np.sqrt((within**2).sum())
    within /= lengths
    controls = within[names[1:]] if specification.controls else None
    outcome, regressor = within[specification.outcome], within[names[:1]]
    model = IV2SLS(outcome, controls, regressor, within[list(instruments)])
    options: dict[str, Any] = {"cov_type": "robust"}
    if specification.covariance == "clustered":
        clusters = pd.factorize(panel[specification.groups], sort=True)[0]
        options = {"cov_type": "clustered", "clusters": clusters}
    result = model.fit(debiased=False, **options)
    unit = (lengths[specification.outcome] / lengths[names]).to_numpy()
    return corrected_estimate(
        panel,
        specification,
        small_sample(panel, specification, absorber),
        slopes=result.params[names].to_numpy() * unit,
        vcov=result.cov.loc[names, names].to_numpy() * np.outer(unit, unit),
    )


def _checked_panel(
    data: pd.DataFrame, specification: Specification, instruments: tuple[str, ...]
) -> pd.DataFrame:
    """Return the columns, or raise with everything that keeps instruments from being used."""
    require_columns(data, (*specification.columns, *instruments))
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
    refuse("Instruments cannot be used", problems)
    return complete_panel(data, specification, instruments)
