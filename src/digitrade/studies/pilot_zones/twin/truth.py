"""What is true in the simulated firms: every number of the process, with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

PARAMETERS = pd.read_csv(Path(__file__).with_name("truth.csv"), dtype=str)


@dataclass(frozen=True, slots=True)
class FirmTruth:
    """The parameters of the process, as ``truth.csv`` has them, with meanings."""

    # With them, mean effects by group are near those of Table 8, but not in sub-provincial
    # cities, where the printed one is negative: ratios near 0 cannot fall.
    effect: float
    path: tuple[float, ...]
    by_region: Mapping[str, float]
    by_tier: Mapping[str, float]
    by_exporter: tuple[float, float]
    by_high_tech: tuple[float, float]
    by_polluting: tuple[float, float]
    innovative_city: float
    loan_growth: float
    new_short: float
    new_long: float
    new_loan_size: float
    subsidy: float
    asset_growth: float
    export_gain: float
    keyword_gain: float
    agglomeration: float
    holding_level: float
    spike_value: float

    @staticmethod
    def frame() -> pd.DataFrame:
        """Return ``parameter, value`` (as text, with a true minus) and ``meaning``."""
        return PARAMETERS.assign(value=PARAMETERS["value"].str.replace("^-", "−", regex=True))


def _value(text: str) -> Any:
    """Return a number, several of them, or factors by name."""
    parts = text.split(", ")
    if text[0].isalpha():
        return {name: float(factor) for name, factor in map(str.split, parts)}
    return float(text) if len(parts) == 1 else tuple(map(float, parts))


TRUTH = FirmTruth(**PARAMETERS.set_index("parameter")["value"].map(_value))

STRATA = pd.read_csv(Path(__file__).with_name("strata.csv"), index_col="stratum").astype(float)
"""Mean, standard deviation and maximum of FC without zones, by stratum."""
