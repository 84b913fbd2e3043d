"""Numbers on their way into sentences: glued from the run, never typed."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import pandas as pd
from IPython.display import display
from myst_nb import glue
from myst_nb.ext.glue import GLUE_PREFIX

from digitrade.data.records import RECORD_PREFIX, RECORD_TYPE, TIDY

ENDINGS = {
    "estimate": "",
    "std_error": "_se",
    "statistic": "_t",
    "p_value": "_p",
    "conf_low": "_low",
    "conf_high": "_high",
    "n_obs": "_n",
}


def glue_numbers(**values: float | int | str) -> None:
    """Glue values as plain Python numbers; sentences take them as ``{glue:text}`name:.3f```."""
    for name, value in values.items():
        if isinstance(value, Integral):
            plain: float | int | str = int(value)
        elif isinstance(value, Real):
            plain = float(value)
        elif isinstance(value, str):
            plain = value
        else:
            raise TypeError(f"{name} is a {type(value).__name__}: glue a number or a text")
        glue(name, plain, display=False)


def glue_row(name: str, row: pd.Series | Mapping[str, Any]) -> None:
    """Glue a tidy row: the estimate as ``name``, the others as ``name_se``, ``name_p`` and so on.

    Endings are those of :data:`ENDINGS`; what is missing or not there is left out.
    """
    values = {
        f"{name}{ending}": row[column]
        for column, ending in ENDINGS.items()
        if pd.notna(row.get(column))
    }
    if f"{name}_n" in values:
        values[f"{name}_n"] = int(values[f"{name}_n"])
    glue_numbers(**values)


def record(exhibit: str, rows: pd.DataFrame) -> None:
    """Leave tidy rows in the executed notebook, for the runner to write to ``estimates.csv``.

    They travel as a hidden output, so the notebook needs to know no path, and they are there
    whoever ran it. ``exhibit`` becomes the first column of the file.
    """
    if absent := [name for name in TIDY if name not in rows]:
        raise ValueError(f"Rows for {exhibit!r} lack the tidy columns {', '.join(absent)}")
    plain = rows.astype(object).where(rows.notna(), None)
    display(
        {GLUE_PREFIX + RECORD_TYPE: plain.to_dict(orient="split", index=False)},
        raw=True,
        metadata={"scrapbook": {"name": RECORD_PREFIX + exhibit, "mime_prefix": GLUE_PREFIX}},
    )
