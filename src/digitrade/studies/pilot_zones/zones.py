"""Who is treated, and from which year: from the list of zones to firms and years."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

import pandas as pd

from digitrade.data import load_cities, load_pilot_zones
from digitrade.data.codebook import DataError, Problem

RULES = ("half-year", "calendar")
MAPPINGS = ("prefecture", "city")
CUT_OFFS = ("2020-12-31", "2022-01-31", "2022-12-31")
LAST_MONTH_OF_FIRST_HALF = 6


def first_treated_year(dates: pd.Series, rule: str) -> pd.Series:
    """Return the first year that counts as treated, given dates of approval.

    By the half-year, a zone approved after 30 June counts from the next year.
    """
    require_choice("rule", rule, RULES)
    late = dates.dt.month > LAST_MONTH_OF_FIRST_HALF
    return (dates.dt.year + (late & (rule == "half-year"))).astype("int64").rename("cohort")


def counted_zones(*, approved_by: str, mapping: str = "prefecture") -> pd.DataFrame:
    """Return the zones approved up to and on a day, with the unit each treats, by date.

    By city, only zones that are the whole unit count, so the eight below that level do not.
    """
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

    Yiwu, a part of Jinhua, got its zone in 2018, the rest in 2022; firms are located by prefecture.
    So all of Jinhua is treated from 2018, or its zone counts from 2022: either puts firms wrongly.
    """
    zones = counted_zones(approved_by=approved_by, mapping=mapping)
    zones = zones.assign(cohort=first_treated_year(zones["approval_date"], rule))
    by_city = zones.groupby("prefecture", as_index=False)
    cohorts = by_city.agg(
        cohort=("cohort", "min"), batch=("batch", "first"), zones=("city", ", ".join)
    )
    return cohorts.rename(columns={"prefecture": "city"}, errors="raise")


def assign_treatment(
    keys: pd.DataFrame,
    *,
    approved_by: str = "2020-12-31",
    rule: str = "half-year",
    mapping: str = "prefecture",
) -> pd.DataFrame:
    """Return ``zone, cohort, post, zone_post, event_time`` for rows with ``city`` and ``year``.

    A firm that moves is treated as its city of the year is.
    """
    if problems := city_problems(keys["city"]):
        raise DataError(problems)
    cohorts = city_cohorts(approved_by=approved_by, rule=rule, mapping=mapping)
    cohort = keys["city"].map(cohorts.set_index("city")["cohort"]).astype("float64")
    zone = cohort.notna().astype("int64")
    post = (keys["year"] >= cohort).astype("int64")
    return pd.DataFrame(
        {
            "zone": zone,
            "cohort": cohort,
            "post": post,
            "zone_post": zone * post,
            "event_time": keys["year"] - cohort,
        }
    )


def city_problems(cities: pd.Series, *, source: str = "the column city") -> list[Problem]:
    """Return a problem for each name that is not a unit of ``data/policy/cities.csv``."""
    known = load_cities()
    unknown = cities[~cities.isin(known["city"])].value_counts(dropna=False)
    if unknown.empty:
        return []
    other = _other_names(known)
    return [
        Problem(
            source,
            f"{name!r}" if isinstance(name, str) and name.strip() else "an empty cell",
            f"not a city in data/policy/cities.csv ({rows} {'row' if rows == 1 else 'rows'})",
            _advice(name, list(known["city"]), other),
        )
        for name, rows in unknown.items()
    ]


def rule_table() -> pd.DataFrame:
    """Return each batch, its zones and those so far, and the first treated year by each rule."""
    zones = load_pilot_zones()
    batches = zones.groupby(["batch", "approval_date", "document"], as_index=False).agg(
        zones=("city", "size")
    )
    years = {rule: first_treated_year(batches["approval_date"], rule) for rule in RULES}
    return batches.assign(total=batches["zones"].cumsum(), **years)


def require_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise unless a value is one of the choices."""
    if value not in choices:
        raise ValueError(f"Unknown {name} {value!r}: choose one of {', '.join(choices)}")


def _day(text: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(datetime.strptime(text, "%Y-%m-%d"))
    except (TypeError, ValueError):
        raise ValueError(
            f"approved_by {text!r} is no day: write year-month-day, as in 2020-12-31"
        ) from None


def _other_names(known: pd.DataFrame) -> dict[str, str]:
    """Return the city to write for a zone and for a Chinese name."""
    zones = load_pilot_zones()
    return {
        **dict(zip(zones["city"], zones["prefecture"], strict=True)),
        **dict(zip(zones["city_zh"], zones["prefecture"], strict=True)),
        **dict(zip(known["city_zh"], known["city"], strict=True)),
    }


def _advice(name: object, known: Sequence[str], other: Mapping[str, str]) -> str:
    if not isinstance(name, str) or not name.strip():
        return "Fill in the city in which the firm is registered, or leave the row out"
    if name in other:
        return f"Write {other[name]}"
    first = re.split(r"[\s,(]", name.strip())[0].casefold()
    alike = [city for city in known if city.split(" ")[0].casefold() == first]
    nearest = alike or get_close_matches(name, known, n=3)
    if nearest:
        return f"The nearest names are {', '.join(nearest)}"
    return "Use the English name in that file; firms are located by prefecture-level unit"
