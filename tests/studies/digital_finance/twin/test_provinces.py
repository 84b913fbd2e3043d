"""The simulated provinces: what is public stays public, what is true is written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_capitals, load_provinces
from digitrade.methods.regression import fixed_effects, partial_out
from digitrade.methods.sample import Sample
from digitrade.studies.digital_finance.sample import without_provinces
from digitrade.studies.digital_finance.twin import simulate
from digitrade.studies.digital_finance.twin.recentre import TWO_WAY, finance_level
from digitrade.studies.digital_finance.twin.simulate import (
    DEFAULT_SEED,
    DIMENSION_WEIGHTS,
    ProvinceTwin,
    public_panel,
    simulate_provinces,
)
from digitrade.studies.digital_finance.twin.truth import TRUTH
from digitrade.studies.digital_finance.variables import build_province_panel

ROUNDING = 1e-12  # sums of a few numbers of size one
LARGEST_MOVE = 0.5  # of the noise's sd: fourteen free targets alone need (14 / 330) ** 0.5 = 0.21
LARGEST_MEDIATOR_MOVE = 0.15  # the same, for one target in the first and two in the second
KM = 1.0  # distances are printed as whole km
PARTS = [
    "province_effect",
    "year_effect",
    "index_effect",
    "controls_effect",
    "mediator_noise",
    "noise",
    "moved",
]
SIMULATED = {
    "hdft": (0.05, 0.9),
    "financial_development": (1, 8.5),
    "internet": (0.15, 0.92),
    "fai_gdp": (0.1, 2),
    "infrastructure_twin": (0.1, 3.5),
}


@pytest.fixture(scope="module")
def twin() -> ProvinceTwin:
    return simulate_provinces()


@pytest.fixture(scope="module")
def honest() -> ProvinceTwin:
    return simulate_provinces(DEFAULT_SEED, recentre=False)


def test_public_columns_are_those_of_the_public_panel(twin):
    sample = without_provinces(Sample.of(load_provinces()), ["Tibet"])
    public = build_province_panel(sample.panel)
    pd.testing.assert_frame_equal(twin.panel[list(public)], public)


def test_thirty_provinces_in_eleven_years(twin):
    assert len(twin.panel) == 330
    assert not twin.panel.duplicated(["province", "year"]).any()
    assert not twin.panel[[*SIMULATED, "true_effect"]].isna().any(axis=None)


def test_distance_is_the_great_circle_between_the_capitals(twin):
    capitals = load_capitals().set_index("province")
    angles = np.radians(capitals[["latitude", "longitude"]].to_numpy())
    lat, lon = angles.T
    here = capitals.index.get_loc("Zhejiang")
    cosine = np.sin(lat) * np.sin(lat[here])
    cosine += np.cos(lat) * np.cos(lat[here]) * np.cos(lon - lon[here])
    distance = 6371 * np.arccos(np.clip(cosine, -1, 1))
    assert capitals["distance_hangzhou_km"].to_numpy() == pytest.approx(distance, abs=KM)
    shown = twin.panel.groupby("province")["distance_hangzhou"].agg(["min", "max"])
    assert (shown["min"] == shown["max"]).all()
    assert shown.loc["Zhejiang", "max"] == 0


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 7])
def test_same_seed_same_panel(seed):
    first, second = simulate_provinces(seed), simulate_provinces(seed)
    pd.testing.assert_frame_equal(first.panel, second.panel, rtol=0, atol=ROUNDING)
    pd.testing.assert_frame_equal(first.parts, second.parts, rtol=0, atol=ROUNDING)


def test_the_twin_that_is_kept_is_the_twin_made_anew(twin):
    anew = simulate._simulated(DEFAULT_SEED, moving=True)
    for name in ("panel", "parts", "truth"):
        kept, made = getattr(twin, name), getattr(anew, name)
        pd.testing.assert_frame_equal(kept, made, check_exact=True)


def test_other_seeds_are_other_honest_draws():
    one, other = simulate_provinces(7), simulate_provinces(8)
    assert not one.recentred
    assert (one.parts["moved"] == 0).all()
    assert one.panel["hdft"].corr(other.panel["hdft"]) < 1
    for name in ("ln_depth", "financial_development", "internet", "infrastructure_twin"):
        assert not np.allclose(one.panel[name], other.panel[name]), name


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 1, 2, 3])
def test_levels_are_plausible(seed):
    panel = simulate_provinces(seed).panel
    for name, (low, high) in SIMULATED.items():
        assert panel[name].between(low, high).all(), (name, panel[name].min(), panel[name].max())


def test_the_coast_leads(twin):
    means = twin.panel.groupby("province")["hdft"].mean().sort_values()
    assert set(means.index[-6:]) >= {"Beijing", "Shanghai", "Tianjin", "Guangdong"}


def test_the_parts_add_up(twin):
    total = twin.parts[PARTS].sum(axis=1)
    np.testing.assert_allclose(total, twin.panel["hdft"], atol=ROUNDING)


def test_the_true_effect_is_what_multiplies_the_index(twin):
    product = twin.panel["true_effect"] * twin.panel["ln_dfi"]
    np.testing.assert_allclose(twin.parts["index_effect"], product, atol=ROUNDING)


def test_the_true_effect_row_by_row_from_the_truth_frame(twin):
    value = twin.truth.set_index("parameter")["value"]
    for row in twin.panel.itertuples():
        effect = value[f"slope_{row.region}"]
        effect += value["rise_index_first"] if row.ln_dfi > value["threshold_index_first"] else 0
        effect += value["rise_index_second"] if row.ln_dfi > value["threshold_index_second"] else 0
        effect += value["rise_investment"] if row.fai_gdp > value["threshold_investment"] else 0
        effect += value["rise_internet"] if row.internet > value["threshold_internet"] else 0
        assert row.true_effect == pytest.approx(effect, abs=ROUNDING)


def test_the_second_threshold_leaves_six_rows_beyond(twin):
    assert (twin.panel["ln_dfi"] > TRUTH.threshold_index_second).sum() == 6


def test_year_effects_are_regional_and_province_effects_constant(twin):
    parts = twin.parts.merge(twin.panel[["province", "year", "region"]], on=["province", "year"])
    assert np.ptp(parts["province_effect"].to_numpy().reshape(30, 11), axis=1).max() < ROUNDING
    spread = parts.groupby(["region", "year"])["year_effect"].agg(np.ptp)
    assert spread.max() < ROUNDING


def test_the_dimensions_average_to_the_public_index(twin):
    mean = sum(weight * np.exp(twin.panel[name]) for name, weight in DIMENSION_WEIGHTS.items())
    np.testing.assert_allclose(mean, twin.panel["dfi"], rtol=ROUNDING)


def test_investment_is_public_to_2017_and_then_declines(twin):
    panel = twin.panel
    public = panel["year"] <= 2017
    assert (panel.loc[public, "fai_gdp"] == panel.loc[public, "investment_share"]).all()
    wide = panel.pivot(index="province", columns="year", values="fai_gdp")
    change = np.log(wide[2021] / wide[2017]) / 4
    assert change.between(-0.06, 0).all()


def test_recentring_leaves_everything_but_noise_alone(twin, honest):
    fixed = ["province_effect", "year_effect", "index_effect", "controls_effect", "noise"]
    pd.testing.assert_frame_equal(twin.parts[fixed], honest.parts[fixed])
    moving = ["hdft", "financial_development", "infrastructure_twin", "internet"]
    pd.testing.assert_frame_equal(
        twin.panel.drop(columns=moving), honest.panel.drop(columns=moving)
    )
    moved = twin.panel["internet"] != honest.panel["internet"]
    assert moved.sum() == 1
    assert twin.panel.loc[moved, "internet"].item() == TRUTH.threshold_internet


def test_recentring_is_small(twin, honest):
    size = np.sqrt((twin.parts["moved"] ** 2).mean()) / TRUTH.noise_sd
    assert 0 < size < LARGEST_MOVE
    for name, sd in (
        ("financial_development", TRUTH.finance_sd),
        ("infrastructure_twin", TRUTH.infrastructure_sd),
    ):
        shift = twin.panel[name] - honest.panel[name]
        assert 0 < np.sqrt((shift**2).mean()) / sd < LARGEST_MEDIATOR_MOVE, name


def test_recentring_moves_no_province_or_year_as_a_whole(twin, honest):
    shift = twin.panel["financial_development"] - honest.panel["financial_development"]
    for key in ("province", "year"):
        assert shift.groupby(twin.panel[key]).mean().abs().max() < ROUNDING


def test_recentred_mediators_share_nothing_within_effects(twin):
    left = TWO_WAY.replace(regressor="openness", controls=("ln_dfi", *TWO_WAY.controls))
    first, second = (
        partial_out(twin.panel, name, left)
        for name in ("financial_development", "infrastructure_twin")
    )
    assert abs(first.corr(second)) < 1e-9
    path = fixed_effects(twin.panel, TWO_WAY.replace(outcome="financial_development"))
    assert path.main.estimate == pytest.approx(TRUTH.index_on_finance, abs=1e-9)


def test_levels_of_finance_are_the_same_in_every_draw(twin):
    for seed in (1, 2, 3):
        panel = simulate_provinces(seed).panel
        assert (finance_level(panel) == finance_level(twin.panel)).all()


def test_a_change_of_the_result_does_not_reach_the_next_draw():
    first = simulate_provinces(5)
    kept = first.panel.copy()
    first.panel["ln_dfi"] = 0.0
    assert (public_panel()["ln_dfi"] > 0).all()
    pd.testing.assert_frame_equal(simulate_provinces(5).panel, kept)


def test_the_truth_names_every_parameter_with_a_meaning(twin):
    assert twin.truth["parameter"].is_unique
    assert (twin.truth["meaning"].str.len() > 10).all()
    assert twin.truth["value"].notna().all()


def test_any_draw_can_be_recentred_on_request():
    moved = simulate_provinces(11, recentre=True)
    assert moved.recentred
    slope = fixed_effects(moved.panel, TWO_WAY).main.estimate
    assert slope == pytest.approx(0.0766, abs=1e-9)
