"""Linear trends of regions or provinces, as further controls of a regression on firms."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from digitrade.data import of_city, province_regions
from digitrade.data.codebook import DataError
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.zones import city_problems

LEVELS = ("region", "province")


def group_trends(panel: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return a line through the years for each region or province but one.

    Each is the year less the panel's first one in the rows of its group, and 0 elsewhere. A
    row's group is where its city lies, whatever province is reported. With year effects, the
    trend of one group is a combination of the others' and the year effects: that of the group
    with most rows is left out, and the others say how they differ from it. A group seen in one
    year has no trend.

    Parameters
    ----------
    panel
        One row a firm and year, with ``city`` (as in ``data/policy/cities.csv``) and ``year``.
    level
        ``"region"`` (east, centre, west) or ``"province"``.

    Returns
    -------
    pandas.DataFrame
        In the rows of the panel, a column ``trend[group]`` for each group.

    Raises
    ------
    ValueError
        If the level is unknown.
    DataError
        Naming every city that is not in the file.
    """
    if level not in LEVELS:
        raise ValueError(f"Unknown level {level!r}: choose one of {', '.join(LEVELS)}")
    groups = _groups(panel["city"], level)
    years = panel["year"] - panel["year"].min()
    seen = years.groupby(groups).nunique()
    sizes = groups.value_counts()
    moving = sorted(seen.index[seen > 1], key=lambda one: (-sizes[one], one))
    columns = {f"trend[{one}]": years.where(groups == one, 0) for one in moving[1:]}
    return pd.DataFrame(columns, index=panel.index).astype(float)


def with_trends(
    panel: pd.DataFrame, specification: Specification, level: str
) -> tuple[pd.DataFrame, Specification]:
    """Return panel and specification with :func:`group_trends` among the controls."""
    trends = group_trends(panel, level)
    controls = (*specification.controls, *trends)
    return panel.join(trends), specification.replace(controls=controls, label=f"{level} trends")


def _groups(cities: pd.Series, level: str) -> pd.Series:
    if problems := city_problems(cities):
        raise DataError(problems)
    provinces = of_city(cities, "province")
    chosen: Mapping[str, pd.Series] = {
        "province": provinces,
        "region": provinces.map(province_regions()),
    }
    return chosen[level]
