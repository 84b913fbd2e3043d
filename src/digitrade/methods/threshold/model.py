"""What is asked of a panel: columns, whose conventions, and what cannot be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from digitrade.methods.checks import admit, draws_problems, holding, names_of, refuse, share, whole

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Split = Literal["<=", "<"]
FDivisor = Literal["n(T-1)", "T(n-1)", "nT"]
Covariance = Literal["homoskedastic", "robust", "clustered"]

MOST = 3  # thresholds
STEP = "step"  # the term of a regime's own intercept
TITLE = "panel_threshold cannot run"


@dataclass(frozen=True, slots=True)
class Convention:
    """What programs for this model differ in.

    ``split`` says on which side a row at the cut lies; ``grid`` how many quantile steps of the
    distinct values are searched, ``None`` for every value; ``divisor`` turns the sum of squares
    into the residual variance of F and likelihood ratio (N - n, N - N/n, N where entities differ
    in length). With ``drops_last`` columns are demeaned over all periods and the last one is then
    left out, a further cut keeps a share of the *grid's* steps away from those held, and White's
    covariance has no small-sample factor.
    """

    split: Split
    grid: int | None
    divisor: FDivisor
    drops_last: bool = False


# "ptm" is held to R's output. "hansen-gauss" is the program that it descends from. Of "xthreg" the
# inequality and the 300 steps are in its source; its search is compiled, and T(n-1) is as reported.
CONVENTIONS = {
    "every-value": Convention("<=", None, "n(T-1)"),
    "xthreg": Convention("<=", 300, "T(n-1)"),
    "hansen-gauss": Convention("<", 400, "n(T-1)", drops_last=True),
    "ptm": Convention("<", 400, "nT", drops_last=True),
}


@dataclass(frozen=True, slots=True)
class ThresholdModel:
    """Columns and conventions, for every function here that takes ``**model``.

    Attributes
    ----------
    outcome, regime_dependent, threshold, controls
        Columns y; x, whose slopes differ between regimes; q, that is split on and may also be a
        regressor; and z, with one slope for all regimes.
    entity, time, time_effects
        Columns that together identify a row; whether period effects are taken out too.
    regime_intercepts
        Whether regimes differ in level too, by a step at each cut (Bick 2010, Economics Letters
        108(2), 126-129). Hansen's model has no step, and its slopes depend on where x is zero.
    trim
        Smallest share of all rows that any regime may hold, or one such share for each threshold.
    convention
        Whose lineage is followed. ``"every-value"``: Hansen's text, but every observed value of q
        is a candidate. ``"xthreg"``: Stata's, 300 quantiles and T(n-1). ``"hansen-gauss"`` and
        ``"ptm"``, the GAUSS program and R's pdR after it: q equal to the threshold lies in the
        high regime, 400 quantiles, the last period is dropped after demeaning; the first divides
        by n(T-1), the second by nT. See ``CONVENTIONS``.
    grid
        Cut points are the quantiles trim, trim + 1/grid, ..., 1 - trim of the distinct values of
        q, which is faster and may miss the best; ``None`` leaves it to the convention.
    """

    outcome: str
    regime_dependent: tuple[str, ...]
    threshold: str
    entity: str
    time: str
    controls: tuple[str, ...] = ()
    time_effects: bool = False
    regime_intercepts: bool = False
    trim: float | tuple[float, ...] = 0.05
    convention: str = "every-value"
    grid: int | None = None

    @classmethod
    def of(cls, **fields: Any) -> ThresholdModel:
        """Return a model in which one regressor or control may be given by its bare name."""
        for name in ("regime_dependent", "controls"):
            fields[name] = names_of(fields.get(name, ()))
        return cls(**fields)

    @property
    def rules(self) -> Convention:
        """What the convention says."""
        return CONVENTIONS[self.convention]

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns that hold numbers."""
        names = (self.outcome, *self.regime_dependent, *self.controls, self.threshold)
        return tuple(dict.fromkeys(names))

    @property
    def trims(self) -> tuple[float, ...]:
        """Shares of the first, second and third threshold."""
        given = self.trim if isinstance(self.trim, tuple) else (self.trim,)
        return (*given, *[given[-1]] * (MOST - len(given)))

    @property
    def effects(self) -> tuple[str, ...]:
        """Columns that get a fixed effect each."""
        return (self.entity, self.time) if self.time_effects else (self.entity,)

    def terms(self, n_regimes: int) -> list[str]:
        """Return the names of slopes, ``x[regime 1]`` and so on, of steps, and of controls."""
        regimes = range(1, n_regimes + 1)
        split = [f"{name}[regime {k}]" for k in regimes for name in self.regime_dependent]
        steps = [f"{STEP}[beyond cut {k}]" for k in regimes[:-1] if self.regime_intercepts]
        return [*split, *steps, *self.controls]


