"""Scores, matches and balance: cases small enough to check by eye, and other people's numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels
from scipy.spatial import cKDTree
from statsmodels.discrete.discrete_model import Logit

from digitrade.methods.matching import (
    MatchingRule,
    match,
)
from digitrade.methods.matching_did import balance, propensity_score

EXACT = 1e-12  # the same arithmetic in another order
OPTIMISER = 1e-6  # two Newton runs that stop at slightly different points
STATA = 5e-5  # four decimals were printed
PRINTED_6 = 5e-7  # six or seven digits were printed
TRUTH = 0.12  # four standard deviations of the estimate over seeds is about 0.1

# Stata's teffects psmatch and logistic on Cattaneo's (2010) birth weights, from the log
# https://carlos-mendez.org/post/stata_matching/analysis.log (29 April 2026). The data come with
# statsmodels, in the tests of its treatment effects.
BIRTHS = Path(statsmodels.__file__).parent / "treatment/tests/results/cataneo2.csv"
ON_TREATED, ON_ALL, MOST_TIED = -224.5927, -229.4492, 16
ODDS = {"mmarried_": 0.354782, "mage": 0.9963441, "fbaby_": 0.6209276, "medu": 0.8805241}
ODDS_CONSTANT, LOG_LIKELIHOOD, PSEUDO_R_SQUARED = 2.786206, -2057.5951, 0.0776


def case(treated: dict[str, float], controls: dict[str, float]) -> tuple[pd.Series, pd.Series]:
    """Scores and treatment of named rows."""
    scores = pd.Series({**treated, **controls})
    return scores, pd.Series([1] * len(treated) + [0] * len(controls), index=scores.index)


def pairs(scores: pd.Series, treated: pd.Series, **options) -> list[tuple[str, str]]:
    found = match(scores, treated, rule=MatchingRule(**options)).pairs
    return sorted(zip(found["treated"], found["control"], strict=True))


def simulated(rng: np.random.Generator, rows: int = 600) -> pd.DataFrame:
    """Selection on x and z, an effect of 1 and an outcome that rises with both."""
    frame = pd.DataFrame(rng.normal(size=(rows, 2)), columns=["x", "z"])
    chance = 1 / (1 + np.exp(-(frame["x"] + 0.5 * frame["z"] - 0.5)))
    frame["treated"] = (rng.uniform(size=rows) < chance).astype(int)
    frame["year"] = rng.integers(2011, 2015, rows)
    noise = rng.normal(scale=0.5, size=rows)
    return frame.assign(y=frame["treated"] + 2 * frame["x"] + frame["z"] + noise)


@pytest.fixture
def sample(rng) -> pd.DataFrame:
    return simulated(rng)


@pytest.fixture
def scores(sample) -> pd.Series:
    return propensity_score(sample, treatment="treated", covariates=["x", "z"])


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    return pd.read_csv(BIRTHS)


# Cases to check by eye


def test_the_nearest_control_may_serve_twice():
    rows = case({"A": 0.30, "B": 0.34, "C": 0.90}, {"a": 0.25, "b": 0.33, "c": 0.60})
    assert pairs(*rows) == [("A", "b"), ("B", "b"), ("C", "c")]
    weights = match(*rows).weights
    assert weights.to_dict() == {"A": 1, "B": 1, "C": 1, "a": 0, "b": 2, "c": 1}


def test_tied_controls_share_the_weight():
    rows = case({"A": 0.5}, {"a": 0.4, "b": 0.6, "c": 0.6, "d": 0.9})
    matches = match(*rows)
    assert matches.weights[["a", "b", "c"]].to_numpy() == pytest.approx(1 / 3)
    assert matches.weights["d"] == 0


def test_a_caliper_leaves_treated_rows_unmatched_and_holds_at_its_edge():
    rows = case({"A": 0.50, "B": 0.90}, {"a": 0.45, "b": 0.52, "c": 0.70})
    sd = rows[0].std()
    assert pairs(*rows, caliper=0.02 / sd) == [("A", "b")]
    assert pairs(*rows, caliper=0.019 / sd) == []
    matches = match(*rows, rule=MatchingRule(caliper=0.05 / sd))
    assert list(matches.unmatched) == ["B"]
    assert not matches.matched["B"]
    assert matches.on_support.to_dict() == {"A": True, "B": False, "a": False, "b": True, "c": True}


def test_without_replacement_the_largest_score_chooses_first():
    rows = case({"A": 0.50, "B": 0.60}, {"a": 0.55, "b": 0.10})
    assert pairs(*rows, replace=False) == [("A", "b"), ("B", "a")]


def test_without_replacement_ties_go_to_the_lower_score_then_to_the_earlier_row():
    assert pairs(*case({"A": 0.5}, {"a": 0.6, "b": 0.4}), replace=False) == [("A", "b")]
    rows = case({"A": 0.5, "B": 0.5}, {"a": 0.6, "b": 0.4, "c": 0.4, "d": 0.4})
    assert pairs(*rows, replace=False) == [("A", "b"), ("B", "c")]


def test_without_replacement_latecomers_get_nobody():
    rows = case({"A": 0.2, "B": 0.3, "C": 0.4}, {"a": 0.25})
    matches = match(*rows, rule=MatchingRule(replace=False))
    assert matches.pairs[["treated", "control"]].to_numpy().tolist() == [["C", "a"]]
    assert list(matches.unmatched) == ["A", "B"]


def test_nobody_is_matched_across_strata():
    scores, treated = case({"A": 0.5, "B": 0.5}, {"a": 0.5, "b": 0.9})
    within = pd.Series([1, 2, 3, 2], index=scores.index)
    matches = match(scores, treated, within=within)
    assert list(matches.unmatched) == ["A"]
    assert matches.pairs[["treated", "control"]].to_numpy().tolist() == [["B", "b"]]
    assert not matches.on_support.any()


def test_counts_say_how_few_controls_do_the_work():
    rows = case({"A": 0.30, "B": 0.34, "C": 0.90}, {"a": 0.25, "b": 0.33, "c": 0.60})
    counts = match(*rows).counts().set_index("group")
    assert counts.loc["control", ["n_obs", "matched", "off_support"]].to_list() == [3, 2, 1]
    assert counts.loc["control", "largest_weight"] == 2
    assert counts.loc["control", "effective"] == pytest.approx(9 / 5)
    assert counts.loc["treated", ["matched", "off_support"]].to_list() == [3, 1]


# Other engines and plain loops


def test_nearest_neighbours_are_those_of_a_tree(sample, scores):
    treated, values = sample["treated"] == 1, scores.to_numpy()[:, None]
    _, place = cKDTree(values[~treated]).query(values[treated])
    weights = np.bincount(place, minlength=(~treated).sum())
    ours = match(scores, sample["treated"]).weights
    assert ours[~treated].to_numpy() == pytest.approx(weights, abs=EXACT)
    assert (ours[treated] == 1).all()


def test_kernel_weights_are_those_of_a_double_loop(sample, scores):
    width = 0.004  # so narrow that some treated rows find nobody
    expected = dict.fromkeys(scores.index, 0.0)
    for one in scores.index[sample["treated"] == 1]:
        shares = {}
        for other in scores.index[sample["treated"] == 0]:
            far = abs(scores[one] - scores[other]) / width
            if far <= 1:
                shares[other] = 0.75 * (1 - far**2)
        expected[one] = float(bool(shares))
        for other, share in shares.items():
            expected[other] += share / sum(shares.values())
    matches = match(scores, sample["treated"], rule=MatchingRule("kernel", bandwidth=width))
    assert matches.weights.to_numpy() == pytest.approx(np.array(list(expected.values())), abs=EXACT)
    assert 0 < len(matches.unmatched) < sample["treated"].sum()
    assert matches.pairs.empty


@pytest.mark.parametrize("caliper", [None, 0.02])
def test_matching_without_replacement_is_that_of_a_slow_loop(sample, scores, caliper):
    free = list(scores.index[sample["treated"] == 0])
    found = []
    for one in scores[sample["treated"] == 1].sort_values(ascending=False).index:
        far = (scores[free] - scores[one]).abs()
        if free and (caliper is None or far.min() <= caliper * scores.std()):
            found.append((one, far.idxmin()))
            free.remove(far.idxmin())
    assert pairs(scores, sample["treated"], replace=False, caliper=caliper) == sorted(found)


def contrast(outcome: pd.Series, treated: pd.Series, weights: pd.Series) -> float:
    """Return the weighted mean of the treated less that of the controls."""
    own = treated == 1
    one, other = (np.average(outcome[part], weights=weights[part]) for part in (own, ~own))
    return float(one - other)


def test_effects_and_ties_are_those_of_stata(births):
    covariates = ["mmarried_", "mage", "fage", "medu", "prenatal1_"]
    score = propensity_score(births, treatment="mbsmoke_", covariates=covariates)
    smokes, outcome = births["mbsmoke_"], births["bweight"]
    there = match(score, smokes)
    back = match(1 - score, 1 - smokes)
    assert there.pairs.groupby("treated").size().max() == MOST_TIED
    on_treated = contrast(outcome, smokes, there.weights)
    on_others = -contrast(outcome, 1 - smokes, back.weights)
    share = smokes.mean()
    assert on_treated == pytest.approx(ON_TREATED, abs=STATA)
    assert share * on_treated + (1 - share) * on_others == pytest.approx(ON_ALL, abs=STATA)


def coefficients(scores: pd.Series, covariates: pd.DataFrame) -> pd.Series:
    """Return the logit's coefficients: its log-odds are linear in the covariates."""
    design = covariates.assign(const=1.0)
    odds = np.log(scores / (1 - scores))
    return pd.Series(np.linalg.lstsq(design, odds, rcond=None)[0], index=design.columns)


