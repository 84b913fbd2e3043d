"""Scales of an outcome, held against scipy, against known effects, and for what must not change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.scales import (
    AS_IT_IS,
    LOG,
    RANK,
    above,
    on_scales,
    standard_scales,
    true_on_scale,
    winsorised,
)
from digitrade.studies.pilot_zones.specifications import across

NOISE = 0.3  # five standard errors of an effect of 1 in 2,000 rows with noise of 1
SPECIFICATION = Specification(
    "fc", "zone_post", entity="firm", effects=("firm", "year"), covariance="robust"
)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """500 firms over four years, every other one treated in the last two, by 1."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(500), 4), "year": np.tile(np.arange(4), 500)})
    frame["zone_post"] = ((frame["firm"] % 2 == 1) & (frame["year"] >= 2)).astype(float)
    frame["fc"] = 10 + frame["zone_post"] + rng.normal(size=len(frame))
    return frame.assign(true_effect_fc=frame["zone_post"])


def test_ranks_are_those_of_scipy(rng):
    values = np.round(rng.exponential(size=200), 1)
    known = 100 * (stats.rankdata(values) - 0.5) / len(values)
    assert RANK.of(values)(values) == pytest.approx(known)


def test_winsorising_pulls_in_both_ends_and_nothing_else(rng):
    values = rng.normal(size=1001)
    pulled = winsorised(0.01).of(values)(values)
    low, high = np.percentile(values, [1, 99])
    assert (pulled.min(), pulled.max()) == pytest.approx((low, high))
    inside = (values > low) & (values < high)
    assert (pulled[inside] == values[inside]).all()
    assert (winsorised(0.0).of(values)(values) == values).all()
    assert "1 and 99 per cent" in winsorised(0.01).label
    with pytest.raises(ValueError, match=r"found 0\.5"):
        winsorised(0.5)


def test_a_known_effect_is_found_on_each_scale(panel):
    rows = across({"twin": panel}, on_scales, SPECIFICATION, [AS_IT_IS, LOG, above(0.5)])
    rows = rows.set_index(["row", "source"])["estimate"].unstack()
    assert rows.loc[AS_IT_IS.label, "truth"] == pytest.approx(1)
    assert rows.loc[AS_IT_IS.label, "twin"] == pytest.approx(1, abs=NOISE)
    assert rows.loc[LOG.label, "twin"] == pytest.approx(
        rows.loc[LOG.label, "truth"], abs=NOISE / 10
    )
    name = above(0.5).label
    assert rows.loc[name, "twin"] == pytest.approx(rows.loc[name, "truth"], abs=50 * NOISE)
    assert rows.loc[name, "twin"] > 20


def test_ranks_and_cut_offs_ask_nothing_of_units(panel):
    scales = [RANK, above(0.9)]
    plain = across({"yours": panel}, on_scales, SPECIFICATION, scales)
    curved = on_scales(panel.assign(fc=np.exp(panel["fc"])), SPECIFICATION, scales)
    assert curved["estimate"].to_numpy() == pytest.approx(plain["estimate"].to_numpy())
    assert set(plain["source"]) == {"yours"}


def test_a_far_value_moves_the_ratio_and_not_the_winsorised_one(panel):
    far = panel.assign(fc=panel["fc"].where(panel.index != 6, 1e4))
    before, after = (
        on_scales(one, SPECIFICATION, standard_scales(0.01)).set_index("row")["estimate"]
        for one in (panel, far)
    )
    assert abs(after[AS_IT_IS.label] - before[AS_IT_IS.label]) > 1
    name = winsorised(0.01).label
    assert after[name] == pytest.approx(before[name], abs=0.05)


def test_the_truth_as_it_is_is_the_effect_even_where_it_exceeds_the_outcome(panel):
    small = panel.assign(fc=panel["fc"] - 10.5)  # about half of the treated have less than 1
    rows = across({"twin": small}, on_scales, SPECIFICATION, [AS_IT_IS, winsorised(0.0)])
    truth = rows.query("source == 'truth'").set_index("row")["estimate"]
    assert truth[AS_IT_IS.label] == pytest.approx(1)
    assert truth[winsorised(0.0).label] < 0.9


def test_without_the_effect_nothing_is_below_nothing():
    rows = pd.DataFrame({"fc": [1.0, 3.0], "zone_post": [1, 1], "true_effect_fc": [2.0, 2.0]})
    assert true_on_scale(rows, "fc", AS_IT_IS.of(rows["fc"].to_numpy())) == pytest.approx(1.5)
    unknown = true_on_scale(rows.drop(columns="true_effect_fc"), "fc", np.log1p)
    assert np.isnan(unknown)
