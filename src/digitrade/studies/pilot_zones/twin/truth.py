"""What is true in the simulated firms: every number of the process, with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from digitrade.exhibits.cells import MINUS

MEANINGS = {
    "effect": "mean effect on FC over treated rows, before path and kind",
    "path": "the effect's path by years since the zone: 0, 1, ..., 5 and later",
    "by_region": "factor of the effect by region of the city",
    "by_tier": "factor by tier of the city",
    "by_exporter": "factor for firms without and with exports (their mean where not known)",
    "by_high_tech": "factor for other and for high-tech industries",
    "by_polluting": "factor for other and for polluting industries",
    "innovative_city": "effect of innovative-city programmes on FC; smart cities have none",
    "loan_growth": "effect on the log of every loan that is there anyway",
    "new_short": "share of treated rows without a short loan that take a first, small one",
    "new_long": "the same for long loans",
    "new_loan_size": "log size of a first loan relative to the firm's other loan",
    "subsidy": "effect on log subsidies",
    "asset_growth": "effect on log total assets, through which the SA index moves",
    "export_gain": "effect on export revenue of exporters, billion yuan",
    "keyword_gain": "effect on the number of digital keywords",
    "agglomeration": "effect on the city's agglomeration",
    "holding_level": "mean FC of the firm whose ratio is large for good",
    "spike_value": "the largest value of FC, as printed",
}


@dataclass(frozen=True, slots=True)
class FirmTruth:
    """The parameters of the process; what each means stands in :data:`MEANINGS`.

    The factors of the effect were chosen so that its means over the treated rows of each group
    of Table 8 are near the printed coefficients. One cannot be met: the printed
    effect in sub-provincial cities is negative, but a ratio that is nearly zero in most rows
    has nothing to lose; there the effect is small and positive.
    """

    effect: float = 0.55
    path: tuple[float, ...] = (0.45, 0.95, 1.20, 1.70, 1.25, 1.00)
    by_region: Mapping[str, float] = field(
        default_factory=lambda: {"east": 1.25, "central": 0.06, "west": 0.015}
    )
    by_tier: Mapping[str, float] = field(
        default_factory=lambda: {
            "municipality": 1.3,
            "sub-provincial": 0.1,
            "prefecture": 1.0,
            "county-level": 1.0,
        }
    )
    by_exporter: tuple[float, float] = (1.75, 0.28)
    by_high_tech: tuple[float, float] = (1.35, 0.55)
    by_polluting: tuple[float, float] = (1.25, 0.03)
    innovative_city: float = 0.183
    loan_growth: float = 0.060
    new_short: float = 0.21
    new_long: float = 0.06
    new_loan_size: float = -4.0
    subsidy: float = 0.110
    asset_growth: float = 0.11
    export_gain: float = 0.28
    keyword_gain: float = 1.918
    agglomeration: float = 0.026
    holding_level: float = 30.0
    spike_value: float = 307.538

    def frame(self) -> pd.DataFrame:
        """Return ``parameter, value, meaning``, a row a parameter."""
        rows = [(name, _words(value), MEANINGS[name]) for name, value in asdict(self).items()]
        return pd.DataFrame(rows, columns=["parameter", "value", "meaning"])


def _words(value: object) -> str:
    """Return a number, a sequence or factors by name as text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_figure(one)}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(_figure(one) for one in value)
    return _figure(float(str(value)))


def _figure(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)


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
