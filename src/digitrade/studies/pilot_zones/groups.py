"""The firm study's groups: slopes by group, their differences, and what stands behind each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.suest import LESS, stacked_difference, suest
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap
from digitrade.studies.pilot_zones.columns import (
    TABLES,
    PrintedColumn,
    can_be_estimated,
    with_labels,
)
from digitrade.studies.pilot_zones.specifications import (
    TWIN,
    printed_rows,
    source_rows,
    true_effect,
)

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Region": ("East", "Centre", "West"),
    "Exports": ("No exports", "Exports"),
    "Tier": ("Other prefectures", "Sub-provincial cities", "Municipalities"),
    "Technology": ("Other industries than high-tech", "High-tech"),
    "Pollution": ("Industries that do not pollute", "Polluting"),
}
PAIRS = tuple(
    (family, first, second)
    for family, members in FAMILIES.items()
    for first, second in combinations(members, 2)
)
CLUSTER = "city"


def group_columns(panel: pd.DataFrame, **changes: Any) -> dict[str, PrintedColumn]:
    """Return the columns of Table 8 that a panel can fill, by label.

    Parameters
    ----------
    panel
        A firm panel.
    changes
        What to change in every specification, such as its covariance.
    """
    return {
        one.label: one.replace(**changes) for one in TABLES["8"] if can_be_estimated(one, panel)
    }


def group_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return printed and estimated rows of Table 8, and the truth of each group.

    Unlike :func:`source_rows`, the truth is the mean effect over the
    treated rows of the group itself.
    """
    rows = source_rows(estimates, panels)
    truth = group_truths(panels[TWIN])
    known = rows["source"] == "truth"
    rows.loc[known, "estimate"] = rows.loc[known, "row"].map(truth)
    return pd.concat([with_labels(printed_rows("8"), "8"), rows], ignore_index=True)


def group_truths(panel: pd.DataFrame) -> dict[str, float]:
    """Return the mean true effect over the treated rows of each group; missing if unknown."""
    return {name: true_effect(one.sample(panel)) for name, one in group_columns(panel).items()}


def covariance_words(estimates: Mapping[str, Estimate]) -> str:
    """Return the covariance of several columns in words, without their numbers of clusters."""
    told = dict.fromkeys(
        re.sub(r", \d+ clusters| \(\d+\)", "", one.words) for one in estimates.values()
    )
    return "; ".join(told)


def printed_groups() -> pd.DataFrame:
    """Return the printed rows of Table 8 by label: ``estimate, std_error, stars, n_obs``."""
    rows = with_labels(printed_rows("8"), "8")
    return rows.set_index("row")[["estimate", "std_error", "stars", "n_obs"]]


def printed_differences() -> pd.DataFrame:
    """Return the differences between printed groups, with a test that print allows.

    The printed covariance takes rows to be independent, and two groups of one split have no
    row in common; so under the study's own assumption their estimates are independent and
    the squared standard errors add up.

    Returns
    -------
    pandas.DataFrame
        ``family, row, source`` and the tidy columns, with normal p-values and intervals.
    """
    printed = printed_groups()
    rows = []
    for family, first, second in PAIRS:
        gap = printed.loc[first, "estimate"] - printed.loc[second, "estimate"]
        error = float(np.hypot(printed.loc[first, "std_error"], printed.loc[second, "std_error"]))
        reach = stats.norm.ppf(0.975) * error
        values = (gap, error, gap / error, 2 * stats.norm.sf(abs(gap) / error))
        sizes = printed.loc[[first, second], "n_obs"].sum()
        rows.append((family, *values, gap - reach, gap + reach, sizes, f"{first}{LESS}{second}"))
    frame = pd.DataFrame(rows, columns=["family", *TIDY[1:], "row"])
    return frame.assign(term="zone_post", source="printed")


