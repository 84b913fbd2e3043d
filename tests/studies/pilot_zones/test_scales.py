"""Scales of an outcome, held against scipy, against known effects, and for what must not change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.scales import (
    AS_IT_IS,
    above,
    effects_on_scale,
    on_scales,
    standard_scales,
)
from digitrade.studies.pilot_zones.specifications import across

NOISE = 0.3  # five standard errors of an effect of 1 in 2,000 rows with noise of 1
UNTOUCHED = "Winsorised at 0 and 100 per cent"
SCALES = standard_scales(0.01)
WINSORISED, RANK = "Winsorised at 1 and 99 per cent", "Rank, in per cent"
SPECIFICATION = Specification(
    "fc", "zone_post", entity="firm", effects=("firm", "year"), covariance="robust", time="year"
)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """500 firms over four years, every other one treated in the last two, by 1."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(500), 4), "year": np.tile(np.arange(4), 500)})
    frame["zone_post"] = ((frame["firm"] % 2 == 1) & (frame["year"] >= 2)).astype(float)
    frame["fc"] = 10 + frame["zone_post"] + rng.normal(size=len(frame))
    return frame.assign(true_effect_fc=frame["zone_post"], cohort=2)


def test_ranks_are_those_of_scipy(rng):
    values = np.round(rng.exponential(size=200), 1)
    known = 100 * (stats.rankdata(values) - 0.5) / len(values)
    assert SCALES[RANK](values, values) == pytest.approx(known)


def test_winsorising_pulls_in_both_ends_and_nothing_else(rng):
    values = rng.normal(size=1001)
    pulled = SCALES[WINSORISED](values, values)
    low, high = np.percentile(values, [1, 99])
    assert (pulled.min(), pulled.max()) == pytest.approx((low, high))
    inside = (values > low) & (values < high)
    assert (pulled[inside] == values[inside]).all()
    assert (standard_scales(0.0)[UNTOUCHED](values, values) == values).all()
    with pytest.raises(ValueError, match=r"found 0\.5"):
        standard_scales(0.5)


def test_a_known_effect_is_found_on_each_scale(panel):
    chosen = {name: SCALES[name] for name in (AS_IT_IS, WINSORISED)} | above([0.5])
    rows = on_scales(panel, SPECIFICATION, chosen).set_index("row")
    truth = rows["true"]
    assert truth[AS_IT_IS] == pytest.approx(1)
    assert rows.loc[AS_IT_IS, "estimate"] == pytest.approx(1, abs=NOISE)
    assert rows.loc[WINSORISED, "estimate"] == pytest.approx(truth[WINSORISED], abs=NOISE)
    name = "Above the 50 % quantile"
    assert rows.loc[name, "estimate"] == pytest.approx(truth[name], abs=50 * NOISE)
    assert rows.loc[name, "estimate"] > 20


def test_without_noise_a_regression_finds_its_weighted_mean_of_the_effects():
    # Two firms, treated in 1 and 2 of the years 0 to 3, effects that grow: by hand, with firm and
    # year effects, D's residuals weigh the early firm's years 1, 2, 3 by 1, 0, -1 (over 2).
    panel = pd.DataFrame({"firm": np.repeat([1, 2], 4), "year": [*range(4), *range(4)]})
    panel["cohort"] = panel["firm"]
    panel["zone_post"] = (panel["year"] >= panel["cohort"]).astype(float)
    panel["true_effect_fc"] = panel["zone_post"] * (panel["year"] - panel["cohort"] + 1)
    panel["fc"] = 5 + panel["firm"] + panel["true_effect_fc"]
    [row] = on_scales(panel, SPECIFICATION, {AS_IT_IS: SCALES[AS_IT_IS]}).to_dict("records")
    assert row["true"] == pytest.approx((1 + 2 + 3 + 1 + 2) / 5)
    assert row["truth_weighted"] == pytest.approx(row["estimate"])
    assert row["truth_weighted"] < 1


def test_ranks_and_cut_offs_ask_nothing_of_units(panel):
    scales = {RANK: SCALES[RANK]} | above([0.9])
    plain = across({"yours": panel}, on_scales, SPECIFICATION, scales)
    curved = on_scales(panel.assign(fc=np.exp(panel["fc"])), SPECIFICATION, scales)
    assert curved["estimate"].to_numpy() == pytest.approx(plain["estimate"].to_numpy())
    assert set(plain["source"]) == {"yours"}


def test_a_far_value_moves_the_ratio_and_not_the_winsorised_one(panel):
    far = panel.assign(fc=panel["fc"].where(panel.index != 6, 1e4))
    before, after = (
        on_scales(one, SPECIFICATION, SCALES).set_index("row")["estimate"] for one in (panel, far)
    )
    assert abs(after[AS_IT_IS] - before[AS_IT_IS]) > 1
    assert after[WINSORISED] == pytest.approx(before[WINSORISED], abs=0.05)


def test_the_truth_as_it_is_is_the_effect_even_where_it_exceeds_the_outcome(panel):
    small = panel.assign(fc=panel["fc"] - 10.5)  # about half of the treated have less than 1
    scales = {name: standard_scales(0.0)[name] for name in (AS_IT_IS, UNTOUCHED)}
    truth = on_scales(small, SPECIFICATION, scales).set_index("row")["true"]
    assert truth[AS_IT_IS] == pytest.approx(1)
    assert truth[UNTOUCHED] < 0.9


def test_without_the_effect_nothing_is_below_nothing():
    effects = effects_on_scale(pd.Series([1.0, 3.0]), pd.Series([2.0, 2.0]), np.positive)
    assert effects.tolist() == [1.0, 2.0]


def test_no_truth_is_claimed_for_a_readers_own_firms(panel):
    rows = on_scales(panel.drop(columns="true_effect_fc"), SPECIFICATION, SCALES)
    assert "true" not in rows
