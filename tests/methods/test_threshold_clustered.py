"""Threshold tests by cluster: the entity's own bootstrap, lotteries, planted cuts, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.threshold import panel_threshold
from digitrade.methods.threshold.clustered import (
    cluster_test,
    exchange_test,
    false_alarms,
    noise_test,
)

SAME = 1e-9  # relative; the same sums in another order
NOISE_BAND = 0.12  # three standard errors of a share of 0.2 in 100 outcomes
LEVEL_SLACK = 0.13  # 60 lotteries at 5 per cent lie within 0 and 18 per cent but once in 1,000
MODEL = {
    "outcome": "y",
    "regime_dependent": "x",
    "threshold": "q",
    "controls": "z",
    "entity": "firm",
    "time": "year",
    "time_effects": True,
    "grid": None,
}


def simulate(
    *, seed: int = 3, cities: int = 30, firms: int = 6, spread: float = 0.0, jump: float = 0.0
) -> pd.DataFrame:
    """Firms in cities, two thirds treated from year 4 on, all firms there in the first year."""
    rng = np.random.default_rng(seed)
    city, year = np.arange(cities), np.arange(8)
    frame = pd.MultiIndex.from_product(
        [city, range(firms), year], names=["city", "member", "year"]
    ).to_frame(index=False)
    frame["firm"] = frame["city"] * firms + frame["member"]
    q, own = rng.permutation(cities) / cities, spread * rng.normal(size=cities)
    frame["q"] = q[frame["city"]]
    frame["x"] = ((frame["city"] % 3 > 0) & (frame["year"] >= 4)).astype(float)
    frame["z"] = rng.normal(size=len(frame))
    slope = 0.5 + own[frame["city"]] + jump * (frame["q"] > 0.5)
    level = rng.normal(size=frame["firm"].nunique())[frame["firm"]]
    frame["y"] = slope * frame["x"] + 0.3 * frame["z"] + level + rng.normal(size=len(frame))
    kept = (frame["year"] == 0) | (rng.random(len(frame)) < 0.9)
    return frame[kept].reset_index(drop=True)


def test_clustering_by_entity_is_the_bootstrap_of_the_unbalanced_panel():
    frame = simulate()
    ours = cluster_test(frame, cluster="firm", draws=49, rng=np.random.default_rng(1), **MODEL)
    theirs = panel_threshold(frame, **MODEL, draws=49, rng=np.random.default_rng(1))
    assert ours.f_statistic == pytest.approx(theirs.thresholds["f_statistic"].item(), rel=SAME)
    np.testing.assert_allclose(ours.drawn, theirs.bootstrap["f_statistic"], rtol=1e-6)
    assert ours.n_clusters == 180


def test_p_value_counts_the_data_as_a_draw():
    frame = simulate(jump=4.0)
    test = cluster_test(frame, cluster="city", draws=99, rng=np.random.default_rng(1), **MODEL)
    assert test.p_value == pytest.approx(1 / 100)
    assert test.f_statistic > test.critical(0.01) >= test.critical()


def test_noise_is_what_an_outcome_of_noise_would_give():
    """F of outcomes that are noise is distributed alike; the outcome in the data plays no part."""
    frame, rng = simulate(cities=20, firms=2), np.random.default_rng(4)
    test = noise_test(frame, draws=999, rng=np.random.default_rng(1), **MODEL)
    other = noise_test(
        frame.assign(y=frame["y"] ** 3 / 7), draws=999, rng=np.random.default_rng(1), **MODEL
    )
    np.testing.assert_allclose(other.drawn, test.drawn, rtol=SAME)
    values = [
        panel_threshold(frame.assign(y=noise), **MODEL, draws=0, rng=rng).thresholds["f_statistic"]
        for noise in rng.standard_normal((100, len(frame)))
    ]
    above = (np.array(values) > test.critical(0.2)).mean()
    assert above == pytest.approx(0.2, abs=NOISE_BAND)


TRANSFORMED = {
    "rows in another order": lambda d: d.sample(frac=1, random_state=2),
    "cities relabelled": lambda d: d.assign(city=[f"city {199 - c}" for c in d["city"]]),
    "firms relabelled": lambda d: d.assign(firm=1_000 - d["firm"]),
    "threshold variable stretched": lambda d: d.assign(q=np.exp(3 * d["q"])),
    "outcome rescaled": lambda d: d.assign(y=1e4 * d["y"] + 7 * d["firm"]),
}


@pytest.mark.parametrize("change", TRANSFORMED)
@pytest.mark.parametrize("test", [cluster_test, exchange_test])
def test_nothing_changes(test, change):
    frame = simulate(spread=0.5)
    options = {"cluster": "city", "draws": 19, **MODEL}
    before = test(frame, rng=np.random.default_rng(0), **options)
    after = test(TRANSFORMED[change](frame), rng=np.random.default_rng(0), **options)
    assert after.f_statistic == pytest.approx(before.f_statistic, rel=1e-7)
    np.testing.assert_allclose(after.drawn, before.drawn, rtol=1e-7)


def test_an_exchange_is_a_search_with_other_finance():
    """Every F of an exchange of two treated cities is one of two that can be had by hand."""
    frame = simulate(cities=3, spread=1.0, firms=20)
    treated = [1, 2]
    swap = frame.groupby("city")["q"].first()
    swap.loc[treated] = swap.loc[treated[::-1]].to_numpy()
    by_hand = [
        panel_threshold(frame.assign(q=q), **MODEL, draws=0, trim=0.2, rng=np.random.default_rng(0))
        .thresholds["f_statistic"]
        .item()
        for q in (frame["q"], frame["city"].map(swap))
    ]
    test = exchange_test(
        frame, cluster="city", draws=20, rng=np.random.default_rng(0), trim=0.2, **MODEL
    )
    assert test.n_treated == 2
    distance = np.abs(test.drawn[:, None] - np.array(by_hand)).min(axis=1)
    assert distance.max() < 1e-7 * max(by_hand)
    assert np.unique(test.drawn.round(6)).size <= 2


def test_firms_certify_a_lottery_where_cities_differ_and_cities_do_not():
    frame = simulate(cities=60, spread=1.5)
    options = {"unit": "city", "clusters": ("firm", "city"), "exchanges": 60, "draws": 39}
    alarms = false_alarms(frame, **options, rng=np.random.default_rng(4), **MODEL)
    rejected = alarms.set_index("cluster")["rejected"]
    assert rejected["firm"] > 0.5
    assert rejected["city"] <= 0.05 + LEVEL_SLACK


def test_no_test_is_alarmed_where_all_have_one_effect():
    options = {"unit": "city", "clusters": ("firm", "city"), "exchanges": 60, "draws": 39}
    alarms = false_alarms(simulate(), **options, rng=np.random.default_rng(4), **MODEL)
    assert (alarms["rejected"] <= 0.05 + LEVEL_SLACK).all()


REFUSED = {
    "is not in data": ({"cluster": "town"}, cluster_test),
    "missing in 1 rows": ({"cluster": "holed"}, cluster_test),
    "several values of 'year'": ({"cluster": "year"}, cluster_test),
    "an exchange needs one value each": ({"cluster": "city", "threshold": "z"}, exchange_test),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals_say_what_is_wrong(message):
    changes, test = REFUSED[message]
    frame = simulate().assign(holed=lambda d: d["city"].where(d.index > 0))
    options = MODEL | {"controls": ()} | changes
    with pytest.raises(ValueError, match=message):
        test(frame, draws=9, rng=np.random.default_rng(0), **options)
