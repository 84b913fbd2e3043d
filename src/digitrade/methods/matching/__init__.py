"""Matching on the propensity score; `psm_did` is the firm study's use of it."""

from digitrade.methods.matching.balance import balance, overlap
from digitrade.methods.matching.did import PsmDid, psm_did
from digitrade.methods.matching.match import Matches, MatchingRule, match
from digitrade.methods.matching.score import PropensityScore, propensity_score
from digitrade.methods.matching.weighted import weighted_regression

__all__ = [
    "Matches",
    "MatchingRule",
    "PropensityScore",
    "PsmDid",
    "balance",
    "match",
    "overlap",
    "propensity_score",
    "psm_did",
    "weighted_regression",
]
