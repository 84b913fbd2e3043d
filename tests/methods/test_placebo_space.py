"""In-space placebo: a slow loop with the same draws, known truth, invariance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest

from digitrade.methods.placebo import Placebo, in_space_placebo, shuffled
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

REFERENCE = Path(__file__).parents[1] / "reference" / "fixed_effects"
SAME_DRAW = 1e-10  # two exact solutions of the same least squares
TIGHT = 1e-14  # where pyfixest's iterations stop; at its default, 1e-8, t differs by 1e-7
NEVER = 9999

FIRMS = Specification(
    "y",
    "treated",
    ("x1", "x2"),
    entity="firm",
    effects=("firm", "year", "city"),
    cluster="city",
    time="year",
)


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "panel.csv")


def place(panel: pd.DataFrame, specification=FIRMS, draws=150, seed=5, **names) -> Placebo:
    columns = {"cohort": "cohort", "unit": "city"} | names
    rng = np.random.default_rng(seed)
    return in_space_placebo(panel, specification, draws=draws, rng=rng, **columns)


def assigned(panel: pd.DataFrame, draws: int, seed: int = 5) -> list[pd.DataFrame]:
    """Return the panels in which each draw's assignment is the observed one."""
    starts = panel.groupby("city")["cohort"].first()
    orders = shuffled(starts.to_numpy(dtype=float), draws, np.random.default_rng(seed))[1:]
    rows = []
    for order in orders:
        cohort = panel["city"].map(dict(zip(starts.index, order, strict=True)))
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
    slow = [fixed_effects(panel, specification).main for panel in assigned(firms, 12)]
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
    assert "draws 0: give 1 or more" in text
    assert "cohort: varies within 1 of 'city'" in text
    assert "rows differ from the indicator of year >= cohort" in text
    assert "covariance: choose clustered by one column, or robust" in text
    last = firms[firms["year"] >= 2019]
    with pytest.raises(ValueError, match="of 6 assignments do not vary within the effects"):
        place(last.assign(cohort=2011, treated=1), draws=5)
