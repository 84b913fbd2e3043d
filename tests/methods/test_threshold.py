"""`panel_threshold` seen from outside: invariances, conventions, covariances, refusals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PanelOLS
from threshold_data import SAME, estimate, simulate

from digitrade.methods.threshold import CONVENTIONS, PanelThreshold, SmallRegimeWarning, search
from digitrade.methods.threshold.estimate import confidence_set, critical_value
from digitrade.methods.threshold.panel import quantile_grid

OTHER_PACKAGE = 1e-8  # relative; the same estimator by another solver
TEXT = 0.005  # Hansen (1999) prints critical values with two decimals


# Invariances ------------------------------------------------------------------------------


def relabelled(frame: pd.DataFrame) -> pd.DataFrame:
    labels = np.random.default_rng(1).permutation(frame["unit"].nunique())
    return frame.assign(unit=[f"province {labels[u]}" for u in frame["unit"]])


TRANSFORMED = {
    "rows in another order": lambda d: d.sample(frac=1, random_state=2),
    "entities relabelled": relabelled,
    "entity constants added": lambda d: d.assign(
        y=d["y"] + 100 * d["unit"], z=d["z"] - 7 * d["unit"]
    ),
    "outcome rescaled": lambda d: d.assign(y=1e4 * d["y"]),
    "regressors rescaled": lambda d: d.assign(x=d["x"] / 300, z=17 * d["z"]),
    "years renumbered": lambda d: d.assign(year=d["year"] - 2009),
    "a column nobody named": lambda d: d.assign(other=np.nan),
}


@pytest.mark.parametrize("kept", [1.0, 0.85])
@pytest.mark.parametrize("change", TRANSFORMED)
def test_nothing_changes(change, kept):
    frame = simulate(kept=kept)
    before = estimate(frame).thresholds
    after = estimate(TRANSFORMED[change](frame)).thresholds
    pd.testing.assert_frame_equal(after, before, rtol=SAME, atol=0)


def test_rescaling_q_rescales_the_thresholds():
    frame = simulate()
    before = estimate(frame).thresholds
    after = estimate(frame.assign(q=3 * frame["q"] - 5)).thresholds
    for name in ("estimate", "conf_low", "conf_high"):
        np.testing.assert_allclose(after[name], 3 * before[name] - 5, rtol=SAME)
    assert list(after["p_value"]) == list(before["p_value"])


def test_units_of_two_regressors_change_nothing():
    frame, both = simulate(), {"regime_dependent": ["x", "w"]}
    before = estimate(frame, **both).thresholds
    after = estimate(frame.assign(x=1e8 * frame["x"], w=1e-6 * frame["w"]), **both).thresholds
    pd.testing.assert_frame_equal(after, before, rtol=SAME, atol=0)


@pytest.mark.parametrize("kept", [1.0, 0.85])
def test_block_size_changes_nothing(monkeypatch, kept):
    frame = simulate(kept=kept)
    before = estimate(frame, n_thresholds=3)
    monkeypatch.setattr(search, "BLOCK", 7 * len(frame))
    after = estimate(frame, n_thresholds=3)
    pd.testing.assert_frame_equal(after.bootstrap, before.bootstrap, rtol=SAME, atol=0)


@pytest.mark.parametrize("kept", [1.0, 0.85])
def test_time_effects_are_time_dummies(kept):
    frame = simulate(kept=kept)
    dummies = pd.get_dummies(frame["year"], prefix="year", dtype=float).iloc[:, 1:]
    by_hand = estimate(pd.concat([frame, dummies], axis=1), controls=["z", *dummies])
    absorbed = estimate(frame, time_effects=True)
    pd.testing.assert_frame_equal(absorbed.thresholds, by_hand.thresholds, rtol=SAME, atol=0)
    pd.testing.assert_frame_equal(
        absorbed.coefficients, by_hand.coefficients.iloc[:4], rtol=SAME, atol=0
    )


def test_inputs_are_left_alone():
    frame = simulate()
    copy, controls = frame.copy(deep=True), ["z"]
    estimate(frame, controls=controls, time_effects=True)
    pd.testing.assert_frame_equal(frame, copy)
    assert controls == ["z"]


def test_result_is_frozen():
    result = estimate(simulate(), draws=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.n_obs = 1  # type: ignore[misc]
    assert not hasattr(result, "__dict__")


# Conventions ------------------------------------------------------------------------------


def test_critical_values_are_those_of_the_text():
    found = [critical_value(level) for level in (0.90, 0.95, 0.99)]
    assert found == pytest.approx([5.94, 7.35, 10.59], abs=TEXT)  # Hansen (1999), sec. 4.2


def test_hansens_quantiles():
    distinct = np.arange(1, 10_001) / 10_000
    grid = quantile_grid(distinct, trim=0.01, grid=400)
    assert grid.size == 393  # Hansen (1999), sec. 3: 1.00 %, 1.25 %, ..., 99.00 %
    np.testing.assert_allclose(grid, np.arange(0.01, 0.9901, 0.0025), rtol=1e-12)


def test_every_value_is_searched():
    frame = simulate()
    result = estimate(frame, n_thresholds=1, grid=None, trim=0.1, draws=0)
    ordered = np.sort(frame["q"])
    assert list(result.profile["gamma"]) == list(ordered[23:-24])  # 24 of 240 rows on either side


@pytest.mark.parametrize(("convention", "low"), [("xthreg", 120), ("ptm", 80)])
def test_the_boundary_value(convention, low):
    frame = simulate().assign(q=np.tile(np.repeat([1, 2, 3, 4, 5, 6], 40), 1))
    above = frame["q"] > 3 if CONVENTIONS[convention].split == "<=" else frame["q"] >= 3
    frame["y"] += 10 * frame["x"] * above
    result = estimate(frame, n_thresholds=1, convention=convention, draws=0)
    assert result.thresholds["estimate"][0] == 3
    assert list(result.regimes["n_obs"]) == [low, 240 - low]


def test_f_divisors():
    frame = simulate()
    text, stata = (estimate(frame, convention=name) for name in ("every-value", "xthreg"))
    ratio = (8 * 29) / (30 * 7)
    for name in ("f_statistic", "crit_10", "crit_5", "crit_1"):
        np.testing.assert_allclose(stata.thresholds[name], ratio * text.thresholds[name], rtol=SAME)
    assert list(stata.thresholds["p_value"]) == list(text.thresholds["p_value"])
    unbalanced = simulate(kept=0.85)
    divisors = [
        estimate(unbalanced, convention=name, draws=0).conventions.f_divisor_value
        for name in ("every-value", "xthreg")
    ]
    assert divisors == [len(unbalanced) - 30, len(unbalanced) - len(unbalanced) / 30]


def test_f_follows_from_the_sums_of_squares():
    result = estimate(simulate(), n_thresholds=3, draws=0)
    sums, divisor = result.sums_of_squares, result.conventions.f_divisor_value
    null, free = sums["sum_squared_residuals"].to_numpy(), sums["first_pass"].to_numpy()
    expected = (null[:-1] - free[1:]) / (free[1:] / divisor)
    np.testing.assert_allclose(result.thresholds["f_statistic"], expected, rtol=SAME)
    assert result.thresholds["p_value"].isna().all()
    assert result.bootstrap.empty


def test_p_value_and_critical_values_of_the_draws():
    result = estimate(simulate(), draws=99)
    for _, row in result.thresholds.iterrows():
        own = result.bootstrap[result.bootstrap["order"] == row["order"]]
        drawn = np.sort(own["f_statistic"])
        assert row["p_value"] == (1 + (drawn >= row["f_statistic"]).sum()) / 100
        assert list(row[["crit_10", "crit_5", "crit_1"]]) == [drawn[89], drawn[94], drawn[98]]


def test_confidence_set_is_where_the_profile_is_low():
    result = estimate(simulate(), confidence=0.9)
    critical = result.conventions.critical_value
    for _, row in result.thresholds.iterrows():
        own = result.profile[result.profile["order"] == row["order"]].reset_index(drop=True)
        inside = own.index[own["likelihood_ratio"] <= critical]
        assert own["gamma"][inside[0]] == row["conf_low"]
        assert own["gamma"][inside[-1]] == row["conf_high"]
        assert row["disconnected"] == (inside[-1] - inside[0] + 1 > len(inside))
        assert own.set_index("gamma")["likelihood_ratio"][row["estimate"]] == 0.0


def test_a_set_with_a_gap_is_spanned_and_flagged():
    gamma = np.arange(5.0)
    assert confidence_set(gamma, np.array([9.0, 1, 0, 2, 9]), 7.35) == (1.0, 3.0, False)
    assert confidence_set(gamma, np.array([1.0, 9, 0, 2, 9]), 7.35) == (0.0, 3.0, True)


def test_conventions_are_recorded():
    kept = estimate(simulate(), covariance="clustered", trim=0.1).conventions
    assert (kept.rules, kept.f_divisor_value) == (CONVENTIONS["every-value"], 210)
    assert estimate(simulate(), convention="ptm", draws=0).conventions.f_divisor_value == 240
    assert (kept.min_rows, kept.degrees_of_freedom) == (24, 29)
    assert kept.small_sample_factor == pytest.approx(30 / 29 * 239 / 236)
    assert "replacement" in kept.resampling
    assert "sign" in estimate(simulate(kept=0.85)).conventions.resampling


def test_a_side_without_the_regressor_explains_nothing():
    frame = simulate()
    frame["x"] = frame["x"].where(frame["q"] > -1, 0.0)
    result = estimate(frame, n_thresholds=1, grid=None, draws=0)
    linear = result.sums_of_squares["sum_squared_residuals"][0]
    empty = result.profile[result.profile["gamma"] <= -1]["sum_squared_residuals"]
    assert len(empty) > 10
    np.testing.assert_allclose(empty, linear, rtol=1e-12)


# Slopes -----------------------------------------------------------------------------------


def design(frame: pd.DataFrame, result: PanelThreshold) -> pd.DataFrame:
    bounds = [-np.inf, *np.sort(result.thresholds["estimate"]), np.inf]
    regime = pd.cut(frame["q"], bounds, labels=False)
    split = {f"x[regime {r + 1}]": frame["x"] * (regime == r) for r in range(3)}
    return pd.DataFrame(split | {"z": frame["z"]})


@pytest.mark.parametrize("kept", [1.0, 0.85])
@pytest.mark.parametrize("time_effects", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs"), [("homoskedastic", "unadjusted"), ("robust", "robust")]
)
def test_slopes_agree_with_linearmodels(ours, theirs, time_effects, kept):
    frame = simulate(kept=kept)
    result = estimate(frame, covariance=ours, time_effects=time_effects, draws=0)
    indexed = pd.concat([frame, design(frame, result).drop(columns="z")], axis=1)
    indexed = indexed.set_index(["unit", "year"])
    model = PanelOLS(
        indexed["y"],
        indexed[list(result.coefficients["term"])],
        entity_effects=True,
        time_effects=time_effects,
    ).fit(cov_type=theirs, debiased=True)
    table = result.coefficients.set_index("term")
    interval = model.conf_int(0.95)
    for name, expected in {
        "estimate": model.params,
        "std_error": model.std_errors,
        "statistic": model.tstats,
        "p_value": model.pvalues,
        "conf_low": interval["lower"],
        "conf_high": interval["upper"],
    }.items():
        np.testing.assert_allclose(table[name], expected, rtol=OTHER_PACKAGE, atol=1e-14)
    split = list(result.vcov)
    np.testing.assert_allclose(
        result.vcov, model.cov.loc[split, split], rtol=OTHER_PACKAGE, atol=1e-14
    )


@pytest.mark.parametrize("kept", [1.0, 0.85])
@pytest.mark.parametrize("time_effects", [False, True])
def test_clustered_covariance_agrees_with_statsmodels(time_effects, kept):
    frame = simulate(kept=kept)
    result = estimate(frame, covariance="clustered", time_effects=time_effects, draws=0)
    wide = pd.concat([frame["y"], design(frame, result)], axis=1)
    if time_effects:
        wide = wide.join(pd.get_dummies(frame["year"], dtype=float).iloc[:, 1:])
    demeaned = wide - wide.groupby(frame["unit"]).transform("mean")
    model = sm.OLS(demeaned["y"], demeaned.drop(columns="y")).fit(
        cov_type="cluster", cov_kwds={"groups": frame["unit"]}, use_t=True
    )
    table = result.coefficients
    for name, expected in {"std_error": model.bse, "p_value": model.pvalues}.items():
        np.testing.assert_allclose(table[name], expected.iloc[:4], rtol=OTHER_PACKAGE, atol=1e-14)


def test_regimes_and_tidy_rows():
    frame = simulate()
    result = estimate(frame, regime_dependent=["x", "w"], draws=0)
    assert list(result.coefficients) == [
        *("term", "estimate", "std_error", "statistic"),
        *("p_value", "conf_low", "conf_high", "n_obs"),
    ]
    expected = [f"{name}[regime {r}]" for r in (1, 2, 3) for name in ("x", "w")]
    assert list(result.coefficients["term"]) == [*expected, "z"]
    low, high = np.sort(result.thresholds["estimate"])
    sizes = [(frame["q"] <= low).sum(), frame["q"].between(low, high, "right").sum()]
    assert list(result.regimes["n_obs"]) == [*sizes, 240 - sum(sizes)]
    assert list(result.coefficients["n_obs"]) == [*np.repeat(result.regimes["n_obs"], 2), 240]
    inside = frame[frame["q"] <= low]
    assert result.regimes["n_entities"][0] == inside["unit"].nunique()
    assert (result.n_obs, result.n_entities, result.n_periods) == (240, 30, 8)


def test_small_regime_is_announced():
    frame = simulate()
    frame["y"] += 50 * frame["x"] * (frame["q"] > np.sort(frame["q"])[-8])
    with pytest.warns(
        SmallRegimeWarning,
        match=r"regime 2 \(\w+ above [\d.]+\) holds 7 of 240 observations \(2\.9%\)",
    ):
        estimate(frame, n_thresholds=1, trim=0.01, grid=None, draws=0)
