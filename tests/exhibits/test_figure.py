"""Figures: the same drawing every time, and an alternative text that states what it shows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_provinces
from digitrade.exhibits import figure as figures
from digitrade.exhibits.intervals import coefficient_panels
from digitrade.exhibits.series import small_multiples
from digitrade.exhibits.shapes import (
    added_variable_plot,
    bar_plot,
    correlation_plot,
    graph_plot,
)
from digitrade.methods.regression import partial_out


def draw_index() -> figures.Figure:
    panel = load_provinces().query("province != 'Tibet'")
    return small_multiples(panel, "dfi", name="fig-x", caption="Caption.")


def test_a_figure_is_the_same_from_run_to_run():
    first, second = draw_index(), draw_index()
    assert first.svg == second.svg
    assert not re.search(r"20\d\d-\d\d-\d\dT", first.svg)


def test_alternative_text_is_worked_out_from_the_rows():
    assert "It rose in 30 of 30 provinces" in draw_index().alt
    panel = load_provinces().query("province != 'Tibet'")
    fallen = panel.assign(dfi=-panel["dfi"])
    alt = small_multiples(fallen, "dfi", name="f", caption="c").alt
    assert "It rose in 0 of 30 provinces" in alt


def test_a_line_is_broken_in_a_year_without_figures():
    panel = load_provinces().query("province != 'Tibet'")
    drawn = (panel, panel[panel["year"] != 2015], panel[panel["year"] != 2021])
    strokes = [
        [path.count("M") for path in re.findall(r'<path d="(M[^"]*)"[^>]*style="fill: none', svg)]
        for svg in (small_multiples(rows, "dfi", name="f", caption="c").svg for rows in drawn)
    ]
    assert [max(each) for each in strokes] == [1, 2, 1]


def test_correlations_name_the_extremes():
    x = np.arange(20.0)
    frame = pd.DataFrame({"a": x, "b": x + np.sin(x), "c": -x})
    alt = correlation_plot(frame, ["a", "b", "c"], name="f", caption="c").alt
    assert "the lowest, −1.00, between c and a" in alt


def test_slope_of_the_added_variable_plot_is_in_its_text(province_panel, baseline):
    x = partial_out(province_panel, "ln_dfi", baseline)
    y = partial_out(province_panel, "openness", baseline)
    named = pd.Series({x.idxmax(): "far right"})
    figure = added_variable_plot(x, y, province_panel["region"], named=named, name="f", caption="c")
    assert "a line of slope 0.128" in figure.alt
    assert "far right" in figure.svg


def test_a_causal_graph_tells_its_arrows():
    boxes = {"Before": (0.1, 0.9), "Cause": (0.1, 0.1), "Effect": (0.9, 0.1)}
    arrows = {("Cause", "Effect"): "sought", ("Before", "Effect"): "unrecorded"}
    figure = graph_plot(boxes, arrows, name="f", caption="c")
    assert figure.alt.endswith("Cause to Effect (sought); Before to Effect (unrecorded).")
    assert all(words in figure.svg for words in boxes)


def test_coefficients_are_counted_by_side():
    rows = pd.DataFrame(
        {
            "source": "here",
            "group": "All",
            "label": list("abc"),
            "estimate": [1.0, -1.0, 0.1],
            "conf_low": [0.5, -2.0, -1.0],
            "conf_high": [1.5, -0.5, 1.0],
        }
    )
    figure = coefficient_panels(rows, name="f", caption="c", references={"here": 0.0766})
    assert "3 estimates, from −1.000 (b) to 1.000 (a); 1 intervals lie above zero, 1 below" in (
        figure.alt
    )


def test_bars_name_the_largest():
    shares = pd.Series({2011: 0.75, 2012: 0.25})
    alt = bar_plot(shares, name="f", caption="c", axis="x", subject="all").alt
    assert "2011 has the largest, 75 per cent" in alt


def test_markup_carries_label_caption_and_text():
    figure = draw_index()
    text = figure.markdown()
    assert text.startswith(":::{glue:figure} fig-x\n:name: fig-x\n:alt: Index by province")
    assert "Caption." in text
    assert "\n" not in figure.alt


def test_a_shown_figure_is_glued_and_displayed(monkeypatch):
    glued, shown = [], []
    monkeypatch.setattr(figures, "glue", lambda name, *_, **__: glued.append(name))
    monkeypatch.setattr(figures, "display", lambda bundle, **_: shown.append(bundle))
    draw_index()._ipython_display_()
    assert glued == ["fig-x"]
    assert set(shown[0]) == {"text/plain", "image/svg+xml", "text/markdown"}


@pytest.mark.parametrize("ground", ["fill: #ffffff", "fill: white"])
def test_ground_is_transparent(ground):
    assert ground not in draw_index().svg.split('<g id="axes_1">')[0]


def test_names_that_are_in_nobodys_way_stay_where_they_are():
    values = pd.Series({"b": 0.5, "a": 0.1, "c": 0.52, "gone": np.nan})
    moved = figures.apart(values, 0.1, 0.0, 1.0)
    assert moved.to_dict() == pytest.approx({"a": 0.1, "b": 0.46, "c": 0.56})


@pytest.mark.parametrize(("shift", "end"), [(0.6, 1.0), (-0.6, 0.0)])
def test_names_stay_apart_and_in_the_range(shift, end):
    values = pd.Series(np.linspace(0.4, 0.6, 5)) + shift
    moved = figures.apart(values, 0.1, 0.0, 1.0)
    assert np.diff(moved).min() == pytest.approx(0.1)
    assert moved.iloc[-1 if shift > 0 else 0] == pytest.approx(end)
