"""The firm study's robustness rows that are more than a regression: samples, placebos, matches."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.data import load_published
from digitrade.data.labels import label as name_of
from digitrade.methods.estimate import TIDY, Estimate
from digitrade.methods.influence import group_influence, influence, without_rows
from digitrade.methods.matching import MatchingRule
from digitrade.methods.matching_did import PsmDid, psm_did
from digitrade.methods.placebo import Placebo, in_space_placebo, in_time_placebo
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    STUDY,
    TABLES,
    TWIN,
    across,
    can_be_estimated,
    effect_on,
    estimation_sample,
    is_identified,
    printed_and_estimated,
    printed_rows,
    true_effect,
    with_covariance,
)
from digitrade.studies.pilot_zones.twin.truth import TRUTH
from digitrade.studies.pilot_zones.variables import TRUE_EFFECT as TRUE

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
SAMPLE_LABELS = {"full": "all rows", "pre": "rows before the zone"}
P_VALUES = ("p_two_sided", "p_left", "p_right")
AHEAD = {1: "Zones a year ahead", 2: "Zones two years ahead"}


def row_and_control_changes(panel: pd.DataFrame, table: str, **changes: Any) -> pd.DataFrame:
    """Split the step between printed columns: first the later one's rows, then its controls."""
    found = []
    for earlier, later in itertools.pairwise(c.replace(**changes) for c in TABLES[table]):
        if can_be_estimated(later, panel):
            whole, cut = earlier.sample(panel), later.sample(panel)
            old, new = earlier.specification, later.specification
            fits = (effect_on(*way) for way in ((whole, old), (cut, old), (cut, new)))
            found.append((later.label, *(fit["estimate"] for fit in fits), len(whole) - len(cut)))
    rows = pd.DataFrame(found, columns=["row", "before", "between", "after", "lost"])
    parts = "change = after - before\nfrom_rows = between - before\nfrom_controls = after - between"
    return rows.eval(parts)


def beside_printed(printed: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Put the steps between printed rows above those of :func:`row_and_control_changes`."""
    own = printed.assign(change=printed["estimate"].diff(), lost=-printed["n_obs"].diff()).iloc[1:]
    order = list(printed["row"])
    rows = pd.concat([own[["row", "source", "change", "lost"]], steps])
    return rows.iloc[rows["row"].map(order.index).argsort(kind="stable")].reset_index(drop=True)


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
    match = partial(psm_did, covariates=CONTROLS, treatment="zone", within="year")
    return match(panel, specification, rule=RULES[rule], weighting=weighting)


def matched_rows(panel: pd.DataFrame, specification: Specification = BASELINE) -> pd.DataFrame:
    """Estimate on rows matched in each of the :data:`MATCHINGS` that they allow, with the truth."""
    found = []
    for row, (rule, weighting) in MATCHINGS.items():
        try:
            match = matched(panel, specification, rule=rule, weighting=weighting)
        except ValueError:
            continue
        true = true_effect(match.sample.panel, specification.outcome, "matching_weight")
        found.append({"row": row, **match.main, "true": true})
    return pd.DataFrame(found, columns=["row", *TIDY, "true"]).assign(term=specification.regressor)


def with_intervals(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill in the normal 95 per cent interval where only an error is known, as in print."""
    reach = stats.norm.ppf(0.975) * rows["std_error"]
    ends = {"conf_low": rows["estimate"] - reach, "conf_high": rows["estimate"] + reach}
    return rows.assign(**{name: rows.get(name, end).fillna(end) for name, end in ends.items()})


def policy_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame], label: str
) -> pd.DataFrame:
    """Return the coefficients of three policies in one column of Table 6, printed to true."""
    true = {"zone_post": true_effect(panels[TWIN]), "smart_post": 0.0}
    true |= {"innova_post": TRUTH.innovative_city}
    printed = [printed_rows("6", term=t).query("column == '4'").assign(term=t) for t in true]
    ours = [fits[label].tidy().assign(source=s) for s, fits in estimates.items() if label in fits]
    truth = pd.DataFrame(true.items(), columns=["term", "estimate"]).assign(source="truth")
    rows = pd.concat([*printed, *ours, truth]).query("term in @true")
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


