"""The one-pass search against the obvious one: a dummy-variable regression at every cut."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from digitrade.methods.threshold import CONVENTIONS, panel_threshold

SSR = 1e-12  # relative; cumulative sums and a least-squares solve of the same sums of squares
F_DRAWS = 1e-9  # relative; F takes the difference of two sums of squares a hundred times larger
DRAWS = 19  # one slow draw of the triple test is four searches of about 30 regressions each


@dataclass(frozen=True)
class SlowFit:
    """Thresholds in the order found, the curve that last placed each, and two sums of squares."""

    found: list[float]
    curves: list[dict[float, float]]
    first_pass: float
    refined: float


def best(curve: dict[float, float]) -> float:
    return min(curve, key=curve.__getitem__)


@dataclass(frozen=True)
class Slow:
    """The same model, written as a textbook would: dummies for everything, one cut at a time."""

    frame: pd.DataFrame
    regressors: tuple[str, ...]
    controls: tuple[str, ...]
    time_effects: bool
    convention: str
    intercepts: bool
    trim: float
    grid: int | None

    @property
    def dropped(self) -> bool:
        return CONVENTIONS[self.convention].drops_last

    @property
    def common(self) -> np.ndarray:
        dummies = [pd.get_dummies(self.frame["unit"], dtype=float)] if not self.dropped else []
        if self.time_effects:
            dummies.append(pd.get_dummies(self.frame["year"], dtype=float).iloc[:, 1:])
        return np.column_stack([*dummies, self.frame[list(self.controls)]])

    @property
    def min_rows(self) -> int:
        needed = Fraction(str(self.trim)) * len(self.frame)
        least = 0 if self.dropped else int(np.ceil(needed))
        return max(least, len(self.regressors) + self.intercepts + 1)

    @property
    def balanced(self) -> bool:
        return len(self.frame) == self.frame["unit"].nunique() * self.frame["year"].nunique()

    def candidates(self) -> list[float]:
        distinct, grid = sorted(set(self.frame["q"])), self.grid
        grid = grid or CONVENTIONS[self.convention].grid
        if grid is None:
            return distinct
        share, kept = Fraction(str(self.trim)), []
        while share <= 1 - Fraction(str(self.trim)):
            kept.append(int(share * len(distinct)) - 1)
            share += Fraction(1, grid)
        return [distinct[position] for position in sorted(set(kept)) if position >= 0]

    def regimes(self, gammas: list[float]) -> np.ndarray:
        q = self.frame["q"].to_numpy()
        above = [
            (q > g) if CONVENTIONS[self.convention].split == "<=" else (q >= g) for g in gammas
        ]
        return np.sum(above, axis=0) if above else np.zeros(len(q), dtype=int)

    def design(self, gammas: list[float]) -> np.ndarray:
        regime = self.regimes(gammas)
        x = self.frame[list(self.regressors)].assign(one=1.0)
        x = x.to_numpy()[:, : len(self.regressors) + self.intercepts]
        split = [x * (regime == r)[:, None] for r in range(len(gammas) + 1)]
        return np.column_stack([*split, self.common])

    def residuals(self, y: np.ndarray, gammas: list[float]) -> np.ndarray:
        design = self.design(gammas)
        if self.dropped:
            y, design = self.within(y[:, None])[:, 0], self.within(design)
        return y - design @ np.linalg.lstsq(design, y)[0]

    def within(self, columns: np.ndarray) -> np.ndarray:
        """Columns less their unit's mean, and then without the last year."""
        frame = pd.DataFrame(columns)
        demeaned = frame - frame.groupby(self.frame["unit"]).transform("mean")
        return demeaned[self.frame["year"] < self.frame["year"].max()].to_numpy()

    def apart(self, gamma: float, held: list[float]) -> bool:
        """Whether a cut keeps its distance, in candidates: the GAUSS program's rule."""
        if not self.dropped:
            return True
        there, steps = self.candidates(), self.trim * (self.grid or 400)
        gaps = [there.index(gamma) + 1 - there.index(other) for other in held]
        return all(gap < -steps or gap >= steps for gap in gaps)

    def curve(self, y: np.ndarray, held: list[float]) -> dict[float, float]:
        sums = {}
        for gamma in self.candidates():
            sizes = np.bincount(self.regimes([*held, gamma]), minlength=len(held) + 2)
            if sizes.min() >= self.min_rows and self.apart(gamma, held):
                residuals = self.residuals(y, [*held, gamma])
                sums[gamma] = float(residuals @ residuals)
        return sums

    def sequence(self, y: np.ndarray, count: int) -> list[SlowFit]:
        """Models with 1 .. count thresholds, each found given the last, then refined."""
        fits: list[SlowFit] = []
        found: list[float] = []
        curves: list[dict[float, float]] = []
        for _ in range(count):
            curves = [*curves, self.curve(y, found)]
            first_pass = refined = min(curves[-1].values())
            found = [*found, best(curves[-1])]
            for k in range(len(found) - 1):
                curves[k] = self.curve(y, [g for j, g in enumerate(found) if j != k])
                found[k], refined = best(curves[k]), min(curves[k].values())
            fits.append(SlowFit(list(found), list(curves), first_pass, refined))
        return fits

    def linear(self, y: np.ndarray) -> float:
        residuals = self.residuals(y, [])
        return float(residuals @ residuals)

    def draws(
        self, y: np.ndarray, order: int, divisor: float, rng: np.random.Generator
    ) -> list[float]:
        """F under the null of one threshold fewer, from the draws panel_threshold documents."""
        fits = self.sequence(y, order)
        null = fits[order - 2].found if order > 1 else []
        under_null, free = (self.residuals(y, gammas) for gammas in (null, fits[order - 1].found))
        statistics = []
        for errors in self.errors(free if self.balanced else under_null, rng):
            drawn = y - under_null + errors
            under = self.sequence(drawn, order - 1)
            restricted = under[-1].refined if under else self.linear(drawn)
            further = min(self.curve(drawn, under[-1].found if under else []).values())
            statistics.append((restricted - further) / (further / divisor))
        return statistics

    def errors(self, residuals: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        by_unit = self.frame.assign(e=residuals, row=range(len(residuals)))
        first = by_unit.sort_values("year").groupby("unit")["q"].first().sort_values()
        histories = [by_unit[by_unit["unit"] == unit].sort_values("year") for unit in first.index]
        if self.balanced:
            chosen = rng.integers(len(histories), size=(DRAWS, len(histories)))
            sources = [[(histories[i], 1) for i in row] for row in chosen]
        else:
            heads = rng.integers(2, size=(DRAWS, len(histories)))
            sources = [
                [(h, 1 - 2 * s) for h, s in zip(histories, row, strict=True)] for row in heads
            ]
        drawn = []
        for source in sources:
            errors = np.empty(len(residuals))
            for target, (giver, sign) in zip(histories, source, strict=True):
                errors[target["row"]] = sign * giver["e"].to_numpy()
            drawn.append(errors)
        return drawn


def simulate(
    *, units: int, years: int = 6, seed: int = 3, unbalanced: bool = False
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = units * years
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), years),
            "year": np.tile(np.arange(2010, 2010 + years), units),
            "q": rng.normal(size=rows),
            "x": 5 + rng.normal(size=rows),
            "w": rng.normal(size=rows),
            "z": rng.normal(size=rows),
        }
    )
    slope = np.select([frame["q"] <= -0.4, frame["q"] <= 0.5], [0.2, 0.8], 1.6)
    effects = rng.normal(size=units)[frame["unit"]] + 0.1 * (frame["year"] - 2010)
    frame["y"] = slope * frame["x"] + 0.5 * frame["z"] - 0.3 * frame["w"] + effects
    frame["y"] += rng.normal(size=rows)
    if unbalanced:
        frame = frame[rng.random(rows) < 0.8]
    return frame.sample(frac=1, random_state=1).reset_index(drop=True)


