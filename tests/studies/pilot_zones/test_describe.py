"""Descriptions of firms, on small panels whose answers can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_cities
from digitrade.studies.pilot_zones.describe import (
    SA_TURN,
    agglomeration_readings,
    cohort_paths,
    descriptives,
    largest_rows,
    mover_counts,
    paths_with_and_without,
    post_means,
    rough_firms,
    rule_means,
    sa_example,
    sa_readings,
    share_of_largest,
    t_from_print,
    tail_numbers,
    treated_by_year,
    true_path,
)
from digitrade.studies.pilot_zones.variables import city_counts, location_quotient, on_rows

EXACT = 1e-12  # sums of a few numbers
PRINTED_DIGITS = 0.005  # moments are printed to three decimals or four


@pytest.fixture
def firms() -> pd.DataFrame:
    """Four firms over 2017 to 2020; b moves from Lhasa to Beijing, d sits in Yiwu's prefecture."""
    cities = {
        "a": ["Beijing"] * 4,
        "b": ["Lhasa", "Lhasa", "Beijing", "Beijing"],
        "c": ["Lhasa"] * 4,
        "d": ["Jinhua"] * 4,
    }
    panel = pd.DataFrame(
        [
            {"firm": firm, "year": 2017 + k, "city": city}
            for firm, places in cities.items()
            for k, city in enumerate(places)
        ]
    )
    panel["fc"] = np.arange(len(panel), dtype=float)
    panel["cohort"] = panel["city"].map({"Beijing": 2019.0, "Jinhua": 2019.0})
    panel["zone"] = panel["cohort"].notna().astype(int)
    panel["event_time"] = panel["year"] - panel["cohort"]
    panel["true_effect_fc"] = panel["event_time"].clip(lower=-1) + 1
    return panel


def test_a_rule_moves_post_and_a_place_moves_zone(firms):
    means = rule_means({"twin": firms}).set_index(["rule", "approved_by", "mapping"])
    # Beijing and Yiwu were approved in July 2018: from 2019 by half-years, 2018 by calendar.
    post = means["Post, twin"].xs("2020-12-31", level="approved_by").unstack("mapping")
    assert post.loc["half-year", "prefecture"] == pytest.approx(6 / 16)
    assert post.loc["calendar", "prefecture"] == pytest.approx(8 / 16)
    assert post.loc["half-year", "city"] == pytest.approx(4 / 16)
    zone = means["Zone, twin"].xs("half-year", level="rule").unstack("mapping")
    assert zone.loc["2020-12-31", "prefecture"] == pytest.approx(10 / 16)
    assert zone.loc["2020-12-31", "city"] == pytest.approx(6 / 16)
    assert zone.loc["2022-01-31", "city"] == pytest.approx(10 / 16)


def test_zones_approved_after_the_sample_change_zone_and_never_post(firms):
    means = rule_means({"twin": firms}, mappings=["prefecture"])
    assert (
        np.ptp(means.pivot(index="rule", columns="approved_by", values="Post, twin"), axis=1).max()
        == 0
    )
    assert len(means) == 6


def test_share_of_treated_rows_by_year(firms):
    shares = treated_by_year(firms, approved_by="2020-12-31", rules=["half-year", "calendar"])
    wide = shares.pivot(index="line", columns="year", values="value")
    assert wide.loc["half-year"].tolist() == [0, 0, 3 / 4, 3 / 4]
    assert wide.loc["calendar"].tolist() == [0, 2 / 4, 3 / 4, 3 / 4]


def test_largest_rows_have_shares_that_add_up(firms):
    every = largest_rows(firms, "fc", len(firms))
    assert every["share"].sum() == pytest.approx(1, abs=EXACT)
    assert every["fc"].is_monotonic_decreasing
    assert every["rank"].tolist() == list(range(1, len(firms) + 1))
    shifted = largest_rows(firms.assign(fc=10 + 3 * firms["fc"]), "fc", 2)
    assert shifted["share"].to_numpy() == pytest.approx(every["share"].to_numpy()[:2], abs=EXACT)


def test_share_of_largest_from_moments_is_that_from_rows(firms):
    values = firms["fc"] ** 3
    moments = pd.DataFrame(
        {"n": [len(values)], "mean": values.mean(), "sd": values.std(), "max": values.max()}
    )
    rows = largest_rows(firms.assign(fc=values), "fc", 1)
    assert share_of_largest(moments).iloc[0] == pytest.approx(rows["share"].iloc[0], abs=EXACT)


def test_cohort_paths_are_means_of_city_cohorts(firms):
    paths = cohort_paths(firms, "fc").set_index(["line", "year"])
    assert paths.loc[("never", 2017), "value"] == pytest.approx((4 + 8) / 2)
    assert paths.loc[("2019", 2020), "value"] == pytest.approx((3 + 7 + 15) / 3)
    assert paths["rows"].sum() == len(firms)


def test_movers_are_counted_once(firms):
    counts = mover_counts(firms)
    assert counts.to_dict() == {
        "firms": 4,
        "movers": 1,
        "rows": 16,
        "mover_rows": 4,
        "changers": 1,
    }


def test_sa_readings_know_sign_unit_and_turning_point():
    size = pd.Series([SA_TURN - 1, SA_TURN + 1, SA_TURN - 1, SA_TURN + 1])
    panel = pd.DataFrame({"size": size, "ln_age": np.log1p(10)})
    readings = sa_readings(panel).set_index(["unit", "value"])
    million = readings.loc["million yuan"]
    by_hand = -0.737 * size + 0.043 * size**2 - 0.040 * 10
    assert million.loc["as it is", "mean"] == pytest.approx(by_hand.mean(), abs=1e-9)
    assert million.loc["absolute", "mean"] == pytest.approx(by_hand.abs().mean(), abs=1e-9)
    assert million["rising"].tolist() == [0.5, 0.5]
    # A hundred times as many units: all four are beyond the turning point.
    assert readings.loc[("ten thousand yuan", "as it is"), "rising"] == 1
    assert readings.loc[("ten thousand yuan", "absolute"), "rising"] == 0


