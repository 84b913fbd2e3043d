"""The contract: targets as printed, met on the default seed, honest everywhere else."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_province_targets, load_published
from digitrade.methods.regression import fixed_effects
from digitrade.studies.digital_finance.twin import calibration
from digitrade.studies.digital_finance.twin.functionals import (
    CUTS,
    ENTITY,
    ENTITY_CONTROLS,
    TWO_WAY,
    all_rows,
    by_regime,
    public_rows,
)
from digitrade.studies.digital_finance.twin.recentre import aims, minimum_norm
from digitrade.studies.digital_finance.twin.simulate import simulate_provinces, systematic
from digitrade.studies.digital_finance.twin.truth import TRUTH

EXACT = 1e-9  # two ways to the same least-squares coefficient
MONTE_CARLO = 4.0  # standard errors: one false alarm in 16,000 for each of 17 coefficients
DRAWS = 40  # enough to find a bias of two thirds of a standard deviation
SEARCHED = 24  # draws in which the thresholds are searched, too: slower
ROUNDED_TRUTH = 0.5  # of a draw's sd: the truth is rounded, and its targets are not all free


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return simulate_provinces().panel


@pytest.fixture(scope="module")
def evaluated(panel) -> pd.DataFrame:
    return calibration.evaluate_targets(panel)


@pytest.fixture(scope="module")
def draws() -> list[tuple[pd.DataFrame, dict[str, np.ndarray]]]:
    """Panels of honest draws, each with the rows of its functionals."""
    panels = [simulate_provinces(seed).panel for seed in range(1, DRAWS + 1)]
    known = public_rows(panels[0])
    return [(panel, all_rows(panel, known)) for panel in panels]


@pytest.fixture(scope="module")
def scatter() -> pd.DataFrame:
    return calibration.scatter_of_draws(range(1, SEARCHED + 1))


def test_targets_agree_with_what_was_printed_digit_by_digit():
    estimates = load_published("estimates", study="digital_finance")
    thresholds = load_published("thresholds", study="digital_finance")
    for row in load_province_targets().query("printed != ''").itertuples():
        if row.table == "thresholds":
            same = (thresholds["symbol"] == row.term) & (thresholds["order"] == int(row.column))
            printed = thresholds.loc[same, "value"].item()
        else:
            same = (estimates["table"] == row.table) & (estimates["column"] == row.column)
            found = estimates.loc[same & (estimates["term"] == row.term)]
            printed, error = found["estimate"].item(), found["se"].item()
            assert row.std_error == error
        assert row.printed == printed, row.target


def test_everything_that_was_printed_is_a_binding_target():
    binding = load_province_targets().query("binding == 'yes'")
    held = set(zip(binding["table"], binding["column"], binding["term"], strict=True))
    estimates = load_published("estimates", study="digital_finance")
    assert held >= set(zip(estimates["table"], estimates["column"], estimates["term"], strict=True))
    thresholds = load_published("thresholds", study="digital_finance")
    places = zip(thresholds["order"].astype(str), thresholds["symbol"], strict=True)
    assert held >= {("thresholds", order, symbol) for order, symbol in places}


def test_every_target_says_when_it_is_met_and_why():
    targets = load_province_targets()
    exact = targets["kind"].isin(["coefficient", "threshold"])
    assert (targets["tolerance"].notna() == exact).all()
    bounded = targets[["at_least", "at_most"]].notna().any(axis=1)
    assert (bounded == ~exact).all()
    assert (targets["reason"] != "").all()


def test_every_binding_target_is_met_on_the_default_seed(evaluated):
    missed = evaluated.query("binding and not met")
    assert missed.empty, missed[["target", "printed", "twin"]]


def test_what_does_not_bind_is_named_because_it_is_not_met(evaluated):
    assert not evaluated.query("not binding")["met"].any()


def test_honest_draw_of_the_default_seed_misses_them():
    honest = calibration.evaluate_targets(simulate_provinces(recentre=False).panel)
    coefficients = honest.query("binding and kind == 'coefficient'")
    assert not coefficients["met"].any()


def test_functionals_agree_with_the_estimators():
    other = simulate_provinces(3).panel
    shown = calibration.evaluate_targets(other).set_index("target")["twin"]
    for target, value in calibration.linear_values(other).items():
        if target.startswith(("index_", "investment_", "internet_")):
            continue  # there the estimators use the thresholds they find
        assert value == pytest.approx(shown[target], abs=EXACT), target


@pytest.mark.parametrize("name", list(CUTS))
def test_regime_rows_agree_with_linearmodels(name, panel):
    columns = by_regime(panel["ln_dfi"].to_numpy(), panel[name].to_numpy(), CUTS[name])
    names = [f"x{k}" for k in range(columns.shape[1])]
    split = panel.assign(**dict(zip(names, columns.T, strict=True)))
    fitted = fixed_effects(split, ENTITY.replace(regressor=names[0], controls=tuple(names[1:])))
    rows = all_rows(panel)
    for k, column in enumerate(names):
        found = rows[f"{name}:{k}"] @ panel["hdft"]
        assert found == pytest.approx(fitted[column].estimate, abs=EXACT)


def test_rows_known_from_another_draw_are_the_same(panel):
    known = public_rows(simulate_provinces(9).panel)
    fresh, reused = all_rows(panel), all_rows(panel, known)
    for name, row in fresh.items():
        np.testing.assert_allclose(reused[name], row, atol=EXACT)


def test_nothing_is_mutated(panel):
    before = panel.copy(deep=True)
    calibration.evaluate_targets(panel)
    calibration.responses(panel)
    calibration.regime_weights(panel, ENTITY)
    pd.testing.assert_frame_equal(panel, before)


def test_minimum_norm_meets_the_gap_and_is_the_shortest(rng):
    rows, gap = rng.normal(size=(4, 40)), rng.normal(size=4)
    moved = minimum_norm(rows, gap)
    np.testing.assert_allclose(rows @ moved, gap, atol=EXACT)
    np.testing.assert_allclose(moved, np.linalg.pinv(rows) @ gap, atol=EXACT)
    off = rng.normal(size=40)
    off -= np.linalg.pinv(rows) @ (rows @ off)
    assert np.linalg.norm(moved + off) > np.linalg.norm(moved)


def test_honest_draws_average_out_to_the_truth(draws):
    noise = []
    for panel, rows in draws:
        left = panel["hdft"] - systematic(panel, TRUTH)
        plain = {name: row for name, row in rows.items() if not name.endswith(":b")}
        noise.append({name: float(row @ left) for name, row in plain.items()})
    drawn = pd.DataFrame(noise)
    error = drawn.std() / np.sqrt(len(draws))
    assert (drawn.mean().abs() / error).max() < MONTE_CARLO


@pytest.mark.parametrize(
    ("name", "path_a", "path_b"),
    [
        ("financial_development", TRUTH.index_on_finance, TRUTH.finance_on_hdft),
        ("infrastructure_twin", TRUTH.index_on_infrastructure, TRUTH.infrastructure_on_hdft),
    ],
)
def test_mediators_average_out_to_their_true_paths(name, path_a, path_b, draws):
    drawn = np.array(
        [
            (rows["baseline"] @ panel[name], rows[f"{name}:b"] @ panel["hdft"])
            for panel, rows in draws
        ]
    )
    error = drawn.std(axis=0, ddof=1) / np.sqrt(len(draws))
    assert (np.abs(drawn.mean(axis=0) - (path_a, path_b)) / error).max() < MONTE_CARLO


def test_the_truth_is_near_what_was_printed(scatter):
    drawn = scatter.groupby("target")["value"].agg(["mean", "std"])
    for target, aim in aims().items():
        if target in {"index_first", "index_second", "investment", "internet"}:
            continue  # searched, not averaged
        if target.endswith("_ratio"):
            continue  # a ratio of noisy slopes has no mean
        away = abs(drawn.loc[target, "mean"] - aim) / drawn.loc[target, "std"]
        assert away < ROUNDED_TRUTH, (target, away)


def test_honest_draws_find_the_thresholds_of_the_index(scatter):
    wide = scatter.pivot(index="seed", columns="target", values="value")
    first = (wide["index_first"] - TRUTH.threshold_index_first).abs() < 0.02
    second = (wide["index_second"] - TRUTH.threshold_index_second).abs() < 0.02
    assert first.mean() > 0.75
    assert second.mean() > 0.9


def test_responses_times_truth_is_the_expected_coefficient(panel):
    responses = calibration.responses(panel)
    truth = pd.Series(asdict(TRUTH)).reindex(responses.columns).fillna(1.0)
    expected = systematic(panel, TRUTH)
    for name, row in all_rows(panel).items():
        assert responses.loc[name] @ truth == pytest.approx(row @ expected, abs=EXACT)


def test_a_naive_process_turns_the_pooled_slope_negative(panel):
    slopes = calibration.naive_slopes(panel, {"east": 0.122})
    assert slopes["east"] == pytest.approx(0.122, abs=EXACT)
    assert slopes[["central", "west"]].abs().max() < EXACT
    assert slopes["baseline"] < -0.1


@pytest.mark.parametrize("specification", [ENTITY, ENTITY_CONTROLS, TWO_WAY])
def test_slopes_by_regime_share_one_weighted_average(specification, panel, rng):
    outcome = panel.assign(hdft=rng.normal(size=len(panel)))
    whole = fixed_effects(outcome, specification).main.estimate
    weights = calibration.regime_weights(panel, specification)
    for name, rows in weights.groupby("threshold"):
        assert rows["weight"].sum() == pytest.approx(1, abs=EXACT)
        slopes = calibration._regime_slopes(outcome, str(name), specification)
        assert rows["weight"] @ np.array(slopes) == pytest.approx(whole, abs=EXACT)


def test_a_ratio_to_a_slope_that_is_not_positive_is_no_ratio():
    assert np.isnan(calibration._ratio(-0.01, 0.02))
    assert calibration._ratio(0.01, 0.02) == pytest.approx(2)


def test_scatter_is_the_same_again_and_summarised_by_target(evaluated, scatter):
    again = calibration.scatter_of_draws([1, 2], thresholds=False)
    both = again.merge(scatter, on=["seed", "target"], validate="1:1")
    assert len(both) == len(again)
    np.testing.assert_allclose(both["value_x"], both["value_y"], rtol=EXACT)  # missing is equal
    summary = calibration.summarise_draws(evaluated, scatter).set_index("target")
    drawn = scatter.query("target == 'east'")["value"]
    assert summary.loc["east", "mean"] == pytest.approx(drawn.mean())
    assert summary.loc["east", "error"] == pytest.approx(drawn.std() / np.sqrt(SEARCHED))
