"""What is asked of which rows: the model, its columns as arrays, and every fault said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, sparse

from digitrade.methods.absorb import Absorber, Projection, indicators
from digitrade.methods.checks import refuse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Split = Literal["<=", "<"]
FDivisor = Literal["n(T-1)", "T(n-1)", "nT"]
Covariance = Literal["homoskedastic", "robust", "clustered"]

MOST = 3  # thresholds
STEP = "step"  # the term of a regime's own intercept
COLLINEAR = 1e-10  # share of a column's length of which less counts as explained by the others


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
            names = fields.get(name, ())
            fields[name] = (names,) if isinstance(names, str) else tuple(names)
        return cls(**fields)

    @property
    def rules(self) -> Convention:
        """What the convention says."""
        return CONVENTIONS[self.convention]

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


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel as arrays, by period, then entity, with what is common to regimes partialled out."""

    rows: IntArray  # (rows,) place of each row in the data
    threshold: FloatArray  # (rows,)
    regime: FloatArray  # (rows, regressors), the last of ones if regimes have intercepts
    entity: IntArray  # (rows,) codes from 0
    entities: Absorber  # of entity effects
    projection: Projection  # off all that is common; of kept rows, if the last period is dropped
    outcome: FloatArray  # (kept,) within entities, and within periods where asked
    residuals: FloatArray  # (kept,) of the outcome on all that is common
    n_periods: int
    n_time_effects: int  # linearly independent ones
    collinear: list[int]  # places among controls and regressors of those the others explain

    @property
    def n_entities(self) -> int:
        """Number of entities."""
        return self.entities.rank

    @property
    def balanced(self) -> bool:
        """Whether every entity is observed in every period."""
        return self.rows.size == self.n_entities * self.n_periods

    @property
    def drops_last(self) -> bool:
        """Whether the last period is left out after demeaning."""
        return self.residuals.size < self.rows.size

    def partial_out(self, columns: FloatArray) -> FloatArray:
        """Return what all that is common leaves of columns (rows, k): (kept, k)."""
        if self.drops_last:
            columns = self.entities.residualise(columns)[: self.residuals.size]
        return self.projection.residualise(columns)

    def spread(self, values: FloatArray) -> FloatArray:
        """Turn products with partialled-out columns into products with raw ones (rows, k)."""
        if not self.drops_last:
            return values
        missing = np.zeros((self.rows.size - len(values), values.shape[1]))
        return self.entities.residualise(np.vstack([values, missing]))


def read_panel(data: pd.DataFrame, model: ThresholdModel) -> Panel:
    """Return the arrays of a frame that `model_problems` found nothing wrong with."""
    entity, period = (pd.factorize(data[k], sort=True)[0] for k in (model.entity, model.time))
    outcome, threshold = data[[model.outcome, model.threshold]].to_numpy(dtype=float).T
    common = data[[*model.controls, *model.regime_dependent]].to_numpy(dtype=float)
    first_regressor = common[:, len(model.controls)]
    entity = _ranked(entity, period, np.column_stack([threshold, first_regressor]))
    rows = np.lexsort((entity, period))
    entity, period, outcome, common = entity[rows], period[rows], outcome[rows], common[rows]
    dummies = indicators(period).toarray() if model.time_effects else np.empty((rows.size, 0))
    entities = Absorber.of(pd.DataFrame({"entity": entity}), ["entity"])
    base, kept, slopes = entities, common, common[:, len(model.controls) :]
    if model.rules.drops_last:
        stays = period < period.max()
        base = _no_effects(int(stays.sum()))
        outcome, kept, dummies = (
            entities.residualise(columns)[stays] for columns in (outcome, common, dummies)
        )
    effects = Projection.beyond(base, dummies)
    projection = Projection.beyond(base, np.column_stack([effects.controls, kept]))
    ones = np.ones((rows.size, int(model.regime_intercepts)))
    return Panel(
        rows=rows,
        threshold=threshold[rows],
        regime=np.column_stack([slopes, ones]),
        entity=entity,
        entities=entities,
        projection=projection,
        outcome=effects.residualise(outcome),
        residuals=projection.residualise(outcome),
        n_periods=int(period.max()) + 1,
        n_time_effects=effects.controls.shape[1],
        collinear=explained(common, effects.residualise(kept)),
    )


