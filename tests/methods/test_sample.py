"""Restrictions keep account of what they remove."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.methods.sample import Sample, complete_rows, without_singletons


def test_complete_rows_name_the_gaps_and_nothing_left_is_refused():
    sample = Sample.of(pd.DataFrame({"x": [1.0, None], "y": [1.0, 2.0]}))
    cut = complete_rows(sample, ["y", "x"])
    assert cut.steps["restriction"].tolist() == ["All rows", "With a figure for x"]
    assert cut.steps["remaining"].tolist() == [2, 1]
    assert complete_rows(cut, ["x"]).steps["restriction"].iloc[-1] == "With every figure"
    with pytest.raises(ValueError, match="leaves no row of 2"):
        sample.keep(sample.panel["y"] > 2, "Large ones")


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
