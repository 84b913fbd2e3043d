"""ln(1 + amount) where amounts are zero: units, margins, and the twin's truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.scales import UNITS, in_units, margins, true_margins
from digitrade.studies.pilot_zones.specifications import across

ROUNDING = 1e-3  # ln(1 + x/u) for ln(x/u), where x is at least a thousand units
GROWTH, NEW, FIRST = 0.1, 0.2, 1e7  # proportional effect, share that switch, their first amount
SPECIFICATION = Specification(
    "log_x", "zone_post", entity="firm", effects=("firm", "year"), covariance="robust", time="year"
)


def panel_of(*, switching: bool) -> pd.DataFrame:
    """Half of 200 firms are treated in the last of two years; half of each group has nothing."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(200), 2), "year": np.tile([0, 1], 200)})
    treated, poor = frame["firm"] % 2 == 1, frame["firm"] % 4 >= 2
    frame["zone_post"] = (treated & (frame["year"] == 1)).astype(float)
    size = 1e9 * (1 + frame["firm"] % 7) * np.exp(GROWTH * frame["zone_post"])
    x = size.mask(poor, 0.0) if switching else size
    new = poor & (frame["zone_post"] == 1) & (frame["firm"] % 20 == 3)
    x = x.mask(new, FIRST) if switching else x
    return frame.assign(log_x=np.log1p(x), switch=new)


def test_without_zeros_a_unit_does_not_matter():
    rows = in_units(panel_of(switching=False), SPECIFICATION, ["log_x"])
    assert rows["estimate"].to_numpy() == pytest.approx(np.full(3, GROWTH), abs=ROUNDING)
    assert rows["expected"].to_numpy() == pytest.approx(rows["estimate"].to_numpy(), abs=ROUNDING)


def test_with_zeros_another_unit_takes_its_log_times_the_share_that_switch():
    panel = panel_of(switching=True)
    share = panel.loc[panel["zone_post"] == 1, "switch"].mean()
    units = {"one": 1.0, "thousand": 1e3}
    rows = in_units(panel, SPECIFICATION, ["log_x"], units).set_index("unit")
    truth = share * np.log(FIRST) + 0.5 * GROWTH
    assert share == pytest.approx(0.1)
    assert rows.loc["one", "estimate"] == pytest.approx(truth, abs=ROUNDING)
    fall = rows.loc["one", "estimate"] - rows.loc["thousand", "estimate"]
    assert fall == pytest.approx(share * np.log(1e3), abs=ROUNDING)
    assert rows.loc["thousand", "expected"] == pytest.approx(
        rows.loc["thousand", "estimate"], abs=ROUNDING
    )


def test_margins_tell_entry_from_growth():
    panel = panel_of(switching=True)
    rows = margins(panel, SPECIFICATION, ["log_x"]).set_index("margin")
    assert rows.loc["any", "estimate"] == pytest.approx(0.1)
    assert rows.loc["log", "estimate"] == pytest.approx(GROWTH)  # newcomers have no year before
    assert rows.loc["any", "zero_share"] == pytest.approx((panel["log_x"] == 0).mean())


def test_where_everybody_has_some_there_is_no_entry_to_estimate():
    rows = margins(panel_of(switching=False), SPECIFICATION, ["log_x"]).set_index("margin")
    assert np.isnan(rows.loc["any", "estimate"])
    assert rows.loc["log", "estimate"] == pytest.approx(GROWTH)


def test_sources_are_stacked_and_outcomes_without_figures_left_out():
    panel = panel_of(switching=True).assign(log_y=np.nan)
    panels = {"twin": panel.assign(log_y=panel["log_x"]), "yours": panel}
    rows = across(panels, in_units, SPECIFICATION, ["log_x", "log_y"])
    found = rows.groupby(["source", "outcome"]).size()
    assert found.to_dict() == {
        (source, outcome): len(UNITS)
        for source, outcome in (("twin", "log_x"), ("twin", "log_y"), ("yours", "log_x"))
    }


def test_a_source_without_any_of_the_outcomes_has_no_rows():
    panel = panel_of(switching=True)
    panels = {"twin": panel, "yours": panel.assign(log_x=np.nan)}
    for estimate in (in_units, margins):
        assert set(across(panels, estimate, SPECIFICATION, ["log_x"])["source"]) == {"twin"}


def test_true_effects_split_into_first_amounts_and_growth():
    effects = pd.DataFrame({"zone_post": [1, 1, 1, 1, 0], "true_effect_a": [14, 0.1, 0.1, 0.2, 9]})
    row = true_margins(effects, ["a"]).iloc[0]
    assert row["share_first"] == pytest.approx(0.25)
    assert row["from_first"] == pytest.approx(3.5)
    assert row["from_other"] == pytest.approx(0.1)
    assert row["from_first"] + row["from_other"] == pytest.approx(row["effect"])
