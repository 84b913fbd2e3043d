"""What is true in the simulated provinces: every number of the process, with its meaning."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

REGIONS = ("east", "central", "west")
# Slopes and rises solve `calibration.responses` for what is printed.
PARAMETERS = pd.read_csv(Path(__file__).with_suffix(".csv"))
TRUTH: pd.Series[float] = PARAMETERS.set_index("parameter")["value"]
