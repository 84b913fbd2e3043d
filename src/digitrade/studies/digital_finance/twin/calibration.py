"""The calibration contract: what the twin is held to, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import load_province_targets, published_estimate
from digitrade.methods.calibration import FloatArray, evaluate
from digitrade.methods.estimate import TIDY
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.twin.recentre import (
    CUTS,
    ENTITY_CONTROLS,
    MEDIATORS,
    RATIOS,
    REGIMES,
    THRESHOLDS,
    TWO_WAY,
    all_rows,
    by_regime,
    find_thresholds,
    slope_rows,
)
from digitrade.studies.digital_finance.twin.simulate import (
    LAST_INVESTMENT,
    ProvinceTwin,
    systematic,
)
from digitrade.studies.digital_finance.twin.truth import REGIONS, TRUTH

SHAPES = ("slope_", "between_", "national_", "rise_")
PARTS = {
    "slope_east": "Within the east",
    "slope_central": "Within the centre",
    "slope_west": "Within the west",
    "between_regions": "Between regions",
}
LINEAR_TARGETS = 14  # that bind, and are met by moving the outcome's noise
SLOPES = pd.read_csv(Path(__file__).with_name("slopes.csv"), index_col="target")["title"].to_dict()
"""Titles of the targets whose draws are shown."""


def evaluate_targets(panel: pd.DataFrame) -> pd.DataFrame:
    """Hold a panel to the targets' file: ``reference`` is printed or aimed at, ``twin`` found."""
    targets = load_province_targets()
    values = linear_values(panel) | _threshold_estimates(panel) | _other_specifications(panel)
    evaluated = evaluate(targets, values).rename(columns={"found": "twin"})
    return (
        targets[["target", "description", "kind", "printed"]]
        .join(evaluated.assign(reference=evaluated["reference"].fillna(targets["aim"])))
        .assign(binding=targets["binding"] == "yes")
    )


def move_of_noise(moved: pd.DataFrame, honest: pd.DataFrame) -> pd.DataFrame:
    """Set evaluated binding targets on the honest draw beside those on the moved one."""
    shown = moved.assign(before=honest["twin"], after=moved["twin"])
    kept = moved["binding"] & moved["reference"].notna()
    return shown.loc[kept, ["target", "description", "reference", "before", "after"]]


def tidy_targets(evaluated: pd.DataFrame, n_obs: int) -> pd.DataFrame:
    """Return evaluated targets in the tidy vocabulary, a target a term; no standard errors."""
    rows = evaluated.rename(columns={"target": "term", "twin": "estimate"})
    rows = rows.assign(label="twin", outcome="hdft", n_obs=n_obs)
    return rows.reindex(columns=["label", "outcome", *TIDY])


def linear_values(panel: pd.DataFrame) -> dict[str, float]:
    """Return every coefficient and ratio among the targets, by rows; cuts are the true ones."""
    rows, outcome = all_rows(panel), panel["hdft"].to_numpy(dtype=float)
    values = {name: float(row @ outcome) for name, row in rows.items()}
    for target, name in MEDIATORS.items():
        values[target] *= float(rows["baseline"] @ panel[name].to_numpy(dtype=float))
    return values | _ratios(values)


def responses(panel: pd.DataFrame) -> pd.DataFrame:
    """Return how each coefficient (a row) responds to slopes, rises and, together, controls."""
    shapes = TRUTH.index[TRUTH.index.str.startswith(SHAPES)]
    nothing = TRUTH.where(~TRUTH.index.isin(shapes), 0.0)
    base = systematic(panel, nothing)
    parts = {one: systematic(panel, nothing + (TRUTH.index == one)) - base for one in shapes}
    rows = pd.DataFrame(all_rows(panel), index=panel.index)
    return rows.T @ pd.DataFrame(parts | {"controls": base})


def naive_slopes(panel: pd.DataFrame, slopes: Mapping[str, float]) -> pd.Series:
    """Return pooled and regional slopes where regions have slopes, but all share the years."""
    effect = (panel["region"].map(dict(slopes)).fillna(0.0) * panel["ln_dfi"]).to_numpy()
    rows = all_rows(panel)
    return pd.Series({name: float(rows[name] @ effect) for name in ("baseline", *REGIONS)})


def mixture_of_slopes(panel: pd.DataFrame, evaluated: pd.DataFrame, pooled: float) -> pd.DataFrame:
    """Return ``Part, weight, slope, share`` of a pooled slope, solved for that between regions."""
    weights = responses(panel).loc["baseline", list(PARTS)]
    slopes = evaluated.set_index("target")["reference"].reindex(REGIONS).add_prefix("slope_")
    slopes = slopes.reindex(PARTS)
    within = (weights * slopes).iloc[:-1].sum()
    slopes.iloc[-1] = (pooled - within) / weights.iloc[-1]
    parts = pd.DataFrame({"weight": weights, "slope": slopes, "share": weights * slopes})
    return parts.rename(index=PARTS).reset_index(names="Part")


