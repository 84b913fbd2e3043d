"""The firm study's panels, the twin's and a reader's, and the twin as a reader's file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader import load_extract
from digitrade.data.reader.columns import canonical_columns
from digitrade.data.reader.sectors import LEFT_OUT
from digitrade.methods.regression import within_share
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    TWIN,
    YOURS,
    estimation_sample,
    is_identified,
)
from digitrade.studies.pilot_zones.twin import DEFAULT_SEED, simulate_firms
from digitrade.studies.pilot_zones.variables import build_firm_panel

TOO_FEW = (
    "{rows:,} complete firm-years of {firms:,} firms, {both} of which are seen before and after "
    "their zone"
)
BRING = (
    "Too few for effects of firm, year and city with seven controls: bring every year of each "
    "firm, firms in cities without a zone, or more firms"
)
ABSORBED = "no variation within firm, year and city"
VARIED = (
    "The effects absorb it: bring figures that differ from year to year and from city to city, or "
    "more firms"
)
HARDLY_VARIES = 1e-8  # share of a control's variance that the effects must leave


@lru_cache(maxsize=8)
def _twin_panel(seed: int, **ways: str) -> pd.DataFrame:
    return build_firm_panel(simulate_firms(seed=seed).extract, **ways)


def firm_panels(
    data_path: str = "",
    *,
    twin_seed: int = DEFAULT_SEED,
    without: Sequence[str] = LEFT_OUT,
    **ways: str,
) -> dict[str, pd.DataFrame]:
    """Build the panel of the twin, ``"twin"``, and of the reader's file, ``"yours"``, if any."""
    panels = {TWIN: _twin_panel(twin_seed, **ways).copy()}
    if data_path:
        panels[YOURS] = own_panel(data_path, without=without, **ways)
    return panels


def own_panel(
    data_path: str,
    *,
    columns: str | None = None,
    without: Sequence[str] = LEFT_OUT,
    **ways: str,
) -> pd.DataFrame:
    """Build the panel of a reader's file (``columns``: its map), if the chapters can run on it.

    ``without`` names the rows to leave out, ``"finance"`` and ``"st"``.
    """
    extract = load_extract(data_path, columns=columns, without=without)
    panel = build_firm_panel(extract, **ways)
    require_baseline(panel, Path(data_path).name)
    return panel


def require_baseline(panel: pd.DataFrame, source: str) -> None:
    """Raise unless the study's baseline can be estimated on a reader's panel, called ``source``."""
    complete = panel.dropna(subset=list(BASELINE.columns))
    treated = complete.groupby("firm")["zone_post"]
    both = int((treated.max() > treated.min()).sum())
    absorbed = []
    if both:
        rows = estimation_sample(panel, BASELINE)
        absorbed = absorbed_controls(rows)
        if not absorbed and is_identified(rows, BASELINE):
            return
    found = TOO_FEW.format(rows=len(complete), firms=complete["firm"].nunique(), both=both)
    problems = [Problem(source, f"control {name}", ABSORBED, VARIED) for name in absorbed]
    raise DataError(problems or [Problem(source, "the rows", found, BRING)])


def absorbed_controls(rows: pd.DataFrame) -> list[str]:
    """Return the baseline's controls that firm, year and city leave nothing of."""
    return [
        name
        for name in BASELINE.controls
        if rows[name].nunique() < 2 or within_share(rows, name, BASELINE) < HARDLY_VARIES
    ]


def write_example(path: Path, *, seed: int | None = None) -> int:
    """Write the simulated firms without the truth to a new file, and return their number."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        advice = f"Choose one of {', '.join(WRITERS)}"
        raise DataError([Problem(path.name, "the file", f"ends in {path.suffix!r}", advice)])
    if path.exists():
        raise FileExistsError(f"{path} exists and is left as it is. Choose another name.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"No folder {path.parent}. Make it first, or choose another.")
    extract = simulate_firms(seed=DEFAULT_SEED if seed is None else seed).extract
    writer(extract[[name for name in canonical_columns() if name in extract]], path)
    return len(extract)


def _write_stata(frame: pd.DataFrame, path: Path) -> None:
    texts = frame.select_dtypes(["object", "str"]).columns
    filled = frame.assign(**{name: frame[name].astype(object).fillna("") for name in texts})
    filled.to_stata(path, write_index=False, version=118)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda frame, file: frame.to_csv(file, index=False, lineterminator="\n"),
    ".parquet": lambda frame, file: frame.to_parquet(file, index=False),
    ".dta": _write_stata,
    ".xlsx": lambda frame, file: frame.to_excel(file, index=False),
}
