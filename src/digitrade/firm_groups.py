"""The firm study's groups: slopes by group, their differences, and what stands behind each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from digitrade.absorb import Projection
from digitrade.data import load_published
from digitrade.estimate import TIDY, Estimate
from digitrade.firm_tables import TABLES, Column, can_be_estimated, with_labels
from digitrade.joint_slopes import LESS, joint_slopes, stacked_difference
from digitrade.pilot_zones import (
    BASELINE,
    TWIN,
    estimation_sample,
    printed_rows,
    source_rows,
    true_effect,
)
from digitrade.wild_bootstrap import wild_cluster_bootstrap

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


def group_columns(panel: pd.DataFrame, **changes: Any) -> dict[str, Column]:
    """Return the columns of Table 8 that a panel can fill, by label.

    Parameters
    ----------
    panel
        A firm panel.
    changes
        What to change in every specification, such as its covariance.
    """
    return {one.label: one.but(**changes) for one in TABLES["8"] if can_be_estimated(one, panel)}


def group_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return printed and estimated rows of Table 8, and the truth of each group.

    Unlike :func:`digitrade.pilot_zones.source_rows`, the truth is the mean effect over the
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
        joint = joint_slopes(pair)
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


def cluster_counts(panel: pd.DataFrame) -> pd.DataFrame:
    """Count what each group's estimate rests on.

    Returns
    -------
    pandas.DataFrame
        A row a group: ``row``; ``rows`` and, of these, ``alone`` (in a firm, year or city);
        ``cities``; how many are treated at some time (``treated``), and how many of these
        are seen both before and after (``switch``); ``never`` treated; and ``largest``, the
        share of one city in the sum of squared influences that a covariance clustered by
        city adds up.
    """
    rows = []
    for name, column in group_columns(panel).items():
        sample = column.sample(panel)
        bare = Column("", "", "", name, column.specification, column.only, singletons=False)
        by_city = sample.groupby(CLUSTER)["zone_post"].agg(["min", "max"])
        treated, switch = by_city["max"] == 1, by_city["max"] > by_city["min"]
        rows.append(
            {
                "row": name,
                "rows": len(sample),
                "alone": len(sample) - len(bare.sample(panel)),
                "cities": len(by_city),
                "treated": int(treated.sum()),
                "switch": int(switch.sum()),
                "never": int((~treated).sum()),
                "largest": _largest_share(sample, column),
            }
        )
    return pd.DataFrame(rows)


def _largest_share(sample: pd.DataFrame, column: Column) -> float:
    """Return the share of one city in the sum of squared influences on the slope."""
    one = column.specification
    y, x = (
        Projection.of(sample, one)
        .residualise(sample[[one.outcome, one.regressor]].to_numpy(dtype=float))
        .T
    )
    influence = x * (y - (x @ y) / (x @ x) * x)
    squares = pd.Series(influence).groupby(sample[CLUSTER].to_numpy()).sum() ** 2
    return float(squares.max() / squares.sum())


def tails_by_group(panel: pd.DataFrame) -> pd.DataFrame:
    """Return where the large values of FC are.

    Returns
    -------
    pandas.DataFrame
        A row a group: ``row``, its ``share_rows`` and ``share_squares`` (of the sum of squared
        deviations from the mean, over all rows of the split), its largest value (``first``) and
        the ``second``.
    """
    deviation = (panel["fc"] - panel["fc"].mean()) ** 2
    rows = []
    for name, column in group_columns(panel).items():
        sample = column.sample(panel)
        values = sample["fc"].nlargest(2).to_list()
        group = column.only[0][0]
        split = panel[panel[group].notna()].index
        squares = (sample["fc"] - panel["fc"].mean()) ** 2
        rows.append(
            (name, len(sample) / len(split), squares.sum() / deviation[split].sum(), *values)
        )
    return pd.DataFrame(rows, columns=["row", "share_rows", "share_squares", "first", "second"])


def without_largest(panel: pd.DataFrame, count: int = 1) -> pd.DataFrame:
    """Return the panel without the rows of the largest values of FC."""
    return panel.drop(panel["fc"].nlargest(count).index)


def printed_sizes() -> pd.DataFrame:
    """Add up the printed groups of each split.

    Returns
    -------
    pandas.DataFrame
        A row a split: ``family``, ``rows`` in all groups, how many these are ``short`` of the
        whole sample, how many ``beyond`` the sample without single rows, and the ``mean`` of
        the groups' coefficients weighted by their rows.
    """
    printed = printed_groups()
    sample = printed_rows("3")["n_obs"]
    rows = []
    for family, members in FAMILIES.items():
        own = printed.loc[list(members)]
        total = int(own["n_obs"].sum())
        mean = float(np.average(own["estimate"], weights=own["n_obs"]))
        rows.append((family, total, int(sample.max()) - total, total - int(sample.min()), mean))
    return pd.DataFrame(rows, columns=["family", "rows", "short", "beyond", "mean"])


def text_against_table() -> pd.DataFrame:
    """Return the coefficients of Table 8 that the study's text gives otherwise.

    Returns
    -------
    pandas.DataFrame
        ``row, table, text``, the difference (``gap``) and the same in printed standard errors
        (``gap_in_se``).
    """
    notes = load_published("estimates", study="pilot_zones").query("table == '8'")
    notes = notes[notes["note"].str.startswith("text says") & (notes["term"] == "zone_post")]
    labels = {one.key: one.label for one in TABLES["8"]}
    keys = "8" + notes["panel"] + notes["column"]
    frame = pd.DataFrame(
        {
            "row": keys.map(labels),
            "table": notes["estimate"].astype(float),
            "text": notes["note"].str.extract(r"(-?\d+\.\d+)")[0].astype(float),
        }
    )
    gap = frame["text"] - frame["table"]
    return frame.assign(gap=gap, gap_in_se=gap / notes["se"].astype(float)).reset_index(drop=True)


def at_least_by_chance(tests: int, found: int, level: float) -> float:
    """Return how likely so many or more of independent tests reject where nothing is true."""
    return float(stats.binom.sf(found - 1, tests, level))


def random_splits(
    panel: pd.DataFrame, *, draws: int, rng: np.random.Generator, **changes: Any
) -> pd.DataFrame:
    """Split the firms in two by lot, again and again, and estimate the baseline in each half.

    Parameters
    ----------
    panel
        A firm panel.
    draws
        How many splits.
    rng
        Source of the lots.
    changes
        What to change in the baseline, such as its covariance.

    Returns
    -------
    pandas.DataFrame
        A row a draw: ``p_first`` and ``p_second`` of the halves' own tests, and ``p_difference``.
    """
    baseline = BASELINE.but(**changes)
    rows = estimation_sample(panel, baseline)
    codes, firms = pd.factorize(rows["firm"])
    found = []
    for _ in range(draws):
        first = (rng.permutation(len(firms)) < len(firms) // 2)[codes]
        joint = joint_slopes({"1": (rows[first], baseline), "2": (rows[~first], baseline)})
        gap = joint.difference("1", "2")["p_value"].item()
        found.append((*joint.tidy()["p_value"], gap))
    return pd.DataFrame(found, columns=["p_first", "p_second", "p_difference"])
