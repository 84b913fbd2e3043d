"""The firm study's robustness rows that are more than one regression on the panel as it is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.data.labels import label as name_of
from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.influence import without_rows
from digitrade.methods.matching import MatchingRule
from digitrade.methods.matching_did import PsmDid, psm_did
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.columns import TABLES, can_be_estimated
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    TWIN,
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
RULE_LABELS = {
    "nearest": "Matched: nearest",
    "once": "Matched: nearest, each control once",
    "caliper": "Matched: the same, within a caliper",
    "kernel": "Matched: kernel",
}


def row_and_control_changes(
    panels: Mapping[str, pd.DataFrame], table: str = "5", **changes: object
) -> pd.DataFrame:
    """Split the step from one printed column to the next into its rows and its controls.

    In between stands the earlier column's specification on the later column's rows.

    Parameters
    ----------
    panels
        Firm panels by source.
    table
        Printed table whose columns have the same outcome.
    changes
        What to change in every specification, such as its covariance.

    Returns
    -------
    pandas.DataFrame
        A row a step and source: ``source, row`` (the later column's label), ``before``,
        ``between``, ``after`` (coefficients), ``change``, ``from_rows`` and
        ``from_controls``, which add up to it, and ``lost``, the rows that go. Steps that a
        source has no figures for are left out.
    """
    columns = [one.replace(**changes) for one in TABLES[table]]
    found = []
    for source, panel in panels.items():
        for earlier, later in itertools.pairwise(columns):
            if not can_be_estimated(later, panel):
                continue
            whole, cut = earlier.sample(panel), later.sample(panel)
            before, between, after = (
                float(fixed_effects(rows, one.specification).main["estimate"])
                for rows, one in ((whole, earlier), (cut, earlier), (cut, later))
            )
            found.append(
                {
                    "source": source,
                    "row": later.label,
                    "before": before,
                    "between": between,
                    "after": after,
                    "change": after - before,
                    "from_rows": between - before,
                    "from_controls": after - between,
                    "lost": len(whole) - len(cut),
                }
            )
    return pd.DataFrame(found)


def beside_printed(printed: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Put the steps between printed rows above those of :func:`row_and_control_changes`.

    Parameters
    ----------
    printed
        ``row, estimate, n_obs``, in the order of print; the first has no step.
    steps
        With the same names of rows.

    Returns
    -------
    pandas.DataFrame
        Step by step, and in each the printed one first; what print cannot split is missing.
    """
    own = printed.assign(
        change=printed["estimate"].diff(), lost=-printed["n_obs"].diff(), source="printed"
    ).iloc[1:]
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
    """Match firm-years on the baseline's controls within each year, then estimate.

    Parameters
    ----------
    panel
        One row for each firm and year.
    specification
        What is estimated.
    rule
        One of :data:`RULES`.
    weighting
        As in :func:`digitrade.methods.matching_did.psm_did`.

    Raises
    ------
    ValueError
        If the rule is unknown, or as in :func:`digitrade.methods.matching_did.psm_did`.
    """
    if rule not in RULES:
        raise ValueError(f"rule {rule!r}: choose {' | '.join(RULES)}")
    return psm_did(
        panel,
        specification,
        covariates=CONTROLS,
        treatment="zone",
        within="year",
        rule=RULES[rule],
        weighting=weighting,
    )


MATCHINGS: Mapping[str, tuple[str, str]] = {
    "Only the common support": ("nearest", "support"),
    RULE_LABELS["nearest"]: ("nearest", "matched"),
    f"{RULE_LABELS['nearest']}, weighted": ("nearest", "weights"),
    RULE_LABELS["once"]: ("once", "matched"),
    RULE_LABELS["caliper"]: ("caliper", "matched"),
    f"{RULE_LABELS['kernel']}, weighted": ("kernel", "weights"),
}


def matched_rows(
    panels: Mapping[str, pd.DataFrame], specification: Specification = BASELINE
) -> pd.DataFrame:
    """Estimate on rows matched in each of the ways of :data:`MATCHINGS`.

    A way that a source's rows do not allow, as when a covariate separates the groups, is left
    out.

    Returns
    -------
    pandas.DataFrame
        ``row, source`` and the tidy columns; the twin's are followed by rows of source
        ``"truth"``, the mean true effect over the treated rows that are kept, each as often as it
        counts.
    """
    found = []
    for source, panel in panels.items():
        for label, (rule, weighting) in MATCHINGS.items():
            try:
                one = matched(panel, specification, rule=rule, weighting=weighting)
            except ValueError:
                continue
            found.append({"row": label, "source": source, **one.main})
            if source == TWIN:
                truth = kept_truth(one.sample.panel, specification, "matching_weight")
                found.append({"row": label, "source": "truth", "estimate": truth})
    return pd.DataFrame(found, columns=["row", "source", *TIDY]).assign(
        term=specification.regressor
    )


def kept_truth(rows: pd.DataFrame, specification: Specification, weight: str = "") -> float:
    """Return the mean true effect over treated rows, weighted by a column if one is named."""
    treated = rows[rows[specification.regressor] == 1]
    effects = treated[f"true_effect_{specification.outcome}"]
    return float(np.average(effects, weights=treated[weight] if weight else None))


def with_intervals(rows: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Fill in the normal interval where only a standard error is known, as in print."""
    reach = stats.norm.ppf(0.5 + confidence / 2) * rows["std_error"]
    ends = {"conf_low": rows["estimate"] - reach, "conf_high": rows["estimate"] + reach}
    known = rows.reindex(columns=[*rows.columns, *(one for one in ends if one not in rows)])
    return known.assign(**{name: known[name].fillna(end) for name, end in ends.items()})


def policy_rows(
    estimates: Mapping[str, Mapping[str, Estimate]],
    panels: Mapping[str, pd.DataFrame],
    label: str,
) -> pd.DataFrame:
    """Return the three policies' coefficients: printed, by source, and the twin's truth.

    Parameters
    ----------
    estimates
        Of Table 6, by source and label.
    panels
        The panel of each source, for the truth.
    label
        Of the column with the other two programmes.
    """
    known = {
        "zone_post": true_effect(panels[TWIN]),
        "smart_post": 0.0,
        "innova_post": TRUTH.innovative_city,
    }
    printed = [
        printed_rows("6", term=term).query("column == '4'").assign(row=term) for term in known
    ]
    ours = [
        found[label].tidy().loc[lambda rows: rows["term"].isin(known)].assign(source=source)
        for source, found in estimates.items()
        if label in found
    ]
    truth = pd.DataFrame({"row": list(known), "source": "truth", "estimate": list(known.values())})
    rows = pd.concat([*printed, *(one.assign(row=one["term"]) for one in ours), truth])
    return rows.assign(row=rows["row"].map(name_of))


def without_largest(
    samples: Mapping[str, pd.DataFrame],
    specification: Specification,
    counts: Sequence[int] = (1, 5, 10, 50),
) -> pd.DataFrame:
    """Estimate without the rows with the largest outcomes.

    Parameters
    ----------
    samples
        By source, complete rows.
    specification
        What is estimated.
    counts
        How many rows are left out.

    Returns
    -------
    pandas.DataFrame
        ``row, source, removed`` and the tidy columns; the twin's are followed by rows of source
        ``"truth"``, the mean true effect over the treated rows that are left.
    """
    found = []
    for source, rows in samples.items():
        order = rows[specification.outcome].sort_values(ascending=False, kind="stable").index
        gone = {without_words(count): order[:count] for count in counts}
        found.append(
            without_rows(rows, specification, gone)
            .rename(columns={"label": "row"})
            .assign(source=source)
        )
        if source == TWIN:
            truths = [kept_truth(rows.drop(index=one), specification) for one in gone.values()]
            found.append(pd.DataFrame({"row": list(gone), "source": "truth", "estimate": truths}))
    return pd.concat(found, ignore_index=True)


def without_words(count: int) -> str:
    """Return the name of the row without so many largest values."""
    return "Without the largest ratio" if count == 1 else f"Without the {count} largest ratios"


def gather(groups: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Stack rows of several exhibits under the heading of each, leaving out what has no estimate.

    Parameters
    ----------
    groups
        By heading, rows with ``row, source, estimate``.

    Raises
    ------
    ValueError
        If two rows of one source have the same name.
    """
    rows = pd.concat(
        [one.assign(group=heading) for heading, one in groups.items()], ignore_index=True
    ).dropna(subset=["estimate"])
    if (twice := rows.duplicated(["row", "source"])).any():
        found = rows.loc[twice, ["row", "source"]].to_numpy().tolist()
        raise ValueError(f"More than one estimate for {found}: give each row its own name")
    return rows.reset_index(drop=True)
