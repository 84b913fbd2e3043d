"""Honest draws of a twin: made once, side by side, and kept in ``data/twin``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import pandas as pd

from digitrade.data.cache import cached
from digitrade.data.paths import HONEST, data_folder

KEPT = 1_000  # draws of a study in the cache
FORMAT = "%.5g"  # a rounding that is nothing beside the scatter of the draws


def write_honest_draws(
    study: str, draw: Callable[..., pd.DataFrame], seeds: Sequence[int], *, jobs: int
) -> Path:
    """Write the rows of ``draw(seed=...)`` for every seed; one made before is not made again."""
    with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        one = joblib.delayed(cached)
        frames = joblib.Parallel()(one(draw, kept=KEPT, seed=seed) for seed in seeds)
    rows = pd.concat([frame.assign(seed=seed) for seed, frame in zip(seeds, frames, strict=True)])
    rows = rows[["seed", *rows.columns.drop("seed")]]
    flags = dict.fromkeys(("covered", "rejected"), "Int64")
    path = data_folder("twin") / HONEST[study]
    rows.astype(flags).to_csv(path, index=False, float_format=FORMAT, lineterminator="\n")
    return path
