"""The firm study's placebos, in time and in space, beside what it printed of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.data import load_published
from digitrade.methods.estimate import TIDY
from digitrade.methods.placebo import SAMPLES, Placebo, in_space_placebo, in_time_placebo
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.columns import is_identified
from digitrade.studies.pilot_zones.specifications import BASELINE, STUDY, TWIN, estimation_sample

SAMPLE_LABELS = {"full": "all rows", "pre": "rows before the zone"}


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
        effect = float(fixed_effects(rows, specification).main["estimate"])
        for ahead in years:
            for sample in SAMPLES:
                one = in_time_placebo(
                    rows, specification, years_ahead=ahead, cohort="cohort", sample=sample
                )
                row = {"source": source, "years": ahead, "sample": sample, **one.main}
                if sample == "full":
                    share = _in_placebo(rows, specification, ahead, "true_treatment")
                    row |= {"share": share, "expected": share * effect}
                if sample == "full" and f"true_effect_{specification.outcome}" in rows:
                    name = f"true_effect_{specification.outcome}"
                    row["truth"] = _in_placebo(rows, specification, ahead, name)
                found.append(row)
    frame = pd.DataFrame(found).assign(term=specification.regressor)
    return frame.assign(sample_label=frame["sample"].map(SAMPLE_LABELS))


def _in_placebo(rows: pd.DataFrame, specification: Specification, ahead: int, name: str) -> float:
    """Return the placebo's coefficient where a column is the outcome."""
    with_truth = rows.assign(true_treatment=rows[specification.regressor].astype(float))
    changed = specification.replace(outcome=name)
    return float(
        in_time_placebo(with_truth, changed, years_ahead=ahead, cohort="cohort").main["estimate"]
    )


def shifted_truth(placebos: pd.DataFrame, labels: Mapping[int, str]) -> pd.DataFrame:
    """Return rows ``row, source, estimate`` of what a placebo in time should show on the twin."""
    full = placebos[(placebos["sample"] == "full") & (placebos["source"] == TWIN)]
    rows = full.assign(row=full["years"].map(labels), source="truth", estimate=full["truth"])
    return rows[["row", "source", "estimate"]]


def rows_before(placebos: pd.DataFrame, labels: Mapping[int, str]) -> pd.DataFrame:
    """Return the placebos on rows before the zone, named, with the twin's truth, which is nil."""
    pre = placebos[placebos["sample"] == "pre"]
    pre = pre.assign(row=pre["years"].map(labels) + ", rows before only")
    truth = pre.loc[pre["source"] == TWIN, ["row"]].assign(source="truth", estimate=0.0)
    return pd.concat([pre, truth])[["row", "source", *TIDY]]


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


def printed_placebo() -> dict[str, float]:
    """Return what the study prints of its placebo in space.

    Returns
    -------
    dict of str to float
        ``estimate, p_two_sided, p_left, p_right``.

    Raises
    ------
    ValueError
        If the printed note does not hold three p-values.
    """
    rows = load_published("estimates", study=STUDY)
    row = rows[rows["table"] == "7"].iloc[0]
    found = re.findall(r"(two|left|right)-sided p ([\d.]+)", row["note"])
    if len(found) != 3:
        raise ValueError(f"Table 7: expected three p-values in its note, found {row['note']!r}")
    names = {"two": "p_two_sided", "left": "p_left", "right": "p_right"}
    return {
        "estimate": float(row["estimate"]),
        **{names[side]: float(value) for side, value in found},
    }


def space_placebos(
    panels: Mapping[str, pd.DataFrame],
    specification: Specification,
    *,
    draws: int,
    seed: int,
) -> dict[str, Placebo]:
    """Draw treated cities by lot in every source, each from the same seed.

    A source whose rows cannot carry the specification, as firms of one region cannot carry
    trends of regions, is left out.
    """
    samples = {source: estimation_sample(one, specification) for source, one in panels.items()}
    return {
        source: in_space_placebo(
            rows,
            specification=specification,
            cohort="cohort",
            unit="city",
            draws=draws,
            rng=np.random.default_rng(seed),
        )
        for source, rows in samples.items()
        if is_identified(rows, specification)
    }


def space_frame(placebos: Mapping[str, Placebo]) -> pd.DataFrame:
    """Set placebos in space beside the printed one.

    Returns
    -------
    pandas.DataFrame
        A row a source, the printed one first: ``source, estimate, p_two_sided, p_left,
        p_right, p_studentised, centre, spread``. The printed centre and spread are those of a
        normal with its p-values (:func:`implied_by_p_values`), ours the draws' mean and
        standard deviation.
    """
    printed = printed_placebo()
    _, centre, spread = implied_by_p_values(
        printed["estimate"], two_sided=printed["p_two_sided"], right=printed["p_right"]
    )
    rows: list[dict[str, object]] = [
        {"source": "printed", **printed, "centre": centre, "spread": spread}
    ]
    for source, one in placebos.items():
        drawn = pd.Series(one.drawn)
        rows.append(
            {
                "source": source,
                "estimate": one.estimate,
                "p_two_sided": one.p_two_sided,
                "p_left": one.p_left,
                "p_right": one.p_right,
                "p_studentised": one.p_studentised,
                "centre": drawn.mean(),
                "spread": drawn.std(),
            }
        )
    return pd.DataFrame(rows)


def space_panels(placebos: Mapping[str, Placebo]) -> dict[str, Placebo]:
    """Return the draws of coefficients and of t as placebos, for the figure."""
    return {
        f"{source.capitalize()}: {words}": one
        for source, placebo in placebos.items()
        for words, one in (("coefficient", placebo), ("t", placebo.t))
        if one is not None
    }
