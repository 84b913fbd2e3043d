"""Event studies: known effects, invariances, pyfixest and linearmodels; errors that help."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from linearmodels.panel import PanelOLS

from digitrade.methods.event_study import event_study as estimator
from digitrade.methods.specification import Specification

event_study = partial(estimator, event_time="event_time")

PANEL = Path(__file__).parents[1] / "reference" / "fixed_effects" / "panel.csv"
EXACT = 1e-9  # rounding of two exact solutions of the same least squares
PYFIXEST = 1e-6  # pyfixest demeans by iteration, to a tolerance of 1e-6 by default

TWO_WAY = Specification(
    "y",
    "treated",
    ("x1", "x2"),
    entity="firm",
    effects=("firm", "year"),
    cluster="city",
    time="year",
)
THREE_WAY = TWO_WAY.replace(effects=("firm", "year", "city"))
COVARIANCES = {
    "city": {"cluster": "city"},
    "firm and city": {"cluster": ("firm", "city")},
    "robust": {"covariance": "robust"},
    "driscoll-kraay": {"covariance": "driscoll-kraay"},
}


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    """3,264 rows of firms in cities, some of which move; cohorts 2015, 2016 and 2019."""
    frame = pd.read_csv(PANEL)
    cohort = frame["cohort"].where(frame["cohort"] < 9000)
    return frame.assign(cohort=cohort, event_time=frame["year"] - cohort)


def cohorts_without_never_treated(rng: np.random.Generator) -> pd.DataFrame:
    """Return 60 firms over ten years, all treated at last, none of which moves."""
    firm, year = (one.ravel() for one in np.meshgrid(range(60), range(2011, 2021), indexing="ij"))
    event_time = (year - np.array([2014, 2016, 2019])[firm % 3]).astype(float)
    y = rng.normal(size=len(firm)) + np.maximum(event_time, 0)
    return pd.DataFrame(
        {"firm": firm, "year": year, "city": firm, "event_time": event_time, "y": y}
    )


def by_time(study) -> pd.DataFrame:
    return study.tidy().set_index("event_time")


@pytest.mark.parametrize("base", ["earliest", -1, (-1, -4)])
def test_effects_without_noise_are_recovered(firms, base):
    path = firms["event_time"].map(lambda one: 0.3 + 0.1 * one if one >= 0 else 0.0).fillna(0)
    city, firm = np.sin(firms["city"]), np.cos(firms["firm"])
    frame = firms.assign(y=path + city + firm + 0.2 * firms["year"] - 0.5 * firms["x1"])
    study = event_study(frame, THREE_WAY, base=base)
    effects = by_time(study)["estimate"]
    expected = np.where(effects.index >= 0, 0.3 + 0.1 * effects.index, 0)
    np.testing.assert_allclose(effects, expected, atol=EXACT)
    assert study.estimate["x1"].estimate == pytest.approx(-0.5, abs=EXACT)
    rows = study.tidy().query("event_time >= 0")
    truth = np.average(0.3 + 0.1 * rows["event_time"], weights=rows["n_treated_rows"])
    assert study.mean_effect()["estimate"] == pytest.approx(truth, abs=EXACT)
    assert study.mean_effect("equal")["estimate"] == pytest.approx(0.3 + 0.1 * 2.5, abs=EXACT)


@pytest.mark.parametrize(
    ("covariance", "vcov"),
    [("city", {"CRV1": "city"}), ("firm and city", {"CRV1": "firm + city"}), ("robust", "hetero")],
)
def test_against_pyfixest(firms, covariance, vcov):
    study = event_study(firms, TWO_WAY.replace(**COVARIANCES[covariance]), base=-1)
    frame = firms.assign(rel=firms["event_time"].fillna(-1).astype(int))
    fit = pf.feols("y ~ i(rel, ref=-1) + x1 + x2 | firm + year", frame, vcov=vcov)
    theirs = fit.tidy()
    theirs.index = theirs.index.str.replace("rel::", "")
    ours = study.estimate.tidy()
    ours.index = ours["term"].str.extract(r"\[(-?\d+)\]")[0].fillna(ours["term"])
    theirs = theirs.loc[ours.index]
    np.testing.assert_allclose(ours["estimate"], theirs["Estimate"], rtol=PYFIXEST)
    np.testing.assert_allclose(ours["std_error"], theirs["Std. Error"], rtol=PYFIXEST)
    leads = np.eye(len(fit.coef()))[:7]
    assert fit.coef().index[6] == "rel::-2"
    chi2 = fit.wald_test(R=leads, distribution="chi2")["statistic"]
    assert study.pretrend.statistic * study.pretrend.df_num == pytest.approx(chi2, rel=PYFIXEST)


def test_joint_test_against_linearmodels(firms):
    study = event_study(firms, TWO_WAY, base=-1)
    leads = {f"lead{one}": firms["event_time"].eq(-one).astype(float) for one in range(2, 9)}
    lags = {f"lag{one}": firms["event_time"].eq(one).astype(float) for one in range(6)}
    frame = firms.assign(**leads, **lags)
    names = [*leads, *lags]
    full = TWO_WAY.replace(regressor=names[0], controls=(*names[1:], "x1", "x2"))
    indexed = frame.set_index(["firm", "year"])
    model = PanelOLS(
        indexed["y"], indexed[[*full.regressors]], entity_effects=True, time_effects=True
    )
    options = {"debiased": False, "auto_df": False, "count_effects": False}
    result = model.fit(cov_type="clustered", clusters=indexed[["city"]], **options)
    wald = result.wald_test(formula=" = ".join(leads) + " = 0")
    # linearmodels has no small-sample factor here: ours divides the statistic by it.
    factor = (study.estimate["x1"].std_error / result.std_errors["x1"]) ** 2
    test = study.pretrend
    assert (test.df_num, test.df_denom) == (7, firms["city"].nunique() - 1)
    assert test.statistic * test.df_num * factor == pytest.approx(wald.stat, rel=EXACT)


@pytest.mark.parametrize("options", COVARIANCES.values(), ids=COVARIANCES)
def test_what_must_not_matter_does_not(firms, options):
    specification = THREE_WAY.replace(**options)
    study = event_study(firms, specification, base=-1)
    shuffled = firms.sample(frac=1, random_state=1).assign(
        firm=lambda frame: "f" + frame["firm"].astype(str), city=lambda frame: -frame["city"]
    )
    other = event_study(shuffled, specification, base=-1)
    pd.testing.assert_frame_equal(study.tidy(), other.tidy(), rtol=1e-7)
    scaled = event_study(firms.assign(y=10 * firms["y"] + 3), specification, base=-1)
    np.testing.assert_allclose(by_time(scaled)["estimate"], 10 * by_time(study)["estimate"])
    assert scaled.pretrend.p_value == pytest.approx(study.pretrend.p_value, rel=1e-7)


def test_another_base_shifts_all_effects_and_changes_no_joint_test(firms):
    first, last = (event_study(firms, THREE_WAY, base=base) for base in ("earliest", -1))
    assert (first.base, last.base) == ((-8,), (-1,))
    gap = by_time(first)["estimate"] - by_time(last)["estimate"]
    np.testing.assert_allclose(gap, gap.iloc[0], atol=EXACT)
    assert first.pretrend.statistic == pytest.approx(last.pretrend.statistic, rel=1e-7)


@pytest.mark.parametrize("bins", [None, (-5, 3)])
def test_unit_trend_is_what_a_divergence_puts_into_the_effects(firms, bins):
    slope = 0.07
    diverged = firms.assign(y=firms["y"] + slope * firms["event_time"].add(1).fillna(0))
    before, after = (event_study(one, TWO_WAY, base=-1, bins=bins) for one in (firms, diverged))
    moved = by_time(after)["estimate"] - by_time(before)["estimate"]
    np.testing.assert_allclose(moved, slope * by_time(before)["unit_trend"], atol=EXACT)
    if bins is None:
        np.testing.assert_allclose(moved, slope * (moved.index + 1), atol=EXACT)


def test_effects_say_what_they_rest_on(firms):
    effects = by_time(event_study(firms, THREE_WAY, base=-1))
    assert effects.loc[[-8, -5, 0, 5], "cohorts"].to_list() == [
        "2019",
        "2016, 2019",
        "2015, 2016, 2019",
        "2015",
    ]
    assert effects.loc[[-8, -5, 0, 5], "n_cohorts"].to_list() == [1, 2, 3, 1]
    assert effects["n_treated_rows"].sum() == firms["event_time"].notna().sum()
    last = firms[firms["event_time"] == 5]
    assert effects.loc[5, ["n_treated_rows", "n_groups"]].to_list() == [
        len(last),
        last["city"].nunique(),
    ]
    base = effects.loc[-1]
    assert base["estimate"] == base["unit_trend"] == 0
    assert base[["std_error", "p_value", "conf_low"]].isna().all()
    assert base["n_obs"] == len(firms)


def test_bins_count_what_lies_beyond_with_the_last(firms):
    study = event_study(firms, THREE_WAY, base=-1, bins=(-3, 2))
    clipped = firms.assign(event_time=firms["event_time"].clip(-3, 2))
    same = event_study(clipped, THREE_WAY, base=-1)
    pd.testing.assert_series_equal(by_time(study)["estimate"], by_time(same)["estimate"])
    assert by_time(study).loc[[-3, 2], "cohorts"].to_list() == ["2015, 2016, 2019", "2015, 2016"]


def test_data_are_not_changed(firms):
    before = firms.copy()
    event_study(firms, THREE_WAY)
    pd.testing.assert_frame_equal(firms, before)


def test_without_never_treated_the_message_says_which_base_to_add(rng):
    panel = cohorts_without_never_treated(rng)
    specification = Specification("y", "post", entity="firm", effects=("firm", "year"), time="year")
    with pytest.raises(ValueError, match=r"second base, as in base=\(-1, -8\)"):
        event_study(panel, specification, base=-1)
    study = event_study(panel, specification, base=(-1, -8))
    assert study.tidy()["std_error"].isna().sum() == 2


def test_a_covariance_of_too_few_groups_gives_no_joint_test(firms):
    specification = THREE_WAY.replace(cluster="region")
    frame = firms.assign(region=firms["city"] % 4)
    study = event_study(frame, specification)
    assert np.isnan(study.pretrend.statistic)
    assert study.pretrend.df_num == 7
    assert study.tidy()["std_error"].notna().sum() == 13


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"base": -20, "bins": (3, -11)}, ["bins (3, -11)", "base -20: has no rows"]),
        ({"base": (-1, -9)}, ["base -9: has no rows; choose among -8, -7"]),
        ({"base": -5, "bins": (-3, 2)}, ["choose among -3, -2, -1, 0, 1, 2"]),
        ({"base": "first"}, ["base 'first': give 'earliest'"]),
        ({"base": tuple(range(-8, 6))}, ["leaves no event time to estimate"]),
        ({"event_time": "x1"}, ["x1: 3263 different values", "no whole number"]),
        ({"event_time": "words"}, ["words: holds str; give numbers"]),
    ],
)
def test_everything_wrong_is_named(firms, options, messages):
    with pytest.raises(ValueError, match="Event study cannot be estimated") as error:
        event_study(firms.assign(words="a"), THREE_WAY, **options)
    for message in messages:
        assert message in str(error.value)


def test_a_missing_column_and_an_absorbed_event_time_are_named(firms):
    with pytest.raises(KeyError, match="No column relative"):
        event_study(firms, THREE_WAY, event_time="relative")
    lone = firms[(firms["event_time"] != -8) | (firms["firm"].duplicated(keep=False))]
    kept = lone[lone["event_time"] == -8].drop_duplicates("firm").index
    alone = lone.assign(firm=lone["firm"].where(~lone.index.isin(kept), -1 - lone.index))
    with pytest.raises(ValueError, match=r"event_time\[-8\]: does not vary .* or bin event times"):
        event_study(alone, TWO_WAY, base=-1)
