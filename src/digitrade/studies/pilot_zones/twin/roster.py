"""Which firms are in the panel, where, in which years, and of what kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from digitrade.data import load_cities, load_city_shares, province_regions
from digitrade.studies.pilot_zones.zones import assign_treatment

YEARS = np.arange(2011, 2021)
MEAN_ROWS = 5.48  # firm-years of a firm, on average: about 2,700 firms
SHORTEST = 2  # years of a firm that is not a singleton
SMALLEST_CITY = 4  # rows; cities with a smaller quota give it to the largest of their cell
SINGLETONS = 46  # 14,791 less the 14,745 of the columns with city effects
SHARE_MOVING = 0.04
POST_ROWS = (4_386, 4_400)  # a mean of Post that is printed as 0.297
SHIFTS = 20_000  # attempts at most
ROWS_BY_CELL: Mapping[tuple[str, str, int], int] = {
    ("east", "municipality", 1): 2_790,
    ("west", "municipality", 1): 286,
    ("east", "sub-provincial", 1): 3_330,
    ("central", "sub-provincial", 1): 560,
    ("west", "sub-provincial", 1): 393,
    ("east", "prefecture", 1): 3_100,
    ("east", "prefecture", 0): 1_100,
    ("central", "prefecture", 1): 1_200,
    ("central", "prefecture", 0): 922,
    ("west", "prefecture", 1): 677,
    ("west", "prefecture", 0): 427,
    ("central", "county-level", 0): 6,
}
KINDS = {
    "exporter": (6_442, 8_149),
    "high_tech": (7_648, 7_069),
    "polluting": (10_264, 4_478),
}  # rows without and with, as Table 8 counts them; the rest is not known
WITHOUT_PROVINCE = 7  # rows that Table 8 misses in its three regions
MARKED_CITY = "Beijing"
SPIKE_YEAR, SPIKE_YEARS = 2015, np.arange(2015, 2019)


def draw_roster(rng: np.random.Generator) -> pd.DataFrame:
    """Draw firms and their years so that the printed sample sizes hold exactly.

    Rows by region, tier and zone, singletons, and rows by kind of firm are quotas; the
    mean of Post is brought into its rounding interval by moving spells of firms in zones by a
    year.

    Returns
    -------
    pandas.DataFrame
        14,791 rows: ``firm`` (six digits), ``year, city, cell_region, tier, zone, province,
        exporter, high_tech, polluting``, sorted by firm and year. ``spike`` marks the row
        that will hold the largest value, ``holding`` the rows of a firm whose ratio is large for
        good, ``marked`` all rows of both.
    """
    cities = _cities()
    firms = _firms(cities, rng)
    rows = _years(firms, rng)
    rows = _move(rows, cities, rng)
    rows = _balance_post(rows, rng)
    rows = rows.sort_values(["firm", "year"], ignore_index=True)
    rows = rows.merge(cities.drop(columns=["listed_firms"]), on="city", validate="m:1")
    return _kinds(_without_province(rows, rng), rng)


def _cities() -> pd.DataFrame:
    """Return the cities with listed firms, their cell and their quota of rows."""
    cities = load_cities().merge(load_city_shares()[["city", "listed_firms"]], on="city")
    regions = province_regions()
    keys = cities[["city"]].assign(year=YEARS[-1])
    cities = cities.assign(
        cell_region=cities["province"].map(regions), zone=assign_treatment(keys)["zone"].to_numpy()
    )
    parts = []
    cells = cities.groupby(["cell_region", "tier", "zone"])
    for name, quota in ROWS_BY_CELL.items():
        cell = cells.get_group(name)
        parts.append(cell.assign(rows=_apportion(cell["listed_firms"].to_numpy(), quota)))
    kept = pd.concat(parts, ignore_index=True).query("rows > 0")
    return kept[["city", "province", "tier", "cell_region", "zone", "listed_firms", "rows"]]


def _apportion(shares: np.ndarray, total: int) -> np.ndarray:
    """Split a total by shares, largest remainders first; small parts go to the largest."""
    exact = shares / shares.sum() * total
    exact[exact < min(SMALLEST_CITY, exact.max())] = 0
    exact *= total / exact.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def _firms(cities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return ``city, length``: a row a firm, lengths adding up to each city's quota."""
    large = cities[cities["rows"] >= 40]
    chosen = rng.choice(large["city"], SINGLETONS, p=large["rows"] / large["rows"].sum())
    singles = pd.Series(chosen).value_counts()
    cities_of, lengths = [], []
    for city, quota in zip(cities["city"], cities["rows"], strict=True):
        alone = int(singles.get(city, 0))
        drawn = _lengths(quota - alone, rng)
        cities_of += [city] * (alone + len(drawn))
        lengths += [1] * alone + drawn.tolist()
    firms = pd.DataFrame({"city": cities_of, "length": lengths})
    codes = rng.choice(np.arange(1, 999_999), len(firms), replace=False)
    return _marked(firms.assign(firm=[f"{code:06d}" for code in codes]))


