"""Panel thresholds after Hansen (1999); `panel_threshold` is the way in."""

from digitrade.methods.threshold.estimate import panel_threshold
from digitrade.methods.threshold.model import CONVENTIONS, Convention, ThresholdModel
from digitrade.methods.threshold.results import (
    PanelThreshold,
    SmallRegimeWarning,
    ThresholdConventions,
)

__all__ = [
    "CONVENTIONS",
    "Convention",
    "PanelThreshold",
    "SmallRegimeWarning",
    "ThresholdConventions",
    "ThresholdModel",
    "panel_threshold",
]
