"""Thresholds of the zones' effect: columns by hand, a planted cut, the exhibit's cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_cities
from digitrade.exhibits.histograms import null_panels
from digitrade.exhibits.shapes import city_change_plot
from digitrade.exhibits.thresholds import searches_table
from digitrade.studies.pilot_zones.specifications import CONTROLS
from digitrade.studies.pilot_zones.thresholds import (
    BEYOND,
    KNOWN_KINDS,
    LET_IN,
    alarm_rates,
    cities_beyond,
    city_changes,
    finance_numbers,
    known_kinds,
    searches,
    searches_frame,
    start_value,
    threshold_panel,
    truth_by_side,
    zone_threshold,
)

EXACT = 1e-12  # arithmetic on the same numbers
EFFECT, JUMP, NOISE = 0.2, 1.0, 0.1  # the jump is ten times the noise, so the cut is found exactly


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Four firms in each of 40 prefectures over six years; zones from 2015 in half of them."""
    rng = np.random.default_rng(11)
    known = load_cities().query("tier in ('prefecture', 'sub-provincial')")
    cities = known["city"].sort_values().iloc[:40].tolist()
    frame = pd.MultiIndex.from_product(
        [cities, range(4), range(2012, 2018)], names=["city", "member", "year"]
    ).to_frame(index=False)
    number = frame["city"].map({name: k for k, name in enumerate(cities)})
    frame["firm"] = frame["city"] + frame["member"].astype(str)
    frame["cohort"] = np.where(number % 2 == 0, 2015.0, np.nan)
    frame["zone_post"] = (frame["year"] >= frame["cohort"]).astype(int)
    wander = 0.01 * rng.random((len(cities), 6))
    frame["fin"] = 1 + number / 10 + wander[number, frame["year"] - 2012]
    frame["tier"] = frame["city"].map(known.set_index("city")["tier"])
    frame["region"] = "east"
    for name in (*CONTROLS[:5], "eco"):
        frame[name] = rng.normal(size=len(frame))
    frame["true_effect_fc"] = frame["zone_post"] * (EFFECT + JUMP * (number > 20))
    noise = NOISE * rng.random(len(frame))
    return frame.assign(fc=0.5 + noise + frame["true_effect_fc"])


@pytest.fixture(scope="module")
def rows(panel) -> pd.DataFrame:
    return threshold_panel(panel, winsorised=0.0)


@pytest.fixture(scope="module")
def found(rows):
    return zone_threshold(
        rows, outcome="fc", trim=0.1, draws=39, covariance="city", rng=np.random.default_rng(0)
    )


def test_the_start_is_the_first_year_before_the_zone():
    panel = pd.DataFrame(
        {
            "city": ["A", "A", "B", "B", "C", "C"],
            "year": [2013, 2012, 2015, 2016, 2012, 2013],
            "cohort": [2013.0, 2013.0, 2015.0, 2015.0, np.nan, np.nan],
            "fin": [9.0, 2.0, 3.0, 4.0, np.nan, 5.0],
        }
    )
    start = start_value(panel, "fin")
    assert start.tolist()[:2] == [2.0, 2.0]
    assert start.iloc[2:4].isna().all()
    assert start.tolist()[4:] == [5.0, 5.0]


def test_later_finance_does_not_matter(panel):
    moved = panel.assign(fin=panel["fin"] + 5 * panel["zone_post"])
    pd.testing.assert_series_equal(start_value(moved, "fin"), start_value(panel, "fin"))


def test_truth_of_a_transformed_outcome_is_with_less_without(panel):
    rows = threshold_panel(panel, winsorised=0.3)
    top = panel["fc"].quantile(0.7)
    without = panel.set_index(["firm", "year"]).eval("fc - true_effect_fc")
    with_zone = panel.set_index(["firm", "year"])["fc"]
    expected = (with_zone.clip(upper=top) - without.clip(upper=top)).sort_index()
    got = rows.set_index(["firm", "year"])["true_effect_fc_winsorised"].sort_index()
    np.testing.assert_allclose(got, expected, atol=EXACT)
    assert rows["fc_winsorised"].max() == pytest.approx(top)


def test_panels_that_cannot_be_searched_are_refused(panel):
    with pytest.raises(ValueError, match=r"winsorised 0\.5"):
        threshold_panel(panel, winsorised=0.5)
    with pytest.raises(ValueError, match="No row has FC"):
        threshold_panel(panel.assign(fc=np.nan))


