"""Weighted regressions within effects, and differences in differences on matched rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from digitrade.methods.matching import MatchingRule, psm_did, weighted_regression
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAME = 1e-9  # two ways to the same least squares
TRUTH = 0.08  # the kernel's bias, 0.02, and four standard deviations over seeds, 0.015 each
FEW = 0.02  # what the one or two per cent of rows off the support can move
EFFECT = 1.0
THREE_WAYS = Specification(
    "y",
    "x",
    ("z",),
    entity="firm",
    effects=("firm", "year", "city"),
    covariance="robust",
    time="year",
)
DID = Specification(
    "y", "zone_post", entity="firm", effects=("firm", "year"), cluster="firm", time="year"
)


@pytest.fixture
def movers(rng) -> pd.DataFrame:
    """60 firms over eight years in ten cities; a fifth of them move once."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 8), "year": np.tile(np.arange(8), 60)})
    home, next_one = rng.integers(0, 10, 60), rng.integers(0, 10, 60)
    moved = (frame["firm"] % 5 == 0) & (frame["year"] >= 4)
    frame["city"] = np.where(moved, next_one[frame["firm"]], home[frame["firm"]])
    noise = rng.normal(size=(len(frame), 3))
    frame[["x", "z"]] = noise[:, :2]
    frame["y"] = frame["x"] - frame["z"] + frame["city"] + noise[:, 2] * (1 + frame["x"] ** 2)
    return frame[rng.uniform(size=len(frame)) < 0.9].reset_index(drop=True)


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


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"covariance": "clustered", "cluster": "city"},
        {"covariance": "clustered", "cluster": ("firm", "city")},
        {"covariance": "driscoll-kraay"},
        {"effects": ("firm",), "controls": ()},
    ],
)
def test_equal_weights_are_no_weights(movers, changes):
    specification = THREE_WAYS.replace(**changes)
    ours = weighted_regression(movers, specification, pd.Series(7.0, index=movers.index))
    plain = fixed_effects(movers, specification)
    numbers = list(plain.tidy().columns[1:])
    assert ours.tidy()[numbers].to_numpy() == pytest.approx(
        plain.tidy()[numbers].to_numpy(), rel=SAME
    )
    assert ours.r_squared_within == pytest.approx(plain.r_squared_within, rel=SAME)
    assert ours.r_squared == pytest.approx(plain.r_squared, rel=SAME)
    assert ours.words == plain.words


def test_weighted_numbers_are_those_of_statsmodels_with_dummies(movers, rng):
    weights = pd.Series(rng.exponential(size=len(movers)), index=movers.index)
    keys = movers[["firm", "year", "city"]].astype(str)
    design = pd.get_dummies(keys, drop_first=True, dtype=float).assign(const=1.0)
    design = pd.concat([movers[["x", "z"]], design], axis=1)
    result = sm.WLS(movers["y"], design, weights=weights).fit(cov_type="HC1")
    ours = weighted_regression(movers, THREE_WAYS, weights).tidy()
    assert ours["estimate"].to_numpy() == pytest.approx(result.params[["x", "z"]], rel=SAME)
    rank = np.linalg.matrix_rank(design)
    factor = np.sqrt((len(movers) - design.shape[1]) / (len(movers) - rank))
    errors = result.bse[["x", "z"]] * (factor if rank < design.shape[1] else 1)
    assert ours["std_error"].to_numpy() == pytest.approx(errors, rel=1e-6)


def test_a_weight_of_three_counts_as_three_rows_and_scale_does_not(movers, rng):
    times = pd.Series(rng.integers(1, 4, len(movers)), index=movers.index)
    ours = weighted_regression(movers, THREE_WAYS, times).tidy()
    scaled = weighted_regression(movers, THREE_WAYS, times / 1e3).tidy()
    repeated = movers.loc[movers.index.repeat(times)]
    dummies = pd.get_dummies(repeated[["firm", "year", "city"]].astype(str), dtype=float)
    columns = np.column_stack([repeated[["x", "z"]], dummies])
    slopes = np.linalg.lstsq(columns, repeated["y"].to_numpy(), rcond=None)[0][:2]
    assert ours["estimate"].to_numpy() == pytest.approx(slopes, rel=SAME)
    assert scaled["std_error"].to_numpy() == pytest.approx(ours["std_error"], rel=SAME)


def test_what_cannot_be_weighted_is_refused(movers):
    ones = pd.Series(1.0, index=movers.index)
    with pytest.raises(ValueError, match="No weighted regression") as error:
        weighted_regression(
            movers, THREE_WAYS.replace(effects=()), ones.where(movers["x"] > 0, 0)[1:]
        )
    for words in ("another index", "not above 0", "effects: none"):
        assert words in str(error.value)
    with pytest.raises(ValueError, match="does not vary"):
        weighted_regression(movers.assign(z=movers["firm"] * 2.0), THREE_WAYS, ones)
    with pytest.raises(ValueError, match="combinations of each other"):
        weighted_regression(movers.assign(z=movers["x"] * 2), THREE_WAYS, ones)


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
    rule = MatchingRule(replace=False, order="random", caliper=0.05)
    kept, whole = (
        psm_did(
            panel,
            DID,
            covariates=["w"],
            rule=rule,
            weighting="matched",
            singletons=singletons,
            rng=np.random.default_rng(3),
        )
        for singletons in (False, True)
    )
    used = int(whole.matches.matched.sum())
    assert whole.estimate.n_obs == used
    assert kept.estimate.n_obs < used
    assert kept.sample.panel["firm"].value_counts().min() > 1
    assert (whole.sample.panel["matching_weight"] == 1).all()


def test_gaps_go_before_the_match_and_the_panel_is_not_changed(panel):
    gaps = panel.assign(w=panel["w"].where(panel["w"] < 2))
    before = gaps.copy()
    result = psm_did(gaps, DID, covariates=["w"])
    assert len(result.candidates) == (panel["w"] < 2).sum()
    pd.testing.assert_frame_equal(gaps, before)


def test_one_score_for_all_years_is_matched_over_all_of_them(panel):
    result = psm_did(panel, DID, covariates=["w"], within=None)
    assert result.score.by is None
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
