"""Placebos by exchanged paths, in space and in time: truth, slow loops, invariance, refusals."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
from firm_model import FIRMS

from digitrade.methods import placebo
from digitrade.methods.checks import ranked
from digitrade.methods.placebo import (
    Placebo,
    _permuted_slopes,
    in_space_placebo,
    permutation_placebo,
    shuffled,
)
from digitrade.methods.regression import fixed_effects, partial_out
from digitrade.methods.specification import Specification

SLOW_LOOP = 1e-10  # the same least squares, draw by draw
PANEL = Specification(
    "y", "x", ("z",), entity="province", time="year", effects=("province", "year")
)


def slow_slopes(data: pd.DataFrame, one: Specification, orders: np.ndarray) -> list[float]:
    """Move the paths by hand and run the regression again for every draw."""
    place = ranked(data[one.entity], partial_out(data, one.outcome, one).to_numpy())
    names = data[one.entity].groupby(place).first()
    slopes = []
    for order in orders:
        donor = {name: names[other] for name, other in zip(names, order, strict=True)}
        keys = pd.MultiIndex.from_arrays([data[one.entity].map(donor), data[one.time]])
        paths = data.set_index([one.entity, one.time])[one.regressor]
        moved = data.assign(**{one.regressor: paths.loc[keys].to_numpy()})
        slopes.append(fixed_effects(moved, one).main.estimate)
    return slopes


def test_every_draw_is_the_regression_on_exchanged_paths(province_panel, baseline, rng):
    orders = np.vstack([np.arange(30), *(rng.permutation(30) for _ in range(12))])
    ours = _permuted_slopes(province_panel, baseline, orders)
    np.testing.assert_allclose(
        ours, slow_slopes(province_panel, baseline, orders), rtol=SLOW_LOOP, atol=SLOW_LOOP
    )


def test_paths_of_an_unbalanced_panel_stay_with_the_years(rng):
    # The regressor is known everywhere; the outcome of some years is not, so rows are missing
    # for all entities in one year. Entities come in no order.
    frame = simulate(rng, 12, 0.3).query("year != 4").sample(frac=1, random_state=1)
    orders = np.array([rng.permutation(12) for _ in range(6)])
    ours = _permuted_slopes(frame, PANEL, orders)
    np.testing.assert_allclose(ours, slow_slopes(frame, PANEL, orders), atol=SLOW_LOOP)


def simulate(rng: np.random.Generator, units: int, slope: float) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([range(units), range(8)], names=["province", "year"])
    frame = keys.to_frame(index=False)
    unit, year = frame["province"].to_numpy(), frame["year"].to_numpy()
    frame["x"] = rng.normal(size=units)[unit] * (1 + year) + rng.normal(size=len(frame))
    frame["z"] = rng.normal(size=len(frame))
    drift = rng.normal(size=units)[unit] * year
    frame["y"] = slope * frame["x"] + frame["z"] + drift + rng.normal(size=len(frame))
    return frame


def test_size_is_nominal_though_errors_drift(rng):
    # 200 panels of 15 entities without an effect; three Monte Carlo standard errors of a
    # share of 0.05 are 0.046.
    p = [permutation_placebo(simulate(rng, 15, 0.0), PANEL, draws=99, rng=rng) for _ in range(200)]
    for name in ("p_two_sided", "p_left", "p_right"):
        rejected = np.mean([getattr(one, name) <= 0.05 for one in p])
        assert rejected == pytest.approx(0.05, abs=0.046), name


def test_an_effect_is_found_on_its_side(rng):
    up = permutation_placebo(simulate(rng, 30, 1.5), PANEL, draws=199, rng=rng)
    down = permutation_placebo(simulate(rng, 30, -1.5), PANEL, draws=199, rng=rng)
    assert (up.p_right, up.p_two_sided) == (1 / 200, 1 / 200)
    assert up.p_left > 0.9
    assert down.p_left == 1 / 200


def test_estimate_is_the_regressions(province_panel, baseline, rng):
    ours = permutation_placebo(province_panel, baseline, draws=9, rng=rng)
    expected = fixed_effects(province_panel, baseline).main.estimate
    assert ours.estimate == pytest.approx(expected, rel=SLOW_LOOP)
    assert ours.drawn.shape == (9,)


def test_units_and_order_of_rows_do_not_matter(province_panel, baseline):
    first = permutation_placebo(province_panel, baseline, draws=700, rng=np.random.default_rng(1))
    scaled = province_panel.assign(openness=40 * province_panel["openness"] - 3)
    second = permutation_placebo(
        scaled.sample(frac=1, random_state=2), baseline, draws=700, rng=np.random.default_rng(1)
    )
    np.testing.assert_allclose(second.drawn, 40 * first.drawn, rtol=1e-8)
    assert second.p_two_sided == first.p_two_sided


def test_shares_count_the_observed_assignment():
    draws = np.array([-3.0, -1.0, 0.0, 1.0])
    ours = Placebo(1.0, draws, n_obs=1, specification=PANEL)
    assert (ours.p_two_sided, ours.p_left, ours.p_right) == (4 / 5, 5 / 5, 2 / 5)


def test_tidy_row_has_no_standard_error(province_panel, baseline, rng):
    row = permutation_placebo(province_panel, baseline, draws=99, rng=rng).tidy().iloc[0]
    assert np.isnan(row["std_error"])
    assert row["draws_low"] < row["draws_mean"] < row["draws_high"]
    assert row["n_obs"] == 300


def test_what_cannot_be_permuted_is_refused(province_panel, baseline, rng):
    with pytest.raises(ValueError, match=r"periods missing for .*Anhui \(1\)"):
        permutation_placebo(province_panel.iloc[1:], baseline, draws=9, rng=rng)
    alone = province_panel[province_panel["province"] == "Beijing"]
    with pytest.raises(ValueError, match="a draw and two entities"):
        permutation_placebo(alone, baseline, draws=9, rng=rng)
    with pytest.raises(ValueError, match="draws=0"):
        permutation_placebo(province_panel, baseline, draws=0, rng=rng)


SAME_DRAW = 1e-10  # two exact solutions of the same least squares
TIGHT = 1e-14  # where pyfixest's iterations stop; at its default, 1e-8, t differs by 1e-7
NEVER = 9999


def place(panel: pd.DataFrame, specification=FIRMS, draws=150, seed=5, **names) -> Placebo:
    columns = {"cohort": "cohort", "unit": "city"} | names
    rng = np.random.default_rng(seed)
    return in_space_placebo(panel, specification, draws=draws, rng=rng, **columns)


def assigned(
    panel: pd.DataFrame, draws: int, seed: int = 5, one: Specification = FIRMS
) -> list[pd.DataFrame]:
    """Return the panels in which each draw's assignment is the observed one."""
    place = ranked(panel["city"], partial_out(panel, "y", one).to_numpy())
    starts = panel.groupby(place)["cohort"].first()
    orders = shuffled(starts.to_numpy(dtype=float), draws, np.random.default_rng(seed))[1:]
    rows = []
    for order in orders:
        cohort = pd.Series(order[place], panel.index)
        rows.append(panel.assign(cohort=cohort, treated=(panel["year"] >= cohort).astype(float)))
    return rows


