"""The firm panel, from a small extract whose variables were worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data.codebook import DataError
from digitrade.data.labels import label, labels
from digitrade.data.reader.columns import canonical_columns
from digitrade.studies.pilot_zones.variables import (
    AS_GIVEN_IF_THERE,
    CONSTRUCTED,
    build_firm_panel,
)

HAND = 5e-5  # worked on paper to four decimals
REQUIRED = [name for name, column in canonical_columns().items() if column.required]
OPTIONAL = [name for name in canonical_columns() if name not in REQUIRED]
RESTS_ON = {
    "log_govsub": "subsidies",
    "log_shortloan": "short_loans",
    "log_longloan": "long_loans",
    "log_totalloan": "long_loans",
    "export": "export_revenue",
    "digitalisation": "digital_words",
    "disposable_income": "disposable_income",
    "government_intervention": "fiscal_expenditure",
    "smart_post": "smart_city_year",
    "innova_post": "innovative_city_year",
    **{name: name for name in AS_GIVEN_IF_THERE},
}


@pytest.fixture
def extract() -> pd.DataFrame:
    """Two firms in 2014 and 2016, one of which moves from Wuhan to Hangzhou; one in Jiyuan."""
    return pd.DataFrame(
        {
            "firm": ["000001", "000001", "000002", "000002", "000003"],
            "year": [2014, 2016, 2014, 2016, 2016],
            "city": ["Wuhan", "Hangzhou", "Chengdu", "Chengdu", "Jiyuan"],
            "province": ["Hubei", "Zhejiang", "Sichuan", "", "Henan"],
            "financial_assets": [2e8, 3e8, 0.0, 1e8, 5e7],
            "fixed_assets": [4e8, 2e8, 1e9, 4e8, 5e8],
            "total_assets": [3e9, 4e9, 5e10, 6e10, 1e9],
            "established": [1999, 1999, 2014, 2014, 1990],
            "top1": [30.0, 31.0, 50.0, 51.0, 20.0],
            "quick": [1.0, 1.1, 0.5, 0.6, 2.0],
            "liability": [0.4, 0.5, 0.6, 0.7, 0.2],
            "q": [1.5, 1.6, 1.1, 1.2, 3.0],
            "pe": [20.0, 25.0, 10.0, 12.0, 80.0],
            "deposits_loans": [30000.0, 60000.0, 45000.0, 55000.0, 500.0],
            "gdp": [10000.0, 12000.0, 10000.0, 12500.0, 500.0],
            "gdp_per_head": [9.8, 12.4, 7.0, 7.7, 7.4],
            "subsidies": [0.0, 1e7, 2e7, np.nan, 1e6],
            "short_loans": [1e8, 0.0, 3e8, 4e8, 0.0],
            "long_loans": [1e8, 2e8, np.nan, 4e8, 0.0],
            "export_revenue": [2.5e9, 0.0, 0.0, 0.0, -1e8],
            "digital_words": [3, 8, 0, 1, 0],
            "fiscal_expenditure": [1200.0, 1400.0, 1340.0, 1600.0, 60.0],
            "disposable_income": [30000.0, 46000.0, 28000.0, 33000.0, 25000.0],
            "smart_city_year": [2013, np.nan, 2016, 2016, np.nan],
            "true_effect_fc": [0.0, 0.2, 0.0, 0.1, 0.0],
        }
    )


@pytest.fixture
def panel(extract) -> pd.DataFrame:
    return build_firm_panel(extract)


@pytest.mark.parametrize(
    ("column", "row", "by_hand"),
    [
        ("fc", 0, 0.5),
        ("fc", 1, 1.5),
        ("fc", 2, 0.0),
        ("fin", 3, 4.4),
        ("eco", 0, 2.28238),  # ln 9.8
        ("size", 0, 8.00637),  # ln 3000
        ("ln_age", 0, 2.77259),  # ln 16
        ("ln_age", 2, 0.0),  # ln 1: the year of establishment
        ("sa", 0, -3.74430),  # -0.737 * 8.00637 + 0.043 * 64.1019 - 0.6
        ("disposable_income", 0, 10.30895),  # ln 30000
        ("government_intervention", 0, 0.12),
        ("log_govsub", 0, 0.0),
        ("log_govsub", 1, 16.11810),  # ln (1 + 1e7)
        ("log_shortloan", 1, 0.0),
        ("log_longloan", 0, 18.42068),  # ln (1 + 1e8)
        ("log_totalloan", 0, 19.11383),  # ln (1 + 2e8)
        ("log_totalloan", 1, 19.11383),
        ("export", 0, 2.5),
        ("export", 4, -0.1),
        ("digitalisation", 1, 8),
        ("trend_central", 0, 3),
        ("trend_central", 1, 0),
        ("trend_west", 3, 5),  # Chengdu is in the west, though no province is reported
        ("trend_central", 4, 5),
        ("smart_post", 0, 1),
        ("smart_post", 1, 0),
        ("smart_post", 2, 0),
        ("smart_post", 3, 1),
        ("true_effect_fc", 1, 0.2),
        # two firms on 8569 + 14335 square km; Wuhan's density is 1 / 8569
        ("agg", 0, 1.33645),
        # three firms on 16850 + 14335 + 1899; Hangzhou's density is 1 / 16850
        ("agg", 1, 0.65448),
    ],
)
def test_by_hand(panel, column, row, by_hand):
    assert panel.loc[row, column] == pytest.approx(by_hand, abs=HAND)


def test_places(panel):
    assert panel["region"].fillna("?").tolist() == ["central", "east", "west", "?", "central"]
    assert panel["tier"].fillna("?").tolist() == ["sub-provincial"] * 4 + ["?"]


def test_treatment_follows_the_city_of_the_year(panel):
    # Hangzhou was approved in March 2015, Chengdu in January 2016, Wuhan in July 2018
    assert panel["zone"].tolist() == [1, 1, 1, 1, 0]
    assert panel["cohort"].tolist()[:4] == [2019, 2015, 2016, 2016]
    assert panel["zone_post"].tolist() == [0, 1, 0, 1, 0]
    assert panel["event_time"].tolist()[:4] == [-5, 1, -2, 0]
    assert panel.loc[4, ["cohort", "event_time"]].isna().all()


def test_options_of_the_treatment_are_passed_on(extract):
    late = build_firm_panel(extract, rule="calendar")
    assert late.loc[0, "cohort"] == 2018
    none = build_firm_panel(extract, approved_by="2015-12-31")
    assert none["zone"].tolist() == [0, 1, 0, 0, 0]
    yiwu = extract.assign(city="Jinhua", province="Zhejiang")
    assert build_firm_panel(yiwu, mapping="prefecture")["zone"].all()
    assert not build_firm_panel(yiwu, mapping="city")["zone"].any()


def test_a_gap_stays_a_gap(panel):
    assert np.isnan(panel.loc[3, "log_govsub"])
    assert panel.loc[2, ["log_longloan", "log_totalloan"]].isna().all()
    assert panel.loc[2, "log_shortloan"] > 0


def test_columns_that_are_absent_leave_their_variables_missing(extract):
    panel = build_firm_panel(extract[REQUIRED])
    assert panel[list(RESTS_ON)].isna().all(axis=None)
    whole = [name for name in CONSTRUCTED if name not in RESTS_ON]
    assert panel[whole].notna().all(axis=None)
    assert not [name for name in panel if name.startswith("true_effect_")]


OF_SECTORS = {"industry", "industry_name", "short_name"}  # they leave out rows and make no variable


@pytest.mark.parametrize("absent", sorted({*OPTIONAL} - OF_SECTORS))
def test_an_absent_column_takes_nothing_else_with_it(extract, absent):
    full = extract.assign(
        innovative_city_year=2012, agg=1.5, **dict.fromkeys(AS_GIVEN_IF_THERE, 0.5)
    )
    with_it, without = build_firm_panel(full), build_firm_panel(full.drop(columns=absent))
    assert list(without) == list(with_it)
    changed = [name for name in with_it if not without[name].equals(with_it[name])]
    rest = [name for name, column in RESTS_ON.items() if column == absent]
    if absent == "short_loans":
        rest.append("log_totalloan")
    assert sorted(changed) == sorted(rest or ["agg"])


def test_agglomeration_as_given_is_kept(extract):
    assert (build_firm_panel(extract.assign(agg=7.5))["agg"] == 7.5).all()


def test_order_and_index_are_those_of_the_extract(extract, panel):
    turned = extract.iloc[::-1].set_axis([50, 40, 30, 20, 10])
    expected = panel.iloc[::-1].set_axis(turned.index)
    pd.testing.assert_frame_equal(build_firm_panel(turned), expected)


def test_names_of_firms_do_not_matter(extract, panel):
    renamed = build_firm_panel(extract.assign(firm="x" + extract["firm"]))
    pd.testing.assert_frame_equal(renamed.drop(columns="firm"), panel.drop(columns="firm"))


def test_rescaling_both_assets_leaves_their_ratio(extract, panel):
    scaled = extract.assign(
        financial_assets=extract["financial_assets"] * 7, fixed_assets=extract["fixed_assets"] * 7
    )
    np.testing.assert_allclose(build_firm_panel(scaled)["fc"], panel["fc"], rtol=1e-12)


def test_the_extract_is_not_changed(extract):
    before = extract.copy()
    build_firm_panel(extract)
    pd.testing.assert_frame_equal(extract, before)


def test_every_absent_column_is_named(extract):
    with pytest.raises(DataError) as raised:
        build_firm_panel(extract.drop(columns=["gdp", "q"]))
    assert {one.place for one in raised.value.problems} == {"column gdp", "column q"}


def test_repeated_keys_unknown_cities_and_provinces_come_at_once(extract):
    bad = pd.concat([extract, extract.iloc[[0, 0]]], ignore_index=True)
    bad.loc[1, "city"] = "Hangzou"
    bad.loc[2, "province"] = "Szechuan"
    with pytest.raises(DataError) as raised:
        build_firm_panel(bad)
    text = str(raised.value)
    assert len(raised.value.problems) == 3
    assert "firm 000001, year 2014: more than one row" in text
    assert "Hangzhou" in text
    assert "province 'Szechuan': unknown" in text


def test_blank_provinces_may_be_written_in_either_way(extract, panel):
    blank = build_firm_panel(extract.assign(province=extract["province"].replace("", None)))
    pd.testing.assert_series_equal(blank["region"], panel["region"])
    pd.testing.assert_series_equal(blank["trend_west"], panel["trend_west"])


def test_every_variable_is_documented_and_labelled(panel):
    for one in CONSTRUCTED:
        assert one.__doc__
    keys = {"firm", "year", "city", "province", "true_effect_fc"}
    assert set(panel) - keys <= set(labels())
    assert label("zone_post") == "Zone × post"
