"""What is true in the simulated provinces: every number of the process, with its meaning."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

MEANINGS = {
    "slope_east": "effect of the log index in the east, below every threshold",
    "slope_central": "the same in the centre",
    "slope_west": "the same in the west",
    "between_regions": "regional year effects: slope of a region's mean index on the country's",
    "national_trend": "national year effects: slope of the country's mean index over the years",
    "rise_index_first": "what the effect gains beyond the first threshold of the index",
    "rise_index_second": "what it gains again beyond the second",
    "rise_investment": "what it gains where investment over output is beyond its threshold",
    "rise_internet": "what it gains where internet penetration is beyond its threshold",
    "threshold_index_first": "first threshold of the index: ln 331.92, Guangdong 2018, rounded up",
    "threshold_index_second": "second: ln 410.31, Fujian 2021, rounded up so that it lies below",
    "threshold_investment": "threshold of investment over output",
    "threshold_internet": "threshold of internet penetration",
    "control_ln_gdp_per_head": "coefficient of ln GDP per head",
    "control_urbanisation": "coefficient of the urban share",
    "control_secondary_share": "coefficient of the secondary sector's share",
    "control_government_share": "coefficient of public expenditure over output",
    "index_on_finance": "path a: financial development on the log index",
    "finance_on_hdft": "path b: HDFT on financial development",
    "index_on_infrastructure": "path a: infrastructure on the log index",
    "infrastructure_on_hdft": "path b: HDFT on infrastructure",
    "noise_sd": "standard deviation of the outcome's own noise",
    "finance_sd": "standard deviation of the noise of financial development",
    "infrastructure_sd": "standard deviation of the noise of infrastructure",
    "persistence": "correlation of each noise with its value a year earlier",
}


@dataclass(frozen=True, slots=True)
class ProvinceTruth:
    """The parameters of the process; what each means stands in :data:`MEANINGS`.

    A threshold counts as part of the regime below it (``<=``, Hansen 1999). The slopes and
    rises were found by solving the linear system of
    :func:`responses` for the printed coefficients, averaged
    over draws of the simulated columns and rounded.
    """

    slope_east: float = 0.111
    slope_central: float = -0.052
    slope_west: float = -0.010
    between_regions: float = 0.139
    national_trend: float = -0.0138
    rise_index_first: float = 0.0063
    rise_index_second: float = 0.0166
    rise_investment: float = 0.0041
    rise_internet: float = 0.0036
    threshold_index_first: float = 5.8049
    threshold_index_second: float = 6.01692
    threshold_investment: float = 0.2938
    threshold_internet: float = 0.4414
    control_ln_gdp_per_head: float = 0.04
    control_urbanisation: float = 0.10
    control_secondary_share: float = -0.06
    control_government_share: float = -0.05
    index_on_finance: float = 1.2
    finance_on_hdft: float = 0.0084
    index_on_infrastructure: float = 0.25
    infrastructure_on_hdft: float = 0.065
    noise_sd: float = 0.010
    finance_sd: float = 0.3
    infrastructure_sd: float = 0.06
    persistence: float = 0.4

    def frame(self) -> pd.DataFrame:
        """Return ``parameter, value, meaning``, a row a parameter."""
        rows = [(name, value, MEANINGS[name]) for name, value in asdict(self).items()]
        return pd.DataFrame(rows, columns=["parameter", "value", "meaning"])

    def region_slopes(self) -> dict[str, float]:
        """Return the slope of each region below every threshold."""
        return {
            "east": self.slope_east,
            "central": self.slope_central,
            "west": self.slope_west,
        }

    def control_slopes(self) -> dict[str, float]:
        """Return the coefficient of each control."""
        return {
            name.removeprefix("control_"): value
            for name, value in asdict(self).items()
            if name.startswith("control_")
        }


TRUTH = ProvinceTruth()
