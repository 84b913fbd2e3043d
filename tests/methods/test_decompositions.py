"""Slopes and R² taken apart: exact identities, other routes, cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.decompositions import (
    MEASURES,
    by_comparison,
    decompose_slope,
    r_squared_measures,
)
from digitrade.methods.heterogeneity import split_slopes
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAME_SUMS = 1e-8  # exact projections of the same columns in another order
SAME = 1e-9  # the same projections by another route, dummies by least squares among them
THREE = 5e-4  # given with three decimals
ROUNDING = 1e-9  # of parts that are empty: weights and contributions of about one
PROVINCES = {"entity": "province", "time": "year", "effects": ("province", "year")}
PLAIN = Specification("y", "x", **PROVINCES)
OF_FIRMS = Specification(
    "y", "x", entity="firm", effects=("firm", "year", "city"), covariance="robust", time="year"
)
SPECIFICATIONS = [
    Specification("openness", "ln_dfi", **PROVINCES),
    Specification("ln_trade", "ln_dfi", ("urbanisation", "secondary_share"), **PROVINCES),
]


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


# Computed by a reviewer of the chapter on heterogeneity with code of their own (numpy, from the raw
# files), for openness and regions, controls by region taken out first: weight and slope of each.
OTHER_ORDER = {"between groups": (0.298, 0.143), "controls": (0.215, 0.556)}


def test_the_order_of_steps_moves_only_what_lies_in_no_group(province_panel, baseline, parts):
    turned = decompose_slope(province_panel, baseline, "region", years_first=False)
    found = turned.parts.set_index("part")
    for name, printed in OTHER_ORDER.items():
        assert tuple(found.loc[name, ["weight", "slope"]]) == pytest.approx(printed, abs=THREE)
    groups, rest, sums = ["east", "central", "west"], [*OTHER_ORDER], ["weight", "contribution"]
    pd.testing.assert_frame_equal(found.loc[groups], parts.loc[groups], rtol=SAME_SUMS)
    np.testing.assert_allclose(
        found.loc[rest, sums].sum(), parts.loc[rest, sums].sum(), rtol=SAME_SUMS
    )
    assert found.loc[rest[0], "contribution"] < 0.5 * parts.loc[rest[0], "contribution"]


def test_without_controls_there_is_one_order(province_panel, baseline):
    bare = baseline.replace(controls=())
    one, other = (
        decompose_slope(province_panel, bare, "region", years_first=first).parts
        for first in (True, False)
    )
    pd.testing.assert_frame_equal(one, other, atol=ROUNDING)


def test_parts_within_groups_have_the_slopes_of_the_split_samples(province_panel, baseline, parts):
    slopes = split_slopes(province_panel, baseline, "region").set_index("group")["estimate"]
    for name, slope in slopes.items():
        assert parts["slope"][name] == pytest.approx(slope, rel=SAME_SUMS)


def test_between_part_is_the_regression_on_what_the_years_did_to_groups(province_panel):
    # Balanced and without controls: deviations of the groups' yearly means, by hand.
    one = Specification("openness", "ln_dfi", **PROVINCES)
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


@pytest.mark.parametrize("specification", SPECIFICATIONS)
@pytest.mark.parametrize("drop", [0, 7])
def test_parts_are_the_two_regressions(province_panel, specification, drop):
    panel = province_panel.iloc[drop:]  # unbalanced where rows are dropped
    parts = by_comparison(panel, specification).set_index("comparison")
    two_way = fixed_effects(panel, specification).main.estimate
    entity = fixed_effects(panel, specification.replace(effects=("province",))).main.estimate
    assert parts.loc["within years", "slope"] == pytest.approx(two_way, rel=SAME)
    assert parts.loc["both", "slope"] == pytest.approx(entity, rel=SAME)
    assert parts["weight"].iloc[:2].sum() == pytest.approx(1)
    assert parts["contribution"].iloc[:2].sum() == pytest.approx(entity, rel=SAME)


def test_known_parts_are_found():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"province": np.repeat(np.arange(20), 8), "year": np.tile(range(8), 20)})
    inside = rng.normal(size=(20, 8))
    inside -= inside.mean(axis=0) + inside.mean(axis=1, keepdims=True) - inside.mean()
    frame["x"] = inside.ravel() + frame["year"]
    frame["y"] = 2 * inside.ravel() - 3 * frame["year"] + frame["province"]
    parts = by_comparison(frame, PLAIN)
    assert parts["slope"].iloc[:2].tolist() == pytest.approx([2, -3])


def test_shocks_to_years_move_only_the_other_part(province_panel):
    shocked = province_panel.assign(openness=lambda p: p["openness"] + (p["year"] == 2016))
    before, after = (by_comparison(p, SPECIFICATIONS[0]) for p in (province_panel, shocked))
    assert after["slope"][0] == pytest.approx(before["slope"][0], rel=SAME)
    assert after["slope"][1] != pytest.approx(before["slope"][1], rel=0.01)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """Twelve firms, six years, three cities; one firm in four moves half-way."""
    rows = pd.MultiIndex.from_product([range(12), range(6)]).to_frame(index=False)
    rows.columns = ["firm", "year"]
    moved = (rows["firm"] % 4 == 0) & (rows["year"] > 2)
    rows["city"] = (rows["firm"] % 3 + moved) % 3
    rows["x"] = rng.normal(size=len(rows))
    rows["y"] = rows["x"] + rows["firm"] + 2 * rows["year"] + rng.normal(size=len(rows))
    return rows


def dummies(panel: pd.DataFrame, names: list[str]) -> np.ndarray:
    blocks = [pd.get_dummies(panel[one], dtype=float).to_numpy() for one in names]
    return np.hstack(blocks)


def squares(design: np.ndarray, outcome: np.ndarray) -> float:
    """Return the sum of squared residuals of a regression with a dense design."""
    slopes = np.linalg.lstsq(design, outcome, rcond=None)[0]
    return float(((outcome - design @ slopes) ** 2).sum())


def test_measures_are_those_of_dummy_regressions(panel):
    found = r_squared_measures(panel, fixed_effects(panel, OF_FIRMS))
    outcome = panel["y"].to_numpy()
    effects = dummies(panel, ["firm", "year", "city"])
    full = np.column_stack([effects, panel["x"]])
    left = squares(full, outcome)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    rank = np.linalg.matrix_rank(full)
    assert list(found.index) == list(MEASURES)
    assert found["within"] == pytest.approx(1 - left / squares(effects, outcome), abs=SAME)
    assert found["entity"] == pytest.approx(
        1 - left / squares(dummies(panel, ["firm"]), outcome), abs=SAME
    )
    assert found["overall"] == pytest.approx(1 - left / total, abs=SAME)
    n = len(panel)
    assert found["adjusted"] == pytest.approx(1 - left / total * (n - 1) / (n - rank), abs=SAME)


def test_years_count_as_explanation_in_the_second_and_not_in_the_first(panel):
    plain = r_squared_measures(panel, fixed_effects(panel, OF_FIRMS))
    steeper = panel.assign(y=panel["y"] + 10 * panel["year"])
    shifted = r_squared_measures(steeper, fixed_effects(steeper, OF_FIRMS))
    assert shifted["within"] == pytest.approx(plain["within"], abs=SAME)
    assert shifted["entity"] > plain["entity"]


def test_other_rows_than_those_estimated_on_are_refused(panel):
    with pytest.raises(ValueError, match="71 rows for an estimate on 72"):
        r_squared_measures(panel.iloc[1:], fixed_effects(panel, OF_FIRMS))