def time_placebos(
    panel: pd.DataFrame, specification: Specification = BASELINE, *, years: Sequence[int] = (1, 2)
) -> pd.DataFrame:
    """Estimate placebos in time; a ``share`` of a constant effect shows, ``expected`` of ours."""
    rows = estimation_sample(panel, specification)
    rows = rows.assign(constant=rows[specification.regressor].astype(float))
    effect = effect_on(rows, specification)["estimate"]
    true = specification.replace(outcome=f"true_effect_{specification.outcome}")
    constant = specification.replace(outcome="constant")

    found = []
    for ahead in years:
        moved = partial(in_time_placebo, rows, years_ahead=ahead, cohort="cohort")
        share = moved(constant).main["estimate"]
        full = {"years": ahead, "sample": "full", **moved(specification).main}
        full |= {"share": share, "expected": share * effect}
        if true.outcome in rows:
            full["truth"] = moved(true).main["estimate"]
        pre = moved(specification, sample="pre").main
        found += [full, {"years": ahead, "sample": "pre", **pre}]
    frame = pd.DataFrame(found).assign(term=specification.regressor)
    return frame.assign(sample_label=frame["sample"].map(SAMPLE_LABELS))


def implied_by_p_values(
    estimate: float, *, two_sided: float, right: float
) -> tuple[float, float, float]:
    """Return left tail, centre and spread of the normal whose tails have a placebo's p-values."""
    left = two_sided - right
    if not (0 < left < 1 and 0 < right < 1):
        raise ValueError(f"Tails of {left:.3f} and {right:.3f}: each has to lie between 0 and 1")
    low, high = stats.norm.ppf(left), stats.norm.ppf(1 - right)
    spread = 2 * abs(estimate) / (high - low)
    return left, float(abs(estimate) - high * spread), float(spread)


def printed_placebo() -> dict[str, float]:
    """Return the placebo in space as printed: ``estimate`` and three p-values of its note."""
    row = load_published("estimates", study=STUDY).query("table == '7'").iloc[0]
    found = dict(re.findall(r"(two|left|right)-sided p ([\d.]+)", row["note"]))
    sides = dict(zip(P_VALUES, ("two", "left", "right"), strict=True))
    return {"estimate": float(row["estimate"])} | {p: float(found[s]) for p, s in sides.items()}


def space_placebos(
    panels: Mapping[str, pd.DataFrame], specification: Specification, *, draws: int, seed: int
) -> dict[str, Placebo]:
    """Draw treated cities by lot in every source that can carry the specification."""
    samples = {source: estimation_sample(panel, specification) for source, panel in panels.items()}
    placebo = partial(in_space_placebo, cohort="cohort", unit="city", draws=draws)
    return {
        source: placebo(rows, specification=specification, rng=np.random.default_rng(seed))
        for source, rows in samples.items()
        if is_identified(rows, specification)
    }


def space_frame(placebos: Mapping[str, Placebo]) -> pd.DataFrame:
    """Set placebos in space beside the printed one, whose moments its p-values imply."""
    printed = printed_placebo()
    _, centre, spread = implied_by_p_values(
        printed["estimate"], two_sided=printed["p_two_sided"], right=printed["p_right"]
    )
    names = ("estimate", *P_VALUES, "centre", "spread", "p_studentised")
    rows = [{"source": "printed", **printed, "centre": centre, "spread": spread}]
    for source, placebo in placebos.items():
        drawn = pd.Series(placebo.drawn)
        own = {name: getattr(placebo, name, None) for name in names}
        rows.append({**own, "source": source, "centre": drawn.mean(), "spread": drawn.std()})
    return pd.DataFrame(rows, columns=["source", *names])


def space_spreads(
    panels: Mapping[str, pd.DataFrame], specification: Specification, *, draws: int, seed: int
) -> pd.DataFrame:
    """Return how far placebos in space spread beside their root mean square robust error."""
    robust = with_covariance(specification, "robust")
    outcome, regressor = robust.outcome, robust.regressor
    found = []
    for source, panel in panels.items():
        rows = estimation_sample(panel, robust)
        if not is_identified(rows, robust):
            continue
        constant = effect_on(rows, robust)["estimate"] * rows[regressor]
        effects = {"nothing": 0.0, "estimate": constant, "true effect": rows.get(TRUE + outcome)}
        for less, effect in effects.items():
            if effect is None:
                continue
            known = rows.assign(**{outcome: rows[outcome] - effect})
            one = space_placebos({source: known}, robust, draws=draws, seed=seed)[source]
            row = {"source": source, "less": less, "estimate": one.estimate}
            row |= {"spread": one.drawn.std(ddof=1), "std_error": one.tidy()["std_error"].item()}
            own = one.drawn / one.t.drawn if one.t else one.drawn * np.nan
            own_error = float(np.sqrt((own**2).mean()))
            found.append(row | {"own_error": own_error, "n_obs": one.n_obs})
    return pd.DataFrame(found)


