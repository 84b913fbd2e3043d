"""Descriptions of a panel that come before any estimate."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

PARTS = {2: ("low", "high"), 3: ("low", "middle", "high")}


def changes_by_start(
    panel: pd.DataFrame, start: str, columns: Sequence[str], *, parts: int = 3
) -> pd.DataFrame:
    """Average the changes from first to last year over groups of equal starting level.

    Parameters
    ----------
    panel
        One row for each province and year.
    start
        Column whose first-year level sorts the provinces into groups.
    columns
        Columns whose change is averaged.
    parts
        Number of groups, two or three.

    Returns
    -------
    pandas.DataFrame
        A row a group, from low to high: ``group, provinces``, the mean starting level of
        ``start``, and the mean change of each column, in its own unit.

    Raises
    ------
    ValueError
        If the panel has one year only, or ``parts`` is neither two nor three.
    """
    first, last = panel["year"].min(), panel["year"].max()
    if first == last or parts not in PARTS:
        raise ValueError(
            "Changes need two years and two or three groups: found years "
            f"{first} to {last} and {parts} groups"
        )
    begin = panel[panel["year"] == first].set_index("province")
    end = panel[panel["year"] == last].set_index("province")
    change = (end[list(columns)] - begin[list(columns)]).dropna()
    level = begin.loc[change.index, start]
    group = pd.qcut(level, parts, labels=list(PARTS[parts])).astype("object")
    means = change.groupby(group).mean()
    means.insert(0, "level", level.groupby(group).mean())
    means.insert(0, "provinces", level.groupby(group).size())
    return means.loc[list(PARTS[parts])].rename_axis("group").reset_index()
