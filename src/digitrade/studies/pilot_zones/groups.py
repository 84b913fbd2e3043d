"""The firm study's groups: slopes, their differences, and what stands behind each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from digitrade.data import load_published
from digitrade.methods.estimate import LESS, TIDY, Estimate
from digitrade.methods.heterogeneity import stacked_difference
from digitrade.methods.regression import fixed_effects, suest
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap
from digitrade.studies.pilot_zones.robustness import with_intervals
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    STUDY,
    TABLES,
    TWIN,
    PrintedColumn,
    across,
    can_be_estimated,
    estimation_sample,
    printed_rows,
    source_rows,
    true_effect,
    under_covariances,
    with_labels,
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
BY_CITY = {"covariance": "clustered", "cluster": CLUSTER}
TEN = 0.10  # level of a single star


def group_columns(panel: pd.DataFrame, **changes: Any) -> dict[str, PrintedColumn]:
    """Return the columns of Table 8, with changes, that a panel can fill, by label."""
    columns = (column.replace(**changes) for column in TABLES["8"])
    return {column.label: column for column in columns if can_be_estimated(column, panel)}


def printed_groups() -> pd.DataFrame:
    """Return the printed rows of Table 8 by label: ``estimate, std_error, stars, n_obs``."""
    rows = with_labels(printed_rows("8"), "8")
    return rows.set_index("row")[["estimate", "std_error", "stars", "n_obs"]]


def group_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return printed and estimated rows of Table 8, and the truth of each group itself."""
    rows = source_rows(estimates, panels)
    known = rows["source"] == "truth"
    rows.loc[known, "estimate"] = rows.loc[known, "row"].map(group_truths(panels[TWIN]))
    return pd.concat([with_labels(printed_rows("8"), "8"), rows], ignore_index=True)


def group_truths(panel: pd.DataFrame) -> dict[str, float]:
    """Return the mean true effect over the treated rows of each group; missing if unknown."""
    return {
        name: true_effect(column.sample(panel)) for name, column in group_columns(panel).items()
    }


