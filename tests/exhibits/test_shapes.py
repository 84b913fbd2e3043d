"""Figures of tails and influence say what they show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.series import tail_plot
from digitrade.exhibits.shapes import SHOWN, influence_plot, weights_plot
from digitrade.methods.influence import influence
from digitrade.methods.specification import Specification

LARGEST = 200_000  # characters of a drawing that a page should carry
SPECIFICATION = Specification(
    "fc",
    "zone_post",
    entity="firm",
    effects=("firm", "year", "city"),
    covariance="robust",
    time="year",
)


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """500 firms over six years; one ratio is far out."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(500), 6), "year": np.tile(np.arange(6), 500)})
    frame["city"] = "c" + (frame["firm"] % 20).astype(str)
    frame["zone_post"] = ((frame["firm"] % 2 == 1) & (frame["year"] >= 3)).astype(float)
    frame["fc"] = rng.lognormal(-3, 2, len(frame))
    frame.loc[9, "fc"] = 307.5
    return frame


def test_the_tail_names_its_largest_value_and_stays_small(panel):
    figure = tail_plot({"twin": panel, "yours": panel}, "fc", name="fig-x", caption="x")
    assert "the largest is 307.5" in figure.alt
    assert figure.alt.count("half of 3,000 rows") == 2
    assert len(figure.svg) < LARGEST


def test_the_far_row_is_named_with_what_it_does(panel):
    one = influence(panel, SPECIFICATION)
    figure = influence_plot({"twin": one}, name="fig-x", caption="x")
    change = one.rows.loc[9]
    assert len(panel) > SHOWN
    assert "(307.5, c1 3)" in figure.alt
    assert f"{change['estimate_without']:.3f}".replace("-", "−") in figure.alt
    assert "c1 3" in figure.svg.replace("<!-- ", "")
    assert len(figure.svg) < 2 * LARGEST


def test_weights_are_counted_and_drawn_in_per_cent():
    cells = pd.DataFrame(
        {
            "cohort": [2015, 2015, 2015, 2019],
            "year": [2018, 2019, 2020, 2020],
            "weight": [0.7, -0.004, -0.016, 0.32],
        }
    )
    figure = weights_plot(cells, name="f", caption="c")
    assert figure.alt == (
        "Weights of 4 cells of cohort and year. 2 are negative and sum to −2.0 per cent; the "
        "largest, 70.0 per cent, is that of cohort 2015 in 2018."
    )
    for words in ("70.0", "−0.4", "−1.6", "32.0"):
        assert f"<!-- {words} -->" in figure.svg
    assert figure.svg == weights_plot(cells, name="f", caption="c").svg
