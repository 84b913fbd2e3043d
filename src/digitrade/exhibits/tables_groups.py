"""From comparisons of groups to exhibits; nothing is estimated here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from digitrade.exhibits.tables import STARS_NOTE, Table, number, stars
from digitrade.methods.estimate import ALL_EQUAL, LESS
from digitrade.methods.heterogeneity import GroupComparison

SMALLEST_P = 0.001  # smaller ones are said to be so
DESIGN_LABELS = {
    "own years": "Own years, own controls",
    "common years": "Common years, own controls",
    "slope only": "Common years and controls",
}
DIFFERENCE_HEADS = (
    "Model",
    "Contrast",
    "Difference",
    "Standard error",
    "p, t or F",
    "p, bootstrap",
    "p, permutation",
    "Fewest",
)


def groups_table(
    columns: Mapping[str, pd.DataFrame | Mapping[str, str]],
    groups: Mapping[str, str],
    *,
    name: str,
    caption: str,
    digits: int = 3,
    note: str = "",
) -> Table:
    """Set slopes by group, a column a source, standard errors below the slopes.

    Parameters
    ----------
    columns
        By head: the ``slopes`` of a comparison, or a text for each group, such as what
        was printed.
    groups
        Groups in the order of the rows, with what to call them.
    digits
        Decimals of slopes and standard errors.
    note
        Added to the note that names covariance and stars.
    """
    frames = {
        head: one.set_index("group") if isinstance(one, pd.DataFrame) else pd.Series(dict(one))
        for head, one in columns.items()
    }
    rows: list[tuple[str, ...]] = []
    for key, words in groups.items():
        cells = [_cell(one, key, digits) for one in frames.values()]
        rows += [(words if k == 0 else "", *(cell[k] for cell in cells)) for k in range(3)]
    told = [one["covariance"] for one in columns.values() if isinstance(one, pd.DataFrame)]
    covariances = dict.fromkeys(
        re.sub(r", \d+ (clusters|periods)", "", words) for one in told for words in one
    )
    text = f"Standard errors in parentheses: {'; '.join(covariances)}. {STARS_NOTE} {note}"
    return Table(name, caption, ("", *columns), tuple(rows), text.strip())


def designs_table(
    comparison: GroupComparison,
    groups: Mapping[str, str],
    *,
    name: str,
    caption: str,
    digits: int = 3,
    note: str = "",
) -> Table:
    """Set the slopes of split samples beside those of the pooled models."""
    pooled = {
        DESIGN_LABELS[design]: comparison.interacted[comparison.interacted["design"] == design]
        for design in dict.fromkeys(comparison.interacted["design"])
    }
    return groups_table(
        {"Split samples": comparison.slopes, **pooled},
        groups,
        name=name,
        caption=caption,
        digits=digits,
        note=note,
    )


def differences_table(
    comparisons: Mapping[str, GroupComparison],
    *,
    words: Mapping[str, str],
    name: str,
    caption: str,
    digits: int = 3,
    note: str = "",
) -> Table:
    """Set every difference in a row, with the p-values of its tests.

    Parameters
    ----------
    comparisons
        By the source or the split that the rows belong to.
    words
        What to call the groups.
    digits
        Decimals of differences and standard errors.
    note
        Added to the note that names the tests and their covariance.
    """
    body = [
        (title, *_difference_cells(rows, words, digits))
        for title, one in comparisons.items()
        for _, rows in one.differences.groupby(["design", "contrast"], sort=False)
    ]
    shown = [
        tuple(
            "" if k and cell == body[k - 1][place] and row[0] == body[k - 1][0] else cell
            for place, cell in enumerate(row[:2])
        )
        + row[2:]
        for k, row in enumerate(body)
    ]
    header = ("", *DIFFERENCE_HEADS)
    filled = [k for k in range(len(header)) if k == 0 or any(row[k] for row in shown)]
    told = [one for each in comparisons.values() for one in each.differences["covariance"]]
    text = (
        f"Tests: {'; '.join(dict.fromkeys(told))}. Fewest: units in the smallest group compared. "
        f"{STARS_NOTE} {note}"
    )
    cells = tuple(tuple(row[k] for k in filled) for row in shown)
    return Table(name, caption, tuple(header[k] for k in filled), cells, text.strip())


def printed_cells(rows: pd.DataFrame, groups: Iterable[str]) -> dict[str, str]:
    """Return what was printed for each group: the number, or else the words.

    Parameters
    ----------
    rows
        Rows of ``data/published/estimates.csv``, one a group, in the groups' order.
    """
    said = [row["estimate"] or row["note"].split(";")[0] for _, row in rows.iterrows()]
    return dict(zip(groups, said, strict=True))


def slope_rows(source: str, slopes: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of split samples with a label each, for a plot of coefficients."""
    kept = slopes[slopes["group"].isin(list(groups))]
    return kept.assign(label=[f"{source}: {groups[one]}" for one in kept["group"]])


def claims_note(rows: pd.DataFrame) -> str:
    """Return what was said of claims without a number, for the note of a claim table."""
    bare = rows[rows["estimate"] == ""]
    said = [f"{row['label']}: {row['note'].split(';')[0]}" for _, row in bare.iterrows()]
    return "; ".join(said).capitalize() + "." if said else ""


def _cell(source: pd.DataFrame | pd.Series, key: str, digits: int) -> tuple[str, str, str]:
    """Return slope, standard error and size of a group, or a text and two empty lines."""
    if key not in source.index:
        return "", "", ""
    if isinstance(source, pd.Series):
        return str(source[key]), "", ""
    row = source.loc[key]
    size = f"N {number(int(row['n_obs']))}"
    if "entities" in row:
        size += f", {number(int(row['entities']))} units"
    return (
        number(row["estimate"], digits) + stars(row["p_value"]),
        f"({number(row['std_error'], digits)})",
        size,
    )


def _difference_cells(
    tests: pd.DataFrame, words: Mapping[str, str], digits: int
) -> tuple[str, ...]:
    """Return the cells of one difference from the rows of its tests."""
    drawn = tests.set_index("test")["p_value"]
    wald = tests[~tests["test"].isin(["wild bootstrap", "permutation"])].iloc[0]
    joint = wald["contrast"] == ALL_EQUAL
    names = wald["contrast"].split(LESS)
    return (
        DESIGN_LABELS[wald["design"]],
        "All equal" if joint else LESS.join(words.get(one, one) for one in names),
        "" if joint else number(wald["estimate"], digits) + stars(wald["p_value"]),
        "" if joint else f"({number(wald['std_error'], digits)})",
        _p_value(wald["p_value"]),
        _p_value(drawn.get("wild bootstrap")),
        _p_value(drawn.get("permutation")),
        number(int(wald["fewest"])),
    )


def _p_value(value: float | None) -> str:
    return "<0.001" if value is not None and value < SMALLEST_P else number(value)
