"""Fixed-effect panel threshold regression (Hansen 1999), start to finish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from digitrade.methods.threshold import results
from digitrade.methods.threshold.bootstrap import Null, f_statistic, null_distribution
from digitrade.methods.threshold.columns import (
    OnePassColumns,
    RegimeColumns,
    one_pass_columns,
    tabulate,
)
from digitrade.methods.threshold.cuts import Cuts, make_cuts, regime_codes
from digitrade.methods.threshold.options import (
    Columns,
    Covariance,
    FDivisor,
    Options,
    Split,
    as_names,
    option_problems,
    raise_problems,
)
from digitrade.methods.threshold.panel import FloatArray, Panel, data_problems, read_panel
from digitrade.methods.threshold.search import Fit, add_threshold, make_sample
from digitrade.methods.threshold.slopes import Slopes, fit_slopes
from digitrade.methods.threshold.within import COLLINEAR, Within, partial_out, residualise

RESAMPLING = {
    True: "residual histories under the alternative, drawn among entities with replacement",
    False: "residual histories under the null, each entity's own with a random sign (unbalanced)",
}
EXACT = 1e-13
"""Sum of squares, as a share of the outcome's own, that is rounding and not residuals."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A panel made ready for the search."""

    panel: Panel
    within: Within
    columns: OnePassColumns
    divisor: float


def panel_threshold(
    data: pd.DataFrame,
    *,
    outcome: str,
    regime_dependent: str | Sequence[str],
    threshold: str,
    controls: str | Sequence[str] = (),
    entity: str,
    time: str,
    time_effects: bool = False,
    n_thresholds: int = 1,
    trim: float = 0.05,
    grid: int | None = 400,
    split: Split = "<=",
    f_divisor: FDivisor = "n(T-1)",
    confidence: float = 0.95,
    covariance: Covariance = "robust",
    draws: int = 300,
    rng: np.random.Generator,
) -> results.PanelThreshold:
    r"""Estimate slopes that change where a variable crosses unknown thresholds.

    The model of Hansen (1999) with entity effects and up to three thresholds,

    .. math:: y_{it} = \mu_i + \lambda_t + \beta_1' x_{it} 1(q_{it} \le \gamma_1)
              + \beta_2' x_{it} 1(\gamma_1 < q_{it} \le \gamma_2) + \dots + \theta' z_{it} + e_{it}.

    Thresholds are found one after another by least squares; after each, the earlier ones are
    estimated again with the later held (Bai 1997). The number of thresholds is tested by F with
    a bootstrap distribution, and each threshold has the likelihood-ratio confidence set.

    Parameters
    ----------
    data : DataFrame, one row per entity and time; not modified
    outcome : column y
    regime_dependent : column(s) x, whose slopes differ between regimes
    threshold : column q that is split on; may also be a regressor
    controls : column(s) z, with one slope for all regimes
    entity, time : columns that together identify a row
    time_effects : take out period effects too, exactly, balanced panel or not
    n_thresholds : 1, 2 or 3
    trim : smallest share of all rows that any regime may hold
    grid : cut points are the quantiles trim, trim + 1/grid, ..., 1 - trim of the distinct values
        of q (Hansen's text: 400; R's pdR the same); None searches every observed value
    split : "<=" puts q equal to the threshold into the low regime (Hansen, Stata's xthreg); "<"
        into the high one (the GAUSS program and R's pdR)
    f_divisor : the residual variance in F and likelihood ratio is the sum of squares over
        n(T-1) (Hansen's text) or T(n-1) (xthreg). In an unbalanced panel of N rows these are
        N - n and N - N/n. Neither counts slopes or time effects
    confidence : level of the confidence sets and of the slopes' intervals
    covariance : of the slopes, N rows, n entities, k slopes and time effects: "homoskedastic"
        and "robust" (White) carry the factor N/(N-n-k), t with N-n-k degrees of freedom;
        "clustered" by entity carries n/(n-1) x (N-1)/(N-k), t with n-1. "robust" allows no
        serial correlation, "clustered" does
    draws : bootstrap samples for each test; 0 leaves the tests out
    rng : source of the draws; tests of 1, 2, 3 thresholds take from it in turn

    Returns
    -------
    PanelThreshold
        See its docstring for the frames.

    Raises
    ------
    ValueError
        Once, listing everything wrong with options and data: unknown or impossible options,
        absent or non-numeric columns, missing values, repeated keys, a constant threshold
        variable, collinear regressors, no cut that leaves every regime enough rows.

    Warns
    -----
    SmallRegimeWarning
        If a regime holds fewer than 5 % of the observations.

    Notes
    -----
    F for the k-th threshold compares the k - 1 thresholds (refined) with the sum of squares of
    the k-th search before refinement, in the sample and in every draw (sec. 5.2). A bootstrap
    sample adds to the fit under the null the residuals of the model with one threshold more,
    drawn as whole histories of entities with replacement; x, z and q stay fixed. Histories of
    unequal length cannot change places, so in an unbalanced panel each entity keeps its own,
    from the fit under the null and with a random sign (the wild cluster bootstrap with the null
    imposed, Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90, 414-427).
    Either is valid only as the number of entities grows. The p-value is the share of draws at
    least as large as F.

    The likelihood-ratio set {LR <= -2 ln(1 - sqrt(confidence))} assumes homoskedastic errors and
    is conservative when the slopes differ much. It may have gaps: conf_low and conf_high span
    it, and `disconnected` says so. The slopes' covariance takes the thresholds as known.

    The result depends neither on the order of rows nor on entity labels: entities are numbered
    by their histories of q and x (labels decide only between equal ones).

    References
    ----------
    Hansen, B. E. (1999). Threshold effects in non-dynamic panels: estimation, testing, and
    inference. Journal of Econometrics, 93(2), 345-368.
    Bai, J. (1997). Estimating multiple breaks one at a time. Econometric Theory, 13(3), 315-352.
    Wang, Q. (2015). Fixed-effect panel threshold model using Stata. Stata Journal, 15(1), 121-134.
    """
    columns = Columns(
        outcome, as_names(regime_dependent), threshold, as_names(controls), entity, time
    )
    options = Options(
        time_effects, n_thresholds, trim, grid, split, f_divisor, confidence, covariance, draws, rng
    )
    raise_problems([*option_problems(options), *data_problems(data, columns)])
    problem = prepare(read_panel(data, columns), columns, options)
    fits = fit_sequence(problem, n_thresholds)
    tests, drawn = run_tests(problem, fits, options)
    answer = assemble(problem, fits, tests, drawn, columns, options)
    results.warn_small_regimes(answer.regimes, threshold)
    return answer


