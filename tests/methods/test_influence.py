"""What one row or one group does to a coefficient, held against leaving it out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from digitrade.methods.influence import group_influence, influence, without_rows
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SAME = 1e-9  # the formula and the refit are the same least squares
SPECIFICATION = Specification(
    "y",
    "x",
    ("z",),
    entity="firm",
    effects=("firm", "year", "city"),
    covariance="robust",
    time="year",
)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """40 firms over six years in eight cities, some of which move; the last is there once."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 6), "year": np.tile(np.arange(6), 40)})
    home, later = rng.integers(0, 8, (2, 40))
    moved = (frame["firm"] % 4 == 0) & (frame["year"] >= 3)
    frame["city"] = np.where(moved, later[frame["firm"]], home[frame["firm"]])
    frame[["x", "z"]] = rng.normal(size=(len(frame), 2))
    frame["y"] = frame["x"] - frame["z"] + frame["city"] + rng.standard_t(2, len(frame))
    return frame[(frame["firm"] < 39) | (frame["year"] == 2)].reset_index(drop=True)


def test_a_rows_change_is_what_leaving_it_out_changes(panel):
    one = influence(panel, SPECIFICATION)
    assert one.estimate == pytest.approx(fixed_effects(panel, SPECIFICATION).main.estimate)
    for row in [*range(0, len(panel), 17), len(panel) - 1]:
        refit = fixed_effects(panel.drop(index=row), SPECIFICATION).main.estimate
        assert one.rows.loc[row, "estimate_without"] == pytest.approx(refit, rel=SAME)


def test_a_row_that_its_own_effect_fits_changes_nothing(panel):
    rows = influence(panel, SPECIFICATION).rows
    assert rows.loc[len(panel) - 1, "leverage"] == pytest.approx(1)
    assert rows.loc[len(panel) - 1, "change"] == 0


def test_leverages_and_changes_are_those_of_statsmodels_with_dummies(panel):
    plain = SPECIFICATION.replace(effects=("year",))
    design = pd.get_dummies(panel["year"], dtype=float).join(panel[["x", "z"]])
    known = sm.OLS(panel["y"], design).fit().get_influence()
    rows = influence(panel, plain).rows
    place = list(design.columns).index("x")
    assert rows["change"].to_numpy() == pytest.approx(known.dfbeta[:, place], rel=1e-7)
    assert rows["leverage"].to_numpy() == pytest.approx(known.hat_matrix_diag, rel=SAME)


def test_leverages_sum_to_the_parameters(panel):
    dummies = [pd.get_dummies(panel[name], dtype=float) for name in SPECIFICATION.effects]
    design = np.column_stack([*dummies, panel[["x", "z"]]])
    total = influence(panel, SPECIFICATION).rows["leverage"].sum()
    assert total == pytest.approx(np.linalg.matrix_rank(design), rel=SAME)


@pytest.mark.parametrize("by", ["city", "firm", "year"])
def test_a_groups_change_is_what_leaving_it_out_changes(panel, by):
    rows = group_influence(panel, SPECIFICATION, by=by).rows.set_index(by)
    assert rows["n_rows"].sum() == len(panel)
    for name in rows.index[:6]:
        refit = fixed_effects(panel[panel[by] != name], SPECIFICATION).main.estimate
        assert rows.loc[name, "estimate_without"] == pytest.approx(refit, rel=SAME)


def test_groups_of_one_row_are_rows(panel):
    single = group_influence(panel.assign(row=np.arange(len(panel))), SPECIFICATION, by="row")
    rows = influence(panel, SPECIFICATION).rows
    assert single.rows["change"].to_numpy() == pytest.approx(rows["change"].to_numpy(), abs=SAME)


def test_units_scale_the_change_and_labels_do_not_matter(panel):
    rows = influence(panel, SPECIFICATION).rows
    scaled = panel.assign(y=10 * panel["y"], x=2 * panel["x"], firm=-panel["firm"])
    other = influence(scaled, SPECIFICATION).rows
    assert other["change"].to_numpy() == pytest.approx(5 * rows["change"].to_numpy(), abs=SAME)


@pytest.mark.parametrize("sign", [1, -1])
def test_rows_to_overturn_are_the_fewest_that_add_up(panel, sign):
    weak = sign * (panel["y"] - 0.8 * panel["x"])
    one = influence(panel.assign(y=weak), SPECIFICATION)
    chosen = one.rows_to_overturn()
    changes = sign * one.rows.loc[chosen, "change"]
    assert changes.sum() >= abs(one.estimate) > changes.iloc[:-1].sum()
    assert changes.min() >= (sign * one.rows["change"].drop(chosen)).max()


def test_an_exact_fit_cannot_be_overturned(panel):
    exact = panel.assign(y=panel["x"] + panel["firm"])
    assert influence(exact, SPECIFICATION).rows_to_overturn().empty


def test_the_largest_come_first(panel):
    one = influence(panel, SPECIFICATION)
    sizes = one.largest(5)["change"].abs()
    assert sizes.is_monotonic_decreasing
    assert sizes.iloc[0] == one.rows["change"].abs().max()


def test_estimates_without_rows_are_refits(panel):
    frame = without_rows(panel, SPECIFICATION, {"all": [], "less": [0, 5, 9]})
    refit = fixed_effects(panel.drop(index=[0, 5, 9]), SPECIFICATION).main
    assert list(frame["removed"]) == [0, 3]
    assert frame.loc[1, "estimate"] == refit.estimate
    assert frame.loc[1, "std_error"] == refit.std_error
    assert (frame["term"] == "x").all()


def test_groups_without_a_name_are_refused(panel):
    gaps = panel.assign(place=panel["city"].where(panel["city"] > 0))
    with pytest.raises(ValueError, match=r"place: .* missing"):
        group_influence(gaps, SPECIFICATION, by="place")
