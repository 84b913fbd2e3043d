"""A small panel and a call of every estimator on it, for tests of what all have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from digitrade import methods as m

FIRMS, YEARS = 16, 6
TREATMENT = {"event_time", "cohort", "d"}
Call = Callable[..., Any]


def sample(seed: int = 3) -> pd.DataFrame:
    """Sixteen firms of eight zones in six years; two cohorts of zones are treated."""
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([range(FIRMS), range(2010, 2010 + YEARS)])
    frame = keys.to_frame(index=False, name=["firm", "year"])
    frame["zone"] = frame["firm"] // 2
    frame["group"] = np.where(frame["firm"] % 2, "a", "b")
    frame["cohort"] = frame["zone"].map({0: 2012.0, 1: 2013.0, 2: 2012.0})
    frame["event_time"] = frame["year"] - frame["cohort"]
    frame["d"] = (frame["year"] >= frame["cohort"]).astype(float)
    for name in ("x", "z", "w", "iv", "m", "y"):
        frame[name] = rng.normal(size=len(frame))
    frame["x"] += 0.5 * frame["iv"]
    frame["m"] += 0.4 * frame["x"]
    frame["y"] += 0.5 * frame["x"] + 0.3 * frame["z"] + 0.2 * frame["m"] + frame["d"]
    frame["treat"] = (frame["z"] + rng.normal(size=len(frame)) > 0).astype(float)
    return frame


def one(regressor: str = "x", **changes: Any) -> m.Specification:
    keys = {"entity": "firm", "time": "year", "effects": ("firm", "year")}
    return m.Specification("y", regressor, ("z",), **(keys | {"cluster": "zone"} | changes))


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def left_out(frame: pd.DataFrame) -> list[Any]:
    """The row that is first in the sample, wherever it is."""
    return list(frame.index[[np.argmax(frame["treat"] + frame["w"])]])


def of_event_study(frame: pd.DataFrame) -> pd.DataFrame:
    study = m.event_study(frame, one("d"), event_time="event_time", base=-1)
    return m.pretrend_power(study.effects, study.vcov, study.post_weights())


def balanced(frame: pd.DataFrame) -> pd.DataFrame:
    ones = pd.Series(1.0, getattr(frame, "index", [0]))
    return m.balance(frame, ["z", "w"], getattr(frame, "treat", ones), ones)


def matched(frame: pd.DataFrame) -> m.matching.Matches:
    scores = m.propensity_score(frame, treatment="treat", covariates=["z", "w"])
    return m.match(scores, frame["treat"])


def paths(frame: pd.DataFrame) -> dict[str, Any]:
    mediation = m.mediate(frame, one(), "m", draws=19, rng=rng())
    return m.path_sensitivity(frame, mediation)


# name: call, columns of numbers it uses, those of labels
ESTIMATORS: dict[str, tuple[Call, str, str]] = {
    "fixed_effects": (lambda d: m.fixed_effects(d, one()), "y x z", "firm year zone"),
    "fit_all": (lambda d: m.fit_all(d, m.build_up(one()))[1], "y x z", "firm year zone"),
    "driscoll_kraay": (
        lambda d: m.fixed_effects(d, one(covariance="driscoll-kraay")),
        "y x z",
        "firm year",
    ),
    "two_ways": (lambda d: m.fixed_effects(d, one(cluster=("zone", "year"))), "y x z", "zone year"),
    "suest": (
        lambda d: m.suest({"a": (d, one()), "b": (d, one("w"))}),
        "y x w z",
        "firm year zone",
    ),
    "partial_out": (lambda d: m.partial_out(d, "y", one()), "y z", "firm year"),
    "without_rows": (
        lambda d: m.without_rows(d, one(), {"a": left_out(d)}),
        "y x z",
        "firm year zone",
    ),
    "influence": (lambda d: m.influence(d, one()), "y x z", "firm year"),
    "group_influence": (lambda d: m.group_influence(d, one(), by="zone"), "y x z", "firm zone"),
    "event_study": (
        lambda d: m.event_study(d, one("d"), event_time="event_time", base=-1),
        "y z event_time",
        "firm year zone",
    ),
    "pretrend_power": (of_event_study, "y z event_time", "firm year zone"),
    "by_group": (
        lambda d: m.by_group(d, one(cluster="firm"), "group", draws=19, rng=rng()),
        "y x z",
        "firm year group",
    ),
    "decompose_slope": (lambda d: m.decompose_slope(d, one(), "group"), "y x z", "firm group"),
    "by_comparison": (lambda d: m.by_comparison(d, one()), "y x z", "firm year"),
    "treatment_weights": (
        lambda d: m.treatment_weights(d, one("d"), cohort="cohort"),
        "d z",
        "firm year",
    ),
    "instrumental_variables": (
        lambda d: m.instrumental_variables(d, one(), ["iv"]),
        "y x z iv",
        "firm year zone",
    ),
    "mediate": (
        lambda d: m.mediate(d, one(), "m", draws=19, rng=rng()),
        "y x z m",
        "firm year zone",
    ),
    "monte_carlo": (
        lambda d: m.mediate(d, one(), "m", inference="monte-carlo", draws=19, rng=rng()),
        "y x z m",
        "firm zone",
    ),
    "sensitivity": (lambda d: m.sensitivity(d, one()), "y x z", "firm year"),
    "path_sensitivity": (paths, "y x z m", "firm year"),
    "wild_cluster_bootstrap": (
        lambda d: m.wild_cluster_bootstrap(d, one(), draws=99, rng=rng()),
        "y x z",
        "firm year zone",
    ),
    "permutation_placebo": (
        lambda d: m.permutation_placebo(d, one(), draws=19, rng=rng()),
        "y x z",
        "firm year zone",
    ),
    "in_space_placebo": (
        lambda d: m.in_space_placebo(
            d, one("d"), cohort="cohort", unit="zone", draws=19, rng=rng()
        ),
        "y d z",
        "firm zone",
    ),
    "in_time_placebo": (
        lambda d: m.in_time_placebo(d, one("d"), cohort="cohort", years_ahead=1),
        "y z",
        "firm zone",
    ),
    "propensity_score": (
        lambda d: m.propensity_score(d, treatment="treat", covariates=["z", "w"]),
        "z w treat",
        "",
    ),
    "match": (matched, "z w treat", ""),
    "balance": (balanced, "z w", ""),
    "psm_did": (
        lambda d: m.psm_did(
            d, one(), covariates=["z", "w"], treatment="treat", weighting="weights"
        ),
        "y x z",
        "",
    ),
    "composite_weights": (lambda d: m.composite_weights(d, positive=["x", "w"]), "x w", ""),
    "composite_index": (
        lambda d: m.composite_index(d, positive=["x"], negative=["w"]),
        "x w",
        "",
    ),
}
ELSEWHERE = {  # not estimated from a frame here, or covered by tests of their own
    "Estimate", "MatchingRule", "Sample", "Slopes", "Specification",
    "build_up", "combine", "panel_threshold", "wald",
}  # fmt: skip


def numbers(found: Any) -> np.ndarray:
    """All numbers of a result in a row, those of rows in an order of their own."""
    if isinstance(found, pd.DataFrame) and "std_difference" in found:
        found = found.filter(regex="std_difference|variance_ratio")
    if isinstance(found, pd.DataFrame):
        return found.select_dtypes("number").to_numpy(dtype=float).ravel()
    if isinstance(found, pd.Series):
        return found.sort_index().to_numpy(dtype=float)
    if isinstance(found, dict):
        return np.concatenate([numbers(part) for part in found.values()])
    for name in ("rows", "weights", "parts", "interacted", "coefficients"):
        if hasattr(found, name) and name != "weights":
            part = getattr(found, name)
            columns = [c for c in ("change", "weight", "contribution", *TIDY) if c in part]
            return np.sort(np.concatenate([part[c].to_numpy(dtype=float) for c in columns]))
    if isinstance(found, m.matching.Matches):
        return np.sort(found.weights.to_numpy())
    if hasattr(found, "sample"):
        return numbers(found.estimate)
    return numbers(found.tidy())


TIDY = ("estimate", "std_error", "p_value")
