"""Tables and figures of threshold fits: what is said of sets, tests, rows and covariances."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_published
from digitrade.data.labels import label
from digitrade.exhibits.cells import number, p_words
from digitrade.exhibits.histograms import threshold_histogram
from digitrade.exhibits.intervals import regime_slope_plot
from digitrade.exhibits.series import likelihood_ratio_plot
from digitrade.exhibits.thresholds import (
    changes_table,
    contrast_table,
    conventions_table,
    range_words,
    ratio_words,
    regime_table,
    slope_exhibit,
    split_term,
    threshold_exhibit,
    threshold_table,
    ways_table,
)
from digitrade.methods.threshold import SmallRegimeWarning, panel_threshold
from digitrade.methods.threshold.results import slope_contrasts


def fit(panel, **changes):
    options = {"outcome": "ln_trade", "regime_dependent": "ln_dfi", "threshold": "ln_dfi"}
    options |= {"entity": "province", "time": "year", "trim": 0.01, "grid": None, "draws": 99}
    options |= {"covariance": "clustered", "rng": np.random.default_rng(1)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallRegimeWarning)
        return panel_threshold(panel, **(options | changes))


@pytest.fixture(scope="module")
def single(province_panel):
    return fit(province_panel)


@pytest.fixture(scope="module")
def double(province_panel):
    return fit(province_panel, n_thresholds=2)


def test_thresholds_come_with_set_test_and_divisor(single, double):
    table = threshold_table({"One": single, "Two": double}, name="t", caption="c", note="More.")
    assert [row[0] for row in table.rows] == ["One", "Two", ""]
    assert [row[1] for row in table.rows] == ["1", "1", "2"]
    found = single.thresholds.iloc[0]
    assert table.rows[0][2] == number(found["estimate"], 4)
    assert table.rows[0][3].startswith(number(found["conf_low"], 4))
    assert table.rows[0][3].endswith(", gaps") == found["disconnected"]
    for words in (
        "N: 300 rows, 30 provinces.",
        "at most 7.35 (95%)",
        "n(T−1), here 270",
        "99 draws",
        "More.",
    ):
        assert words in table.note


@pytest.mark.parametrize(
    ("p", "draws", "words"),
    [(1e-4, 9999, "<0.001"), (0.01, 99, "0.010"), (0.25, 300, "0.250"), (np.nan, 0, "not tested")],
)
def test_no_p_value_is_smaller_than_its_draws_can_tell(p, draws, words):
    assert p_words(p, draws) == words


def test_without_draws_the_table_says_so(province_panel):
    table = threshold_table({"x": fit(province_panel, draws=0)}, name="t", caption="c")
    assert table.rows[0][5] == "not tested"
    assert "No tests were run" in table.note


def test_regimes_name_rows_covariance_and_small_ones(single, double):
    table = regime_table({"two": double}, name="t", caption="c")
    assert table.rows[0][0] == "1†"
    assert table.rows[0][2:5] == ("5", "1.7\u00a0%", "5")
    assert sum(int(row[2]) for row in table.rows) == 300
    for words in ("N = 300", "clustered by province, 30 clusters", "† Fewer than 5 %"):
        assert words in table.note
    assert "†" not in regime_table({"one": single}, name="t", caption="c").note


def test_a_second_regressor_gets_its_own_rows(province_panel):
    both = fit(province_panel, regime_dependent=["ln_dfi", "urbanisation"], draws=0)
    table = regime_table({"both": both}, name="t", caption="c")
    assert table.header[5] == "Regressor"
    assert [row[5] for row in table.rows] == ["ln index", "Urbanisation"] * 2
    assert {len(row) for row in table.rows} == {len(table.header)}


@pytest.mark.parametrize(
    ("covariance", "words"),
    [("robust", "heteroskedasticity-robust, N/(N−n−k)"), ("homoskedastic", "homoskedastic")],
)
def test_each_covariance_is_named(province_panel, covariance, words):
    one = fit(province_panel, covariance=covariance, time_effects=True, draws=0)
    note = regime_table({"one": one}, name="t", caption="c").note
    assert words in note
    assert "entity and time effects" in note


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(-np.inf, 1.0, "up to 1.0"), (1.0, 2.0, "1.0 to 2.0"), (2.0, np.inf, "beyond 2.0")],
)
def test_ranges(low, high, words):
    assert range_words(low, high, 1) == words


def test_conventions_stand_in_a_line_each(single, double):
    table = conventions_table({"one": single, "two": double}, name="t", caption="c")
    assert [row[0] for row in table.rows] == ["one", "two"]
    assert table.rows[0][6] == "219; 81"
    assert [len(row[7].split("; ")) for row in table.rows] == [2, 3]
    assert "Same rows, same seed" in table.note


def test_contrasts_show_slopes_difference_and_ratio(double):
    contrasts = slope_contrasts(double)
    table = contrast_table({"m": contrasts}, name="t", caption="c", note="Clustered.")
    assert [row[1] for row in table.rows] == ["1 → 2", "2 → 3"]
    low, high = double.coefficients["estimate"].iloc[1:3]
    assert table.rows[1][2] == f"{number(low, 4)} → {number(high, 4)}"
    assert table.rows[1][5] == number(high / low, 2)
    assert table.header[-1] == "p: ratio is 2"
    assert table.note.endswith("Clustered.")
    assert "0.000" not in {row[place] for row in table.rows for place in (4, 7)}


FIELLER = {
    "0.50 to 2.00": ("interval", np.nan, np.nan),
    "all but −1.00 to 1.50": ("outside", -1.0, 1.5),
    "from 1.50": ("outside", -np.inf, 1.5),
    "up to −1.00": ("outside", -1.0, np.inf),
    "every ratio": ("everything", np.nan, np.nan),
}


@pytest.mark.parametrize("words", FIELLER)
def test_a_set_of_ratios_is_told_by_its_kind(words):
    kind, low, high = FIELLER[words]
    row = {"set": kind, "gap_low": low, "gap_high": high, "conf_low": 0.5, "conf_high": 2.0}
    assert ratio_words(row) == words


def test_slopes_with_and_without_steps_stand_below_each_other(province_panel, double):
    stepped = fit(province_panel, n_thresholds=2, regime_intercepts=True, draws=0)
    table = regime_table({"without": double, "with": stepped}, name="t", caption="c")
    assert [row[0] for row in table.rows] == ["without", "", "", "with", "", ""]
    steps = stepped.coefficients.set_index("term").loc["step[beyond cut 2]", "estimate"]
    assert [row[-1] for row in table.rows[:4]] == [""] * 4
    assert table.rows[5][-1].startswith(number(steps, 4))
    assert "Step: the change of the intercept" in table.note


def test_changes_and_ways_say_how_sure():
    tidy = {"estimate": 0.03, "std_error": 0.01, "statistic": 3.0, "p_value": 0.0004}
    tidy |= {"conf_low": 0.01, "conf_high": 0.05, "n_obs": 1300}
    told = {"outcome": "ln_trade", "effects": "province", "cut": 1, "wild_p": 0.031}
    rows = pd.DataFrame([tidy | told | {"form": form} for form in ("slope", "step")])
    table = changes_table(rows, name="t", caption="c")
    assert table.header[2:] == ("Slope, cut 1", "Step, cut 1")
    assert table.rows[0][2] == "0.0300*** (0.0100); 0.031"
    assert "ln trade 1,300" in table.note
    ways = ways_table({"m": rows.assign(way="robust")}, name="t", caption="c")
    assert ways.rows[0] == ("m", "robust", "0.0300", "0.0100", "3.0", "<0.001", "0.0100 to 0.0500")


def test_exhibit_sorts_thresholds_and_says_what_is_not_shipped(double, single):
    printed = load_published("thresholds", study="digital_finance")
    fits = {"Public": {"ln_dfi": double, "fai_gdp": single}, "Short": {"ln_dfi": single}}
    table = threshold_exhibit(printed, fits, name="t", caption="c")
    assert table.header[2:] == ("Printed", "Public", "Short")
    assert [row[2] for row in table.rows] == ["5.8049", "6.0169", "0.2938", "0.4414"]
    smallest = double.thresholds.sort_values("estimate").iloc[0]
    cell = table.rows[0][3]
    assert cell.startswith(number(smallest["estimate"], 4))
    assert cell.endswith(f"p = {number(smallest['p_value'], 3)}")
    assert table.rows[1][4] == ""
    assert [row[3] for row in table.rows][3] == "not shipped"
    assert table.rows[2][0] == label("fai_gdp")


def test_slopes_stand_beside_what_was_printed(double):
    table = slope_exhibit(("", "0.0097", "0.0222"), {"Public": double}, name="t", caption="c")
    assert [row[1] for row in table.rows] == ["not reported", "0.0097", "0.0222"]
    assert table.rows[0][2].endswith("5 rows")
    assert "Public: N = 300" in table.note


def test_terms_are_taken_apart():
    assert split_term("ln_dfi[regime 12]") == ("ln_dfi", 12)


def test_parts_of_a_variable_are_labelled():
    assert label("ln_dfi[beyond cut 2]") == "ln index, beyond cut 2"
    assert label("unknown[x]") == "unknown[x]"


def test_histogram_counts_the_rows_beyond_each_cut():
    values = pd.Series(np.arange(10.0), name="ln_dfi")
    figure = threshold_histogram(
        values, {"late": 7.0, "early": 2.0}, name="f", caption="c", digits=1
    )
    assert "10 rows from 0.00 to 9.00" in figure.alt
    assert figure.alt.endswith("7 lie above 2.0 (early); 2 lie above 7.0 (late).")


def test_profile_text_counts_the_confidence_set(double):
    figure = likelihood_ratio_plot(double, variable="ln_dfi", name="f", caption="c")
    for order, word in ((1, "First"), (2, "Second")):
        rows = double.profile[double.profile["order"] == order]
        inside = (rows["likelihood_ratio"] <= double.conventions.critical_value).sum()
        found = double.thresholds.set_index("order").loc[order]
        assert f"{word} threshold: lowest at {number(found['estimate'], 4)}" in figure.alt
        assert f"7.35 at {inside} of {len(rows)} cut points" in figure.alt
        gaps = ", with gaps" if found["disconnected"] else "."
        assert f"and {number(found['conf_high'], 4)}{gaps}" in figure.alt


def test_a_panel_a_threshold(province_panel, double):
    single = fit(province_panel, draws=0)
    drawn = [
        likelihood_ratio_plot(one, variable="ln_dfi", name="f", caption="c").svg
        for one in (single, double)
    ]
    assert [svg.count('id="axes_') for svg in drawn] == [1, 2]


def test_slopes_of_every_regime_are_in_the_text(province_panel, double):
    figure = regime_slope_plot(
        {"ln trade": double},
        province_panel["ln_dfi"],
        printed={"printed": 0.0222},
        name="f",
        caption="c",
    )
    for row in double.coefficients.itertuples():
        assert f"{number(row.estimate, 4)} ({number(row.conf_low, 4)} to" in figure.alt
        assert f"on {row.n_obs} rows" in figure.alt
    bare = regime_slope_plot({"x": double}, province_panel["ln_dfi"], name="f", caption="c")
    assert figure.svg != bare.svg


def test_two_models_share_their_axes(province_panel, double):
    years = fit(province_panel, n_thresholds=2, time_effects=True, draws=0)
    both = regime_slope_plot(
        {"without": double, "with": years}, province_panel["ln_dfi"], name="f", caption="c"
    )
    assert both.svg.count('id="axes_') == 2
    assert "without: " in both.alt
    assert "with: " in both.alt


def test_drawings_are_the_same_from_run_to_run(double):
    first, second = (
        likelihood_ratio_plot(double, variable="ln_dfi", name="f", caption="c") for _ in range(2)
    )
    assert first.svg == second.svg
    assert "\n" not in first.alt
