"""The firm study's panels: the twin's, and the reader's own where there is one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader import load_extract
from digitrade.studies.pilot_zones.columns import is_identified
from digitrade.studies.pilot_zones.specifications import (
    APPROVED_BY,
    BASELINE,
    TREATMENT_RULE,
    TWIN,
    YOURS,
    estimation_sample,
)
from digitrade.studies.pilot_zones.twin import DEFAULT_SEED, simulate_firms
from digitrade.studies.pilot_zones.variables import build_firm_panel


@lru_cache(maxsize=8)
def _twin_panel(seed: int, approved_by: str, rule: str) -> pd.DataFrame:
    extract = simulate_firms(seed=seed).extract
    return build_firm_panel(extract, approved_by=approved_by, rule=rule)


def firm_panels(
    data_path: str = "",
    *,
    twin_seed: int = DEFAULT_SEED,
    approved_by: str = APPROVED_BY,
    rule: str = TREATMENT_RULE,
) -> dict[str, pd.DataFrame]:
    """Build the firm panel from the twin and, where there is one, from the reader's extract.

    Both go through the same function, so whatever is estimated on one can be estimated on the
    other.

    Parameters
    ----------
    data_path
        The reader's own extract; none if empty.
    twin_seed
        Seed of the simulated firms.
    approved_by
        Zones approved by this day (year-month-day) count.
    rule
        How an approval date gives the first treated year: ``"half-year"`` or ``"calendar"``.

    Returns
    -------
    dict of str to pandas.DataFrame
        Under ``"twin"`` and, with a ``data_path``, ``"yours"``: one row for each firm and
        year, with the columns of :func:`digitrade.studies.pilot_zones.variables.build_firm_panel`.

    Raises
    ------
    DataError
        With everything that is wrong with the reader's extract.
    """
    panels = {TWIN: _twin_panel(twin_seed, approved_by, rule).copy()}
    if data_path:
        panels[YOURS] = own_panel(data_path, approved_by=approved_by, rule=rule)
    return panels


def own_panel(
    data_path: str,
    *,
    columns: str | None = None,
    approved_by: str = APPROVED_BY,
    rule: str = TREATMENT_RULE,
) -> pd.DataFrame:
    """Build the panel of a reader's own extract, if the chapters can run on it.

    Parameters
    ----------
    data_path, columns
        The file, and a column map that is not beside it.
    approved_by, rule
        As in :func:`firm_panels`.

    Raises
    ------
    DataError
        With everything that is wrong with the extract, or if it has no baseline.
    """
    extract = load_extract(data_path, columns=columns)
    panel = build_firm_panel(extract, approved_by=approved_by, rule=rule)
    require_baseline(panel, Path(data_path).name)
    return panel


def require_baseline(panel: pd.DataFrame, source: str) -> None:
    """Raise unless the baseline of the study can be estimated on a reader's panel.

    Parameters
    ----------
    panel
        What :func:`digitrade.studies.pilot_zones.variables.build_firm_panel` returns.
    source
        What the message calls it.

    Raises
    ------
    DataError
        Saying how many firms are seen before and after their zone.
    """
    complete = panel.dropna(subset=list(BASELINE.columns))
    treated = complete.groupby("firm")["zone_post"]
    both = int((treated.max() > treated.min()).sum())
    if both and is_identified(estimation_sample(panel, BASELINE), BASELINE):
        return
    found = (
        f"{len(complete):,} complete firm-years of {complete['firm'].nunique():,} firms, {both} of "
        "which are seen before and after their zone"
    )
    advice = (
        "Too few for effects of firm, year and city with seven controls: bring every year of each "
        "firm, firms in cities without a zone, or more firms"
    )
    raise DataError([Problem(source, "the rows", found, advice)])
