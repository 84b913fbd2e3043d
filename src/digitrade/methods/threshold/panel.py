"""From a data frame to sorted arrays, with every fault of the data said at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from digitrade.methods.threshold.options import Columns

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel as arrays; rows run by period and, within a period, by entity.

    Entities are numbered by their histories (see `entity_order`), never by their labels, so
    that neither the labels nor the order of the rows can move a bootstrap draw.

    Attributes
    ----------
    outcome, threshold : (rows,)
    regime : (rows, regressors) whose slopes differ between regimes
    controls : (rows, controls), possibly with no column
    entity, period : (rows,) codes 0 .. n_entities - 1 and 0 .. n_periods - 1
    """

    outcome: FloatArray
    regime: FloatArray
    threshold: FloatArray
    controls: FloatArray
    entity: IntArray
    period: IntArray
    n_entities: int
    n_periods: int

    @property
    def n_rows(self) -> int:
        """Number of observations."""
        return int(self.outcome.size)

    @property
    def balanced(self) -> bool:
        """Whether every entity is observed in every period."""
        return self.n_rows == self.n_entities * self.n_periods


def read_panel(data: pd.DataFrame, columns: Columns) -> Panel:
    """Sorted arrays from a frame that `data_problems` found nothing wrong with."""
    entity = pd.factorize(data[columns.entity], sort=True)[0].astype(np.intp)
    period = pd.factorize(data[columns.time], sort=True)[0].astype(np.intp)
    regime = _floats(data, columns.regime_dependent)
    threshold = _floats(data, (columns.threshold,))[:, 0]
    by_time = np.argsort(period, kind="stable")
    order = entity_order(entity[by_time], threshold[by_time], regime[by_time, 0])
    entity = order[entity]
    rows = np.lexsort((entity, period))
    return Panel(
        outcome=_floats(data, (columns.outcome,))[rows, 0],
        regime=regime[rows],
        threshold=threshold[rows],
        controls=_floats(data, columns.controls)[rows],
        entity=entity[rows],
        period=period[rows],
        n_entities=int(entity.max()) + 1,
        n_periods=int(period.max()) + 1,
    )


def entity_order(entity: IntArray, threshold: FloatArray, regressor: FloatArray) -> IntArray:
    """Rank of each entity by its first and summed threshold variable, then its regressor.

    All arrays are (rows,) in the order of time. The label decides only between entities whose
    threshold variable and regressor agree in both.
    """
    keys = [_first_and_sum(entity, values) for values in (regressor, threshold)]
    labels = np.arange(keys[0][0].size)
    ranked = np.lexsort((labels, *keys[0][::-1], *keys[1][::-1]))
    rank = np.empty_like(ranked)
    rank[ranked] = labels
    return rank


def _first_and_sum(entity: IntArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    first = np.empty(int(entity.max()) + 1)
    first[entity[::-1]] = values[::-1]
    return first, np.bincount(entity, weights=values).astype(np.float64)


def _floats(data: pd.DataFrame, names: tuple[str, ...]) -> FloatArray:
    return np.array(data[list(names)], dtype=np.float64).reshape(len(data), len(names))


def data_problems(data: pd.DataFrame, columns: Columns) -> list[str]:
    """Every fault found in the frame: where it is, what was found, what to do."""
    if not isinstance(data, pd.DataFrame):
        return [
            f"data is a {type(data).__name__}: pass a pandas DataFrame, one row per entity-time"
        ]
    problems = _name_problems(data, columns)
    if problems:
        return problems
    if data.empty:
        return ["data has no rows: check the restrictions applied before this call"]
    problems = _key_problems(data, columns)
    for name in columns.numeric:
        problems += _value_problems(data, columns, name)
    return problems or _variation_problems(data, columns)


def _name_problems(data: pd.DataFrame, columns: Columns) -> list[str]:
    problems = []
    if not columns.regime_dependent:
        problems.append("regime_dependent is empty: name at least one regressor")
    for name in (*columns.numeric, columns.entity, columns.time):
        if name in data.index.names:
            problems.append(f"column {name!r} is an index level: call reset_index() first")
        elif name not in data.columns:
            problems.append(f"column {name!r} is not in data, which has {list(data.columns)}")
        elif isinstance(data[name], pd.DataFrame):
            problems.append(f"column {name!r} occurs more than once in data: keep one")
    if columns.threshold == columns.outcome:
        problems.append(
            f"column {columns.outcome!r} is both outcome and threshold: a split on the outcome "
            "selects on it; choose another threshold variable"
        )
    named = [columns.outcome, *columns.regime_dependent, *columns.controls]
    for name in sorted({name for name in named if named.count(name) > 1}):
        problems.append(
            f"column {name!r} is named more than once among outcome, regime_dependent and "
            "controls: give it one part"
        )
    return problems


def _key_problems(data: pd.DataFrame, columns: Columns) -> list[str]:
    key = [columns.entity, columns.time]
    missing = [name for name in key if data[name].isna().any()]
    if missing:
        return [
            f"key column {name!r} is missing in {int(data[name].isna().sum())} rows: "
            "drop or complete them"
            for name in missing
        ]
    repeated = data.duplicated(key)
    if not repeated.any():
        return []
    return [
        f"key ({columns.entity}, {columns.time}) is not unique: {int(repeated.sum())} repeated "
        f"rows, first at {_place(data, columns, repeated.to_numpy())}; keep one row per pair"
    ]


def _value_problems(data: pd.DataFrame, columns: Columns, name: str) -> list[str]:
    if not pd.api.types.is_numeric_dtype(data[name]):
        return [f"column {name!r} has dtype {data[name].dtype}: convert it to numbers"]
    bad = ~np.isfinite(data[name].to_numpy(dtype=np.float64, na_value=np.nan))
    if not bad.any():
        return []
    return [
        f"column {name!r} is missing or infinite in {int(bad.sum())} of {len(data)} rows, first "
        f"at {_place(data, columns, bad)}: drop the rows or fill them before calling"
    ]


def _variation_problems(data: pd.DataFrame, columns: Columns) -> list[str]:
    problems = []
    n_entities = data[columns.entity].nunique()
    if n_entities < 2:
        problems.append(f"column {columns.entity!r} has {n_entities} entity: a panel needs two")
    if n_entities == len(data):
        problems.append("every entity is observed once: entity effects leave nothing to explain")
    values = data[columns.threshold].to_numpy()
    if (values == values[0]).all():
        problems.append(
            f"threshold variable {columns.threshold!r} is constant at {values[0]}: "
            "choose one that varies"
        )
    return problems


def _place(data: pd.DataFrame, columns: Columns, mask: NDArray[np.bool_]) -> str:
    row = int(np.flatnonzero(mask)[0])
    found = data[[columns.entity, columns.time]].iloc[row]
    return f"{columns.entity}={found.iloc[0]!s}, {columns.time}={found.iloc[1]!s}"
