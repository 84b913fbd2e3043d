"""What `panel_threshold` cannot take is refused in one message, and what it can, in any type."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from linearmodels.datasets import munnell
from threshold_data import SAME, estimate, simulate


def test_every_wrong_option_is_named_at_once():
    wrong = {
        "convention": "stata",
        "regime_intercepts": "no",
        "covariance": "white",
        "n_thresholds": 4,
        "confidence": 95,
        "grid": 1,
        "draws": -1,
        "time_effects": "yes",
        "rng": 0,
    }
    with pytest.raises(ValueError, match="panel_threshold cannot run") as caught:
        estimate(simulate(), **wrong)
    told = str(caught.value)
    named = [name for name in wrong if f"option {name}=" in told]
    assert named == [name for name in wrong if name not in ("draws", "rng")]
    assert "draws=-1: give a whole number" in told
    assert "draws=-1 without rng" in told


def test_trim_must_leave_room():
    with pytest.raises(ValueError, match=r"option trim=0\.25: with 2 threshold.* below 0\.25"):
        estimate(simulate(), trim=0.25)


def test_each_threshold_may_have_its_own_trim():
    frame = simulate()
    both = estimate(frame, trim=(0.02, 0.2), draws=0)
    one = estimate(frame, n_thresholds=1, trim=0.02, draws=0)
    assert (
        both.sums_of_squares["sum_squared_residuals"][1]
        == (one.sums_of_squares["sum_squared_residuals"][1])
    )
    assert both.regimes["share"].min() >= 0.2
    with pytest.raises(ValueError, match="one for each threshold"):
        estimate(frame, trim=(0.02, 0.02, 0.02))


def test_every_value_fits_no_worse_than_any_grid():
    """On published figures (Munnell 1990), 400 quantiles of highways miss the best cut by far."""
    states = munnell.load()
    logs = ["gsp", "capital", "private", "labour"]
    states[logs] = np.log(states[["GSP", "P_CAP", "PC", "EMP"]])
    model = {"outcome": "gsp", "regime_dependent": "capital", "draws": 0}
    model |= {
        "controls": ("private", "labour"),
        "threshold": "HWY",
        "entity": "STATE",
        "time": "YR",
        "n_thresholds": 1,
    }
    fits = (estimate(states, grid=steps, **model) for steps in (None, 400, 100, 20))
    every, *coarse = (fit.thresholds["f_statistic"][0] for fit in fits)
    assert max(coarse) == coarse[0] < 0.9 * every


def test_every_fault_of_the_data_is_named_at_once():
    frame = simulate()
    frame.loc[3, "y"] = np.nan
    frame.loc[[5, 9], "q"] = np.inf
    frame["z"] = "a"
    frame = pd.concat([frame, frame.iloc[[17]]])
    with pytest.raises(ValueError, match="panel_threshold cannot run") as caught:
        estimate(frame, draws=-1)
    message = str(caught.value)
    assert message.count("\n  - ") == 5
    assert "unit and year: 1 repeated keys" in message
    assert "y: 1 missing values" in message
    assert "q: 2 infinite values, first in row 5" in message
    assert "z: holds" in message


REFUSED = {
    "No column nope": lambda _: {"threshold": "nope"},
    "x: named more than once": lambda _: {"controls": ["z", "x"]},
    "y: both outcome and threshold": lambda _: {"threshold": "y"},
    "regime_dependent is empty": lambda _: {"regime_dependent": ()},
    "year: 2 missing values": lambda d: {
        "frame": d.assign(year=d["year"].where(d["year"].index > 1))
    },
    "q: constant at 1.0": lambda d: {"frame": d.assign(q=1.0)},
    "unit: 1 entity": lambda d: {"frame": d[d["unit"] == 0]},
    "every entity is observed once": lambda d: {"frame": d[d["year"] == 2010]},
    "no row: check": lambda d: {"frame": d.iloc[:0]},
    "unit: an index level; reset_index() first": lambda d: {"frame": d.set_index(["unit", "year"])},
    "q: holds complex128; give numbers": lambda d: {"frame": d.assign(q=d["q"] + 1j)},
    "convention 'ptm' needs every entity in every period": lambda d: {
        "frame": d.iloc[1:],
        "convention": "ptm",
    },
    "convention 'ptm' has none": lambda _: {"convention": "ptm", "time_effects": True},
    "give a pandas DataFrame": lambda d: {"frame": d.to_numpy()},
    "regressor 'z' does not vary": lambda d: {"frame": d.assign(z=d["unit"])},
    "regressor 'x' does not vary once entity and time": lambda d: {
        "frame": d.assign(x=d["year"]),
        "time_effects": True,
    },
    "outcome 'y' does not vary": lambda d: {"frame": d.assign(y=d["unit"])},
    "fit the outcome exactly": lambda d: {"frame": d.assign(y=d["x"] * (d["q"] > 0))},
    "none of which leaves 12 of 240 rows": lambda d: {"frame": d.assign(q=d.index == 7)},
    "threshold 2: no cut is left": lambda d: {"frame": d.assign(q=d["q"] > 0)},
    "rows for 36 effects and slopes": lambda d: {
        "frame": d[d["year"] < 2011 + (d["unit"] < 4)],
        "n_thresholds": 3,
        "trim": 0.1,
        "controls": ["z", "w"],
    },
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals(message):
    options = {"frame": simulate(), "draws": 0} | REFUSED[message](simulate())
    with pytest.raises(ValueError, match=re.escape(message)):
        estimate(options.pop("frame"), **options)


DTYPES = {
    "nullable numbers": {"y": "Float64", "q": "Float32", "unit": "Int64"},
    "labels as categories": {"unit": "category", "year": "category"},
    "periods as text": {"year": str},
}


@pytest.mark.parametrize("kind", DTYPES)
def test_other_types_of_the_same_values(kind):
    frame = simulate().astype({"q": "float32"}).astype({"q": float})
    options = {"draws": 0, "convention": "ptm"}
    plain, other = (estimate(d, **options) for d in (frame, frame.astype(DTYPES[kind])))
    pd.testing.assert_frame_equal(other.thresholds, plain.thresholds, rtol=SAME)
    pd.testing.assert_frame_equal(other.coefficients, plain.coefficients, rtol=SAME)


def test_a_slope_that_is_not_identified_is_named():
    frame = simulate()
    frame["w"] = (frame["q"] > 0.6).astype(float) * (frame["year"] > 2012)
    frame["y"] += 5 * frame["x"] * (frame["q"] > 0)
    with pytest.raises(ValueError, match=r"slope 'w\[regime 1\]' is not identified"):
        estimate(frame, n_thresholds=1, regime_dependent=["x", "w"], draws=0)
