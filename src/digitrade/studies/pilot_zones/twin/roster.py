"""Which firms are in the panel, where, in which years, and of what kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import load_cities, load_city_shares, province_regions
from digitrade.studies.pilot_zones.zones import assign_treatment

YEARS = np.arange(2011, 2021)
MEAN_ROWS = 5.48  # firm-years of a firm, on average: about 2,700 firms
SHORTEST = 2  # years of a firm that is not a singleton
SMALLEST_CITY = 4  # rows; cities with a smaller quota give it to the largest of their cell
LARGE_CITY = 40  # rows; only such cities have singletons
SINGLETONS = 46  # 14,791 less the 14,745 of the columns with city effects
SHARE_MOVING = 0.04
POST_ROWS = (4_386, 4_400)  # a mean of Post that is printed as 0.297
SHIFTS = 20_000  # attempts at most
CELL = ["cell_region", "tier", "zone"]
ROWS_BY_CELL = pd.read_csv(Path(__file__).with_name("roster_rows.csv"))
# Rows without and with, as Table 8 counts them; the rest is not known.
KINDS = {"exporter": (6_442, 8_149), "high_tech": (7_648, 7_069), "polluting": (10_264, 4_478)}
WITHOUT_PROVINCE = 7  # rows that Table 8 misses in its three regions
MARKED_CITY = "Beijing"
SPIKE_YEAR, SPIKE_YEARS = 2015, np.arange(2015, 2019)


def draw_roster(rng: np.random.Generator) -> pd.DataFrame:
    """Draw firms and their years so that the printed sizes and the mean of Post hold exactly."""
    # `spike` marks the row of the largest value, `holding` a firm whose ratio is large for good,
    # `marked` all rows of both firms.
    cities = _cities()
    rows = _years(_firms(cities, rng), rng)
    rows = _balance_post(_move(rows, cities, rng), rng)
    rows = rows.sort_values(["firm", "year"], ignore_index=True)
    rows = rows.merge(cities.drop(columns="rows"), on="city", validate="m:1")
    eligible = rows.query("cell_region == 'east' and tier == 'prefecture' and zone == 0").index
    blank = rows.index.isin(rng.choice(eligible, WITHOUT_PROVINCE, replace=False))
    return _kinds(rows.assign(province=rows["province"].mask(blank, None)), rng)


def _cities() -> pd.DataFrame:
    """Return the cities with listed firms, their cell and their quota of rows."""
    cities = load_cities().merge(load_city_shares()[["city", "listed_firms"]], on="city")
    zone = assign_treatment(cities[["city"]].assign(year=YEARS[-1]))["zone"]
    cities = cities.assign(cell_region=cities["province"].map(province_regions()), zone=zone)
    cells = cities.groupby(CELL)
    parts = []
    for *name, quota in ROWS_BY_CELL.itertuples(index=False):
        cell = cells.get_group(tuple(name))
        parts.append(cell.assign(rows=_apportion(cell["listed_firms"], quota)))
    kept = pd.concat(parts, ignore_index=True).query("rows > 0")
    return kept[["city", "province", "tier", "cell_region", "zone", "rows"]]


def _apportion(shares: pd.Series, total: int) -> np.ndarray:
    """Split a total by shares, largest remainders first; small parts go to the largest."""
    exact = (shares / shares.sum() * total).to_numpy(copy=True)
    exact[exact < min(SMALLEST_CITY, exact.max())] = 0
    exact *= total / exact.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def _firms(cities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return ``city, length, firm, spike, holding``; lengths add up to each city's quota."""
    large = cities[cities["rows"] >= LARGE_CITY]
    chosen = rng.choice(large["city"], SINGLETONS, p=large["rows"] / large["rows"].sum())
    singles = pd.Series(chosen).value_counts().reindex(cities["city"], fill_value=0)
    parts = [
        pd.DataFrame({"city": city, "length": [*[1] * alone, *_lengths(quota - alone, rng)]})
        for city, quota, alone in zip(cities["city"], cities["rows"], singles, strict=True)
    ]
    firms = pd.concat(parts, ignore_index=True)
    codes = rng.choice(np.arange(1, 999_999), len(firms), replace=False)
    here = firms[firms["city"] == MARKED_CITY]["length"]
    return firms.assign(
        firm=[f"{code:06d}" for code in codes],
        spike=firms.index == here.index[here == len(SPIKE_YEARS)][0],
        holding=firms.index == here.index[here == len(YEARS)][0],
    )