@pytest.mark.parametrize(
    "specification",
    [
        FIRMS,
        FIRMS.replace(covariance="robust"),
        FIRMS.replace(cluster="firm", controls=()),
        FIRMS.replace(effects=("firm", "year")),
        FIRMS.replace(effects=("city", "year"), cluster="year"),
    ],
    ids=["city", "robust", "firm, no controls", "two-way", "without firm effects"],
)
def test_draws_equal_a_loop_of_regressions(firms, specification):
    placebo = place(firms, specification, draws=12)
    slow = [
        fixed_effects(panel, specification).main for panel in assigned(firms, 12, one=specification)
    ]
    np.testing.assert_allclose(placebo.drawn, [row.estimate for row in slow], atol=SAME_DRAW)
    np.testing.assert_allclose(placebo.t.drawn, [row.statistic for row in slow], atol=SAME_DRAW)
    observed = fixed_effects(firms, specification).main
    assert placebo.estimate == pytest.approx(observed.estimate, abs=SAME_DRAW)
    assert placebo.t.estimate == pytest.approx(observed.statistic, abs=SAME_DRAW)


def test_draws_equal_pyfixest(firms):
    placebo = place(firms, draws=3)
    for k, panel in enumerate(assigned(firms, 3)):
        theirs = pf.feols(
            "y ~ treated + x1 + x2 | firm + year + city",
            panel,
            vcov={"CRV1": "city"},
            demeaner=pf.LsmrDemeaner(fixef_atol=TIGHT, fixef_btol=TIGHT),
        )
        assert placebo.drawn[k] == pytest.approx(theirs.coef()["treated"], abs=SAME_DRAW)
        assert placebo.t.drawn[k] == pytest.approx(theirs.tstat()["treated"], abs=SAME_DRAW)


