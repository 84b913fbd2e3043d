"""Numbers on their way into sentences: glued from the run, never typed."""

from __future__ import annotations

from numbers import Integral, Real

import pandas as pd
from IPython.display import display
from myst_nb import glue
from myst_nb.ext.glue import GLUE_PREFIX

from digitrade.data.records import RECORD_PREFIX, RECORD_TYPE, TIDY


def glue_numbers(**values: float | int | str) -> None:
    """Glue values under their names, as plain Python numbers.

    Sentences take them up as ``{glue:text}`name:.3f```.

    Raises
    ------
    TypeError
        If a value is neither a number nor a text.
    """
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


def record(exhibit: str, rows: pd.DataFrame) -> None:
    """Leave tidy rows in the executed notebook, for the runner to write to a file.

    The rows travel as a hidden output, so the notebook needs to know no path, and they
    are in the executed notebook whoever ran it.

    Parameters
    ----------
    exhibit
        What the rows belong to; becomes the first column of the file.
    rows
        A frame with at least the tidy columns.

    Raises
    ------
    ValueError
        If a tidy column is not there.
    """
    if absent := [name for name in TIDY if name not in rows]:
        raise ValueError(f"Rows for {exhibit!r} lack the tidy columns {', '.join(absent)}")
    plain = rows.astype(object).where(rows.notna(), None)
    display(
        {GLUE_PREFIX + RECORD_TYPE: plain.to_dict(orient="split", index=False)},
        raw=True,
        metadata={"scrapbook": {"name": RECORD_PREFIX + exhibit, "mime_prefix": GLUE_PREFIX}},
    )