def size_of_move(moved: ProvinceTwin, honest: ProvinceTwin) -> dict[str, float]:
    """Compare the move of noise with its size, and with the ``floor`` if noise did not persist."""
    truth = moved.truth.set_index("parameter")["value"]
    root = float((moved.parts["moved"] ** 2).mean() ** 0.5)
    finance = moved.panel["financial_development"] - honest.panel["financial_development"]
    return {
        "moved": root,
        "noise": truth["noise_sd"],
        "relative": 100 * root / truth["noise_sd"],
        "floor": 100 * (LINEAR_TARGETS / len(moved.panel)) ** 0.5,
        "finance": 100 * finance.std() / truth["finance_sd"],
    }


def below_investment(panel: pd.DataFrame) -> dict[str, float | str]:
    """Count the rows up to the threshold of investment, and say whose the public ones are."""
    [cut] = CUTS["fai_gdp"]
    below = panel[panel["fai_gdp"] <= cut]
    public = below.loc[below["year"] <= LAST_INVESTMENT, "province"]
    listed = (f"{count} of {name}" for name, count in public.value_counts().items())
    return {"public_rows": len(public), "all_rows": len(below), "who": " and ".join(listed)}


def tied_slopes(weights: pd.DataFrame, pooled: float) -> dict[str, float]:
    """Return what printed slopes by regime imply below them, given :func:`regime_weights`."""
    own = weights[weights["threshold"] == "ln_dfi"]
    low, middle, top = own["and controls"]
    between = published_estimate("digital_finance", "threshold", "1", "ln_dfi:between")
    beyond = published_estimate("digital_finance", "threshold", "2", "ln_dfi:high")
    rest = middle * between + top * beyond
    years_low, years_middle, years_top = own["and years"]
    return {
        "w_low": low,
        "rest": rest,
        "least": -rest / low,
        "between": between,
        "beyond": beyond,
        "most": low * between + rest,
        "under_years": (pooled - years_middle * between - years_top * beyond) / years_low,
    }


def regime_weights(panel: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the weights with which slopes by regime average to the slope without regimes."""
    row = slope_rows(panel, specification)[0]
    weights = [
        (name, regime, weight)
        for name in CUTS
        for regime, weight in enumerate(row @ by_regime(panel, name))
    ]
    return pd.DataFrame(weights, columns=["threshold", "regime", "weight"])


def regime_slopes(panel: pd.DataFrame, name: str, specification: Specification) -> FloatArray:
    """Return the slopes in the regimes of the true thresholds, low to high."""
    rows = slope_rows(panel, specification, by_regime(panel, name))
    return np.asarray(rows @ panel["hdft"].to_numpy(), dtype=float)


def _threshold_estimates(panel: pd.DataFrame) -> dict[str, float]:
    """Return thresholds, and slopes and ratios at the thresholds that were found."""
    values: dict[str, float] = {}
    for name, regimes in REGIMES.items():
        targets = [target for target, (column, _) in THRESHOLDS.items() if column == name]
        found = find_thresholds(panel, name)
        values |= dict(zip(targets, found.thresholds["estimate"].sort_values(), strict=True))
        values |= dict(zip(regimes, found.coefficients["estimate"], strict=True))
    return values | _ratios(values)


def _other_specifications(panel: pd.DataFrame) -> dict[str, float]:
    """Return the targets that do not bind: shared years, year effects, controls."""
    regions = pd.get_dummies(panel["region"], dtype=float)[list(REGIONS)]
    shared = slope_rows(panel, TWO_WAY, regions.mul(panel["ln_dfi"], axis=0).to_numpy())
    _, between, high = regime_slopes(panel, "ln_dfi", TWO_WAY)
    slopes: dict[str, float] = {}
    for name, regimes in REGIMES.items():
        slopes |= dict(zip(regimes, regime_slopes(panel, name, ENTITY_CONTROLS), strict=True))
    return {
        "east_common_years": float(shared[0] @ panel["hdft"].to_numpy(dtype=float)),
        "index_between_years": float(between),
        "index_high_years": float(high),
        **{f"{name}_controls": ratio for name, ratio in _ratios(slopes).items()},
    }


def _ratios(slopes: Mapping[str, float]) -> dict[str, float]:
    """Return each slope beyond a threshold over that below, missing if this is not positive."""
    return {
        target: slopes[high] / slopes[low] if slopes[low] > 0 else float("nan")
        for target, (low, high) in RATIOS.items()
    }
