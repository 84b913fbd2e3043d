"""The firm study's printed regressions as values: what each column estimates, on which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Absorber
from digitrade.methods.checks import check_variation
from digitrade.methods.covariance import small_sample
from digitrade.methods.estimate import Estimate
from digitrade.methods.placebo import treated_ahead
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    MORE_CITY_CONTROLS,
    MORE_FIRM_CONTROLS,
    TABLE_3,
    TRENDS,
    UNCONTROLLED,
    estimation_sample,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One printed column.

    Attributes
    ----------
    table, panel, column
        Where it is printed.
    label
        Its row in an exhibit.
    specification
        What is estimated.
    only
        Values that rows must have, by panel column; all rows if empty.
    singletons
        Whether rows alone in a firm, year or city stay. As the printed numbers of observations
        show, the study drops them in Tables 3 (columns 3 and 4), 5 (4 and 5) and 6 only.
    years_ahead
        Years by which the treatment is moved ahead, for placebos in time.
    """

    table: str
    panel: str
    column: str
    label: str
    specification: Specification
    only: tuple[tuple[str, Any], ...] = ()
    singletons: bool = True
    years_ahead: int = 0

    @property
    def key(self) -> str:
        """Identifier such as ``8A1``."""
        return f"{self.table}{self.panel}{self.column}"

    def replace(self, **changes: Any) -> Column:
        """Return a copy with some attributes of the specification changed."""
        return replace(self, specification=self.specification.replace(**changes))

    def sample(self, panel: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a firm panel that the column is estimated on.

        For a placebo in time the regressor is that of the earlier treatment.
        """
        rows = panel
        for name, value in self.only:
            rows = rows[rows[name] == value]
        if self.years_ahead:
            rows = rows.assign(
                zone_post=treated_ahead(rows, self.years_ahead, time="year", cohort="cohort")
            )
        return estimation_sample(rows, self.specification, singletons=self.singletons)

    def estimate(self, panel: pd.DataFrame) -> Estimate:
        """Estimate the column on a firm panel."""
        return fixed_effects(self.sample(panel), self.specification)


def _table_3() -> list[Column]:
    names = ("Firm and year effects", "With controls", "With city effects", "With regional trends")
    return [
        Column("3", "", str(k + 1), name, one.replace(label=name), singletons=k < 2)
        for k, (name, one) in enumerate(zip(names, TABLE_3, strict=True))
    ]


def _table_4() -> list[Column]:
    outcomes = {
        "sa": "SA index",
        "log_govsub": "ln subsidies",
        "log_shortloan": "ln short-term loans",
        "log_longloan": "ln long-term loans",
        "log_totalloan": "ln all loans",
    }
    return [
        Column("4", "", str(k + 1), label, BASELINE.replace(outcome=outcome, label=label))
        for k, (outcome, label) in enumerate(outcomes.items())
    ]


def _table_5() -> list[Column]:
    firm = (*CONTROLS, *MORE_FIRM_CONTROLS)
    city = (*firm, *MORE_CITY_CONTROLS)
    steps = {
        "No controls": UNCONTROLLED,
        "More controls of firms": UNCONTROLLED.replace(controls=firm),
        "More controls of cities": UNCONTROLLED.replace(controls=city),
        "More controls, city effects": BASELINE.replace(controls=city),
        "More controls, regional trends": BASELINE.replace(controls=(*city, *TRENDS)),
    }
    return [
        Column("5", "", str(k + 1), label, one.replace(label=label), singletons=k < 3)
        for k, (label, one) in enumerate(steps.items())
    ]


def _table_6() -> list[Column]:
    policies = BASELINE.replace(controls=("smart_post", "innova_post", *CONTROLS))
    ahead = "Zones a year ahead", "Zones two years ahead"
    placebos = [
        Column(
            "6",
            "",
            str(k),
            ahead[k - 1],
            BASELINE.replace(label=ahead[k - 1]),
            (),
            False,
            years_ahead=k,
        )
        for k in (1, 2)
    ]
    other = "With two other programmes"
    return [*placebos, Column("6", "", "4", other, policies.replace(label=other), (), False)]


def _table_8() -> list[Column]:
    groups: Mapping[str, tuple[tuple[str, str, Any], ...]] = {
        "A": (
            ("East", "region", "east"),
            ("Centre", "region", "central"),
            ("West", "region", "west"),
            ("No exports", "exporter", 0),
            ("Exports", "exporter", 1),
        ),
        "B": (
            ("Other prefectures", "tier", "prefecture"),
            ("Sub-provincial cities", "tier", "sub-provincial"),
            ("Municipalities", "tier", "municipality"),
        ),
        "C": (
            ("Other industries than high-tech", "high_tech", 0),
            ("High-tech", "high_tech", 1),
            ("Industries that do not pollute", "polluting", 0),
            ("Polluting", "polluting", 1),
        ),
    }
    return [
        Column("8", panel, str(k + 1), label, BASELINE.replace(label=label), ((group, value),))
        for panel, members in groups.items()
        for k, (label, group, value) in enumerate(members)
    ]


def _table_9() -> list[Column]:
    outcomes = {
        "export": "Export revenue",
        "digitalisation": "Digital words",
        "agg": "Agglomeration",
    }
    return [
        Column("9", "", str(k + 1), label, BASELINE.replace(outcome=outcome, label=label))
        for k, (outcome, label) in enumerate(outcomes.items())
    ]


TABLES: Mapping[str, tuple[Column, ...]] = {
    "3": tuple(_table_3()),
    "4": tuple(_table_4()),
    "5": tuple(_table_5()),
    "6": tuple(_table_6()),
    "8": tuple(_table_8()),
    "9": tuple(_table_9()),
}


def estimate_table(
    panels: Mapping[str, pd.DataFrame], table: str, *, panel: str | None = None, **changes: Any
) -> dict[str, dict[str, Estimate]]:
    """Estimate a printed table on every source there is.

    Parameters
    ----------
    panels
        Firm panels by source, as :func:`digitrade.studies.pilot_zones.sources.firm_panels` returns.
    table
        ``"3"``, ``"4"``, ``"5"``, ``"6"``, ``"8"`` or ``"9"``.
    panel
        One panel of Table 8 only.
    changes
        What to change in every specification, such as its covariance.

    Returns
    -------
    dict of str to dict of str to Estimate
        By source and label of the column. A column that a source cannot fill, because it
        lacks a variable or has too few rows, is left out.
    """
    columns = [one.replace(**changes) for one in TABLES[table] if panel in (None, one.panel)]
    return {
        source: {one.label: one.estimate(rows) for one in columns if can_be_estimated(one, rows)}
        for source, rows in panels.items()
    }


def can_be_estimated(column: Column, panel: pd.DataFrame) -> bool:
    """Return whether a panel can fill a column.

    It needs the figures, firms treated in between, regressors that the effects leave something
    of (a trend of one region is gone if all firms are there), and more rows than parameters.
    """
    needed = [*column.specification.columns, *(name for name, _ in column.only)]
    if not panel[needed].notna().all(axis=1).any():
        return False
    rows = panel.dropna(subset=needed)
    for name, value in column.only:
        rows = rows[rows[name] == value]
    regressor, entity = column.specification.regressor, column.specification.entity
    by_entity = rows.groupby(entity)[regressor]
    if not (by_entity.max() > by_entity.min()).any():
        return False
    return is_identified(column.sample(panel), column.specification)


def is_identified(rows: pd.DataFrame, specification: Specification) -> bool:
    """Return whether effects leave each regressor something of its own, and degrees of freedom."""
    names = list(specification.regressors)
    columns = rows[names].to_numpy(dtype=float)
    try:
        within = Absorber.of(rows, specification.effects).residualise(columns)
        check_variation(columns, within, names, specification.effects)
        small_sample(rows, specification)
    except ValueError:
        return False
    return True


def printed_label(table: str, panel: str, column: str) -> str:
    """Return the label of a printed column; nothing if it is not estimated here."""
    keys = {one.key: one.label for one in TABLES[table]}
    return keys.get(f"{table}{panel}{column}", "")


def with_labels(printed: pd.DataFrame, table: str) -> pd.DataFrame:
    """Give printed rows (of :func:`printed_rows`) our own labels."""
    labels = [
        printed_label(table, panel, column)
        for panel, column in zip(printed["panel"], printed["column"], strict=True)
    ]
    return printed.assign(row=np.array(labels, dtype=object))[np.array(labels) != ""]
