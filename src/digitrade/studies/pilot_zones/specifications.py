"""The firm study: its specifications, their samples, what it printed, and rows by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from digitrade.data import load_published
from digitrade.methods.decompositions import r_squared_measures
from digitrade.methods.estimate import Estimate, wald
from digitrade.methods.placebo import treated_ahead
from digitrade.methods.regression import fixed_effects
from digitrade.methods.sample import Sample, complete_rows, without_singletons
from digitrade.methods.specification import Specification

STUDY = "pilot_zones"
TWIN, YOURS = "twin", "yours"

CITY_CONTROLS = ("fin", "eco")
CONTROLS = ("top1", "quick", "liability", "q", "pe", *CITY_CONTROLS)
MORE_OF_FIRMS = (*CONTROLS, "size", "ln_age", "roe")
MORE_OF_CITIES = (*MORE_OF_FIRMS, "urbanisation", "disposable_income", "government_intervention")
TRENDS = ("trend_central", "trend_west")
CONTROL_SETS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "study": CONTROLS,
    "trends": (*CONTROLS, *TRENDS),
    "firms": MORE_OF_FIRMS,
    "cities": MORE_OF_CITIES,
    "cities and trends": (*MORE_OF_CITIES, *TRENDS),
    "programmes": ("smart_post", "innova_post", *CONTROLS),
}
COVARIANCES: Mapping[str, tuple[str, str | tuple[str, ...] | None]] = {
    "robust": ("robust", None),
    "firm": ("clustered", "firm"),
    "city": ("clustered", "city"),
    "firm-city": ("clustered", ("firm", "city")),
}


def with_covariance(specification: Specification, covariance: str) -> Specification:
    """Return the specification with one of the :data:`COVARIANCES`."""
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


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """One printed column, a line of ``printed_columns.csv``."""

    key: str  # table, panel and column, such as 8A1
    label: str
    specification: Specification
    only: tuple[str, Any]  # a column of the panel, and its value in the column's rows
    singletons: bool  # as the printed numbers of rows have it
    years_ahead: int

    @classmethod
    def of(cls, line: Mapping[str, str]) -> PrintedColumn:
        """Read a line of the table of printed columns."""
        specification = Specification(
            line["outcome"],
            "zone_post",
            CONTROL_SETS[line["controls"]],
            entity="firm",
            time="year",
            effects=tuple(line["effects"].split()),
            covariance="robust",
            label=line["label"],
        )
        value = line["value"]
        only = (line["only"], int(value) if value.isdigit() else value)
        told = line["singletons"] == "yes", int(line["years_ahead"])
        return cls(line["key"], line["label"], specification, only, *told)

    def replace(self, **changes: Any) -> PrintedColumn:
        """Return a copy with some attributes of the specification changed."""
        return replace(self, specification=self.specification.replace(**changes))

    def members(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the group that the column is about."""
        name, value = self.only
        return panel[panel[name] == value] if name else panel

    def sample(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a firm panel that the column is estimated on."""
        rows = self.members(panel)
        if self.years_ahead:
            ahead = treated_ahead(rows, self.years_ahead, time="year", cohort="cohort")
            rows = rows.assign(zone_post=ahead)
        return estimation_sample(rows, self.specification, singletons=self.singletons)

    def estimate(self, panel: pd.DataFrame) -> Estimate:
        """Estimate the column on a firm panel."""
        return fixed_effects(self.sample(panel), self.specification)


LINES = pd.read_csv(Path(__file__).with_name("printed_columns.csv"), dtype=str, na_filter=False)
PRINTED = tuple(map(PrintedColumn.of, LINES.to_dict("records")))
TABLES: Mapping[str, tuple[PrintedColumn, ...]] = {
    table: tuple(column for column in PRINTED if column.key[0] == table) for table in "345689"
}
UNCONTROLLED, CONTROLLED, BASELINE, WITH_TRENDS = (one.specification for one in TABLES["3"])


def estimate_table(
    panels: Mapping[str, pd.DataFrame], table: str, **changes: Any
) -> dict[str, dict[str, Estimate]]:
    """Estimate the columns of a printed table that each source can fill, by source and label."""
    columns = [column.replace(**changes) for column in TABLES[table]]
    return {
        source: {c.label: c.estimate(rows) for c in columns if can_be_estimated(c, rows)}
        for source, rows in panels.items()
    }


def can_be_estimated(column: PrintedColumn, panel: pd.DataFrame) -> bool:
    """Return whether a panel has what a column needs, and firms treated in between."""
    needed = [*column.specification.columns, *filter(None, column.only[:1])]
    rows = column.members(panel.dropna(subset=needed))
    treated = rows.groupby(column.specification.entity)[column.specification.regressor]
    if not (treated.max() > treated.min()).any():
        return False
    return is_identified(column.sample(panel), column.specification)


def is_identified(rows: pd.DataFrame, specification: Specification) -> bool:
    """Return whether effects leave each regressor something of its own, and degrees of freedom."""
    try:
        fixed_effects(rows, specification)
    except ValueError:
        return False
    return True


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
    return fixed_effects(rows, specification).main.to_dict() | {"term": specification.regressor}


def under_covariances(rows: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Estimate under each of the :data:`COVARIANCES`, its ``label``, that rests on ``groups``."""
    blocks = []
    for label in COVARIANCES:
        fit = fixed_effects(rows, with_covariance(specification, label))
        told = {"label": label, "outcome": specification.outcome, "covariance": fit.words}
        blocks.append(fit.tidy().head(1).assign(**told, groups=fit.n_groups))
    return pd.concat(blocks, ignore_index=True)


def across(
    sources: Mapping[str, Any], function: Callable[..., pd.DataFrame], *others: Any, **options: Any
) -> pd.DataFrame:
    """Stack what a function makes of each source; the twin's ``true`` becomes rows ``"truth"``."""
    blocks = []
    for source, value in sources.items():
        rows = function(value, *others, **options)
        blocks.append(rows.drop(columns="true", errors="ignore").assign(source=source))
        if source == TWIN and "true" in rows:
            true = rows[["row", "true"]].rename(columns={"true": "estimate"})
            blocks.append(true.assign(source="truth"))
    stacked = pd.concat(blocks, ignore_index=True)
    return stacked[["source", *stacked.columns.drop("source")]]


def printed_rows(table: str, *, term: str = "zone_post") -> pd.DataFrame:
    """Return a printed table's coefficients as numbers, in the order of print."""
    rows = load_published("estimates", study=STUDY)
    rows = rows[(rows["table"] == table) & (rows["term"] == term)]
    rows = rows.rename(columns={"label": "row", "se": "std_error"}).assign(source="printed")
    numbers = ["estimate", "std_error", "n_obs"]
    rows[numbers] = rows[numbers].apply(pd.to_numeric, errors="coerce")
    return rows[["row", "panel", "column", "source", *numbers, "stars"]]


def with_labels(printed: pd.DataFrame, table: str) -> pd.DataFrame:
    """Give printed rows (of :func:`printed_rows`) our own labels; others are left out."""
    labels = {column.key: column.label for column in TABLES[table]}
    rows = (table + printed["panel"] + printed["column"]).map(labels)
    return printed.assign(row=rows)[rows.notna()]


def source_rows(
    estimates: Mapping[str, Mapping[str, Estimate]], panels: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Return the main coefficients by source and row, and the truth over the whole twin."""
    rows: list[dict[str, Any]] = []
    for source, by_row in estimates.items():
        for name, fit in by_row.items():
            chosen = fit.specification
            rows.append({"row": name, "source": source, **fit.main, "term": chosen.regressor})
            if source == TWIN:
                truth = true_effect(panels[TWIN], chosen.outcome)
                rows.append({"row": name, "source": "truth", "estimate": truth})
    return pd.DataFrame(rows)


def printed_and_estimated(
    panels: Mapping[str, pd.DataFrame], table: str, **changes: Any
) -> pd.DataFrame:
    """Return a printed table's rows, those of :func:`estimate_table`, and the truth."""
    estimated = source_rows(estimate_table(panels, table, **changes), panels)
    return pd.concat([with_labels(printed_rows(table), table), estimated], ignore_index=True)


def estimated_here(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows that were printed or are true, and what only print has."""
    own = rows[~rows["source"].isin(["printed", "truth"])]
    return own.drop(columns=["panel", "column", "stars"], errors="ignore")


def fit_measures(
    panels: Mapping[str, pd.DataFrame], estimates: Mapping[str, Mapping[str, Estimate]], table: str
) -> pd.DataFrame:
    """Return the R² of a printed table's columns by four measures, a row a source and column."""
    rows = [
        {"source": source, "column": column.label}
        | r_squared_measures(column.sample(panel), estimates[source][column.label]).to_dict()
        for source, panel in panels.items()
        for column in TABLES[table]
        if column.label in estimates[source]
    ]
    return pd.DataFrame(rows)


def constants_and_f(panels: Mapping[str, pd.DataFrame], table: str, **changes: Any) -> pd.DataFrame:
    """Return F of all slopes and the constant: as printed, years swept out, and years listed."""
    published = load_published("estimates", study=STUDY).query("term == 'const'")
    printed = with_labels(published[published["table"] == table], table)
    numbers = printed[["estimate", "f_stat"]].astype(float).set_axis(["constant", "f"], axis=1)
    found = [numbers.assign(column=printed["row"], source="printed", years="as printed")]
    for source, panel in panels.items():
        for column in TABLES[table]:
            if can_be_estimated(column, panel):
                rows, chosen = column.sample(panel), column.specification.replace(**changes)
                ways = {"swept out": (rows, chosen), "listed": _years_listed(rows, chosen)}
                told = {"column": column.label, "source": source}
                own = [{"years": way, **told, **_constant_and_f(*at)} for way, at in ways.items()]
                found.append(pd.DataFrame(own))
    return pd.concat(found, ignore_index=True)[["column", "source", "years", "f", "constant"]]


def _years_listed(
    rows: pd.DataFrame, specification: Specification
) -> tuple[pd.DataFrame, Specification]:
    """List all years but the first as dummies."""
    years = pd.get_dummies(rows[specification.time], prefix="year", dtype=float).iloc[:, 1:]
    effects = tuple(name for name in specification.effects if name != specification.time)
    controls = (*specification.controls, *years)
    return rows.join(years), specification.replace(effects=effects, controls=controls)


def _constant_and_f(rows: pd.DataFrame, specification: Specification) -> dict[str, float]:
    fit = fixed_effects(rows, specification)
    slopes = fit.coefficients.set_index("term")["estimate"]
    test = wald(slopes.to_numpy(), fit.vcov, np.eye(len(slopes)), fit.degrees_of_freedom)
    constant = rows[specification.outcome].mean() - rows[slopes.index].mean() @ slopes
    return {"f": test.statistic, "constant": float(constant)}
