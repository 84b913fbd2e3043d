"""Weights of treated rows: a printed example, a noise-free outcome, and invariances."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.decompositions import treatment_weights as estimator
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

treatment_weights = partial(estimator, cohort="cohort")

PANEL = Path(__file__).parents[1] / "reference" / "fixed_effects" / "panel.csv"
EXACT = 1e-8  # two exact solutions of the same least squares on some thousand rows
FEW_ROWS = 1e-12  # the same on six rows

SPECIFICATIONS = {
    "two-way": Specification("y", "treated", entity="firm", effects=("firm", "year"), time="year"),
    "three-way, controls": Specification(
        "y", "treated", ("x1", "x2"), entity="firm", effects=("firm", "year", "city"), time="year"
    ),
    "city and year": Specification(
        "y", "treated", ("x1",), entity="firm", effects=("city", "year"), time="year"
    ),
}


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    """An unbalanced panel of firms, some of which move to a city of another cohort."""
    frame = pd.read_csv(PANEL)
    return frame.assign(cohort=frame["cohort"].where(frame["cohort"] < 9000))


@pytest.fixture
def printed_example() -> pd.DataFrame:
    """Two groups, three periods; group 1 treated in period 3, group 2 from period 2 on."""
    frame = pd.DataFrame({"firm": [1, 1, 1, 2, 2, 2], "year": [1, 2, 3] * 2, "y": [0.0] * 6})
    cohort = frame["firm"].map({1: 3, 2: 2})
    return frame.assign(cohort=cohort, treated=(frame["year"] >= cohort).astype(int))


def test_example_of_the_article(printed_example):
    # De Chaisemartin and D'Haultfoeuille (2020), section I: the coefficient is one half of the
    # effect in (1, 3), plus that in (2, 2), less one half of that in (2, 3).
    weights = treatment_weights(printed_example, SPECIFICATIONS["two-way"])
    expected = {(2, 2): 1.0, (2, 3): -0.5, (3, 3): 0.5}
    cells = weights.tidy().set_index(["cohort", "year"])["weight"]
    np.testing.assert_allclose([cells[key] for key in expected], [1, -0.5, 0.5], atol=FEW_ROWS)
    negative = weights.negative().set_index("unit")
    assert negative.loc["cell", ["number", "n_negative"]].to_list() == [3, 1]
    assert negative.loc["row", "share_negative"] == pytest.approx(1 / 3)
    assert negative.loc["row", "sum_negative"] == pytest.approx(-0.5)


@pytest.mark.parametrize("specification", SPECIFICATIONS.values(), ids=SPECIFICATIONS)
def test_the_coefficient_is_the_weighted_mean_of_the_effects(firms, specification, rng):
    effects = pd.Series(rng.normal(1, 2, len(firms)), firms.index)
    exact = effects * firms["treated"] + np.sin(firms["city"]) + 0.3 * (firms["year"] - 2011)
    if "x1" in specification.controls:
        exact = exact + 0.7 * firms["x1"]
    if "city" not in specification.effects:
        exact = exact - np.sin(firms["city"])
    if "firm" in specification.effects:
        exact = exact + np.cos(firms["firm"])
    frame = firms.assign(y=exact)
    weights = treatment_weights(frame, specification)
    coefficient = fixed_effects(frame, specification).main.estimate
    assert weights.weighted_mean(effects) == pytest.approx(coefficient, rel=EXACT)
    assert weights.estimate == pytest.approx(coefficient, rel=EXACT)
    assert weights.rows["weight"].sum() == pytest.approx(1, abs=EXACT)
    assert len(weights.rows) == firms["treated"].sum()


def test_cells_add_up_the_rows(firms):
    weights = treatment_weights(firms, SPECIFICATIONS["three-way, controls"])
    cells = weights.tidy()
    assert list(cells) == ["cohort", "year", "weight", "rows", "n_negative"]
    assert cells["weight"].sum() == pytest.approx(1, abs=EXACT)
    assert cells["rows"].sum() == firms["treated"].sum()
    assert cells["n_negative"].sum() == (weights.rows["weight"] < 0).sum() > 0
    assert (cells["year"] >= cells["cohort"]).all()


def test_labels_order_and_scale_do_not_matter(firms):
    specification = SPECIFICATIONS["three-way, controls"]
    first = treatment_weights(firms, specification)
    other = firms.sample(frac=1, random_state=2).assign(
        firm=lambda frame: "f" + frame["firm"].astype(str), x1=lambda frame: 5 - 3 * frame["x1"]
    )
    second = treatment_weights(other.assign(y=4 * other["y"]), specification)
    pd.testing.assert_frame_equal(first.tidy(), second.tidy(), rtol=EXACT)
    assert second.compatible_sd == pytest.approx(4 * first.compatible_sd, rel=EXACT)


def test_one_cohort_of_a_balanced_panel_has_equal_weights(printed_example):
    one = printed_example.assign(cohort=np.where(printed_example["firm"] == 1, 2, np.nan))
    one["treated"] = (one["year"] >= one["cohort"]).astype(int)
    weights = treatment_weights(one, SPECIFICATIONS["two-way"])
    np.testing.assert_allclose(weights.rows["weight"], 0.5, atol=FEW_ROWS)


def test_least_spread_of_effects_that_a_zero_mean_needs(printed_example, rng):
    frame = printed_example.assign(y=rng.normal(size=6))
    weights = treatment_weights(frame, SPECIFICATIONS["two-way"])
    scaled = 3 * weights.rows["weight"]
    # The least spread is reached by effects in proportion to the weights less their mean.
    effects = (scaled - 1) * weights.estimate / ((scaled - 1) ** 2).mean()
    assert effects.mean() == pytest.approx(0, abs=FEW_ROWS)
    assert weights.weighted_mean(effects) == pytest.approx(weights.estimate)
    assert weights.compatible_sd == pytest.approx(effects.std(ddof=0))


def test_everything_wrong_is_named(firms):
    specification = SPECIFICATIONS["two-way"]
    broken = firms.assign(treated=firms["treated"].astype(float), cohort=np.nan)
    broken.loc[:1, "treated"] = 0.5
    with pytest.raises(ValueError, match="Weights cannot be computed") as error:
        treatment_weights(pd.concat([broken]).set_axis([0] * len(broken)), specification)
    for message in ("2 rows are neither 0 nor 1", "cohort: missing for 602", "labels are repeated"):
        assert message in str(error.value)
    with pytest.raises(ValueError, match="no row is treated"):
        treatment_weights(firms.assign(treated=0), specification)
    with pytest.raises(ValueError, match="treated: does not vary within firm, year"):
        treatment_weights(firms.assign(treated=1, cohort=2015), specification)
    with pytest.raises(KeyError, match="No column wave"):
        treatment_weights(firms, specification, cohort="wave")
    weights = treatment_weights(firms, specification)
    with pytest.raises(ValueError, match="600 of 602 treated rows have none"):
        weights.weighted_mean(pd.Series(1.0, weights.rows.index[:2]))