def group_differences(panel: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    """Return the differences between groups, with their joint covariance.

    Parameters
    ----------
    panel
        A firm panel.
    changes
        What to change in every specification, such as its covariance.

    Returns
    -------
    pandas.DataFrame
        ``family, row``, the tidy columns and ``covariance``, a row a pair of groups.
    """
    columns = group_columns(panel, **changes)
    rows = []
    for family, first, second in PAIRS:
        if not {first, second} <= set(columns):
            continue
        pair = {
            one: (columns[one].sample(panel), columns[one].specification) for one in (first, second)
        }
        joint = suest(pair)
        row = joint.difference(first, second).assign(family=family, covariance=joint.words)
        rows.append(row.assign(row=f"{first}{LESS}{second}"))
    if not rows:
        return pd.DataFrame(columns=["family", "row", *TIDY, "covariance"])
    return pd.concat(rows, ignore_index=True)[["family", "row", *TIDY, "covariance"]]


def difference_rows(panels: Mapping[str, pd.DataFrame], **changes: Any) -> pd.DataFrame:
    """Return the differences between groups in print, in every source, and in truth.

    Returns
    -------
    pandas.DataFrame
        ``family, row, source`` and the tidy columns, a row a pair and source.
    """
    blocks = [printed_differences()]
    for source, panel in panels.items():
        blocks.append(group_differences(panel, **changes).assign(source=source))
    truth = group_truths(panels[TWIN])
    gaps = [
        {"family": f, "row": f"{a}{LESS}{b}", "source": "truth", "estimate": truth[a] - truth[b]}
        for f, a, b in PAIRS
    ]
    return pd.concat([*blocks, pd.DataFrame(gaps)], ignore_index=True)


def bootstrap_differences(
    panel: pd.DataFrame, *, draws: int, rng: np.random.Generator
) -> pd.Series:
    """Return p-values of the differences by the wild cluster bootstrap over cities.

    Parameters
    ----------
    panel
        A firm panel.
    draws
        Draws for each difference.
    rng
        Source of the signs.

    Returns
    -------
    pandas.Series
        By ``row``, as in :func:`group_differences`.
    """
    columns = group_columns(panel, cluster=CLUSTER)
    found = {}
    for _, first, second in PAIRS:
        if {first, second} <= set(columns):
            one, other = columns[first], columns[second]
            stacked, changed = stacked_difference(
                one.sample(panel), other.sample(panel), one.specification
            )
            test = wild_cluster_bootstrap(stacked, changed, draws=draws, rng=rng)
            found[f"{first}{LESS}{second}"] = test.p_value
    return pd.Series(found, dtype=float)


def holm(p_values: pd.Series) -> pd.Series:
    """Return p-values adjusted by Holm's method for how many there are; gaps stay gaps.

    Holm (1979, Scandinavian Journal of Statistics 6(2), 65-70).
    """
    known = p_values.dropna()
    adjusted = p_values.copy()
    if len(known):
        adjusted[known.index] = multipletests(known, method="holm")[1]
    return adjusted


def p_value_frame(rows: pd.DataFrame, drawn: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Set the p-values of the differences side by side, as they are and by Holm's method.

    Parameters
    ----------
    rows
        From :func:`difference_rows`.
    drawn
        By source, from :func:`bootstrap_differences`.

    Returns
    -------
    pandas.DataFrame
        ``row`` and, for print and each source, ``p_<source>``, ``holm_<source>`` and (not for
        print) ``wild_<source>``.
    """
    wide = rows.pivot(index="row", columns="source", values="p_value")
    frame = pd.DataFrame(index=list(dict.fromkeys(rows["row"])))
    for source in [one for one in dict.fromkeys(rows["source"]) if one != "truth"]:
        frame[f"p_{source}"] = wide[source].reindex(frame.index)
        frame[f"holm_{source}"] = holm(frame[f"p_{source}"])
        if source in drawn:
            frame[f"wild_{source}"] = drawn[source].reindex(frame.index)
    return frame.rename_axis("row").reset_index()


def interval_rows(groups: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with intervals by family, for a figure with a panel a source.

    Parameters
    ----------
    groups
        From :func:`group_rows`. Printed rows get the normal interval of their standard error,
        at 95 per cent; the truth is left out.

    Returns
    -------
    pandas.DataFrame
        ``source, group, label, estimate, conf_low, conf_high``.
    """
    families = {label: family for family, members in FAMILIES.items() for label in members}
    rows = groups[groups["source"] != "truth"]
    reach = stats.norm.ppf(0.975) * rows["std_error"]
    sources = rows["source"].str.capitalize()
    return rows.assign(
        source=sources,
        group=rows["row"].map(families),
        label=rows["row"],
        conf_low=rows["conf_low"].fillna(rows["estimate"] - reach),
        conf_high=rows["conf_high"].fillna(rows["estimate"] + reach),
    )[["source", "group", "label", "estimate", "conf_low", "conf_high"]]
