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
    """Build the panel of the twin, ``"twin"``, and of the reader's file, ``"yours"``, if any.

    ``approved_by`` and ``rule`` are those of :func:`.zones.assign_treatment`.
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
    """Build the panel of a reader's file (``columns``: its map), if the chapters can run on it."""
    extract = load_extract(data_path, columns=columns)
    panel = build_firm_panel(extract, approved_by=approved_by, rule=rule)
    require_baseline(panel, Path(data_path).name)
    return panel


def require_baseline(panel: pd.DataFrame, source: str) -> None:
    """Raise unless the study's baseline can be estimated on a reader's panel, called ``source``."""
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
