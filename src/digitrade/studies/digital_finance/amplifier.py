"""Does digital finance add most where much is in place? The index times where a province began."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from digitrade.methods.estimate import TIDY
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.methods.wild_bootstrap import wild_cluster_bootstrap

WILD = {"p_value": "wild_p", "conf_low": "wild_low", "conf_high": "wild_high"}


def amplifier(
    panel: pd.DataFrame,
    specification: Specification,
    starts: Sequence[str],
    *,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return what the slope gains a SD of each start: ``years`` common or by start, ``wild_p``."""
    rows = []
    for start in starts:
        for years, model in _models(panel, specification, start).items():
            fit = fixed_effects(*model)
            wild = wild_cluster_bootstrap(*model, draws=draws, rng=rng).tidy()[[*WILD]]
            told = {"outcome": specification.outcome, "start": start, "years": years}
            row = fit.tidy().head(1).assign(**told, covariance=fit.words)
            rows.append(row.join(wild.rename(columns=WILD)))
    found = pd.concat(rows, ignore_index=True)
    return found[["outcome", "start", "years", *TIDY, "covariance", *WILD.values()]]


def _models(
    panel: pd.DataFrame, specification: Specification, start: str
) -> dict[str, tuple[pd.DataFrame, Specification]]:
    """Return rows and regression of both comparisons, the product as the regressor."""
    s = specification
    first = panel.sort_values(s.time).groupby(s.entity)[start].first()
    level = panel[s.entity].map((first - first.mean()) / first.std())
    name = f"{s.regressor}:{start}"
    product = s.replace(regressor=name, controls=s.regressors)
    rows = panel.assign(**{name: panel[s.regressor] * level})
    dummies = pd.get_dummies(panel[s.time], prefix="start", dtype=float).iloc[:, 1:]
    held = product.replace(controls=(*s.regressors, *dummies))
    return {"common": (rows, product), "by start": (rows.join(dummies.mul(level, axis=0)), held)}