def treated_by_lot(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the share of rows that is treated, and its mean over draws of cities by lot."""
    starts = rows.groupby("city")["cohort"].first()
    reached = [float((starts <= year).mean()) for year in rows["year"]]
    return float(rows["zone_post"].mean()), float(np.mean(reached))


def space_panels(placebos: Mapping[str, Placebo]) -> dict[str, Placebo]:
    """Return the draws of coefficients and of t as placebos, for the figure."""
    return {
        f"{source.capitalize()}: {words}": drawn
        for source, placebo in placebos.items()
        for words, drawn in (("coefficient", placebo), ("t", placebo.t))
        if drawn is not None
    }


def gather(groups: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Stack known rows of several exhibits under headings; no name may stand twice."""
    rows = pd.concat([block.assign(group=heading) for heading, block in groups.items()])
    rows = rows.dropna(subset=["estimate"], ignore_index=True)
    if (twice := rows.duplicated(["row", "source"])).any():
        found = rows.loc[twice, ["row", "source"]].to_numpy().tolist()
        raise ValueError(f"More than one estimate for {found}: give each row its own name")
    return rows


def printed_orders(placebos: pd.DataFrame) -> pd.DataFrame:
    """Set printed placebos in time, by heads and by text, beside what the twin's shares expect."""
    full = placebos.query(f"source == '{TWIN}' and sample == 'full'").set_index("years")
    printed, baseline = (printed_rows(table).set_index("column") for table in ("6", "3"))
    order = (full[["share"]] * baseline.loc["3", "estimate"]).reset_index()
    order = order.rename(columns={"share": "expected"})
    for name, columns in (("heads", ["1", "2"]), ("text", ["2", "1"])):
        found = printed.loc[columns].reset_index()
        off = (found["estimate"] - order["expected"]) / found["std_error"]
        order = order.assign(**{name: found["estimate"], f"{name}_off": off})
    return order


def matching_numbers(pairs: PsmDid) -> dict[str, float | str]:
    """Return the largest gap that matching leaves, and how often controls have to serve."""
    gaps = pairs.balance().set_index("variable").filter(like="std_difference").abs()
    before, after = gaps["std_difference"], gaps["std_difference_matched"]
    worst, first, treated = str(after.idxmax()), str(before.idxmax()), pairs.matches.treated
    return {
        "first": name_of(first),
        "first_before": before[first],
        "worst": name_of(worst),
        "worst_before": before[worst],
        "worst_after": after[worst],
        "farther": int((after > before).sum()),
        "served": pairs.matches.weights[~treated].max(),
        "per_control": treated.sum() / (~treated).sum(),
    }


def matching_ranges(rows: pd.DataFrame) -> dict[str, float]:
    """Return how many ways of matching the twin has, and from where to where they lead."""
    own, truth = (rows[rows["source"] == source] for source in (TWIN, "truth"))
    columns = {"way": own["estimate"], "n": own["n_obs"], "true": truth["estimate"]}
    ends = {f"{name}_low": column.min() for name, column in columns.items()}
    return {"ways": len(own), **ends, **{f"{n}_high": c.max() for n, c in columns.items()}}


def clustered_rows(
    panel: pd.DataFrame, specification: Specification, kinds: Sequence[str] = ("firm", "city")
) -> pd.DataFrame:
    """Estimate with errors clustered by each kind, beside the truth over the panel."""
    rows = estimation_sample(panel, specification)
    found = [
        {"row": f"Clustered by {kind}", **effect_on(rows, with_covariance(specification, kind))}
        for kind in kinds
    ]
    return pd.DataFrame(found).assign(true=true_effect(panel, specification.outcome))


def without_carriers(rows: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Estimate without the rows whose changes would together take the coefficient to zero."""
    gone = {"Without those that carry it": influence(rows, specification).rows_to_overturn()}
    return without_rows(rows, specification, gone).rename(columns={"label": "row"})


def largest_groups(
    rows: pd.DataFrame, specification: Specification, *, by: str, count: int
) -> pd.DataFrame:
    """Return the groups of rows without which the coefficient changes most."""
    return group_influence(rows, specification, by=by).largest(count)


def placebo_rows(panels: Mapping[str, pd.DataFrame], specification: Specification) -> pd.DataFrame:
    """Return Table 6's placebos in time and those on rows before the zone, with the truth."""
    errors = {"covariance": specification.covariance, "cluster": specification.cluster}
    known = printed_and_estimated(panels, "6", **errors).query("source != 'truth'")
    placebos = across(panels, time_placebos, specification)
    placebos = placebos.assign(row=placebos["years"].map(AHEAD))
    full, before = (placebos[placebos["sample"] == sample] for sample in ("full", "pre"))
    before = before.assign(row=before["row"] + ", rows before only")[["row", "source", *TIDY]]
    shifted = full[full["source"] == TWIN].assign(estimate=full["truth"])
    nothing = before[before["source"] == TWIN].assign(estimate=0.0)
    first, second = (
        rows[["row", "estimate"]].assign(source="truth") for rows in (shifted, nothing)
    )
    return pd.concat([known[known["row"].isin(AHEAD.values())], first, before, second])
