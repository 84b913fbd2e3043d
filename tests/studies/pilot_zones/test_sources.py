"""The firm study's panels: the twin's always, the reader's own where there is one."""

from __future__ import annotations

import pytest

from digitrade.data.codebook import DataError
from digitrade.studies.pilot_zones.sources import firm_panels, require_baseline, write_example


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    path = tmp_path_factory.mktemp("yours") / "mine.parquet"
    write_example(path)
    return path


def test_without_a_file_there_is_the_twin_alone():
    assert list(firm_panels(twin_seed=3)) == ["twin"]


def test_the_twins_own_extract_as_a_file_gives_the_twins_panel(extract):
    panels = firm_panels(str(extract))
    assert list(panels) == ["twin", "yours"]
    shared = ["zone_post", "fc", "sa", "agg", "log_totalloan", "event_time"]
    assert len(panels["yours"]) == len(panels["twin"])
    for name in shared:
        left, right = (one.sort_values(["firm", "year"])[name] for one in panels.values())
        assert left.to_numpy() == pytest.approx(right.to_numpy(), nan_ok=True), name


def test_rule_and_cut_off_reach_both(extract):
    panels = firm_panels(str(extract), rule="calendar", approved_by="2016-12-31")
    means = {name: panel["post"].mean() for name, panel in panels.items()}
    assert means["twin"] == means["yours"]
    assert means["twin"] < firm_panels()["twin"]["post"].mean()


def test_too_few_firms_are_refused_in_one_sentence():
    panel = firm_panels(twin_seed=3)["twin"]
    few = panel.drop_duplicates("firm").head(300)
    with pytest.raises(DataError, match="0 of which are seen before and after") as caught:
        require_baseline(few, "mine.csv")
    assert "bring every year of each firm" in str(caught.value)
    require_baseline(panel, "mine.csv")