def test_agglomeration_readings_follow_both_definitions(firms):
    area = load_cities().set_index("city")["area_km2"]
    panel = firms[firms["year"] == 2017].assign(agg=1.0)
    density = pd.Series({"Beijing": 1, "Lhasa": 2, "Jinhua": 1}) / area
    density = density.dropna()
    readings = agglomeration_readings(panel).set_index("reading")
    assert readings.loc["Equation: share", "max"] == pytest.approx(density.max() / density.sum())
    assert readings.loc["Equation, in per cent", "mean"] == pytest.approx(
        100 * readings.loc["Equation: share", "mean"]
    )
    overall = 4 / area[["Beijing", "Lhasa", "Jinhua"]].sum()
    ratio = readings.loc["Definition table: ratio of densities"]
    assert ratio["max"] == pytest.approx(density.max() / overall)
    assert ratio["where"] == f"{density.idxmax()} 2017"


def test_descriptives_keep_the_order_of_print_and_leave_gaps(firms):
    printed = pd.DataFrame(
        {
            "variable": ["zone", "fc"],
            "n": 16,
            "mean": [0.8, 1.0],
            "sd": [0.4, 2.0],
            "min": 0,
            "max": [1, 9],
        }
    )
    frame = descriptives(printed, {"twin": firms, "yours": firms.assign(zone=np.nan)})
    assert frame["variable"].tolist() == ["Zone", "FC"]
    assert frame["Mean, printed"].tolist() == [0.8, 1.0]
    assert frame["Max, twin"].tolist() == [1, 15]
    assert np.isnan(frame.loc[0, "Mean, yours"])
    assert frame.loc[1, "SD, yours"] == pytest.approx(firms["fc"].std())


def test_true_path_is_zero_before_and_empty_without_a_truth(firms):
    path = true_path(firms).set_index("event_time")["estimate"]
    assert path.to_dict() == {-2.0: 0.0, -1.0: 0.0, 0.0: 1.0, 1.0: 2.0}
    assert true_path(firms.drop(columns="true_effect_fc")).empty


def test_one_printed_row_is_most_of_a_printed_variance():
    # Table 2 of Wang, Sun and Zhou (2025): N 14,791; FC 0.227, 3.9468, max 307.538; PE 107.418,
    # 3463.571, max 420284.63. By hand: 94,441 / 230,388 and 1.7655e11 / 1.7743e11.
    moments = pd.DataFrame(
        {
            "n": 14791,
            "mean": [0.227, 107.418],
            "sd": [3.9468, 3463.571],
            "max": [307.538, 420284.63],
        }
    )
    assert share_of_largest(moments).tolist() == pytest.approx([0.410, 0.995], abs=PRINTED_DIGITS)


def test_tail_is_what_the_largest_rows_hold_of_the_squares():
    numbers = tail_numbers(pd.Series([3.0, 4.0, *[0.0] * 98]))
    assert numbers == {"rows": 100, "first": 64.0, "ten": 100.0, "fifty": 100.0, "median": 0.0}


def test_paths_without_the_largest_value_differ_in_its_cell_only(firms):
    paths = paths_with_and_without({"twin": firms}, "fc")
    every, less = (own.set_index(["line", "year"]) for _, own in paths.groupby("panel", sort=False))
    assert paths["panel"].unique().tolist() == ["Twin", "Twin, largest value out"]
    changed = every["value"] != less["value"]
    assert changed[changed].index.tolist() == [("2019", 2020)]


def test_rough_firms_are_there_every_year(firms):
    rough = rough_firms([2017, 2018])
    assert (rough["year"] == 2017).sum() == (rough["year"] == 2018).sum() > 0
    assert post_means(rough)["half-year"] < post_means(rough)["calendar"]
    assert post_means(firms)["half-year"] == pytest.approx(6 / 16)


def test_t_of_printed_digits_has_the_width_of_their_rounding():
    # Table 4 (1): -0.005 (0.00265). By hand 0.005/0.00265 = 1.887; at the ends of rounding
    # 0.0045/0.002655 = 1.695 and 0.0055/0.002645 = 2.079.
    found = [*t_from_print("4", "1").values()]
    assert found == pytest.approx([1.887, 1.695, 2.079], abs=PRINTED_DIGITS)


def test_agglomeration_readings_tell_levels_from_changes(firms):
    share = location_quotient(city_counts(firms), measure="share")
    rows = on_rows(firms, city_counts(firms).assign(share=share))["share"]
    moved = firms.assign(agg=rows + 5.0 * (firms["city"] == "Lhasa") - 1.0 * firms["year"])
    [equation, _, _] = agglomeration_readings(moved).to_dict("records")
    assert equation["changes"] == pytest.approx(1)
    assert equation["levels"] < 0.99


def test_the_example_of_the_size_age_index_is_worked_out_by_hand():
    example = sa_example(assets=1e6, age=10)
    assert example["example_million"] == pytest.approx(-0.4)
    size = np.log(100)
    assert example["example_ten"] == pytest.approx(-0.737 * size + 0.043 * size**2 - 0.4)
    assert example["turn"] == round(np.exp(SA_TURN) / 100)
