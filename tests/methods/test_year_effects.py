"""The slope with entity effects only, taken apart, against linearmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.methods.year_effects import by_comparison

SAME = 1e-9  # the same projections by another route
SPECIFICATIONS = [
    Specification(
        "openness", "ln_dfi", entity="province", time="year", effects=("province", "year")
    ),
    Specification(
        "ln_trade",
        "ln_dfi",
        ("urbanisation", "secondary_share"),
        entity="province",
        time="year",
        effects=("province", "year"),
    ),
]


@pytest.mark.parametrize("specification", SPECIFICATIONS)
@pytest.mark.parametrize("drop", [0, 7])
def test_parts_are_the_two_regressions(province_panel, specification, drop):
    panel = province_panel.iloc[drop:]  # unbalanced where rows are dropped
    parts = by_comparison(panel, specification).set_index("comparison")
    two_way = fixed_effects(panel, specification).main.estimate
    entity = fixed_effects(panel, specification.replace(effects=("province",))).main.estimate
    assert parts.loc["within years", "slope"] == pytest.approx(two_way, rel=SAME)
    assert parts.loc["both", "slope"] == pytest.approx(entity, rel=SAME)
    assert parts["weight"].iloc[:2].sum() == pytest.approx(1)
    assert parts["contribution"].iloc[:2].sum() == pytest.approx(entity, rel=SAME)


def test_known_parts_are_found():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"province": np.repeat(np.arange(20), 8), "year": np.tile(range(8), 20)})
    inside = rng.normal(size=(20, 8))
    inside -= inside.mean(axis=0) + inside.mean(axis=1, keepdims=True) - inside.mean()
    frame["x"] = inside.ravel() + frame["year"]
    frame["y"] = 2 * inside.ravel() - 3 * frame["year"] + frame["province"]
    parts = by_comparison(
        frame, Specification("y", "x", entity="province", time="year", effects=("province", "year"))
    )
    assert parts["slope"].iloc[:2].tolist() == pytest.approx([2, -3])


def test_shocks_to_years_move_only_the_other_part(province_panel):
    shocked = province_panel.assign(openness=lambda p: p["openness"] + (p["year"] == 2016))
    before, after = (by_comparison(p, SPECIFICATIONS[0]) for p in (province_panel, shocked))
    assert after["slope"][0] == pytest.approx(before["slope"][0], rel=SAME)
    assert after["slope"][1] != pytest.approx(before["slope"][1], rel=0.01)