def prepare(panel: Panel, columns: Columns, options: Options) -> Problem:
    """Partial out what is common to all regimes and lay out the cut points."""
    within = partial_out(panel, time_effects=options.time_effects)
    cuts = make_cuts(
        panel.threshold,
        trim=options.trim,
        grid=options.grid,
        split=options.split,
        n_regressors=panel.regime.shape[1],
    )
    raise_problems(
        [
            *_collinear_problems(within, columns),
            *_outcome_problems(panel, within, columns),
            *_cut_problems(cuts, panel, columns),
            *_size_problems(panel, within, columns, options),
        ]
    )
    regime_columns = one_pass_columns(panel.regime, cuts, within)
    return Problem(panel, within, regime_columns, f_divisor_value(panel, options.f_divisor))


def f_divisor_value(panel: Panel, name: FDivisor) -> float:
    """n(T-1) or T(n-1); N - n or N - N/n where entities differ in length."""
    lost = panel.n_entities if name == "n(T-1)" else panel.n_rows / panel.n_entities
    return panel.n_rows - lost


def fit_sequence(problem: Problem, count: int) -> list[Fit]:
    """Fit the models with 1 .. count thresholds."""
    sample = make_sample(problem.columns, problem.within.residuals[:, None])
    fits: list[Fit] = []
    for order in range(1, count + 1):
        fit = add_threshold(problem.columns, sample, fits[-1] if fits else None)
        raise_problems(_fit_problems(problem, fit, order))
        fits.append(fit)
    return fits


def run_tests(
    problem: Problem, fits: list[Fit], options: Options
) -> tuple[list[dict[str, float]], list[FloatArray]]:
    """Test each number of thresholds against one fewer: a row per test, and the draws."""
    rows, drawn = [], []
    if options.draws and len(fits) > 1:
        problem = replace(problem, columns=tabulate(problem.columns))
    for order, fit in enumerate(fits, 1):
        earlier = fits[order - 2] if order > 1 else None
        drawn.append(draw_null(problem, earlier, fit, options))
        null_ssr = _linear_ssr(problem) if earlier is None else earlier.ssr
        f = f_statistic(null_ssr, fit.first_pass, problem.divisor)
        rows.append(results.statistics_row(float(f[0]), drawn[-1]))
    return rows, drawn


def draw_null(problem: Problem, null: Fit | None, fit: Fit, options: Options) -> FloatArray:
    """F statistics of bootstrap samples in which `null` is true, (draws,)."""
    if not options.draws:
        return np.empty(0)
    within, panel = problem.within, problem.panel
    under_null = model_residuals(problem.columns, within.residuals, null)
    described = Null(
        count=0 if null is None else len(null.searches),
        fitted=within.residuals - under_null,
        residuals=(
            model_residuals(problem.columns, within.residuals, fit)
            if panel.balanced
            else under_null
        ),
        n_periods=panel.n_periods if panel.balanced else 0,
    )
    return null_distribution(
        problem.columns,
        within,
        described,
        draws=options.draws,
        divisor=problem.divisor,
        rng=options.rng,
    )


def model_residuals(columns: RegimeColumns, outcome: FloatArray, fit: Fit | None) -> FloatArray:
    """Residuals (rows,) of the partialled-out outcome on the regime columns of a fit."""
    if fit is None:
        return outcome
    design = residualise(columns.basis, columns.at(fit.cuts[:, 0]))
    return outcome - design @ np.linalg.lstsq(design, outcome)[0]


