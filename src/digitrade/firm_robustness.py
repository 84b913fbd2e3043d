"""The firm study's robustness rows that are more than one regression on the panel as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from scipy import stats

from digitrade.absorb import absorbed_regression
from digitrade.estimate import Estimate
from digitrade.firm_tables import TABLES, can_be_estimated
from digitrade.matching import MatchingRule, PsmDid, psm_did
from digitrade.pilot_zones import BASELINE, CONTROLS, TWIN, estimation_sample
from digitrade.placebo_time import in_time_placebo
from digitrade.specification import Specification

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
SAMPLES = {"full": "all rows", "pre": "rows before the zone"}


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
    columns = [one.but(**changes) for one in TABLES[table]]
    found = []
    for source, panel in panels.items():
        for earlier, later in zip(columns[:-1], columns[1:], strict=True):
            if not can_be_estimated(later, panel):
                continue
            whole, cut = earlier.sample(panel), later.sample(panel)
            before, between, after = (
                float(absorbed_regression(rows, one.specification).main["estimate"])
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


def printed_changes(printed: pd.DataFrame) -> pd.DataFrame:
    """Return the steps between printed rows of one table: ``row, source, change, lost``."""
    steps = printed.assign(
        change=printed["estimate"].diff(), lost=-printed["n_obs"].diff(), source="printed"
    )
    return steps.iloc[1:][["row", "source", "change", "lost"]]


def time_placebos(
    panels: Mapping[str, pd.DataFrame],
    specification: Specification = BASELINE,
    *,
    years: Sequence[int] = (1, 2),
) -> pd.DataFrame:
    """Estimate placebos in time on all rows and on those before the zone.

    Parameters
    ----------
    panels
        Firm panels by source.
    specification
        What is estimated.
    years
        Years by which zones are moved ahead.

    Returns
    -------
    pandas.DataFrame
        A row a source, number of years and sample: ``source, years, sample, sample_label``,
        the tidy columns; and on all rows ``share``, the coefficient of the true indicator on the
        moved one within effects and controls, so the part of a constant effect that the
        placebo shows, ``expected``, that share of the source's own estimate, and ``truth``,
        what the true effects alone would give (twin only).
    """
    found = []
    for source, panel in panels.items():
        rows = estimation_sample(panel, specification)
        effect = float(absorbed_regression(rows, specification).main["estimate"])
        for ahead in years:
            for sample in SAMPLES:
                one = in_time_placebo(rows, specification, years_ahead=ahead, sample=sample)  # type: ignore[arg-type]
                row = {"source": source, "years": ahead, "sample": sample, **one.main}
                if sample == "full":
                    share = _in_placebo(rows, specification, ahead, "true_treatment")
                    row |= {"share": share, "expected": share * effect}
                if sample == "full" and f"true_effect_{specification.outcome}" in rows:
                    name = f"true_effect_{specification.outcome}"
                    row["truth"] = _in_placebo(rows, specification, ahead, name)
                found.append(row)
    frame = pd.DataFrame(found).assign(term=specification.regressor)
    return frame.assign(sample_label=frame["sample"].map(SAMPLES))


def _in_placebo(rows: pd.DataFrame, specification: Specification, ahead: int, name: str) -> float:
    """Return the placebo's coefficient where a column is the outcome."""
    with_truth = rows.assign(true_treatment=rows[specification.regressor].astype(float))
    changed = specification.but(outcome=name)
    return float(in_time_placebo(with_truth, changed, years_ahead=ahead).main["estimate"])


def shifted_truth(placebos: pd.DataFrame, labels: Mapping[int, str]) -> pd.DataFrame:
    """Return rows ``row, source, estimate`` of what a placebo in time should show on the twin."""
    full = placebos[(placebos["sample"] == "full") & (placebos["source"] == TWIN)]
    return pd.DataFrame(
        {
            "row": full["years"].map(labels).to_numpy(),
            "source": "truth",
            "estimate": full["truth"].to_numpy(),
        }
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
        As in :func:`digitrade.matching.psm_did`.

    Raises
    ------
    ValueError
        If the rule is unknown, or as in :func:`digitrade.matching.psm_did`.
    """
    if rule not in RULES:
        raise ValueError(f"rule {rule!r}: choose {' | '.join(RULES)}")
    return psm_did(panel, specification, covariates=CONTROLS, rule=RULES[rule], weighting=weighting)


MATCHINGS: Mapping[str, tuple[str, str]] = {
    "Only the common support": ("nearest", "support"),
    RULE_LABELS["nearest"]: ("nearest", "matched"),
    f"{RULE_LABELS['nearest']}, weighted": ("nearest", "weights"),
    RULE_LABELS["once"]: ("once", "matched"),
    RULE_LABELS["caliper"]: ("caliper", "matched"),
    f"{RULE_LABELS['kernel']}, weighted": ("kernel", "weights"),
}


def matched_estimates(
    panels: Mapping[str, pd.DataFrame], specification: Specification = BASELINE
) -> dict[str, dict[str, Estimate]]:
    """Estimate on rows matched in each of the ways of :data:`MATCHINGS`, by source and label.

    A way that a source's rows do not allow, as when a covariate separates the groups, is left
    out.
    """
    found: dict[str, dict[str, Estimate]] = {}
    for source, panel in panels.items():
        found[source] = {}
        for label, (rule, weighting) in MATCHINGS.items():
            try:
                one = matched(panel, specification, rule=rule, weighting=weighting)
            except ValueError:
                continue
            found[source][label] = one.estimate
    return found


def implied_by_p_values(
    estimate: float, *, two_sided: float, right: float
) -> tuple[float, float, float]:
    """Return left tail, centre and spread of a placebo distribution from its p-values.

    Draws at least as far from zero are those at least as large and those at most the
    negative. So the second tail is the two-sided p-value less the right one. Centre and
    spread are those of the normal with these two tails.

    Raises
    ------
    ValueError
        If a tail is not between 0 and 1.
    """
    left = two_sided - right
    if not (0 < left < 1 and 0 < right < 1):
        raise ValueError(f"Tails of {left:.3f} and {right:.3f}: each has to lie between 0 and 1")
    low, high = stats.norm.ppf(left), stats.norm.ppf(1 - right)
    spread = 2 * abs(estimate) / (high - low)
    return left, float(abs(estimate) - high * spread), float(spread)


def with_intervals(rows: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Fill in the normal interval where only a standard error is known, as in print."""
    reach = stats.norm.ppf(0.5 + confidence / 2) * rows["std_error"]
    ends = {"conf_low": rows["estimate"] - reach, "conf_high": rows["estimate"] + reach}
    known = rows.reindex(columns=[*rows.columns, *(one for one in ends if one not in rows)])
    return known.assign(**{name: known[name].fillna(end) for name, end in ends.items()})
