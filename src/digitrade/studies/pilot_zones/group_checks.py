"""What stands behind the firm study's groups: clusters, tails, sizes, and lotteries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.data import load_published
from digitrade.methods.absorb import Projection, absorbed_regression
from digitrade.methods.estimate import TIDY
from digitrade.methods.suest import suest
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap
from digitrade.studies.pilot_zones.columns import TABLES, PrintedColumn
from digitrade.studies.pilot_zones.groups import CLUSTER, FAMILIES, group_columns, printed_groups
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    COVARIANCES,
    estimation_sample,
    printed_rows,
    with_covariance,
)

TEN = 0.10  # level of a single star


def cluster_counts(panel: pd.DataFrame) -> pd.DataFrame:
    """Count what each group's estimate rests on.

    Returns
    -------
    pandas.DataFrame
        A row a group: ``row``; ``rows``; ``cities``; how many are treated at some time
        (``treated``), and how many of these are seen both before and after (``switch``);
        ``never`` treated; and ``largest``, the share of one city in the sum of squared
        influences that a covariance clustered by city adds up.
    """
    rows = []
    for name, column in group_columns(panel).items():
        sample = column.sample(panel)
        by_city = sample.groupby(CLUSTER)["zone_post"].agg(["min", "max"])
        treated, switch = by_city["max"] == 1, by_city["max"] > by_city["min"]
        rows.append(
            {
                "row": name,
                "rows": len(sample),
                "cities": len(by_city),
                "treated": int(treated.sum()),
                "switch": int(switch.sum()),
                "never": int((~treated).sum()),
                "largest": _largest_share(sample, column),
            }
        )
    return pd.DataFrame(rows)


def _largest_share(sample: pd.DataFrame, column: PrintedColumn) -> float:
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
        A row a group: ``row``, its ``share_squares`` (of the sum of squared deviations from the
        mean, over all rows of the split), its largest value (``first``) and the ``second``.
    """
    deviation = (panel["fc"] - panel["fc"].mean()) ** 2
    rows = []
    for name, column in group_columns(panel).items():
        sample = column.sample(panel)
        values = sample["fc"].nlargest(2).to_list()
        group = column.only[0][0]
        split = panel[panel[group].notna()].index
        squares = (sample["fc"] - panel["fc"].mean()) ** 2
        rows.append((name, squares.sum() / deviation[split].sum(), *values))
    return pd.DataFrame(rows, columns=["row", "share_squares", "first", "second"])


def without_largest(panel: pd.DataFrame, count: int = 1) -> pd.DataFrame:
    """Return the panel without the rows of the largest values of FC."""
    return panel.drop(panel["fc"].nlargest(count).index)


def with_and_without(panels: Mapping[str, pd.DataFrame], **changes: Any) -> pd.DataFrame:
    """Estimate the columns that hold a source's largest value of FC with and without its row.

    Parameters
    ----------
    panels
        Firm panels by source.
    changes
        What to change in every specification, such as its covariance.

    Returns
    -------
    pandas.DataFrame
        ``source, row``, the ``value``, ``estimate`` and ``std_error`` with it and the same
        ``_without``, and the ``change`` of the estimate in standard errors with it.
    """
    rows = []
    for source, panel in panels.items():
        top = panel["fc"].idxmax()
        for name, column in group_columns(panel, **changes).items():
            if top not in _positions(column, panel):
                continue
            full, bare = (column.estimate(one).main for one in (panel, without_largest(panel)))
            change = (bare["estimate"] - full["estimate"]) / full["std_error"]
            numbers = (full["estimate"], full["std_error"], bare["estimate"], bare["std_error"])
            rows.append((source, name, panel.loc[top, "fc"], *numbers, change))
    names = "source row value estimate std_error estimate_without std_error_without change"
    return pd.DataFrame(rows, columns=names.split())


def _positions(column: PrintedColumn, panel: pd.DataFrame) -> set[object]:
    """Return the index labels of a column's rows, which sampling numbers anew."""
    return set(column.sample(panel.assign(_label=panel.index))["_label"])


def few_clusters(
    panels: Mapping[str, pd.DataFrame],
    label: str,
    *,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Estimate one column under every covariance, and by the wild cluster bootstrap by city.

    Parameters
    ----------
    panels
        Firm panels by source.
    label
        Which column of Table 8.
    draws, rng
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        ``source, label``, the tidy columns and ``groups``, how many the covariance rests on. An
        end of an interval that does not exist is missing.
    """
    blocks = []
    for source, panel in panels.items():
        column = group_columns(panel).get(label)
        if column is None:
            continue
        sample = column.sample(panel)
        for name in COVARIANCES:
            one = column.replace(covariance="robust", cluster=None).specification
            fit = absorbed_regression(sample, with_covariance(one, name))
            row = fit.tidy().head(1)
            blocks.append(row.assign(label=name, groups=fit.n_groups, source=source))
        drawn = wild_cluster_bootstrap(
            sample, column.specification.replace(cluster=CLUSTER), draws=draws, rng=rng
        )
        blocks.append(drawn.tidy().assign(groups=drawn.n_clusters, source=source))
    rows = pd.concat(blocks, ignore_index=True)
    return rows[["source", "label", *TIDY, "groups"]].replace([np.inf, -np.inf], np.nan)


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
    baseline = BASELINE.replace(**changes)
    rows = estimation_sample(panel, baseline)
    codes, firms = pd.factorize(rows["firm"])
    found = []
    for _ in range(draws):
        first = (rng.permutation(len(firms)) < len(firms) // 2)[codes]
        joint = suest({"1": (rows[first], baseline), "2": (rows[~first], baseline)})
        gap = joint.difference("1", "2")["p_value"].item()
        found.append((*joint.tidy()["p_value"], gap))
    return pd.DataFrame(found, columns=["p_first", "p_second", "p_difference"])


def count_stars(by_source: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count how random halves turn out at ten per cent.

    Parameters
    ----------
    by_source
        From :func:`random_splits`.

    Returns
    -------
    pandas.DataFrame
        A row a source: shares of draws with a star in ``both`` halves, in ``one`` or in ``none``,
        and with halves that ``differ`` significantly.
    """
    rows = []
    for source, draws in by_source.items():
        found = (draws[["p_first", "p_second"]] < TEN).sum(axis=1)
        shares = [float((found == count).mean()) for count in (2, 1, 0)]
        rows.append((source, *shares, float((draws["p_difference"] < TEN).mean())))
    return pd.DataFrame(rows, columns=["source", "both", "one", "none", "differ"])