def test_known_kinds_leave_one_to_compare_with(rows):
    kinds = known_kinds(rows)
    assert set(kinds) <= set(KNOWN_KINDS)
    assert 0 < rows[list(kinds)].to_numpy().sum() < rows["zone_post"].sum()
    one = rows.assign(**dict.fromkeys(KNOWN_KINDS, 0)).assign(
        zone_prefecture_west=rows["zone_post"]
    )
    assert known_kinds(one) == ()


def test_the_search_finds_the_true_cut_and_slopes(rows, found):
    below = rows.loc[(rows["zone_post"] == 1) & (rows["fin_start"] < 3.05), "fin_start"].max()
    assert below <= found.cut <= 3.05
    assert found.slopes["zone_post"]["estimate"] == pytest.approx(EFFECT, abs=0.02)
    assert found.slopes[BEYOND]["estimate"] == pytest.approx(JUMP, abs=0.02)
    true = truth_by_side(rows, found.cut).iloc[-1]
    assert true["tier"] == "all tiers"
    assert (true["below"], true["beyond"]) == pytest.approx((EFFECT, EFFECT + JUMP))
    assert found.treated_below + found.treated_above == rows["zone_post"].sum()
    for test in (found.by_firm, found.by_city, found.exchanged):
        assert test.p_value == pytest.approx(1 / 40)


def test_tidy_has_the_tests_and_the_slopes(found):
    tidy = found.tidy().set_index("term")
    assert list(tidy.index) == [
        "threshold, firm",
        "threshold, city",
        "threshold, exchanged",
        BEYOND,
        "zone_post",
    ]
    assert tidy.loc["threshold, city", "estimate"] == found.cut


def test_changes_by_city_are_differences_of_differences(rows):
    changes = city_changes(rows.assign(fc=rows["year"] ** 2 + 3.0 * rows["zone_post"]), "fc")
    assert len(changes) == 20
    np.testing.assert_allclose(changes["change"], 3.0, atol=1e-6)
    assert (changes["treated_rows"] == 12).all()


def test_figures_say_what_they_show(rows, found):
    changes = city_changes(rows, "fc")
    assert "20 cities" in city_change_plot(changes, name="fig-a", caption="x").alt
    tests = {"by city": found.by_city, "exchanged": found.exchanged}
    alt = null_panels(tests, name="fig-b", caption="x").alt
    assert "exchanged: 95 per cent of the draws lie below" in alt
    assert "p 0.025" in alt


def test_without_a_truth_there_is_none(panel):
    rows = threshold_panel(panel.drop(columns="true_effect_fc"))
    assert not [name for name in rows if name.startswith("true_effect")]


def test_a_row_a_search_says_what_was_found(rows, found):
    frame = searches_frame({"twin": {"FC": found}, "yours": {"FC": found}})
    assert frame.index.tolist() == ["twin: FC", "yours: FC"]
    row = frame.loc["twin: FC"]
    assert not row["disconnected"]
    cuts = found.fit.profile["gamma"]
    assert row["in_set"] == cuts.between(row["conf_low"], row["conf_high"]).sum()
    assert row["tried"] == found.fit.conventions.n_candidates
    table = searches_table(frame, name="tab-x", caption="x")
    assert [line[0] for line in table.rows] == frame.index.tolist()
    low = found.slopes["zone_post"]
    assert table.rows[0][7] == f"{low['estimate']:.3f}*** ({low['std_error']:.3f})"
    assert table.rows[0][-1] == f"{len(rows):,}"


def test_searches_start_from_the_same_seed_and_let_kinds_in_last(rows):
    one, again = (searches(rows, seed=2, trim=0.1, draws=19) for _ in range(2))
    assert list(one)[-1] == LET_IN
    assert one["FC as it is"].by_city.p_value == again["FC as it is"].by_city.p_value
    assert set(known_kinds(rows)) <= set(one[LET_IN].slopes.specification.controls)


def test_finance_is_counted_by_cities(rows):
    told = finance_numbers(rows)
    assert (told["all_rows"], told["treated_cities"], told["finances"]) == (len(rows), 20, 40)
    assert 99 < told["between"] < 100
    share = rows["fc"].max() ** 2 / (rows["fc"] @ rows["fc"])
    assert told["square_share"] == pytest.approx(100 * share)


def test_false_alarms_are_per_cent_by_outcome_and_signs(rows):
    rates = alarm_rates(rows, trim=0.1, exchanges=4, seed=0)
    assert list(rates["cluster"]) == ["by firm", "by city"] * 2
    assert set(rates["rejected"]) <= {0, 25, 50, 75, 100}


def test_cities_beyond_a_cut(rows):
    cities = cities_beyond(rows, 3.05)
    assert len(cities) == 9
    assert (cities["finance"] > 3.05).all()
    assert cities["treated_rows"].sum() == 9 * 4 * 3
