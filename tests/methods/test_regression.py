"""Two-way effects: known truth, invariance, R's fixest, pyfixest, and published numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from numpy.testing import assert_allclose
from statsmodels.datasets import grunfeld

from digitrade.methods.covariance import small_sample
from digitrade.methods.regression import (
    build_up,
    catch_up_share,
    fixed_effects,
    partial_out,
    within,
    within_by,
    within_share,
)
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.variables import CONTROLS

REFERENCE = Path(__file__).parents[1] / "reference"
SAME_SUMS = 1e-9  # two exact solutions of the same least squares
FIXEST_ERRORS = 1e-8  # fixest demeans by iteration, to a tolerance of 1e-11
PRINTED_SIX = 5e-7  # printed with six decimals

FIRMS = Specification(
    "y", "treated", ("x1", "x2"), entity="firm", time="year", effects=("firm", "year")
)


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "fixed_effects" / "panel.csv")


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "fixed_effects" / "reference.csv")


@pytest.mark.parametrize(
    ("model", "specification"),
    [
        ("two-way, city cluster", FIRMS.replace(cluster="city")),
        ("two-way, Driscoll-Kraay", FIRMS.replace(covariance="driscoll-kraay", bandwidth=1)),
    ],
)
def test_against_fixest(firms, printed, model, specification):
    ours = fixed_effects(firms, specification).tidy().set_index("term")
    theirs = printed[printed["model"] == model].set_index("term")
    assert_allclose(ours["estimate"], theirs["estimate"], rtol=FIXEST_ERRORS)
    assert_allclose(ours["std_error"], theirs["std_error"], rtol=FIXEST_ERRORS)
    assert (ours["n_obs"] == theirs["n_obs"]).all()


@pytest.mark.parametrize("outcome", ["openness", "ln_trade", "trade_quality"])
@pytest.mark.parametrize(
    ("covariance", "vcov"), [("clustered", {"CRV1": "unit"}), ("robust", "hetero")]
)
def test_public_figures_against_pyfixest(province_panel, baseline, outcome, covariance, vcov):
    # Codes, not names: pyfixest 0.60 counts effects otherwise if the cluster column is text.
    frame = province_panel.assign(unit=pd.factorize(province_panel["province"])[0])
    formula = f"{outcome} ~ ln_dfi + {' + '.join(CONTROLS)} | unit + year"
    theirs = pf.feols(formula, frame, vcov=vcov)
    ours = fixed_effects(province_panel, baseline.replace(outcome=outcome, covariance=covariance))
    assert_allclose(ours.tidy()["estimate"], theirs.coef(), rtol=SAME_SUMS)
    assert_allclose(ours.tidy()["std_error"], theirs.se(), rtol=SAME_SUMS)


GRUNFELD = Specification(
    "invest", "value", ("capital",), entity="firm", time="year", effects=("firm", "year")
)


@pytest.fixture(scope="module")
def investment() -> pd.DataFrame:
    """Ten firms by twenty years: R's plm has the data without American Steel."""
    return grunfeld.load_pandas().data.query("firm != 'American Steel'")


def test_grunfeld_two_way_as_plm_prints_it(investment):
    # R, package plm, plm(inv ~ value + capital, effect = "twoways")
    ours = fixed_effects(investment, GRUNFELD)
    assert ours["value"].estimate == pytest.approx(0.117716, abs=PRINTED_SIX)
    assert ours["capital"].estimate == pytest.approx(0.357916, abs=PRINTED_SIX)


def test_grunfeld_one_way_as_plm_prints_it(investment):
    # R, package plm, plm(inv ~ value + capital, model = "within")
    ours = fixed_effects(investment, GRUNFELD.replace(effects=("firm",)))
    assert ours["value"].estimate == pytest.approx(0.110124, abs=PRINTED_SIX)
    assert ours["capital"].estimate == pytest.approx(0.310065, abs=PRINTED_SIX)


def test_grunfeld_driscoll_kraay_as_fixest_prints_it(investment):
    # R, package fixest, feols(inv ~ value + capital | firm, vcov = DK(2) ~ year)
    one_way = GRUNFELD.replace(effects=("firm",), covariance="driscoll-kraay", bandwidth=2)
    ours = fixed_effects(investment, one_way)
    assert ours["value"].std_error == pytest.approx(0.018669, abs=PRINTED_SIX)
    assert ours["capital"].std_error == pytest.approx(0.036755, abs=PRINTED_SIX)


