"""Robustness rows: each is one regression that can be run by hand, and says if it cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats.mstats import winsorize

from digitrade.data import load_provinces
from digitrade.methods.estimate import TIDY
from digitrade.methods.instruments import instrumental_variables
from digitrade.methods.regression import fixed_effects
from digitrade.methods.sample import Sample
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap
from digitrade.studies.digital_finance.distance import distance_instruments
from digitrade.studies.digital_finance.sample import without_provinces
from digitrade.studies.digital_finance.variables import CONTROLS, build_province_panel
from digitrade.studies.digital_finance.variations import (
    BASELINE_LABEL,
    Variation,
    control_sets,
    entity_trends,
    extremes,
    group_by_period,
    initial_by_period,
    lag,
    leave_one_out,
    levels,
    log_outcome,
    reweigh,
    robustness,
    standard_variations,
    variation_words,
    winsorise,
)

SAME_SUMS = 1e-8  # the same least squares by other algebra


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """All 330 province-years, with the gap of 2015 in trade and made-up distances."""
    sample = without_provinces(Sample.of(load_provinces()), ["Tibet"])
    built = build_province_panel(sample.panel)
    codes = pd.factorize(built["province"])[0]
    return built.assign(distance_hangzhou=100.0 * (7 * codes % 30))


@pytest.fixture(scope="module")
def rows(panel) -> pd.DataFrame:
    baseline = Specification(
        "openness", "ln_dfi", CONTROLS, entity="province", time="year", effects=("province", "year")
    )
    return robustness(panel, baseline, standard_variations()).set_index("label")


def by_hand(frame: pd.DataFrame, one: Specification) -> float:
    """Return the slope from dummies and least squares, with numpy alone."""
    frame = frame.dropna(subset=list(one.columns))
    dummies = [pd.get_dummies(frame[name], dtype=float) for name in one.effects]
    design = np.column_stack([frame[list(one.regressors)].astype(float), *dummies])
    return float(np.linalg.lstsq(design, frame[one.outcome].to_numpy(float), rcond=None)[0][0])


def test_the_first_row_is_the_baseline(panel, rows, baseline):
    complete = panel.dropna(subset=["openness"])
    expected = fixed_effects(complete, baseline).main
    assert rows.index[0] == BASELINE_LABEL
    assert rows.loc[BASELINE_LABEL, TIDY[1:]].to_list() == pytest.approx(expected.to_list())
    assert rows.loc[BASELINE_LABEL, "n_obs"] == 300


def test_every_row_is_estimated_and_tidy(rows):
    assert set(TIDY) <= set(rows.reset_index())
    assert rows["estimate"].notna().all()
    assert (rows["conf_low"] < rows["estimate"]).all()
    assert rows.index.is_unique


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("Without the municipalities", "not municipality"),
        ("Without 2020 and 2021", "year < 2020"),
        ("Without 2011", "year != 2011"),
        ("Without 2011 and 2012", "year not in (2011, 2012)"),
    ],
)
def test_rows_left_out_as_by_hand(panel, rows, baseline, label, query):
    assert rows.loc[label, "estimate"] == pytest.approx(
        by_hand(panel.query(query), baseline), rel=SAME_SUMS
    )


def test_comparisons_as_by_hand(panel, rows, baseline):
    frame = panel.copy()
    frame["regions"] = frame["region"] + frame["year"].astype(str)
    expected = by_hand(frame, baseline.replace(time="regions", effects=("province", "regions")))
    assert rows.loc["Region-by-year effects", "estimate"] == pytest.approx(expected, rel=SAME_SUMS)
    trends = pd.get_dummies(frame["province"], dtype=float).mul(frame["year"] - 2016, axis=0)
    first = frame.groupby("province")["ln_dfi"].transform("first")
    fading = pd.get_dummies(frame["year"], prefix="y", dtype=float).mul(first, axis=0)
    for label, added in (("Province trends", trends), ("First-year index × year", fading)):
        one = baseline.replace(controls=(*CONTROLS, *added))
        assert rows.loc[label, "estimate"] == pytest.approx(
            by_hand(frame.join(added), one), rel=SAME_SUMS
        )


def test_lag_reaches_across_the_gap_in_trade(panel, baseline):
    lagged, changed = lag(panel.sample(frac=1, random_state=1), baseline)
    table = lagged.set_index(["province", "year"])
    for year in (2012, 2016):
        earlier = table.loc[("Hebei", year - 1), "ln_dfi"]
        assert table.loc[("Hebei", year), changed.regressor] == earlier
    assert table.xs(2011, level="year")[changed.regressor].isna().all()
    assert len(lagged) == len(panel)


def test_lag_of_a_missing_year_is_missing(panel, baseline):
    lagged, changed = lag(panel.query("year != 2014"), baseline)
    assert lagged.query("year == 2015")[changed.regressor].isna().all()


def test_winsorising_as_scipy_where_quantiles_are_observed(panel, baseline):
    # 101 rows: the 2 and 98 per cent quantiles are the third and the third last value.
    few = panel.dropna(subset=["openness"]).head(101)
    pulled, _ = winsorise(few, baseline, share=0.02)
    for column in (baseline.outcome, *baseline.regressors):
        np.testing.assert_allclose(pulled[column], winsorize(few[column].to_numpy(), 0.02))


def test_winsorising_nothing_changes_nothing(panel, baseline):
    pulled, _ = winsorise(panel, baseline, share=0.0)
    pd.testing.assert_frame_equal(pulled, panel.dropna(subset=["openness"]))
    with pytest.raises(ValueError, match=r"below 0.5: found 0.5"):
        winsorise(panel, baseline, share=0.5)


def test_levels_are_points_over_their_mean(panel, rows, baseline):
    complete = panel.dropna(subset=["openness"])
    points = fixed_effects(complete, baseline.replace(regressor="dfi")).main
    ours = rows.loc["Index in points, over its mean"]
    assert ours["estimate"] == pytest.approx(points.estimate * complete["dfi"].mean())
    assert ours["p_value"] == pytest.approx(points.p_value)


def test_other_weights_are_the_panels_own(panel):
    one = Specification(
        "trade_quality",
        "ln_dfi",
        CONTROLS,
        entity="province",
        time="year",
        effects=("province", "year"),
    )
    changed, _ = reweigh(panel, one, weighting="equal")
    sample = without_provinces(Sample.of(load_provinces()), ["Tibet"])
    expected = build_province_panel(sample.panel, weighting="equal")["trade_quality"]
    np.testing.assert_allclose(changed["trade_quality"], expected)


def test_logs_of_the_outcome(panel, baseline):
    changed, one = log_outcome(panel, baseline)
    np.testing.assert_allclose(changed[one.outcome], np.log(panel["openness"]))


def test_instrumented_row_is_the_instrumented_regression(panel, rows, baseline):
    complete = panel.dropna(subset=["openness"])
    built = distance_instruments(complete, baseline)
    fit = instrumental_variables(complete.join(built), baseline, list(built))
    ours = rows.loc["Distance × time as instrument"]
    assert ours["estimate"] == pytest.approx(fit.main.estimate)
    assert (ours["conf_low"], ours["conf_high"]) == pytest.approx(
        (fit.anderson_rubin.low, fit.anderson_rubin.high)
    )
    assert f"effective F {fit.effective_f:.1f}" in ours["remark"]


def test_errors_change_but_not_the_estimate(rows):
    errors = rows[rows["group"] == "Errors"]
    expected = rows.loc[BASELINE_LABEL, "estimate"]
    assert errors["estimate"].to_list() == pytest.approx([expected] * 2)
    assert rows["covariance"].nunique() >= 3


def test_leaving_out_each_province_as_by_hand(panel, baseline):
    few = panel[panel["province"].isin(sorted(panel["province"].unique())[:6])]
    one = baseline.replace(controls=("urbanisation",))
    rows = leave_one_out(few, one)
    assert rows["left_out"].to_list() == ["", *sorted(few["province"].unique())]
    for name in rows["left_out"][1:]:
        ours = rows.set_index("left_out").loc[name, "estimate"]
        assert ours == pytest.approx(by_hand(few[few["province"] != name], one), rel=SAME_SUMS)
    ends = extremes(rows)
    assert ends["estimate"].to_list() == [rows["estimate"][1:].min(), rows["estimate"][1:].max()]
    assert ends["remark"].iloc[0].removeprefix("without ") in set(rows["left_out"])


@pytest.mark.parametrize(
    ("transform", "scaled_by"),
    [(lag, 3), (initial_by_period, 3), (entity_trends, 3), (group_by_period, 3), (levels, 1)],
)
def test_units_of_the_regressor(panel, baseline, transform, scaled_by):
    # Levels are over their mean, so their unit drops out.
    bigger = panel.assign(ln_dfi=3 * panel["ln_dfi"], dfi=3 * panel["dfi"])
    variation = Variation("one", "one", transform=transform)
    first, second = (robustness(one, baseline, [variation]).iloc[1] for one in (panel, bigger))
    assert first["estimate"] == pytest.approx(scaled_by * second["estimate"], rel=SAME_SUMS)
    assert first["p_value"] == pytest.approx(second["p_value"], rel=1e-6)


def test_panel_is_left_alone(panel, baseline):
    before = panel.copy()
    robustness(panel, baseline, standard_variations(weightings=("equal",)))
    pd.testing.assert_frame_equal(panel, before)


def test_what_the_rows_cannot_bear_is_a_remark(panel, baseline):
    late = panel.query("year >= 2020")
    rows = robustness(late, baseline, standard_variations()).set_index("label")
    assert rows.loc["Without 2020 and 2021", "remark"] == ("not estimable: no complete row is left")
    assert np.isnan(rows.loc["Without 2020 and 2021", "estimate"])
    assert rows.loc[BASELINE_LABEL, "remark"] == ""
    nowhere = robustness(
        panel.drop(columns="distance_hangzhou"),
        baseline,
        [Variation("IV", "IV", instrument="trend")],
    )
    assert "'distance_hangzhou' is not there" in nowhere["remark"].iloc[1]


def test_what_does_not_exist_is_refused(panel, baseline):
    with pytest.raises(TypeError, match="'sample'"):
        robustness(panel, baseline, [Variation("odd", "odd", change={"sample": 1})])
    charmed = robustness(panel, baseline, [Variation("odd", "odd", instrument="charm")])
    assert "'charm': choose one of trend" in charmed["remark"].iloc[1]
    twice = [Variation("same", "a"), Variation("same", "b")]
    with pytest.raises(ValueError, match="Two rows are called same"):
        robustness(panel, baseline, twice)
    with pytest.raises(KeyError):
        robustness(panel, baseline.replace(regressor="nowhere"), [])


def test_first_values_as_controls_by_hand(panel, baseline):
    first = panel.query("year == 2011").set_index("province")[list(CONTROLS)]
    start = first.loc[panel["province"]].reset_index(drop=True)
    line = start.mul(panel["year"] - 2011, axis=0).add_suffix("_start")
    expected = by_hand(panel.join(line), baseline.replace(controls=tuple(line)))
    bare = baseline.replace(controls=())
    changed = initial_by_period(panel, bare, columns=CONTROLS, linear=True)
    assert by_hand(*changed) == pytest.approx(expected, rel=SAME_SUMS)
    assert len(initial_by_period(panel, bare, columns=CONTROLS)[1].controls) == 9 * len(CONTROLS)


def test_control_sets_have_the_tests_of_the_wild_bootstrap(panel, baseline):
    sets = control_sets(panel, baseline, draws=199, rng=np.random.default_rng(1))
    rows = panel.dropna(subset=["openness"])
    test = wild_cluster_bootstrap(rows, baseline, draws=199, rng=np.random.default_rng(1))
    last = sets.iloc[-1]
    assert last["estimate"] == pytest.approx(test.estimate)
    assert last[["wild_p", "wild_low", "wild_high"]].to_list() == pytest.approx(
        [test.p_value, test.conf_low, test.conf_high]
    )
    bare = by_hand(panel, baseline.replace(controls=()))
    assert sets.loc[0, "estimate"] == pytest.approx(bare, rel=SAME_SUMS)


def test_a_control_that_the_regressor_changes_takes_the_effect_away(rng):
    # x moves m, and only m moves y, by 1: the effect of x is 0.5. A start z moves x and y.
    rows = pd.DataFrame([(i, t) for i in range(300) for t in range(6)], columns=["unit", "t"])
    z = rows["unit"].map(pd.Series(rng.normal(size=300))) * rows["t"]
    x = z + rng.normal(size=len(rows))
    m = 0.5 * x + 0.1 * rng.normal(size=len(rows))
    y = m + z + 0.1 * rng.normal(size=len(rows))
    # The control's first value tells the start, as the first year has no change yet.
    m = m.where(rows["t"] > 0, rows["unit"].map(z[rows["t"] == 1].set_axis(range(300))))
    rows = rows.assign(x=x, m=m, y=y)
    one = Specification("y", "x", ("m",), entity="unit", time="t", effects=("unit", "t"))
    sets = control_sets(rows, one, draws=99, rng=rng).set_index("label")["estimate"]
    assert sets["First-year values × trend"] == pytest.approx(0.5, abs=0.05)
    assert sets["None"] > 0.7
    assert abs(sets["This year's values"] - 0.5) > 0.1


def test_every_kind_of_change_is_put_in_words():
    told = variation_words(
        [
            Variation("a", "g", rows="year < 2020"),
            Variation("b", "g", transform=lag, arguments={"periods": 2}),
            Variation("c", "g", change={"controls": ()}),
            Variation("d", "g", instrument="trend"),
        ]
    )["change"].to_list()
    assert told[0] == "Keep the rows where year < 2020"
    assert told[1].startswith("Replace the regressor")
    assert told[1].endswith("periods 2")
    assert told[2:] == ["Controls: none", "Instrument the regressor by distance, trend"]


def test_words_of_the_chapter_hold_no_code():
    told = " ".join(variation_words(standard_variations(weightings=("equal",)))["change"])
    assert not set("`_(){}") & set(told)
    assert "not municipality" not in told
