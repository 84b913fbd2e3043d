"""Write the simulated firms as a reader's own file would look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from digitrade.data.codebook import DataError, Problem
from digitrade.data.reader.columns import TRUTH, canonical_columns


def write_example(path: Path, *, seed: int | None = None) -> int:
    """Write the simulated firms without the truth, and return their rows.

    The file must not be there yet; its ending says the format: .csv, .parquet, .dta or .xlsx.
    """
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
    from digitrade.studies.pilot_zones.twin import DEFAULT_SEED, simulate_firms

    extract = simulate_firms(seed=DEFAULT_SEED if seed is None else seed).extract
    known = [name for name in extract if not name.startswith(TRUTH)]
    order = list(canonical_columns())
    return extract[sorted(known, key=order.index)]


def _write_stata(frame: pd.DataFrame, path: Path) -> None:
    texts = frame.select_dtypes(["object", "str"]).columns
    filled = frame.assign(**{name: frame[name].astype(object).fillna("") for name in texts})
    filled.to_stata(path, write_index=False, version=118)
