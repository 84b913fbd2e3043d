"""Numbers from here beside the same ones from elsewhere, and to how many digits they agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from digitrade.exhibits.tables import Table, frame_table

MOST = 10  # digits looked at; beyond, the machine's rounding would be printed


def agreeing_digits(ours: ArrayLike, theirs: ArrayLike) -> int:
    """Return to how many significant digits all numbers agree, ten at most."""
    agreed = [np.allclose(ours, theirs, rtol=10.0**-k, atol=0.0) for k in range(1, MOST + 1)]
    return int(np.argmin([*agreed, False]))


def agreement_table(
    pairs: Mapping[str, tuple[float, float]],
    *,
    name: str,
    caption: str,
    elsewhere: str,
    digits: int = 6,
) -> Table:
    """Set pairs of numbers, ours first, side by side with the digits that agree."""
    rows = [(what, *pair, agreeing_digits(*pair)) for what, pair in pairs.items()]
    frame = pd.DataFrame(rows, columns=["number", "here", "elsewhere", "agree"])
    heads = {
        "number": "Number",
        "here": "Here",
        "elsewhere": elsewhere,
        "agree": f"Digits that agree, of {MOST}",
    }
    return frame_table(frame, name=name, caption=caption, heads=heads, digits=digits)
