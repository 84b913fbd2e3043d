"""Slopes by group: known truth, exact identities, invariance, pyfixest and statsmodels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
import statsmodels.api as sm
from firm_model import FIRMS

from digitrade.methods.checks import ranked
from digitrade.methods.covariance import small_sample
from digitrade.methods.heterogeneity import (
    DESIGNS,
    by_group,
    by_regressor,
    group_names,
    split_at_median,
    split_slopes,
)
from digitrade.methods.permutation import permute_groups
from digitrade.methods.regression import fixed_effects, within
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.variables import CONTROLS

SAME_SUMS = 1e-9  # two exact solutions of the same least squares
SAME_ERRORS = 1e-8  # the same covariance by other algebra
NORMAL_EQUATIONS = 1e-7  # permutations solve normal equations, which square the condition
ITERATED = 1e-5  # pyfixest demeans by iteration where effects are crossed, to its default 1e-6
REGIONS = ["east", "central", "west"]
PLAIN = Specification(
    "y", "x", ("z",), entity="province", time="year", effects=("province", "year")
)
NOMINAL = 0.05


@pytest.fixture(scope="module")
def panel(province_panel) -> pd.DataFrame:
    return province_panel.assign(
        region=pd.Categorical(province_panel["region"], REGIONS),
        unit=pd.factorize(province_panel["province"])[0],
    )


@pytest.fixture(scope="module")
def regions(panel, baseline):
    return by_group(panel, baseline, "region", draws=199, rng=np.random.default_rng(1))


def simulate(
    rng: np.random.Generator,
    sizes: tuple[int, ...],
    slopes: tuple[float, ...],
    spread: tuple[float, ...] = (1.0, 2.0, 0.5),
) -> pd.DataFrame:
    """Eight periods; own shocks by group and time, drifting errors of unequal spread."""
    periods, units = 8, sum(sizes)
    group = np.repeat(np.arange(len(sizes)), sizes)
    keys = pd.MultiIndex.from_product([range(units), range(periods)], names=["province", "year"])
    frame = keys.to_frame(index=False)
    i, t = frame["province"].to_numpy(), frame["year"].to_numpy()
    shock = rng.normal(size=(len(sizes), periods))[group[i], t]
    errors = rng.normal(size=len(i)) + 0.3 * rng.normal(size=units)[i] * (t - t.mean())
    frame["group"] = np.array(["a", "b", "c"])[group[i]]
    frame["x"] = rng.normal(size=units)[i] + rng.normal(size=len(i)) + 0.5 * shock
    frame["z"] = rng.normal(size=len(i)) + 0.3 * frame["x"]
    frame["y"] = np.array(slopes)[group[i]] * frame["x"] + 0.5 * frame["z"] + shock
    frame["y"] += rng.normal(size=units)[i] + np.array(spread)[group[i]] * errors
    return frame


def test_known_slopes_are_recovered_and_covered_and_the_f_test_has_its_size():
    # 100 panels of 60 by 8, groups of 20 with errors of unequal spread, slopes all 0.5.
    # Three Monte Carlo standard errors of a share of 0.05 are 0.065.
    rng = np.random.default_rng(5)
    panels = (simulate(rng, (20, 20, 20), (0.5,) * 3) for _ in range(100))
    fits = [by_group(panel, PLAIN, "group", designs=["own years"]) for panel in panels]
    slopes = np.array([fit.interacted["estimate"] for fit in fits])
    for column in slopes.T:
        assert column.mean() == pytest.approx(0.5, abs=3 * column.std() / np.sqrt(100))
    gaps = pd.concat(fit.differences for fit in fits)
    rejected = gaps[gaps["contrast"] == "all equal"]["p_value"] < NOMINAL
    pair = gaps[gaps["contrast"] == "a less b"]
    covered = (pair["conf_low"] <= 0) & (pair["conf_high"] >= 0)
    assert rejected.mean() == pytest.approx(NOMINAL, abs=0.065)
    assert covered.mean() == pytest.approx(1 - NOMINAL, abs=0.065)


def test_permutation_has_its_size_with_thirty_provinces_in_unequal_groups():
    # 200 panels of 30 by 8, groups of 11, 8 and 11, errors of unequal spread, 199 draws.
    # Three Monte Carlo standard errors of a share of 0.05 are 0.046.
    rng = np.random.default_rng(7)
    p_values = [
        permute_groups(simulate(rng, (11, 8, 11), (0.5,) * 3), PLAIN, "group", draws=199, rng=rng)
        for _ in range(200)
    ]
    rejected = np.mean([one.p_value <= NOMINAL for one in p_values])
    assert rejected == pytest.approx(NOMINAL, abs=0.046)


def test_a_large_difference_is_found_by_every_test(rng):
    data = simulate(rng, (11, 8, 11), (2.0, 0.5, 0.5), spread=(0.5, 0.5, 0.5))
    found = by_group(data, PLAIN, "group", draws=499, rng=rng)
    rows = found.differences[found.differences["design"] == "own years"]
    joint = rows[rows["contrast"] == "all equal"].set_index("test")["p_value"]
    assert set(joint.index) == {"F(2, 29)", "permutation"}
    assert (joint <= 0.01).all()
    pairs = rows[rows["contrast"] != "all equal"].set_index(["contrast", "test"])
    assert (pairs.loc[["a less b", "a less c"], "p_value"] < 0.01).all()
    assert pairs.loc[("a less c", "t"), "estimate"] == pytest.approx(1.5, abs=0.3)


@pytest.mark.parametrize("covariance", ["clustered", "robust", "driscoll-kraay"])
def test_own_years_reproduce_the_split_samples_exactly(panel, baseline, covariance):
    one = baseline.replace(covariance=covariance)
    found = by_group(panel, one, "region")
    own = found.interacted[found.interacted["design"] == "own years"]
    np.testing.assert_allclose(own["estimate"], found.slopes["estimate"], rtol=SAME_SUMS)
    assert list(own["group"]) == list(found.slopes["group"]) == REGIONS


def test_split_and_stacked_errors_differ_by_their_named_factors_alone(panel, baseline, regions):
    stacked = regions.interacted.query("design == 'own years'").set_index("group")["std_error"]
    own = regions.slopes.set_index("group")["std_error"]
    cells = panel.assign(cell=panel["region"].astype(str) + panel["year"].astype(str))
    others = tuple(f"k{i}" for i in range(14))
    fifteen = baseline.replace(controls=others, effects=("province", "cell"))
    whole = small_sample(cells, fifteen).factor
    for name in REGIONS:
        part = small_sample(panel[panel["region"] == name], baseline).factor
        assert stacked[name] / own[name] == pytest.approx(np.sqrt(whole / part), rel=SAME_ERRORS)


def test_independent_halves_make_the_stacked_difference(regions):
    own = regions.interacted.query("design == 'own years'").set_index("group")
    row = regions.differences.query("design == 'own years' and contrast == 'east less west'")
    row = row[row["test"] == "t"].iloc[0]
    errors = np.hypot(own["std_error"]["east"], own["std_error"]["west"])
    assert row["std_error"] == pytest.approx(errors, rel=SAME_ERRORS)
    assert row["estimate"] == pytest.approx(
        own["estimate"]["east"] - own["estimate"]["west"], rel=SAME_SUMS
    )


INTERACTED = " + ".join(f"i(region, {name})" for name in ("ln_dfi", *CONTROLS))
FORMULAS = {
    "own years": f"openness ~ {INTERACTED} | unit + region^year",
    "common years": f"openness ~ {INTERACTED} | unit + year",
    "slope only": f"openness ~ i(region, ln_dfi) + {' + '.join(CONTROLS)} | unit + year",
}


@pytest.mark.parametrize("design", DESIGNS)
def test_interactions_against_pyfixest(panel, regions, design):
    # Codes, not names: pyfixest 0.60 counts effects otherwise if the cluster column is text.
    frame = panel.assign(region=panel["region"].astype(str))
    theirs = pf.feols(FORMULAS[design], frame, vcov={"CRV1": "unit"}).tidy()
    ours = regions.interacted[regions.interacted["design"] == design].set_index("group")
    for name in REGIONS:
        row = theirs.loc[theirs.index.str.contains(rf"{name}.*ln_dfi")]
        assert len(row) == 1
        assert ours["estimate"][name] == pytest.approx(row["Estimate"].item(), rel=ITERATED)
        assert ours["std_error"][name] == pytest.approx(row["Std. Error"].item(), rel=ITERATED)


def test_split_samples_against_pyfixest_fsplit(panel, regions):
    frame = panel.assign(region=panel["region"].astype(str))
    formula = f"openness ~ ln_dfi + {' + '.join(CONTROLS)} | unit + year"
    several = pf.feols(formula, frame, vcov={"CRV1": "unit"}, fsplit="region").to_list()
    theirs = {str(one._sample_split_value): one.tidy().loc["ln_dfi"] for one in several}
    for row in regions.slopes.itertuples():
        assert row.estimate == pytest.approx(theirs[row.group]["Estimate"], rel=SAME_SUMS)
        assert row.std_error == pytest.approx(theirs[row.group]["Std. Error"], rel=SAME_ERRORS)


def test_joint_test_against_statsmodels(panel, regions):
    # Its factor counts the province dummies among K; the F statistics differ by that alone.
    members = pd.get_dummies(panel["region"].astype(str), dtype=float)[REGIONS]
    slopes = [members.mul(panel[name], axis=0) for name in ("ln_dfi", *CONTROLS)]
    cells = panel["region"].astype(str) + panel["year"].astype(str)
    later = pd.get_dummies(cells[panel["year"] > 2011], dtype=float)
    dummies = [pd.get_dummies(panel["unit"], dtype=float), later.reindex(panel.index).fillna(0)]
    fit = sm.OLS(panel["openness"], pd.concat([*slopes, *dummies], axis=1).to_numpy()).fit(
        cov_type="cluster", cov_kwds={"groups": panel["unit"], "use_correction": False}
    )
    gaps = np.zeros((2, len(fit.params)))
    gaps[[0, 0, 1, 1], [0, 1, 1, 2]] = 1, -1, 1, -1
    theirs = float(np.squeeze(fit.f_test(gaps).fvalue))
    joint = regions.differences.query("design == 'own years' and contrast == 'all equal'")
    wald = joint.set_index("test")["statistic"]
    assert wald["permutation"] == pytest.approx(2 * theirs, rel=NORMAL_EQUATIONS)
    factor = 30 / 29 * (300 - 1) / (300 - 15 - 30)  # 15 slopes, 30 cells of region and year
    assert wald["F(2, 29)"] == pytest.approx(theirs / factor, rel=1e-6)


def test_permuted_slopes_are_the_split_samples(panel, baseline, rng):
    found = permute_groups(panel, baseline, "region", draws=1, rng=rng)
    expected = split_slopes(panel, baseline, "region").set_index("group")["estimate"]
    for name in REGIONS:
        assert found.slopes[name] == pytest.approx(expected[name], rel=NORMAL_EQUATIONS)


def test_a_permuted_draw_is_the_regression_on_shuffled_labels(panel, baseline):
    """One draw, once by cross-products and once by shuffling the labels in the data."""
    by_products = permute_groups(
        panel, baseline, "region", draws=1, rng=np.random.default_rng(11)
    ).drawn[0]
    place = ranked(panel["province"], within(panel, baseline.outcome, baseline).to_numpy())
    names = panel["province"].groupby(place).first()
    labels = panel.groupby("province")["region"].first().astype(str)[names]
    codes, _ = pd.factorize(labels, sort=True)
    shuffled = np.random.default_rng(11).permuted(codes[None, :], axis=1)[0]
    moved = panel.assign(region=panel["province"].map(dict(zip(names, shuffled, strict=True))))
    again = permute_groups(moved, baseline, "region", draws=1, rng=np.random.default_rng(0))
    assert by_products == pytest.approx(again.statistic, rel=NORMAL_EQUATIONS)
    slopes = split_slopes(moved, baseline, "region")["estimate"]
    np.testing.assert_allclose(again.slopes, slopes, rtol=NORMAL_EQUATIONS)


def test_names_of_groups_and_order_of_rows_do_not_matter(panel, baseline, regions):
    renamed = panel["region"].astype(str).map({"east": "1", "central": "2", "west": "3"})
    other = panel.assign(region=renamed).sample(frac=1, random_state=3)
    found = by_group(other, baseline, "region", draws=199, rng=np.random.default_rng(1))
    numbers = ["estimate", "std_error", "statistic", "conf_low", "conf_high", "fewest"]
    analytic = ~regions.differences["test"].isin(["wild bootstrap", "permutation"])
    for name in ("slopes", "interacted"):
        ours, theirs = getattr(found, name), getattr(regions, name)
        np.testing.assert_allclose(ours[numbers[:-1]], theirs[numbers[:-1]], rtol=NORMAL_EQUATIONS)
    np.testing.assert_allclose(
        found.differences.loc[analytic, numbers].astype(float),
        regions.differences.loc[analytic, numbers].astype(float),
        rtol=NORMAL_EQUATIONS,
    )
    drawn = found.differences["test"] == "wild bootstrap"
    np.testing.assert_allclose(
        found.differences.loc[drawn, "p_value"], regions.differences.loc[drawn, "p_value"]
    )


def test_regressors_entered_alone_are_compared_on_the_same_rows(panel, baseline):
    columns = ["ln_dfi", "urbanisation"]
    one = baseline.replace(controls=("secondary_share",))
    found = by_regressor(panel, one, columns)
    for name in columns:
        alone = fixed_effects(panel, one.replace(regressor=name)).main
        row = found.slopes.set_index("group").loc[name]
        assert row["estimate"] == pytest.approx(alone["estimate"], rel=SAME_SUMS)
        assert row["std_error"] == pytest.approx(alone["std_error"], rel=SAME_SUMS)
    assert found.differences["covariance"].str.contains("30 clusters").all()


def test_a_regressor_against_its_mirror_image_counts_the_same_rows_once(panel, baseline):
    # The difference is twice the slope and its error twice the error: one and the same news.
    mirrored = panel.assign(mirror=-panel["ln_dfi"])
    found = by_regressor(mirrored, baseline, ["ln_dfi", "mirror"])
    own = found.interacted.query("design == 'own years'").iloc[0]
    gap = found.differences.query("design == 'own years'").iloc[0]
    assert gap["estimate"] == pytest.approx(2 * own["estimate"], rel=SAME_SUMS)
    assert gap["std_error"] == pytest.approx(2 * own["std_error"], rel=SAME_ERRORS)


def test_halves_are_fixed_unless_split_by_rows(panel):
    for rule in ("first-year", "period-mean"):
        half = split_at_median(panel, PLAIN, "dfi", rule)
        assert len(pd.crosstab(panel["province"], half).replace(0, np.nan).dropna()) == 0
        assert panel[half == "high"]["province"].nunique() == 15
    rows = split_at_median(panel, PLAIN, "dfi", "rows")
    assert (rows == "high").mean() == pytest.approx(0.5)
    assert (rows.groupby(panel["province"]).nunique() == 2).all()


def test_first_year_rule_takes_the_first_year_whatever_the_order(panel):
    shuffled = panel.sample(frac=1, random_state=2)
    first = panel[panel["year"] == 2011].set_index("province")["dfi"]
    high = set(first[first > first.median()].index)
    half = split_at_median(shuffled, PLAIN, "dfi", "first-year")
    assert set(shuffled.loc[half == "high", "province"]) == high


def test_groups_keep_the_order_of_their_categories(panel):
    assert group_names(panel, "region") == REGIONS
    assert group_names(panel.assign(region=panel["region"].astype(str)), "region") == sorted(
        REGIONS
    )


def test_what_cannot_be_compared_is_said(panel, baseline):
    with pytest.raises(KeyError, match="No column nowhere"):
        by_group(panel, baseline, "nowhere")
    half = panel.assign(half=split_at_median(panel, PLAIN, "dfi", "rows"))
    with pytest.raises(ValueError, match="30 of 30 province change group over time") as caught:
        by_group(half, baseline.replace(effects=("year",)), "half", draws=9)
    assert "add 'province'" in str(caught.value)
    assert "draws=9 without rng" in str(caught.value)
    assert len(split_slopes(half, baseline, "half")) == 2
    alone = panel.assign(alone=(panel["province"] == "Beijing").map({True: "yes", False: "no"}))
    with pytest.raises(ValueError, match="no 29, yes 1; two groups of two or more"):
        by_group(alone, baseline, "alone")
    with pytest.raises(ValueError, match="needs draws: found draws=0"):
        permute_groups(panel, baseline, "region", draws=0, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="choose first-year"):
        split_at_median(panel, PLAIN, "dfi", "terciles")


def test_inputs_are_left_alone(panel, baseline):
    before = panel.copy()
    by_group(panel, baseline, "region")
    by_regressor(panel, baseline, ["ln_dfi", "infrastructure"])
    pd.testing.assert_frame_equal(panel, before)


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    frame = pd.read_csv(Path(__file__).parents[1] / "reference" / "fixed_effects" / "panel.csv")
    return frame.assign(kind=np.where(frame["firm"] % 3 == 0, "one", "other"))


def test_groups_of_firms_within_three_effects_are_the_split_samples(firms):
    found = by_group(firms, FIRMS, "kind")
    own = found.interacted.query("design == 'own years'")
    np.testing.assert_allclose(own["estimate"], found.slopes["estimate"], rtol=SAME_SUMS)
    assert set(found.interacted["covariance"].str.contains("K by exact rank")) == {True}


@pytest.mark.parametrize("design", ["common years", "slope only"])
def test_groups_of_firms_within_three_effects_are_one_regression_with_products(firms, design):
    frame = firms.assign(one=firms["kind"] == "one")
    names = ["treated", "x1", "x2"] if design == "common years" else ["treated"]
    products = {f"{name}_one": frame[name] * frame["one"] for name in names}
    direct = fixed_effects(
        frame.assign(**products),
        FIRMS.replace(regressor="treated_one", controls=(*products, "treated", "x1", "x2")[1:]),
    ).main
    found = by_group(firms, FIRMS, "kind", designs=(design,)).differences.iloc[0]
    assert found["estimate"] == pytest.approx(direct.estimate, rel=SAME_SUMS)
    assert found["std_error"] == pytest.approx(direct.std_error, rel=SAME_ERRORS)
    assert found["p_value"] == pytest.approx(direct.p_value, rel=1e-6)


def test_bootstrap_of_a_difference_clusters_by_city_and_labels_are_not_shuffled(firms):
    found = by_group(firms, FIRMS, "kind", draws=199, rng=np.random.default_rng(1)).differences
    assert set(found["test"]) == {"t", "wild bootstrap"}
    drawn = found[found["test"] == "wild bootstrap"]
    assert drawn["covariance"].str.contains("by city, 60 clusters").all()
    by_t = found[found["test"] == "t"]
    np.testing.assert_allclose(drawn["estimate"], by_t["estimate"], rtol=SAME_SUMS)
    with pytest.raises(ValueError, match="found effects of city too"):
        permute_groups(firms, FIRMS, "kind", draws=9, rng=np.random.default_rng(1))
