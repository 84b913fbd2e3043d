"""The rows, the searches and the counts of the provincial study's thresholds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from digitrade.methods.threshold import panel_threshold
from digitrade.studies.digital_finance.thresholds import (
    change_four_ways,
    changes_at_cuts,
    chosen_rows,
    highest_regime,
    low_side,
    public_rows,
    rows_at_printed_cuts,
    search_thresholds,
    study_panel,
)

SAME = 1e-9  # the same least squares by another route: rounding only


@pytest.fixture(scope="module")
def public():
    return public_rows(["Tibet"], 2011, 2021)


def test_public_rows_are_those_chosen_with_both_outcomes(public):
    assert len(public) == 300  # trade has no 2015
    assert public[["openness", "ln_trade"]].notna().all(axis=None)
    fewer = public_rows(["Tibet", "Beijing"], 2016, 2018)
    assert set(fewer["year"]) == {2016, 2017, 2018}
    assert "Beijing" not in set(fewer["province"])


def test_rows_of_a_twin_leave_out_only_what_it_has(public):
    rows = chosen_rows(public, ["Tibet", "Hebei"], 2012, 2014)
    assert len(rows) == 29 * 3


def test_each_printed_cut_is_one_province_year():
    matches = rows_at_printed_cuts(study_panel())
    assert len(matches) == 2
    assert matches["ln_dfi"].is_monotonic_increasing


def test_what_lies_beyond_a_cut_is_counted_with_and_without_it():
    panel = pd.DataFrame(
        {
            "province": ["a", "a", "b", "b"] * 10,
            "year": np.repeat(np.arange(2011, 2031), 2),
            "ln_dfi": np.arange(40.0),
        }
    )
    counted = highest_regime(panel, 36.0)
    assert (counted["strict_rows"], counted["loose_rows"], counted["all_rows"]) == (3, 4, 40)
    assert (counted["strict_provinces"], counted["loose_provinces"]) == (2, 2)
    assert (counted["needed"], counted["highest"], counted["first_beyond"]) == (2, 37.0, 2029)


def test_search_is_that_of_the_method_with_the_words_of_the_chapter(public):
    unmissed = public.assign(year=public["year"].rank(method="dense"))
    ours = search_thresholds(unmissed, "ln_trade", seed=3, convention="ptm", draws=20)
    theirs = panel_threshold(
        unmissed,
        outcome="ln_trade",
        regime_dependent="ln_dfi",
        threshold="ln_dfi",
        entity="province",
        time="year",
        convention="ptm",
        draws=20,
        rng=np.random.default_rng(3),
    )
    pd.testing.assert_frame_equal(ours.thresholds, theirs.thresholds)


def test_low_side_names_who_lies_up_to_the_cut(public):
    invested = public.dropna(subset=["investment_share"])
    fit = search_thresholds(
        invested, "openness", threshold="investment_share", seed=1, draws=0, trim=0.05
    )
    told = low_side(invested, fit, "openness")
    below = invested[invested["investment_share"] <= told["low_cut"]]
    assert told["low_rows"] == len(below) >= told["least_rows"]
    names = sorted(set(below["province"]))
    assert (told["low_names"], told["low_provinces"]) == (names, len(names))
    own = invested[invested["province"].isin(names)]
    assert told["crossing"] == own.loc[~own.index.isin(below.index), "province"].nunique()


def test_four_ways_to_be_unsure_of_one_change(public):
    ways = change_four_ways(public, "ln_trade", seed=1, draws=99, trim=0.05, n_thresholds=2)
    assert ways["way"].tolist() == ["homoskedastic", "robust", "clustered", "wild bootstrap"]
    assert ways["estimate"].tolist() == pytest.approx([ways["estimate"][0]] * 4, rel=SAME)
    fit = search_thresholds(public, "ln_trade", seed=1, draws=0, trim=0.05, n_thresholds=2)
    slopes = fit.coefficients["estimate"]
    assert ways["estimate"][0] == pytest.approx(slopes[2] - slopes[1], rel=SAME)
    stepped = change_four_ways(
        public, "ln_trade", seed=1, draws=99, trim=0.05, regime_intercepts=True
    )
    assert stepped["estimate"].tolist() == pytest.approx([stepped["estimate"][0]] * 4, rel=SAME)


def test_changes_at_cuts_are_those_of_a_regression_with_dummies(public):
    cuts = [5.5, 5.9]
    rows = changes_at_cuts(public, "ln_trade", cuts, seed=1, draws=99)
    assert len(rows) == 16
    beyond = [(public["ln_dfi"] > cut).astype(float) for cut in cuts]
    for form, factor in {"slope": public["ln_dfi"], "step": 1.0}.items():
        columns = {"x": public["ln_dfi"]} | {f"c{k}": b * factor for k, b in enumerate(beyond, 1)}
        keys = public[["province", "year"]].astype(str)
        dummies = pd.get_dummies(keys, dtype=float).drop(columns="year_2011")
        model = sm.OLS(public["ln_trade"], pd.DataFrame(columns).join(dummies)).fit()
        own = rows[(rows["form"] == form) & (rows["effects"] == "province, year")]
        assert own["estimate"].tolist() == pytest.approx(model.params[["c1", "c2"]], rel=1e-6)
    assert rows["wild_p"].between(0, 1).all()
