"""From estimates and frames to numbered tables; nothing is estimated here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from digitrade.data.labels import label
from digitrade.methods.estimate import Estimate

STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))
STARS_NOTE = r"\* p < 0.10, \*\* p < 0.05, \*\*\* p < 0.01."
MINUS = "−"
NOT_SHIPPED = "not shipped"
NOT_REPORTED = "not reported"


@dataclass(frozen=True, slots=True)
class Table:
    """A numbered table with its caption above and its note below.

    In the book it is a table of the page's own, by its MyST text; in a notebook it is HTML.

    Attributes
    ----------
    name
        The label to refer to it by, unique in the book.
    caption, note
        Texts above and below.
    header
        Column heads, length k.
    rows
        Cells as text, each row of length k.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """Return the table as a MyST directive."""
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.header)
        aligned = ["---:" if _is_numeric(cells) else ":---" for cells in columns]
        lines = [self.header, aligned, *self.rows]
        body = "\n".join(f"| {' | '.join(map(_escape_markdown, line))} |" for line in lines)
        note = f"\n\n*Note.* {self.note}" if self.note else ""
        return f":::{{table}} {self.caption}\n:name: {self.name}\n\n{body}\n:::{note}\n"

    def html(self) -> str:
        """Return the table as HTML, for readers of the bare notebook."""
        head = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in self.header)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows
        )
        return (
            f"<table><caption>{escape(self.caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><p><em>Note.</em> {escape(self.note)}</p>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        plain = "\n".join("  ".join(row) for row in (self.header, *self.rows))
        return {"text/plain": plain, "text/html": self.html(), "text/markdown": self.markdown()}


def _is_numeric(cells: Sequence[str]) -> bool:
    """Return whether a column holds numbers, so that it is set to the right."""
    filled = [cell for cell in cells if cell and cell not in (NOT_SHIPPED, NOT_REPORTED)]
    return (
        bool(filled)
        and sum(map(str.isdigit, (cell.strip("(−*)")[:1] for cell in filled))) > len(filled) / 2
    )


def number(value: Any, digits: int = 3) -> str:
    """Return a number with a true minus sign and thousands set apart; empty if missing."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if isinstance(value, int) or digits == 0:
        return f"{round(value):,}".replace("-", MINUS)
    text = f"{value:,.{digits}f}"
    return text.replace("-", MINUS) if float(value) and text.strip("-0.,") else text.lstrip("-")


def stars(p_value: float) -> str:
    """Return the stars of a p-value: * below 10, ** below 5, *** below 1 per cent."""
    return next((mark for level, mark in STARS if p_value < level), "")


def frame_table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    heads: Mapping[str, str] | None = None,
    digits: int | Mapping[str, int] = 3,
    note: str = "",
) -> Table:
    """Set a frame as it is, a row a row.

    Parameters
    ----------
    frame
        The first column names the rows; its entries that are variables get their label.
    name, caption, note
        As in :class:`Table`.
    heads
        Heads of columns that are not to be called by their name.
    digits
        Decimals, one number or one for each column.
    """
    places = digits if isinstance(digits, Mapping) else dict.fromkeys(frame.columns, digits)
    cells = [
        tuple(
            label(value) if isinstance(value, str) else number(value, places.get(column, 3))
            for column, value in zip(frame.columns, row, strict=True)
        )
        for row in frame.itertuples(index=False)
    ]
    header = tuple((heads or {}).get(column, label(column)) for column in frame.columns)
    return Table(name, caption, header, tuple(cells), note)


def descriptive_table(
    panel: pd.DataFrame, columns: Sequence[str], *, name: str, caption: str
) -> Table:
    """Set N, mean, standard deviation, minimum, median and maximum of columns."""
    summary = panel[list(columns)].describe(percentiles=[0.5]).T.reset_index(names="Variable")
    heads = {"count": "N", "mean": "Mean", "std": "SD", "min": "Min", "50%": "Median", "max": "Max"}
    return frame_table(summary, name=name, caption=caption, heads=heads, digits={"count": 0})


def regression_table(
    estimates: Sequence[Estimate],
    *,
    name: str,
    caption: str,
    heads: Sequence[str] | None = None,
    digits: int = 3,
    note: str = "",
) -> Table:
    """Set estimates side by side, standard errors in parentheses below coefficients.

    Parameters
    ----------
    estimates
        One a column.
    heads
        Column heads; the specifications' labels by default.
    digits
        Decimals of coefficients and standard errors.
    note
        Added to the note that names covariance and stars.
    """
    terms = dict.fromkeys(term for one in estimates for term in one.coefficients["term"])
    rows = [row for term in terms for row in _term_rows(estimates, term, digits)]
    feet: list[tuple[str, Callable[[Estimate], str]]] = [
        ("Fixed effects", lambda one: " and ".join(one.specification.effects) or "none"),
        ("N", lambda one: number(one.n_obs, 0)),
        ("Groups in the covariance", lambda one: number(one.n_groups, 0)),
        ("R² within", lambda one: number(one.r_squared_within, 3)),
        ("R² with effects", lambda one: number(one.r_squared, 3)),
    ]
    rows += [(title, *map(foot, estimates)) for title, foot in feet]
    covariances = "; ".join(dict.fromkeys(one.words for one in estimates))
    told = f"Standard errors in parentheses: {covariances}. {STARS_NOTE}"
    header = ("", *(heads or [one.specification.label for one in estimates]))
    return Table(name, caption, header, tuple(rows), f"{told} {_escape_markdown(note)}".strip())


def claim_table(rows: pd.DataFrame, *, name: str, caption: str, note: str = "") -> Table:
    """Set rows of ``data/published/estimates.csv`` as they were printed."""
    cells = [
        (
            row["label"],
            label(row["outcome"]),
            label(row["term"]),
            (row["estimate"] or NOT_REPORTED).replace("-", MINUS) + row["stars"],
            row["se"] or NOT_REPORTED,
            row["n_obs"] or NOT_REPORTED,
        )
        for _, row in rows.iterrows()
    ]
    header = ("Printed as", "Outcome", "Regressor", "Estimate", "Standard error", "N")
    return Table(name, caption, header, tuple(cells), note)


def exhibit_table(
    printed: float,
    estimates: Sequence[Estimate],
    *,
    name: str,
    caption: str,
    digits: int = 4,
    note: str = "",
) -> Table:
    """Set a printed coefficient beside estimates on public figures and on the twin.

    The last column is the distance to the printed number in standard errors of the
    estimate, since the study's own are not always reported.
    """
    first = ("Printed", number(printed, digits), NOT_REPORTED, NOT_REPORTED, NOT_REPORTED, "")
    rows = [first]
    for one in estimates:
        row = one.main
        rows.append(
            (
                one.specification.label,
                number(row.estimate, digits) + stars(row.p_value),
                number(row.std_error, digits),
                f"{number(row.conf_low, digits)} to {number(row.conf_high, digits)}",
                number(one.n_obs, 0),
                number((row.estimate - printed) / row.std_error, 1),
            )
        )
    header = ("Source", "Estimate", "Standard error", "Interval", "N", "Distance in SE")
    covariances = "; ".join(dict.fromkeys(one.words for one in estimates))
    told = f"{covariances}. {STARS_NOTE} {_escape_markdown(note)}"
    return Table(name, caption, header, tuple(rows), told.strip())


def _term_rows(
    estimates: Sequence[Estimate], term: str, digits: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    coefficients, errors = [], []
    for one in estimates:
        found = term in set(one.coefficients["term"])
        row = one[term] if found else None
        coefficients.append(
            "" if row is None else number(row.estimate, digits) + stars(row.p_value)
        )
        errors.append("" if row is None else f"({number(row.std_error, digits)})")
    return (label(term), *coefficients), ("", *errors)


def _escape_markdown(text: str) -> str:
    return text.replace("|", r"\|").replace("*", r"\*")
