"""The pooled slope taken apart: exact identities and cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.heterogeneity import split_slopes
from digitrade.methods.regression import fixed_effects
from digitrade.methods.slope_decomposition import decompose_slope
from digitrade.methods.specification import Specification

SAME_SUMS = 1e-8  # exact projections of the same columns in another order
PLAIN = Specification("y", "x", entity="province", time="year", effects=("province", "year"))


@pytest.fixture(scope="module")
def parts(province_panel, baseline) -> pd.DataFrame:
    return decompose_slope(province_panel, baseline, "region").parts.set_index("part")


@pytest.mark.parametrize("effects", [("province", "year"), ("province",)])
@pytest.mark.parametrize("group", ["region", "municipality"])
def test_weights_sum_to_one_and_contributions_to_the_pooled_slope(
    province_panel, baseline, effects, group
):
    one = baseline.replace(effects=effects)
    found = decompose_slope(province_panel, one, group)
    expected = fixed_effects(province_panel, one).main["estimate"]
    assert found.pooled == pytest.approx(expected, rel=SAME_SUMS)
    assert found.parts["weight"].sum() == pytest.approx(1, rel=SAME_SUMS)
    assert found.parts["contribution"].sum() == pytest.approx(expected, rel=SAME_SUMS)
    assert (found.parts["weight"] > -1e-12).all()


def test_parts_within_groups_have_the_slopes_of_the_split_samples(province_panel, baseline, parts):
    slopes = split_slopes(province_panel, baseline, "region").set_index("group")["estimate"]
    for name, slope in slopes.items():
        assert parts["slope"][name] == pytest.approx(slope, rel=SAME_SUMS)


def test_between_part_is_the_regression_on_what_the_years_did_to_groups(province_panel):
    # Balanced and without controls: deviations of the groups' yearly means, by hand.
    one = Specification(
        "openness", "ln_dfi", entity="province", time="year", effects=("province", "year")
    )
    found = decompose_slope(province_panel, one, "region").parts.set_index("part")
    keys = [province_panel["region"], province_panel["year"]]
    x, y = province_panel["ln_dfi"], province_panel["openness"]
    moved = x.groupby(keys).transform("mean") - x.groupby(keys[0]).transform("mean")
    moved -= x.groupby(keys[1]).transform("mean") - x.mean()
    assert found["slope"]["between groups"] == pytest.approx(moved @ y / (moved @ moved))
    assert found["weight"]["controls"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found["slope"]["controls"])


def test_pooled_slope_can_lie_above_every_groups_slope(rng):
    # The index moves whole groups, and the outcome follows groups more than provinces.
    group = np.repeat(["a", "b"], 10)
    keys = pd.MultiIndex.from_product([range(20), range(8)], names=["province", "year"])
    data = keys.to_frame(index=False)
    data["group"] = group[data["province"]]
    drift = np.where(data["group"] == "a", 1.0, -1.0) * data["year"]
    own = rng.normal(size=len(data))
    data["x"], data["y"] = own + drift, 0.1 * own + 0.9 * drift
    found = decompose_slope(data, PLAIN, "group")
    inside = found.parts.set_index("part")
    np.testing.assert_allclose(inside.loc[["a", "b"], "slope"], 0.1, rtol=SAME_SUMS)
    assert inside["slope"]["between groups"] == pytest.approx(0.9, abs=0.05)
    assert found.pooled > 0.5


def test_the_rest_is_what_printed_slopes_leave(province_panel, baseline, parts):
    found = decompose_slope(province_panel, baseline, "region")
    known = parts["slope"][["east", "central", "west", "controls"]].to_dict()
    assert found.rest(found.pooled, known) == pytest.approx(parts["slope"]["between groups"])
    with pytest.raises(ValueError, match="name some, not all"):
        found.rest(0.1, parts["slope"].to_dict())
    with pytest.raises(ValueError, match="Slopes of north"):
        found.rest(0.1, {"north": 0.1})


def test_weights_do_not_depend_on_the_outcome(province_panel, baseline, parts):
    other = decompose_slope(province_panel, baseline.replace(outcome="ln_trade"), "region").parts
    np.testing.assert_allclose(other["weight"], parts["weight"], rtol=SAME_SUMS)
