"""Propensity scores, and differences in differences on a matched sample."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from statsmodels.discrete.discrete_model import Logit
from statsmodels.tools.sm_exceptions import PerfectSeparationError

from digitrade.methods.checks import (
    ABSORBED,
    LARGEST,
    admit,
    aligned,
    chosen,
    names_of,
    not_binary,
    refuse,
    repeated,
)
from digitrade.methods.estimate import Estimate
from digitrade.methods.matching import NEAREST, Matches, MatchingRule, match
from digitrade.methods.regression import fixed_effects
from digitrade.methods.sample import Sample, complete_rows, without_singletons
from digitrade.methods.specification import Specification, require_specification

COLLINEAR = 1e-8  # smallest singular value of the standardised design, per root of its rows
WEIGHTINGS = {"support": "On the common support", "matched": "Matched", "weights": "Matched"}


def propensity_score(
    data: pd.DataFrame, *, treatment: str, covariates: Sequence[str], by: str | None = None
) -> pd.Series:
    """Return the probabilities of treatment by a logit of standardised covariates, on the index.

    Rosenbaum and Rubin (1983, Biometrika 70(1), 41-55). One logit within each value of ``by``; a
    stratum without is refused, and why: no variation, collinear covariates, separation.
    """
    names, strata = list(names_of(covariates)), [] if by is None else [by]
    wrong: dict[str, object] = {"covariates: none; name at least one": not names}
    data = admit(
        data,
        "No propensity score from these rows",
        numbers=[treatment, *names],
        labels=strata,
        problems=wrong | repeated("columns", [treatment, *names, *strata]),
        look=partial(_row_problems, treatment=treatment),
    )
    scores, problems = [], []
    for stratum, rows in [("all", data)] if by is None else data.groupby(by, observed=True):
        try:
            scores.append(_fitted(rows[treatment], rows[names]))
        except ValueError as error:
            problems.append(f"{by or 'rows'} {stratum}: {error}")
    refuse(
        f"The propensity score of {treatment} cannot be fitted; take out the covariate or the "
        "rows, or fit it over all rows (by=None)",
        problems,
    )
    return pd.concat(scores).loc[data.index].rename("score")


def _row_problems(data: pd.DataFrame, treatment: str) -> dict[str, object]:
    labels = int(data.index.duplicated().sum())
    told: dict[str, object] = {f"index: {labels} repeated labels; reset it": labels}
    return told | not_binary(data[treatment].dropna(), treatment)


def _fitted(treated: pd.Series, covariates: pd.DataFrame) -> pd.Series:
    """Return the probabilities by a logit, or raise with why there is none."""
    outcome, columns = treated.to_numpy(dtype=float), covariates.to_numpy(dtype=float)
    if np.ptp(outcome) == 0:
        raise ValueError(f"{treated.name} is {outcome[0]:.0f} in all {len(outcome)} rows")
    spread = columns.std(axis=0)
    if (constant := spread <= ABSORBED * np.abs(columns).max(axis=0)).any():
        raise ValueError(f"{', '.join(covariates.columns[constant])} does not vary")
    scaled = (columns - columns.mean(axis=0)) / spread
    design = np.column_stack([np.ones(len(columns)), scaled])
    if np.linalg.svd(design, compute_uv=False)[-1] < COLLINEAR * np.sqrt(len(design)):
        raise ValueError("covariates are combinations of each other")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = Logit(outcome, design).fit(disp=0)
        except (PerfectSeparationError, np.linalg.LinAlgError, Warning) as error:
            message = "a covariate, or several together, separates treated from controls"
            raise ValueError(message) from error
    return pd.Series(result.predict(), index=treated.index)


def balance(
    data: pd.DataFrame, covariates: Sequence[str], treated: pd.Series, weights: pd.Series
) -> pd.DataFrame:
    r"""Compare covariates between the groups, before and after matching.

    The standardised difference is :math:`(\bar x_1 - \bar x_0) / \sqrt{(s_1^2 + s_0^2) / 2}`
    (Rosenbaum and Rubin 1985, The American Statistician 39(1), 33-38). Both times the
    denominator is that of the unmatched rows, so that it changes only if the means do.

    - ``data``, ``covariates``: n rows and the columns to compare.
    - ``treated``, ``weights``: 0 and 1, or booleans; how much rows count after matching, 0 if
      unused; on the data's index.

    Returns a ``pandas.DataFrame``: ``variable, mean_treated, mean_control, std_difference,
    variance_ratio`` (treated above) before, and the same four with the ending ``_matched`` after.

    Raises KeyError or ValueError if a column is not there, an index differs, or a group is empty
    before or after.
    """
    title, covariates = "No balance", names_of(covariates)
    index = getattr(data, "index", getattr(treated, "index", None))
    wrong = aligned(title, index, {"treated": treated, "weights": weights})
    sound = pd.api.types.is_numeric_dtype(weights) and weights.between(0, LARGEST).all()
    wrong |= not_binary(treated, "treated") | {
        "weights: some missing, infinite or below 0": not sound,
        "covariates: none; name at least one": not covariates,
    }
    data = admit(data, title, numbers=covariates, problems=wrong)
    constant = [name for name in covariates if data[name].nunique() < 2]
    refuse(title, [f"{name}: the same in every row; leave it out" for name in constant])
    treated_rows, columns = treated.to_numpy() == 1, data[list(covariates)].to_numpy()
    groups = (treated_rows, ~treated_rows)
    counted = {"": np.ones(len(data)), "_matched": weights.to_numpy(dtype=float)}
    smallest = {one: min((used[own] > 0).sum() for own in groups) for one, used in counted.items()}
    few = {
        "before matching: a group has fewer than two rows": smallest[""] < 2,
        "after matching: a group has fewer than two rows": smallest["_matched"] < 2,
    }
    refuse(title, few)
    result = pd.DataFrame({"variable": list(covariates)})
    for ending, used in counted.items():
        (mean_1, var_1), (mean_0, var_0) = (_moments(columns[own], used[own]) for own in groups)
        if not ending:
            pooled = np.sqrt((var_1 + var_0) / 2)
        result[f"mean_treated{ending}"], result[f"mean_control{ending}"] = mean_1, mean_0
        with np.errstate(divide="ignore", invalid="ignore"):
            result[f"std_difference{ending}"] = (mean_1 - mean_0) / pooled
            result[f"variance_ratio{ending}"] = var_1 / var_0
    return result


def _moments(columns: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted means and variances; divisor n - 1 if weights are 1, whatever their scale."""
    total = weights.sum()
    mean = weights @ columns / total
    divisor = total - (weights**2).sum() / total
    return mean, weights @ (columns - mean) ** 2 / divisor


