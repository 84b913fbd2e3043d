"""The firm study: its specifications, their samples, what it printed, and rows by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from digitrade.data import load_published
from digitrade.methods.absorb import absorbed_regression
from digitrade.methods.estimate import Estimate
from digitrade.methods.sample import Sample, complete_rows, without_singletons
from digitrade.methods.specification import Specification

STUDY = "pilot_zones"
TWIN, YOURS = "twin", "yours"
APPROVED_BY = "2020-12-31"
TREATMENT_RULE = "half-year"

FIRM_CONTROLS = ("top1", "quick", "liability", "q", "pe")
CITY_CONTROLS = ("fin", "eco")
CONTROLS = (*FIRM_CONTROLS, *CITY_CONTROLS)
MORE_FIRM_CONTROLS = ("size", "ln_age", "roe")
MORE_CITY_CONTROLS = ("urbanisation", "disposable_income", "government_intervention")
TRENDS = ("trend_central", "trend_west")
FIRM_YEAR = ("firm", "year")
FIRM_YEAR_CITY = ("firm", "year", "city")

UNCONTROLLED = Specification(
    "fc",
    "zone_post",
    entity="firm",
    effects=FIRM_YEAR,
    covariance="robust",
    label="Firm and year effects",
)
CONTROLLED = UNCONTROLLED.replace(controls=CONTROLS, label="With controls")
BASELINE = CONTROLLED.replace(effects=FIRM_YEAR_CITY, label="With city effects")
WITH_TRENDS = BASELINE.replace(controls=(*CONTROLS, *TRENDS), label="With regional trends")
TABLE_3 = (UNCONTROLLED, CONTROLLED, BASELINE, WITH_TRENDS)

COVARIANCES: Mapping[str, tuple[str, str | tuple[str, ...] | None]] = {
    "robust": ("robust", None),
    "firm": ("clustered", "firm"),
    "city": ("clustered", "city"),
    "firm-city": ("clustered", ("firm", "city")),
}


def with_covariance(specification: Specification, covariance: str) -> Specification:
    """Return the specification with one of the :data:`COVARIANCES`."""
    if covariance not in COVARIANCES:
        raise ValueError(f"covariance {covariance!r}: choose {' | '.join(COVARIANCES)}")
    kind, cluster = COVARIANCES[covariance]
    return specification.replace(covariance=kind, cluster=cluster)


def estimation_sample(
    panel: pd.DataFrame, specification: Specification, *, singletons: bool = False
) -> pd.DataFrame:
    """Return the complete rows; those alone in their firm, year or city only if asked for."""
    sample = complete_rows(Sample.of(panel, "All firm-years"), specification.columns)
    if not singletons:
        sample = without_singletons(sample, specification.effects)
    return sample.panel


def true_effect(rows: pd.DataFrame, outcome: str = "fc", weight: str = "") -> float:
    """Return the mean true effect over the treated rows; missing where the truth is unknown."""
    column = f"true_effect_{outcome}"
    if column not in rows:
        return float("nan")
    treated = rows[rows["zone_post"] == 1]
    effects = treated[column]
    return float(np.average(effects, weights=treated[weight]) if weight else effects.mean())


def effect_on(rows: pd.DataFrame, specification: Specification) -> dict[str, Any]:
    """Estimate a specification, and return the tidy row of its regressor."""
    return absorbed_regression(rows, specification).main.to_dict() | {
        "term": specification.regressor
    }


def under_covariances(rows: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Estimate under each of the :data:`COVARIANCES`, its ``label``, that rests on ``groups``."""
    blocks = []
    for label in COVARIANCES:
        fit = absorbed_regression(rows, with_covariance(specification, label))
        blocks.append(fit.tidy().head(1).assign(label=label, groups=fit.n_groups))
    return pd.concat(blocks, ignore_index=True)


def across(
    sources: Mapping[str, Any],
    function: Callable[..., pd.DataFrame],
    *arguments: Any,
    **options: Any,
) -> pd.DataFrame:
    """Stack the rows that a function makes of each source, led by ``source``.

    The twin's column ``true``, if there is one, becomes the estimates of rows whose source is
    ``"truth"``; that of other sources goes.
    """
    blocks = []
    for source, one in sources.items():
        rows = function(one, *arguments, **options)
        blocks.append(rows.drop(columns="true", errors="ignore").assign(source=source))
        if source == TWIN and "true" in rows:
            true = rows[["row", "true"]].rename(columns={"true": "estimate"})
            blocks.append(true.assign(source="truth"))
    stacked = pd.concat(blocks, ignore_index=True)
    return stacked[["source", *stacked.columns.drop("source")]]


def printed_rows(table: str, *, term: str = "zone_post") -> pd.DataFrame:
    """Return a printed table's coefficients as numbers, in the order of print.

    Columns: ``row`` (the column's heading), ``panel, column, source, estimate, std_error,
    n_obs, stars``.
    """
    rows = load_published("estimates", study=STUDY)
    rows = rows[(rows["table"] == table) & (rows["term"] == term)]
    rows = rows.rename(columns={"label": "row", "se": "std_error"}).assign(source="printed")
    numbers = ["estimate", "std_error", "n_obs"]
    rows[numbers] = rows[numbers].apply(pd.to_numeric, errors="coerce")
    return rows[["row", "panel", "column", "source", *numbers, "stars"]]


def source_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return the main coefficients by source and row, and the truth over the whole twin."""
    rows: list[dict[str, Any]] = []
    for source, by_row in estimates.items():
        for name, one in by_row.items():
            main = {**one.main, "term": one.specification.regressor}
            rows.append({"row": name, "source": source, **main})
            if source == TWIN:
                truth = true_effect(panels[TWIN], one.specification.outcome)
                rows.append({"row": name, "source": "truth", "estimate": truth})
    return pd.DataFrame(rows)
