"""Fixed-effect panel threshold regression (Hansen 1999), start to finish."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber
from digitrade.methods.checks import refuse
from digitrade.methods.covariance import SmallSample, meat
from digitrade.methods.estimate import tidy_coefficients
from digitrade.methods.regression import least_squares
from digitrade.methods.specification import Specification
from digitrade.methods.threads import one_thread
from digitrade.methods.threshold.model import (
    STEP,
    TITLE,
    Covariance,
    FloatArray,
    IntArray,
    ThresholdModel,
)
from digitrade.methods.threshold.panel import Cuts, explained, regime_codes
from digitrade.methods.threshold.results import (
    SMALL_REGIME,
    PanelThreshold,
    SmallRegimeWarning,
    ThresholdConventions,
    increment_columns,
    regime_columns,
)
from digitrade.methods.threshold.search import (
    CutFit,
    Layout,
    Outcomes,
    f_statistic,
    fit_thresholds,
    null_distribution,
    prepare,
)

CRITICAL_LEVELS = {"crit_10": 0.90, "crit_5": 0.95, "crit_1": 0.99}
RESAMPLING = {
    True: "residual histories under the alternative, drawn among entities with replacement",
    False: "residual histories under the null, each entity's own with a random sign (unbalanced)",
}
EXACT = 1e-13  # share of the outcome's sum of squares that is rounding and not residuals
NO_CONSTANT = "K without a constant"  # unlike the factor of `fixed_effects`


@one_thread()
def panel_threshold(
    data: pd.DataFrame,
    *,
    n_thresholds: int = 1,
    confidence: float = 0.95,
    covariance: Covariance = "robust",
    draws: int = 300,
    rng: np.random.Generator,
    **model: Any,
) -> PanelThreshold:
    r"""Estimate slopes that change where a variable crosses unknown thresholds.

    The model of Hansen (1999) with entity effects and up to three thresholds,

    .. math:: y_{it} = \mu_i + \lambda_t + \beta_1' x_{it} 1(q_{it} \le \gamma_1)
              + \beta_2' x_{it} 1(\gamma_1 < q_{it} \le \gamma_2) + \dots + \theta' z_{it} + e_{it}.

    Thresholds are found one after another by least squares; after each, the earlier ones are
    estimated again with the later held (Bai 1997). Their number is tested by F with a bootstrap
    distribution, and each has a likelihood-ratio confidence set. Neither the order of rows nor
    labels of entities matter.

    Parameters
    ----------
    data
        One row for each entity and time; not modified.
    n_thresholds, confidence
        1, 2 or 3; level of the confidence sets and of the slopes' intervals.
    covariance
        Of the slopes, N rows, n entities, k slopes and time effects: ``"homoskedastic"`` and
        ``"robust"`` (White) carry the factor N/(N-n-k), t with N-n-k degrees of freedom;
        ``"clustered"`` by entity carries n/(n-1) x (N-1)/(N-k), t with n-1: entity effects nest
        in the clusters and are not counted (Cameron and Miller 2015, Journal of Human Resources
        50, 317-372).
    draws, rng
        Bootstrap samples for each test, 0 for no tests, and their source.
    **model
        ``outcome, regime_dependent, threshold, entity, time`` and, if wanted, ``controls,
        time_effects, regime_intercepts, trim, convention, grid``: see
        :class:`digitrade.methods.threshold.ThresholdModel`.

    Raises
    ------
    ValueError
        Once, listing everything wrong; ``SmallRegimeWarning`` where a regime has few rows.

    Notes
    -----
    F for the k-th threshold compares the k - 1 thresholds (refined) with the sum of squares of
    the k-th search before refinement, in the sample and in every draw (sec. 5.2). A bootstrap
    sample adds to the fit under the null the residuals of the model with one threshold more,
    drawn as whole histories of entities with replacement; x, z and q stay fixed. In an unbalanced
    panel, whose histories cannot change places, each entity keeps its own, from the fit under the
    null and with a random sign (the wild cluster bootstrap, Cameron, Gelbach and Miller 2008,
    Review of Economics and Statistics 90, 414-427). The p-value counts the observed sample among
    the draws, (1 + larger ones) / (1 + draws), whatever the convention.

    The likelihood-ratio set {LR <= -2 ln(1 - sqrt(confidence))} assumes homoskedastic errors and
    is conservative when the slopes differ much. The slopes' covariance takes the thresholds as
    known, which is asymptotically right: they converge faster than the slopes (sec. 4.3).

    Hansen, B. E. (1999), Journal of Econometrics 93(2), 345-368; Bai, J. (1997), Econometric
    Theory 13(3), 315-352; Wang, Q. (2015), Stata Journal 15(1), 121-134 (xthreg).
    """
    options = {"confidence": confidence, "covariance": covariance, "draws": draws, "rng": rng}
    data, layout = prepare(data, model, n_thresholds=n_thresholds, **options)
    fits = _fit(layout, n_thresholds)
    pairs = list(pairwise(fits))
    found = [float(f_statistic(layout, null.ssr, fit.first_pass)[0]) for null, fit in pairs]
    drawn = [null_distribution(layout, null, fit, draws, rng) for null, fit in pairs]
    tests = list(zip(found, drawn, strict=True))
    answer = _assemble(data, layout, fits, tests, confidence, covariance)
    for row in answer.regimes[answer.regimes["share"] < SMALL_REGIME].itertuples():
        warnings.warn(
            f"regime {row.regime} ({layout.model.threshold} {_reach(row.low, row.high)}) holds "
            f"{row.n_obs} of {answer.n_obs} observations ({row.share:.1%}), "
            f"from {row.n_entities} entities: its slope rests on these rows alone; read it as a "
            "description",
            SmallRegimeWarning,
            stacklevel=3,  # past the limit on threads
        )
    return answer


def _reach(low: float, high: float) -> str:
    """Return where a regime lies; the lowest and the highest have one end."""
    ends = {"above": low, "up to": high}
    return " and ".join(f"{word} {end:.6g}" for word, end in ends.items() if np.isfinite(end))


def _fit(layout: Layout, count: int) -> list[CutFit]:
    """Fit the models with 0 .. count thresholds."""
    panel = layout.panel
    fits = fit_thresholds(layout, Outcomes.of(layout, panel.residuals[:, None]), count)
    for order, fit in enumerate(fits[1:], 1):
        faults = {
            f"threshold {order}: no cut is left that gives every regime "
            f"{layout.cuts.min_rows[order - 1]} rows; lower trim or n_thresholds": np.isinf(
                fit.curves[-1]
            ).all(),
            f"{order} threshold(s) fit the outcome exactly, so F and the confidence sets do not "
            "exist: check whether the outcome is built from the regressors": (
                fit.ssr[0] <= EXACT * panel.outcome @ panel.outcome
            ),
        }
        refuse(TITLE, faults)
    return fits


def _slopes(
    data: pd.DataFrame, model: ThresholdModel, cuts: FloatArray, covariance: Covariance
) -> tuple[FloatArray, FloatArray, SmallSample]:
    """Slopes at given cuts, in the order of the model's terms, their vcov, and its factor."""
    terms = model.terms(len(cuts) + 1)
    at: dict[str, Any] = {"threshold": model.threshold, "cuts": cuts, "split": model.rules.split}
    split = [regime_columns(data, regressor=x, **at) for x in model.regime_dependent]
    steps = increment_columns(data.assign(**{STEP: 1.0}), regressor=STEP, **at)
    wide = pd.concat([*split, steps, data[[*model.controls, model.outcome]]], axis=1)
    columns = wide[[*terms, model.outcome]].to_numpy(dtype=float)
    absorber = Absorber.of(data, model.effects)
    stays = np.ones(len(data), dtype=bool)
    if model.rules.drops_last:
        stays = (data[model.time] != data[model.time].max()).to_numpy()
    within = absorber.residualise(columns)[stays]
    fault = (
        "is not identified at the estimated thresholds: there the regressor does not vary once "
        "effects and the regressors before it are taken out; leave it out of regime_dependent or "
        "raise trim"
    )
    faulty = explained(columns[:, :-1], within[:, :-1])
    refuse(TITLE, [f"slope {terms[k]!r} {fault}" for k in faulty])
    slopes, bread, residuals = least_squares(within[:, -1], within[:, :-1])
    correction = _small_sample(data, model, len(terms) + absorber.rank, covariance)
    if covariance == "homoskedastic":
        return slopes, residuals @ residuals / correction.degrees_of_freedom * bread, correction
    keys: dict[str, Any] = {"entity": model.entity, "time": model.time, "effects": model.effects}
    specification = Specification(model.outcome, terms[0], covariance=covariance, **keys)
    middle = meat(within[:, :-1] * residuals[:, None], data[stays], specification)
    return slopes, correction.factor * bread @ middle @ bread, correction


