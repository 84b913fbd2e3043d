"""Numbered tables: a frame as it is, regressions side by side, what was printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from html import escape
from inspect import Parameter, signature
from itertools import chain
from typing import Any

import pandas as pd

from digitrade.data.labels import counts, head, label, probabilities
from digitrade.exhibits.cells import (
    MINUS,
    NOT_REPORTED,
    NOT_SHIPPED,
    STARS_NOTE,
    bracketed,
    number,
    small_p,
    starred,
)
from digitrade.methods.estimate import Estimate

FEET = (
    ("N", "n_obs", 0),
    ("Groups in the covariance", "n_groups", 0),
    ("Effective clusters", "n_effective", 1),
    ("R² within", "r_squared_within", 3),
    ("R² with effects", "r_squared", 3),
)
DAGGER = "†"
FEW_NOTE = (
    f"{DAGGER} The row's clusters move the first regressor as unevenly as if there were so few of "
    "them (effective clusters), and with so few the standard error is often too small: quote the "
    "p-value of the wild cluster bootstrap."
)
Heads = Mapping[str, str] | None
Digits = int | Mapping[str, int]
Cells = tuple[Any, str]  # what makes a frame of texts, such as rows by head, and the note


@dataclass(frozen=True, slots=True)
class Table:
    """A numbered table of text: MyST in the book, HTML in a bare notebook."""

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
        body = "\n".join(f"| {' | '.join(map(_escape, line))} |" for line in lines)
        note = f"\n\n*Note.* {self.note}" if self.note else ""
        return f":::{{table}} {self.caption}\n:name: {self.name}\n\n{body}\n:::{note}\n"

    def html(self) -> str:
        """Return the table as HTML, for readers of the bare notebook."""
        heads = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in self.header)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows
        )
        return (
            f"<table><caption>{escape(self.caption)}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{body}</tbody></table><p><em>Note.</em> {escape(self.note)}</p>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        plain = "\n".join("  ".join(row) for row in (self.header, *self.rows))
        return {"text/plain": plain, "text/html": self.html(), "text/markdown": self.markdown()}


def called_with(made: Any, inner: Callable[..., Any], **optional: str) -> Any:
    """Give a function the documentation and the signature of another, texts added to it."""
    texts = {"name": Parameter.empty, "caption": Parameter.empty, **optional}
    more = [
        Parameter(text, Parameter.KEYWORD_ONLY, default=default, annotation="str")
        for text, default in texts.items()
    ]
    own, result = signature(inner), made.__annotations__["return"]
    update_wrapper(made, inner)
    made.__signature__ = own.replace(
        parameters=[*own.parameters.values(), *more], return_annotation=result
    )
    return made


def table(make: Callable[..., Cells]) -> Callable[..., Table]:
    """Make a numbered table, called with name, caption and note, of cells and a first note."""

    def made(*args: Any, name: str, caption: str, note: str = "", **options: Any) -> Table:
        cells, told = make(*args, **options)
        frame = pd.DataFrame(cells).fillna("")
        rows = tuple(frame.itertuples(index=False, name=None))
        return Table(name, caption, tuple(frame), rows, f"{told} {note}".strip())

    return called_with(made, make, note="")


@table
def frame_table(frame: pd.DataFrame, *, heads: Heads = None, digits: Digits = 3) -> Cells:
    """Set a frame under the labels' heads or these ``heads``, with digits for all or by column."""
    return frame_cells(frame, heads, digits), ""


def frame_cells(frame: pd.DataFrame, heads: Heads = None, digits: Digits = 3) -> pd.DataFrame:
    """Return a frame as text under its heads."""
    own, usual = (digits, 3) if isinstance(digits, Mapping) else ({}, digits)
    places = [own.get(name, 0 if name in counts() else usual) for name in frame]
    as_p = [name in probabilities() for name in frame]
    rows = [
        [
            label(cell)
            if isinstance(cell, str)
            else small_p(cell, digits=k)
            if p
            else number(cell, k)
            for cell, k, p in zip(row, places, as_p, strict=True)
        ]
        for row in frame.itertuples(index=False)
    ]
    return pd.DataFrame(rows, columns=[(heads or {}).get(name, head(name)) for name in frame])


@table
def descriptive_table(panel: pd.DataFrame, columns: Sequence[str]) -> Cells:
    """Set N, mean, standard deviation, minimum, median and maximum of columns."""
    summary = panel[list(columns)].describe(percentiles=[0.5]).T.reset_index(names="Variable")
    heads = {"count": "N", "std": "SD", "50%": "Median"}
    return frame_cells(summary, heads, {"count": 0}), ""


@table
def regression_table(
    estimates: Sequence[Estimate],
    *,
    heads: Sequence[str] | None = None,
    digits: int = 3,
    wild: Sequence[float | None] | None = None,
) -> Cells:
    """Set estimates side by side, errors in parentheses; ``wild``: p-values, ``None`` for none."""
    columns = [fit.coefficients.set_index("term").to_dict("index") for fit in estimates]
    rows: list[tuple[str, ...]] = []
    for term in dict.fromkeys(chain.from_iterable(columns)):
        found = [column.get(term, {}) for column in columns]
        rows.append((label(term), *(starred(row, digits) for row in found)))
        errors = (bracketed(row, digits) for row in found)
        few = [fit.few_effective and term == fit.specification.regressor for fit in estimates]
        rows.append(("", *(error + DAGGER * one for error, one in zip(errors, few, strict=True))))
    effects = (" and ".join(fit.specification.effects) or "none" for fit in estimates)
    rows.append(("Fixed effects", *effects))
    for title, name, places in FEET:
        cells = [number(getattr(fit, name), places) for fit in estimates]
        rows += [(title, *cells)] * any(cells)
    if wild is not None:
        rows.append(("p, wild bootstrap", *map(small_p, wild)))
    heads = heads or [fit.specification.label for fit in estimates]
    words = once(fit.words for fit in estimates)
    note = f"Standard errors in parentheses: {words}. {STARS_NOTE}"
    note += f" {FEW_NOTE}" * any(fit.few_effective for fit in estimates)
    return pd.DataFrame(rows, columns=["", *heads]), note


@table
def claim_table(rows: pd.DataFrame) -> Cells:
    """Set rows of ``data/published/estimates.csv`` as they were printed."""
    shown = rows[["label", "outcome", "term", "estimate", "se", "n_obs"]].replace("", NOT_REPORTED)
    shown["estimate"] = shown["estimate"].str.replace("-", MINUS) + rows["stars"]
    shown["n_obs"] = [number(int(n), 0) if n.isdigit() else n for n in shown["n_obs"]]
    return frame_cells(shown, {"label": "Printed as", "se": "Standard error"}), ""


def once(words: Iterable[str]) -> str:
    """Return words one after the other, each once."""
    return "; ".join(dict.fromkeys(words))


def without_repeats(frame: pd.DataFrame, columns: int = 1) -> pd.DataFrame:
    """Leave the first cells of a row blank where they say what the row above says."""
    first = frame.iloc[:, :columns]
    same = first.eq(first.shift()).cumprod(axis=1).astype(bool)
    return frame.assign(**first.mask(same, ""))


def _escape(text: str) -> str:
    return text.replace("|", r"\|").replace("*", r"\*")


def _is_numeric(cells: Sequence[str]) -> bool:
    """Return whether a column holds mostly numbers, so that it is set to the right."""
    filled = [cell for cell in cells if cell and cell not in (NOT_SHIPPED, NOT_REPORTED)]
    return sum(cell.strip("(−*)")[:1].isdigit() for cell in filled) > len(filled) / 2
