"""The permutation placebo: a slow loop with the same permutations, size, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.placebo import Placebo, _permuted_slopes, permutation_placebo
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

SLOW_LOOP = 1e-10  # the same least squares, draw by draw
PANEL = Specification(
    "y", "x", ("z",), entity="province", time="year", effects=("province", "year")
)


def slow_slopes(data: pd.DataFrame, one: Specification, orders: np.ndarray) -> list[float]:
    """Move the paths by hand and run the regression again for every draw."""
    names = sorted(data[one.entity].unique())
    slopes = []
    for order in orders:
        donor = {name: names[other] for name, other in zip(names, order, strict=True)}
        keys = pd.MultiIndex.from_arrays([data[one.entity].map(donor), data[one.time]])
        paths = data.set_index([one.entity, one.time])[one.regressor]
        moved = data.assign(**{one.regressor: paths.loc[keys].to_numpy()})
        slopes.append(fixed_effects(moved, one).main.estimate)
    return slopes


def test_every_draw_is_the_regression_on_exchanged_paths(province_panel, baseline, rng):
    orders = np.vstack([np.arange(30), *(rng.permutation(30) for _ in range(12))])
    ours = _permuted_slopes(province_panel, baseline, orders)
    np.testing.assert_allclose(
        ours, slow_slopes(province_panel, baseline, orders), rtol=SLOW_LOOP, atol=SLOW_LOOP
    )


def test_paths_of_an_unbalanced_panel_stay_with_the_years(rng):
    # The regressor is known everywhere; the outcome of some years is not, so rows are missing
    # for all entities in one year. Entities come in no order.
    frame = simulate(rng, 12, 0.3).query("year != 4").sample(frac=1, random_state=1)
    orders = np.array([rng.permutation(12) for _ in range(6)])
    ours = _permuted_slopes(frame, PANEL, orders)
    np.testing.assert_allclose(ours, slow_slopes(frame, PANEL, orders), atol=SLOW_LOOP)


def simulate(rng: np.random.Generator, units: int, slope: float) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([range(units), range(8)], names=["province", "year"])
    frame = keys.to_frame(index=False)
    unit, year = frame["province"].to_numpy(), frame["year"].to_numpy()
    frame["x"] = rng.normal(size=units)[unit] * (1 + year) + rng.normal(size=len(frame))
    frame["z"] = rng.normal(size=len(frame))
    drift = rng.normal(size=units)[unit] * year
    frame["y"] = slope * frame["x"] + frame["z"] + drift + rng.normal(size=len(frame))
    return frame


def test_size_is_nominal_though_errors_drift(rng):
    # 200 panels of 15 entities without an effect; three Monte Carlo standard errors of a
    # share of 0.05 are 0.046.
    p = [permutation_placebo(simulate(rng, 15, 0.0), PANEL, draws=99, rng=rng) for _ in range(200)]
    for name in ("p_two_sided", "p_left", "p_right"):
        rejected = np.mean([getattr(one, name) <= 0.05 for one in p])
        assert rejected == pytest.approx(0.05, abs=0.046), name


def test_an_effect_is_found_on_its_side(rng):
    up = permutation_placebo(simulate(rng, 30, 1.5), PANEL, draws=199, rng=rng)
    down = permutation_placebo(simulate(rng, 30, -1.5), PANEL, draws=199, rng=rng)
    assert (up.p_right, up.p_two_sided) == (1 / 200, 1 / 200)
    assert up.p_left > 0.9
    assert down.p_left == 1 / 200


def test_estimate_is_the_regressions(province_panel, baseline, rng):
    ours = permutation_placebo(province_panel, baseline, draws=9, rng=rng)
    expected = fixed_effects(province_panel, baseline).main.estimate
    assert ours.estimate == pytest.approx(expected, rel=SLOW_LOOP)
    assert ours.drawn.shape == (9,)


def test_units_and_order_of_rows_do_not_matter(province_panel, baseline):
    first = permutation_placebo(province_panel, baseline, draws=700, rng=np.random.default_rng(1))
    scaled = province_panel.assign(openness=40 * province_panel["openness"] - 3)
    second = permutation_placebo(
        scaled.sample(frac=1, random_state=2), baseline, draws=700, rng=np.random.default_rng(1)
    )
    np.testing.assert_allclose(second.drawn, 40 * first.drawn, rtol=1e-8)
    assert second.p_two_sided == first.p_two_sided


def test_shares_count_the_observed_assignment():
    draws = np.array([-3.0, -1.0, 0.0, 1.0])
    ours = Placebo(1.0, draws, n_obs=1, specification=PANEL)
    assert (ours.p_two_sided, ours.p_left, ours.p_right) == (4 / 5, 5 / 5, 2 / 5)


def test_tidy_row_has_no_standard_error(province_panel, baseline, rng):
    row = permutation_placebo(province_panel, baseline, draws=99, rng=rng).tidy().iloc[0]
    assert np.isnan(row["std_error"])
    assert row["draws_low"] < row["draws_mean"] < row["draws_high"]
    assert row["n_obs"] == 300


def test_what_cannot_be_permuted_is_refused(province_panel, baseline, rng):
    with pytest.raises(ValueError, match=r"periods missing for .*Anhui \(1\)"):
        permutation_placebo(province_panel.iloc[1:], baseline, draws=9, rng=rng)
    alone = province_panel[province_panel["province"] == "Beijing"]
    with pytest.raises(ValueError, match="a draw and two entities"):
        permutation_placebo(alone, baseline, draws=9, rng=rng)
    with pytest.raises(ValueError, match="draws=0"):
        permutation_placebo(province_panel, baseline, draws=0, rng=rng)