def _marked(firms: pd.DataFrame) -> pd.DataFrame:
    """Mark the firm of the largest value, and one whose ratio is large for good.

    The first is seen in the last four years before its city has a zone. Its row of that value
    weighs more among municipalities than among all firms, as the printed standard errors
    have it.
    """
    here = firms[firms["city"] == MARKED_CITY]
    spike = here.index[here["length"] == len(SPIKE_YEARS)][0]
    holding = here.index[here["length"] == len(YEARS)][0]
    return firms.assign(spike=firms.index == spike, holding=firms.index == holding)


def _lengths(total: int, rng: np.random.Generator) -> np.ndarray:
    """Return numbers of years, between the shortest and all, that add up to a total."""
    count = max(1, round(total / MEAN_ROWS))
    count = max(count, -(-total // len(YEARS)))
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
    return rows.assign(
        marked=rows["spike"] | rows["holding"],
        spike=rows["spike"] & (rows["year"] == SPIKE_YEAR),
    )


def _spell(length: int, rng: np.random.Generator) -> np.ndarray:
    """Return the years of one firm."""
    slack = len(YEARS) - length
    late = slack if rng.random() < 0.25 else int(rng.integers(0, slack + 1))
    years = np.arange(late, late + length)
    if late > 0 and length > SHORTEST and rng.random() < 0.2:
        years[: int(rng.integers(1, length))] -= 1
    return YEARS[years]


def _move(rows: pd.DataFrame, cities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Let some firms move, within their cell so that quotas hold, from some year on."""
    cell = cities.set_index("city")[["cell_region", "tier", "zone"]].apply(tuple, axis=1)
    partners = cities.groupby(cities["city"].map(cell))["city"].agg(list)
    sizes = (
        rows[~rows["marked"]].groupby("firm").agg(city=("city", "first"), length=("year", "size"))
    )
    weights = cities.set_index("city")["rows"]
    able = sizes[(sizes["length"] >= 4) & (sizes["city"].map(cell).map(partners).str.len() > 2)]
    movers = rng.choice(able.index, int(SHARE_MOVING * len(sizes)), replace=False)
    city = rows["city"].copy()
    for firm in movers:
        home = able.loc[firm, "city"]
        others = [one for one in partners[cell[home]] if one != home]
        target = rng.choice(others, p=weights[others] / weights[others].sum())
        own = np.flatnonzero(rows["firm"] == firm)
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
        inside = YEARS[0] <= moved.min() and moved.max() <= YEARS[-1]
        change = int((moved >= cohort[own]).sum()) - int((years[own] >= cohort[own]).sum())
        if inside and change * step > 0:
            years[own] = moved
            treated += change
    raise RuntimeError(f"Post is one in {treated} rows, not in {POST_ROWS}: change ROWS_BY_CELL")


def _without_province(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Leave the province blank where Table 8 has no region."""
    eligible = np.flatnonzero(
        (rows["cell_region"] == "east") & (rows["tier"] == "prefecture") & (rows["zone"] == 0)
    )
    blank = rng.choice(eligible, WITHOUT_PROVINCE, replace=False)
    province = rows["province"].copy()
    province.iloc[blank] = None
    return rows.assign(province=province)


def _kinds(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give every firm a kind, with as many rows of each as Table 8 counts."""
    plain = set(rows.loc[rows["marked"], "firm"])
    for name, (without, with_it) in KINDS.items():
        unknown = rng.choice(
            np.flatnonzero(~rows["firm"].isin(plain)), len(rows) - without - with_it, replace=False
        )
        known = np.ones(len(rows), dtype=bool)
        known[unknown] = False
        sizes = pd.Series(known).groupby(rows["firm"].to_numpy()).sum()
        chosen = _subset(sizes[~sizes.index.isin(plain)], with_it, rng)
        values = rows["firm"].isin(chosen).astype(float).where(known)
        rows = rows.assign(**{name: values})
    return rows


def _subset(sizes: pd.Series, total: int, rng: np.random.Generator) -> list[str]:
    """Return names whose sizes add up to a total, drawn at random."""
    return pick(sizes.iloc[rng.permutation(len(sizes))], total)


def pick(sizes: pd.Series, total: int) -> list[str]:
    """Return names, in order, whose sizes add up to a total; the last are chosen to fit."""
    running = sizes.cumsum()
    chosen = list(sizes.index[running <= total - len(YEARS)])
    missing = total - int(sizes[chosen].sum())
    rest = sizes.drop(chosen)
    while missing > 0:
        best = rest[(rest <= missing) & (rest != missing - 1)].idxmax()
        chosen.append(best)
        missing -= int(rest[best])
        rest = rest.drop(best)
    return chosen
