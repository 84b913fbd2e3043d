"""Columns of the simulated firms that zones leave alone: controls, cities, other policies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from digitrade.data import load_cities, load_published
from digitrade.studies.pilot_zones.twin.marginals import Printed, persistent, place, place_by_cell
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


def printed_moments() -> Printed:
    """Return mean, standard deviation, minimum and maximum of each variable of Table 2."""
    rows = load_published("descriptives", study="pilot_zones").set_index("variable")
    numbers = rows[["mean", "sd", "min", "max"]].astype(float)
    return dict(zip(numbers.index, numbers.itertuples(index=False, name=None), strict=True))


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
