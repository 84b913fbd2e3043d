"""Figures of threshold fits: the alternative text states what the rows say."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.figures_threshold import (
    likelihood_ratio_plot,
    regime_slope_plot,
    threshold_histogram,
)
from digitrade.exhibits.tables import number
from digitrade.methods.threshold import SmallRegimeWarning, panel_threshold


def fit(panel, **changes):
    options = {"outcome": "ln_trade", "regime_dependent": "ln_dfi", "threshold": "ln_dfi"}
    options |= {"entity": "province", "time": "year", "trim": 0.01, "grid": None, "draws": 0}
    options |= {"covariance": "clustered", "rng": np.random.default_rng(1)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallRegimeWarning)
        return panel_threshold(panel, **(options | changes))


@pytest.fixture(scope="module")
def double(province_panel):
    return fit(province_panel, n_thresholds=2)


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
    single = fit(province_panel)
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
    years = fit(province_panel, n_thresholds=2, time_effects=True)
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
