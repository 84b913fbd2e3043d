"""Monte Carlo mediation: an identity, the bootstrap, known truths, the printed bound."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.mediation import (
    mediate,
    needed_correlation,
    partial_correlation,
    product_error,
)
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

IDENTITY = 1e-10  # total = direct + a b, each from its own least squares
DRAWS = 40_000  # quantiles of normal products: good to a hundredth of their spread
NEAR = 0.03
BY_NORMAL = "Indirect effect, delta method"
BY_DRAWS = "Indirect effect, distribution of the product"
channel = partial(mediate, inference="monte-carlo")
ONE = Specification(
    "y", "x", ("z",), entity="firm", effects=("firm", "year", "city"), cluster="city", time="year"
)


def simulate(
    rng: np.random.Generator, *, a: float = 0.5, b: float = 0.4, common: float = 0.0
) -> pd.DataFrame:
    """Movers between cities; the regressor works through m (a b) and directly (0.3)."""
    firms, years, cities = 240, 6, 24
    keys = pd.MultiIndex.from_product([range(firms), range(years)], names=["firm", "year"])
    frame = keys.to_frame(index=False)
    size, home = len(frame), np.arange(firms) % cities
    later = (frame["firm"] % 10 == 0) & (frame["year"] > 2)
    frame["city"] = np.where(later, (home[frame["firm"]] + 1) % cities, home[frame["firm"]])
    frame["x"] = rng.normal(size=(cities, years))[frame["city"], frame["year"]]
    frame["x"] += 0.5 * rng.normal(size=size)
    frame["z"] = rng.normal(size=size)
    cause = rng.normal(size=size)
    frame["m"] = a * frame["x"] + 0.2 * frame["z"] + common * cause + rng.normal(size=size)
    frame["y"] = 0.3 * frame["x"] + b * frame["m"] + common * cause + rng.normal(size=size)
    return frame


def test_total_is_direct_plus_product(rng):
    one = channel(simulate(rng), ONE, "m", draws=9, rng=rng)
    assert one.direct + one.indirect == pytest.approx(one.total, abs=IDENTITY)
    assert one.share == pytest.approx(1 - one.direct / one.total, rel=1e-8)


def test_paths_are_the_regressions(rng):
    frame = simulate(rng)
    rows = channel(frame, ONE, "m", draws=9, rng=rng).tidy().set_index("label")
    first = fixed_effects(frame, ONE.replace(outcome="m")).main
    second = fixed_effects(frame, ONE.replace(controls=("m", "z")))
    for name, theirs in (
        ("Path a: regressor to mediator", first),
        ("Path b: mediator to outcome", second["m"]),
        ("Direct effect", second["x"]),
    ):
        assert rows.loc[name, "estimate"] == pytest.approx(theirs["estimate"], rel=1e-9)
        assert rows.loc[name, "std_error"] == pytest.approx(theirs["std_error"], rel=1e-8)


def test_agrees_with_the_bootstrap_of_mediate_on_two_effects(rng):
    """Clusters of entities, no city effects: what mediate can do, by another road."""
    frame = simulate(rng)
    two = ONE.replace(effects=("firm", "year"), cluster="firm")
    ours = channel(frame, two, "m", draws=DRAWS, rng=rng)
    theirs = mediate(frame, two, "m", draws=1_999, rng=rng)
    assert ours.indirect == pytest.approx(theirs.indirect, rel=1e-8)
    product = theirs.drawn["a"] * theirs.drawn["b"]
    mine = ours.tidy().set_index("label").loc[BY_NORMAL]
    assert mine["std_error"] == pytest.approx(product.std(), rel=0.1)


def test_delta_method_is_sobel_plus_the_covariance_of_the_paths(rng):
    one = channel(simulate(rng), ONE, "m", draws=9, rng=rng)
    rows = one.tidy().set_index("label")
    errors = one.joint.tidy()["std_error"]
    sobel = product_error(one.a, one.b, np.diag(errors**2))
    cross = 2 * one.a * one.b * one.joint.vcov[0, 1]
    assert rows.loc[BY_NORMAL, "std_error"] ** 2 == pytest.approx(sobel**2 + cross, rel=1e-9)


def test_interval_is_that_of_the_product(rng):
    """Large paths: the product is nearly normal. A path of zero: it is peaked and is not."""
    rows = channel(simulate(rng), ONE, "m", draws=DRAWS, rng=rng).tidy().set_index("label")
    wide = rows.loc[BY_NORMAL, "conf_high"] - rows.loc[BY_NORMAL, "conf_low"]
    for end in ("conf_low", "conf_high"):
        assert abs(rows.loc[BY_DRAWS, end] - rows.loc[BY_NORMAL, end]) < NEAR * wide


def test_covers_the_truth_and_finds_nothing_where_there_is_nothing():
    covered = silent = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        rows = channel(simulate(rng), ONE, "m", draws=999, rng=rng).tidy().set_index("label")
        covered += rows.loc[BY_DRAWS, "conf_low"] < 0.2 < rows.loc[BY_DRAWS, "conf_high"]
        none = channel(simulate(rng, b=0.0), ONE, "m", draws=999, rng=rng).tidy()
        row = none.set_index("label").loc[BY_DRAWS]
        silent += row["conf_low"] < 0 < row["conf_high"]
    assert covered >= 85  # 95 expected with many clusters; 24 are few
    assert silent >= 85


def test_a_common_cause_makes_a_channel_of_nothing(rng):
    row = channel(simulate(rng, b=0.0, common=1.0), ONE, "m", draws=999, rng=rng).summary().iloc[0]
    assert row["conf_low"] > 0.1
    assert row["direct"] < 0.2 < 0.3  # of a true 0.3, although x was drawn by lot


def test_needed_correlation_reproduces_path_b(rng):
    """With r the partial correlation in the data, the channel that carries a b needs r."""
    frame = simulate(rng)
    one = channel(frame, ONE, "m", draws=9, rng=rng)
    fits = [fixed_effects(frame, ONE), fixed_effects(frame, ONE.replace(outcome="m"))]
    moments = [(frame[fit.specification.outcome].std(), fit.r_squared) for fit in fits]
    r = needed_correlation(one.indirect, one.a, outcome=moments[0], mediator=moments[1])
    assert r == pytest.approx(partial_correlation(frame, ONE, "m"), rel=1e-8)


def test_the_joint_slopes_are_the_paths(rng):
    one = channel(simulate(rng), ONE, "m", draws=9, rng=rng)
    assert one.joint.slopes == pytest.approx([one.a, one.b], rel=1e-9)
    assert list(one.drawn) == ["a", "b"]


def test_refusals(rng):
    frame = simulate(rng)
    with pytest.raises(ValueError, match="not yet in the specification"):
        channel(frame, ONE, "z", rng=rng)
    with pytest.raises(ValueError, match="draws=0"):
        channel(frame, ONE, "m", draws=0, rng=rng)
    with pytest.raises(ValueError, match=r"inference 'normal': choose bootstrap \| monte-carlo"):
        mediate(frame, ONE, "m", inference="normal", rng=rng)
    with pytest.raises(ValueError, match="choose inference='monte-carlo'"):
        mediate(frame, ONE, "m", rng=rng)
