"""Numbers on their way into sentences: glued from the run, never typed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display
from myst_nb import glue
from myst_nb.ext.glue import GLUE_PREFIX

from digitrade.data.records import RECORD_PREFIX, RECORD_TYPE, TIDY
from digitrade.exhibits.cells import small_p
from digitrade.exhibits.phrases import goes, sign, sure

ENDINGS = dict(zip(TIDY[1:], ("", "_se", "_t", "_p", "_low", "_high", "_n"), strict=True))
PLAIN = {np.bool_: int, Integral: int, Real: float, str: str}


def glue_numbers(**values: float | int | str) -> None:
    """Glue values as plain Python numbers; sentences take them as ``{glue:text}`name:.3f```."""
    for name, value in values.items():
        plain = next((own for kind, own in PLAIN.items() if isinstance(value, kind)), None)
        if plain is None:
            raise TypeError(f"{name} is a {type(value).__name__}: glue a number or a text")
        glue(name, plain(value), display=False)


def glue_row(name: str, row: pd.Series | Mapping[str, Any]) -> None:
    """Glue a tidy row: ``name``, ``name_se`` ..., and words: ``_goes, _sign, _sure, _p_is``."""
    found: dict[str, Any] = {
        ending: row[column] for column, ending in ENDINGS.items() if pd.notna(row.get(column))
    }
    if "_n" in found:
        found["_n"] = int(found["_n"])
    if "" in found:
        found |= {"_goes": goes(found[""]), "_sign": sign(found[""])}
    if "_p" in found:
        found |= {
            "_sure": sure(found["_p"]),
            "_p_is": small_p(found["_p"], below="p < ", exact="p = "),
        }
    glue_numbers(**{f"{name}{ending}": value for ending, value in found.items()})


def record(exhibit: str, rows: pd.DataFrame) -> None:
    """Leave tidy rows in the executed notebook, for the runner to write to ``estimates.csv``.

    JSON has no infinity: an infinite cell is left blank, and ``unbounded`` names its column.
    """
    if absent := [name for name in TIDY if name not in rows]:
        raise ValueError(f"Rows for {exhibit!r} lack the tidy columns {', '.join(absent)}")
    endless = rows.map(lambda cell: isinstance(cell, float) and math.isinf(cell))
    plain = rows.astype(object).where(rows.notna() & ~endless, None)
    if endless.any(axis=None):
        plain["unbounded"] = endless.apply(lambda row: ", ".join(row.index[row]), axis=1)
    display(
        {GLUE_PREFIX + RECORD_TYPE: plain.to_dict(orient="split", index=False)},
        raw=True,
        metadata={"scrapbook": {"name": RECORD_PREFIX + exhibit, "mime_prefix": GLUE_PREFIX}},
    )