def assemble(
    problem: Problem,
    fits: list[Fit],
    tests: list[dict[str, float]],
    drawn: list[FloatArray],
    columns: Columns,
    options: Options,
) -> results.PanelThreshold:
    """Put estimates, tests and conventions into the frames of the result."""
    panel, cuts, fit = problem.panel, problem.columns.cuts, fits[-1]
    critical = results.critical_value(options.confidence)
    values = np.sort(cuts.gamma[fit.cuts[:, 0]])
    regime = regime_codes(panel.threshold, values, options.split)
    terms = results.term_names(columns, values.size + 1)
    slopes = fit_slopes(panel, problem.within, regime, options.covariance, terms)
    regimes = results.regime_frame(regime, panel.entity, values)
    split_terms = terms[: len(terms) - len(columns.controls)]
    n_obs = np.repeat(regimes["n_obs"].to_numpy(), panel.regime.shape[1])
    n_obs = np.append(n_obs, np.full(len(columns.controls), panel.n_rows))
    k = len(split_terms)
    return results.PanelThreshold(
        thresholds=results.threshold_frame(fit, cuts, problem.divisor, critical, tests),
        coefficients=results.coefficient_frame(slopes, terms, n_obs, options.confidence),
        profile=results.profile_frame(fit, cuts, problem.divisor),
        covariance=pd.DataFrame(slopes.covariance[:k, :k], index=split_terms, columns=split_terms),
        sums_of_squares=results.sums_frame(float(_linear_ssr(problem)[0]), fits),
        regimes=regimes,
        bootstrap=results.bootstrap_frame(drawn),
        conventions=conventions(problem, slopes, options),
        n_obs=panel.n_rows,
        n_entities=panel.n_entities,
        n_periods=panel.n_periods,
    )


def conventions(problem: Problem, slopes: Slopes, options: Options) -> results.ThresholdConventions:
    """Record the choices made, with the numbers they came to."""
    cuts = problem.columns.cuts
    return results.ThresholdConventions(
        split=options.split,
        grid=options.grid,
        n_candidates=cuts.gamma.size,
        trim=options.trim,
        min_rows=cuts.min_rows,
        f_divisor=options.f_divisor,
        f_divisor_value=problem.divisor,
        confidence=options.confidence,
        critical_value=results.critical_value(options.confidence),
        covariance=options.covariance,
        small_sample_factor=slopes.factor,
        degrees_of_freedom=slopes.degrees_of_freedom,
        time_effects=options.time_effects,
        draws=options.draws,
        resampling=RESAMPLING[problem.panel.balanced],
    )


def _linear_ssr(problem: Problem) -> FloatArray:
    residuals = problem.within.residuals
    return np.array([residuals @ residuals])


def _collinear_problems(within: Within, columns: Columns) -> list[str]:
    names = (*columns.controls, *columns.regime_dependent)
    return [
        f"regressor {names[i]!r} does not vary once entity"
        f"{' and time' if within.n_time_effects else ''} effects and the regressors before it "
        "are taken out: leave it out"
        for i in within.collinear
    ]


def _outcome_problems(panel: Panel, within: Within, columns: Columns) -> list[str]:
    left, whole = np.linalg.norm(within.outcome), np.linalg.norm(panel.outcome)
    if left > COLLINEAR * whole:
        return []
    return [
        f"outcome {columns.outcome!r} does not vary once effects are taken out: nothing is left "
        "to explain"
    ]


def _fit_problems(problem: Problem, fit: Fit, order: int) -> list[str]:
    if np.isinf(fit.searches[-1].curve).all():
        return [
            f"threshold {order}: no cut is left that gives every regime "
            f"{problem.columns.cuts.min_rows} rows; lower trim or n_thresholds"
        ]
    if fit.ssr[0] <= EXACT * problem.within.outcome @ problem.within.outcome:
        return [
            f"{order} threshold(s) fit the outcome exactly, so F and the confidence sets do not "
            "exist: check whether the outcome is built from the regressors"
        ]
    return []


def _cut_problems(cuts: Cuts, panel: Panel, columns: Columns) -> list[str]:
    if cuts.gamma.size:
        return []
    return [
        f"threshold variable {columns.threshold!r} has {np.unique(panel.threshold).size} distinct "
        f"values, none of which leaves {cuts.min_rows} of {panel.n_rows} rows on either side: "
        "lower trim or choose another variable"
    ]


def _size_problems(panel: Panel, within: Within, columns: Columns, options: Options) -> list[str]:
    slopes = (options.n_thresholds + 1) * len(columns.regime_dependent) + len(columns.controls)
    needed = panel.n_entities + within.n_time_effects + slopes
    if panel.n_rows > needed:
        return []
    return [
        f"data has {panel.n_rows} rows for {needed} effects and slopes: use fewer regressors or "
        "more data"
    ]
