"""The firm study: its specifications, their samples, and what it printed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from digitrade.data import load_published
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
    time="year",
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
    """Return the specification with one of the :data:`COVARIANCES`.

    Raises
    ------
    ValueError
        If there is no covariance of that name.
    """
    if covariance not in COVARIANCES:
        raise ValueError(f"covariance {covariance!r}: choose {' | '.join(COVARIANCES)}")
    kind, cluster = COVARIANCES[covariance]
    return specification.replace(covariance=kind, cluster=cluster)


def estimation_sample(
    panel: pd.DataFrame, specification: Specification, *, singletons: bool = False
) -> pd.DataFrame:
    """Return the rows a specification can be estimated on.

    Parameters
    ----------
    panel
        One row for each firm and year.
    specification
        What is to be estimated; rows with a gap in one of its columns are left out.
    singletons
        Whether rows that are alone in their firm, year or city stay. The study's Tables 3
        (columns 3 and 4) and 6 leave them out, its other tables keep them, as their numbers
        of observations show.
    """
    sample = complete_rows(Sample.of(panel, "All firm-years"), specification.columns)
    if not singletons:
        sample = without_singletons(sample, specification.effects)
    return sample.panel


def true_effect(rows: pd.DataFrame, outcome: str = "fc") -> float:
    """Return the mean true effect over the treated rows; missing where the truth is unknown."""
    column = f"true_effect_{outcome}"
    if column not in rows:
        return float("nan")
    return float(rows.loc[rows["zone_post"] == 1, column].mean())


def printed_rows(table: str, *, panel: str | None = None, term: str = "zone_post") -> pd.DataFrame:
    """Return the printed coefficients of one of the study's tables, as numbers.

    Returns
    -------
    pandas.DataFrame
        ``row`` (the column's heading), ``panel, column, source, estimate, std_error, stars,
        n_obs``, in the order of print.
    """
    rows = load_published("estimates", study=STUDY)
    rows = rows[(rows["table"] == table) & (rows["term"] == term)]
    if panel is not None:
        rows = rows[rows["panel"] == panel]
    numbers = {
        name: pd.to_numeric(rows[column], errors="coerce")
        for name, column in (("estimate", "estimate"), ("std_error", "se"), ("n_obs", "n_obs"))
    }
    return pd.DataFrame(
        {
            "row": rows["label"],
            "panel": rows["panel"],
            "column": rows["column"],
            "source": "printed",
            **numbers,
        }
    ).assign(stars=rows["stars"])


def source_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return the main coefficients of several sources, and the truth of the twin.

    Parameters
    ----------
    estimates
        Estimates by source (``"twin"``, ``"yours"``) and, within a source, by row of the
        exhibit.
    panels
        The panel of each source, for the truth.

    Returns
    -------
    pandas.DataFrame
        ``row, source`` and the tidy columns; the truth has source ``"truth"`` and is the mean
        effect over treated rows of the whole twin, of the outcome in question.
    """
    rows = []
    for source, by_row in estimates.items():
        for name, one in by_row.items():
            rows.append(
                {"row": name, "source": source, **one.main, "term": one.specification.regressor}
            )
            if source == TWIN:
                truth = true_effect(panels[TWIN], one.specification.outcome)
                rows.append({"row": name, "source": "truth", "estimate": truth})
    frame = pd.DataFrame(rows)
    return frame.replace({None: np.nan})
