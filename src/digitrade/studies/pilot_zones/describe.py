"""Descriptions of the firm panel that come before any estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from digitrade.data import of_city
from digitrade.data.labels import label
from digitrade.studies.pilot_zones.indices import (
    MILLION_YUAN,
    TEN_THOUSAND_YUAN,
    location_quotient,
    sa_index,
)
from digitrade.studies.pilot_zones.zones import CUT_OFFS, MAPPINGS, RULES, assign_treatment

NEVER = "never"
STATISTICS = {"mean": "Mean", "sd": "SD", "min": "Min", "max": "Max"}
SA_TURN = 0.737 / (2 * 0.043)  # log of assets beyond which the size-age index rises with them


def rule_means(
    panels: Mapping[str, pd.DataFrame],
    *,
    rules: Sequence[str] = RULES,
    cut_offs: Sequence[str] = CUT_OFFS,
    mappings: Sequence[str] = MAPPINGS,
) -> pd.DataFrame:
    """Return which share of rows each way to date and place the zones treats.

    Parameters
    ----------
    panels
        By source, one row an observation, with ``city`` and ``year``.
    rules, cut_offs, mappings
        Ways to try, as in :func:`digitrade.studies.pilot_zones.zones.assign_treatment`.

    Returns
    -------
    pandas.DataFrame
        One row a way: ``rule, approved_by, mapping`` and for each source the means over rows of
        zone and post, such as ``"Zone, twin"`` and ``"Post, twin"``, between 0 and 1.
    """
    rows = []
    for rule, approved_by, mapping in product(rules, cut_offs, mappings):
        row: dict[str, str | float] = {"rule": rule, "approved_by": approved_by, "mapping": mapping}
        for source, panel in panels.items():
            treated = assign_treatment(
                panel[["city", "year"]], approved_by=approved_by, rule=rule, mapping=mapping
            )
            row[f"Zone, {source}"] = float(treated["zone"].mean())
            row[f"Post, {source}"] = float(treated["post"].mean())
        rows.append(row)
    return pd.DataFrame(rows)


def treated_by_year(keys: pd.DataFrame, *, approved_by: str, rules: Sequence[str]) -> pd.DataFrame:
    """Return the share of each year's rows that are treated, under several rules.

    Returns
    -------
    pandas.DataFrame
        ``line`` (the rule), ``year`` and ``value`` (between 0 and 1).
    """
    shares = []
    for rule in rules:
        treated = assign_treatment(keys, approved_by=approved_by, rule=rule)["zone_post"]
        by_year = treated.groupby(keys["year"]).mean().rename("value").reset_index()
        shares.append(by_year.assign(line=rule))
    return pd.concat(shares, ignore_index=True)[["line", "year", "value"]]


def largest_rows(panel: pd.DataFrame, column: str, count: int) -> pd.DataFrame:
    """Return the rows with the largest values, and what they are of the sum of squares.

    Returns
    -------
    pandas.DataFrame
        ``rank, firm, year, city``, the column, and ``share``: the squared distance to the mean
        over the sum of all of them, between 0 and 1.
    """
    values = panel[column]
    squares = (values - values.mean()) ** 2
    rows = panel.assign(share=squares / squares.sum()).nlargest(count, column)
    rows = rows[["firm", "year", "city", column, "share"]].reset_index(drop=True)
    rows.insert(0, "rank", np.arange(1, len(rows) + 1))
    return rows


def share_of_largest(moments: pd.DataFrame) -> pd.Series:
    r"""Return the largest value's share of a sum of squares, from printed moments alone.

    With N rows, mean m, standard deviation s and maximum M, the squares about the mean sum to
    :math:`(N - 1) s^2`, of which the largest row is :math:`(M - m)^2`.

    Parameters
    ----------
    moments
        ``n, mean, sd, max``, a row a variable.
    """
    return (moments["max"] - moments["mean"]) ** 2 / ((moments["n"] - 1) * moments["sd"] ** 2)


def cohort_paths(panel: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the mean of a column by first treated year of the city, and year.

    Returns
    -------
    pandas.DataFrame
        ``line`` (the first treated year as text, or ``"never"``), ``year, value, rows``.
    """
    known = panel["cohort"].map("{:.0f}".format, na_action="ignore").fillna(NEVER)
    grouped = panel.groupby([known.rename("line"), "year"])[column]
    return grouped.agg(value="mean", rows="size").reset_index()


