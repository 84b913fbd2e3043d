"""The firms' contract: targets as printed, met on the default seed, honest elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_firm_targets, load_honest_draws, load_published
from digitrade.exhibits.comparison import coefficient_table, comparison_table
from digitrade.exhibits.intervals import distance_plot, short_name
from digitrade.studies.pilot_zones.specifications import (
    TABLES,
    can_be_estimated,
    estimate_table,
    printed_rows,
    source_rows,
    with_labels,
)
from digitrade.studies.pilot_zones.twin import calibration, simulate_firms
from digitrade.studies.pilot_zones.twin.calibration import implied_sums
from digitrade.studies.pilot_zones.variables import build_firm_panel

NINE_IN_TEN = 0.9
ONE_IN_THREE_MISSED = (0.45, 0.85)  # hits of honest draws if printed errors are about right
SAME = 1e-9


@pytest.fixture(scope="module")
def twin():
    return simulate_firms()


@pytest.fixture(scope="module")
def panel(twin) -> pd.DataFrame:
    return build_firm_panel(twin.extract)


@pytest.fixture(scope="module")
def contract(panel) -> pd.DataFrame:
    return calibration.evaluate_firm_targets(panel)


@pytest.fixture(scope="module")
def scatter() -> pd.DataFrame:
    return calibration.printed_in_draws(load_honest_draws("pilot_zones"))


def test_targets_are_what_was_printed_digit_by_digit():
    printed = load_published("estimates", study="pilot_zones")
    targets = load_firm_targets()
    for kind, column in (("coefficient", "estimate"), ("standard error", "se")):
        for row in targets[targets["kind"] == kind].itertuples():
            same = printed[
                (printed["table"] == row.table)
                & (printed["panel"] == row.panel)
                & (printed["column"] == row.column)
                & (printed["term"] == row.term)
            ]
            assert same[column].item() == row.printed, row.target


def test_every_printed_main_coefficient_is_a_target():
    printed = load_published("estimates", study="pilot_zones")
    main = printed[(printed["term"] == "zone_post") & (printed["table"] != "7")]
    targets = load_firm_targets().query("kind == 'coefficient' and term == 'zone_post'")
    assert len(targets) == len(main) == 33


def test_binding_targets_hold_on_the_default_seed(contract):
    unmet = contract.loc[contract["binding"] & ~contract["met"], "target"]
    assert unmet.empty, list(unmet)


def test_nine_in_ten_coefficients_are_within_one_printed_standard_error(contract):
    found = contract[contract["kind"] == "coefficient"]
    within = (found["twin"] - found["printed"].astype(float)).abs() <= found["std_error"]
    assert within.mean() >= NINE_IN_TEN
    assert within.tolist() == found["met"].tolist()


def test_sizes_and_descriptives_hold(contract):
    assert contract.loc[contract["kind"].isin(["sample size", "descriptive"]), "met"].all()


def test_the_path_is_that_of_the_figure(contract):
    assert contract.loc[contract["kind"] == "path", "met"].all()


def test_honest_draws_hit_about_as_often_as_standard_errors_say(scatter):
    low, high = ONE_IN_THREE_MISSED
    assert low < scatter["hit"].mean() < high
    assert scatter.groupby("target")["value"].nunique().min() > 1


def test_a_broken_twin_is_told(panel):
    wrong = calibration.evaluate_firm_targets(panel.assign(fc=panel["fc"] * 3))
    assert not wrong.set_index("target").loc["coefficient_33", "met"]
    assert not wrong.set_index("target").loc["mean_fc", "met"]


def test_moving_noise_leaves_truth_and_controls_alone(twin):
    moved, drawn = twin.extract, twin.drawn
    true = [name for name in drawn if name.startswith("true_effect_")]
    same = ["firm", "year", "city", "established", "q", "pe", "deposits_loans", *true]
    pd.testing.assert_frame_equal(moved[same], drawn[same])
    before, after = (one["financial_assets"] / one["fixed_assets"] for one in (drawn, moved))
    assert (after >= 0).all()
    assert (after / before)[before > 0].min() > 0.1


def test_no_firm_would_have_a_negative_ratio_without_its_zone(panel):
    without = panel["fc"] - panel["true_effect_fc"]
    assert without.min() > -SAME


def test_implied_sums_invert_the_formula_of_the_standard_error(panel):
    columns = TABLES["8"]
    table = implied_sums(panel, columns).set_index("label")
    row = table.loc["Municipalities"]
    assert row["implied"] == pytest.approx((row["printed_error"] * row["squares"]) ** 2, rel=SAME)
    assert row["deviation"] ** 2 * row["squares"] == pytest.approx(row["implied"], rel=SAME)


def test_a_table_is_estimated_on_every_source_and_gaps_are_left_out(panel):
    yours = panel.assign(agg=np.nan)
    found = estimate_table({"twin": panel, "yours": yours}, "9")
    assert set(found["twin"]) == {"Export revenue", "Digital words", "Agglomeration"}
    assert set(found["yours"]) == {"Export revenue", "Digital words"}
    assert not can_be_estimated(TABLES["9"][2], yours)
    untreated = panel.assign(zone_post=panel["zone_post"].where(panel["tier"] != "municipality", 1))
    assert "Municipalities" not in estimate_table({"yours": untreated}, "8")["yours"]


def test_columns_that_a_part_of_the_firms_cannot_fill_are_left_out(panel):
    central = panel[panel["region"] == "central"]
    assert set(estimate_table({"yours": central}, "3")["yours"]) == {
        "Firm and year effects",
        "With controls",
        "With city effects",
    }
    few = panel.groupby("firm", sort=False).head(2).head(36)
    assert estimate_table({"yours": few}, "3")["yours"] == {}


def test_printed_twin_truth_and_yours_stand_side_by_side(panel):
    panels = {"twin": panel, "yours": panel.assign(true_effect_fc=np.nan)}
    estimates = estimate_table(panels, "3")
    printed = with_labels(printed_rows("3"), "3")
    rows = pd.concat([printed, source_rows(estimates, panels)], ignore_index=True)
    table = comparison_table(rows, name="tab-x", caption="x", covariance="robust")
    assert table.header[1:5] == ("Printed", "Twin", "Truth", "Yours")
    assert [row[0] for row in table.rows] == [one.label for one in TABLES["3"]]
    assert table.rows[0][1] == "0.251** (0.115)"
    assert all(row[2] == row[4] for row in table.rows)


def test_a_cell_filled_twice_or_by_a_stranger_is_refused(panel):
    rows = with_labels(printed_rows("3"), "3")
    with pytest.raises(ValueError, match="More than one estimate"):
        comparison_table(pd.concat([rows, rows]), name="tab-x", caption="x")
    with pytest.raises(ValueError, match="rumour"):
        comparison_table(rows.assign(source="rumour"), name="tab-x", caption="x")


def test_exhibits_count_what_they_show(contract, scatter):
    table = coefficient_table(contract, name="tab-x", caption="x")
    assert len(table.rows) == 35
    figure = distance_plot(scatter, contract, name="fig-x", caption="x")
    assert f"{scatter['seed'].nunique()} honest draws" in figure.alt
    assert "35 of 35" in figure.alt


def test_every_row_of_the_figure_has_a_name_of_its_own(contract):
    names = contract.loc[contract["kind"] == "coefficient", "description"].map(short_name)
    assert names.is_unique
    assert {"Table 3 (2): with controls", "Table 6 (4): Smart city × post"} <= set(names)


def test_cells_hold_every_row_and_name_what_is_not_known():
    panel = pd.DataFrame(
        {
            "tier": ["municipality", None, "prefecture"],
            "region": ["east", "west", None],
            "fc": [1.0, 2.0, 3.0],
            "firm": ["a", "b", "c"],
            "city": ["x", "y", "z"],
            "zone": [1, 0, 0],
            "post": [1, 1, 0],
        }
    )
    sizes = calibration.cell_sizes(panel).set_index(["tier", "region"])
    assert sizes["rows"].sum() == 3
    assert sizes.loc[("county-level", "west"), "post"] == 1
    assert ("prefecture", "not reported") in sizes.index
