"""Numbers from here beside the same ones from elsewhere, and to how many digits they agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from digitrade.exhibits.cells import number
from digitrade.exhibits.table import Cells, table

MOST = 10  # digits looked at; beyond, the machine's rounding would be printed


def agreeing_digits(ours: ArrayLike, theirs: ArrayLike) -> int:
    """Return to how many significant digits all numbers agree, ten at most."""
    agreed = [np.allclose(ours, theirs, rtol=10.0**-k, atol=0.0) for k in range(1, MOST + 1)]
    return int(np.argmin([*agreed, False]))


@table
def agreement_table(
    pairs: Mapping[str, tuple[float, float]], *, elsewhere: str, digits: int = 6
) -> Cells:
    """Set pairs of numbers, ours first, side by side with the digits that agree."""
    rows = [
        (what, *(number(value, digits) for value in pair), str(agreeing_digits(*pair)))
        for what, pair in pairs.items()
    ]
    heads = ["Number", "Here", elsewhere, f"Digits that agree, of {MOST}"]
    return pd.DataFrame(rows, columns=heads), ""
