"""Differences in differences on a matched sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.estimate import Estimate
from digitrade.methods.matching.balance import balance
from digitrade.methods.matching.match import NEAREST, Matches, MatchingRule, match
from digitrade.methods.matching.score import PropensityScore, propensity_score
from digitrade.methods.matching.weighted import weighted_regression
from digitrade.methods.regression import fixed_effects
from digitrade.methods.sample import Sample, complete_rows, without_singletons
from digitrade.methods.specification import Specification

WEIGHTINGS = ("support", "matched", "weights")


@dataclass(frozen=True, slots=True)
class PsmDid:
    """A specification estimated on matched rows, with all that led there.

    Attributes
    ----------
    estimate
        The specification on the rows that were kept.
    matches, score
        Who was matched to whom, and by which scores; on the rows of ``candidates``.
    candidates
        The complete rows that were matched.
    sample
        The rows that were kept, and how many each step removed.
    weighting
        Which rows were kept, and how they count.
    """

    estimate: Estimate
    matches: Matches
    score: PropensityScore
    candidates: pd.DataFrame
    sample: Sample
    weighting: str

    @property
    def main(self) -> pd.Series:
        """The tidy row of the specification's regressor."""
        return self.estimate.main

    def tidy(self) -> pd.DataFrame:
        """Return the tidy rows of the estimate."""
        return self.estimate.tidy()

    @property
    def weights(self) -> pd.Series:
        """How much each candidate counts in the estimate, before those alone go; 0 if not kept."""
        return _weights(self.matches, self.weighting)

    def balance(self, covariates: Sequence[str] | None = None) -> pd.DataFrame:
        """Compare covariates (the score's by default) before matching and as they are estimated on.

        Rows that are kept and counted once are about as unlike as before; with
        ``weighting="weights"`` they are as alike as matching makes them.
        """
        names = self.score.covariates if covariates is None else covariates
        return balance(self.candidates, names, self.matches.treated, self.weights)


def psm_did(
    panel: pd.DataFrame,
    specification: Specification,
    *,
    covariates: Sequence[str],
    treatment: str = "zone",
    within: str | None = "year",
    rule: MatchingRule = NEAREST,
    weighting: str = "support",
    singletons: bool = False,
    rng: np.random.Generator | None = None,
) -> PsmDid:
    """Match rows on the propensity score, then estimate differences in differences on them.

    Heckman, Ichimura and Todd (1997, Review of Economic Studies 64(4), 605-654) brought the
    two together. Here rows are firm-years, as in applied work after the study's fashion: a
    firm may be in the matched sample in one year and not in another, and covariates of the
    years after treatment may bear its marks.

    Parameters
    ----------
    panel
        One row for each entity and time.
    specification
        What to estimate.
    covariates
        Columns the score is made of.
    treatment
        Column of 0 and 1: who is to be matched to whom.
    within
        Column within whose values scores are fitted and rows matched; none if ``None``.
    rule
        How to match.
    weighting
        ``"support"`` keeps all rows on the common support and counts each once; ``"matched"``
        keeps the rows that matching uses and counts each once, however often a control
        serves; ``"weights"`` counts them with their matching weights.
    singletons
        Whether rows stay that are then alone in one of the effects.
    rng
        For a random order.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        If the weighting is unknown, no score can be fitted, nobody can be matched, or the
        specification cannot be estimated on what is left.
    """
    if weighting not in WEIGHTINGS:
        raise ValueError(f"weighting {weighting!r}: choose {' | '.join(WEIGHTINGS)}")
    keys = [] if within is None else [within]
    needed = dict.fromkeys((*specification.columns, treatment, *covariates, *keys))
    if absent := [name for name in needed if name not in panel]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, panel))}")
    complete = complete_rows(Sample.of(panel, "All rows"), list(needed))
    rows = complete.panel
    score = propensity_score(rows, treatment=treatment, covariates=covariates, by=within)
    strata = None if within is None else rows[within]
    matches = match(score.scores, rows[treatment], rule=rule, within=strata, rng=rng)
    sample = _kept(complete, matches, weighting)
    if not singletons:
        sample = without_singletons(sample, specification.effects)
    return PsmDid(
        estimate=_estimate(sample.panel, specification, weighting),
        matches=matches,
        score=score,
        candidates=rows,
        sample=sample,
        weighting=weighting,
    )


def _weights(matches: Matches, weighting: str) -> pd.Series:
    """Return how much each row counts by a weighting."""
    if weighting == "weights":
        return matches.weights
    kept = matches.on_support if weighting == "support" else matches.matched
    return kept.astype(float)


def _kept(complete: Sample, matches: Matches, weighting: str) -> Sample:
    """Return the rows that the weighting keeps, with their weights."""
    weights = _weights(matches, weighting)
    words = "On the common support" if weighting == "support" else "Matched"
    weighted = Sample(complete.panel.assign(matching_weight=weights), complete.steps)
    return weighted.keep(weights > 0, words)


def _estimate(panel: pd.DataFrame, specification: Specification, weighting: str) -> Estimate:
    """Estimate the specification, with weights if it is to be."""
    if weighting == "weights":
        return weighted_regression(panel, specification, panel["matching_weight"])
    return fixed_effects(panel, specification)
