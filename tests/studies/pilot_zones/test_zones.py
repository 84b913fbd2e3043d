"""Who is treated from when, against the list of zones worked through by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_pilot_zones
from digitrade.data.codebook import DataError
from digitrade.studies.pilot_zones.zones import (
    CUT_OFFS,
    MAPPINGS,
    RULES,
    assign_treatment,
    city_cohorts,
    city_problems,
    counted_zones,
    first_treated_year,
    rule_table,
)

ALL = "2022-12-31"


def cohort_of(city: str, **options: str) -> int:
    cohorts = city_cohorts(**options).set_index("city")["cohort"]
    return int(cohorts[city])


@pytest.mark.parametrize(
    ("day", "half_year", "calendar"),
    [
        ("2015-03-07", 2015, 2015),
        ("2018-07-24", 2019, 2018),
        ("2019-12-15", 2020, 2019),
        ("2020-06-30", 2020, 2020),
        ("2020-07-01", 2021, 2020),
        ("2020-12-31", 2021, 2020),
    ],
)
def test_rules_at_the_turn_of_the_half_year(day, half_year, calendar):
    dates = pd.Series(pd.to_datetime([day]), index=["a"])
    assert first_treated_year(dates, "half-year").to_dict() == {"a": half_year}
    assert first_treated_year(dates, "calendar").to_dict() == {"a": calendar}


def test_rules_differ_by_a_year_at_most_and_only_late():
    dates = load_pilot_zones()["approval_date"]
    gap = first_treated_year(dates, "half-year") - first_treated_year(dates, "calendar")
    assert (gap == (dates.dt.month > 6)).all()


def test_cohorts_of_the_study():
    cohorts = city_cohorts().set_index("city")["cohort"]
    assert cohorts.value_counts().to_dict() == {2015: 1, 2016: 12, 2019: 22, 2020: 70}
    assert cohorts["Hangzhou"] == 2015
    assert cohorts["Shanghai"] == 2016
    assert cohorts["Beijing"] == 2019


def test_each_batch_has_its_dates():
    table = rule_table().set_index("batch")
    assert table["zones"].tolist() == [1, 12, 22, 24, 46, 27, 33]
    assert table["half-year"].tolist() == [2015, 2016, 2019, 2020, 2020, 2022, 2023]
    assert table["calendar"].tolist() == [2015, 2016, 2018, 2019, 2020, 2022, 2022]
    assert table["total"].iloc[-1] == 165


def test_zones_counted_by_each_day():
    assert [len(counted_zones(approved_by=day)) for day in CUT_OFFS] == [105, 132, 165]


def test_the_day_itself_counts():
    assert len(counted_zones(approved_by="2015-03-06")) == 0
    assert counted_zones(approved_by="2015-03-07")["city"].tolist() == ["Hangzhou"]


def test_no_zones_yet_is_nobody_treated():
    keys = pd.DataFrame({"city": ["Hangzhou"], "year": [2020]})
    row = assign_treatment(keys, approved_by="2014-12-31").iloc[0]
    assert (row["zone"], row["post"], row["zone_post"]) == (0, 0, 0)
    assert np.isnan(row["cohort"])


def test_yiwu_and_jinhua():
    assert cohort_of("Jinhua", approved_by=ALL) == 2019
    assert cohort_of("Jinhua", approved_by=ALL, mapping="city") == 2022
    early = city_cohorts(mapping="city")["city"]
    assert "Jinhua" not in set(early)
    row = city_cohorts(approved_by=ALL).set_index("city").loc["Jinhua"]
    assert (row["batch"], row["zones"]) == (3, "Yiwu, Jinhua")


def test_mapping_by_city_leaves_out_the_eight_zones_below_a_prefecture():
    both = {one: set(counted_zones(approved_by=ALL, mapping=one)["city"]) for one in MAPPINGS}
    assert both["prefecture"] - both["city"] == {
        "Yiwu",
        "Hunchun",
        "Yanji",
        "Suifenhe",
        "Manzhouli",
        "Tongjiang",
        "Alashankou",
        "Xiong'an New Area",
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_later_day_adds_cities_and_moves_none(rule, mapping):
    early, late = (
        city_cohorts(approved_by=day, rule=rule, mapping=mapping).set_index("city")["cohort"]
        for day in ("2020-12-31", ALL)
    )
    assert (late[early.index] == early).all()
    assert len(late) > len(early)


def test_treatment_of_hand_made_rows():
    keys = pd.DataFrame(
        {
            "city": ["Hangzhou", "Hangzhou", "Beijing", "Lhasa"],
            "year": [2014, 2015, 2020, 2020],
        },
        index=[7, 3, 5, 1],
    )
    expected = pd.DataFrame(
        {
            "zone": [1, 1, 1, 0],
            "cohort": [2015.0, 2015.0, 2019.0, np.nan],
            "post": [0, 1, 1, 0],
            "zone_post": [0, 1, 1, 0],
            "event_time": [-1.0, 0.0, 1.0, np.nan],
        },
        index=[7, 3, 5, 1],
    )
    pd.testing.assert_frame_equal(assign_treatment(keys), expected)


def test_a_firm_that_moves_follows_its_city():
    keys = pd.DataFrame({"city": ["Lhasa", "Hangzhou"], "year": [2018, 2018]})
    assert assign_treatment(keys)["zone"].tolist() == [0, 1]


def test_order_of_the_rows_does_not_matter(rng):
    names = city_cohorts(approved_by=ALL)["city"]
    keys = pd.DataFrame({"city": rng.choice(names, 60), "year": rng.integers(2011, 2023, 60)})
    shuffled = keys.sample(frac=1, random_state=rng)
    straight = assign_treatment(keys, approved_by=ALL)
    pd.testing.assert_frame_equal(
        assign_treatment(shuffled, approved_by=ALL).sort_index(), straight
    )


def test_unknown_cities_are_all_named_with_what_to_write():
    keys = pd.DataFrame({"city": ["Yiwu", "杭州市", "Taizhou", "Shenzen", ""], "year": 2019})
    with pytest.raises(DataError) as raised:
        assign_treatment(keys)
    text = str(raised.value)
    assert len(raised.value.problems) == 5
    assert "'Yiwu': not a city in data/policy/cities.csv (1 row). Write Jinhua" in text
    assert "Write Hangzhou" in text
    assert "Taizhou (Jiangsu), Taizhou (Zhejiang)" in text
    assert "Shenzhen" in text
    assert "an empty cell" in text


def test_known_cities_make_no_problem():
    assert city_problems(pd.Series(["Hangzhou", "Jiyuan"])) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "monthly"}, "Unknown rule 'monthly'"),
        ({"mapping": "county"}, "Unknown mapping 'county'"),
        ({"approved_by": "2020-02-30"}, "'2020-02-30' is no day"),
        ({"approved_by": "31.12.2020"}, "is no day"),
    ],
)
def test_options_that_are_not_allowed(options, words):
    with pytest.raises(ValueError, match=words):
        city_cohorts(**options)
