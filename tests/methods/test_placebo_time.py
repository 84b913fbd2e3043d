"""Placebo in time: effects that are there, and those that cannot be."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest

from digitrade.methods import placebo
from digitrade.methods.specification import Specification

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
