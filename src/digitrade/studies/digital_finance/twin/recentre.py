"""Move noise as little as possible, so that linear targets hold exactly.

A least-squares coefficient is a fixed linear function of the outcome. So the smallest change
of the outcome, in the sum of squares, that brings k coefficients to k targets is
``A'(AA')^{-1}(target - A y)``, with the k rows of A from
:mod:`digitrade.studies.digital_finance.twin.functionals`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from digitrade.data import load_province_targets
from digitrade.methods.threshold import PanelThreshold, SmallRegimeWarning, panel_threshold
from digitrade.studies.digital_finance.twin.functionals import (
    CUTS,
    ENTITY,
    MEDIATORS,
    TWO_WAY,
    FloatArray,
    all_rows,
    regime_rows,
    residual_basis,
    slope_rows,
)
from digitrade.studies.digital_finance.twin.truth import ProvinceTruth

TRIM = {"ln_dfi": 0.01, "fai_gdp": 0.05, "internet": 0.05}
ROUNDS = 60  # searches at most
SHRINK = 0.8  # of the change of slope at a rival cut, each time the search prefers it
SAME_CUT = 1e-9  # a cut is an observed value: nearer than this it is the same one


def minimum_norm(rows: FloatArray, gap: FloatArray) -> FloatArray:
    """Return the shortest vector, (n,), that the rows, k by n, send to the gap, (k,)."""
    moved: FloatArray = rows.T @ np.linalg.solve(rows @ rows.T, gap)
    return moved


def aims() -> dict[str, float]:
    """Return the value of each binding target: the printed number, or our own choice."""
    targets = load_province_targets().query("binding == 'yes'").set_index("target")
    numbers = pd.to_numeric(targets["printed"], errors="coerce").fillna(targets["aim"])
    return {str(name): float(value) for name, value in numbers.dropna().items()}


def recentre_mediators(panel: pd.DataFrame, truth: ProvinceTruth) -> dict[str, FloatArray]:
    """Return what to add to each mediator, (n,) each.

    Path a becomes the true one, and what fixed effects, controls and index leave of the two
    mediators becomes uncorrelated, so that path b is the same whether the mediators enter
    the regression one at a time or together.
    """
    basis = residual_basis(panel, TWO_WAY)
    index = panel[["ln_dfi"]].to_numpy(dtype=float)
    row = slope_rows(basis, index)[0]
    first, second = (panel[name].to_numpy(dtype=float) for name in MEDIATORS)
    shift = minimum_norm(row[None], np.array([truth.index_on_finance - row @ first]))
    left = first + shift
    left = left - basis @ (basis.T @ left)
    left = left - index[:, 0] * (row @ left)
    left = left - basis @ (basis.T @ left)
    rows = np.vstack([row, left / (left @ left)])
    gap = np.array([truth.index_on_infrastructure, 0.0]) - rows @ second
    return {MEDIATORS[0]: shift, MEDIATORS[1]: minimum_norm(rows, gap)}


def recentre_internet(panel: pd.DataFrame) -> pd.Series:
    """Return internet penetration with the highest value below its threshold moved onto it.

    An estimated threshold is an observed value, so the printed one must be observed.
    """
    (cut,) = CUTS["internet"]
    values = panel["internet"].copy()
    values[values[values <= cut].idxmax()] = cut
    return values


def recentre_outcome(panel: pd.DataFrame, truth: ProvinceTruth) -> FloatArray:
    """Return what to add to the outcome, (n,), so that every binding target holds.

    Coefficients and ratios of slopes are linear. A threshold is not; but a rival cut that adds
    nothing beside the true one fits worse than the true one. So, as long as the search prefers
    a rival, the change of slope there, which is linear, is made smaller by a fifth, and once
    more when the search has found the truth, so that it is not found by a hair.

    Raises
    ------
    RuntimeError
        If the search does not find it after :data:`ROUNDS` steps.
    """
    outcome = panel["hdft"].to_numpy(dtype=float)
    targets = _linear_targets(all_rows(panel), aims(), truth)
    rivals: dict[tuple[str, float], float] = {}
    for _ in range(ROUNDS):
        moved = _moved(panel, outcome, targets, rivals)
        preferred = _rivals(panel.assign(hdft=outcome + moved))
        if not preferred:
            margin = {rival: SHRINK * change for rival, change in rivals.items()}
            return _moved(panel, outcome, targets, margin)
        for rival in preferred:
            rivals[rival] = SHRINK * float(_change(panel, *rival) @ (outcome + moved))
    raise RuntimeError(
        f"The true thresholds are not found in {ROUNDS} steps: raise the rises of the effect in "
        "digitrade.studies.digital_finance.twin.truth, or lower noise_sd"
    )


def find_thresholds(panel: pd.DataFrame, name: str) -> PanelThreshold:
    """Search the thresholds of one variable as the targets say, without tests.

    Province effects only, no controls, every observed value a candidate, ``<=`` below.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallRegimeWarning)
        return panel_threshold(
            panel,
            outcome="hdft",
            regime_dependent="ln_dfi",
            threshold=name,
            entity="province",
            time="year",
            n_thresholds=len(CUTS[name]),
            trim=TRIM[name],
            grid=None,
            draws=0,
            rng=np.random.default_rng(0),
        )


