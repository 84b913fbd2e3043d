"""The tidy vocabulary, and rows on their way out of a notebook."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from digitrade.methods.estimate import TIDY, combine, tidy_coefficients
from digitrade.methods.regression import fixed_effects


def test_tidy_rows_by_hand():
    ours = tidy_coefficients(
        ["a"], np.array([1.0]), np.array([0.5]), n_obs=20, degrees_of_freedom=10, confidence=0.9
    )
    assert list(ours) == TIDY
    row = ours.iloc[0]
    assert row.statistic == 2.0
    assert row.p_value == pytest.approx(0.0734, abs=5e-5)  # t table, 10 degrees of freedom
    assert row.conf_high == pytest.approx(1 + 1.8125 * 0.5, abs=5e-5)
    assert row.conf_low == pytest.approx(2 - row.conf_high)


def test_intervals_and_tests_agree(province_panel, baseline):
    for level in (0.9, 0.95, 0.99):
        rows = fixed_effects(province_panel, baseline.replace(confidence=level)).tidy()
        outside = (rows["conf_low"] > 0) | (rows["conf_high"] < 0)
        assert (outside == (rows["p_value"] < 1 - level)).all()


def test_degrees_of_freedom_are_clusters_less_one(province_panel, baseline):
    row = fixed_effects(province_panel, baseline).main
    assert row.p_value == pytest.approx(2 * stats.t.sf(abs(row.statistic), 29))


def test_combine_tells_specifications_apart(province_panel, baseline):
    fits = [fixed_effects(province_panel, baseline.replace(label=name)) for name in ("one", "two")]
    rows = combine(fits)
    assert set(rows["label"]) == {"one", "two"}
    assert set(TIDY) <= set(rows)
    assert combine({"x": fits[0]})["label"].unique().tolist() == ["x"]


def test_unknown_term_is_refused_with_the_known_ones(province_panel, baseline):
    with pytest.raises(KeyError, match="No term 'dfi'; there are: ln_dfi"):
        fixed_effects(province_panel, baseline)["dfi"]
