"""Units, shifts, labels, order of rows, types and names: none changes what estimators find."""

from __future__ import annotations

import gate
import numpy as np
import pandas as pd
import pytest

from digitrade import methods

SAME = 1e-6  # shifts of 1e8 leave eight digits of a column; the rest is rounding of least squares
FIELDS = ("p_value", "p_two_sided", "effective_f", "p_zero", "partial_r2", "n_effective")
FRAME = gate.sample()


def free(found: object) -> np.ndarray:
    """What has no unit of measurement: p-values, shares, numbers of clusters."""
    if isinstance(found, dict):
        return np.concatenate([free(part) for part in found.values()])
    tidy = found if isinstance(found, pd.DataFrame) else None
    own = [getattr(found, name) for name in FIELDS if tidy is None and hasattr(found, name)]
    for name in ("tidy", "differences"):
        part = getattr(found, name, None)
        tidy = part() if callable(part) else part if isinstance(part, pd.DataFrame) else tidy
    p_values = [] if tidy is None or "p_value" not in tidy else tidy["p_value"].astype(float)
    return np.array([*own, *p_values], dtype=float)


def strings(column: pd.Series) -> pd.Series:
    return "no " + ((column * 7919) % 10007).astype(str)


UNITS = {
    "y in 1e7": lambda d: d.assign(y=1e7 * d["y"]),
    "y in 1e-9": lambda d: d.assign(y=1e-9 * d["y"]),
    "z in 1e-8": lambda d: d.assign(z=1e-8 * d["z"]),
    "z in 1e12": lambda d: d.assign(z=1e12 * d["z"]),
    "x in 1e-8": lambda d: d.assign(x=1e-8 * d["x"]),
    "w, m and iv in 1e6": lambda d: d.assign(w=1e6 * d["w"], m=1e6 * d["m"], iv=1e6 * d["iv"]),
}
SAME_NUMBERS = {
    "z and 1e6": lambda d: d.assign(z=d["z"] + 1e6),
    "x and 1e6": lambda d: d.assign(x=d["x"] + 1e6),
    "firms of other names": lambda d: d.assign(firm=strings(d["firm"])),
    "zones of other names": lambda d: d.assign(zone=strings(d["zone"])),
    "labels in other types": lambda d: d.assign(
        firm=d["firm"].astype("category"),
        zone=d["zone"].astype("int8"),
        group=pd.Categorical(d["group"]),
    ),
    "rows in another order": lambda d: d.sample(frac=1, random_state=4),
    "rows in reverse": lambda d: d.iloc[::-1],
    "pyarrow numbers": lambda d: d.astype({"y": "double[pyarrow]", "x": "double[pyarrow]"}),
    "nullable numbers": lambda d: d.astype({"y": "Float64", "z": "Float64", "year": "Int16"}),
    "an index of the keys": lambda d: d.set_index(["firm", "year"], drop=False),
    "another index": lambda d: d.set_axis(np.arange(len(d)) * 3 + 11),
}  # fmt: skip


@pytest.fixture(scope="module")
def before() -> dict[str, object]:
    return {name: call(FRAME) for name, (call, *_) in gate.ESTIMATORS.items()}


def test_every_estimator_is_among_them():
    assert set(gate.ELSEWHERE) <= set(methods.__all__)
    names = {"driscoll_kraay", "two_ways", "monte_carlo"}
    assert set(gate.ESTIMATORS) - names == set(methods.__all__) - gate.ELSEWHERE


@pytest.mark.parametrize("estimator", gate.ESTIMATORS)
@pytest.mark.parametrize("change", UNITS)
def test_units_change_no_p_value_and_no_share(before, change, estimator):
    ours = gate.ESTIMATORS[estimator][0](UNITS[change](FRAME))
    expected = free(before[estimator])
    np.testing.assert_allclose(free(ours), expected, rtol=SAME, atol=SAME)


@pytest.mark.parametrize("estimator", gate.ESTIMATORS)
@pytest.mark.parametrize("change", SAME_NUMBERS)
def test_shifts_labels_order_and_types_change_nothing(before, change, estimator):
    ours = gate.ESTIMATORS[estimator][0](SAME_NUMBERS[change](FRAME))
    rows = estimator in ("partial_out", "propensity_score", "composite_index")
    found, expected = (gate.numbers(one) for one in (ours, before[estimator]))
    if rows:
        found, expected = np.sort(found), np.sort(expected)
    np.testing.assert_allclose(found, expected, rtol=SAME, atol=SAME)
    np.testing.assert_allclose(free(ours), free(before[estimator]), rtol=SAME, atol=SAME)
