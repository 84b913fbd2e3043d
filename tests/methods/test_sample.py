"""Restrictions keep account of what they remove."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.methods.sample import (
    Sample,
    complete_rows,
    without_provinces,
    without_singletons,
    years_between,
)


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


def chain() -> Sample:
    """Row by row: what goes first leaves others alone."""
    rows = [
        ("a", 2011, 1),  # alone in firm and city
        ("b", 2012, 3),  # alone in its city, which leaves
        ("b", 2011, 2),  # alone in its firm, which leaves
        ("c", 2012, 2),  # alone in its city
        ("c", 2011, 4),
        ("c", 2013, 4),
        ("d", 2011, 4),
        ("d", 2012, 4),
    ]
    return Sample.of(pd.DataFrame(rows, columns=["firm", "year", "city"]), "All firm-years")


def test_singletons_go_until_none_is_left():
    cut = without_singletons(chain(), ("firm", "city"))
    assert list(zip(cut.panel["firm"], cut.panel["year"], strict=True)) == [
        ("c", 2011),
        ("c", 2013),
        ("d", 2011),
        ("d", 2012),
    ]
    assert cut.steps["removed"].tolist() == [0, 4]
    assert cut.steps["restriction"].iloc[-1] == "Not alone in firm, city"
    assert len(without_singletons(chain(), ("firm",)).panel) == 7
    assert len(without_singletons(cut, ("firm", "city")).panel) == 4


def test_singletons_do_not_depend_on_order_or_labels(rng):
    frame = pd.DataFrame(rng.integers(0, [60, 40, 5], (150, 3)), columns=["firm", "city", "year"])
    other = frame.assign(city="c" + frame["city"].astype(str), row=frame.index)
    other = other.sample(frac=1, random_state=1)
    one = without_singletons(Sample.of(frame.assign(row=frame.index)), ("firm", "city"))
    two = without_singletons(Sample.of(other), ("city", "firm"))
    assert 0 < one.steps["removed"].iloc[-1] < 150
    assert set(one.panel["row"]) == set(two.panel["row"])
    left = one.panel
    assert min(left.groupby(name).size().min() for name in ("firm", "city")) == 2


def test_without_effects_nobody_is_alone_and_an_unknown_column_is_refused():
    sample = chain()
    assert without_singletons(sample, ()) is sample
    with pytest.raises(KeyError, match="No column region; there are: firm, year, city"):
        without_singletons(sample, ("firm", "region"))
    with pytest.raises(ValueError, match="leaves no row of 8"):
        without_singletons(Sample.of(sample.panel.assign(row=range(8))), ("firm", "row"))
