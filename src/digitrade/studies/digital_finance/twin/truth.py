"""What is true in the simulated provinces: every number of the process, with its meaning."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from digitrade.methods.calibration import parameter

REGIONS = ("east", "central", "west")


@dataclass(frozen=True, slots=True)
class ProvinceTruth:
    """The parameters of the process; slopes and rises solve ``calibration.responses`` for print."""

    slope_east: float = parameter(
        0.111, "effect of the log index in the east, below every threshold"
    )
    slope_central: float = parameter(-0.052, "the same in the centre")
    slope_west: float = parameter(-0.010, "the same in the west")
    between_regions: float = parameter(
        0.139, "regional year effects: slope of a region's mean index on the country's"
    )
    national_trend: float = parameter(
        -0.0138, "national year effects: slope of the country's mean index over the years"
    )
    rise_index_first: float = parameter(
        0.0063, "what the effect gains beyond the first threshold of the index"
    )
    rise_index_second: float = parameter(0.0166, "what it gains again beyond the second")
    rise_investment: float = parameter(
        0.0041, "what it gains where investment over output is beyond its threshold"
    )
    rise_internet: float = parameter(
        0.0036, "what it gains where internet penetration is beyond its threshold"
    )
    threshold_index_first: float = parameter(
        5.8049, "first threshold of the index: ln 331.92, Guangdong 2018, rounded up"
    )
    threshold_index_second: float = parameter(
        6.01692, "second: ln 410.31, Fujian 2021, rounded up so that it lies below"
    )
    threshold_investment: float = parameter(0.2938, "threshold of investment over output")
    threshold_internet: float = parameter(0.4414, "threshold of internet penetration")
    control_ln_gdp_per_head: float = parameter(0.04, "coefficient of ln GDP per head")
    control_urbanisation: float = parameter(0.10, "coefficient of the urban share")
    control_secondary_share: float = parameter(-0.06, "coefficient of the secondary sector's share")
    control_government_share: float = parameter(
        -0.05, "coefficient of public expenditure over output"
    )
    index_on_finance: float = parameter(1.2, "path a: financial development on the log index")
    finance_on_hdft: float = parameter(0.0084, "path b: HDFT on financial development")
    index_on_infrastructure: float = parameter(0.25, "path a: infrastructure on the log index")
    infrastructure_on_hdft: float = parameter(0.065, "path b: HDFT on infrastructure")
    noise_sd: float = parameter(0.010, "standard deviation of the outcome's own noise")
    finance_sd: float = parameter(0.3, "standard deviation of the noise of financial development")
    infrastructure_sd: float = parameter(0.06, "standard deviation of the noise of infrastructure")
    persistence: float = parameter(0.4, "correlation of each noise with its value a year earlier")

    def of(self, prefix: str) -> dict[str, float]:
        """Return the parameters whose names start so, by the rest of their names."""
        found = {name: value for name, value in asdict(self).items() if name.startswith(prefix)}
        return {name.removeprefix(prefix): value for name, value in found.items()}


TRUTH = ProvinceTruth()
