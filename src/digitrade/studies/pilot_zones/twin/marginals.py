"""Values with a given mean, standard deviation, minimum and maximum, placed by rank."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from digitrade.methods.calibration import FloatArray, stationary_paths

STEPS = 6  # of the search for a lognormal's parameters, from afar
Moments = tuple[float, float, float, float]  # mean, standard deviation, minimum, maximum
Printed = Mapping[str, Moments]


def marginal(size: int, mean: float, sd: float, low: float, high: float) -> FloatArray:
    """Return ascending values with moments and ends: a shifted lognormal's, or else a beta's."""
    share = (np.arange(size) + 0.5) / size
    inner_mean = (mean * size - low - high) / (size - 2)
    squares = size * (sd**2 + mean**2) - low**2 - high**2
    inner_sd = np.sqrt(max(squares / (size - 2) - inner_mean**2, (0.05 * sd) ** 2))
    skewed = inner_sd > 0.6 * (inner_mean - low) and high - mean > 5 * inner_sd
    draw = _lognormal if skewed else _beta
    return np.array([low, *draw(share[1:-1], inner_mean, inner_sd, low, high), high])


def _beta(share: FloatArray, mean: float, sd: float, low: float, high: float) -> FloatArray:
    """Return quantiles of a beta on an interval, by its first two moments."""
    centre, variance = (mean - low) / (high - low), (sd / (high - low)) ** 2
    weight = centre * (1 - centre) / variance - 1
    share = stats.beta.ppf(share, centre * weight, (1 - centre) * weight)
    return low + (high - low) * share


def _lognormal(share: FloatArray, mean: float, sd: float, low: float, high: float) -> FloatArray:
    """Return quantiles of a shifted lognormal, cut at the top, with these moments."""
    normal = special.ndtri(share)
    ratio = sd / (mean - low)

    def values(sigma: float) -> FloatArray:
        shape = np.exp(sigma * (normal - normal[-1]))
        return np.minimum(shape * (mean - low) / shape.mean(), high - low)

    def excess(sigma: float) -> float:
        return float(values(sigma).std() / values(sigma).mean() - ratio)

    widest = next((s for s in np.linspace(1, STEPS, 2 * STEPS) if excess(s) > 0), STEPS)
    sigma = float(optimize.brentq(excess, 1e-3, widest)) if excess(widest) > 0 else float(widest)
    return low + values(sigma)


def place(latent: pd.Series, mean: float, sd: float, low: float, high: float) -> pd.Series:
    """Return values with given moments in the order of a latent variable."""
    values = marginal(len(latent), mean, sd, low, high)
    ranks = latent.rank(method="first").to_numpy(dtype=int) - 1
    return pd.Series(values[ranks], index=latent.index)


def place_by_cell(
    latent: pd.Series, rows: pd.DataFrame, moments: Moments, *, bend: bool = False
) -> pd.Series:
    """Return values by cell, in a latent order, whose *rows* have given moments; see ``_bend``."""
    names = list(latent.index.names)
    order = latent.sort_values().index
    sizes = rows.groupby(names).size().reindex(order).to_numpy()
    spans = np.split(marginal(int(sizes.sum()), *moments), sizes.cumsum()[:-1])
    cells = pd.Series([span.mean() for span in spans], index=order)
    if bend:
        cells = _bend(cells, sizes, moments)
    cells.iloc[0], cells.iloc[-1] = moments[2:]
    by_row = rows[names[0]] if len(names) == 1 else pd.MultiIndex.from_frame(rows[names])
    return pd.Series(cells.reindex(by_row).to_numpy(), rows.index)


def _bend(cells: pd.Series, sizes: FloatArray, moments: Moments) -> pd.Series:
    """Stretch ascending values to given ends, then by a power until their mean is right."""
    mean, _, low, high = moments
    share = (cells - cells.iloc[0]) / (cells.iloc[-1] - cells.iloc[0])

    def excess(power: float) -> float:
        return float(np.average(low + (high - low) * share**power, weights=sizes)) - mean

    return low + (high - low) * share ** float(optimize.brentq(excess, 0.1, 10.0))


def persistent(
    rows: pd.DataFrame,
    unit: str,
    rng: np.random.Generator,
    *,
    share: float,
    persistence: float = 0.5,
) -> pd.Series:
    """Return standard normal draws; a share of the variance is the unit's for good."""
    years = np.sort(rows["year"].unique())
    codes, names = pd.factorize(rows[unit], sort=True)
    paths = stationary_paths(len(names), len(years), rng, persistence=persistence)
    level = rng.normal(size=len(names))
    moving = paths[codes, np.searchsorted(years, rows["year"])]
    return pd.Series(np.sqrt(share) * level[codes] + np.sqrt(1 - share) * moving, index=rows.index)
