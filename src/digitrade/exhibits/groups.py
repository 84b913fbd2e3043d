"""Tables of groups: slopes, their differences, balance of matched groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from digitrade.exhibits.cells import STARS_NOTE, bracketed, number, small_p, starred
from digitrade.exhibits.table import Cells, Table, frame_cells, once, table, without_repeats
from digitrade.methods.estimate import ALL_EQUAL, LESS
from digitrade.methods.heterogeneity import GroupComparison
from digitrade.methods.matching import Matches

DESIGN_LABELS = {
    "own years": "Own years, own controls",
    "common years": "Common years, own controls",
    "slope only": "Common years and controls",
}
SIZES = r", [\d,]+ (clusters|periods)"  # of one group, not of all that a note is about


@table
def groups_table(
    columns: Mapping[str, Any], groups: Mapping[str, str], *, digits: int = 3
) -> Cells:
    """Set slopes of comparisons, or texts by group, in the order of ``groups`` and their words."""
    cells = {"": [(words, "", "") for words in groups.values()]}
    told: list[str] = []
    for title, column in columns.items():
        if isinstance(column, pd.DataFrame):
            told += column["covariance"].str.replace(SIZES, "", regex=True).to_list()
            column = column.set_index("group").to_dict("index")
        cells[title] = [_slope_cells(column.get(group, ""), digits) for group in groups]
    note = f"Standard errors in parentheses: {once(told)}. {STARS_NOTE}"
    return pd.DataFrame(cells).explode(list(cells)), note


def designs_table(comparison: GroupComparison, groups: Mapping[str, str], **options: Any) -> Table:
    """Set the slopes of split samples beside those of the pooled models, as in groups_table."""
    pooled = comparison.interacted.groupby("design", sort=False)
    columns = {DESIGN_LABELS[str(design)]: rows for design, rows in pooled}
    return groups_table({"Split samples": comparison.slopes, **columns}, groups, **options)


@table
def differences_table(
    comparisons: Mapping[str, GroupComparison], *, words: Mapping[str, str], digits: int = 3
) -> Cells:
    """Set every difference in a row, with the p-values of its tests; ``words`` name the groups."""
    frame = pd.DataFrame(
        {"": title, **_difference_cells(rows, words, digits)}
        for title, one in comparisons.items()
        for _, rows in one.differences.groupby(["design", "contrast"], sort=False)
    )
    frame = frame.loc[:, (frame != "").any() | (frame.columns == "")]
    told = once(words for one in comparisons.values() for words in one.differences["covariance"])
    note = f"Tests: {told}. Fewest: units in the smallest group compared. {STARS_NOTE}"
    return without_repeats(frame, 2), note


def printed_cells(rows: pd.DataFrame, groups: Iterable[str]) -> dict[str, str]:
    """Return what was printed, a row a group in their order: the number, or else the words."""
    said = [row["estimate"] or _first_words(row) for row in rows.to_dict("records")]
    return dict(zip(groups, said, strict=True))


def slope_rows(
    source: str, heading: str, slopes: pd.DataFrame, groups: Mapping[str, str]
) -> pd.DataFrame:
    """Return the rows of split samples with source, heading and label, for coefficient_panels."""
    kept = slopes[slopes["group"].isin(list(groups))]
    words = kept["group"].map(dict(groups))
    return kept.assign(source=source, group=heading, label=words)


def claims_note(rows: pd.DataFrame) -> str:
    """Return what was said of claims without a number, for the note of a claim table."""
    bare = rows[rows["estimate"] == ""].to_dict("records")
    said = "; ".join(f"{row['label']}: {_first_words(row)}" for row in bare)
    return f"{said.capitalize()}." if said else ""


@table
def counts_table(matches: Matches) -> Cells:
    """Set how many treated rows and controls are matched, and how much the controls count."""
    places = {"largest_weight": 2, "effective": 0}
    words = f"{matches.rule.words().capitalize()}."
    return frame_cells(matches.counts(), {"n_obs": "Rows"}, places), words


def _first_words(row: Mapping[str, Any]) -> str:
    return str(row["note"]).split(";")[0]


def _slope_cells(row: Any, digits: int) -> tuple[str, str, str]:
    """Return slope, standard error and size of a group, or a text and two empty lines."""
    if isinstance(row, str):
        return row, "", ""
    units = f", {number(row['entities'], 0)} units" if "entities" in row else ""
    size = f"N {number(row['n_obs'], 0)}{units}"
    return starred(row, digits), bracketed(row, digits), size


def _difference_cells(tests: pd.DataFrame, words: Mapping[str, str], digits: int) -> dict[str, str]:
    drawn = tests.set_index("test")["p_value"]
    wald = tests[~tests["test"].isin(["wild bootstrap", "permutation"])].iloc[0]
    joint = wald["contrast"] == ALL_EQUAL
    contrast = LESS.join(words.get(name, name) for name in wald["contrast"].split(LESS))
    return {
        "Model": DESIGN_LABELS[wald["design"]],
        "Contrast": "All equal" if joint else contrast,
        "Difference": "" if joint else starred(wald, digits),
        "Standard error": "" if joint else bracketed(wald, digits),
        "p, t or F": small_p(wald["p_value"]),
        "p, bootstrap": small_p(drawn.get("wild bootstrap")),
        "p, permutation": small_p(drawn.get("permutation")),
        "Fewest": number(wald["fewest"], 0),
    }
