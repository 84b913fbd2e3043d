"""Which rows are of finance or of firms under special treatment, and leaving them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from digitrade.data.codebook import Problem
from digitrade.data.reader.rows import Rows, count, listed

LEFT_OUT = ("finance", "st")
"""What the reader leaves out by default; of the two, the article names finance only."""
FINANCE_CODE = r"J(?:6[6-9]\d*)?"  # the classification of listed firms of 2012
FINANCE_NAME = (
    r"(?:货币金融|资本市场|保险|其他金融|金融|银行|证券|信托|多元金融|非银|financ|bank|insur).*"
)
SPECIAL = r"(?:(?:XD|XR|DR|N)?\s*(?:S?\s*\*?\s*S?ST|PT)(?![A-Z]).*|退市.*|.*退)"
RULES = {
    "finance": (("industry", FINANCE_CODE), ("industry_name", FINANCE_NAME)),
    "st": (("short_name", SPECIAL),),
}
WORDS = {"finance": "finance (J66–J69)", "st": "firms under special treatment (ST, *ST)"}
WHY = {"finance": "as the study does", "st": "as is usual; the article does not name them"}


def keep(rows: Rows, without: Sequence[str]) -> tuple[Rows, list[Problem]]:
    """Leave out the rows of each kind named, and say how many of each kind there are."""
    dropped = pd.Series(False, index=rows.table.index)
    notes = []
    for kind in LEFT_OUT:
        mask = pd.Series(False, index=rows.table.index)
        columns = [(name, words) for name, words in RULES[kind] if name in rows.table]
        for name, words in columns:
            text = rows.table[name]
            mask |= text.str.fullmatch(words, case=False).fillna(False)
        if mask.any():
            firms = rows.table["firm"][mask] if "firm" in rows.table else pd.Series(dtype=str)
            found = f"{count(int(mask.sum()), 'row')} of {count(firms.nunique(), 'firm')} of "
            found += f"{WORDS[kind]}: {listed(rows.table.loc[mask, columns[0][0]].dropna())}"
            advice = f"Left out, {WHY[kind]}" if kind in without else "Kept, as asked for"
            place = " and ".join(name for name, _ in columns)
            notes.append(Problem("Left out by rule", place, found, advice))
        dropped |= mask if kind in without else False
    if not dropped.any():
        return rows, notes
    frames = {name: getattr(rows, name)[~dropped] for name in ("table", "cells", "unread")}
    return replace(rows, **frames), notes
