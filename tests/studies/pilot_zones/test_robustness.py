"""The firm study's robustness rows, on a drawn twin and on panels whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.robustness import (
    AHEAD,
    MATCHINGS,
    beside_printed,
    clustered_rows,
    gather,
    implied_by_p_values,
    largest_groups,
    matched,
    matched_rows,
    matching_numbers,
    matching_ranges,
    placebo_rows,
    policy_rows,
    printed_orders,
    printed_placebo,
    row_and_control_changes,
    space_frame,
    space_panels,
    space_placebos,
    space_spreads,
    time_placebos,
    treated_by_lot,
    with_intervals,
    without_carriers,
    without_largest,
)
from digitrade.studies.pilot_zones.sources import firm_panels
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    UNCONTROLLED,
    across,
    constants_and_f,
    estimate_table,
    estimated_here,
    estimation_sample,
    printed_and_estimated,
    printed_rows,
    true_effect,
    with_labels,
)

SAME = 1e-8  # two ways to the same least squares, in rows with values of a few hundred
ROUNDED = 2e-3  # printed p-values have two or three decimals
SEED = 3  # an honest draw, which takes a second


@pytest.fixture(scope="module")
def panels() -> dict[str, pd.DataFrame]:
    twin = firm_panels(twin_seed=SEED)["twin"]
    return {"twin": twin, "yours": twin.drop(columns="true_effect_fc").assign(roe=np.nan)}


@pytest.fixture(scope="module")
def placebos(panels) -> pd.DataFrame:
    return across({"twin": panels["twin"]}, time_placebos)


def test_rows_and_controls_add_up_and_gaps_are_left_out(panels):
    steps = across(panels, row_and_control_changes, "5")
    assert set(steps["source"]) == {"twin"}
    parts = steps["from_rows"] + steps["from_controls"]
    assert parts.to_numpy() == pytest.approx(steps["change"].to_numpy(), abs=SAME)
    assert steps.loc[1:, "before"].to_numpy() == pytest.approx(steps["after"].to_numpy()[:-1])
    same = steps[steps["lost"] == 0]
    assert same["from_rows"].abs().max() < SAME
    assert steps.loc[0, "lost"] > 1000


def test_printed_steps_stand_above_ours_in_the_order_of_print(panels):
    printed = with_labels(printed_rows("5"), "5")
    table = beside_printed(printed, across({"twin": panels["twin"]}, row_and_control_changes, "5"))
    assert list(table["source"]) == ["printed", "twin"] * 4
    assert list(dict.fromkeys(table["row"])) == list(printed["row"])[1:]
    assert table.loc[4, "change"] == pytest.approx(0.195 - 0.337)
    assert table.loc[4, "lost"] == 3


def test_a_constant_effect_shows_in_a_placebo_by_its_share(panels):
    rows = panels["twin"].assign(fc=panels["twin"].eval("year + 2 * zone_post + top1"))
    rows["true_effect_fc"] = 2.0 * rows["zone_post"]
    found = time_placebos(rows, years=[1, 2]).query("sample == 'full'")
    assert found["estimate"].to_numpy() == pytest.approx(2 * found["share"].to_numpy(), abs=SAME)
    assert found["expected"].to_numpy() == pytest.approx(found["estimate"].to_numpy(), abs=SAME)
    assert found["truth"].to_numpy() == pytest.approx(found["estimate"].to_numpy(), abs=SAME)
    assert found["share"].between(-0.5, 1).all()


def test_on_rows_before_a_true_effect_does_not_show(panels):
    rows = panels["twin"].assign(fc=panels["twin"].eval("year + 2 * zone_post + top1"))
    found = time_placebos(rows).query("sample == 'pre'")
    assert found["estimate"].abs().max() < SAME
    assert (found["n_obs"] < len(estimation_sample(rows, BASELINE))).all()


def test_p_values_give_back_the_normal_they_came_from():
    centre, spread, estimate = -0.05, 0.14, 0.26
    right = stats.norm.sf(estimate, centre, spread)
    left = stats.norm.cdf(-estimate, centre, spread)
    found = implied_by_p_values(estimate, two_sided=left + right, right=right)
    assert found == pytest.approx((left, centre, spread))
    with pytest.raises(ValueError, match="between 0 and 1"):
        implied_by_p_values(0.2, two_sided=0.01, right=0.05)


def test_the_printed_placebo_is_read_as_printed():
    printed = printed_placebo()
    assert printed["p_left"] + printed["p_right"] == pytest.approx(1, abs=ROUNDED)
    assert printed == {"estimate": 0.259, "p_two_sided": 0.09, "p_left": 0.984, "p_right": 0.016}


def test_placebos_in_space_stand_beside_the_printed_one(panels):
    drawn = space_placebos({"twin": panels["twin"]}, BASELINE, draws=99, seed=1)
    again = space_placebos({"twin": panels["twin"]}, BASELINE, draws=99, seed=1)
    np.testing.assert_array_equal(drawn["twin"].drawn, again["twin"].drawn)
    np.testing.assert_array_equal(drawn["twin"].t.drawn, again["twin"].t.drawn)
    frame = space_frame(drawn).set_index("source")
    assert list(frame.index) == ["printed", "twin"]
    assert frame.loc["twin", "spread"] == pd.Series(drawn["twin"].drawn).std()
    figure = space_panels(drawn)
    assert list(figure) == ["Twin: coefficient", "Twin: t"]
    assert figure["Twin: t"].p_two_sided == drawn["twin"].p_studentised


def test_spreads_by_lot_lose_what_effects_put_into_them(panels):
    rows = panels["twin"].assign(fc=panels["twin"]["fc"].clip(upper=1))
    known = {"twin": rows.assign(fc=rows["fc"] + 5 * rows["zone_post"])}
    known["twin"]["true_effect_fc"] = 5.0 * rows["zone_post"] + rows["true_effect_fc"]
    spreads = space_spreads(known, BASELINE, draws=99, seed=1).set_index("less")
    assert list(spreads.index) == ["nothing", "estimate", "true effect"]
    assert spreads.loc["estimate", "estimate"] == pytest.approx(0, abs=SAME)
    assert spreads.loc["nothing", "spread"] > 3 * spreads.loc["estimate", "spread"]
    assert spreads.loc["true effect", "spread"] < spreads.loc["nothing", "spread"] / 3
    assert spreads["own_error"].min() > 0
    own = {"yours": rows.drop(columns="true_effect_fc")}
    assert list(space_spreads(own, BASELINE, draws=9, seed=1)["less"]) == ["nothing", "estimate"]


def test_the_treated_share_by_lot_is_the_mean_over_draws():
    rows = pd.DataFrame({"city": ["a", "a", "b"], "year": [1, 2, 2], "cohort": [2.0, 2.0, np.nan]})
    rows["zone_post"] = [0, 1, 0]
    # Either city draws the one cohort, 2: a's draw treats one row of three, b's one.
    assert treated_by_lot(rows) == pytest.approx((1 / 3, 1 / 3))


def test_constants_and_f_of_a_printed_table_in_both_ways(panels):
    found = constants_and_f({"twin": panels["twin"]}, "3").set_index(["column", "years"])
    one = found.loc["Firm and year effects"]
    assert one.loc["as printed", ["f", "constant"]].tolist() == [4.131, 0.0186]
    fit = fixed_effects(panels["twin"], UNCONTROLLED).main
    assert one.loc["swept out", "f"] == pytest.approx(fit["statistic"] ** 2)
    means = panels["twin"][["fc", "zone_post"]].mean()
    constant = means["fc"] - fit["estimate"] * means["zone_post"]
    assert one.loc["swept out", "constant"] == pytest.approx(constant)
    assert one.loc["listed", "f"] != pytest.approx(one.loc["swept out", "f"])


def test_matched_rows_have_the_truth_of_the_rows_they_keep(panels):
    rows = across(panels, matched_rows)
    assert set(rows["row"]) == set(MATCHINGS)
    support = matched(panels["twin"], weighting="support")
    kept = support.sample.panel.query("zone_post == 1")
    found = rows.set_index(["row", "source"])["estimate"]
    assert found["Only the common support", "truth"] == kept["true_effect_fc"].mean()
    assert found["Only the common support", "twin"] == support.main["estimate"]
    assert ("Only the common support", "yours") in found.index
    with pytest.raises(ValueError, match=r"nearest \| once"):
        matched(panels["twin"], rule="luck")


def test_a_way_that_cannot_be_matched_is_left_out(panels):
    separated = panels["twin"].assign(fin=panels["twin"]["zone"] + 0.0)
    assert matched_rows(separated).empty


def test_weights_count_in_the_truth():
    rows = pd.DataFrame({"zone_post": [1, 1, 0], "true_effect_fc": [1.0, 4.0, 9.0], "w": [3, 1, 5]})
    assert true_effect(rows) == 2.5
    assert true_effect(rows, weight="w") == 1.75


def test_without_the_largest_is_a_refit(panels):
    samples = {"twin": estimation_sample(panels["twin"], BASELINE)}
    rows = across(samples, without_largest, BASELINE, (1, 10)).set_index(["row", "source"])
    top = samples["twin"]["fc"].nlargest(10).index
    refit = fixed_effects(samples["twin"].drop(index=top), BASELINE).main
    assert rows.loc[("Without the 10 largest ratios", "twin"), "estimate"] == refit.estimate
    assert ("Without the largest ratio", "truth") in rows.index


def test_three_programmes_are_printed_estimated_and_true(panels):
    estimates = estimate_table({"twin": panels["twin"]}, "6")
    rows = policy_rows(estimates, panels, "With two other programmes")
    assert rows.groupby("row").size().to_dict() == {
        "Innovative city × post": 3,
        "Smart city × post": 3,
        "Zone × post": 3,
    }
    truth = rows[rows["source"] == "truth"].set_index("row")["estimate"]
    assert truth["Smart city × post"] == 0


def test_gathered_rows_keep_their_headings_and_names_are_unique():
    one = pd.DataFrame({"row": ["a", "b"], "source": "twin", "estimate": [1.0, np.nan]})
    assert gather({"First": one})[["row", "group"]].to_numpy().tolist() == [["a", "First"]]
    with pytest.raises(ValueError, match="own name"):
        gather({"First": one, "Second": one})


def test_intervals_are_filled_in_where_only_an_error_is_printed():
    rows = pd.DataFrame(
        {"estimate": [1.0, 1.0], "std_error": [0.5, 0.5], "conf_low": [np.nan, 0.7]}
    )
    filled = with_intervals(rows)
    assert filled["conf_low"].to_numpy() == pytest.approx([1 - 1.96 * 0.5, 0.7], abs=ROUNDED)
    assert filled["conf_high"].to_numpy() == pytest.approx([1.98, 1.98], abs=ROUNDED)


def test_a_printed_table_stands_beside_the_sources_and_the_truth(panels):
    rows = printed_and_estimated(panels, "4")
    assert rows.groupby("source").size().to_dict() == dict.fromkeys(
        ("printed", "twin", "truth", "yours"), 5
    )
    own = estimated_here(rows)
    assert set(own["source"]) == {"twin", "yours"}
    assert not {"panel", "column", "stars"} & set(own)


def test_two_orders_of_the_printed_placebos_are_each_others_reverse(placebos):
    order = printed_orders(placebos)
    assert order["years"].tolist() == [1, 2]
    assert order["heads"].tolist() == order["text"].tolist()[::-1]
    share = placebos.query("sample == 'full'")["share"].to_numpy()
    baseline = printed_rows("3")["estimate"].iloc[2]
    assert order["expected"].to_numpy() == pytest.approx(share * baseline)
    off = (order["heads"] - order["expected"]) / order["heads_off"]
    assert off.to_numpy() == pytest.approx(printed_rows("6")["std_error"].iloc[:2].to_numpy())


def test_placebos_in_time_have_a_row_each_way_and_each_source(panels):
    rows = placebo_rows({"twin": panels["twin"]}, BASELINE)
    names = [*AHEAD.values(), *(f"{name}, rows before only" for name in AHEAD.values())]
    assert rows["row"].unique().tolist() == names
    assert set(rows["source"]) == {"printed", "twin", "truth"}
    before = rows[rows["row"].isin(names[2:])]
    assert list(before["source"]) == ["twin", "twin", "truth", "truth"]
    assert (before.loc[before["source"] == "truth", "estimate"] == 0).all()


def test_numbers_of_a_match_are_those_of_its_balance(panels):
    pairs = matched(panels["twin"], weighting="weights")
    numbers, balance = matching_numbers(pairs), pairs.balance()
    assert numbers["worst_after"] == balance["std_difference_matched"].abs().max()
    assert 0 <= numbers["farther"] <= len(balance)
    treated = panels["twin"]["zone"].loc[pairs.candidates.index] == 1
    assert numbers["per_control"] == pytest.approx(treated.sum() / (~treated).sum())


def test_ranges_leave_out_other_sources():
    rows = pd.DataFrame(
        {"source": ["twin", "twin", "truth", "yours"], "estimate": [1.0, 2, 5, 9], "n_obs": 7}
    )
    ranges = matching_ranges(rows)
    assert (ranges["ways"], ranges["way_low"], ranges["way_high"]) == (2, 1, 2)
    assert ranges["true_high"] == 5


def test_clustered_rows_have_the_baselines_estimate(panels):
    rows = across(panels, clustered_rows, BASELINE)
    main = fixed_effects(estimation_sample(panels["twin"], BASELINE), BASELINE).main
    assert rows.query("source == 'twin'")["estimate"].to_numpy() == pytest.approx(main["estimate"])
    truth = rows.query("source == 'truth'")["estimate"].to_numpy()
    assert truth == pytest.approx(true_effect(panels["twin"]))


def test_rows_that_carry_and_groups_that_matter_are_refits(panels):
    sample = estimation_sample(panels["twin"], BASELINE)
    main = fixed_effects(sample, BASELINE).main
    assert abs(without_carriers(sample, BASELINE)["estimate"].item()) < abs(main["estimate"])
    top = largest_groups(sample, BASELINE, by="city", count=1)
    refit = fixed_effects(sample[sample["city"] != top["city"].item()], BASELINE).main
    assert top["estimate_without"].item() == pytest.approx(refit["estimate"], rel=SAME)
