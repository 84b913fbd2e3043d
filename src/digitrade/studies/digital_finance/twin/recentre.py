"""Move the provinces' noise as little as possible, so that the binding targets hold."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from digitrade.data import load_province_targets
from digitrade.methods.absorb import Projection
from digitrade.methods.calibration import FloatArray, coefficient_rows, minimum_norm
from digitrade.methods.threshold import PanelThreshold, SmallRegimeWarning
from digitrade.studies.digital_finance.thresholds import search_thresholds
from digitrade.studies.digital_finance.twin.functionals import (
    CUTS,
    ENTITY,
    MEDIATORS,
    RATIOS,
    TWO_WAY,
    all_rows,
    by_regime,
    slope_rows,
)
from digitrade.studies.digital_finance.twin.truth import TRUTH

TRIM = {"ln_dfi": 0.01, "fai_gdp": 0.05, "internet": 0.05}
Target = tuple[FloatArray, float]  # a row of length n, and its product with the outcome
ROUNDS = 60  # searches at most
SHRINK = 0.8  # of the change of slope at a rival cut, each time the search prefers it
SAME_CUT = 1e-9  # a cut is an observed value: nearer than this it is the same one
PATHS = {"via_finance": TRUTH.index_on_finance, "via_infrastructure": TRUTH.index_on_infrastructure}


def aims() -> dict[str, float]:
    """Return the value of each binding target: the printed number, or our own choice."""
    targets = load_province_targets().query("binding == 'yes'").set_index("target")
    numbers = pd.to_numeric(targets["printed"], errors="coerce").fillna(targets["aim"])
    return {str(name): float(value) for name, value in numbers.dropna().items()}


def recentre_mediators(panel: pd.DataFrame) -> pd.DataFrame:
    """Return what to add to each mediator, so that path a is true, and b with one or both."""
    projection = Projection.of(panel, TWO_WAY)
    index = panel["ln_dfi"].to_numpy(dtype=float)
    row = coefficient_rows(projection.residualise(index[:, None]))[0]
    first, second = (panel[name].to_numpy(dtype=float) for name in MEDIATORS.values())
    shift = minimum_norm(row[None], np.array([TRUTH.index_on_finance - row @ first]))
    left = projection.residualise(first + shift)
    left = projection.residualise(left - index * (row @ left))
    rows = np.vstack([row, left / (left @ left)])
    gap = np.array([TRUTH.index_on_infrastructure, 0.0]) - rows @ second
    shifts = zip(MEDIATORS.values(), (shift, minimum_norm(rows, gap)), strict=True)
    return pd.DataFrame(dict(shifts), index=panel.index)


def recentre_internet(panel: pd.DataFrame) -> pd.Series:
    """Return internet penetration with a value moved onto the threshold, so that it is observed."""
    values = panel["internet"].copy()
    values[values[values <= TRUTH.threshold_internet].idxmax()] = TRUTH.threshold_internet
    return values


def recentre_outcome(panel: pd.DataFrame) -> FloatArray:
    """Return what to add to the outcome, (n,), so that every binding target holds."""
    # A threshold is no linear target; but a rival cut that adds nothing fits worse than the true
    # one. So rivals' changes of slope shrink as long as the search prefers them, and once more.
    outcome = panel["hdft"].to_numpy(dtype=float)
    targets = _linear_targets(panel)
    changes: dict[tuple[str, float], Target] = {}
    for _ in range(ROUNDS):
        moved = _move(outcome, [*targets, *changes.values()])
        rivals = _rivals(panel.assign(hdft=outcome + moved))
        if not rivals:
            margin = [(row, SHRINK * change) for row, change in changes.values()]
            return _move(outcome, [*targets, *margin])
        for name, rival in rivals:
            row = _change(panel, name, rival)
            changes[name, rival] = (row, SHRINK * float(row @ (outcome + moved)))
    raise RuntimeError(
        f"The true thresholds are not found in {ROUNDS} steps: raise the rises of the effect in "
        "digitrade.studies.digital_finance.twin.truth, or lower noise_sd"
    )


def find_thresholds(
    panel: pd.DataFrame, name: str, *, draws: int = 0, seed: int = 0
) -> PanelThreshold:
    """Search the thresholds of one variable as the targets say: province effects alone."""
    sought = {"threshold": name, "n_thresholds": len(CUTS[name]), "trim": TRIM[name]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallRegimeWarning)
        return search_thresholds(panel, "hdft", seed=seed, draws=draws, **sought)


def _linear_targets(panel: pd.DataFrame) -> list[Target]:
    """Return every target that is linear in the outcome."""
    rows, aim = all_rows(panel), aims()
    linear = [(rows[name], aim[name] / PATHS.get(name, 1.0)) for name in aim if name in rows]
    ratios = [(rows[high] - aim[name] * rows[low], 0.0) for name, (low, high) in RATIOS.items()]
    return linear + ratios


def _move(outcome: FloatArray, targets: list[Target]) -> FloatArray:
    """Return the smallest change of the outcome that meets targets."""
    rows = np.vstack([row for row, _ in targets])
    return minimum_norm(rows, np.array([value for _, value in targets]) - rows @ outcome)


def _rivals(panel: pd.DataFrame) -> list[tuple[str, float]]:
    """Return the estimated cuts that are not the highest observed value below a true one."""
    rivals = []
    for name, cuts in CUTS.items():
        values = panel[name]
        true = [values[values <= cut].max() for cut in cuts]
        found = find_thresholds(panel, name).thresholds["estimate"]
        rivals += [(name, float(x)) for x in found if min(abs(x - y) for y in true) > SAME_CUT]
    return rivals


def _change(panel: pd.DataFrame, name: str, rival: float) -> FloatArray:
    """Return the row of the change of slope at a rival cut, with the true ones in place."""
    rows = slope_rows(panel, ENTITY, by_regime(panel, name, rival))
    place = sorted([*CUTS[name], rival]).index(rival)
    return np.asarray(rows[place + 1] - rows[place], dtype=float)