def _no_effects(rows: int) -> Absorber:
    """Return what takes nothing off, not even a constant."""
    none = sparse.csr_array((rows, 0))
    return Absorber({}, none, none, none.T @ none, np.empty((0, 0)))


def _ranked(entity: IntArray, period: IntArray, histories: FloatArray) -> IntArray:
    """Rank entities by first and summed q, then x (rows, 2); codes only part equal ones."""
    in_time = np.lexsort((entity, period))
    codes, histories = entity[in_time], histories[in_time]
    _, first = np.unique(codes, return_index=True)
    start, total = histories[first].T, (indicators(codes).T @ histories).T
    return np.argsort(np.lexsort((total[1], start[1], total[0], start[0])))[entity]


def explained(columns: FloatArray, within: FloatArray) -> list[int]:
    """Places of columns (rows, k) of which effects and earlier columns leave nothing."""
    left = np.abs(np.diag(linalg.qr(within, mode="r")[0]))
    lengths = np.linalg.norm(columns, axis=0)[: left.size]
    return np.flatnonzero(left <= COLLINEAR * lengths).tolist()


def raise_problems(problems: Sequence[str]) -> None:
    """Raise one ValueError that counts and lists every problem, if there is one."""
    several = "s" if len(problems) > 1 else ""
    refuse(f"panel_threshold cannot run; {len(problems)} problem{several}", problems)


def model_problems(data: Any, model: ThresholdModel, options: Mapping[str, Any]) -> list[str]:
    """Every fault of options and data: where it is, what was found, what to do."""
    problems = _option_problems(options)
    if not isinstance(data, pd.DataFrame):
        return [*problems, f"data is a {type(data).__name__}: pass a pandas DataFrame"]
    if named := _name_problems(data, model):
        return problems + named
    if data.empty:
        return [*problems, "data has no rows: check the restrictions applied before this call"]
    return problems + (_value_problems(data, model) or _variation_problems(data, model))


def _whole(value: Any, least: int, most: float = np.inf) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and least <= value <= most


def _share(value: Any, most: float = 1.0) -> bool:
    return isinstance(value, Real) and 0 < float(value) < most


def _option_problems(options: Mapping[str, Any]) -> list[str]:
    count, grid, convention = (options[k] for k in ("n_thresholds", "grid", "convention"))
    countable = _whole(count, 1, MOST)
    trims = options["trim"] if isinstance(options["trim"], tuple) else (options["trim"],)
    most = 1 / (2 * count) if countable else 1.0
    room = f"with {count} threshold(s) pass a share above 0 and below {most:.4g}"
    known = convention in tuple(CONVENTIONS)
    plain = not (known and CONVENTIONS[convention].drops_last)
    rules = {
        "convention": (known, f"choose one of {tuple(CONVENTIONS)}"),
        "covariance": (
            options["covariance"] in get_args(Covariance),
            f"choose one of {get_args(Covariance)}",
        ),
        "regime_intercepts": (
            isinstance(options["regime_intercepts"], bool),
            "pass True or False",
        ),
        "time_effects": (
            isinstance(options["time_effects"], bool) and (plain or not options["time_effects"]),
            "pass True or False" if plain else f"convention {convention!r} has none",
        ),
        "n_thresholds": (countable, "pass 1, 2 or 3"),
        "confidence": (_share(options["confidence"]), "pass a share such as 0.95"),
        "grid": (
            grid is None or _whole(grid, 2),
            "pass a whole number of quantile steps (2 or more), or None for the convention's own",
        ),
        "draws": (_whole(options["draws"], 0), "pass a whole number, 0 for no tests"),
        "rng": (isinstance(options["rng"], np.random.Generator), "pass a numpy.random.Generator"),
        "trim": (
            not countable or (all(_share(x, most) for x in trims) and 0 < len(trims) <= count),
            f"{room}, or one for each threshold, so that more cuts fit",
        ),
    }
    return [
        f"option {k}={options[k]!r}: {advice}" for k, (fine, advice) in rules.items() if not fine
    ]