def test_draws_do_not_depend_on_how_many_are_worked_on_at_once(firms, monkeypatch):
    expected = place(firms, draws=25)
    monkeypatch.setattr("digitrade.methods.placebo.SPACE_BATCH", 7)
    ours = place(firms, draws=25)
    np.testing.assert_allclose(ours.drawn, expected.drawn, rtol=SAME_DRAW)
    np.testing.assert_allclose(ours.t.drawn, expected.t.drawn, rtol=SAME_DRAW)


def test_cohorts_keep_their_sizes(rng):
    cohorts = np.array([2015.0, 2015, 2016, np.inf, np.inf, np.inf])
    observed, *drawn = shuffled(cohorts, 200, rng)
    drawn = np.array(drawn)
    assert (observed == cohorts).all()
    assert (np.sort(drawn, axis=1) == np.sort(cohorts)).all()
    shares = (drawn == 2015).mean(axis=0)
    # Each unit is in the cohort of two with probability 1/3: four standard errors.
    np.testing.assert_allclose(shares, 1 / 3, atol=4 * np.sqrt(2 / 9 / 200))


def test_p_values_count_draws_and_the_observed_assignment(firms):
    placebo = place(firms, draws=99)
    drawn = placebo.drawn
    assert drawn.shape == placebo.t.drawn.shape == (99,)
    assert placebo.p_two_sided == (1 + (abs(drawn) >= placebo.estimate).sum()) / 100
    assert placebo.p_right == (1 + (drawn >= placebo.estimate).sum()) / 100
    assert placebo.p_left == (1 + (drawn <= placebo.estimate).sum()) / 100
    t = abs(placebo.t.drawn)
    assert placebo.p_studentised == (1 + (t >= placebo.t.estimate).sum()) / 100
    treated = firms.groupby("city")["cohort"].first().lt(NEVER).sum()
    assert f"over 60 units, {treated} treated, 99 draws" in placebo.words


def test_an_effect_stands_out_from_draws_around_zero(firms):
    # The panel has a true effect of 0.25 that grows to 0.475: beyond all of 300 draws.
    placebo = place(firms, draws=300)
    spread = placebo.drawn.std(ddof=1)
    assert placebo.p_two_sided == pytest.approx(1 / 301)
    assert placebo.drawn.mean() == pytest.approx(0, abs=4 * spread / np.sqrt(300))


def no_effect(rng: np.random.Generator) -> pd.DataFrame:
    """Return 24 cities, five firms each, six years; treatment by lot, errors shared by city."""
    firm, year = np.divmod(np.arange(120 * 6), 6)
    panel = pd.DataFrame({"firm": firm, "year": year, "city": firm % 24})
    cohorts = rng.permutation(np.repeat([2.0, 4.0, NEVER], 8))
    panel["cohort"] = cohorts[panel["city"]]
    panel["treated"] = (panel["year"] >= panel["cohort"]).astype(float)
    drift = rng.normal(size=(24, 6)).cumsum(axis=1)
    panel["y"] = drift[panel["city"], panel["year"]] + rng.normal(size=len(panel))
    return panel


