"""A verdict per chapter: what a file lacks is said before anything runs."""

from __future__ import annotations

import pytest

from digitrade.data.codebook import DataError
from digitrade.studies.pilot_zones.sources import absorbed_controls, firm_panels, require_baseline
from digitrade.studies.pilot_zones.verdicts import (
    CANNOT,
    IN_PART,
    RUNS,
    chapter_verdicts,
    describe_verdicts,
)

CALLED_FOR = ["roe", "urbanisation", "exporter", "high_tech", "log_govsub", "digitalisation"]


@pytest.fixture(scope="module")
def panel():
    twin = firm_panels()["twin"]
    return twin.drop(columns=[name for name in twin if name.startswith("true_effect")])


def verdicts_of(panel):
    return chapter_verdicts(panel).set_index("chapter")


def test_all_chapters_run_on_a_whole_panel(panel):
    assert set(verdicts_of(panel)["verdict"]) == {RUNS}
    assert describe_verdicts(panel).startswith("The chapters on pilot zones can run on this file.")


def test_three_late_years_have_no_placebo_and_no_event_study(panel):
    found = verdicts_of(panel[panel["year"] >= 2018])
    failed = found.index[found["verdict"] == CANNOT].tolist()
    assert {"02_baseline", "03_robustness", "07_calibration"} <= set(failed)
    assert "01_variables" not in failed
    assert "no cohort" in found.loc["03_robustness", "why"]
    assert "combinations of each other" in found.loc["02_baseline", "why"]


def test_a_handful_of_firms_is_too_few_for_most_chapters(panel):
    moved = panel[panel["zone"] == 1].groupby("firm").size()
    firms = moved.index[moved == 10][:3]
    found = verdicts_of(panel[panel["firm"].isin(firms)])
    failed = found[found["verdict"] == CANNOT]
    assert {"02_baseline", "07_calibration"} <= set(failed.index)
    assert (failed["why"] != "").all()


def test_columns_that_are_not_there_are_named_by_what_stays_blank(panel):
    found = verdicts_of(panel.assign(**dict.fromkeys(CALLED_FOR)))
    assert found.loc["03_robustness", "verdict"] == IN_PART
    assert "Table 4, ln subsidies" in found.loc["03_robustness", "why"]
    assert "Table 8, Exports" in found.loc["04_heterogeneity", "why"]
    assert "Table 9, Digital words" in found.loc["05_mechanisms", "why"]


def test_a_control_that_the_effects_absorb_is_named(panel):
    fixed = panel.assign(fin=panel.groupby("city")["fin"].transform("mean"), q=1.0)
    with pytest.raises(DataError, match="control fin: no variation within firm, year and city"):
        require_baseline(fixed, "mine.csv")
    assert absorbed_controls(fixed.dropna(subset=["fin"])) == ["q", "fin"]
    why = verdicts_of(fixed)["why"]
    assert why.drop("01_variables").str.startswith("q, fin: no variation within firm").all()