def _name_problems(data: pd.DataFrame, model: ThresholdModel) -> list[str]:
    levels, there = set(data.index.names), list(data.columns)
    used = [model.outcome, *model.regime_dependent, *model.controls]
    names = list(dict.fromkeys([*used, model.threshold, model.entity, model.time]))
    faults = {
        "is an index level: call reset_index() first": [k for k in names if k in levels],
        f"is not in data, which has {there}": [k for k in names if k not in {*levels, *there}],
        "occurs more than once in data: keep one": [k for k in names if there.count(k) > 1],
        "is both outcome and threshold: a split on the outcome selects on it; choose another "
        "threshold variable": [model.outcome] if model.outcome == model.threshold else [],
        "is named more than once among outcome, regime_dependent and controls: give it one part": (
            sorted({k for k in used if used.count(k) > 1})
        ),
    }
    problems = [f"column {name!r} {fault}" for fault, found in faults.items() for name in found]
    empty = ["regime_dependent is empty: name at least one regressor"]
    return problems if model.regime_dependent else empty + problems


def _value_problems(data: pd.DataFrame, model: ThresholdModel) -> list[str]:
    keys, problems = [model.entity, model.time], []
    faults = [
        (f"key column {k!r} is missing in", "rows", "drop them", data[k].isna()) for k in keys
    ]
    if not data[keys].isna().any(axis=None):
        unique = f"key ({', '.join(keys)}) is not unique:"
        faults.append((unique, "repeated rows", "keep one row per pair", data.duplicated(keys)))
    numeric = (model.outcome, *model.regime_dependent, model.threshold, *model.controls)
    for name in dict.fromkeys(numeric):
        if _is_real(data[name]):
            bad = ~np.isfinite(data[name].to_numpy(dtype=float, na_value=np.nan))
            what, of = f"column {name!r} is missing or infinite in", f"of {len(data)} rows"
            faults.append((what, of, "drop the rows or fill them", pd.Series(bad)))
        else:
            problems.append(f"column {name!r} has dtype {data[name].dtype}: convert it to numbers")
    for what, of, advice, rows in faults:
        if rows.any():
            row = data.loc[rows.to_numpy(), keys].iloc[0]
            first = ", ".join(f"{name}={row[name]!s}" for name in keys)
            problems.append(f"{what} {rows.sum()} {of}, first at {first}: {advice}")
    return problems


def _is_real(values: pd.Series) -> bool:
    types = pd.api.types
    return types.is_numeric_dtype(values) and not types.is_complex_dtype(values)


def _variation_problems(data: pd.DataFrame, model: ThresholdModel) -> list[str]:
    n_entities, values = data[model.entity].nunique(), data[model.threshold].to_numpy()
    balanced = len(data) == n_entities * data[model.time].nunique()
    rules = CONVENTIONS.get(model.convention)
    faults = {
        f"column {model.entity!r} has {n_entities} entity: a panel needs two": n_entities < 2,
        "every entity is observed once: entity effects leave nothing to explain": (
            n_entities == len(data)
        ),
        f"threshold variable {model.threshold!r} is constant at {values[0]}: choose one that "
        "varies": bool((values == values[0]).all()),
        f"convention {model.convention!r} needs every entity in every period: complete the panel": (
            rules is not None and rules.drops_last and not balanced
        ),
    }
    return [fault for fault, found in faults.items() if found]