def simulate(rng: np.random.Generator, units: int, periods: int, slope: float) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([range(units), range(periods)], names=["province", "year"])
    frame = keys.to_frame(index=False)
    effect = rng.normal(size=units)[frame["province"]]
    trend = rng.normal(size=periods)[frame["year"]]
    frame["x"] = effect + trend + rng.normal(size=len(frame))
    errors = rng.normal(size=len(frame)) + 0.7 * rng.normal(size=units)[frame["province"]] * (
        frame["year"] - frame["year"].mean()
    )
    frame["y"] = slope * frame["x"] + 2 * effect - trend + errors
    return frame


def test_known_slope_is_recovered_and_intervals_cover_it(rng):
    # 200 panels of 30 by 10 with errors that drift by province; nominal coverage 0.95.
    # Three Monte Carlo standard errors of a share of 0.95 are 0.046.
    one = Specification("y", "x", entity="province", time="year", effects=("province", "year"))
    rows = [fixed_effects(simulate(rng, 30, 10, 0.5), one).main for _ in range(200)]
    slopes = np.array([row.estimate for row in rows])
    covered = np.mean([row.conf_low <= 0.5 <= row.conf_high for row in rows])
    assert slopes.mean() == pytest.approx(0.5, abs=3 * slopes.std() / np.sqrt(200))
    assert covered == pytest.approx(0.95, abs=0.046)


def test_labels_order_and_constants_do_not_matter(province_panel, baseline, rng):
    expected = fixed_effects(province_panel, baseline).tidy()
    shift = dict(zip(province_panel["province"].unique(), rng.normal(size=30), strict=True))
    other = province_panel.assign(
        openness=province_panel["openness"] + province_panel["province"].map(shift) + 3,
        province="P" + province_panel["province"].str[::-1],
    ).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fixed_effects(other, baseline).tidy(), expected, rtol=1e-8)


def test_scaling_the_outcome_scales_the_answer(province_panel, baseline):
    expected = fixed_effects(province_panel, baseline)
    scaled = province_panel.assign(openness=100 * province_panel["openness"])
    ours = fixed_effects(scaled, baseline)
    assert ours.main.estimate == pytest.approx(100 * expected.main.estimate, rel=SAME_SUMS)
    assert ours.main.p_value == pytest.approx(expected.main.p_value, rel=1e-6)


def test_inputs_are_left_alone(province_panel, baseline):
    before = province_panel.copy()
    fixed_effects(province_panel, baseline)
    pd.testing.assert_frame_equal(province_panel, before)


def test_added_variable_slope_is_the_coefficient(province_panel, baseline):
    x = partial_out(province_panel, "ln_dfi", baseline)
    y = partial_out(province_panel, "openness", baseline)
    slope = x @ y / (x @ x)
    expected = fixed_effects(province_panel, baseline).main.estimate
    assert slope == pytest.approx(expected, rel=SAME_SUMS)


def test_three_effects_of_firms_go_through_every_residual(firms, nuisance):
    three = FIRMS.replace(effects=("firm", "year", "city"), cluster="city")
    x, y = (partial_out(firms, name, three) for name in ("treated", "y"))
    fitted = fixed_effects(firms, three)
    assert x @ y / (x @ x) == pytest.approx(fitted.main.estimate, rel=SAME_SUMS)
    dummies = nuisance(firms, three.replace(controls=()))
    left = firms["y"] - dummies @ np.linalg.lstsq(dummies, firms["y"].to_numpy(), rcond=None)[0]
    assert_allclose(within(firms, "y", three), left, atol=SAME_SUMS)
    assert within_share(firms, "y", three) == pytest.approx(left.var() / firms["y"].var())
    assert small_sample(firms, three).words == fitted.words


def test_within_subtracts_both_means_on_a_balanced_panel(province_panel, baseline):
    column = province_panel["ln_dfi"]
    by_hand = (
        column
        - column.groupby(province_panel["province"]).transform("mean")
        - column.groupby(province_panel["year"]).transform("mean")
        + column.mean()
    )
    ours = within(province_panel, "ln_dfi", baseline)
    assert_allclose(ours, by_hand, atol=1e-10)


def test_little_of_the_index_is_left_and_most_of_it_early(province_panel, baseline):
    assert within_share(province_panel, "ln_dfi", baseline) == pytest.approx(0.0224, abs=5e-5)
    by_year = within_by(province_panel, "ln_dfi", "year", baseline)
    assert by_year.sum() == pytest.approx(1)
    assert by_year.idxmax() == 2011


def test_catch_up_is_all_if_units_only_catch_up(province_panel, baseline):
    first = province_panel.groupby("province")["ln_dfi"].transform("first")
    fading = province_panel.assign(ln_dfi=first / (province_panel["year"] - 2010))
    assert catch_up_share(fading, "ln_dfi", baseline) == pytest.approx(1, abs=1e-9)


