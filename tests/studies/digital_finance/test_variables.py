"""Constructed variables, against figures worked out by hand from the producers' tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_provinces
from digitrade.data.labels import labels
from digitrade.studies.digital_finance.variables import (
    FORMULAS,
    MUNICIPALITIES,
    build_province_panel,
    changes_by_start,
    thirds_by_start,
)

HAND = 5e-5  # worked on paper from the shipped cells to four decimals


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return build_province_panel(load_provinces())


@pytest.fixture(scope="module")
def beijing(panel) -> pd.Series:
    return panel.query("province == 'Beijing' and year == 2011").iloc[0]


@pytest.mark.parametrize(
    ("column", "by_hand"),
    [
        ("ln_dfi", 4.3746),  # ln 79.41
        ("openness", 1.4253),  # 389555.977 * 6.4588 / 100 / 17653.3
        ("ln_trade", 10.1330),  # ln 25160.6
        ("ln_gdp_per_head", 2.16585),  # ln (17653.3 / 2024)
        ("urbanisation", 0.8622),  # 1745 / 2024
        ("secondary_share", 0.2018),  # 3563.3 / 17653.3
        ("government_share", 0.1838),  # 3245.23 / 17653.3
        ("investment_share", 0.3160),  # 5578.93 / 17653.3
        ("inventions_per_head", 7.8458),  # 15880 / 2024
        ("technology_share", 0.1071),  # 1890.28 / 17653.3
        ("infrastructure", 1.3720),  # (2.13 + 0.12) / 1.64, by hand 1.37195
    ],
)
def test_beijing_2011(beijing, column, by_hand):
    assert beijing[column] == pytest.approx(by_hand, abs=HAND)


def test_rows_and_keys_are_those_of_the_figures(panel):
    figures = load_provinces()
    pd.testing.assert_frame_equal(panel[["province", "year"]], figures[["province", "year"]])


def test_a_variable_is_missing_where_a_figure_is(panel):
    assert (
        panel.query("year == 2015")[["openness", "ln_trade", "trade_quality"]].isna().all(axis=None)
    )
    assert panel.query("year > 2017")["investment_share"].isna().all()


def test_trade_quality_stays_within_bounds(panel):
    assert panel["trade_quality"].dropna().between(0, 1).all()


def test_ingredients_and_weighting_are_parameters():
    figures = load_provinces()
    one = build_province_panel(figures, ingredients=["openness"])["trade_quality"]
    scaled = build_province_panel(figures)["openness"]
    expected = (scaled - scaled.min()) / (scaled.max() - scaled.min())
    np.testing.assert_allclose(one, expected, atol=1e-12)
    with pytest.raises(ValueError, match="profit: not in the frame"):
        build_province_panel(figures, ingredients=["profit"])


def test_four_municipalities(panel):
    assert set(panel.loc[panel["municipality"], "province"]) == set(MUNICIPALITIES)


def test_every_variable_is_labelled():
    assert set(FORMULAS.index) <= set(labels())


@pytest.fixture
def starts() -> pd.DataFrame:
    rows = [
        ("A", 2011, 1.0, 10.0),
        ("A", 2012, 4.0, 11.0),
        ("B", 2011, 2.0, 20.0),
        ("B", 2012, 3.0, 26.0),
        ("C", 2011, 8.0, 30.0),
        ("C", 2012, 9.0, 28.0),
        ("D", 2011, 9.0, 40.0),
        ("D", 2012, 9.5, 36.0),
        ("E", 2011, 3.0, 50.0),
        ("E", 2012, 3.5, 51.0),
        ("F", 2011, 4.0, 60.0),
        ("F", 2012, 6.5, 65.0),
    ]
    return pd.DataFrame(rows, columns=["province", "year", "x", "y"])


def test_changes_by_start_as_by_hand(starts):
    ours = changes_by_start(starts, "x", ["x", "y"])
    assert ours.to_dict("list") == {
        "group": ["low", "middle", "high"],
        "provinces": [2, 2, 2],
        "level": [1.5, 3.5, 8.5],
        "x": [2.0, 1.5, 0.75],
        "y": [3.5, 3.0, -3.0],
    }


def test_thirds_by_start_as_by_hand(starts):
    first = starts[starts["year"] == 2011].set_index("province")["x"]
    thirds = thirds_by_start(first)
    assert set(thirds.index[thirds == "high"]) == {"C", "D"}
    assert thirds.value_counts().to_list() == [2, 2, 2]


def test_provinces_without_both_ends_are_left_out(starts):
    assert changes_by_start(starts.drop(index=7), "x", ["y"])["provinces"].sum() == 5


def test_one_year_is_refused(starts):
    with pytest.raises(ValueError, match="found years 2011 to 2011"):
        changes_by_start(starts[starts["year"] == 2011], "x", ["y"])
