"""Shares of explained variation that programs print under one name, told apart."""

from __future__ import annotations

import pandas as pd

from digitrade.methods.absorb import Absorber
from digitrade.methods.estimate import Estimate

MEASURES = {
    "within": "Within all effects",
    "entity": "Within firms; year and city dummies count as explanation",
    "overall": "Of all variation; every effect counts as explanation",
    "adjusted": "The same, adjusted for the number of parameters",
}


def r_squared_measures(data: pd.DataFrame, estimate: Estimate) -> pd.Series:
    r"""Return four R² of one regression; its residuals are the same in all of them.

    With U the sum of squared residuals, the measures are one less U over

    - ``within``: what *all* effects leave of the outcome's squares;
    - ``entity``: what the entity's effects leave. Programs that sweep out the firms and keep
      years as dummies print this one;
    - ``overall``: all squares about the mean. Programs that absorb every effect print this one;
    - ``adjusted``: the same, with U times :math:`(N - 1) / (N - K)`, K counting regressors and
      the rank of the effects' dummies.

    Parameters
    ----------
    data
        The rows that were estimated on.
    estimate
        The regression.

    Returns
    -------
    pandas.Series
        Indexed by the keys of :data:`MEASURES`.

    Raises
    ------
    ValueError
        If the rows are not as many as the estimate has.
    """
    one = estimate.specification
    if len(data) != estimate.n_obs:
        raise ValueError(f"{len(data)} rows for an estimate on {estimate.n_obs}: pass its own rows")
    outcome = data[one.outcome].to_numpy(dtype=float)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    unexplained = (1 - estimate.r_squared) * total
    left = Absorber.of(data, [one.entity]).residualise(outcome)
    parameters = Absorber.of(data, one.effects).rank + len(one.regressors)
    freedom = (len(data) - 1) / (len(data) - parameters)
    return pd.Series(
        {
            "within": estimate.r_squared_within,
            "entity": 1 - unexplained / float(left @ left),
            "overall": estimate.r_squared,
            "adjusted": 1 - (1 - estimate.r_squared) * freedom,
        }
    )
