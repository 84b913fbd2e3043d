"""Estimators for any panel, of pandas data frames; they know no study.

A regression is a value, :class:`Specification`, and :func:`fixed_effects` estimates it within any
number of effects. Most other functions take data and a specification, too, and return a frozen
object whose ``tidy()`` is a data frame. What is wrong with the input is told at once in a
ValueError, which is a KeyError, too, if a column is not there.

>>> one = Specification("y", "x", entity="firm", time="year", effects=("firm", "year"))
>>> fixed_effects(panel, one.replace(cluster="city")).tidy()  # doctest: +SKIP
"""

from digitrade.methods.decompositions import by_comparison, decompose_slope, treatment_weights
from digitrade.methods.estimate import Estimate, Slopes, combine, wald
from digitrade.methods.event_study import event_study
from digitrade.methods.heterogeneity import by_group
from digitrade.methods.indices import composite_index, composite_weights
from digitrade.methods.influence import group_influence, influence, without_rows
from digitrade.methods.instruments import instrumental_variables
from digitrade.methods.matching import MatchingRule, match
from digitrade.methods.matching_did import balance, propensity_score, psm_did
from digitrade.methods.mediation import mediate
from digitrade.methods.placebo import in_space_placebo, in_time_placebo, permutation_placebo
from digitrade.methods.pretrend import pretrend_power
from digitrade.methods.regression import build_up, fit_all, fixed_effects, partial_out, suest
from digitrade.methods.sample import Sample
from digitrade.methods.sensitivity import path_sensitivity, sensitivity
from digitrade.methods.specification import Specification
from digitrade.methods.threshold import panel_threshold
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

__all__ = [
    "Estimate",
    "MatchingRule",
    "Sample",
    "Slopes",
    "Specification",
    "balance",
    "build_up",
    "by_comparison",
    "by_group",
    "combine",
    "composite_index",
    "composite_weights",
    "decompose_slope",
    "event_study",
    "fit_all",
    "fixed_effects",
    "group_influence",
    "in_space_placebo",
    "in_time_placebo",
    "influence",
    "instrumental_variables",
    "match",
    "mediate",
    "panel_threshold",
    "partial_out",
    "path_sensitivity",
    "permutation_placebo",
    "pretrend_power",
    "propensity_score",
    "psm_did",
    "sensitivity",
    "suest",
    "treatment_weights",
    "wald",
    "wild_cluster_bootstrap",
    "without_rows",
]
