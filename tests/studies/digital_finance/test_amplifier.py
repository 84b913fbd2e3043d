"""The index times a starting level: a known process, units, and dummies by least squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.variations import amplifier

SAME = 1e-8  # the same projection by dummies
NEAR = 0.05  # four standard errors of 60 provinces and 8 years with noise of 0.1
MODEL = Specification("y", "x", entity="province", time="year", effects=("province", "year"))


def simulate(rng: np.random.Generator, *, years_by_start: float = 0.0) -> pd.DataFrame:
    """Slopes of 0.3 and 0.5 more a standard deviation of the start; years may depend on it too."""
    keys = pd.MultiIndex.from_product([range(60), range(8)], names=["province", "year"])
    data = keys.to_frame(index=False)
    start = rng.normal(size=60)
    level = ((start - start.mean()) / start.std(ddof=1))[data["province"]]
    data["start"] = start[data["province"]] + 5.0 * data["year"]  # later values play no part
    data["x"] = rng.normal(size=len(data)) - 0.4 * level * data["year"] + data["year"]
    data["y"] = (0.3 + 0.5 * level) * data["x"] + years_by_start * level * data["year"]
    return data.assign(y=data["y"] + rng.normal(0, 0.1, len(data)))


def estimated(data: pd.DataFrame, model: Specification = MODEL) -> pd.DataFrame:
    rows = amplifier(data, model, ["start"], draws=99, rng=np.random.default_rng(1))
    return rows.set_index("years")


def test_a_known_gain_of_the_slope_is_found(rng):
    found = estimated(simulate(rng))
    assert found["estimate"].to_numpy() == pytest.approx([0.5, 0.5], abs=NEAR)
    assert (found["wild_p"] < 0.05).all()
    assert found["wild_low"].lt(0.5).all()
    assert found["wild_high"].gt(0.5).all()


def test_years_that_depend_on_the_start_mislead_only_where_they_are_common(rng):
    found = estimated(simulate(rng, years_by_start=1.0))["estimate"]
    assert found["by start"] == pytest.approx(0.5, abs=NEAR)
    assert abs(found["common"] - 0.5) > 4 * NEAR


def test_units_of_the_start_and_order_of_rows_do_not_matter(rng):
    data = simulate(rng)
    other = data.assign(start=100 - 7 * data["start"]).sample(frac=1, random_state=1)
    one, two = estimated(data), estimated(other)
    np.testing.assert_allclose(two["estimate"], -one["estimate"], rtol=SAME)
    np.testing.assert_allclose(two["std_error"], one["std_error"], rtol=SAME)


def test_it_is_least_squares_with_dummies(province_panel, baseline):
    found = amplifier(
        province_panel, baseline, ["ln_gdp_per_head"], draws=9, rng=np.random.default_rng(1)
    ).set_index("years")
    first = province_panel[province_panel["year"] == 2011].set_index("province")
    level = province_panel["province"].map(first["ln_gdp_per_head"])
    level = (level - level.mean()) / first["ln_gdp_per_head"].std()
    effects = pd.get_dummies(province_panel[["province", "year"]].astype(str), dtype=float)
    plain = province_panel[[*baseline.regressors]].join(effects)
    by_start = pd.get_dummies(province_panel["year"], dtype=float).mul(level, axis=0)
    designs = {"common": plain, "by start": pd.concat([plain, by_start], axis=1)}
    for years, design in designs.items():
        columns = np.column_stack([level * province_panel["ln_dfi"], design])
        theirs = np.linalg.lstsq(columns, province_panel["openness"], rcond=None)[0][0]
        assert found["estimate"][years] == pytest.approx(theirs, rel=1e-6)
    assert (found["n_obs"] == len(province_panel)).all()