def test_the_logit_is_that_of_stata(births):
    score = propensity_score(births, treatment="mbsmoke_", covariates=list(ODDS))
    odds = np.exp(coefficients(score, births[list(ODDS)]))
    assert odds[list(ODDS)].to_numpy() == pytest.approx(list(ODDS.values()), abs=PRINTED_6)
    assert odds["const"] == pytest.approx(ODDS_CONSTANT, abs=PRINTED_6)
    smokes = births["mbsmoke_"]
    likelihood, null = (
        (smokes * np.log(p) + (1 - smokes) * np.log(1 - p)).sum() for p in (score, smokes.mean())
    )
    assert likelihood == pytest.approx(LOG_LIKELIHOOD, abs=STATA)
    assert 1 - likelihood / null == pytest.approx(PSEUDO_R_SQUARED, abs=STATA)


# The score


def test_scores_by_year_are_those_of_a_logit_in_each_year(sample):
    score = propensity_score(sample, treatment="treated", covariates=["x", "z"], by="year")
    for _, rows in sample.groupby("year"):
        design = np.column_stack([np.ones(len(rows)), rows[["x", "z"]]])
        result = Logit(rows["treated"].to_numpy(), design).fit(disp=0)
        assert score[rows.index].to_numpy() == pytest.approx(result.predict(), abs=OPTIMISER)
    assert score.index.equals(sample.index)