CASES = {
    "plain": {},
    "controls": {"controls": ("z", "w")},
    "pdR": {"controls": ("z",), "convention": "ptm", "grid": 20, "trim": 0.1},
    "GAUSS": {"regressors": ("x", "w"), "convention": "hansen-gauss", "digits": 1, "trim": 0.1},
    "Stata": {"controls": ("z",), "convention": "xthreg", "grid": None},
    "intercepts": {"controls": ("z",), "intercepts": True},
    "intercepts, time effects, unbalanced": {
        **{"intercepts": True, "time_effects": True, "unbalanced": True},
    },
    "time effects": {"controls": ("z",), "time_effects": True},
    "unbalanced": {"controls": ("z",), "unbalanced": True},
    "unbalanced, time effects": {"controls": ("z",), "time_effects": True, "unbalanced": True},
    "two regressors": {"regressors": ("x", "w"), "controls": ("z",)},
    "two regressors, unbalanced": {"regressors": ("x", "w"), "unbalanced": True},
    "every value": {"controls": ("z",), "grid": None},
    "few quantiles, one-percent trim": {"grid": 40, "trim": 0.01},
    "repeated values of q": {"controls": ("z",), "digits": 1, "grid": None},
    "q fixed within units": {"controls": ("z",), "fixed": True, "grid": None},
    "x far from zero": {"controls": ("z",), "shift": 2000.0},
}