@dataclass(frozen=True, slots=True)
class PsmDid:
    """A specification estimated on matched rows, with all that led there.

    ``matches`` and ``scores`` (of ``covariates``) are on the rows of ``candidates``, the complete
    ones, whose ``matching_weight`` is 0 if not kept; ``sample`` are those kept, and how many each
    step cut.
    """

    estimate: Estimate
    matches: Matches
    scores: pd.Series
    covariates: tuple[str, ...]
    candidates: pd.DataFrame
    sample: Sample

    @property
    def main(self) -> pd.Series:
        """The tidy row of the specification's regressor."""
        return self.estimate.main

    def balance(self) -> pd.DataFrame:
        """Compare the covariates before matching and as they are estimated on."""
        weights = self.candidates["matching_weight"]
        return balance(self.candidates, self.covariates, self.matches.treated, weights)


def psm_did(
    data: pd.DataFrame,
    specification: Specification,
    *,
    covariates: Sequence[str],
    treatment: str,
    within: str | None = None,
    rule: MatchingRule = NEAREST,
    weighting: str = "support",
) -> PsmDid:
    """Match rows on the propensity score, then estimate differences in differences on them.

    Heckman, Ichimura and Todd (1997, Review of Economic Studies 64(4), 605-654) brought the
    two together. Here rows are matched, such as firm-years: a firm may be in the matched sample
    in one year and not in another, and covariates of the years after treatment may bear its
    marks. Standard errors take the weights as known.

    - ``data``, ``specification``: one row for each entity and time, and what to estimate.
    - ``covariates``, ``treatment``: columns the score is made of, and the one of 0 and 1 that says
      who is matched to whom.
    - ``within``: column within whose values scores are fitted and rows matched; none if ``None``.
    - ``rule``: how to match.
    - ``weighting``: ``"support"`` keeps all rows on the common support and counts each once;
      ``"matched"`` keeps the rows that matching uses and counts each once, however often a control
      serves; ``"weights"`` counts them with their matching weights. Rows that are then alone in an
      effect go.

    Raises KeyError or ValueError if a column is not there, the weighting is unknown, no score can
    be fitted, nobody can be matched, or nothing can be estimated on what is left.
    """
    require_specification(specification)
    covariates, keys = names_of(covariates), [] if within is None else [within]
    numbers = (treatment, *covariates, specification.outcome, *specification.regressors)
    labels = (*specification.columns, *keys)
    gaps, ours = (*numbers, *labels), "matching_weight"
    wrong = chosen("weighting", weighting, WEIGHTINGS)
    wrong |= {f"{ours}: a name of the result; rename the column": ours in gaps}
    title = "Rows cannot be matched and estimated on"
    admit(data, title, numbers=numbers, labels=labels, gaps=gaps, problems=wrong)
    complete = complete_rows(Sample.of(data, "All rows"), list(dict.fromkeys(gaps)))
    rows = complete.panel
    scores = propensity_score(rows, treatment=treatment, covariates=covariates, by=within)
    strata = None if within is None else rows[within]
    matches = match(scores, rows[treatment], rule=rule, within=strata)
    kept = {"support": matches.on_support, "matched": matches.matched, "weights": matches.weights}
    candidates = rows.assign(matching_weight=kept[weighting].astype(float))
    sample = Sample(candidates, complete.steps)
    sample = sample.keep(candidates["matching_weight"] > 0, WEIGHTINGS[weighting])
    sample = without_singletons(sample, specification.effects)
    weights = sample.panel["matching_weight"] if weighting == "weights" else None
    estimate = fixed_effects(sample.panel, specification, weights=weights)
    return PsmDid(estimate, matches, scores, tuple(covariates), candidates, sample)