def test_units_and_origins_of_covariates_do_not_matter(sample):
    moved = sample.assign(x=1e6 * sample["x"] - 5e7, z=-sample["z"] / 1e4)
    one, other = (
        propensity_score(frame, treatment="treated", covariates=["x", "z"], by="year")
        for frame in (sample, moved)
    )
    assert one.to_numpy() == pytest.approx(other.to_numpy(), abs=OPTIMISER)


def test_every_year_without_a_score_is_named_with_its_reason(sample):
    broken = sample.copy()
    year = broken["year"]
    broken.loc[year == 2011, "treated"] = 1
    broken.loc[year == 2012, "z"] = 3.0
    broken.loc[year == 2013, "treated"] = (broken["x"] > 0).astype(int)
    broken.loc[year == 2014, "z"] = 2 * broken["x"]
    with pytest.raises(ValueError, match="cannot be fitted") as error:
        propensity_score(broken, treatment="treated", covariates=["x", "z"], by="year")
    lines = str(error.value).splitlines()[1:]
    words = ("treated is 1 in all", "z does not vary", "separates", "combinations")
    assert len(lines) == 4
    for line, which, reason in zip(lines, range(2011, 2015), words, strict=True):
        assert f"year {which}" in line
        assert reason in line


def test_separation_by_one_value_of_a_dummy_is_found(sample):
    dummy = sample.assign(d=((sample["treated"] == 1) & (sample["x"] > 1)).astype(float))
    with pytest.raises(ValueError, match="separates treated from controls"):
        propensity_score(dummy, treatment="treated", covariates=["x", "d"])


