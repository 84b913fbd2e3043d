"""What printed standard errors say about where large residuals are."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.studies.pilot_zones.specifications import PrintedColumn, printed_rows


def implied_sums(panel: pd.DataFrame, columns: Iterable[PrintedColumn]) -> pd.DataFrame:
    r"""Return what printed robust standard errors imply about residuals, column by column.

    With :math:`\tilde D` the regressor cleared of effects and controls,
    :math:`se^2 (\sum \tilde D^2)^2 = \sum \tilde D^2 e^2` up to the small-sample factor. The
    right side divided by :math:`\sum \tilde D^2` is the variance of residuals that are all alike.

    Returns
    -------
    pandas.DataFrame
        ``label, printed_error, squares, implied, deviation``, a row a column. The sum of
        squares is the panel's own, which the study does not print.
    """
    found = []
    for column in columns:
        printed = printed_rows(column.table).query(
            "panel == @column.panel and column == @column.column"
        )
        error = float(printed["std_error"].iloc[0])
        rows = column.sample(panel)
        regressor = rows[column.specification.regressor].to_numpy(dtype=float)
        cleared = Projection.of(rows, column.specification).residualise(regressor)
        squares = float(cleared @ cleared)
        found.append((column.label, error, squares, (error * squares) ** 2, error * squares**0.5))
    names = ["label", "printed_error", "squares", "implied", "deviation"]
    return pd.DataFrame(found, columns=names)