def _lengths(total: int, rng: np.random.Generator) -> np.ndarray:
    """Return numbers of years, between the shortest and all, that add up to a total."""
    count = max(1, round(total / MEAN_ROWS), -(-total // len(YEARS)))
    lengths = rng.integers(SHORTEST, len(YEARS) + 1, count)
    while (gap := total - int(lengths.sum())) != 0:
        free = lengths < len(YEARS) if gap > 0 else lengths > SHORTEST
        lengths[rng.choice(np.flatnonzero(free))] += np.sign(gap)
    return lengths


def _years(firms: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give every firm its years: mostly the last ones, some spells with a gap."""
    spells = [_spell(length, rng) for length in firms["length"]]
    spells[int(np.flatnonzero(firms["spike"])[0])] = SPIKE_YEARS
    rows = firms.loc[firms.index.repeat(firms["length"])].drop(columns="length")
    rows = rows.assign(year=np.concatenate(spells)).reset_index(drop=True)
    spike = rows["spike"] & (rows["year"] == SPIKE_YEAR)
    return rows.assign(marked=rows["spike"] | rows["holding"], spike=spike)


def _spell(length: int, rng: np.random.Generator) -> np.ndarray:
    slack = len(YEARS) - length
    late = slack if rng.random() < 0.25 else int(rng.integers(0, slack + 1))
    years = np.arange(late, late + length)
    if late > 0 and length > SHORTEST and rng.random() < 0.2:
        years[: int(rng.integers(1, length))] -= 1
    return YEARS[years]


def _move(rows: pd.DataFrame, cities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let some firms move, within their cell so that quotas hold, from some year on."""
    known = cities.set_index("city")
    cell, weights = known.groupby(CELL).ngroup(), known["rows"]
    sizes = rows[~rows["marked"]].groupby("firm").agg(city=("city", "first"), length=("year", len))
    partners = cell.groupby(cell).size()
    able = sizes[(sizes["length"] >= 4) & (sizes["city"].map(cell).map(partners) > 2)]
    city = rows["city"].copy()
    for firm in rng.choice(able.index, int(SHARE_MOVING * len(sizes)), replace=False):
        home = able.loc[firm, "city"]
        others = weights[(cell == cell[home]) & (cell.index != home)]
        own = np.flatnonzero(rows["firm"] == firm)
        target = rng.choice(others.index, p=others / others.sum())
        city.iloc[own[int(rng.integers(2, len(own) - 1)) :]] = target
    return rows.assign(city=city)


def _balance_post(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Shift spells by a year until the mean of Post is the printed one."""
    groups = rows.groupby("firm").indices
    names = rng.permuted(rows.loc[~rows["marked"], "firm"].unique().astype(object))
    years, cohort = rows["year"].to_numpy().copy(), assign_treatment(rows)["cohort"].to_numpy()
    low, high = POST_ROWS
    treated = int((years >= cohort).sum())
    for attempt in range(SHIFTS):
        if low <= treated <= high:
            return rows.assign(year=years)
        own = groups[names[attempt % len(names)]]
        step = -1 if treated > high else 1
        moved = years[own] + step
        change = int((moved >= cohort[own]).sum()) - int((years[own] >= cohort[own]).sum())
        if np.isin(moved, YEARS).all() and change * step > 0:
            years[own], treated = moved, treated + change
    raise RuntimeError(f"Post is one in {treated} rows, not in {POST_ROWS}: change roster_rows.csv")


def _kinds(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give every firm a kind, with as many rows of each as Table 8 counts."""
    for name, (without, with_it) in KINDS.items():
        count = len(rows) - without - with_it
        unknown = rng.choice(np.flatnonzero(~rows["marked"]), count, replace=False)
        known = ~rows.index.isin(unknown)
        sizes = pd.Series(known)[~rows["marked"]].groupby(rows["firm"]).sum()
        chosen = pick(sizes.iloc[rng.permutation(len(sizes))], with_it)
        rows = rows.assign(**{name: rows["firm"].isin(chosen).astype(float).where(known)})
    return rows


def pick(sizes: pd.Series, total: int) -> list[str]:
    """Return names, in order, whose sizes add up to a total; the last are chosen to fit."""
    chosen = list(sizes.index[sizes.cumsum() <= total - len(YEARS)])
    while (missing := total - int(sizes[chosen].sum())) > 0:
        rest = sizes.drop(chosen)
        chosen.append(rest[(rest <= missing) & (rest != missing - 1)].idxmax())
    return chosen
