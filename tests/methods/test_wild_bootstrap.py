"""The wild cluster bootstrap: another package's numbers, size, and what must not change it."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
import scipy
from firm_model import FIRMS
from wildboottest.wildboottest import WildboottestCL

from digitrade.methods.checks import ranked
from digitrade.methods.covariance import small_sample
from digitrade.methods.regression import fixed_effects, partial_out
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import rademacher, wild_cluster_bootstrap

SAME = 1e-9  # the same statistic by other algebra
INDEPENDENT = 1e-9  # pivots of dummies: their lengths are 1 to 100, rounding leaves 1e-14
DRAWS = 999


def nine_provinces(panel: pd.DataFrame) -> pd.DataFrame:
    names = sorted(panel["province"].unique())[:9]
    return panel[panel["province"].isin(names)].reset_index(drop=True)


def test_all_sign_vectors_as_in_wildboottest(province_panel, baseline, rng):
    few = nine_provinces(province_panel)
    one = baseline.replace(controls=("urbanisation",))
    ours = wild_cluster_bootstrap(few, one, draws=DRAWS, rng=rng)
    coded = few.assign(unit=pd.factorize(few["province"])[0])
    fit = pf.feols("openness ~ ln_dfi + urbanisation | unit + year", coded, vcov={"CRV1": "unit"})
    theirs, drawn = fit.wildboottest(
        param="ln_dfi", reps=DRAWS, seed=1, return_bootstrapped_t_stats=True
    )
    assert ours.draws == 2**9
    assert ours.p_value == pytest.approx(share_at_least(theirs, drawn), abs=SAME)


def share_at_least(theirs: pd.Series, drawn: np.ndarray) -> float:
    """wildboottest's p-value, counting draws that equal the statistic up to rounding.

    The vector of all plus signs and its mirror image give the statistic itself. Whether
    wildboottest counts them as beyond it is decided by its rounding on the machine at hand.
    """
    assert np.isclose(np.abs(drawn), abs(theirs["t value"]), rtol=SAME).sum() >= 2
    return float(np.mean(np.abs(drawn) >= abs(theirs["t value"]) * (1 - SAME)))


@pytest.mark.parametrize("regressor", ["treated", "x2", "noise"])
def test_three_effects_with_all_sign_vectors_as_in_wildboottest(firms, regressor, nuisance):
    # wildboottest inverts the cross-products of dense columns: few firms, independent dummies.
    few = firms[firms["city"] <= 18].assign(
        block=lambda frame: frame["city"] % 9,
        noise=np.random.default_rng(3).normal(size=(firms["city"] <= 18).sum()),
    )
    others = tuple(name for name in ("treated", "x1", "x2", "noise") if name != regressor)
    one = FIRMS.replace(regressor=regressor, controls=others, cluster="block")
    ours = wild_cluster_bootstrap(few, one, draws=DRAWS, rng=np.random.default_rng(1))
    boot = every_sign_vector(few, one, nuisance(few, one))
    assert ours.draws == 2**9
    assert ours.n_clusters == 9
    assert ours.statistic == pytest.approx(boot.t_stat * np.sqrt(boot.ssc), rel=SAME)
    theirs = np.sort(boot.t_boot * np.sqrt(boot.ssc))
    np.testing.assert_allclose(np.sort(ours.drawn), theirs, rtol=SAME)
    assert ours.p_value == np.mean(np.abs(theirs) >= abs(ours.statistic) * (1 - SAME))


def every_sign_vector(
    data: pd.DataFrame, specification: Specification, design: np.ndarray
) -> WildboottestCL:
    """Run wildboottest on dense, linearly independent columns, the regressor first."""
    triangle, order = scipy.linalg.qr(design, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    kept = order[: int((diagonal > INDEPENDENT * diagonal[0]).sum())]
    columns = np.column_stack([data[specification.regressor], design[:, kept]])
    boot = WildboottestCL(
        X=columns,
        Y=data[specification.outcome].to_numpy(),
        cluster=data[specification.groups].to_numpy(),
        R=np.eye(columns.shape[1])[0],
        B=DRAWS,
        seed=1,
        parallel=False,
    )
    boot.get_scores(bootstrap_type="11", impose_null=True)
    boot.get_weights(weights_type="rademacher")
    for step in (boot.get_numer, boot.get_denom, boot.get_tboot, boot.get_vcov, boot.get_tstat):
        step()
    return boot


@pytest.mark.parametrize("cluster", ["city", None])
@pytest.mark.parametrize("null", [0.4, 0.45, 0.6])
def test_three_effects_as_a_loop_of_restricted_regressions(firms, cluster, null):
    one = FIRMS.replace(cluster=cluster)
    rng, again = np.random.default_rng(8), np.random.default_rng(8)
    ours = wild_cluster_bootstrap(firms, one, draws=30, rng=rng, null=null)
    restricted = firms["y"] - null * firms["treated"]
    residual = partial_out(firms.assign(y=restricted), "y", one)
    codes = ranked(firms[one.groups], partial_out(firms, "y", one).to_numpy())
    signs = rademacher(codes.max() + 1, 30, again)[codes]
    frame = firms.assign(y=restricted - residual)
    drawn = [
        fixed_effects(frame.assign(y=frame["y"] + sign * residual), one).main.statistic
        for sign in signs.T
    ]
    observed = fixed_effects(firms.assign(y=restricted), one).main
    assert ours.estimate == pytest.approx(observed.estimate + null, rel=SAME)
    factor = small_sample(firms, one).factor
    np.testing.assert_allclose(ours.drawn, np.multiply(drawn, np.sqrt(factor)), rtol=SAME)
    assert 0 < ours.p_value < 1
    extreme = (np.abs(drawn) >= abs(observed.statistic)).sum()
    assert ours.p_value == (1 + extreme) / (1 + 30)
    assert ours.n_clusters == firms[one.groups].nunique()
    assert f"by {one.groups}, {ours.n_clusters} clusters" in ours.tidy()["covariance"].iloc[0]


@pytest.mark.parametrize(("name", "value"), [("BATCH", 60), ("FEW_CLUSTERS", 0)])
def test_draws_do_not_depend_on_how_many_are_worked_on_at_once(firms, monkeypatch, name, value):
    def whole() -> pd.DataFrame:
        rng = np.random.default_rng(2)
        return wild_cluster_bootstrap(firms, FIRMS, draws=250, rng=rng).tidy()

    expected = whole()
    monkeypatch.setattr(f"digitrade.methods.wild_bootstrap.{name}", value)
    pd.testing.assert_frame_equal(whole(), expected, rtol=SAME)


def test_memory_does_not_grow_with_the_square_of_the_clusters(rng):
    keys = pd.MultiIndex.from_product([range(4_000), range(3)], names=["firm", "year"])
    frame = keys.to_frame(index=False)
    frame[["x", "y"]] = rng.normal(size=(len(frame), 2))
    one = Specification("y", "x", entity="firm", time="year", effects=("firm", "year"))
    tracemalloc.start()
    wild_cluster_bootstrap(frame, one, draws=50, rng=rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000**2 * 8 / 2


def test_signs_are_those_of_one_long_draw():
    expected = np.random.default_rng(5).choice([-1.0, 1.0], size=(30, 99))
    np.testing.assert_array_equal(rademacher(30, 99, np.random.default_rng(5)), expected)


def test_random_signs_as_in_wildboottest_within_monte_carlo_error(province_panel, baseline, rng):
    coded = province_panel.assign(unit=pd.factorize(province_panel["province"])[0])
    controls = " + ".join(baseline.controls)
    fit = pf.feols(f"openness ~ ln_dfi + {controls} | unit + year", coded, vcov={"CRV1": "unit"})
    theirs = fit.wildboottest(param="ln_dfi", reps=9999, seed=1)["Pr(>|t|)"]
    ours = wild_cluster_bootstrap(province_panel, baseline, draws=9999, rng=rng)
    error = np.sqrt(2 * theirs * (1 - theirs) / 9999)
    assert ours.p_value == pytest.approx(theirs, abs=4 * error)


def test_estimate_and_statistic_are_the_regressions(province_panel, baseline, rng):
    fitted = fixed_effects(province_panel, baseline)
    ours = wild_cluster_bootstrap(province_panel, baseline, draws=DRAWS, rng=rng)
    factor = small_sample(province_panel, baseline).factor
    assert ours.estimate == pytest.approx(fitted.main.estimate, rel=SAME)
    assert ours.statistic == pytest.approx(fitted.main.statistic * np.sqrt(factor), rel=1e-7)


def test_the_interval_holds_what_the_test_does_not_reject(province_panel, baseline):
    def p_value(null: float) -> float:
        rng = np.random.default_rng(4)
        return wild_cluster_bootstrap(
            province_panel, baseline, draws=DRAWS, rng=rng, null=null
        ).p_value

    whole = wild_cluster_bootstrap(
        province_panel, baseline, draws=DRAWS, rng=np.random.default_rng(4)
    )
    width = whole.conf_high - whole.conf_low
    for end, outward in ((whole.conf_low, -1), (whole.conf_high, 1)):
        assert p_value(end - outward * 0.02 * width) >= 0.05
        assert p_value(end + outward * 0.02 * width) < 0.05


def test_size_is_near_nominal_with_few_unequal_clusters(rng):
    # 300 panels without an effect, 14 clusters of unequal length, errors shared within clusters.
    # Three Monte Carlo standard errors of a share of 0.05 are 0.038.
    sizes = np.arange(4, 18)
    unit = np.repeat(np.arange(len(sizes)), sizes)
    period = np.concatenate([np.arange(size) for size in sizes])
    one = Specification("y", "x", effects=("province",), entity="province", time="year")
    rejected = []
    for _ in range(300):
        shared = rng.normal(size=len(sizes))[unit]
        frame = pd.DataFrame({"province": unit, "year": period})
        frame["x"] = rng.normal(size=len(unit)) + rng.normal(size=len(sizes))[unit] * period / 5
        frame["y"] = rng.normal(size=len(unit)) + shared * period / 5
        p = wild_cluster_bootstrap(frame, one, draws=199, rng=rng).p_value
        rejected.append(p < 0.05)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.038)


def test_units_and_labels_do_not_matter(province_panel, baseline):
    first = wild_cluster_bootstrap(
        province_panel, baseline, draws=DRAWS, rng=np.random.default_rng(1)
    )
    scaled = province_panel.assign(openness=50 * province_panel["openness"] - 3)
    second = wild_cluster_bootstrap(scaled, baseline, draws=DRAWS, rng=np.random.default_rng(1))
    assert second.p_value == first.p_value
    assert second.conf_low == pytest.approx(50 * first.conf_low, rel=1e-4)


def test_sign_vectors_are_enumerated_when_they_are_few(rng):
    signs = rademacher(4, 99, rng)
    assert signs.shape == (4, 16)
    assert len({tuple(column) for column in signs.T}) == 16
    assert set(np.unique(rademacher(30, 99, rng))) == {-1.0, 1.0}


def test_one_cluster_is_refused(province_panel, baseline, rng):
    alone = province_panel[province_panel["province"] == "Beijing"]
    with pytest.raises(ValueError, match="two clusters"):
        wild_cluster_bootstrap(alone, baseline.replace(effects=(), controls=()), draws=9, rng=rng)


def test_what_cannot_be_tested_is_said(firms, rng):
    holes = firms.assign(city=firms["city"].where(firms["city"] > 2))
    with pytest.raises(ValueError, match=r"city: \d+ missing values"):
        wild_cluster_bootstrap(holes, FIRMS, draws=9, rng=rng)
    big = firms.assign(big=firms["city"] + 0.5 * firms["x1"])
    with pytest.raises(ValueError, match="big: does not vary within firm, year, city, x1"):
        wild_cluster_bootstrap(big, FIRMS.replace(regressor="big"), draws=9, rng=rng)
    with pytest.raises(ValueError, match="Clusters by firm and year"):
        wild_cluster_bootstrap(firms, FIRMS.replace(cluster=("firm", "year")), draws=9, rng=rng)


def test_memory_at_ten_thousand_clusters_is_that_of_the_rows(rng):
    """A matrix of clusters by clusters would take 800 MB; 100,000 rows in two effects take 60."""
    limit, clusters, periods = 200e6, 10_000, 10
    keys = {"firm": np.repeat(np.arange(clusters), periods)}
    frame = pd.DataFrame(keys | {"year": np.tile(np.arange(periods), clusters)})
    frame = frame.assign(x=rng.normal(size=len(frame)), y=rng.normal(size=len(frame)))
    one = Specification("y", "x", entity="firm", time="year", effects=("firm", "year"))
    tracemalloc.start()
    wild_cluster_bootstrap(frame, one, draws=9, rng=rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < limit