def checked(data: Any, model: ThresholdModel, options: Mapping[str, Any]) -> pd.DataFrame:
    """Return the model's columns, or raise with every fault of options and data."""
    frame = admit(
        data,
        TITLE,
        numbers=model.numbers,
        keys=(model.entity, model.time),
        order=model.time if (rules := _rules(model)) and rules.drops_last else None,
        problems=[*_option_problems(model, options), *_part_problems(model)],
    )
    refuse(TITLE, _variation_problems(frame, model))
    return frame


def _rules(model: ThresholdModel) -> Convention | None:
    known = isinstance(model.convention, str)
    return CONVENTIONS.get(model.convention) if known else None


def _option_problems(model: ThresholdModel, options: Mapping[str, Any]) -> list[str]:
    count, rules, given = options["n_thresholds"], _rules(model), asdict(model) | dict(options)
    countable = whole(count, 1, MOST)
    most = 1 / (2 * count) if countable else 1.0
    trims = model.trims[: len(model.trim)] if isinstance(model.trim, tuple) else (model.trim,)

    def fits(trim: Any) -> bool:
        return share(trim) and trim < most

    effects = "pass True or False" if model.time_effects not in (True, False) else ""
    faults = {
        "convention": (rules is None, f"choose one of {tuple(CONVENTIONS)}"),
        "covariance": (
            given["covariance"] not in get_args(Covariance),
            f"choose one of {get_args(Covariance)}",
        ),
        "regime_intercepts": (model.regime_intercepts not in (True, False), "pass True or False"),
        "time_effects": (
            bool(effects) or (model.time_effects and rules is not None and rules.drops_last),
            effects or f"convention {model.convention!r} has none",
        ),
        "n_thresholds": (not countable, "pass 1, 2 or 3"),
        "confidence": (not share(given["confidence"]), "pass a share such as 0.95"),
        "grid": (
            model.grid is not None and not whole(model.grid, 2),
            "pass a whole number of quantile steps (2 or more), or None for the convention's own",
        ),
        "trim": (
            countable and not (0 < len(trims) <= count and all(map(fits, trims))),
            f"with {count} threshold(s) pass a share above 0 and below {most:.4g}, or one for each "
            "threshold, so that more cuts fit",
        ),
    }
    problems = [f"option {k}={given[k]!r}: {why}" for k, (wrong, why) in faults.items() if wrong]
    return problems + holding(draws_problems(given["draws"], given["rng"], 0))


def _part_problems(model: ThresholdModel) -> list[str]:
    """Return what is wrong with the part that columns are given."""
    used = [model.outcome, *model.regime_dependent, *model.controls]
    twice = sorted({name for name in used if used.count(name) > 1}, key=str)
    return holding(
        {
            "regime_dependent is empty: name at least one regressor": not model.regime_dependent,
            f"{model.outcome}: both outcome and threshold, and a split on the outcome selects on "
            "it; choose another threshold variable": model.outcome == model.threshold,
            f"{', '.join(map(str, twice))}: named more than once among outcome, regime_dependent "
            "and controls; give it one part": twice,
        }
    )


def _variation_problems(data: pd.DataFrame, model: ThresholdModel) -> dict[str, bool]:
    n_entities, values = data[model.entity].nunique(), data[model.threshold].to_numpy()
    missing = n_entities * data[model.time].nunique() - len(data)
    return {
        f"{model.entity}: {n_entities} entity; a panel needs two": n_entities < 2,
        f"{model.entity}: every entity is observed once, so entity effects leave nothing to "
        "explain; give a panel": n_entities == len(data),
        f"{model.threshold}: constant at {values[0]}; choose a threshold variable that varies": (
            bool((values == values[0]).all())
        ),
        f"convention {model.convention!r} needs every entity in every period; {missing} rows are "
        "not there": model.rules.drops_last and missing > 0,
    }