def build(
    *,
    regressors: tuple[str, ...] = ("x",),
    controls: tuple[str, ...] = (),
    time_effects: bool = False,
    unbalanced: bool = False,
    convention: str = "every-value",
    intercepts: bool = False,
    trim: float = 0.05,
    grid: int | None = 100,
    digits: int | None = None,
    fixed: bool = False,
    shift: float = 0.0,
    units: int = 16,
) -> Slow:
    frame = simulate(unbalanced=unbalanced, units=units)
    if digits is not None:
        frame["q"] = frame["q"].round(digits)
    if fixed:
        frame["q"] = frame.groupby("unit")["q"].transform("first")
    frame["x"] += shift
    return Slow(frame, regressors, controls, time_effects, convention, intercepts, trim, grid)


def fast(slow: Slow, *, count: int, draws: int = 0, seed: int = 0):
    return panel_threshold(
        slow.frame,
        outcome="y",
        regime_dependent=slow.regressors,
        threshold="q",
        controls=slow.controls,
        entity="unit",
        time="year",
        time_effects=slow.time_effects,
        n_thresholds=count,
        trim=slow.trim,
        grid=slow.grid,
        convention=slow.convention,
        regime_intercepts=slow.intercepts,
        draws=draws,
        rng=np.random.default_rng(seed),
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore::digitrade.methods.threshold.SmallRegimeWarning")
def test_sums_of_squares_at_every_cut(case):
    slow = build(**CASES[case])
    y = slow.frame["y"].to_numpy()
    for count, fit in enumerate(slow.sequence(y, 3), 1):
        result = fast(slow, count=count)
        sums = result.sums_of_squares.iloc[[0, count]]
        assert list(sums["sum_squared_residuals"]) == pytest.approx(
            [slow.linear(y), fit.refined], rel=SSR
        )
        assert sums["first_pass"].iloc[1] == pytest.approx(fit.first_pass, rel=SSR)
        assert list(result.thresholds["estimate"]) == fit.found
        for order, curve in enumerate(fit.curves, 1):
            own = result.profile[result.profile["order"] == order]
            assert list(own["gamma"]) == list(curve)
            np.testing.assert_allclose(
                own["sum_squared_residuals"], list(curve.values()), rtol=SSR, atol=0
            )


def counted(drawn: list[float], observed: float) -> float:
    """The share of draws at least as large, the observed one counted among them."""
    return (1 + sum(f >= observed for f in drawn)) / (1 + len(drawn))


BOOTSTRAP = ["plain", "controls", "time effects", "unbalanced", "two regressors"]


@pytest.mark.parametrize("case", BOOTSTRAP)
def test_same_draws_give_same_bootstrap(case):
    slow = build(**CASES[case] | {"grid": 20, "trim": 0.1}, units=10)
    y = slow.frame["y"].to_numpy()
    result = fast(slow, count=2, draws=DRAWS, seed=5)
    rng = np.random.default_rng(5)
    for order, (_, row) in enumerate(result.thresholds.iterrows(), 1):
        expected = slow.draws(y, order, result.conventions.f_divisor_value, rng)
        drawn = result.bootstrap.query("order == @order")["f_statistic"]
        np.testing.assert_allclose(drawn, expected, rtol=F_DRAWS, atol=0)
        assert row["p_value"] == counted(expected, row["f_statistic"])


def test_same_draws_give_same_triple_bootstrap():
    slow = build(grid=20, trim=0.1, units=12, controls=("z",))
    y = slow.frame["y"].to_numpy()
    result = fast(slow, count=3, draws=DRAWS, seed=6)
    rng = np.random.default_rng(6)
    rng.integers(12, size=(2, DRAWS, 12))  # what the first two tests take
    expected = slow.draws(y, 3, result.conventions.f_divisor_value, rng)
    drawn = result.bootstrap.query("order == 3")["f_statistic"]
    np.testing.assert_allclose(drawn, expected, rtol=F_DRAWS, atol=0)
    row = result.thresholds.iloc[2]
    assert row["p_value"] == counted(expected, row["f_statistic"])
