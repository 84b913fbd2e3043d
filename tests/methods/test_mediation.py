"""Mediation: an exact identity, known truth, a slow bootstrap, other packages, printed numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats._delta_method import NonlinearDeltaCov
from statsmodels.stats.mediation import Mediation as SimulatedMediation

from digitrade.exhibits.comparison import mediation_table
from digitrade.methods.mediation import (
    PATHS,
    _cluster_grams,
    _resampled_paths,
    mediate,
    product_error,
)
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

IDENTITY = 1e-10  # total = direct + a b, each from its own least squares
SAME = 1e-9  # small normal equations against least squares on dummies
PRINTED_SEVEN = 5e-7  # printed with seven digits
FEW = 8  # draws of the slow bootstrap, which fits three regressions a draw


def simulate(
    rng: np.random.Generator, *, a: float = 0.5, b: float = 0.4, units: int = 30, years: int = 8
) -> pd.DataFrame:
    """A panel in which the regressor works through the mediator (a b) and directly (0.3)."""
    keys = pd.MultiIndex.from_product([range(units), range(years)], names=["province", "year"])
    frame = keys.to_frame(index=False)
    size, unit = len(frame), frame["province"].to_numpy()
    drift = (frame["year"] - frame["year"].mean()).to_numpy()
    frame["z"] = rng.normal(size=size) + rng.normal(size=units)[unit]
    frame["x"] = rng.normal(size=size) + 0.5 * frame["z"] + rng.normal(size=units)[unit] * drift / 4
    shared = rng.normal(size=(2, units))[:, unit] * drift / 4
    frame["m"] = a * frame["x"] + 0.2 * frame["z"] + rng.normal(size=size) + shared[0]
    frame["y"] = 0.3 * frame["x"] + b * frame["m"] + rng.normal(size=size) + shared[1]
    frame["y"] += rng.normal(size=units)[unit] + 0.2 * frame["year"]
    return frame


ONE = Specification("y", "x", ("z",), entity="province", time="year", effects=("province", "year"))


@pytest.mark.parametrize("outcome", ["openness", "ln_trade", "trade_quality"])
def test_total_is_direct_plus_product(province_panel, baseline, outcome, rng):
    ours = mediate(
        province_panel, baseline.replace(outcome=outcome), "infrastructure", draws=50, rng=rng
    )
    assert ours.direct + ours.indirect == pytest.approx(ours.total, abs=IDENTITY)
    assert ours.share == pytest.approx(1 - ours.direct / ours.total, rel=1e-7)
    drawn = ours.drawn
    np.testing.assert_allclose(
        drawn["total"], drawn["direct"] + drawn["a"] * drawn["b"], atol=IDENTITY
    )


def test_paths_are_the_three_regressions(province_panel, baseline, rng):
    ours = mediate(province_panel, baseline, "infrastructure", draws=9, rng=rng)
    rows = ours.tidy().set_index("label")
    first = fixed_effects(province_panel, baseline.replace(outcome="infrastructure")).main
    third = baseline.replace(controls=("infrastructure", *baseline.controls))
    second = fixed_effects(province_panel, third)
    assert rows.loc["Path a: regressor to mediator", "estimate"] == first.estimate
    assert rows.loc["Path b: mediator to outcome", "std_error"] == (
        second["infrastructure"].std_error
    )
    assert rows.loc["Direct effect", "p_value"] == second.main.p_value
    assert ours.joint_p_value == max(first.p_value, second["infrastructure"].p_value)


def test_all_clusters_once_is_the_estimate_itself(province_panel, baseline, rng):
    ours = mediate(province_panel, baseline, "infrastructure", draws=9, rng=rng)
    grams = _cluster_grams(province_panel, baseline, "infrastructure")
    once = _resampled_paths(grams, np.arange(30)[None, :])[0]
    np.testing.assert_allclose(once, [ours.a, ours.b, ours.direct, ours.total], rtol=SAME)


def slow_draw(
    frame: pd.DataFrame, one: Specification, mediator: str, drawn: np.ndarray, nuisance: Callable
) -> list[float]:
    """Stack the drawn clusters, each with new names, and run three dummy regressions."""
    names = sorted(frame[one.groups].unique())
    parts = [
        frame[frame[one.groups] == names[cluster]].assign(
            province=lambda d, copy=copy: f"{copy}-" + d["province"].astype(str)
        )
        for copy, cluster in enumerate(drawn)
    ]
    stacked = pd.concat(parts, ignore_index=True)
    dummies = nuisance(stacked, one.replace(controls=()))

    def slopes(outcome: str, *columns: str) -> np.ndarray:
        design = np.hstack([stacked[[*columns, *one.controls]].to_numpy(dtype=float), dummies])
        return np.linalg.lstsq(design, stacked[outcome].to_numpy(dtype=float), rcond=None)[0]

    b, direct, *_ = slopes(one.outcome, mediator, one.regressor)
    return [
        slopes(mediator, one.regressor)[0],
        b,
        direct,
        slopes(one.outcome, one.regressor)[0],
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"effects": ("province",)},
        {"effects": ("year",)},
        {"effects": ()},
        {"cluster": "region"},
        {"controls": ()},
    ],
    ids=str,
)
@pytest.mark.parametrize("balanced", [True, False])
def test_the_bootstrap_as_a_slow_one_on_the_same_draws(
    province_panel, baseline, changes, balanced, nuisance
):
    one, rng = baseline.replace(**changes), np.random.default_rng(5)
    rows = province_panel.index < 300 if balanced else rng.random(300) < 0.7
    frame = province_panel[rows].reset_index(drop=True)
    grams = _cluster_grams(frame, one, "infrastructure")
    drawn = rng.integers(len(grams), size=(FEW, len(grams)))
    fast = _resampled_paths(grams, drawn)
    slow = np.array([slow_draw(frame, one, "infrastructure", draw, nuisance) for draw in drawn])
    np.testing.assert_allclose(fast, slow, rtol=SAME, atol=SAME)


def test_a_draw_without_one_of_the_years_is_still_exact(rng, nuisance):
    frame = simulate(rng, units=12)
    only_two = frame[(frame["year"] < 7) | (frame["province"] < 2)].reset_index(drop=True)
    grams = _cluster_grams(only_two, ONE, "m")
    drawn = np.array([[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3]])
    left = only_two[only_two["province"] > 1].reset_index(drop=True)
    slow = slow_draw(left, ONE, "m", drawn[0] - 2, nuisance)
    np.testing.assert_allclose(_resampled_paths(grams, drawn)[0], slow, rtol=SAME)


def test_draws_come_in_batches_of_any_size(province_panel, baseline, monkeypatch, rng):
    grams = _cluster_grams(province_panel, baseline, "infrastructure")
    drawn = rng.integers(30, size=(100, 30))
    whole = _resampled_paths(grams, drawn)
    monkeypatch.setattr("digitrade.methods.mediation.BATCH", 7)
    np.testing.assert_allclose(_resampled_paths(grams, drawn), whole, rtol=SAME)


def test_known_paths_are_recovered_and_covered(rng):
    # 250 panels of 30 by 8 whose errors drift by province; nominal coverage 0.95, percentile
    # intervals of 199 draws. Three Monte Carlo standard errors of a share of 0.95 are 0.041.
    found, covered = [], []
    for _ in range(250):
        grams = _cluster_grams(simulate(rng), ONE, "m")
        found.append(_resampled_paths(grams, np.arange(30)[None, :])[0])
        a, b, *_ = _resampled_paths(grams, rng.integers(30, size=(199, 30))).T
        low, high = np.quantile(a * b, [0.025, 0.975])
        covered.append(low <= 0.2 <= high)
    errors = np.std(found, axis=0) / np.sqrt(250)
    assert (np.abs(np.mean(found, axis=0) - [0.5, 0.4, 0.3, 0.5]) < 3 * errors).all()
    assert np.mean(covered) == pytest.approx(0.95, abs=0.041)


def test_without_either_path_no_test_rejects_too_often(rng):
    # The product of two zeros is not normal: Sobel's test and joint significance reject far
    # below 5 per cent (MacKinnon et al. 2002, Psychological Methods 7(1), 83-104). Of 30
    # panels, more than 5 rejections are three Monte Carlo standard errors above 5 per cent.
    runs = [mediate(simulate(rng, a=0, b=0), ONE, "m", draws=199, rng=rng) for _ in range(30)]
    sobel = [run.tidy().set_index("label").loc["Indirect effect, Sobel", "p_value"] for run in runs]
    joint = [run.joint_p_value for run in runs]
    drawn = [
        run.tidy().set_index("label").loc["Indirect effect, bootstrap", "p_value"] for run in runs
    ]
    for name, values in (("sobel", sobel), ("joint", joint), ("bootstrap", drawn)):
        assert np.sum(np.array(values) < 0.05) <= 5, name


def test_sobel_as_the_delta_method_of_statsmodels():
    a, b, errors = 0.72, 0.37, np.array([0.058, 0.066])
    theirs = NonlinearDeltaCov(
        lambda p: p[..., :1] * p[..., 1:], np.array([a, b]), np.diag(errors**2)
    )
    ours = product_error(a, b, np.diag(errors**2))
    assert ours == pytest.approx(float(np.sqrt(theirs.cov()).item()), rel=1e-6)


def test_as_simulated_by_statsmodels(rng, nuisance):
    """Its average causal mediation effect is drawn: compare within Monte Carlo error."""
    frame = simulate(rng)
    ours = mediate(frame, ONE, "m", draws=9, rng=rng)
    dummies = nuisance(frame, ONE.replace(controls=()))
    columns = [*(f"d{i}" for i in range(dummies.shape[1]))]
    base = pd.DataFrame(dummies, columns=columns).assign(z=frame["z"], x=frame["x"])
    outcome = sm.OLS(frame["y"], base.assign(m=frame["m"]))
    mediator = sm.OLS(frame["m"], base)
    exposure = (base.columns.get_loc("x"), base.columns.get_loc("x"))
    np.random.seed(11)  # noqa: NPY002  statsmodels draws from the global generator
    theirs = SimulatedMediation(outcome, mediator, exposure, mediator=len(base.columns)).fit(
        n_rep=400
    )
    found = theirs.ACME_avg
    error = found.std() / np.sqrt(400)
    assert ours.indirect == pytest.approx(found.mean(), abs=4 * error)
    assert ours.direct == pytest.approx(
        theirs.ADE_avg.mean(), abs=4 * theirs.ADE_avg.std() / np.sqrt(400)
    )


def test_sgmediation_as_ucla_prints_it(rng):
    # Stata, sgmediation science, mv(read) iv(math), data hsbdemo, 200 rows; UCLA Statistical
    # Consulting, FAQ "How can I perform Sobel-Goodman mediation tests?". Printed: path a
    # 0.724807, total 0.66658, residual sums of squares 11743.8493 (mediator), 11746.9421
    # (outcome on math) and 10178.7606 (outcome on both); "approximately 40%" mediated. The
    # regressions depend on second moments only, so rows with these moments are rebuilt.
    a, total, residual_m, residual_y, residual_both = (
        0.724807, 0.66658, 11743.8493, 11746.9421, 10178.7606,
    )  # fmt: skip
    spread_x = 9175.57065 / a**2  # model sum of squares of the mediator
    basis = np.linalg.qr(np.column_stack([np.ones(200), rng.normal(size=(200, 3))]))[0][:, 1:]
    x = np.sqrt(spread_x) * basis[:, 0]
    m = a * x + np.sqrt(residual_m) * basis[:, 1]
    y = total * x + np.sqrt(residual_y - residual_both) * basis[:, 1]
    y = y + np.sqrt(residual_both) * basis[:, 2]
    frame = pd.DataFrame({"x": x, "m": m, "y": y, "province": range(200), "year": 1})
    one = Specification("y", "x", effects=(), covariance="robust", entity="province", time="year")
    ours = mediate(frame, one, "m", draws=99, rng=rng)
    assert ours.a == pytest.approx(0.724807, abs=PRINTED_SEVEN)
    assert ours.total == pytest.approx(0.66658, abs=PRINTED_SEVEN)
    assert round(ours.share, 1) == 0.4


def test_units_labels_order_and_constants_do_not_matter(province_panel, baseline, rng):
    first = mediate(
        province_panel, baseline, "infrastructure", draws=99, rng=np.random.default_rng(2)
    )
    shift = dict(zip(province_panel["province"].unique(), rng.normal(size=30), strict=True))
    other = province_panel.assign(
        openness=10 * province_panel["openness"] + province_panel["province"].map(shift),
        infrastructure=-3 * province_panel["infrastructure"] + 1,
        province="P" + province_panel["province"],
    ).sample(frac=1, random_state=1)
    second = mediate(other, baseline, "infrastructure", draws=99, rng=np.random.default_rng(2))
    assert second.indirect == pytest.approx(10 * first.indirect, rel=SAME)
    assert second.share == pytest.approx(first.share, rel=SAME)
    np.testing.assert_allclose(second.drawn["a"], -3 * first.drawn["a"], rtol=1e-7)
    np.testing.assert_allclose(second.drawn["total"], 10 * first.drawn["total"], rtol=1e-7)


def test_interval_p_value_and_share_belong_together(province_panel, baseline, rng):
    ours = mediate(
        province_panel, baseline.replace(confidence=0.9), "infrastructure", draws=999, rng=rng
    )
    row = ours.tidy().set_index("label").loc["Indirect effect, bootstrap"]
    product = ours.drawn["a"] * ours.drawn["b"]
    assert ((product < row["conf_low"]).mean(), (product > row["conf_high"]).mean()) == (
        pytest.approx((0.05, 0.05), abs=2e-3)
    )
    assert (row["p_value"] < 0.1) == (row["conf_low"] * row["conf_high"] > 0)
    assert ours.drawn.columns.to_list() == list(PATHS)
    assert 0.5 < (np.sign(ours.drawn["total"]) == np.sign(ours.total)).mean() <= 1


def test_the_table_sets_printed_twin_and_public_side_by_side(province_panel, baseline, rng):
    ours = mediate(province_panel, baseline, "infrastructure", draws=99, rng=rng)
    table = mediation_table(
        {"Twin": None, "Public": ours},
        printed_indirect=0.0163,
        printed_total=0.0766,
        name="tab-x",
        caption="Caption",
    )
    rows = {row[0]: row[1:] for row in table.rows if row[0]}
    assert rows["Indirect effect a × b"] == ("0.0163", "not shipped", "−0.0119")
    assert rows["Share mediated, per cent"] == ("21.3", "not shipped", "−9.3")
    assert rows["Path a: index to mediator"] == ("not reported", "not shipped", "−0.1555**")
    assert rows["N"][-1] == "300"
    summary = ours.summary().iloc[0]
    assert summary["indirect"] == pytest.approx(summary["a"] * summary["b"], rel=SAME)
    assert summary["p_joint"] == ours.joint_p_value
    assert "30 clusters, 99 draws" in table.note
    beside = mediation_table(
        {"Twin": ours},
        printed_indirect=0.0163,
        printed_total=0.0766,
        truth=(0.24, 0.065, 0.03),
        name="tab-x",
        caption="Caption",
    )
    true = {row[0]: row[-1] for row in beside.rows if row[0]}
    assert beside.header[-1] == "Twin: truth"
    assert true["Indirect effect a × b"] == "0.0156"  # 0.24 × 0.065
    assert true["Direct effect"] == "0.0144"
    assert true["Share mediated, per cent"] == "52.0"
    assert (true["Sobel's p"], true["N"]) == ("", "")


def test_inputs_are_left_alone_and_the_seed_decides(province_panel, baseline):
    before = province_panel.copy()
    runs = [
        mediate(province_panel, baseline, "infrastructure", draws=20, rng=np.random.default_rng(1))
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(province_panel, before)
    pd.testing.assert_frame_equal(runs[0].tidy(), runs[1].tidy())


def test_draws_that_cannot_be_estimated_are_counted(rng):
    # Only units 0 and 1 have a mediator that moves beyond a common path: draws without them fail.
    frame = simulate(rng, units=4)
    frame.loc[frame["province"] > 1, "m"] = frame["year"] * 1.0
    ours = mediate(frame, ONE, "m", draws=400, rng=rng)
    assert ours.failed == pytest.approx(400 / 16, abs=3 * np.sqrt(400 / 16))
    assert len(ours.drawn) + ours.failed == 400
    assert np.isfinite(ours.drawn.to_numpy()).all()


@pytest.mark.parametrize(
    ("mediator", "changes", "draws", "words"),
    [
        ("urbanisation", {}, 9, "already in the specification"),
        ("infrastructure", {"cluster": "year"}, 9, "lies in 10 clusters"),
        ("infrastructure", {}, 0, "draws=0"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    province_panel, baseline, rng, mediator, changes, draws, words
):
    with pytest.raises(ValueError, match=words):
        mediate(province_panel, baseline.replace(**changes), mediator, draws=draws, rng=rng)


def test_absent_columns_and_gaps_are_named(province_panel, baseline, rng):
    with pytest.raises(KeyError, match="banks"):
        mediate(province_panel, baseline, "banks", draws=9, rng=rng)
    holed = province_panel.assign(
        infrastructure=province_panel["infrastructure"].where(lambda v: v > 1)
    )
    with pytest.raises(ValueError, match=r"infrastructure: \d+ missing"):
        mediate(holed, baseline, "infrastructure", draws=9, rng=rng)
