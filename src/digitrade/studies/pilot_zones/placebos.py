"""The firm study's placebos, in time and in space, beside what it printed of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from digitrade.data import load_published
from digitrade.methods.estimate import TIDY
from digitrade.methods.placebo_space import InSpacePlacebo, in_space_placebo
from digitrade.methods.placebo_time import in_time_placebo
from digitrade.methods.randomisation import Placebo
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.columns import is_identified
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    STUDY,
    TWIN,
    effect_on,
    estimation_sample,
)

SAMPLE_LABELS = {"full": "all rows", "pre": "rows before the zone"}
P_VALUES = ("p_two_sided", "p_left", "p_right")


def time_placebos(
    panel: pd.DataFrame,
    specification: Specification = BASELINE,
    *,
    years: Sequence[int] = (1, 2),
) -> pd.DataFrame:
    """Estimate placebos in time on all rows and on those before the zone.

    On all rows there is also ``share``, the coefficient of the true indicator on the moved one
    within effects and controls, so the part of a constant effect that the placebo shows;
    ``expected``, that share of the panel's own estimate; and ``truth``, what the true effects
    alone would give.
    """
    rows = estimation_sample(panel, specification)
    rows = rows.assign(constant=rows[specification.regressor].astype(float))
    effect = effect_on(rows, specification)["estimate"]
    true = specification.replace(outcome=f"true_effect_{specification.outcome}")

    found = []
    for ahead in years:
        full = in_time_placebo(rows, specification, years_ahead=ahead)
        before = in_time_placebo(rows, specification, years_ahead=ahead, sample="pre")
        constant = specification.replace(outcome="constant")
        share = in_time_placebo(rows, constant, years_ahead=ahead).main["estimate"]
        row = {"years": ahead, "sample": "full", **full.main}
        row |= {"share": share, "expected": share * effect}
        if true.outcome in rows:
            row["truth"] = in_time_placebo(rows, true, years_ahead=ahead).main["estimate"]
        found += [row, {"years": ahead, "sample": "pre", **before.main}]
    frame = pd.DataFrame(found).assign(term=specification.regressor)
    return frame.assign(sample_label=frame["sample"].map(SAMPLE_LABELS))


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
    """
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
    p_values = [float(found[side]) for side in ("two", "left", "right")]
    return {"estimate": float(row["estimate"]), **dict(zip(P_VALUES, p_values, strict=True))}


def space_placebos(
    panels: Mapping[str, pd.DataFrame], specification: Specification, *, draws: int, seed: int
) -> dict[str, InSpacePlacebo]:
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


def space_frame(placebos: Mapping[str, InSpacePlacebo]) -> pd.DataFrame:
    """Set placebos in space beside the printed one, which comes first.

    The printed centre and spread are those of a normal with its p-values, ours the draws' mean
    and standard deviation.
    """
    printed = printed_placebo()
    _, centre, spread = implied_by_p_values(
        printed["estimate"], two_sided=printed["p_two_sided"], right=printed["p_right"]
    )
    rows = [{"source": "printed", **printed, "centre": centre, "spread": spread}]
    for source, one in placebos.items():
        names = ("estimate", *P_VALUES, "p_studentised")
        own = {name: getattr(one, name) for name in names}
        drawn = one.draws["estimate"]
        rows.append({"source": source, **own, "centre": drawn.mean(), "spread": drawn.std()})
    columns = ["source", "estimate", *P_VALUES, "centre", "spread", "p_studentised"]
    return pd.DataFrame(rows, columns=columns)


def space_panels(placebos: Mapping[str, InSpacePlacebo]) -> dict[str, Placebo]:
    """Return the draws of coefficients and of t as placebos, for the figure."""
    return {
        f"{source.capitalize()}: {words}": Placebo.of(
            getattr(one, column),
            one.draws[column].to_numpy(),
            n_obs=one.n_obs,
            specification=one.specification,
        )
        for source, one in placebos.items()
        for words, column in {"coefficient": "estimate", "t": "statistic"}.items()
    }