def test_everything_wrong_with_the_columns_is_said_at_once(sample):
    broken = sample.assign(treated=sample["treated"] * 2.0, x=sample["x"].where(sample["x"] < 2))
    broken.index = [0, *broken.index[:-1]]
    with pytest.raises(ValueError, match="No propensity score") as error:
        propensity_score(broken, treatment="treated", covariates=["x"])
    for words in ("x: ", "missing values", "other than 0 and 1", "repeated labels"):
        assert words in str(error.value)
    with pytest.raises(KeyError, match="No column w"):
        propensity_score(sample, treatment="treated", covariates=["w"])


# Truth, invariance, balance


def test_matching_finds_the_effect_that_the_plain_difference_misses(rng):
    frame = simulated(rng, rows=4000)
    scores = propensity_score(frame, treatment="treated", covariates=["x", "z"])
    plain = contrast(frame["y"], frame["treated"], pd.Series(1.0, index=frame.index))
    assert plain > 2
    rules = [
        MatchingRule(),
        MatchingRule(caliper=0.2),
        MatchingRule(replace=False, caliper=0.05),
        MatchingRule("kernel", bandwidth=0.02),
    ]
    for rule in rules:
        weights = match(scores, frame["treated"], rule=rule).weights
        effect = contrast(frame["y"], frame["treated"], weights)
        assert effect == pytest.approx(1, abs=TRUTH), rule.words()
        after = balance(frame, ["x", "z"], frame["treated"], weights)
        assert (after["std_difference_matched"].abs() < 0.1).all(), rule.words()


@pytest.mark.parametrize(
    "rule",
    [
        MatchingRule(caliper=0.1),
        MatchingRule(replace=False),
        MatchingRule("kernel"),
    ],
)
def test_the_order_of_rows_and_the_names_of_strata_do_not_matter(sample, scores, rule, rng):
    order = rng.permutation(sample.index)
    names = sample["year"].map(str)
    one = match(scores, sample["treated"], rule=rule, within=sample["year"])
    other = match(scores[order], sample["treated"][order], rule=rule, within=names[order])
    assert other.weights[scores.index].to_numpy() == pytest.approx(
        one.weights.to_numpy(), abs=EXACT
    )
    assert other.on_support[scores.index].equals(one.on_support)


def test_weights_of_controls_sum_to_the_matched_treated(sample, scores):
    for rule in (MatchingRule(), MatchingRule("kernel"), MatchingRule(replace=False)):
        matches = match(scores, sample["treated"], rule=rule)
        own = matches.weights[matches.treated].sum()
        assert matches.weights[~matches.treated].sum() == pytest.approx(own)


def test_balance_by_hand():
    data = pd.DataFrame({"x": [1.0, 3.0, 0.0, 2.0, 4.0]})
    treated, weights = pd.Series([1, 1, 0, 0, 0]), pd.Series([1.0, 1.0, 0.0, 1.5, 0.5])
    row = balance(data, ["x"], treated, weights).iloc[0]
    pooled = np.sqrt((2 + 4) / 2)
    assert row["std_difference"] == pytest.approx(0)
    assert row["variance_ratio"] == pytest.approx(0.5)
    assert row["mean_control_matched"] == pytest.approx(2.5)
    assert row["std_difference_matched"] == pytest.approx((2 - 2.5) / pooled)
    assert row["variance_ratio_matched"] == pytest.approx(2 / (1.5 / (2 - 2.5 / 2)))


def test_rules_that_make_no_sense_are_refused_with_all_problems():
    with pytest.raises(ValueError, match="No such matching") as error:
        MatchingRule("kernel", replace=False, caliper=-1, bandwidth=0)
    for words in ("for 'nearest'", "no caliper", "caliper -1", "bandwidth 0"):
        assert words in str(error.value)


def test_rows_that_cannot_be_matched_are_refused_with_all_problems(sample, scores):
    broken = scores.where(scores < 0.9)
    with pytest.raises(ValueError, match="Rows cannot be matched") as error:
        match(broken, 0 * sample["treated"], within=sample["year"].iloc[1:])
    for words in ("scores: some missing", "all rows are alike", "within: another"):
        assert words in str(error.value)


def test_a_method_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"method 'radius': choose nearest \| kernel"):
        MatchingRule("radius")
