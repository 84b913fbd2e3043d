"""Groups of firms: what stands in print, the joint tests, counts that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.groups import (
    FAMILIES,
    PAIRS,
    bootstrap_differences,
    count_stars,
    covariance_words,
    difference_rows,
    few_clusters,
    group_basis,
    group_columns,
    group_differences,
    group_rows,
    group_truths,
    holm,
    interval_rows,
    p_value_frame,
    printed_differences,
    printed_groups,
    printed_sizes,
    random_splits,
    text_against_table,
    with_and_without,
)
from digitrade.studies.pilot_zones.specifications import (
    CONTROLS,
    TABLES,
    across,
    estimate_table,
)

SAME = 1e-9
CITIES, FIRMS, YEARS = 40, 480, 8


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Forty cities, twenty of them treated, of which four are municipalities; no mover."""
    rng = np.random.default_rng(3)
    keys = pd.MultiIndex.from_product([range(FIRMS), range(YEARS)], names=["firm", "year"])
    frame = keys.to_frame(index=False)
    city = frame["firm"].to_numpy() % CITIES
    cohort = np.where(np.arange(CITIES) < 20, 3 + np.arange(CITIES) % 3, np.nan)[city]
    kinds = rng.integers(0, 2, size=(3, FIRMS))[:, frame["firm"]].astype(float)
    frame = frame.assign(
        city=[f"city {one:02d}" for one in city],
        cohort=cohort,
        zone_post=(frame["year"] >= cohort).astype(float),
        region=np.array(["east", "central", "west"])[city % 3],
        tier=np.select([city < 4, city < 14], ["municipality", "sub-provincial"], "prefecture"),
        **dict(zip(("exporter", "high_tech", "polluting"), kinds, strict=True)),
        **{name: rng.normal(size=len(frame)) for name in CONTROLS},
    )
    effect = 2.0 * frame["zone_post"] * (1 - frame["exporter"])
    return frame.assign(
        fc=effect + rng.normal(size=FIRMS)[frame["firm"]] + rng.normal(size=len(frame)),
        true_effect_fc=effect,
    )


def test_families_name_every_column_of_table_8_once():
    named = [label for members in FAMILIES.values() for label in members]
    assert sorted(named) == sorted(one.label for one in TABLES["8"])
    assert len(PAIRS) == 9


def test_printed_difference_by_hand():
    """Eastern less central: 0.315 less 0.0153, errors 0.166 and 0.0140, as Table 8 has them."""
    row = printed_differences().set_index("row").loc["East less Centre"]
    error = np.sqrt(0.166**2 + 0.0140**2)
    assert row["estimate"] == pytest.approx(0.315 - 0.0153)
    assert row["std_error"] == pytest.approx(error)
    assert row["p_value"] == pytest.approx(2 * stats.norm.sf(0.2997 / error))


def test_no_printed_difference_reaches_five_per_cent():
    assert printed_differences()["p_value"].min() > 0.05


def test_printed_sizes_by_hand():
    rows = printed_sizes().set_index("family")
    assert rows["rows"].to_dict() == {
        "Region": 14_784,
        "Exports": 14_591,
        "Tier": 14_785,
        "Technology": 14_717,
        "Pollution": 14_742,
    }
    assert rows.loc["Region", ["short", "beyond"]].tolist() == [7, 39]
    mean = (6442 * 0.513 + 8149 * 0.072) / 14_591
    assert rows.loc["Exports", "mean"] == pytest.approx(mean)


def test_text_against_table_reads_the_notes():
    rows = text_against_table().set_index("row")
    assert rows["text"].tolist() == [0.527, 0.077, 0.115, 0.312]
    assert rows.loc["High-tech", "gap_in_se"] == pytest.approx(-0.002 / 0.035)


def test_differences_are_those_of_the_split_samples(panel):
    rows = group_differences(panel, covariance="clustered", cluster="city").set_index("row")
    columns = group_columns(panel)
    east, west = (
        fixed_effects(panel[panel["region"] == one], columns["East"].specification).main
        for one in ("east", "west")
    )
    assert len(rows) == len(PAIRS)
    assert rows.loc["East less West", "estimate"] == pytest.approx(
        east["estimate"] - west["estimate"], rel=SAME
    )


def test_errors_add_up_where_no_cluster_is_shared_and_not_where_one_is(panel):
    clustered = {"covariance": "clustered", "cluster": "city"}
    rows = group_differences(panel, **clustered).set_index("row")["std_error"]
    alone = {
        name: one.replace(**clustered).estimate(panel).main["std_error"]
        for name, one in group_columns(panel).items()
    }
    apart = np.hypot(alone["East"], alone["West"])
    mixed = np.hypot(alone["No exports"], alone["Exports"])
    assert rows["East less West"] == pytest.approx(apart, rel=SAME)
    assert abs(rows["No exports less Exports"] / mixed - 1) > 1e-3


def test_every_source_and_the_truth_are_found(panel):
    rows = difference_rows({"twin": panel, "yours": panel})
    wide = rows.pivot(index="row", columns="source", values="estimate")
    assert list(wide.columns) == ["printed", "truth", "twin", "yours"]
    assert wide.loc["No exports less Exports", "truth"] == pytest.approx(2.0)
    np.testing.assert_allclose(wide["twin"], wide["yours"])
    gap = rows.query("source == 'twin' and row == 'No exports less Exports'").iloc[0]
    assert abs(gap["estimate"] - 2.0) < 4 * gap["std_error"]


def test_a_missing_variable_leaves_its_rows_out(panel):
    without = panel.assign(polluting=np.nan)
    rows = group_differences(without)
    assert "Pollution" not in set(rows["family"])
    assert len(rows) == 8
    assert len(group_basis(without)) == 10


