"""Move the firms' noise a little, relative to each value, so that the printed coefficients hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy import optimize

from digitrade.data import load_firm_targets
from digitrade.methods.absorb import Absorber
from digitrade.methods.calibration import FloatArray, coefficient_rows, minimum_norm
from digitrade.studies.pilot_zones.specifications import CONTROLS, PRINTED, TABLES, PrintedColumn
from digitrade.studies.pilot_zones.variables import BILLION_YUAN as BILLION
from digitrade.studies.pilot_zones.variables import CONSTRUCTED, build_firm_panel

RELATIVE = 0.6  # standard deviation of a move, relative to the value that is moved
LARGE = 4.0
CLOSE = 0.02  # printed standard errors: how near a target is to be met
LOOSE = 4.0  # the same for leads, of which no number is printed
MOST = 0.8  # of a value, that a move may take away
ROUNDS = 20
LOANS = ("log_shortloan", "log_longloan", "log_totalloan")
EVENT_TIMES = range(-8, 6)
FIGURE_PATH = {0: 0.12, 1: 0.24, 2: 0.24, 3: 0.60, 4: 0.30, 5: 0.17}  # aims over the earliest year


def recentre_extract(extract: pd.DataFrame) -> pd.DataFrame:
    """Return the extract with its noise moved so that the binding targets hold."""
    moved, panel = extract, build_firm_panel(extract)
    for move, touched in STEPS:
        moved = moved.assign(**move(moved, panel))
        panel = panel.assign(**{name: CONSTRUCTED[name](moved) for name in touched})
    fc = panel["fc"] + _financing(panel)
    return moved.assign(financial_assets=fc * moved["fixed_assets"])


def functionals(column: PrintedColumn, panel: pd.DataFrame) -> dict[str, FloatArray]:
    """Return, for each regressor of a printed column, the row that gives its coefficient, (n,)."""
    rows = column.sample(panel.assign(position=np.arange(len(panel))))
    names = list(column.specification.regressors)
    absorber = Absorber.of(rows, column.specification.effects)
    found = np.zeros((len(names), len(panel)))
    found[:, rows["position"]] = coefficient_rows(absorber.residualise(rows[names].to_numpy(float)))
    return dict(zip(names, found, strict=True))


def _binding(outcome: str) -> Iterator[tuple[PrintedColumn, str, float, float]]:
    """Yield column, regressor, printed coefficient and standard error of binding targets."""
    targets = load_firm_targets().query("kind == 'coefficient' and binding == 'yes'")
    columns = {column.key: column for column in PRINTED if column.specification.outcome == outcome}
    for target in targets.itertuples():
        if column := columns.get(target.table + target.panel + target.column):
            yield column, target.term, float(target.printed), float(target.std_error)


def _only(outcome: str, panel: pd.DataFrame) -> tuple[FloatArray, float]:
    """Return row and printed coefficient of an outcome that has one binding target."""
    ((column, term, aim, _),) = _binding(outcome)
    return functionals(column, panel)[term], aim


def _financing(panel: pd.DataFrame) -> FloatArray:
    """Return what to add to FC, (n,); effects and the largest value stay, none turns negative."""
    fc = panel["fc"].to_numpy(dtype=float)
    rows, aims = _event_rows(panel)
    for column, term, *aim in _binding("fc"):
        rows, aims = [*rows, functionals(column, panel)[term]], [*aims, aim]
    mean = float(load_firm_targets().set_index("target").loc["mean_fc", "printed"])
    matrix = np.vstack([*rows, np.full(len(fc), 1 / len(fc))])
    goal, unit = np.array([*aims, (mean, 0.01)]).T
    without = np.maximum(fc - panel["true_effect_fc"].to_numpy(dtype=float), 0.0)
    scale = RELATIVE * np.where(fc == fc.max(), 0.0, np.minimum(without, LARGE))
    for _ in range(ROUNDS):
        moved = minimum_norm(matrix, goal - matrix @ fc, scale=scale, near=CLOSE * unit)
        too_much = moved < -MOST * without
        if not too_much.any():
            return moved
        scale = np.where(too_much, scale / 2, scale)
    raise RuntimeError("FC cannot be moved without turning negative: change the truth")


def _event_rows(panel: pd.DataFrame) -> tuple[list[FloatArray], list[list[float]]]:
    """Return rows of the event study over the earliest year, and for each its aim and unit."""
    dummies = {f"event_{k}": (panel["event_time"] == k).astype(float) for k in EVENT_TIMES}
    first, *others = dummies
    column = TABLES["3"][2].replace(regressor=first, controls=(*others, *CONTROLS))
    rows = functionals(column, panel.assign(**dummies))
    aims = [[FIGURE_PATH.get(k, 0.0), 1.0 if k in FIGURE_PATH else LOOSE] for k in EVENT_TIMES]
    return [rows[name] for name in dummies], aims


def _moved(panel: pd.DataFrame, outcome: str, most: float | None = None) -> pd.Series:
    """Return an outcome after the smallest move to its target, relative to values up to most."""
    (row, aim), value, scale = _only(outcome, panel), panel[outcome], None
    if most is not None:
        scale = value.where((value > 0) & (value < value.max()), 0.0).clip(upper=most).to_numpy()
    gap = aim - row @ value.fillna(0.0).to_numpy(dtype=float)
    return value + minimum_norm(row[None], np.array([gap]), scale=scale)


def _keywords(_: pd.DataFrame, panel: pd.DataFrame) -> dict[str, pd.Series]:
    words = _moved(panel, "digitalisation", 10 * LARGE)
    return {"digital_words": words.round().clip(lower=0)}


def _agglomeration(_: pd.DataFrame, panel: pd.DataFrame) -> dict[str, FloatArray]:
    """Move agglomeration by city and year, inside its printed ends."""
    row, aim = _only("agg", panel)
    cells = panel.groupby(["city", "year"]).ngroup().to_numpy()
    row = np.bincount(cells, row).astype(float)
    value = panel["agg"].groupby(cells).first().to_numpy()
    low, high = value.min(), value.max()
    room = np.minimum(np.minimum(value - low, high - value), 1.0)
    moved = value + minimum_norm(row[None], np.array([aim - row @ value]), scale=room)
    return {"agg": np.clip(moved, low, high)[cells]}


def _assets(extract: pd.DataFrame, panel: pd.DataFrame) -> dict[str, pd.Series]:
    """Move log assets, on which the SA index depends through a parabola, in a few steps."""
    row, aim = _only("sa", panel)
    slope = -0.737 + 2 * 0.043 * panel["size"].to_numpy()
    direction = row * slope / np.abs(row).max()

    def moved(step: float) -> dict[str, pd.Series]:
        return {"total_assets": extract["total_assets"] * np.exp(step * direction)}

    def gap(step: float) -> float:
        return float(row @ CONSTRUCTED["sa"](extract.assign(**moved(step)))) - aim

    root = optimize.root_scalar(gap, x0=0.0, x1=0.01, method="secant", xtol=1e-8).root
    return moved(float(root))


def _loans(extract: pd.DataFrame, panel: pd.DataFrame) -> dict[str, pd.Series]:
    """Move short, long and all loans together until the three coefficients are the printed ones."""
    targets = {name: _only(name, panel) for name in LOANS}
    patterns = [row / np.abs(row).max() for row, _ in targets.values()]

    def moved(steps: FloatArray) -> dict[str, pd.Series]:
        short, long, both = (step * pattern for step, pattern in zip(steps, patterns, strict=True))
        return {
            "short_loans": extract["short_loans"] * np.exp(short + both),
            "long_loans": extract["long_loans"] * np.exp(long + both),
        }

    def gaps(steps: FloatArray) -> list[float]:
        logs = {name: CONSTRUCTED[name](extract.assign(**moved(steps))) for name in LOANS}
        return [float(row @ logs[n].fillna(0.0)) - aim for n, (row, aim) in targets.items()]

    return moved(optimize.root(gaps, np.zeros(len(LOANS)), tol=1e-6).x)


Move = Callable[[pd.DataFrame, pd.DataFrame], dict[str, pd.Series] | dict[str, FloatArray]]
STEPS: tuple[tuple[Move, tuple[str, ...]], ...] = (
    (lambda _, panel: {"subsidies": np.expm1(_moved(panel, "log_govsub"))}, ("log_govsub",)),
    (_assets, ("sa", "size")),
    (_loans, LOANS),
    (
        lambda _, panel: {"export_revenue": _moved(panel, "export", LARGE) * BILLION},
        ("export",),
    ),
    (_keywords, ("digitalisation",)),
    (_agglomeration, ("agg",)),
)  # in this order; and the variables of the panel that each touches
