"""The targets' regressions, each a row to multiply the outcome with, and the move to meet them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from digitrade.data import load_province_targets
from digitrade.methods.absorb import Projection
from digitrade.methods.calibration import FloatArray, coefficient_rows, minimum_norm
from digitrade.methods.heterogeneity import split_at_median
from digitrade.methods.specification import Specification
from digitrade.methods.threshold import PanelThreshold, SmallRegimeWarning
from digitrade.studies.digital_finance.thresholds import search_thresholds
from digitrade.studies.digital_finance.twin.truth import REGIONS, TRUTH
from digitrade.studies.digital_finance.variables import BASELINE

TWO_WAY = BASELINE.replace(outcome="hdft")
ENTITY = TWO_WAY.replace(controls=(), effects=("province",))
ENTITY_CONTROLS = TWO_WAY.replace(effects=("province",))
# How the targets' file calls what is estimated from each column.
DIMENSIONS = {"breadth": "ln_breadth", "depth": "ln_depth", "digitalisation": "ln_digitalisation"}
MEDIATORS = {"via_finance": "financial_development", "via_infrastructure": "infrastructure_twin"}
REGIMES = {
    "ln_dfi": ("index_low", "index_between", "index_high"),
    "fai_gdp": ("investment_low", "investment_high"),
    "internet": ("internet_low", "internet_high"),
}
THRESHOLDS = {
    "index_first": ("ln_dfi", TRUTH.threshold_index_first),
    "index_second": ("ln_dfi", TRUTH.threshold_index_second),
    "investment": ("fai_gdp", TRUTH.threshold_investment),
    "internet": ("internet", TRUTH.threshold_internet),
}
CUTS = {name: [cut for column, cut in THRESHOLDS.values() if column == name] for name in REGIMES}
RATIOS = {"investment_ratio": REGIMES["fai_gdp"], "internet_ratio": REGIMES["internet"]}
TRIM = {"ln_dfi": 0.01, "fai_gdp": 0.05, "internet": 0.05}
Target = tuple[FloatArray, float]  # a row of length n, and its product with the outcome
ROUNDS = 60  # searches at most
SHRINK = 0.8  # of the change of slope at a rival cut, each time the search prefers it
SAME_CUT = 1e-9  # a cut is an observed value: nearer than this it is the same one
PATHS = {"via_finance": TRUTH.index_on_finance, "via_infrastructure": TRUTH.index_on_infrastructure}


def by_regime(panel: pd.DataFrame, threshold: str, *rivals: float) -> FloatArray:
    """Return the log index by regime of the true cuts and rivals, zero outside, n by regimes."""
    cuts = sorted([*CUTS[threshold], *rivals])
    regime = np.searchsorted(cuts, panel[threshold], side="left")  # a cut is part of the low
    return (regime[:, None] == np.arange(len(cuts) + 1)) * panel[["ln_dfi"]].to_numpy(dtype=float)


def slope_rows(
    panel: pd.DataFrame, specification: Specification, columns: FloatArray | None = None
) -> FloatArray:
    """Return a row for the slope of each column, or of the regressor if none are given."""
    if columns is None:
        columns = panel[[specification.regressor]].to_numpy(dtype=float)
    return coefficient_rows(Projection.of(panel, specification).residualise(columns))


def finance_level(panel: pd.DataFrame) -> pd.Series:
    """Return ``"high"`` or ``"low"``: the province's mean financial development, at the median."""
    return split_at_median(panel, TWO_WAY, "financial_development", "period-mean")


def group_rows(panel: pd.DataFrame) -> dict[str, FloatArray]:
    """Return rows for the slopes of split samples, zero outside: the same ones in every draw."""
    groups = {name: panel["region"] == name for name in REGIONS}
    groups |= {f"finance_{name}": finance_level(panel) == name for name in ("high", "low")}
    rows = {name: np.zeros(len(panel)) for name in groups}
    for name, kept in groups.items():
        rows[name][kept] = slope_rows(panel[kept], TWO_WAY)[0]
    return rows


def all_rows(
    panel: pd.DataFrame, groups: Mapping[str, FloatArray] | None = None
) -> dict[str, FloatArray]:
    """Return every row that the targets rest on, by target; of indirect effects, path b."""
    columns = panel[["ln_dfi", *DIMENSIONS.values(), *MEDIATORS.values()]]
    left = Projection.of(panel, TWO_WAY).residualise(columns.to_numpy(dtype=float))
    place = {name: left[:, [k]] for k, name in enumerate(columns)}
    rows = {"baseline": coefficient_rows(place["ln_dfi"])[0]}
    rows |= group_rows(panel) if groups is None else groups
    rows |= {target: coefficient_rows(place[name])[0] for target, name in DIMENSIONS.items()}
    for target, name in MEDIATORS.items():
        rows[target] = coefficient_rows(np.hstack([place[name], place["ln_dfi"]]))[0]
    entity = Projection.of(panel, ENTITY)
    for name, regimes in REGIMES.items():
        slopes = coefficient_rows(entity.residualise(by_regime(panel, name)))
        rows |= dict(zip(regimes, slopes, strict=True))
    return rows


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
    rows, aim = all_rows(panel), aims()
    targets = [(rows[name], aim[name] / PATHS.get(name, 1.0)) for name in aim if name in rows]
    targets += [(rows[high] - aim[name] * rows[low], 0.0) for name, (low, high) in RATIOS.items()]
    changes: dict[tuple[str, float], Target] = {}
    for _ in range(ROUNDS):
        moved = _move(outcome, [*targets, *changes.values()])
        rivals = _rivals(panel.assign(hdft=outcome + moved))
        if not rivals:
            margin = [(row, SHRINK * change) for row, change in changes.values()]
            return _move(outcome, [*targets, *margin])
        for name, rival in rivals:
            place = sorted([*CUTS[name], rival]).index(rival)
            low, high = slope_rows(panel, ENTITY, by_regime(panel, name, rival))[place : place + 2]
            target = SHRINK * float((high - low) @ (outcome + moved))
            changes[name, rival] = (high - low, target)
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
