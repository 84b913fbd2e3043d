"""Figures of event studies and weights: what they say is what the rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.intervals import event_study_plot


def study(source: str, shift: float = 0.0, cohorts: int = 3) -> pd.DataFrame:
    """Return effects of event times -3 to 2, the first of them the base."""
    estimates = np.array([0.0, 0.1, -0.2, 0.5, 0.9, 0.4]) + shift
    half = np.array([np.nan, 0.3, 0.3, 0.3, 0.3, 0.6])
    rows = pd.DataFrame({"event_time": range(-3, 3), "estimate": estimates, "n_cohorts": cohorts})
    return rows.assign(source=source, conf_low=estimates - half, conf_high=estimates + half)


@pytest.fixture
def rows() -> pd.DataFrame:
    truth = study("truth").assign(conf_low=np.nan, conf_high=np.nan, n_cohorts=np.nan)
    truth["estimate"] = [0, 0, 0, 0.4, 0.6, 0.5]
    return pd.concat([study("twin"), truth, study("yours", shift=-1)], ignore_index=True)


def test_text_states_the_finding_of_each_source(rows):
    alt = event_study_plot(rows, name="f", caption="c", confidence=0.9).alt
    assert alt.startswith("Effects by years since treatment with 90 per cent intervals.")
    assert (
        "Twin, before treatment: 2 estimates from −0.200 to 0.100 (the highest in year −2); 0 "
        "intervals lie above zero, 0 below." in alt
    )
    assert (
        "Twin, from then on: 3 estimates from 0.400 to 0.900 (the highest in year 1); 2 intervals "
        "lie above zero, 0 below." in alt
    )
    assert "Yours, before treatment: 2 estimates from −1.200 to −0.900" in alt
    assert "The true effects from then on lie between 0.400 and 0.600." in alt


def test_figure_is_the_same_from_run_to_run_and_follows_the_rows(rows):
    first = event_study_plot(rows, name="f", caption="c")
    assert first.svg == event_study_plot(rows, name="f", caption="c").svg
    moved = rows.assign(conf_high=rows["conf_high"] + 0.1)
    assert first.svg != event_study_plot(moved, name="f", caption="c").svg
    assert (first.name, first.caption) == ("f", "c")


def test_order_of_rows_does_not_matter_but_for_the_order_of_sources(rows):
    shuffled = pd.concat([one.iloc[::-1] for _, one in rows.groupby("source", sort=False)])
    assert (
        event_study_plot(rows, name="f", caption="c").svg
        == event_study_plot(shuffled, name="f", caption="c").svg
    )


def test_cohorts_below_the_years_are_one_number_or_one_a_source(rows):
    def draw(frame: pd.DataFrame) -> str:
        return event_study_plot(frame, name="f", caption="c").svg

    same = draw(rows)
    other = rows.assign(n_cohorts=np.where(rows["source"] == "yours", 2, rows["n_cohorts"]))
    assert "<!-- 3/2 -->" in draw(other)
    assert "3/3" not in same
    assert "<!-- 3 -->" in same
    bare = draw(rows.drop(columns="n_cohorts"))
    assert "cohorts" not in bare
    assert "cohorts behind each (twin/yours)" in draw(other)


def test_a_single_source_and_a_study_without_years_before_can_be_drawn():
    alone = study("twin").query("event_time >= 0")
    alt = event_study_plot(alone, name="f", caption="c").alt
    assert "Twin, before treatment: no estimate." in alt


def test_rows_that_cannot_be_drawn_are_refused(rows):
    truth = rows[rows["source"] == "truth"]
    with pytest.raises(ValueError, match="no row with an estimate beside the truth") as error:
        event_study_plot(pd.concat([truth, truth]), name="f", caption="c")
    assert "6 repeated within a source" in str(error.value)
    with pytest.raises(KeyError, match="No column conf_low"):
        event_study_plot(rows.drop(columns="conf_low"), name="f", caption="c")
