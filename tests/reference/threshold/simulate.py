"""Write panel.csv, the simulated input of the R run (numpy 2.4, PCG64)."""

from pathlib import Path

import numpy as np
import pandas as pd

UNITS, PERIODS = 150, 12

rng = np.random.default_rng(20260101)
unit, time = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)
q, x, z1, z2 = rng.normal(size=(4, UNITS * PERIODS))
slope = np.select([q <= -0.4, q <= 0.5], [0.3, 0.8], 1.5)
effect, noise = rng.normal(size=UNITS)[unit], rng.normal(size=UNITS * PERIODS)
y = slope * x + 0.5 * z1 - 0.25 * z2 + effect + noise
panel = pd.DataFrame({"unit": unit, "time": time, "y": y, "x": x, "q": q, "z1": z1, "z2": z2})
panel.round(6).to_csv(Path(__file__).with_name("panel.csv"), index=False)
