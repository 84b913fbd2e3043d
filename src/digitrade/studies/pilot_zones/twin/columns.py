"""Columns of the simulated firms that zones leave alone: controls, cities, other policies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from digitrade.data import load_cities, load_published
from digitrade.studies.pilot_zones.twin.marginals import persistent, place, place_by_cell
from digitrade.studies.pilot_zones.twin.roster import pick

WITHOUT_ROE = 14_791 - 13_166  # rows that Table 5 loses with more controls of firms
WITHOUT_CITY_FIGURES = 13_166 - 11_829  # and again with more controls of cities
WITHOUT_SHORT, WITHOUT_LONG = 14_791 - 14_332, 14_791 - 12_680
FIRM_SHARES: Mapping[str, float] = {
    "top1": 0.85,
    "quick": 0.45,
    "liability": 0.75,
    "q": 0.45,
    "pe": 0.10,
}  # of the variance, what lasts in a firm
LATENT_LEVERAGE = -0.6  # of the quick ratio's latent variable on the liability ratio's
AGGLOMERATION_NOISE = 0.8  # standard deviation over the years of a city
SMALL_CITY = 60  # rows; only such cities lack figures
SMART_YEARS, SMART_SHARE = (2012, 2013, 2014), 0.45
INNOVATIVE_YEARS, INNOVATIVE_SHARE = (2013, 2018), 0.15


Moments = Mapping[str, tuple[float, float, float, float]]


def printed_moments() -> Moments:
    """Return mean, standard deviation, minimum and maximum of each variable of Table 2."""
    rows = load_published("descriptives", study="pilot_zones").set_index("variable")
    numbers = rows[["mean", "sd", "min", "max"]].astype(float)
    return {
        str(name): (row[0], row[1], row[2], row[3])
        for name, row in zip(numbers.index, numbers.to_numpy().tolist(), strict=True)
    }


def firm_columns(roster: pd.DataFrame, moments: Moments, rng: np.random.Generator) -> pd.DataFrame:
    """Return the five printed controls of firms, ``roe``, ``established`` and ``fixed_share``.

    The last is the share of fixed in total assets, before large values of FC make it small."""
    latent = {
        name: persistent(roster, "firm", rng, share=share) for name, share in FIRM_SHARES.items()
    }
    mixed = LATENT_LEVERAGE * latent["liability"]
    latent["quick"] = mixed + np.sqrt(1 - LATENT_LEVERAGE**2) * latent["quick"]
    columns = {name: place(one, *moments[name]) for name, one in latent.items()}
    roe = 0.07 + 0.10 * persistent(roster, "firm", rng, share=0.4)
    age = 4 + 20 * rng.beta(2, 2.5, roster["firm"].nunique())
    first = roster.groupby("firm", sort=False)["year"].transform("min")
    columns["established"] = (first - age[pd.factorize(roster["firm"])[0]]).astype(int)
    columns["fixed_share"] = special.expit(-1.3 + 0.8 * persistent(roster, "firm", rng, share=0.9))
    return pd.DataFrame(columns).assign(roe=roe.mask(_firms_without(roster, WITHOUT_ROE, rng)))


def city_columns(roster: pd.DataFrame, moments: Moments, rng: np.random.Generator) -> pd.DataFrame:
    """Return the figures of cities: finance, output, people, agglomeration.

    A city's level follows how many firms it has; its figures grow and wander.
    """
    cells = roster.groupby(["city", "year"]).size().rename("rows").reset_index()
    size = np.log(roster.groupby("city").size()).reindex(cells["city"]).to_numpy()
    size = (size - size.mean()) / size.std()
    trend = (cells["year"].to_numpy() - 2011) / 9
    index = pd.MultiIndex.from_frame(cells[["city", "year"]])
    by_row = pd.MultiIndex.from_frame(roster[["city", "year"]])

    def figure(load: float, growth: float, spread: float) -> pd.Series:
        drawn = persistent(cells, "city", rng, share=1 - spread, persistence=0.7).to_numpy()
        values = load * size + np.sqrt(max(1 - load**2, 0.05)) * drawn + growth * trend
        return pd.Series(values, index=index)

    fin = place_by_cell(figure(0.5, 0.3, 0.05), roster, moments["fin"])
    eco = place_by_cell(figure(0.5, 0.7, 0.03), roster, moments["eco"])
    level = _density(roster)
    agg = place_by_cell(level, roster, moments["agg"], bend=True)
    noise = figure(0.0, 0.0, 1.0).reindex(by_row).to_numpy()
    agg = (agg + AGGLOMERATION_NOISE * np.minimum(agg, 1.0) * noise).clip(*moments["agg"][2:])
    urban, income, fiscal, scale = (
        figure(*shape).reindex(by_row).to_numpy()
        for shape in ((0.5, 0.5, 0.05), (0.5, 1.2, 0.05), (-0.4, 0.2, 0.05), (0.9, 0.6, 0.02))
    )
    gdp = np.exp(7.6 + 0.9 * scale)
    figures = pd.DataFrame(
        {
            "deposits_loans": fin * gdp,
            "gdp": gdp,
            "gdp_per_head": np.exp(eco),
            "urbanisation": 0.35 + 0.6 / (1 + np.exp(-urban)),
            "disposable_income": 30_000 * np.exp(0.3 * income),
            "fiscal_expenditure": gdp * 0.15 * np.exp(0.3 * fiscal),
            "agg": agg,
        },
        index=roster.index,
    )
    gaps = _city_gaps(roster, figures.index, rng)
    extra = ["urbanisation", "disposable_income", "fiscal_expenditure"]
    figures.loc[gaps, extra] = np.nan
    return figures.join(_programmes(roster, rng))


def _density(roster: pd.DataFrame) -> pd.Series:
    """Return firm-years over the area of each city."""
    areas = load_cities().set_index("city")["area_km2"]
    sizes = roster.groupby("city").size()
    return (sizes / areas.reindex(sizes.index)).rename_axis("city")


def _city_gaps(roster: pd.DataFrame, index: pd.Index, rng: np.random.Generator) -> pd.Series:
    """Mark whole cities, until about as many rows lack figures as Table 5 loses."""
    sizes = roster.groupby("city").size()
    sizes = sizes[sizes < SMALL_CITY].iloc[rng.permutation(int((sizes < SMALL_CITY).sum()))]
    chosen = sizes.index[sizes.cumsum() <= WITHOUT_CITY_FIGURES * 14_791 / 13_166]
    return pd.Series(roster["city"].isin(chosen), index=index)


def _programmes(roster: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw by lot which cities are in two other programmes, and since when."""
    cities = np.sort(roster["city"].unique())
    columns = {}
    for name, years, share in (
        ("smart_city_year", SMART_YEARS, SMART_SHARE),
        ("innovative_city_year", INNOVATIVE_YEARS, INNOVATIVE_SHARE),
    ):
        joined = np.where(
            rng.random(len(cities)) < share, rng.choice(years, len(cities)).astype(float), np.nan
        )
        columns[name] = roster["city"].map(dict(zip(cities, joined, strict=True)))
    return pd.DataFrame(columns)


def _firms_without(roster: pd.DataFrame, count: int, rng: np.random.Generator) -> pd.Series:
    """Mark whole firms with a given number of rows, firms of a single year first."""
    sizes = roster[~roster["marked"]].groupby("firm").size()
    sizes = sizes.iloc[rng.permutation(len(sizes))]
    order = sizes[sizes > 1].index
    alone = sizes.index[sizes == 1]
    chosen = [*alone, *pick(sizes[order], count - len(alone))]
    return roster["firm"].isin(chosen)
