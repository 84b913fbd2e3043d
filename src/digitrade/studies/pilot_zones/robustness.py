"""The firm study's robustness rows that are more than one regression on the panel as it is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from scipy import stats

from digitrade.data.labels import label as name_of
from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.influence import without_rows
from digitrade.methods.matching import MatchingRule, PsmDid, psm_did
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.columns import TABLES, can_be_estimated
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    TWIN,
    effect_on,
    printed_rows,
    true_effect,
)
from digitrade.studies.pilot_zones.twin.truth import TRUTH

CALIPER = 0.25  # standard deviations of the score, as Rosenbaum and Rubin (1985) suggest
RULES: Mapping[str, MatchingRule] = {
    "nearest": MatchingRule(),
    "once": MatchingRule(replace=False),
    "caliper": MatchingRule(replace=False, caliper=CALIPER),
    "kernel": MatchingRule("kernel"),
}
MATCHINGS: Mapping[str, tuple[str, str]] = {
    "Only the common support": ("nearest", "support"),
    "Matched: nearest": ("nearest", "matched"),
    "Matched: nearest, weighted": ("nearest", "weights"),
    "Matched: nearest, each control once": ("once", "matched"),
    "Matched: the same, within a caliper": ("caliper", "matched"),
    "Matched: kernel, weighted": ("kernel", "weights"),
}
"""Rows of the exhibit: rule of matching, and how matched rows are used in the estimate."""


def row_and_control_changes(panel: pd.DataFrame, table: str, **changes: Any) -> pd.DataFrame:
    """Split the step from one printed column to the next into its rows and its controls.

    In between stands the earlier column's specification on the later column's rows; ``lost`` are
    the rows that go. Steps that the panel has no figures for are left out.
    """
    steps = itertools.pairwise(column.replace(**changes) for column in TABLES[table])
    found = []
    for earlier, later in steps:
        if can_be_estimated(later, panel):
            whole, cut = earlier.sample(panel), later.sample(panel)
            fits = {
                "before": effect_on(whole, earlier.specification),
                "between": effect_on(cut, earlier.specification),
                "after": effect_on(cut, later.specification),
            }
            effects = {name: fit["estimate"] for name, fit in fits.items()}
            found.append({"row": later.label, **effects, "lost": len(whole) - len(cut)})
    names = ["row", "before", "between", "after", "lost"]
    return pd.DataFrame(found, columns=names).assign(
        change=lambda rows: rows["after"] - rows["before"],
        from_rows=lambda rows: rows["between"] - rows["before"],
        from_controls=lambda rows: rows["after"] - rows["between"],
    )


def beside_printed(printed: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Put the steps between printed rows above those of :func:`row_and_control_changes`."""
    own = printed.assign(change=printed["estimate"].diff(), lost=-printed["n_obs"].diff()).iloc[1:]
    order = list(printed["row"])
    return pd.concat([own[["row", "source", "change", "lost"]], steps]).sort_values(
        "row", key=lambda column: column.map(order.index), kind="stable", ignore_index=True
    )


def matched(
    panel: pd.DataFrame,
    specification: Specification = BASELINE,
    *,
    rule: str = "nearest",
    weighting: str = "matched",
) -> PsmDid:
    """Match firm-years on the baseline's controls within each year by a rule, then estimate."""
    if rule not in RULES:
        raise ValueError(f"rule {rule!r}: choose {' | '.join(RULES)}")
    return psm_did(panel, specification, covariates=CONTROLS, rule=RULES[rule], weighting=weighting)


def matched_rows(panel: pd.DataFrame, specification: Specification = BASELINE) -> pd.DataFrame:
    """Estimate on rows matched in each of the :data:`MATCHINGS`, each with its truth.

    A way that the rows do not allow, as when a covariate separates the groups, is left out. The
    truth is over the treated rows that are kept, each as often as it counts.
    """
    found = []
    for row, (rule, weighting) in MATCHINGS.items():
        try:
            one = matched(panel, specification, rule=rule, weighting=weighting)
        except ValueError:
            continue
        true = true_effect(one.sample.panel, specification.outcome, "matching_weight")
        found.append({"row": row, **one.main, "true": true})
    return pd.DataFrame(found, columns=["row", *TIDY, "true"]).assign(term=specification.regressor)


def with_intervals(rows: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Fill in the normal interval where only a standard error is known, as in print."""
    reach = stats.norm.ppf(0.5 + confidence / 2) * rows["std_error"]
    ends = {"conf_low": rows["estimate"] - reach, "conf_high": rows["estimate"] + reach}
    known = rows.reindex(columns=rows.columns.union([*ends], sort=False))
    return known.assign(**{name: known[name].fillna(end) for name, end in ends.items()})


def policy_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame], label: str
) -> pd.DataFrame:
    """Return the coefficients of three policies in one column of Table 6, printed to true."""
    truths = {
        "zone_post": true_effect(panels[TWIN]),
        "smart_post": 0.0,
        "innova_post": TRUTH.innovative_city,
    }
    printed = [
        printed_rows("6", term=term).query("column == '4'").assign(term=term) for term in truths
    ]
    ours = [
        found[label].tidy().assign(source=source)
        for source, found in estimates.items()
        if label in found
    ]
    truth = pd.DataFrame(truths.items(), columns=["term", "estimate"]).assign(source="truth")
    rows = pd.concat([*printed, *ours, truth])
    rows = rows[rows["term"].isin(list(truths))]
    return rows.assign(row=rows["term"].map(name_of))


def without_largest(
    rows: pd.DataFrame, specification: Specification, counts: Sequence[int] = (1, 5, 10, 50)
) -> pd.DataFrame:
    """Estimate without the complete rows with the largest outcomes, each with its truth."""
    outcome = specification.outcome
    order = rows[outcome].sort_values(ascending=False, kind="stable").index
    words = {1: "Without the largest ratio"}
    gone = {words.get(n, f"Without the {n} largest ratios"): order[:n] for n in counts}
    found = without_rows(rows, specification, gone).rename(columns={"label": "row"})
    return found.assign(true=[true_effect(rows.drop(index=out), outcome) for out in gone.values()])


def gather(groups: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Stack rows of several exhibits under the heading of each, leaving out what has no estimate.

    Raises if two rows of one source have the same name.
    """
    rows = pd.concat([one.assign(group=heading) for heading, one in groups.items()])
    rows = rows.dropna(subset=["estimate"]).reset_index(drop=True)
    if (twice := rows.duplicated(["row", "source"])).any():
        found = rows.loc[twice, ["row", "source"]].to_numpy().tolist()
        raise ValueError(f"More than one estimate for {found}: give each row its own name")
    return rows
