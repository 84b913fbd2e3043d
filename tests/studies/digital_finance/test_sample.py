"""Restrictions of the provincial panel keep account of what they remove."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.methods.sample import Sample, complete_rows
from digitrade.studies.digital_finance.sample import without_provinces, years_between


@pytest.fixture
def sample() -> Sample:
    rows = [(name, year) for name in ("A", "B", "C") for year in range(2011, 2015)]
    panel = pd.DataFrame(rows, columns=["province", "year"]).assign(y=1.0)
    panel.loc[3, "y"] = None
    return Sample.of(panel)


def test_the_account_adds_up(sample):
    cut = complete_rows(without_provinces(years_between(sample, 2012, 2014), ["B"]), ["y"])
    assert cut.steps["removed"].tolist() == [0, 3, 3, 1]
    assert cut.steps["remaining"].tolist() == [12, 9, 6, 5]
    assert len(cut.panel) == 5
    assert "With a figure for y" in cut.steps["restriction"].iloc[-1]


def test_the_first_sample_is_left_alone(sample):
    years_between(sample, 2012, 2013)
    assert len(sample.panel) == 12
    assert len(sample.steps) == 1


def test_leaving_nobody_out_is_no_step(sample):
    assert without_provinces(sample, []) is sample


def test_unknown_province_is_refused_with_the_known_ones(sample):
    with pytest.raises(ValueError, match="Unknown provinces D; there are: A, B, C"):
        without_provinces(sample, ["D"])


def test_nothing_left_is_refused(sample):
    with pytest.raises(ValueError, match="leaves no row of 12"):
        years_between(sample, 2014, 2012)