def _small_sample(
    data: pd.DataFrame, model: ThresholdModel, parameters: int, covariance: Covariance
) -> SmallSample:
    """Return the factor of `fixed_effects`, but with K not counting a constant (as `xthreg`)."""
    rows, entities, rules = len(data), int(data[model.entity].nunique()), model.rules
    if rules.drops_last and rules.divisor == "n(T-1)":
        rows -= entities  # the GAUSS program counts the rows that it keeps, pdR all
    if covariance != "clustered":
        freedom = rows - parameters
        factor = 1.0 if rules.drops_last else rows / freedom
        return SmallSample(factor, freedom, rows, NO_CONSTANT)
    factor = entities / (entities - 1) * (rows - 1) / (rows - parameters + entities)
    return SmallSample(factor, entities - 1, entities, NO_CONSTANT)


def _assemble(
    data: pd.DataFrame,
    layout: Layout,
    fits: list[CutFit],
    tests: list[tuple[float, FloatArray]],
    confidence: float,
    covariance: Covariance,
) -> PanelThreshold:
    """Put estimates, tests and conventions into the frames of the result."""
    model, panel, cuts = layout.model, layout.panel, layout.cuts
    values = np.sort(cuts.gamma[fits[-1].cuts[:, 0]])
    slopes, vcov, correction = _slopes(data, model, values, covariance)
    conventions = ThresholdConventions(
        **asdict(model),
        n_candidates=cuts.gamma.size,
        min_rows=min(cuts.min_rows[: len(values)]),
        f_divisor_value=layout.divisor,
        confidence=confidence,
        critical_value=critical_value(confidence),
        covariance=covariance,
        small_sample_factor=correction.factor,
        degrees_of_freedom=correction.degrees_of_freedom,
        draws=tests[0][1].size,
        resampling=RESAMPLING[panel.balanced],
    )
    thresholds, profile, bootstrap = _threshold_frames(fits[-1], cuts, tests, conventions)
    codes = regime_codes(panel.threshold, values, model.rules.split)
    regimes = _regime_frame(codes, panel.entity, values)
    terms, n_obs = model.terms(len(regimes)), regimes["n_obs"].repeat(len(model.regime_dependent))
    split = terms[: len(n_obs)]
    coefficients = tidy_coefficients(
        terms,
        slopes,
        np.sqrt(np.diag(vcov)),
        n_obs=[*n_obs, *[panel.rows.size] * (len(terms) - len(n_obs))],
        degrees_of_freedom=correction.degrees_of_freedom,
        confidence=confidence,
    )
    return PanelThreshold(
        thresholds=thresholds,
        coefficients=coefficients,
        profile=profile,
        vcov=pd.DataFrame(vcov[: len(split), : len(split)], index=split, columns=split),
        sums_of_squares=pd.DataFrame(
            [(count, fit.ssr[0], fit.first_pass[0]) for count, fit in enumerate(fits)],
            columns=["n_thresholds", "sum_squared_residuals", "first_pass"],
        ),
        regimes=regimes,
        bootstrap=bootstrap,
        conventions=conventions,
        n_obs=panel.rows.size,
        n_entities=panel.n_entities,
        n_periods=panel.n_periods,
    )


