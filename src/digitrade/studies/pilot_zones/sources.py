"""The firm study's panels, the twin's and a reader's, and the twin as a reader's file."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader import load_extract
from digitrade.data.reader.columns import TRUTH, canonical_columns
from digitrade.studies.pilot_zones.specifications import (
    APPROVED_BY,
    BASELINE,
    TREATMENT_RULE,
    TWIN,
    YOURS,
    estimation_sample,
    is_identified,
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
    """Build the panel of the twin, ``"twin"``, and of the reader's file, ``"yours"``, if any."""
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


def write_example(path: Path, *, seed: int | None = None) -> int:
    """Write the simulated firms without the truth to a new file, and return their number."""
    writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {
        ".csv": lambda frame, file: frame.to_csv(file, index=False, lineterminator="\n"),
        ".parquet": lambda frame, file: frame.to_parquet(file, index=False),
        ".dta": _write_stata,
        ".xlsx": lambda frame, file: frame.to_excel(file, index=False),
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        advice = f"Choose one of {', '.join(writers)}"
        raise DataError([Problem(path.name, "the file", f"ends in {path.suffix!r}", advice)])
    if path.exists():
        raise FileExistsError(f"{path} exists and is left as it is. Choose another name.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"No folder {path.parent}. Make it first, or choose another.")
    frame = _example(seed)
    writer(frame, path)
    return len(frame)


def _example(seed: int | None) -> pd.DataFrame:
    """Return the simulated rows, columns in the order in which they are documented."""
    extract = simulate_firms(seed=DEFAULT_SEED if seed is None else seed).extract
    known = [name for name in extract if not name.startswith(TRUTH)]
    order = list(canonical_columns())
    return extract[sorted(known, key=order.index)]


def _write_stata(frame: pd.DataFrame, path: Path) -> None:
    texts = frame.select_dtypes(["object", "str"]).columns
    filled = frame.assign(**{name: frame[name].astype(object).fillna("") for name in texts})
    filled.to_stata(path, write_index=False, version=118)