def _linear_targets(
    rows: Mapping[str, FloatArray], aim: Mapping[str, float], truth: ProvinceTruth
) -> list[tuple[FloatArray, float]]:
    """Return row and value of every target that is linear in the outcome."""
    finance, infrastructure = (f"{name}:b" for name in MEDIATORS)
    ratios = {"fai_gdp": aim["investment_ratio"], "internet": aim["internet_ratio"]}
    named = ("baseline", "east", "central", "west", "finance_high", "finance_low")
    return [
        *((rows[name], aim[name]) for name in named),
        (rows["ln_digitalisation"], aim["digitalisation"]),
        (rows[finance], aim["via_finance"] / truth.index_on_finance),
        (rows[infrastructure], aim["via_infrastructure"] / truth.index_on_infrastructure),
        (rows["ln_dfi:0"], aim["index_low"]),
        (rows["ln_dfi:1"], aim["index_between"]),
        (rows["ln_dfi:2"], aim["index_high"]),
        *((rows[f"{name}:1"] - ratio * rows[f"{name}:0"], 0.0) for name, ratio in ratios.items()),
    ]


def _moved(
    panel: pd.DataFrame,
    outcome: FloatArray,
    targets: list[tuple[FloatArray, float]],
    rivals: Mapping[tuple[str, float], float],
) -> FloatArray:
    """Return the smallest move, (n,), that meets the targets and the changes at rival cuts."""
    changes = [(_change(panel, *rival), value) for rival, value in rivals.items()]
    rows = np.vstack([row for row, _ in (*targets, *changes)])
    values = np.array([value for _, value in (*targets, *changes)])
    return minimum_norm(rows, values - rows @ outcome)


def _rivals(panel: pd.DataFrame) -> list[tuple[str, float]]:
    """Return the estimated cuts that are not the highest observed value below a true one."""
    rivals = []
    for name, cuts in CUTS.items():
        values = panel[name]
        true = [values[values <= cut].max() for cut in cuts]
        found = find_thresholds(panel, name).thresholds["estimate"]
        wrong = [cut for cut in found if min(abs(cut - one) for one in true) > SAME_CUT]
        rivals += [(name, float(cut)) for cut in wrong]
    return rivals


def _change(panel: pd.DataFrame, name: str, rival: float) -> FloatArray:
    """Return the row of the change of slope at a rival cut, with the true ones in place."""
    cuts = sorted([*CUTS[name], rival])
    rows = regime_rows(panel, name, cuts, residual_basis(panel, ENTITY))
    place = cuts.index(rival)
    change: FloatArray = rows[place + 1] - rows[place]
    return change
