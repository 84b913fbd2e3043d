"""Tables of matching on the propensity score; nothing is estimated here."""

from __future__ import annotations

import pandas as pd

from digitrade.exhibits.tables import Table, frame_table
from digitrade.methods.matching import Matches

BALANCE_NOTE = (
    "Differences are standardised by the root mean of both groups' variances before matching; "
    "variance ratios have the treated above."
)


def balance_table(rows: pd.DataFrame, *, name: str, caption: str, note: str = "") -> Table:
    """Set means, standardised differences and variance ratios before and after matching.

    Parameters
    ----------
    rows
        From :func:`digitrade.methods.matching.balance`.
    name, caption, note
        As in :class:`Table`; the note follows on how differences are scaled.
    """
    heads = {"variable": "Covariate"}
    for ending, when in (("", "before"), ("_matched", "after")):
        heads |= {
            f"mean_treated{ending}": f"Treated, {when}",
            f"mean_control{ending}": f"Controls, {when}",
            f"std_difference{ending}": f"Difference, {when}",
            f"variance_ratio{ending}": f"Variance ratio, {when}",
        }
    told = f"{BALANCE_NOTE} {note}".strip()
    return frame_table(
        rows[list(heads)], name=name, caption=caption, heads=heads, digits=3, note=told
    )


def counts_table(matches: Matches, *, name: str, caption: str) -> Table:
    """Set how many treated rows and controls are matched, and how much the controls count."""
    heads = {
        "group": "Group",
        "n_obs": "Rows",
        "matched": "Matched",
        "off_support": "Off the common support",
        "largest_weight": "Largest weight",
        "effective": "Effective rows",
    }
    digits = {"largest_weight": 2, "effective": 0}
    note = f"{matches.rule.words().capitalize()}."
    frame = matches.counts()
    return frame_table(frame, name=name, caption=caption, heads=heads, digits=digits, note=note)
