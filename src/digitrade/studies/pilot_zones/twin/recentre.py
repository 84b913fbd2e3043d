"""Move the noise of the simulated firms a little, so that the printed coefficients hold.

A least-squares coefficient is a fixed linear function of the outcome. So the smallest change that
brings many of them near their targets has a formula; here *small* means small relative to
each value, so that a ratio of nearly nothing stays one and no ratio turns negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import optimize

from digitrade.data import load_firm_targets
from digitrade.methods.absorb import Absorber
from digitrade.studies.pilot_zones.specifications import TABLES, PrintedColumn
from digitrade.studies.pilot_zones.twin.outcomes import BILLION
from digitrade.studies.pilot_zones.variables import build_firm_panel

FloatArray = np.ndarray
RELATIVE = 0.6  # standard deviation of a move, relative to the value that is moved
LARGE = 4.0
CLOSE = 0.02  # printed standard errors: how near a target is to be met
LOOSE = 4.0  # the same for leads, of which no number is printed
MOST = 0.8  # of a value, that a move may take away
ROUNDS = 20
LOANS = ("log_shortloan", "log_longloan", "log_totalloan")
EVENT_COHORTS = range(-8, 6)


def functional(column: PrintedColumn, panel: pd.DataFrame, term: str) -> FloatArray:
    """Return the row, (n,), whose product with the outcome is a printed column's coefficient.

    Parameters
    ----------
    column
        The printed regression.
    panel
        n rows, numbered from 0 by their index.
    term
        The regressor in question.
    """
    rows = column.sample(panel.assign(position=np.arange(len(panel))))
    names = list(column.specification.regressors)
    matrix = _functionals(rows, names, column.specification.effects, len(panel))
    row: FloatArray = matrix[names.index(term)]
    return row


def _functionals(
    rows: pd.DataFrame, names: list[str], effects: tuple[str, ...], size: int
) -> FloatArray:
    """Return a row a regressor, of length ``size``, zero where ``rows`` has no position."""
    within = Absorber.of(rows, effects).residualise(rows[names].to_numpy(dtype=float))
    matrix = np.zeros((len(names), size))
    matrix[:, rows["position"].to_numpy()] = np.linalg.solve(within.T @ within, within.T)
    return matrix


def binding_columns(outcome: str) -> Iterator[tuple[PrintedColumn, str, float, float]]:
    """Yield column, regressor, printed coefficient and standard error of binding targets."""
    targets = load_firm_targets().query("kind == 'coefficient' and binding == 'yes'")
    for _, target in targets.iterrows():
        for column in TABLES.get(target["table"], ()):
            same = (column.panel, column.column) == (target["panel"], target["column"])
            if same and column.specification.outcome == outcome:
                yield column, target["term"], float(target["printed"]), float(target["std_error"])


def recentre_financing(panel: pd.DataFrame, path: Mapping[int, float]) -> FloatArray:
    """Return what to add to FC, (n,), to bring its mean, tables and path near what is printed.

    What the zone adds is left alone: only FC without it is moved, and never below zero.

    Parameters
    ----------
    panel
        The firm panel; rows with the largest value are left alone.
    path
        Aims of the event study by years since the zone, over the earliest year.
    """
    fc = panel["fc"].to_numpy(dtype=float)
    found = list(binding_columns("fc"))
    rows = [functional(column, panel, term) for column, term, _, _ in found]
    aims = [(aim, error) for _, _, aim, error in found]
    events, event_aims = _event_rows(panel, path)
    mean = float(load_firm_targets().set_index("target").loc["mean_fc", "printed"])
    matrix = np.vstack([*rows, *events, np.full(len(fc), 1 / len(fc))])
    values = np.array([*aims, *event_aims, (mean, 0.01)])
    gap, near = values[:, 0] - matrix @ fc, CLOSE * values[:, 1]
    without = np.maximum(fc - panel["true_effect_fc"].to_numpy(dtype=float), 0.0)
    scale = RELATIVE * np.where(fc == fc.max(), 0.0, np.minimum(without, LARGE))
    return _smallest(matrix, gap, near, scale, without)


def _smallest(
    rows: FloatArray, gap: FloatArray, near: FloatArray, scale: FloatArray, values: FloatArray
) -> FloatArray:
    """Return the smallest move relative to ``scale`` (n,) that meets k gaps to within ``near``.

    Where it would take most of a value away, that value is made harder to move.
    """
    for _ in range(ROUNDS):
        weighted = rows * scale**2
        moved: FloatArray = weighted.T @ np.linalg.solve(weighted @ rows.T + np.diag(near**2), gap)
        gone = moved < -MOST * values
        if not gone.any():
            return moved
        scale = np.where(gone, scale / 2, scale)
    raise RuntimeError("FC cannot be moved without turning negative: change the truth")


def _event_rows(
    panel: pd.DataFrame, path: Mapping[int, float]
) -> tuple[list[FloatArray], list[tuple[float, float]]]:
    """Return rows and aims of the event study over the earliest year."""
    column = TABLES["3"][2]
    numbered = panel.assign(position=np.arange(len(panel)))
    rows = column.sample(numbered)
    dummies = {f"event_{k}": (rows["event_time"] == k).astype(float) for k in EVENT_COHORTS}
    rows = rows.assign(**dummies)
    names = [*dummies, *column.specification.controls]
    matrix = _functionals(rows, names, column.specification.effects, len(panel))
    return list(matrix[: len(dummies)]), [
        (path.get(k, 0.0), 1.0 if k in path else LOOSE) for k in EVENT_COHORTS
    ]


def recentre_extract(extract: pd.DataFrame, path: Mapping[int, float]) -> pd.DataFrame:
    """Return the extract with its noise moved so that the binding targets hold.

    Parameters
    ----------
    extract
        As drawn.
    path
        Aims of the event study, see :func:`recentre_financing`.
    """
    moved = extract.copy()
    for step in (_subsidies, _assets, _loans, _exports, _keywords, _agglomeration):
        moved = step(moved, build_firm_panel(moved))
    panel = build_firm_panel(moved)
    fc = panel["fc"] + recentre_financing(panel, path)
    return moved.assign(financial_assets=fc * moved["fixed_assets"])


def _single(panel: pd.DataFrame, outcome: str, scale: FloatArray) -> FloatArray:
    """Return the smallest move of an outcome, relative to a scale, that meets its one target."""
    ((column, term, aim, _),) = binding_columns(outcome)
    row = functional(column, panel, term)
    gap = aim - float(row @ panel[outcome].fillna(0.0).to_numpy(dtype=float))
    weighted = row * scale**2
    move: FloatArray = weighted * gap / float(weighted @ row)
    return move


def _subsidies(extract: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    move = _single(panel, "log_govsub", np.ones(len(panel)))
    return extract.assign(subsidies=np.expm1(panel["log_govsub"] + move))


def _exports(extract: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    value = panel["export"]
    scale = value.where((value > 0) & (value < value.max()), 0.0).clip(upper=LARGE).to_numpy()
    return extract.assign(export_revenue=(value + _single(panel, "export", scale)) * BILLION)


def _keywords(extract: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    value = panel["digitalisation"]
    scale = value.where(value < value.max(), 0.0).clip(upper=10 * LARGE).to_numpy()
    words = (value + _single(panel, "digitalisation", scale)).round().clip(lower=0)
    return extract.assign(digital_words=words)


def _agglomeration(extract: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Move agglomeration by city and year, inside its printed ends."""
    ((column, term, aim, _),) = binding_columns("agg")
    cells = panel.groupby(["city", "year"]).ngroup().to_numpy()
    row = np.bincount(cells, functional(column, panel, term))
    value = pd.Series(panel["agg"].to_numpy()).groupby(cells).first().to_numpy()
    inside = (value > value.min()) & (value < value.max())
    scale = np.minimum(value - value.min(), value.max() - value) * inside
    weighted = row * np.minimum(scale, 1.0) ** 2
    move = weighted * (aim - row @ value) / float(weighted @ row)
    return extract.assign(agg=np.clip(value + move, value.min(), value.max())[cells])