def mover_counts(panel: pd.DataFrame) -> pd.Series:
    """Return how many firms change city: what separates city effects from firm effects.

    Returns
    -------
    pandas.Series
        ``firms``, ``movers`` (firms in more than one city), ``rows`` (of all), ``mover_rows``,
        and ``changers`` (firms that are in cities with a zone and in cities without).
    """
    moved, changed = (
        (panel[["firm", one]].drop_duplicates().groupby("firm").size() > 1)
        for one in ("city", "zone")
    )
    return pd.Series(
        {
            "firms": len(moved),
            "movers": int(moved.sum()),
            "rows": len(panel),
            "mover_rows": int(panel["firm"].map(moved).sum()),
            "changers": int(changed.sum()),
        }
    )


def sa_readings(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the size-age index in two units of assets, as it is and as an absolute value.

    Parameters
    ----------
    panel
        One row a firm and year, with ``size`` (log assets in million yuan) and ``ln_age``.

    Returns
    -------
    pandas.DataFrame
        One row a reading: ``unit`` and ``value`` (words), ``mean, sd`` and ``rising``, the share
        of rows in which more assets raise the index as a number.
    """
    assets = np.exp(panel["size"]) * MILLION_YUAN
    age = np.expm1(panel["ln_age"]).clip(lower=0)
    units = {"million yuan": MILLION_YUAN, "ten thousand yuan": TEN_THOUSAND_YUAN}
    rows = []
    for unit, yuan in units.items():
        signed = sa_index(assets, age, unit=yuan)
        up = np.log(assets / yuan) > SA_TURN
        readings = {"as it is": (signed, up), "absolute": (signed.abs(), up != (signed < 0))}
        for value, (index, rising) in readings.items():
            moments = {"mean": index.mean(), "sd": index.std(), "rising": rising.mean()}
            rows.append({"unit": unit, "value": value, **moments})
    return pd.DataFrame(rows)


def agglomeration_readings(panel: pd.DataFrame) -> pd.DataFrame:
    """Return what the two definitions of agglomeration give for the firms of a panel.

    Parameters
    ----------
    panel
        One row a firm and year, with ``city`` as in ``data/policy/cities.csv``; its firms are
        counted by city and year.

    Returns
    -------
    pandas.DataFrame
        One row a reading (share, share in per cent, quotient): ``reading``, then ``mean, sd, min,
        max`` over firms and years, and ``where``, the city and year of the maximum.
    """
    at = ["city", "year"]
    counts = panel.groupby(at).size().rename("firms").reset_index()
    counts["area_km2"] = of_city(counts["city"], "area_km2")
    share = location_quotient(counts, measure="share")
    readings = {
        "Equation: share": share,
        "Equation, in per cent": 100 * share,
        "Definition table: ratio of densities": location_quotient(counts, measure="quotient"),
    }
    wide = panel[at].merge(pd.concat([counts[at], pd.DataFrame(readings)], axis=1), on=at)
    top = {name: wide.loc[wide[name].idxmax()] for name in readings}
    summary = wide[list(readings)].agg(["mean", "std", "min", "max"]).T
    summary = summary.rename(columns={"std": "sd"}).rename_axis("reading").reset_index()
    return summary.assign(where=[f"{row['city']} {row['year']}" for row in top.values()])


def descriptives(printed: pd.DataFrame, panels: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Set printed moments beside those of panels.

    Parameters
    ----------
    printed
        ``variable, n, mean, sd, min, max``, in the order of print.
    panels
        Firm panels by source.

    Returns
    -------
    pandas.DataFrame
        One row a printed variable, ``variable`` as tables call it; then for each of mean, SD, min
        and max a column a source, such as ``"Mean, printed"``. A source without a figure for a
        variable is missing there.
    """
    named = printed.set_index("variable")
    moments = {"printed": named[list(STATISTICS)]}
    for source, panel in panels.items():
        own = panel[list(named.index)].agg(["mean", "std", "min", "max"]).T
        moments[source] = own.set_axis(list(STATISTICS), axis=1)
    columns = {
        f"{head}, {source}": moments[source][one]
        for one, head in STATISTICS.items()
        for source in moments
    }
    frame = pd.DataFrame(columns).reindex(named.index).reset_index()
    return frame.assign(variable=frame["variable"].map(label))


def true_path(panel: pd.DataFrame, outcome: str = "fc") -> pd.DataFrame:
    """Return the mean true effect by years since treatment; nothing if it is not known.

    Returns
    -------
    pandas.DataFrame
        ``source`` (``"truth"``), ``event_time, estimate``, and the missing ``conf_low`` and
        ``conf_high``.
    """
    column = f"true_effect_{outcome}"
    if column not in panel:
        return pd.DataFrame(columns=["source", "event_time", "estimate", "conf_low", "conf_high"])
    rows = panel.dropna(subset=["event_time"])
    means = rows.groupby("event_time")[column].mean().rename("estimate").reset_index()
    return means.assign(source="truth", conf_low=np.nan, conf_high=np.nan)
