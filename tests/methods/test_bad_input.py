"""Input that cannot be used: every estimator refuses each kind in one error that names the column.

The refusal is the estimator's own, raised in digitrade, never an error out of another library.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable

import gate
import numpy as np
import pandas as pd
import pytest

from digitrade.methods import MatchingRule, Specification, match, wald
from digitrade.methods.checks import FAR

FRAME = gate.sample()
FIFTH = np.arange(len(FRAME)) == 5
NUMBERS: dict[str, Callable[[pd.Series], object]] = {
    "infinite": lambda c: c.where(~FIFTH, np.inf),
    "minus infinite": lambda c: c.where(~FIFTH, -np.inf),
    "text": lambda c: c.astype(str),
    "dates": lambda c: pd.to_datetime(c * 1e15),
    "durations": lambda c: pd.to_timedelta(c, unit="s"),
    "complex": lambda c: c + 1j,
    "categories": lambda c: pd.Categorical(c.round(1)),
    "objects": lambda c: c.astype(object),
    "lists": lambda c: pd.Series([[1.0]] * len(c), c.index),
    "beyond floats": lambda c: c.fillna(1) * 1e200,
    "arrow dates": lambda c: pd.to_datetime(c * 1e15).astype("timestamp[ns][pyarrow]"),
}
KEYS = ("firm", "year")
FRAMES: dict[str, Callable[[pd.DataFrame], object]] = {
    "list": lambda d: d.to_numpy().tolist(),
    "array": lambda d: d.to_numpy(),
    "nothing": lambda _: None,
    "series": lambda d: d["y"],
    "no row": lambda d: d.iloc[:0],
    "one row": lambda d: d.iloc[:1],
}


def refusal(call: Callable[[], object]) -> str:
    """The text of the error, which must be our own."""
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert "digitrade/methods" in frames[-1].filename.replace("\\", "/"), frames[-1]
    return str(caught.value)


CASES = [
    (name, column) for name, (_, used, _) in gate.ESTIMATORS.items() for column in used.split()
]


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize(("estimator", "column"), CASES)
def test_what_is_no_number_is_refused_by_name(estimator, column, kind):
    broken = FRAME.assign(**{column: NUMBERS[kind](FRAME[column])})
    assert column in refusal(lambda: gate.ESTIMATORS[estimator][0](broken))


@pytest.mark.parametrize(("estimator", "column"), CASES)
def test_a_column_that_is_not_there_or_twice_is_refused_by_name(estimator, column):
    call = gate.ESTIMATORS[estimator][0]
    assert column in refusal(lambda: call(FRAME.drop(columns=column)))
    twice = pd.concat([FRAME, FRAME[[column]]], axis=1)
    assert column in refusal(lambda: call(twice))


@pytest.mark.parametrize("estimator", gate.ESTIMATORS)
def test_labels_that_are_missing_or_no_labels_are_refused_by_name(estimator):
    call, _, labels = gate.ESTIMATORS[estimator]
    for column in labels.split():
        if estimator == "psm_did":
            continue
        gaps = FRAME.assign(**{column: FRAME[column].astype(object).where(~FIFTH)})
        assert column in refusal(lambda gaps=gaps: call(gaps))
        lists = FRAME.assign(**{column: pd.Series([[1]] * len(FRAME))})
        assert column in refusal(lambda lists=lists: call(lists))


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize(
    "estimator", sorted(set(gate.ESTIMATORS) - {"match", "without_rows", "balance"})
)
def test_what_is_no_frame_with_rows_is_refused(estimator, kind):
    if kind == "one row" and estimator == "partial_out":
        return
    refusal(lambda: gate.ESTIMATORS[estimator][0](FRAMES[kind](FRAME)))


@pytest.mark.parametrize("estimator", gate.ESTIMATORS)
def test_repeated_keys_are_refused_by_name(estimator):
    call, _, labels = gate.ESTIMATORS[estimator]
    again = pd.concat([FRAME, FRAME.iloc[:3]], ignore_index=True)
    if labels and estimator != "partial_out":
        assert "firm and year: 3 repeated keys" in refusal(lambda: call(again))


NOTHING_LEFT = {
    "constant outcome": ("y", lambda d: d.assign(y=3.0)),
    "outcome of firms": ("y", lambda d: d.assign(y=1.0 * d["firm"])),
    "outcome of years": ("y", lambda d: d.assign(y=1.0 * d["year"])),
    "constant regressor": ("x", lambda d: d.assign(x=1e8)),
    "regressor of years": ("x", lambda d: d.assign(x=1.0 * d["year"])),
    "regressor twice the control": ("x", lambda d: d.assign(x=2e-9 * d["z"])),
    "control of firms": ("z", lambda d: d.assign(z=1.0 * d["firm"])),
    "control twice the regressor": ("z", lambda d: d.assign(z=2 * d["x"])),
    "mediator twice the regressor": ("m", lambda d: d.assign(m=2 * d["x"])),
    "mediator of years": ("m", lambda d: d.assign(m=1.0 * d["year"])),
    "instrument of firms": ("iv", lambda d: d.assign(iv=1.0 * d["firm"])),
    "instrument twice the control": ("iv", lambda d: d.assign(iv=2 * d["z"])),
}
RIGHT = {  # columns within effects are not asked of these, or what they find is right without
    "partial_out", "propensity_score", "match", "balance", "composite_weights",
    "composite_index", "treatment_weights", "by_comparison", "psm_did",
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTHING_LEFT)
@pytest.mark.parametrize("estimator", sorted(set(gate.ESTIMATORS) - RIGHT))
def test_what_leaves_nothing_to_estimate_is_refused_by_name(estimator, kind):
    column, change = NOTHING_LEFT[kind]
    call, used, _ = gate.ESTIMATORS[estimator]
    if column in used.split() and not (kind == "control twice the regressor" and "x" not in used):
        assert column in refusal(lambda: call(change(FRAME)))


NEVER = {
    "event time 0": ("event_time", lambda d: d["event_time"].fillna(0)),
    "event time -1": ("event_time", lambda d: d["event_time"].fillna(-1)),
    "event time 999": ("event_time", lambda d: d["event_time"].fillna(999)),
    "first year 0": ("event_time", lambda d: d["year"] - d["cohort"].fillna(0)),
    "first year 9999": ("event_time", lambda d: d["year"] - d["cohort"].fillna(9999)),
    "cohort 0": ("cohort", lambda d: d["cohort"].fillna(0)),
    "cohort -1": ("cohort", lambda d: d["cohort"].fillna(-1)),
    "cohort 1900": ("cohort", lambda d: d["cohort"].fillna(2010 - FAR - 80)),
}


@pytest.mark.parametrize("kind", NEVER)
def test_codes_for_never_treated_are_refused_with_what_to_do(kind):
    column, change = NEVER[kind]
    broken = FRAME.assign(**{column: change(FRAME)})
    names = ("event_study",) if column == "event_time" else ("in_space_placebo", "in_time_placebo")
    for name in names:
        told = refusal(lambda name=name: gate.ESTIMATORS[name][0](broken))
        assert column in told
        assert "missing if" in told


@pytest.mark.parametrize("draws", [0, -1, 2.5, 10**12, "9", True, None])
def test_draws_that_cannot_be_taken_are_refused(draws):
    from digitrade import methods as m

    one, options = gate.one(), {"draws": draws, "rng": gate.rng()}
    calls = [
        lambda **o: m.wild_cluster_bootstrap(FRAME, one, **o),
        lambda **o: m.permutation_placebo(FRAME, one, **o),
        lambda **o: m.mediate(FRAME, one, "m", **o),
        lambda **o: m.in_space_placebo(FRAME, gate.one("d"), cohort="cohort", unit="zone", **o),
    ]
    for call in calls:
        assert "draws" in refusal(lambda call=call: call(**options))
        assert "rng" in refusal(lambda call=call: call(draws=9, rng=None))
        assert "rng" in refusal(lambda call=call: call(draws=9, rng=7))


@pytest.mark.parametrize(
    "wrong",
    [
        {"controls": (1,)}, {"effects": (None,)}, {"cluster": 3}, {"cluster": ()},
        {"bandwidth": 2.5}, {"bandwidth": "2"}, {"confidence": "high"}, {"confidence": 1},
        {"controls": ("z", "z")}, {"outcome": ["y"]}, {"time": "firm"},
    ],
    ids=str,
)  # fmt: skip
def test_options_of_a_specification_are_refused(wrong):
    refusal(lambda: gate.one().replace(**wrong))


def test_lists_and_single_names_are_columns_too():
    one = gate.one().replace(controls=["z", "w"], effects="firm", cluster=["firm", "year"])
    assert (one.controls, one.effects, one.clusters) == (("z", "w"), ("firm",), ("firm", "year"))
    assert isinstance(one, Specification)


def test_series_rules_and_restrictions_are_refused_in_words():
    scores = pd.Series(np.linspace(0.1, 0.9, 10))
    treated = pd.Series([1, 0] * 5)
    for broken in (scores.astype(str), scores.to_numpy(), scores + 1, scores.where(scores > 0.2)):
        assert "scores" in refusal(lambda broken=broken: match(broken, treated))
    assert "treated" in refusal(lambda: match(scores, treated.astype(str)))
    assert "rule" in refusal(lambda: match(scores, treated, rule="nearest"))
    for wrong in ({"caliper": np.nan}, {"bandwidth": "wide"}, {"replace": 2}):
        refusal(lambda wrong=wrong: MatchingRule(**wrong))
    for vcov, freedom in ((np.eye(3), 9), (np.full((2, 2), np.nan), 9), (np.eye(2), 0)):
        refusal(lambda v=vcov, f=freedom: wald(np.ones(2), v, np.eye(2), f))
