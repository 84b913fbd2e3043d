"""Columns of the simulated firms that zones leave alone, with the printed moments, by rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from digitrade.data import load_cities
from digitrade.methods.calibration import FloatArray, stationary_paths
from digitrade.studies.pilot_zones.twin.roster import pick

WITHOUT_ROE = 14_791 - 13_166  # rows that Table 5 loses with more controls of firms
# and again with more controls of cities, before those without return on equity are left out
WITHOUT_CITY_FIGURES = (13_166 - 11_829) * 14_791 / 13_166
FIRM_SHARES = {"top1": 0.85, "quick": 0.45, "liability": 0.75, "q": 0.45, "pe": 0.10}
# of the variance, what lasts in a firm
LATENT_LEVERAGE = -0.6  # of the quick ratio's latent variable on the liability ratio's
AGGLOMERATION_NOISE = 0.8  # standard deviation over the years of a city
SMALL_CITY = 60  # rows; only such cities lack figures
PROGRAMMES = {
    "smart_city_year": ((2012, 2013, 2014), 0.45),
    "innovative_city_year": ((2013, 2018), 0.15),
}  # years of joining, and the share of cities that do
STEPS = 6  # of the search for a lognormal's parameters, from afar
Moments = Sequence[float]  # mean, standard deviation, minimum, maximum
Printed = Mapping[str, Moments]


def firm_columns(roster: pd.DataFrame, moments: Printed, rng: np.random.Generator) -> pd.DataFrame:
    """Return the controls of firms, ``roe``, ``established`` and ``fixed_share`` of assets."""
    latent = {name: persistent(roster, "firm", rng, share=s) for name, s in FIRM_SHARES.items()}
    mixed = LATENT_LEVERAGE * latent["liability"]
    latent["quick"] = mixed + np.sqrt(1 - LATENT_LEVERAGE**2) * latent["quick"]
    columns = {name: place(values, *moments[name]) for name, values in latent.items()}
    roe = 0.07 + 0.10 * persistent(roster, "firm", rng, share=0.4)
    age = 4 + 20 * rng.beta(2, 2.5, roster["firm"].nunique())
    first = roster.groupby("firm", sort=False)["year"].transform("min")
    columns["established"] = (first - age[pd.factorize(roster["firm"])[0]]).astype(int)
    columns["fixed_share"] = special.expit(-1.3 + 0.8 * persistent(roster, "firm", rng, share=0.9))
    return pd.DataFrame(columns).assign(roe=roe.mask(_firms_without(roster, WITHOUT_ROE, rng)))


def city_columns(roster: pd.DataFrame, moments: Printed, rng: np.random.Generator) -> pd.DataFrame:
    """Return the figures of cities: higher where there are more firms, growing, wandering."""
    cells = roster.groupby(["city", "year"]).size().rename("rows").reset_index()
    firms = roster.groupby("city").size()
    size = np.log(firms).reindex(cells["city"]).to_numpy()
    size = (size - size.mean()) / size.std()
    trend = (cells["year"].to_numpy() - 2011) / 9
    index = pd.MultiIndex.from_frame(cells[["city", "year"]])
    by_row = pd.MultiIndex.from_frame(roster[["city", "year"]])

    def figure(load: float, growth: float, spread: float) -> pd.Series:
        drawn = persistent(cells, "city", rng, share=1 - spread, persistence=0.7).to_numpy()
        values = load * size + np.sqrt(max(1 - load**2, 0.05)) * drawn + growth * trend
        return pd.Series(values, index=index)

    def wandering(load: float, growth: float, spread: float) -> np.ndarray:
        return figure(load, growth, spread).reindex(by_row).to_numpy()

    fin = place_by_cell(figure(0.5, 0.3, 0.05), roster, moments["fin"])
    eco = place_by_cell(figure(0.5, 0.7, 0.03), roster, moments["eco"])
    areas = load_cities().set_index("city")["area_km2"]
    density = (firms / areas.reindex(firms.index)).rename_axis("city")
    agg = place_by_cell(density, roster, moments["agg"], bend=True)
    noise = AGGLOMERATION_NOISE * np.minimum(agg, 1.0) * wandering(0.0, 0.0, 1.0)
    figures = {"agg": (agg + noise).clip(*moments["agg"][2:])}
    urban, income = wandering(0.5, 0.5, 0.05), wandering(0.5, 1.2, 0.05)
    fiscal, gdp = wandering(-0.4, 0.2, 0.05), np.exp(7.6 + 0.9 * wandering(0.9, 0.6, 0.02))
    figures |= {"deposits_loans": fin * gdp, "gdp": gdp, "gdp_per_head": np.exp(eco)}
    extra = {
        "urbanisation": 0.35 + 0.6 / (1 + np.exp(-urban)),
        "disposable_income": 30_000 * np.exp(0.3 * income),
        "fiscal_expenditure": gdp * 0.15 * np.exp(0.3 * fiscal),
    }
    small = firms[firms < SMALL_CITY]
    small = small.iloc[rng.permutation(len(small))]
    gaps = roster["city"].isin(small.index[small.cumsum() <= WITHOUT_CITY_FIGURES])
    frame = pd.DataFrame(extra, index=roster.index).mask(gaps).assign(**figures)
    return frame.join(_programmes(roster, rng))


def _programmes(roster: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw by lot which cities are in two other programmes, and since when."""
    cities = np.sort(roster["city"].unique())
    columns = {}
    for name, (years, share) in PROGRAMMES.items():
        chosen = rng.random(len(cities)) < share
        joined = pd.Series(rng.choice(years, len(cities)), cities).astype(float).where(chosen)
        columns[name] = roster["city"].map(joined)
    return pd.DataFrame(columns)


def _firms_without(roster: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.Series:
    """Mark whole firms with a given number of rows, firms of a single year first."""
    sizes = roster[~roster["marked"]].groupby("firm").size()
    sizes = sizes.iloc[rng.permutation(len(sizes))]
    alone = sizes.index[sizes == 1]
    return roster["firm"].isin([*alone, *pick(sizes[sizes > 1], count - len(alone))])


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
