"""Joint slopes: the regressions alone, stacked regressions, statsmodels, a known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from digitrade.methods.covariance import small_sample
from digitrade.methods.estimate import ALL_EQUAL
from digitrade.methods.heterogeneity import stacked_difference
from digitrade.methods.regression import fixed_effects, suest
from digitrade.methods.specification import Specification

SAME = 1e-9  # the same covariance by other algebra
NOMINAL, MARGIN = 0.05, 0.035  # a test at five per cent, in 400 draws: three standard errors
THREE = ("firm", "year", "city")
ONE = Specification("y", "x", ("z",), entity="firm", effects=THREE, cluster="city", time="year")


def simulate(rng: np.random.Generator, *, gap: float = 0.0, cities: int = 30) -> pd.DataFrame:
    """Firms of two groups in shared cities with shared city shocks; some firms move."""
    firms, years = 8 * cities, 6
    keys = pd.MultiIndex.from_product([range(firms), range(years)], names=["firm", "year"])
    frame = keys.to_frame(index=False)
    home = np.arange(firms) % cities
    moved = rng.random(firms) < 0.1
    later = moved[frame["firm"]] & (frame["year"] > 2)
    frame["city"] = np.where(later, (home[frame["firm"]] + 1) % cities, home[frame["firm"]])
    frame["group"] = np.where(frame["firm"] // cities % 2 == 0, "a", "b")
    shock = rng.normal(size=(2, cities, years))[:, frame["city"], frame["year"]]
    frame["x"] = shock[0] + 0.3 * rng.normal(size=len(frame))
    frame["z"] = rng.normal(size=len(frame))
    frame["y"] = (1 + gap * (frame["group"] == "a")) * frame["x"] + 0.5 * frame["z"]
    frame["y"] += shock[1] + rng.normal(size=len(frame)) + rng.normal(size=firms)[frame["firm"]]
    return frame


def split(frame: pd.DataFrame, specification: Specification = ONE):
    return {one: (rows, specification) for one, rows in frame.groupby("group")}


@pytest.mark.parametrize(
    ("covariance", "cluster"),
    [("robust", None), ("clustered", "city"), ("clustered", ("firm", "city"))],
)
def test_each_slope_is_that_of_its_regression_alone(rng, covariance, cluster):
    one = ONE.replace(covariance=covariance, cluster=cluster)
    frame = simulate(rng)
    joint = suest(split(frame, one)).tidy().set_index("term")
    for name, rows in frame.groupby("group"):
        alone = fixed_effects(rows, one).main
        for column in ("estimate", "std_error", "p_value", "conf_low", "n_obs"):
            assert joint.loc[name, column] == pytest.approx(alone[column], rel=SAME), column


def test_difference_is_the_coefficient_of_one_stacked_regression(rng):
    """Its variance too, but for the small-sample factors, which count parameters apart."""
    frame = simulate(rng)
    parts = [rows for _, rows in frame.groupby("group")]
    joint = suest(split(frame))
    stacked, changed = stacked_difference(*parts, specification=ONE)
    main = fixed_effects(stacked, changed).main
    roots = np.sqrt([small_sample(rows, ONE).factor for rows in parts])
    raw = joint.vcov / np.outer(roots, roots)
    assert joint.slopes[0] - joint.slopes[1] == pytest.approx(main.estimate, rel=1e-7)
    assert raw[0, 0] + raw[1, 1] - 2 * raw[0, 1] == pytest.approx(
        main.std_error**2 / small_sample(stacked, changed).factor, rel=1e-6
    )


def test_shared_clusters_matter_and_separate_ones_do_not(rng):
    frame = simulate(rng)
    shared = suest(split(frame)).vcov
    apart = frame.assign(city=frame["group"] + frame["city"].astype(str))
    separate = suest(split(apart)).vcov
    assert abs(shared[0, 1]) / np.sqrt(shared[0, 0] * shared[1, 1]) > 0.3
    assert separate[0, 1] == 0.0
    np.testing.assert_allclose(np.diag(separate), np.diag(shared), rtol=SAME)


def test_two_outcomes_on_the_same_rows_against_statsmodels(rng):
    """Stacked OLS with clusters: the cross-covariance of two equations' slopes."""
    frame = simulate(rng).assign(w=lambda one: one["y"] + rng.normal(size=len(one)))
    plain = ONE.replace(effects=(), controls=())
    joint = suest({"y": (frame, plain), "w": (frame, plain.replace(outcome="w"))})
    stacked = np.kron(np.eye(2), np.column_stack([np.ones(len(frame)), frame["x"]]))
    fit = sm.OLS(np.concatenate([frame["y"], frame["w"]]), stacked).fit(
        cov_type="cluster",
        cov_kwds={"groups": np.tile(frame["city"], 2), "use_correction": False},
    )
    theirs = fit.cov_params()[np.ix_([1, 3], [1, 3])]
    cities, rows = frame["city"].nunique(), len(frame)
    factor = cities / (cities - 1) * (rows - 1) / (rows - 2)
    np.testing.assert_allclose(joint.vcov, factor * theirs, rtol=1e-8)


def test_order_and_labels_change_nothing(rng):
    frame = simulate(rng)
    first = suest(split(frame)).difference("a", "b")
    mixed = frame.sample(frac=1, random_state=1).assign(
        city=lambda one: "c" + one["city"].astype(str)
    )
    again = suest(split(mixed)).difference("a", "b")
    pd.testing.assert_frame_equal(first, again, rtol=1e-8)


def test_equality_of_two_is_the_squared_t(rng):
    joint = suest(split(simulate(rng)))
    gap, equal = joint.difference("a", "b").iloc[0], joint.equality().iloc[0]
    assert equal["term"] == ALL_EQUAL
    assert equal["statistic"] == pytest.approx(gap["statistic"] ** 2, rel=SAME)
    assert equal["p_value"] == pytest.approx(gap["p_value"], rel=SAME)


def test_size_where_groups_share_shocks_and_power():
    rejected = {0.0: 0, 0.4: 0}
    for gap in rejected:
        for seed in range(400 if gap == 0 else 50):
            frame = simulate(np.random.default_rng(seed), gap=gap)
            p_value = suest(split(frame)).difference("a", "b")["p_value"].item()
            rejected[gap] += p_value < NOMINAL
    assert abs(rejected[0.0] / 400 - NOMINAL) < MARGIN
    assert rejected[0.4] > 45


def test_what_cannot_be_joined_is_refused(rng):
    frame = simulate(rng)
    with pytest.raises(ValueError, match="found none"):
        suest({})
    with pytest.raises(ValueError, match="agree in entity, time, covariance"):
        suest({"a": (frame, ONE), "b": (frame, ONE.replace(cluster="firm"))})
    with pytest.raises(ValueError, match="does not vary"):
        suest({"a": (frame.assign(x=frame["city"]), ONE.replace(effects=("city",)))})
