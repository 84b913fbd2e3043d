"""The same outcome on other scales, each another question; and ln(1 + x) where x can be zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.decompositions import treatment_weights
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.specifications import effect_on, estimation_sample
from digitrade.studies.pilot_zones.variables import TRUE_EFFECT

Scale = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Given the observed values, brings values to a scale."""
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
HUNDRED = 100.0
AS_IT_IS = "As it is"
UNITS: Mapping[str, float] = {"yuan": 1.0, "thousand yuan": 1e3, "million yuan": 1e6}
MARGINS = {"any": "Has any", "log": "ln of the amount, where there is one"}
SWITCH = 1.0  # log points: a larger true effect is a first amount, not growth


def standard_scales(share: float) -> dict[str, Scale]:
    """Return the scales of the robustness chapter; ``share`` is what winsorising pulls in."""
    if not 0 <= share < 0.5:
        raise ValueError(f"Winsorising needs a share of at least 0 and below 0.5: found {share}")
    ends = f"{HUNDRED * share:g} and {HUNDRED * (1 - share):g} per cent"
    return {
        AS_IT_IS: lambda _, values: values,
        f"Winsorised at {ends}": lambda observed, values: np.clip(
            values, *np.quantile(observed, [share, 1 - share])
        ),
        "Rank, in per cent": _rank,
        "ln(1 + FC)": lambda _, values: np.log1p(values),
    }


def above(quantiles: Sequence[float]) -> dict[str, Scale]:
    """Return whether values exceed quantiles, in per cent of rows: distribution regression."""
    return {f"Above the {HUNDRED * q:g} % quantile": partial(_above, q) for q in quantiles}


def _above(quantile: float, observed: np.ndarray, values: np.ndarray) -> np.ndarray:
    return HUNDRED * (values > np.quantile(observed, quantile))


def _rank(observed: np.ndarray, values: np.ndarray) -> np.ndarray:
    ordered = np.sort(observed)
    places = np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")
    return HUNDRED * places / (2 * len(ordered))


def on_scales(
    panel: pd.DataFrame, specification: Specification, scales: Mapping[str, Scale]
) -> pd.DataFrame:
    """Estimate with the outcome on several scales, beside the true effects' mean where known."""
    rows, outcome = estimation_sample(panel, specification), specification.outcome
    observed = rows[outcome].to_numpy(dtype=float)
    changed = specification.replace(outcome="scaled")
    found = []
    for label, scale in scales.items():
        fit = fixed_effects(rows.assign(scaled=scale(observed, observed)), changed)
        row = {"row": label, **fit.main, "covariance": fit.words}
        if (true := TRUE_EFFECT + outcome) in rows:
            weights = treatment_weights(rows, specification, cohort="cohort")
            effects = rows.loc[weights.rows.index, true]
            if label != AS_IT_IS:  # where the effect may exceed the outcome
                effects = effects_on_scale(rows[outcome], effects, partial(scale, observed))
            # the second with the weights that the regression gives to rows
            row |= {"true": effects.mean(), "truth_weighted": weights.weighted_mean(effects)}
        found.append(row)
    return pd.DataFrame(found).assign(term=specification.regressor)


def scales_table(panels: Mapping[str, pd.DataFrame], *options: Any) -> pd.DataFrame:
    """Stack the estimates of :func:`on_scales` of every source, each beside its own truths."""
    blocks = [on_scales(panel, *options).assign(source=name) for name, panel in panels.items()]
    return pd.concat(blocks, ignore_index=True)


def effects_on_scale(
    outcome: pd.Series, effects: pd.Series, function: Callable[[np.ndarray], np.ndarray]
) -> pd.Series:
    """Return effects, by row, on a scale, where no outcome is below zero without its effect."""
    values = outcome[effects.index].to_numpy(dtype=float)
    without = np.maximum(values - effects.to_numpy(dtype=float), 0.0)
    return pd.Series(function(values) - function(without), effects.index)


def in_units(
    panel: pd.DataFrame,
    specification: Specification,
    outcomes: Sequence[str],
    units: Mapping[str, float] = UNITS,
) -> pd.DataFrame:
    """Estimate effects on ln(1 + amount / unit), beside what those on having any let one expect."""
    found = []  # Chen and Roth (2024, Quarterly Journal of Economics 139(2), 891-936)
    sizes = np.array([*units.values()])
    for rows, changed in _amounts(panel, specification, outcomes):
        logs = (np.log1p(rows["amount"] / size) for size in sizes)
        fits = pd.DataFrame([effect_on(rows.assign(logged=log), changed) for log in logs])
        own = pd.DataFrame({"outcome": changed.label, "unit": [*units]}).join(fits)
        any_amount = _on_any(rows, changed).get("estimate", 0.0)
        expected = own["estimate"][0] - np.log(sizes / sizes[0]) * any_amount
        found.append(own.assign(expected=expected))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def margins(
    panel: pd.DataFrame, specification: Specification, outcomes: Sequence[str]
) -> pd.DataFrame:
    """Estimate the effects on having any amount, and on its log where there is one."""
    found = []
    for rows, changed in _amounts(panel, specification, outcomes):
        some = rows[rows["amount"] > 0]
        some = some.assign(logged=np.log(some["amount"]))
        fits = {
            "any": _on_any(rows, changed) or {"n_obs": len(rows)},
            "log": effect_on(estimation_sample(some, changed, singletons=True), changed),
        }
        zeros = {"zero_share": (rows["amount"] == 0).mean()}
        for margin, fit in fits.items():
            key = {"outcome": changed.label, "margin": margin, "label": MARGINS[margin]}
            found.append(key | fit | zeros)
    return pd.DataFrame(found).assign(term=specification.regressor)


def _amounts(
    panel: pd.DataFrame, specification: Specification, outcomes: Sequence[str]
) -> Iterator[tuple[pd.DataFrame, Specification]]:
    """Give each outcome's rows with their amount, and the regression of what is logged of it."""
    for outcome in outcomes:
        if panel[outcome].notna().any():
            own = specification.replace(outcome=outcome)
            rows = estimation_sample(panel, own, singletons=True)
            amount = np.expm1(rows[outcome])
            yield rows.assign(amount=amount), own.replace(outcome="logged", label=outcome)


def _on_any(rows: pd.DataFrame, specification: Specification) -> dict[str, Any]:
    """Return the effect on having any amount; nothing where everybody has."""
    has_any = rows["amount"] > 0
    return {} if has_any.all() else effect_on(rows.assign(logged=has_any * 1.0), specification)


def true_margins(panel: pd.DataFrame, outcomes: Sequence[str]) -> pd.DataFrame:
    """Split the true effect on ln(1 + amount) over treated rows into first amounts and others."""
    names = [f"true_effect_{outcome}" for outcome in outcomes]
    effects = panel.loc[panel["zone_post"] == 1, names].dropna().set_axis([*outcomes], axis=1)
    first = effects > SWITCH
    means = {
        "share_first": first.mean(),
        "mean_first": effects.where(first).mean(),
        "mean_other": effects.mask(first).mean(),
        "from_first": effects.where(first, 0.0).mean(),
        "from_other": effects.mask(first, 0.0).mean(),
        "effect": effects.mean(),
    }
    return pd.DataFrame(means).rename_axis("outcome").reset_index()
