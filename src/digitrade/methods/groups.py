"""Groups of entities: how to make them, and whether they can be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from digitrade.methods.specification import Specification

SPLITS = ("first-year", "period-mean", "rows")


def split_at_median(
    data: pd.DataFrame,
    column: str,
    rule: str,
    *,
    entity: str = "province",
    time: str = "year",
) -> pd.Series:
    """Return ``"high"`` or ``"low"`` for each row: above the median of a column or not.

    Parameters
    ----------
    rule
        ``"first-year"`` compares entities by their first value, ``"period-mean"`` by their
        mean, both once and for all; ``"rows"`` compares row with row, so that an entity
        may change its group.

    Raises
    ------
    ValueError
        If the rule is another, or the column has a gap.
    """
    if rule not in SPLITS or data[column].isna().any():
        raise ValueError(
            f"Cannot split at the median of {column!r} by rule {rule!r}: choose "
            f"{' | '.join(SPLITS)} and keep rows without a gap ({data[column].isna().sum()} found)"
        )
    values = data[column]
    if rule != "rows":
        how = {"first-year": "first", "period-mean": "mean"}[rule]
        levels = data.sort_values(time).groupby(entity)[column].agg(how)
        return data[entity].map(levels.gt(levels.median())).map({True: "high", False: "low"})
    return values.gt(values.median()).map({True: "high", False: "low"})


def group_names(data: pd.DataFrame, group: str) -> list[str]:
    """Return the groups as text, in the order of their categories or of the alphabet."""
    return [str(one) for one in pd.Categorical(data[group]).remove_unused_categories().categories]


def checked_names(
    data: pd.DataFrame,
    specification: Specification,
    group: str,
    draws: int,
    rng: np.random.Generator | None,
) -> list[str]:
    """Return the groups' names, or raise unless their slopes can be compared.

    Raises
    ------
    KeyError
        If a column is not there.
    ValueError
        With everything that is wrong: an entity that changes its group, a group that is
        too small, rows without one, no entity effects, or draws that cannot be made.
    """
    if absent := [name for name in (group, *specification.columns) if name not in data]:
        raise KeyError(f"No column {', '.join(absent)}; there are: {', '.join(map(str, data))}")
    entity = specification.entity
    problems = []
    if entity not in specification.effects:
        problems.append(f"effects {specification.effects}: add {entity!r}")
    if gaps := int(data[group].isna().sum()):
        problems.append(f"{group}: {gaps} rows without a group; leave them out")
    kinds = data.groupby(entity)[group].nunique()
    if len(movers := kinds[kinds > 1].index):
        listed = ", ".join(map(str, movers[:3]))
        problems.append(
            f"{group}: {len(movers)} of {len(kinds)} {entity} change group over time ({listed}); "
            "give each one group, or use split_slopes"
        )
    sizes = data.groupby(group, observed=True)[entity].nunique()
    if len(sizes) < 2 or sizes.min() < 2:
        listed = ", ".join(f"{name} {size}" for name, size in sizes.items()) or "none"
        problems.append(f"{group}: {entity} by group: {listed}; two groups of two or more")
    if draws and rng is None:
        problems.append(f"draws={draws} without rng: pass numpy.random.default_rng(seed)")
    if draws and not specification.many_ways and specification.groups != entity:
        problems.append(f"draws={draws} with clusters {specification.groups!r}: draw by {entity!r}")
    if problems:
        raise ValueError("Groups cannot be compared:\n  - " + "\n  - ".join(problems))
    return group_names(data, group)
