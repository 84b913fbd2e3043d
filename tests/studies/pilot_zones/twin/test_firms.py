"""The simulated firms: sizes as printed, real zones, a truth that estimators recover."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_cities
from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.specifications import BASELINE, TABLES, estimation_sample
from digitrade.studies.pilot_zones.twin import DEFAULT_SEED, simulate, simulate_firms
from digitrade.studies.pilot_zones.twin.columns import marginal, persistent, place_by_cell
from digitrade.studies.pilot_zones.twin.outcomes import effect_on_fc
from digitrade.studies.pilot_zones.twin.recentre import STEPS, functionals
from digitrade.studies.pilot_zones.twin.roster import pick
from digitrade.studies.pilot_zones.twin.truth import TRUTH
from digitrade.studies.pilot_zones.variables import CONSTRUCTED, build_firm_panel
from digitrade.studies.pilot_zones.zones import assign_treatment

EXACT = 1e-9  # two ways to the same least-squares coefficient, relative
ROUNDING = 0.02  # of a standard deviation: moments of values at mid-ranks, cut at the ends
MONTE_CARLO = 4.0  # standard errors of a mean over draws
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def twins():
    return {seed: simulate_firms(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def panels(twins) -> dict[int, pd.DataFrame]:
    return {seed: build_firm_panel(one.extract) for seed, one in twins.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_printed_sizes_hold_on_every_seed(panels, seed):
    panel = panels[seed]
    assert len(panel) == 14_791
    assert 2_600 <= panel["firm"].nunique() <= 2_800
    assert len(estimation_sample(panel, BASELINE)) == 14_745
    assert panel["post"].mean() == pytest.approx(0.297, abs=0.0005)
    assert panel["zone"].mean() == pytest.approx(0.834, abs=0.0005)
    sizes = {column.key: len(column.sample(panel)) for column in TABLES["8"]}
    assert list(sizes.values()) == [
        *(10_313, 2_688, 1_783, 6_442, 8_149),
        *(7_426, 4_283, 3_076),
        *(7_648, 7_069, 10_264, 4_478),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_firms_live_in_real_cities_and_some_move(panels, seed):
    panel = panels[seed]
    assert set(panel["city"]) <= set(load_cities()["city"])
    moving = panel.groupby("firm")["city"].nunique().gt(1).mean()
    assert 0.02 < moving < 0.06
    assert not panel.duplicated(["firm", "year"]).any()


def test_the_event_years_rest_on_the_cohorts_that_the_study_has(panels):
    panel = panels[1]
    assert set(panel.loc[panel["event_time"] == 5, "city"]) == {"Hangzhou"}
    assert set(panel.loc[panel["event_time"] == -9, "cohort"]) == {2020.0}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_largest_value_is_the_printed_one_before_its_city_has_a_zone(panels, seed):
    row = panels[seed].loc[panels[seed]["fc"].idxmax()]
    assert row["fc"] == pytest.approx(TRUTH.spike_value, rel=EXACT)
    assert row["event_time"] < 0
    assert row["tier"] == "municipality"
    assert (row["exporter"], row["high_tech"], row["polluting"]) == (0, 0, 0)


def test_a_constant_effect_without_noise_is_returned(panels):
    panel = panels[1]
    rows = estimation_sample(panel.assign(fc=0.7 * panel["zone_post"]), BASELINE)
    assert fixed_effects(rows, BASELINE).main.estimate == pytest.approx(0.7, rel=EXACT)


def test_effects_stand_where_there_is_a_zone_and_nowhere_else(panels):
    panel = panels[2]
    without = panel["zone_post"] == 0
    for name in [one for one in panel if one.startswith("true_effect_")]:
        assert (panel.loc[without, name].fillna(0) == 0).all(), name
    assert (panel.loc[~without, "true_effect_fc"] > 0).mean() > 0.9


def test_the_effect_on_fc_is_the_product_that_the_truth_names(panels):
    panel = panels[3]
    regions = panel["city"].map(load_cities().set_index("city")["province"])
    east = panel[(panel["region"] == "east") & (panel["event_time"] == 3)]
    rows = east.assign(cell_region="east")
    expected = effect_on_fc(rows, TRUTH)
    ordinary = east["true_effect_fc"] > 0  # not the two firms that are marked
    assert regions.notna().all()
    np.testing.assert_allclose(east.loc[ordinary, "true_effect_fc"], expected[ordinary], rtol=EXACT)


def test_the_total_of_loans_is_their_sum(twins):
    extract, panel = twins[1].extract, build_firm_panel(twins[1].extract)
    total = np.log1p(extract["short_loans"] + extract["long_loans"])
    pd.testing.assert_series_equal(panel["log_totalloan"], total, check_names=False)
    mean = panel.loc[
        panel["zone_post"] == 1, [f"true_effect_log_{k}loan" for k in ("short", "long", "total")]
    ].mean()
    assert mean.iloc[2] < min(mean.iloc[:2]) / 3


def test_the_same_seed_gives_the_same_rows_and_another_does_not(twins):
    again = simulate_firms(1).extract
    pd.testing.assert_frame_equal(again, twins[1].extract)
    assert not again["financial_assets"].equals(twins[2].extract["financial_assets"])


def test_only_the_default_seed_is_moved(twins):
    assert DEFAULT_SEED not in SEEDS
    for one in twins.values():
        pd.testing.assert_frame_equal(one.extract, one.drawn)


def test_the_twin_that_is_kept_is_the_twin_made_anew():
    anew, kept = simulate._simulated(DEFAULT_SEED, moving=True), simulate_firms()
    pd.testing.assert_frame_equal(kept.extract, anew.extract, check_exact=True)
    pd.testing.assert_frame_equal(kept.drawn, anew.drawn, check_exact=True)
    assert (kept.seed, kept.truth) == (anew.seed, anew.truth)


def test_the_panel_in_which_noise_is_moved_is_that_of_the_moved_extract(twins):
    extract = twins[1].extract
    panel = build_firm_panel(extract)
    for move, touched in STEPS:
        extract = extract.assign(**move(extract, panel))
        panel = panel.assign(**{name: CONSTRUCTED[name](extract) for name in touched})
    pd.testing.assert_frame_equal(panel, build_firm_panel(extract), check_exact=True)


def test_assets_contain_their_parts(twins):
    for one in (*twins.values(), simulate_firms()):
        parts = one.extract["financial_assets"] + one.extract["fixed_assets"]
        assert (parts < one.extract["total_assets"]).all()


def test_estimates_are_centred_on_the_truth_where_the_noise_is_plain():
    """Log subsidies: one effect for all, normal noise, so robust errors can be trusted."""
    column = TABLES["4"][1]
    found = []
    for seed in range(11, 19):
        main = column.estimate(build_firm_panel(simulate_firms(seed).extract)).main
        found.append((main.estimate - TRUTH.subsidy, main.std_error))
    gaps, errors = np.array(found).T
    assert abs(gaps.mean()) < MONTE_CARLO * errors.mean() / np.sqrt(len(gaps))


@pytest.mark.parametrize("key", ["33", "8B3", "62", "64"])
def test_a_functional_times_the_outcome_is_the_coefficient(panels, key):
    panel = panels[1]
    column = next(one for table in TABLES.values() for one in table if one.key == key)
    term = column.specification.regressor
    row = functionals(column, panel)[term]
    outcome = panel[column.specification.outcome].to_numpy()
    estimate = column.estimate(panel).main.estimate
    assert row @ outcome == pytest.approx(estimate, rel=1e-7)


@pytest.mark.parametrize(
    ("mean", "sd", "low", "high"),
    [(34.825, 15.318, 2.87, 89.99), (1.773, 3.295, 0.04, 179.578), (107.4, 3463.6, 0.0, 420284.6)],
)
def test_marginals_have_their_moments_and_ends(mean, sd, low, high):
    values = marginal(14_791, mean, sd, low, high)
    assert (values[0], values[-1]) == (low, high)
    assert (np.diff(values) >= 0).all()
    assert values.mean() == pytest.approx(mean, abs=ROUNDING * sd)
    assert values.std() == pytest.approx(sd, rel=ROUNDING)


def test_cells_are_constant_and_their_rows_have_the_ends(rng):
    rows = pd.DataFrame({"city": rng.integers(0, 60, 4_000), "year": rng.integers(0, 5, 4_000)})
    latent = rows.groupby(["city", "year"]).size().astype(float)
    latent += rng.normal(size=len(latent)) * 1e-3
    placed = place_by_cell(latent, rows, (3.0, 1.0, 0.5, 9.0))
    assert placed.groupby([rows["city"], rows["year"]]).nunique().eq(1).all()
    assert (placed.min(), placed.max()) == (0.5, 9.0)


def test_persistence_is_what_it_is_called(rng):
    rows = pd.DataFrame({"firm": np.repeat(np.arange(4_000), 6), "year": np.tile(range(6), 4_000)})
    values = persistent(rows, "firm", rng, share=0.4, persistence=0.5)
    wide = values.to_numpy().reshape(-1, 6)
    together = np.corrcoef(wide[:, 2], wide[:, 3])[0, 1]
    assert values.std() == pytest.approx(1.0, abs=0.03)
    assert together == pytest.approx(0.4 + 0.6 * 0.5, abs=0.05)


def test_picked_firms_add_up(rng):
    sizes = pd.Series(rng.integers(2, 11, 300), index=[f"{k:03d}" for k in range(300)])
    for total in (57, 400, 999):
        assert sizes[pick(sizes, total)].sum() == total


def test_every_parameter_of_the_truth_has_a_meaning():
    frame = TRUTH.frame().set_index("parameter")
    assert frame.index.tolist() == [one.name for one in fields(TRUTH)]
    assert (frame["meaning"].str.len() > 10).all()
    assert frame.loc["new_loan_size", "value"] == "−4"
    assert frame.loc["by_region", "value"] == "east 1.25, central 0.06, west 0.015"


def test_treatment_follows_the_real_list(panels):
    panel = panels[1]
    again = assign_treatment(panel[["city", "year"]])
    pd.testing.assert_series_equal(panel["zone_post"], again["zone_post"])
