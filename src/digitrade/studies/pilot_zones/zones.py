"""Who is treated, and from which year: from the list of zones to firms and years."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

import pandas as pd

from digitrade.data import load_cities, load_pilot_zones
from digitrade.data.codebook import DataError, Problem
from digitrade.data.places import ALIKE_ANYWHERE

RULES = ("half-year", "calendar")
MAPPINGS = ("prefecture", "city")
CUT_OFFS = ("2020-12-31", "2022-01-31", "2022-12-31")
LAST_MONTH_OF_FIRST_HALF = 6


def first_treated_year(dates: pd.Series, rule: str) -> pd.Series:
    """Return the first treated year; by the half-year, zones after 30 June count from the next."""
    require_choice("rule", rule, RULES)
    late = dates.dt.month > LAST_MONTH_OF_FIRST_HALF
    return (dates.dt.year + (late & (rule == "half-year"))).astype("int64").rename("cohort")


def counted_zones(*, approved_by: str, mapping: str = "prefecture") -> pd.DataFrame:
    """Return the zones approved by a day, by date; by city, only those that are the whole unit."""
    require_choice("mapping", mapping, MAPPINGS)
    zones = load_pilot_zones()
    counts = zones["approval_date"] <= _day(approved_by)
    if mapping == "city":
        counts &= zones["city"] == zones["prefecture"]
    return zones[counts].sort_values("approval_date", kind="stable", ignore_index=True)


def city_cohorts(
    *, approved_by: str = "2020-12-31", rule: str = "half-year", mapping: str = "prefecture"
) -> pd.DataFrame:
    """Return the first treated year of every treated city: ``city, cohort, batch, zones``.

    Yiwu in Jinhua got its zone in 2018, the rest in 2022; either mapping puts some firms wrongly.
    """
    zones = counted_zones(approved_by=approved_by, mapping=mapping)
    zones = zones.assign(cohort=first_treated_year(zones["approval_date"], rule))
    by_city = zones.groupby(zones["prefecture"].rename("city"))
    facts = {"cohort": ("cohort", "min"), "batch": ("batch", "first"), "zones": ("city", ", ".join)}
    return by_city.agg(**facts).reset_index()


def assign_treatment(keys: pd.DataFrame, **ways: str) -> pd.DataFrame:
    """Return ``zone, cohort, post, zone_post, event_time`` for rows with ``city`` and ``year``."""
    if problems := city_problems(keys["city"]):
        raise DataError(problems)
    cohorts = city_cohorts(**ways).set_index("city")["cohort"]
    cohort = keys["city"].map(cohorts).astype("float64")
    zone = cohort.notna().astype("int64")
    post = (keys["year"] >= cohort).astype("int64")
    frame = {"zone": zone, "cohort": cohort, "post": post, "zone_post": zone * post}
    return pd.DataFrame(frame | {"event_time": keys["year"] - cohort})


def city_problems(cities: pd.Series, *, source: str = "the column city") -> list[Problem]:
    """Return a problem for each name that is not a unit of ``data/policy/cities.csv``."""
    known = load_cities()
    unknown = cities[~cities.isin(known["city"])].value_counts(dropna=False)
    zones = load_pilot_zones().melt("prefecture", ["city", "city_zh"]).set_index("value")
    other = zones["prefecture"].to_dict() | known.set_index("city_zh")["city"].to_dict()
    return [
        Problem(
            source,
            f"{name!r}" if isinstance(name, str) and name.strip() else "an empty cell",
            f"not a city in data/policy/cities.csv ({rows} {'row' if rows == 1 else 'rows'})",
            _advice(name, known["city"], other),
        )
        for name, rows in unknown.items()
    ]


def rule_table() -> pd.DataFrame:
    """Return each batch, its zones and those so far, and the first treated year by each rule."""
    zones = load_pilot_zones()
    batches = zones.groupby(["batch", "approval_date", "document"]).size().reset_index(name="zones")
    years = {rule: first_treated_year(batches["approval_date"], rule) for rule in RULES}
    return batches.assign(total=batches["zones"].cumsum(), **years)


def require_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise unless a value is one of the choices."""
    if value not in choices:
        raise ValueError(f"Unknown {name} {value!r}: choose one of {', '.join(choices)}")


def _day(text: str) -> pd.Timestamp:
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if pd.isna(day):
        raise ValueError(f"approved_by {text!r} is no day: write year-month-day, as in 2020-12-31")
    return day


def _advice(name: object, known: Collection[str], other: Mapping[str, str]) -> str:
    if not isinstance(name, str) or not name.strip():
        return "Fill in the city in which the firm is registered, or leave the row out"
    if name in other:
        return f"Write {other[name]}"
    first = re.split(r"[\s,(]", name.strip())[0].casefold()
    alike = [city for city in known if city.split(" ")[0].casefold() == first]
    if nearest := alike or get_close_matches(name, list(known), n=3, cutoff=ALIKE_ANYWHERE):
        return f"The nearest names are {', '.join(nearest)}"
    return "Use the English name in that file; firms are located by prefecture-level unit"
