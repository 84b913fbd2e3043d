"""Differences in differences on matched rows: unlike trends, common support, what is kept."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from digitrade.methods import matching_did
from digitrade.methods.matching import MatchingRule
from digitrade.methods.matching_did import propensity_score
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

TRUTH = 0.08  # the kernel's bias, 0.02, and four standard deviations over seeds, 0.015 each
FEW = 0.02  # what the one or two per cent of rows off the support can move
EFFECT = 1.0
psm_did = partial(matching_did.psm_did, treatment="zone", within="year")
DID = Specification(
    "y", "zone_post", entity="firm", effects=("firm", "year"), cluster="firm", time="year"
)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """Firms with a trend that depends on w, which also decides who is treated."""
    firms, years = 1500, 4
    w = rng.normal(size=firms)
    zone = (rng.uniform(size=firms) < 1 / (1 + np.exp(-w))).astype(int)
    frame = pd.DataFrame(
        {"firm": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(years), firms)}
    )
    frame["w"], frame["zone"] = w[frame["firm"]], zone[frame["firm"]]
    frame["zone_post"] = frame["zone"] * (frame["year"] >= 2)
    noise = rng.normal(scale=0.3, size=len(frame))
    frame["y"] = EFFECT * frame["zone_post"] + 0.4 * frame["w"] * frame["year"] + noise
    return frame


def test_matching_weights_remove_the_bias_of_unlike_trends(panel):
    biased = fixed_effects(panel, DID).main
    result = psm_did(panel, DID, covariates=["w"], rule=MatchingRule("kernel"), weighting="weights")
    assert biased["conf_low"] > EFFECT + 3 * TRUTH
    assert result.main["estimate"] == pytest.approx(EFFECT, abs=TRUTH)
    rows = result.balance()
    assert rows["std_difference"].item() > 0.5
    assert abs(rows["std_difference_matched"].item()) < 0.05


def test_counting_kept_rows_once_is_the_unmatched_estimate_where_support_is_common(panel):
    narrow = panel[panel["w"].abs() < 1].reset_index(drop=True)
    plain = fixed_effects(narrow, DID).main
    result = psm_did(narrow, DID, covariates=["w"], weighting="support")
    removed = int(result.sample.steps["removed"].sum())
    assert result.estimate.n_obs == len(narrow) - removed
    assert removed < FEW * len(narrow)
    assert result.main["estimate"] == pytest.approx(plain["estimate"], abs=FEW)
    assert result.main["conf_low"] > EFFECT + TRUTH
    rows = result.balance()
    assert rows["std_difference_matched"].item() == pytest.approx(
        rows["std_difference"].item(), abs=0.05
    )


def test_matched_rows_are_those_with_a_weight_and_singletons_go(panel):
    rule = MatchingRule(replace=False, caliper=0.05)
    some = panel.sample(frac=0.6, random_state=1).sort_index()
    result = psm_did(some, DID, covariates=["w"], rule=rule, weighting="matched")
    used = int(result.matches.matched.sum())
    assert result.sample.steps["remaining"].iloc[-2] == used
    assert result.estimate.n_obs < used
    assert result.sample.panel["firm"].value_counts().min() > 1
    assert (result.sample.panel["matching_weight"] == 1).all()


def test_gaps_go_before_the_match_and_the_panel_is_not_changed(panel):
    gaps = panel.assign(w=panel["w"].where(panel["w"] < 2))
    before = gaps.copy()
    result = psm_did(gaps, DID, covariates=["w"])
    assert len(result.candidates) == (panel["w"] < 2).sum()
    pd.testing.assert_frame_equal(gaps, before)


def test_one_score_for_all_years_is_matched_over_all_of_them(panel):
    result = psm_did(panel, DID, covariates=["w"], within=None)
    alone = propensity_score(result.candidates, treatment="zone", covariates=["w"])
    pd.testing.assert_series_equal(result.scores, alone)
    pairs = result.matches.pairs
    years = result.candidates["year"]
    assert (years[pairs["treated"]].to_numpy() != years[pairs["control"]].to_numpy()).any()
    by_year = psm_did(panel, DID, covariates=["w"]).matches.pairs
    assert (years[by_year["treated"]].to_numpy() == years[by_year["control"]].to_numpy()).all()


def test_an_unknown_weighting_and_a_missing_column_are_refused(panel):
    with pytest.raises(ValueError, match="weighting 'sample'"):
        psm_did(panel, DID, covariates=["w"], weighting="sample")
    with pytest.raises(KeyError, match="No column v"):
        psm_did(panel, DID, covariates=["v"])