def test_controls_enter_one_at_a_time(baseline):
    steps = build_up(baseline)
    assert [len(one.controls) for one in steps] == [0, 1, 2, 3, 4]
    assert steps[-1].controls == CONTROLS


def test_what_cannot_be_estimated_is_said(province_panel, baseline):
    with pytest.raises(KeyError, match="No column nowhere"):
        fixed_effects(province_panel, baseline.replace(controls=("nowhere",)))
    twice = pd.concat([province_panel, province_panel.head(3)])
    twice.iloc[0, twice.columns.get_loc("openness")] = np.nan
    with pytest.raises(ValueError, match="openness: 1 missing values") as caught:
        fixed_effects(twice, baseline)
    assert "province and year: 3 repeated keys" in str(caught.value)
    fixed = province_panel.assign(east=(province_panel["region"] == "east").astype(float))
    with pytest.raises(ValueError, match="does not vary within province, year"):
        fixed_effects(fixed, baseline.replace(controls=("east",)))


def test_units_of_a_control_move_nothing(firms):
    """Nor the covariance of clusters in two ways, whose eigenvalues are looked at."""
    two_ways = FIRMS.replace(cluster=("firm", "year"))
    for covariance in ("clustered", "driscoll-kraay"):
        one = two_ways.replace(covariance=covariance)
        expected = fixed_effects(firms, one).tidy().set_index("term")
        for power in (-12, 12):
            scaled = firms.assign(x2=firms["x2"] * 10.0**power)
            ours = fixed_effects(scaled, one).tidy().set_index("term")
            columns = ["estimate", "std_error", "p_value"]
            assert_allclose(ours.loc["treated", columns], expected.loc["treated", columns])
            assert_allclose(ours.loc["x2", "p_value"], expected.loc["x2", "p_value"])


@pytest.mark.parametrize("shift", [0, 2e5, 1e8])
def test_a_constant_is_refused_and_a_large_mean_is_not(firms, shift):
    expected = fixed_effects(firms, FIRMS)
    ours = fixed_effects(firms.assign(treated=firms["treated"] + shift), FIRMS)
    assert_allclose(ours.tidy()["std_error"], expected.tidy()["std_error"], rtol=1e-6)
    with pytest.raises(ValueError, match="treated: does not vary within firm, year"):
        fixed_effects(firms.assign(treated=1.0 + shift), FIRMS)


def test_weights_are_copies_of_rows(firms):
    """Doubled rows and doubled weights give the same slopes and clusters' scores."""
    twice = firms["x1"] > 0
    weights = twice.map({True: 2.0, False: 1.0})
    one = FIRMS.replace(effects=("firm", "year", "city"), cluster="city")
    copies = pd.concat([firms, firms[twice].assign(year=lambda frame: frame["year"] + 0.5)])
    copies["period"] = copies["year"].astype(int)
    doubled = fixed_effects(copies, one.replace(effects=("firm", "period", "city")))
    ours = fixed_effects(firms, one, weights=weights)
    assert_allclose(ours.tidy()["estimate"], doubled.tidy()["estimate"], rtol=SAME_SUMS)
    factors = [small_sample(firms, one).factor]
    factors.append(small_sample(copies, one.replace(effects=("firm", "period", "city"))).factor)
    assert_allclose(ours.vcov / factors[0], doubled.vcov / factors[1], rtol=1e-7)
    assert ours.r_squared == pytest.approx(doubled.r_squared)
    assert ours.r_squared_within == pytest.approx(doubled.r_squared_within)
    with pytest.raises(ValueError, match=r"align it\n.*not above 0"):
        fixed_effects(firms, one, weights=(weights - 1).iloc[::-1])


def test_no_group_without_variance_and_no_order_without_periods(firms):
    few = firms[firms["firm"].isin(firms["firm"].unique()[:2])]
    with pytest.raises(ValueError, match="Groups of firm leave a coefficient no variance"):
        fixed_effects(few, FIRMS.replace(controls=(), regressor="x1"))
    kraay = FIRMS.replace(covariance="driscoll-kraay", bandwidth=30)
    with pytest.raises(ValueError, match="str has no order; give numbers or dates") as caught:
        fixed_effects(firms.assign(year="y" + firms["year"].astype(str)), kraay)
    assert "bandwidth 30: fewer lags than the 10 periods" in str(caught.value)


def test_an_outcome_that_effects_explain_is_refused_as_a_constant_is(firms):
    with pytest.raises(ValueError, match="y: does not vary within firm, year"):
        fixed_effects(firms.assign(y=1.0 * firms["firm"]), FIRMS)
    with pytest.raises(ValueError, match="y: the same in all 3264 rows"):
        fixed_effects(firms.assign(y=3.0), FIRMS)
