"""The wild cluster bootstrap: another package's numbers, size, and what must not change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest

from digitrade.fixed_effects import fixed_effects, small_sample
from digitrade.specification import Specification
from digitrade.wild_bootstrap import rademacher, wild_cluster_bootstrap

SAME = 1e-9  # the same statistic by other algebra
DRAWS = 999


def nine_provinces(panel: pd.DataFrame) -> pd.DataFrame:
    names = sorted(panel["province"].unique())[:9]
    return panel[panel["province"].isin(names)].reset_index(drop=True)


def test_all_sign_vectors_as_in_wildboottest(province_panel, baseline, rng):
    few = nine_provinces(province_panel)
    one = baseline.but(controls=("urbanisation",))
    ours = wild_cluster_bootstrap(few, one, draws=DRAWS, rng=rng)
    coded = few.assign(unit=pd.factorize(few["province"])[0])
    fit = pf.feols("openness ~ ln_dfi + urbanisation | unit + year", coded, vcov={"CRV1": "unit"})
    theirs = fit.wildboottest(param="ln_dfi", reps=DRAWS, seed=1)
    assert ours.enumerated
    assert ours.draws == 2**9
    assert ours.p_value == pytest.approx(theirs["Pr(>|t|)"], abs=SAME)


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
    one = Specification("y", "x", effects=("province",))
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
        wild_cluster_bootstrap(alone, baseline.but(effects=(), controls=()), draws=9, rng=rng)