def test_bootstrap_finds_the_planted_difference_and_few_clusters_bound_it(panel):
    drawn = bootstrap_differences(panel, draws=199, rng=np.random.default_rng(1))
    assert drawn["No exports less Exports"] < 0.05
    assert list(drawn.index) == [f"{a} less {b}" for _, a, b in PAIRS]


def test_truths_are_those_of_the_groups(panel):
    truth = group_truths(panel)
    assert truth["No exports"] == pytest.approx(2.0)
    assert truth["Exports"] == 0.0
    rows = group_rows(estimate_table({"twin": panel}, "8"), {"twin": panel})
    own = rows.query("source == 'truth' and row == 'No exports'")["estimate"].item()
    assert own == pytest.approx(2.0)
    assert (rows["source"] == "printed").sum() == 12
    assert printed_groups().loc["East", "n_obs"] == 10_313


def test_counts_of_clusters(panel):
    rows = group_basis(panel).set_index("row")
    assert rows.loc["Municipalities", ["cities", "treated", "switch", "never"]].tolist() == [
        4,
        4,
        4,
        0,
    ]
    assert rows.loc["Other prefectures", ["treated", "never"]].tolist() == [6, 20]


def test_tails(panel):
    spiked = panel.copy()
    spiked.loc[0, "fc"] = 1000.0
    rows = group_basis(spiked).set_index("row")
    held = spiked.loc[0, "region"]
    name = {"east": "East", "central": "Centre", "west": "West"}[held]
    assert rows.loc[name, "largest"] == 1000.0
    assert rows.loc[name, "share_squares"] > 0.99
    for members in FAMILIES.values():
        assert rows.loc[list(members), "share_squares"].sum() == pytest.approx(1)


def test_holm_by_hand_and_gaps():
    adjusted = holm(pd.Series([0.01, 0.04, np.nan, 0.03]))
    assert adjusted.tolist()[:2] == pytest.approx([0.03, 0.06])
    assert np.isnan(adjusted[2])
    assert adjusted[3] == pytest.approx(0.06)
    assert holm(pd.Series([np.nan])).isna().all()


def test_p_values_side_by_side(panel):
    rows = difference_rows({"twin": panel})
    drawn = {"twin": pd.Series({"East less West": 0.5})}
    frame = p_value_frame(rows, drawn).set_index("row")
    assert list(frame.columns) == ["p_printed", "holm_printed", "p_twin", "holm_twin", "wild_twin"]
    assert frame.loc["East less West", "wild_twin"] == 0.5
    assert (frame["holm_twin"] >= frame["p_twin"]).all()


def test_random_halves_do_not_differ_more_often_than_they_should(panel):
    clustered = {"covariance": "clustered", "cluster": "firm"}
    splits = random_splits(panel, draws=100, rng=np.random.default_rng(2), **clustered)
    assert (splits["p_difference"] < 0.1).mean() < 0.2  # 0.1 expected; three standard errors
    assert (splits[["p_first", "p_second"]] < 0.01).mean().min() > 0.9  # a true mean effect of one


def test_count_stars_by_hand():
    draws = pd.DataFrame(
        {
            "p_first": [0.01, 0.2, 0.05, 0.5],
            "p_second": [0.02, 0.01, 0.5, 0.6],
            "p_difference": [0.5, 0.05, 0.5, 0.5],
        }
    )
    row = across({"twin": draws}, count_stars).iloc[0]
    assert row.tolist() == ["twin", 0.25, 0.5, 0.25, 0.25]


def test_with_and_without_only_the_groups_of_the_largest_row(panel):
    spiked = panel.copy()
    spiked.loc[11, "fc"] = 500.0
    rows = with_and_without(spiked).set_index("row")
    assert len(rows) == 5
    assert (rows["value"] == 500).all()
    region = {"east": "East", "central": "Centre", "west": "West"}[spiked.loc[11, "region"]]
    own = spiked[(spiked["region"] == spiked.loc[11, "region"]) & (spiked.index != 11)]
    bare = fixed_effects(own, group_columns(panel)["East"].specification).main
    assert rows.loc[region, "estimate_without"] == pytest.approx(bare["estimate"], rel=SAME)
    assert (rows["std_error_without"] < rows["std_error"]).all()


def test_four_cities_cannot_have_a_p_value_below_one_in_eight(panel):
    rows = few_clusters(panel, draws=999, rng=np.random.default_rng(1)).set_index("row")
    assert list(rows.index) == list(group_columns(panel))
    row = rows.loc["Municipalities"]
    assert row["groups"] == 4
    assert row["p_wild"] >= 1 / 8
    assert row["few"]
    column = group_columns(panel)["Municipalities"].estimate(panel).main
    assert row["robust"] == pytest.approx(column["std_error"], rel=SAME)
    assert (rows["n_effective"] <= rows["groups"] + SAME).all()


def test_printed_intervals_are_normal(panel):
    rows = interval_rows(group_rows(estimate_table({"twin": panel}, "8"), {"twin": panel}))
    printed = rows[rows["source"] == "Printed"].set_index("label").loc["East"]
    assert printed["conf_high"] == pytest.approx(0.315 + stats.norm.ppf(0.975) * 0.166)
    assert set(rows["source"]) == {"Printed", "Twin"}
    assert rows.groupby("source").size().tolist() == [12, 12]


def test_covariance_words_once_for_all_columns(panel):
    both = {"covariance": "clustered", "cluster": ("firm", "city")}
    for changes, start in (({}, "heterosk"), (both, "clustered by firm and city, G/(G")):
        words = covariance_words(estimate_table({"twin": panel}, "8", **changes)["twin"])
        assert words.startswith(start)
        assert ";" not in words
