"""What surrounds the search for a threshold of the zone's effect, on rows made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_cities
from digitrade.methods.threshold import panel_threshold
from digitrade.studies.pilot_zones import threshold_checks as checks
from digitrade.studies.pilot_zones import thresholds
from digitrade.studies.pilot_zones.specifications import CONTROLS
from digitrade.studies.pilot_zones.thresholds import (
    MODEL,
    level_effect,
    threshold_panel,
    true_means,
)

SEARCH = {"trim": 0.1, "draws": 19}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Three firms in each of 24 prefectures over six years; zones from 2015 in half of them."""
    rng = np.random.default_rng(4)
    cities = load_cities().query("tier == 'prefecture'")["city"].sort_values().iloc[:24].tolist()
    frame = pd.MultiIndex.from_product(
        [range(24), range(3), range(2012, 2018)], names=["place", "member", "year"]
    ).to_frame(index=False)
    frame["city"] = frame["place"].map(dict(enumerate(cities)))
    frame["firm"] = frame["city"] + frame["member"].astype(str)
    frame["cohort"] = np.where(frame["place"] % 2 == 0, 2015.0, np.nan)
    frame["zone_post"] = (frame["year"] >= frame["cohort"]).astype(int)
    frame["fin"] = 1 + frame["place"] / 10 + 0.01 * rng.random(len(frame))
    frame["fin"] = frame.groupby(["city", "year"])["fin"].transform("first")
    frame = frame.assign(tier="prefecture", region="east")
    for name in (*CONTROLS[:5], "eco"):
        frame[name] = rng.normal(size=len(frame))
    frame["true_effect_fc"] = frame["zone_post"] * (0.2 + (frame["place"] > 12))
    noise = 0.1 * rng.random(len(frame))
    return threshold_panel(frame.assign(fc=0.5 + noise + frame["true_effect_fc"]), winsorised=0.0)


def test_finance_is_counted_by_cities(rows):
    told = checks.finance_numbers(rows)
    assert (told["all_rows"], told["treated_cities"], told["values"]) == (len(rows), 12, 24)
    assert 99 < told["between"] < 100
    assert told["square_share"] == pytest.approx(
        100 * rows["fc"].max() ** 2 / (rows["fc"] @ rows["fc"])
    )


def test_a_zone_that_does_nothing_to_finance_is_seen_to(rows):
    row = checks.effect_on_finance(rows)
    assert row["conf_low"] < 0 < row["conf_high"]


def test_slopes_are_split_for_each_source_and_each_finance(rows):
    split = checks.split_at_medians({"twin": rows, "yours": rows}, "city")
    assert split["label"].nunique() == 4
    assert split.groupby("label")["term"].nunique().eq(2).all()


def test_outcomes_start_from_the_same_seed_and_sentences_say_what_was_found(rows):
    one, again = (thresholds.search_outcomes(rows, seed=2, **SEARCH) for _ in range(2))
    assert list(one) == list(thresholds.OUTCOMES)
    title = "FC as it is"
    assert one[title].by_city.p_value == again[title].by_city.p_value
    assert list(checks.by_source({"twin": one})) == [f"twin: {name}" for name in one]
    told = thresholds.search_numbers("raw", one[title])
    assert told["raw_cut"] == one[title].cut
    assert told["raw_low"] <= told["raw_cut"] <= told["raw_high"]
    tried = one[title].fit.conventions.n_candidates
    assert told["raw_set"] == f"{one[title].cuts_in_set} of {tried}"


def test_the_firm_of_the_largest_value_goes_with_all_its_rows(rows):
    firm = rows.loc[rows["fc"].idxmax(), "firm"]
    fewer = checks.without_largest_firm(rows)
    assert len(rows) - len(fewer) == (rows["firm"] == firm).sum()
    assert firm not in set(fewer["firm"])


def test_false_alarms_are_per_cent_by_source_outcome_and_signs(rows):
    rates = checks.alarm_rates({"twin": rows}, trim=0.1, exchanges=4, seed=0)
    assert list(rates["cluster"]) == ["by firm", "by city"] * 2
    assert set(rates["rejected"]) <= {0, 25, 50, 75, 100}


def test_cities_beyond_a_cut_and_the_truth_on_either_side(rows):
    cities = checks.cities_beyond(rows, 2.25)
    assert len(cities) == 5
    assert (cities["finance"] > 2.25).all()
    assert cities["treated_rows"].sum() == 5 * 3 * 3
    last = checks.truth_by_side(rows, 2.25).iloc[-1]
    assert last["tier"] == "all tiers"
    assert (last["below"], last["beyond"]) == pytest.approx(true_means(rows, checks.TAMED, 2.25))


def test_power_is_told_by_setup_and_in_words(rows):
    level = rows.assign(level=level_effect(rows, checks.TAMED))
    planting = {"sizes": (0.0, 1.0), "draws": 19, "trim": 0.1}
    curves = checks.power_curves({"twin": rows}, level, quantile=0.5, seed=0, **planting)
    assert list(curves)[:2] == ["twin, winsorised, one effect for all", "twin, FC as it is"]
    assert checks.smallest_found(pd.DataFrame({"size": [0.1, 0.2], "found": [0.5, 0.9]})) == "0.20"
    nothing = pd.DataFrame({"size": [0.1], "found": [0.5]})
    assert checks.smallest_found(nothing) == "more than we planted"
    treated = rows.loc[rows["zone_post"] == 1, "fin_start"]
    assert checks.planted_cut(rows, 0.5) == treated.median()


def test_a_search_alone_is_that_of_the_method(rows):
    ours = checks.search_only(rows, "fc", trim=0.2)
    theirs = panel_threshold(
        rows, **{**MODEL, "outcome": "fc", "trim": 0.2}, draws=0, rng=np.random.default_rng(0)
    )
    pd.testing.assert_frame_equal(ours.thresholds, theirs.thresholds)


def test_balanced_searches_have_firms_and_cities_as_units(rows):
    found = checks.search_balanced({"twin": rows}, trim=0.1, draws=9, seed=1)
    assert [fit.n_entities for fit in found.values()] == [72, 24]
