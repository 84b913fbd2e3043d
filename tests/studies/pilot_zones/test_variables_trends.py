"""Trends of regions and provinces: what they span, and what they take away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.variables import group_trends, with_trends

SAME = 1e-8  # two ways through the same least squares
BASELINE = Specification(
    "y", "d", entity="firm", effects=("firm", "year"), covariance="robust", time="year"
)
CITIES = {"Beijing": 3, "Hangzhou": 4, "Wuhan": 2, "Chengdu": 2, "Lhasa": 2}


@pytest.fixture
def panel(rng) -> pd.DataFrame:
    """Thirteen firms over eight years; an effect of one, and a drift of its own in Zhejiang."""
    cities = [city for city, count in CITIES.items() for _ in range(count)]
    rows = pd.MultiIndex.from_product([range(len(cities)), range(2011, 2019)]).to_frame(index=False)
    rows.columns = ["firm", "year"]
    rows["city"] = rows["firm"].map(dict(enumerate(cities)))
    start = rows["city"].map({"Hangzhou": 2015, "Wuhan": 2016}).fillna(9999)
    rows["d"] = ((rows["year"] >= start) & (rows["firm"] % 2 == 0)).astype(float)
    drift = 0.5 * (rows["year"] - 2011) * (rows["city"] == "Hangzhou")
    rows["y"] = rows["d"] + drift + 0.1 * rows["firm"]
    return rows


def test_each_group_but_the_largest_has_a_line(panel):
    regions = group_trends(panel, "region")
    assert list(regions) == ["trend[west]", "trend[central]"]
    provinces = group_trends(panel, "province")
    assert len(provinces.columns) == len(CITIES) - 1
    assert "trend[Zhejiang]" not in provinces  # most rows
    own = panel["city"] == "Wuhan"
    expected = np.where(own, panel["year"] - 2011, 0)
    assert provinces["trend[Hubei]"].to_numpy() == pytest.approx(expected)
    assert (regions.index == panel.index).all()


def test_a_drift_of_a_province_goes_with_its_trend(panel):
    plain = fixed_effects(panel, BASELINE).main.estimate
    assert abs(plain - 1) > 0.1  # the drift is in the coefficient
    trended = fixed_effects(*with_trends(panel, BASELINE, "province"))
    assert trended.main.estimate == pytest.approx(1, abs=SAME)


def test_the_group_left_out_does_not_matter(panel, rng):
    noisy = panel.assign(y=panel["y"] + rng.normal(size=len(panel)))
    usual = fixed_effects(*with_trends(noisy, BASELINE, "region")).main
    # The same span with the east in and the west out.
    other = group_trends(noisy, "region").drop(columns="trend[west]")
    east = noisy["city"].isin(["Beijing", "Hangzhou"])
    other["trend[east]"] = (noisy["year"] - 2011).where(east, 0).astype(float)
    again = fixed_effects(noisy.join(other), BASELINE.replace(controls=tuple(other))).main
    assert usual.estimate == pytest.approx(again.estimate, abs=SAME)
    assert usual.std_error == pytest.approx(again.std_error, abs=SAME)


def test_controls_and_label_are_extended_not_replaced(panel):
    extended = with_trends(panel.assign(x=1.0), BASELINE.replace(controls=("x",)), "region")[1]
    assert extended.controls == ("x", "trend[west]", "trend[central]")
    assert extended.label == "region trends"


def test_a_group_of_one_year_has_no_trend(panel):
    short = panel[(panel["city"] != "Lhasa") | (panel["year"] == 2011)]
    assert "trend[Tibet]" in group_trends(panel, "province")
    assert "trend[Tibet]" not in group_trends(short, "province")


def test_an_unknown_level_is_refused(panel):
    with pytest.raises(ValueError, match="Unknown level 'county': choose one of region, province"):
        group_trends(panel, "county")