def interval_rows(groups: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`group_rows` but for the truth with intervals by family, for a figure."""
    families = {label: family for family, members in FAMILIES.items() for label in members}
    rows = with_intervals(groups[groups["source"] != "truth"]).rename(columns={"row": "label"})
    rows = rows.assign(source=rows["source"].str.capitalize(), group=rows["label"].map(families))
    return rows[["source", "group", "label", "estimate", "conf_low", "conf_high"]]


def covariance_words(estimates: Mapping[str, Estimate]) -> str:
    """Return the covariance of several columns in words, without their numbers of clusters."""
    words = (re.sub(r", [\d,]+ clusters| \([\d,]+\)", "", fit.words) for fit in estimates.values())
    return "; ".join(dict.fromkeys(words))


def printed_differences() -> pd.DataFrame:
    """Return the printed differences; groups of one split share no rows, so variances add up."""
    families, *sides = zip(*PAIRS, strict=True)
    first, second = (printed_groups().loc[list(side)].reset_index() for side in sides)
    gap = first["estimate"] - second["estimate"]
    error = np.hypot(first["std_error"], second["std_error"])
    test = {"statistic": gap / error, "p_value": 2 * stats.norm.sf(abs(gap) / error)}
    frame = pd.DataFrame({"family": families, "estimate": gap, "std_error": error, **test})
    sizes = {"n_obs": first["n_obs"] + second["n_obs"], "row": first["row"] + LESS + second["row"]}
    return with_intervals(frame).assign(**sizes, term="zone_post", source="printed")


Pair = tuple[str, str, PrintedColumn, PrintedColumn]


def _pairs(panel: pd.DataFrame, **changes: Any) -> Iterator[Pair]:
    """Give family, name and both columns of each pair of groups that a panel can fill."""
    columns = group_columns(panel, **changes)
    for family, first, second in PAIRS:
        if {first, second} <= set(columns):
            yield family, f"{first}{LESS}{second}", columns[first], columns[second]


def group_differences(panel: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    """Return the differences between groups, with their joint covariance, a row a pair."""
    rows = []
    for family, row, *pair in _pairs(panel, **changes):
        joint = suest({c.label: (c.sample(panel), c.specification) for c in pair})
        gap = joint.difference(*(column.label for column in pair))
        rows.append(gap.assign(family=family, row=row, covariance=joint.words))
    names = ["family", "row", *TIDY, "covariance"]
    return pd.concat(rows, ignore_index=True)[names] if rows else pd.DataFrame(columns=names)


def difference_rows(panels: Mapping[str, pd.DataFrame], **changes: Any) -> pd.DataFrame:
    """Return the differences between groups in print, in every source, and in truth."""
    truth = group_truths(panels[TWIN])
    gaps = [(family, f"{a}{LESS}{b}", truth[a] - truth[b]) for family, a, b in PAIRS]
    true = pd.DataFrame(gaps, columns=["family", "row", "estimate"]).assign(source="truth")
    estimated = across(panels, group_differences, **changes)
    return pd.concat([printed_differences(), estimated, true], ignore_index=True)


def bootstrap_differences(
    panel: pd.DataFrame, *, draws: int, rng: np.random.Generator
) -> pd.Series:
    """Return p-values of the differences, by row, by the wild cluster bootstrap over cities."""
    found = {}
    for _, row, *pair in _pairs(panel, cluster=CLUSTER):
        first, second = (column.sample(panel) for column in pair)
        stacked, changed = stacked_difference(first, second, pair[0].specification)
        found[row] = wild_cluster_bootstrap(stacked, changed, draws=draws, rng=rng).p_value
    return pd.Series(found, dtype=float)


def holm(p_values: pd.Series) -> pd.Series:
    """Return p-values by Holm (1979, Scandinavian Journal of Statistics 6(2), 65-70)."""
    known = p_values.dropna()
    adjusted = multipletests(known, method="holm")[1] if len(known) else []
    return pd.Series(adjusted, index=known.index, dtype=float).reindex(p_values.index)


def p_value_frame(rows: pd.DataFrame, drawn: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Set p-values of differences side by side by source: as they are, by Holm, drawn."""
    frame = pd.DataFrame(index=pd.Index(rows["row"].unique(), name="row"))
    tested = rows[rows["source"] != "truth"].set_index("row")
    for source, p_values in tested.groupby("source", sort=False)["p_value"]:
        added = {f"p_{source}": p_values, f"holm_{source}": holm(p_values)}
        wild = {f"wild_{source}": drawn[source]} if source in drawn else {}
        frame = frame.assign(**added, **wild)
    return frame.reset_index()


def group_basis(panel: pd.DataFrame) -> pd.DataFrame:
    """Return what each group's estimate rests on, a row a group.

    ``share_squares``: of the squared deviations of FC in the split; ``largest``: its largest FC.
    """
    deviation = (panel["fc"] - panel["fc"].mean()) ** 2
    found = []
    for name, column in group_columns(panel).items():
        sample = column.sample(panel)
        by_city = sample.groupby(CLUSTER)["zone_post"].agg(["min", "max"])
        treated, switch = by_city["max"] == 1, by_city["max"] > by_city["min"]
        squares = ((sample["fc"] - panel["fc"].mean()) ** 2).sum()
        share = squares / deviation[panel[column.only[0]].notna()].sum()
        counts = (len(sample), len(by_city), treated.sum(), switch.sum(), (~treated).sum())
        found.append((name, *counts, share, sample["fc"].max()))
    names = "row rows cities treated switch never share_squares largest"
    return pd.DataFrame(found, columns=names.split())


def with_and_without(panel: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    """Estimate the columns that hold the largest FC with and without its row."""
    top = panel.loc[panel["fc"].idxmax()]
    less = panel.drop(index=top.name)
    found = []
    for name, column in group_columns(panel, **changes).items():
        sample = column.sample(panel)
        if ((sample["firm"] == top["firm"]) & (sample["year"] == top["year"])).any():
            full, bare = (column.estimate(rows).main for rows in (panel, less))
            numbers = ["estimate", "std_error"]
            change = (bare["estimate"] - full["estimate"]) / full["std_error"]
            found.append((name, top["fc"], *full[numbers], *bare[numbers], change))
    names = "row value estimate std_error estimate_without std_error_without change"
    return pd.DataFrame(found, columns=names.split())


def few_clusters(panel: pd.DataFrame, *, draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return each group's slope with errors by city, and how far they can be trusted.

    Tidy, with ``robust``, the other standard error; ``groups``, cities; ``n_effective`` of them
    and whether these are ``few``; ``p_wild`` of the wild cluster bootstrap.
    """
    rows = []
    for name, column in group_columns(panel, **BY_CITY).items():
        sample, model = column.sample(panel), column.specification
        fit = fixed_effects(sample, model)
        robust = fixed_effects(sample, model.replace(covariance="robust", cluster=None))
        drawn = wild_cluster_bootstrap(sample, model, draws=draws, rng=rng)
        told = {"groups": fit.n_groups, "n_effective": fit.n_effective, "few": fit.few_effective}
        errors = {"robust": robust.main["std_error"], "p_wild": drawn.p_value}
        rows.append({"row": name, "term": model.regressor, **fit.main, **told, **errors})
    return pd.DataFrame(rows)


def with_bootstrap(
    rows: pd.DataFrame, specification: Specification, *, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Estimate under every covariance, and test by wild bootstrap over cities."""
    by_city = specification.replace(**BY_CITY)
    drawn = wild_cluster_bootstrap(rows, by_city, draws=draws, rng=rng)
    told = drawn.tidy().assign(groups=drawn.n_clusters)
    return pd.concat([under_covariances(rows, specification), told], ignore_index=True)


def printed_sizes() -> pd.DataFrame:
    """Add up the printed groups of each split, and compare with the whole samples."""
    printed = printed_groups()
    sample = printed_rows("3")["n_obs"].astype(int)
    rows = []
    for family, own in ((name, printed.loc[list(labels)]) for name, labels in FAMILIES.items()):
        total = int(own["n_obs"].sum())
        mean = np.average(own["estimate"], weights=own["n_obs"])
        rows.append((family, total, sample.max() - total, total - sample.min(), mean))
    return pd.DataFrame(rows, columns=["family", "rows", "short", "beyond", "mean"])


def text_against_table() -> pd.DataFrame:
    """Return the coefficients of Table 8 that the study's text gives otherwise, and the gaps."""
    rows = load_published("estimates", study=STUDY).query("table == '8' and term == 'zone_post'")
    rows = with_labels(rows[rows["note"].str.startswith("text says")], "8")
    table, se = rows["estimate"].astype(float), rows["se"].astype(float)
    text = rows["note"].str.extract(r"(-?\d+\.\d+)")[0].astype(float)
    rows = rows.assign(table=table, text=text, gap=text - table, gap_in_se=(text - table) / se)
    return rows[["row", "table", "text", "gap", "gap_in_se"]].reset_index(drop=True)


def random_splits(
    panel: pd.DataFrame, *, draws: int, rng: np.random.Generator, **changes: Any
) -> pd.DataFrame:
    """Split the firms in two by lot, and return the p-values of the halves and their difference."""
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


def count_stars(splits: pd.DataFrame) -> pd.DataFrame:
    """Return in which shares of :func:`random_splits` halves have stars, and differ, in a row."""
    stars = (splits[["p_first", "p_second"]] < TEN).sum(axis=1)
    shares = {name: (stars == n).mean() for name, n in (("both", 2), ("one", 1), ("none", 0))}
    return pd.DataFrame([shares | {"differ": (splits["p_difference"] < TEN).mean()}])