def _assets(extract: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Move log assets, on which the SA index depends through a parabola, in a few steps."""
    ((column, term, aim, _),) = binding_columns("sa")
    row = functional(column, panel, term)
    slope = -0.737 + 2 * 0.043 * panel["size"].to_numpy()
    direction = row * slope / np.abs(row).max()

    def moved(step: float) -> pd.DataFrame:
        return extract.assign(total_assets=extract["total_assets"] * np.exp(step * direction))

    def gap(step: float) -> float:
        return float(row @ build_firm_panel(moved(step))["sa"].to_numpy()) - aim

    return moved(_root(gap))


def _loans(extract: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Move short, long and all loans together until the three coefficients are the printed ones."""
    rows = {
        name: functional(*next(binding_columns(name))[:1], panel, "zone_post") for name in LOANS
    }
    aims = np.array([next(binding_columns(name))[2] for name in LOANS])
    patterns = [row / np.abs(row).max() for row in rows.values()]

    def moved(steps: FloatArray) -> pd.DataFrame:
        short, long, both = (step * pattern for step, pattern in zip(steps, patterns, strict=True))
        return extract.assign(
            short_loans=extract["short_loans"] * np.exp(short + both),
            long_loans=extract["long_loans"] * np.exp(long + both),
        )

    def gaps(steps: FloatArray) -> FloatArray:
        frame = build_firm_panel(moved(steps))
        found = [float(rows[name] @ frame[name].fillna(0.0).to_numpy()) for name in LOANS]
        return np.array(found) - aims

    solved = optimize.root(gaps, np.zeros(len(LOANS)), tol=1e-6)
    return moved(solved.x)


def _root(gap: Callable[[float], float]) -> float:
    return float(optimize.root_scalar(gap, x0=0.0, x1=0.01, method="secant", xtol=1e-8).root)
