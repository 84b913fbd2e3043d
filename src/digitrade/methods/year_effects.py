"""What year effects take away: the slope from year to year, and the slope within years."""

from __future__ import annotations

import pandas as pd

from digitrade.methods.regression import partial_out
from digitrade.methods.specification import Specification


def by_comparison(data: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    r"""Split the slope with entity effects only into two comparisons, exactly.

    Clear the regressor of entity effects and controls. What is left is the sum of a part that
    year effects explain and a part that they do not; the parts are orthogonal. So

    .. math:: \hat\beta_{entity} = w \hat\beta_{two-way} + (1 - w) \hat\beta_{years},

    with w the second part's share of the sum of squares (Frisch and Waugh 1933, Econometrica
    1(4), 387-401).

    Parameters
    ----------
    data
        One row for each entity and time, complete.
    specification
        Outcome, regressor and controls; its effects are not used.

    Returns
    -------
    pandas.DataFrame
        Three rows, ``comparison`` being ``"within years"``, ``"from year to year"`` and
        ``"both"``: ``weight, slope, contribution`` (their product). The third slope is the one
        with entity effects only, and the third contribution the sum of the first two.
    """
    entity_only = specification.replace(effects=(specification.entity,))
    two_way = specification.replace(effects=(specification.entity, specification.time))
    x = partial_out(data, specification.regressor, entity_only)
    y = partial_out(data, specification.outcome, entity_only)
    inside = partial_out(data, specification.regressor, two_way)
    parts = {"within years": inside, "from year to year": x - inside, "both": x}
    rows = pd.DataFrame(
        {
            "comparison": list(parts),
            "weight": [part @ part / (x @ x) for part in parts.values()],
            "slope": [part @ y / (part @ part) for part in parts.values()],
        }
    )
    return rows.assign(contribution=rows["weight"] * rows["slope"])