def test_without_an_effect_it_rejects_as_often_as_it_says(rng):
    # 200 panels with drifting cities, 39 draws: p <= 0.1 has probability 0.1 exactly. Three
    # Monte Carlo standard errors are 0.064; clustered t-tests would reject more often.
    one = Specification(
        "y", "treated", entity="firm", effects=("firm", "year"), cluster="city", time="year"
    )
    small = [
        in_space_placebo(
            no_effect(rng), one, cohort="cohort", unit="city", draws=39, rng=rng
        ).p_two_sided
        <= 0.1
        for _ in range(200)
    ]
    assert np.mean(small) == pytest.approx(0.1, abs=0.064)


def test_missing_and_late_cohorts_both_mean_never(firms):
    expected = place(firms, draws=10)
    missing = firms.assign(cohort=firms["cohort"].where(firms["cohort"] < NEVER))
    ours = place(missing, draws=10)
    np.testing.assert_array_equal(ours.drawn, expected.drawn)
    np.testing.assert_array_equal(ours.t.drawn, expected.t.drawn)


def test_row_order_names_of_cities_and_scale_do_not_matter(firms):
    expected = place(firms, draws=10)
    other = firms.assign(
        y=100 * firms["y"], city="c" + firms["city"].astype(str).str.zfill(3)
    ).sample(frac=1, random_state=1)
    ours = place(other, draws=10)
    np.testing.assert_allclose(ours.drawn, 100 * expected.drawn, rtol=1e-9)
    np.testing.assert_allclose(ours.t.drawn, expected.t.drawn, rtol=1e-9)


def test_tidy_row_names_what_was_drawn(firms):
    row = place(firms, draws=20).tidy().iloc[0]
    assert row["term"] == "treated"
    assert "treatment drawn over 60 units" in row["covariance"]
    assert "clustered by city, 60 clusters" in row["covariance"]


def test_inputs_are_left_alone(firms):
    before = firms.copy()
    place(firms, draws=5)
    pd.testing.assert_frame_equal(firms, before)


def test_what_cannot_be_drawn_is_said(firms):
    with pytest.raises(KeyError, match="No column prefecture"):
        place(firms, unit="prefecture")
    mixed = firms.assign(treated=1 - firms["treated"])
    mixed.loc[0, "cohort"] = 2016
    with pytest.raises(ValueError, match="cannot be drawn") as caught:
        place(mixed, FIRMS.replace(cluster=("firm", "year")), draws=0)
    text = str(caught.value)
    assert "draws=0: give a whole number from 1" in text
    assert "cohort: varies within 1 of 'city'" in text
    assert "rows differ from the indicator of year >= cohort" in text
    assert "covariance: choose clustered by one column, or robust" in text
    last = firms[firms["year"] >= 2019]
    with pytest.raises(ValueError, match="of 6 assignments do not vary within the effects"):
        place(last.assign(cohort=2011, treated=1), draws=5)


in_time_placebo = partial(placebo.in_time_placebo, cohort="cohort")

EXACT = 1e-9  # least squares without noise
PYFIXEST = 1e-6  # pyfixest demeans by iteration, to a tolerance of 1e-6 by default

SPECIFICATION = Specification(
    "y",
    "zone_post",
    ("x",),
    entity="firm",
    effects=("firm", "year", "city"),
    covariance="robust",
    time="year",
)