def critical_value(confidence: float) -> float:
    """Return the likelihood ratio's critical value, -2 ln(1 - sqrt(confidence)) (sec. 4.2)."""
    return float(-2 * np.log(1 - np.sqrt(confidence)))


def likelihood_ratio(curve: FloatArray, divisor: float) -> FloatArray:
    """LR(gamma) = (S(gamma) - S_min) / (S_min / divisor), (cuts,) (Hansen, secs. 4.2 and 5.3)."""
    smallest = float(curve.min())
    return (curve - smallest) / (smallest / divisor)


def confidence_set(
    values: FloatArray, ratio: FloatArray, critical: float
) -> tuple[float, float, bool]:
    """Return the ends of {LR <= critical}, and whether a candidate between lies outside."""
    inside = np.flatnonzero(ratio <= critical)
    return values[inside[0]], values[inside[-1]], bool(np.ptp(inside) >= inside.size)


def _threshold_frames(
    fit: CutFit,
    cuts: Cuts,
    tests: list[tuple[float, FloatArray]],
    conventions: ThresholdConventions,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Thresholds, their profiles and the draws of their tests; a test is F, and F of draws."""
    rows, profiles, drawn_rows = [], [], []
    for order, (f, drawn) in enumerate(tests, 1):
        curve = fit.curves[order - 1][:, 0]
        ratio = likelihood_ratio(curve, conventions.f_divisor_value)
        ends = confidence_set(cuts.gamma, ratio, conventions.critical_value)
        p_value, critical = np.nan, np.full(len(CRITICAL_LEVELS), np.nan)
        if drawn.size:
            p_value = float((1 + (drawn >= f).sum()) / (1 + drawn.size))
            critical = np.quantile(drawn, list(CRITICAL_LEVELS.values()), method="inverted_cdf")
        rows.append((order, cuts.gamma[fit.cuts[order - 1, 0]], *ends, f, p_value, *critical))
        columns = {"gamma": cuts.gamma, "sum_squared_residuals": curve, "likelihood_ratio": ratio}
        profiles.append(pd.DataFrame({"order": order} | columns)[np.isfinite(curve)])
        numbers = np.arange(1, drawn.size + 1)
        drawn_rows.append(pd.DataFrame({"order": order, "draw": numbers, "f_statistic": drawn}))
    names = ["order", "estimate", "conf_low", "conf_high", "disconnected", "f_statistic", "p_value"]
    stacked = (pd.concat(frames, ignore_index=True) for frames in (profiles, drawn_rows))
    return pd.DataFrame(rows, columns=[*names, *CRITICAL_LEVELS]), *stacked


def _regime_frame(codes: IntArray, entity: IntArray, values: FloatArray) -> pd.DataFrame:
    """Bounds and size of every regime; `values` are the sorted thresholds."""
    bounds, n_obs = np.concatenate([[-np.inf], values, [np.inf]]), np.bincount(codes)
    return pd.DataFrame(
        {
            "regime": np.arange(1, values.size + 2),
            "low": bounds[:-1],
            "high": bounds[1:],
            "n_obs": n_obs,
            "share": n_obs / codes.size,
            "n_entities": [np.unique(entity[codes == k]).size for k in range(values.size + 1)],
        }
    )
