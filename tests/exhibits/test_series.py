"""Figures of ranks and paths: what they say is what the rows say."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.exhibits.series import path_panels, rank_plot


@pytest.fixture
def values() -> dict[str, pd.Series]:
    return {"twin": pd.Series([0.0, 1.0, 2.0, 400.0, 0.0], name="fc")}


@pytest.fixture
def paths() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "panel": ["All"] * 4 + ["Less"] * 4,
            "line": ["2016", "2016", "never", "never"] * 2,
            "year": [2015, 2016] * 4,
            "value": [0.1, 0.9, 0.2, 0.3, 0.1, 0.25, 0.2, 0.3],
        }
    )


def test_ranks_are_told_with_zeros_and_the_lead_of_the_largest(values):
    alt = rank_plot(values, name="f", caption="c").alt
    assert alt.startswith("FC, ranked from the largest, both axes in logs.")
    assert (
        "Twin: 3 values above 0, 2 at 0; the largest, 400.0, is 200.0 times the second, the "
        "median 1.0000." in alt
    )


def test_order_of_values_does_not_matter_and_their_size_does(values):
    first = rank_plot(values, name="f", caption="c")
    assert (first.name, first.caption) == ("f", "c")
    turned = {"twin": values["twin"].iloc[::-1]}
    assert rank_plot(turned, name="f", caption="c").svg == first.svg
    grown = {"twin": values["twin"].replace(2.0, 20.0)}
    assert rank_plot(grown, name="f", caption="c").svg != first.svg


def test_nothing_above_zero_is_refused(values):
    with pytest.raises(ValueError, match="twin: no value above 0"):
        rank_plot({"twin": 0 * values["twin"]}, name="f", caption="c")


def test_a_long_column_gives_a_light_file():
    column = pd.Series(range(1, 20_001), name="fc", dtype=float)
    assert len(rank_plot({"twin": column}, name="f", caption="c").svg) < 200_000


def test_paths_are_told_panel_by_panel(paths):
    alt = path_panels(paths, name="f", caption="c", ylabel="Mean FC").alt
    assert alt == (
        "Mean FC by year, 2015 to 2016. All: 2 lines, farthest apart in 2016, from 0.30 for never "
        "to 0.90 for 2016. Less: 2 lines, farthest apart in 2015, from 0.10 for 2016 to 0.20 for "
        "never."
    )


def test_shares_are_told_in_per_cent(paths):
    figure = path_panels(paths, name="f", caption="c", ylabel="Share", per_cent=True)
    assert "from 30 per cent for never to 90 per cent for 2016" in figure.alt


def test_paths_follow_the_rows_and_not_their_order(paths):
    first = path_panels(paths, name="f", caption="c", ylabel="y").svg
    turned = pd.concat([one.iloc[[0, 1, 3, 2]] for _, one in paths.groupby("panel")])
    assert path_panels(turned, name="f", caption="c", ylabel="y").svg == first
    assert path_panels(paths.replace(0.9, 0.8), name="f", caption="c", ylabel="y").svg != first
