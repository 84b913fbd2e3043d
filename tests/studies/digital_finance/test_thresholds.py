"""The rows, the searches and the counts of the provincial study's thresholds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.threshold import panel_threshold
from digitrade.studies.digital_finance.thresholds import (
    chosen_rows,
    highest_regime,
    low_side,
    public_rows,
    rows_at_printed_cuts,
    search_thresholds,
    study_panel,
)


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
    ours = search_thresholds(public, "ln_trade", seed=3, grid=0, split="above", draws=20)
    theirs = panel_threshold(
        public,
        outcome="ln_trade",
        regime_dependent="ln_dfi",
        threshold="ln_dfi",
        entity="province",
        time="year",
        split="<",
        draws=20,
        rng=np.random.default_rng(3),
    )
    pd.testing.assert_frame_equal(ours.thresholds, theirs.thresholds)


def test_low_side_names_who_lies_up_to_the_cut(public):
    invested = public.dropna(subset=["investment_share"])
    fit = search_thresholds(
        invested, "openness", threshold="investment_share", seed=1, draws=0, trim=0.05
    )
    told = low_side(invested, fit)
    below = invested[invested["investment_share"] <= told["low_cut"]]
    assert told["low_rows"] == len(below) >= told["least_rows"]
    assert told["cities"] == " and ".join(sorted(set(below["province"])))