def panel(rng: np.random.Generator, effect: float = 0.0, anticipated: float = 0.0) -> pd.DataFrame:
    """Return 200 firms in 20 cities over ten years without noise; cohorts 2015, 2017, never.

    The outcome rises by ``effect`` on treatment and by ``anticipated`` two years before it. One
    firm in ten moves to the next city halfway.
    """
    firm, year = (one.ravel() for one in np.meshgrid(range(200), range(2011, 2021), indexing="ij"))
    city = (firm + ((firm % 10 == 0) & (year >= 2016))) % 20
    cohort = np.array([2015.0, 2017.0, np.nan, np.nan])[city % 4]
    x = rng.normal(size=len(firm))
    y = np.sin(firm) + np.cos(city) + 0.1 * (year - 2011) + 0.5 * x
    y = y + effect * (year >= cohort) + anticipated * (year >= cohort - 2)
    frame = pd.DataFrame(
        {"firm": firm, "year": year, "city": city, "cohort": cohort, "x": x, "y": y}
    )
    return frame.assign(zone_post=(year >= cohort).astype(float))


@pytest.mark.parametrize("years_ahead", [1, 2, 3])
def test_before_treatment_there_is_no_effect_to_be_found(rng, years_ahead):
    frame = panel(rng, effect=0.8)
    clean = in_time_placebo(frame, SPECIFICATION, years_ahead=years_ahead, sample="pre")
    full = in_time_placebo(frame, SPECIFICATION, years_ahead=years_ahead)
    assert clean.main.estimate == pytest.approx(0, abs=EXACT)
    assert 0.3 < full.main.estimate < 0.8  # the true effect, thinned by years without it
    assert clean.n_obs == (frame["zone_post"] == 0).sum()
    assert full.n_obs == len(frame)


def test_anticipation_is_found_at_its_size(rng):
    frame = panel(rng, effect=0.8, anticipated=0.3)
    found = in_time_placebo(frame, SPECIFICATION, years_ahead=2, sample="pre")
    assert found.main.estimate == pytest.approx(0.3, abs=EXACT)
    assert found["x"].estimate == pytest.approx(0.5, abs=EXACT)


def test_against_pyfixest(rng):
    frame = panel(rng, effect=0.8)
    frame["y"] += rng.normal(size=len(frame))
    ours = in_time_placebo(frame, SPECIFICATION.replace(effects=("firm", "year")), years_ahead=2)
    frame["early"] = (frame["year"] >= frame["cohort"] - 2).astype(int)
    theirs = pf.feols("y ~ early + x | firm + year", frame, vcov="hetero").tidy().loc["early"]
    assert ours.main.estimate == pytest.approx(theirs["Estimate"], rel=PYFIXEST)
    assert ours.main.std_error == pytest.approx(theirs["Std. Error"], rel=PYFIXEST)


def test_the_panel_is_not_changed_and_the_label_says_what_was_done(rng):
    frame = panel(rng, effect=0.8)
    before = frame.copy()
    one = in_time_placebo(frame, SPECIFICATION, years_ahead=1)
    two = in_time_placebo(frame, SPECIFICATION, years_ahead=2, sample="pre")
    pd.testing.assert_frame_equal(frame, before)
    assert one.specification.label == "1 year ahead, full sample"
    assert two.specification.label == "2 years ahead, before treatment"
    assert one.main.name == "zone_post"


def test_everything_wrong_is_named(rng):
    frame = panel(rng)
    with pytest.raises(ValueError, match="Placebo cannot be estimated") as error:
        in_time_placebo(frame, SPECIFICATION, years_ahead=0, sample="before")
    assert "years_ahead 0" in str(error.value)
    assert "sample 'before': choose full | pre" in str(error.value)
    with pytest.raises(ValueError, match=r"no cohort \(2015, 2017\) has rows both before"):
        in_time_placebo(frame, SPECIFICATION, years_ahead=6, sample="pre")
    with pytest.raises(ValueError, match="no cohort"):
        in_time_placebo(frame.assign(cohort=np.nan), SPECIFICATION, years_ahead=1)
    with pytest.raises(KeyError, match="No column cohort"):
        in_time_placebo(frame.drop(columns="cohort"), SPECIFICATION, years_ahead=1)
