"""What is true in the simulated firms: every number of the process, with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from digitrade.methods.calibration import parameter, parameter_frame


@dataclass(frozen=True, slots=True)
class FirmTruth:
    """The parameters of the process; with them, mean effects by group are near those of Table 8.

    Not in sub-provincial cities, where the printed one is negative: ratios near 0 cannot fall.
    """

    effect: float = parameter(0.55, "mean effect on FC over treated rows, before path and kind")
    path: tuple[float, ...] = parameter(
        (0.45, 0.95, 1.20, 1.70, 1.25, 1.00),
        "the effect's path by years since the zone: 0, 1, ..., 5 and later",
    )
    by_region: Mapping[str, float] = parameter(
        {"east": 1.25, "central": 0.06, "west": 0.015}, "factor of the effect by region of the city"
    )
    by_tier: Mapping[str, float] = parameter(
        {"municipality": 1.3, "sub-provincial": 0.1, "prefecture": 1.0, "county-level": 1.0},
        "factor by tier of the city",
    )
    by_exporter: tuple[float, float] = parameter(
        (1.75, 0.28), "factor for firms without and with exports (their mean where not known)"
    )
    by_high_tech: tuple[float, float] = parameter(
        (1.35, 0.55), "factor for other and for high-tech industries"
    )
    by_polluting: tuple[float, float] = parameter(
        (1.25, 0.03), "factor for other and for polluting industries"
    )
    innovative_city: float = parameter(
        0.183, "effect of innovative-city programmes on FC; smart cities have none"
    )
    loan_growth: float = parameter(0.060, "effect on the log of every loan that is there anyway")
    new_short: float = parameter(
        0.21, "share of treated rows without a short loan that take a first, small one"
    )
    new_long: float = parameter(0.06, "the same for long loans")
    new_loan_size: float = parameter(
        -4.0, "log size of a first loan relative to the firm's other loan"
    )
    subsidy: float = parameter(0.110, "effect on log subsidies")
    asset_growth: float = parameter(
        0.11, "effect on log total assets, through which the SA index moves"
    )
    export_gain: float = parameter(
        0.28, "effect on exporters' revenue, in the twin in billion yuan"
    )
    keyword_gain: float = parameter(1.918, "effect on the number of digital keywords")
    agglomeration: float = parameter(0.026, "effect on the city's agglomeration")
    holding_level: float = parameter(30.0, "mean FC of the firm whose ratio is large for good")
    spike_value: float = parameter(307.538, "the largest value of FC, as printed")

    def frame(self) -> pd.DataFrame:
        """Return ``parameter, value`` (as text) and ``meaning``, a row a parameter."""
        frame = parameter_frame(self)
        return frame.assign(value=frame["value"].map(_words))


def _words(value: float | tuple[float, ...] | Mapping[str, float]) -> str:
    """Return a number, a sequence or factors by name as text, with a minus sign as in tables."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(factor)}" for name, factor in value.items())
    if isinstance(value, tuple):
        return ", ".join(_words(factor) for factor in value)
    return f"{value:g}".replace("-", "−")


TRUTH = FirmTruth()

# Mean, standard deviation and maximum of FC without zones, by stratum.
STRATA: Mapping[str, tuple[float, float, float]] = {
    "wild municipality": (0.95, 14.0, 160.0),
    "wild sub-provincial": (0.42, 10.0, 140.0),
    "wild prefecture": (0.30, 4.2, 75.0),
    "calm east": (0.040, 0.75, 35.0),
    "central": (0.030, 0.12, 4.0),
    "west": (0.050, 0.75, 25.0),
}
