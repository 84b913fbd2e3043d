"""Indices of the firm study: financing constraints from size and age, and agglomeration."""

from __future__ import annotations

import numpy as np
import pandas as pd

MILLION_YUAN, TEN_THOUSAND_YUAN = 1e6, 1e4  # yuan
MEASURES = ("share", "quotient")


def sa_index(
    assets: pd.Series,
    age: pd.Series,
    *,
    unit: float = MILLION_YUAN,
    absolute: bool = False,
    largest: float = np.inf,
    oldest: float = np.inf,
) -> pd.Series:
    r"""Return the size-age index of financing constraints.

    .. math:: SA = -0.737\,\text{Size} + 0.043\,\text{Size}^2 - 0.040\,\text{Age}

    A larger index means a more constrained firm. The square makes the unit matter: the index
    falls with assets up to 5,270 units (a log of 8.57) and rises beyond. In million yuan most
    listed firms are below that point; in ten thousand yuan nearly all are above it, so that
    there a larger firm counts as more constrained.

    Parameters
    ----------
    assets
        Total assets in yuan, above 0.
    age
        Years since the firm was established, or since its listing.
    unit
        Yuan in the unit of assets before the log is taken: ``1e6`` (million yuan, as is
        common for Chinese firms) or ``1e4`` (ten thousand yuan, as the firm study has it).
    absolute
        Return the absolute value, as the firm study does. Where the index is negative, more
        then means less constrained.
    largest, oldest
        Assets (in ``unit``) and age beyond which a firm counts as being at that value. The
        original caps them at 4,500 million dollars of 2004 and 37 years.

    Returns
    -------
    pandas.Series
        The index, with the index of ``assets``; missing where either is.

    Raises
    ------
    ValueError
        If assets are not above 0, an age is negative, or the unit is not above 0.

    Notes
    -----
    Source: Hadlock and Pierce (2010, Review of Financial Studies 23(5), 1909-1940), whose
    size is the log of book assets in million dollars of 2004 and whose age is the number of
    years with a share price in Compustat.
    """
    problems = [
        f"{name}: {int(bad.sum())} rows {words}"
        for name, bad, words in (
            ("assets", assets <= 0, "not above 0, so they have no log; leave them out"),
            ("age", age < 0, "below 0; compare the year of establishment with the year"),
        )
        if bad.any()
    ]
    if unit <= 0:
        problems.append(f"unit: {unit} yuan; state how many yuan make one unit, as 1e6")
    if problems:
        raise ValueError("The size-age index cannot be built:\n  - " + "\n  - ".join(problems))
    size = (assets / unit).clip(upper=largest).apply(np.log)
    index = -0.737 * size + 0.043 * size**2 - 0.040 * age.clip(upper=oldest)
    return (index.abs() if absolute else index).rename("sa")


def location_quotient(
    firms: pd.DataFrame, *, measure: str = "quotient", total_area: float | None = None
) -> pd.Series:
    r"""Return how densely a city is settled with firms, against all cities of the year.

    With :math:`n_{ct}` firms on an area :math:`S_c`, the study's equation (2) and its
    definition table describe two measures:

    .. math::

        \text{share}_{ct} = \frac{n_{ct} / S_c}{\sum_k n_{kt} / S_k}, \qquad
        \text{quotient}_{ct} = \frac{n_{ct} / S_c}{\sum_k n_{kt} / \sum_k S_k}.

    A year's shares sum to one, so none exceeds 1; the study prints a mean of 2.300, which
    the quotient can have and the share cannot.

    Parameters
    ----------
    firms
        One row a ``city`` and ``year``, with ``firms`` (how many, at least 0) and
        ``area_km2`` (above 0).
    measure
        ``"share"`` or ``"quotient"``.
    total_area
        Area of all regions (square km) in the quotient; if left out, the sum over the year's
        cities in ``firms``. A constant factor, if the cities are the same every year.

    Returns
    -------
    pandas.Series
        The measure, with the index of ``firms``; missing in a year without any firm.

    Raises
    ------
    ValueError
        If the measure is unknown, a city has two rows in a year, an area is not above 0 or a
        number of firms is below 0 or missing.
    """
    if measure not in MEASURES:
        raise ValueError(f"Unknown measure {measure!r}: choose one of {', '.join(MEASURES)}")
    _require_counts(firms)
    density = firms["firms"] / firms["area_km2"]
    by_year = firms.assign(density=density).groupby("year")
    if measure == "share":
        benchmark = by_year["density"].transform("sum")
    else:
        area = by_year["area_km2"].transform("sum") if total_area is None else total_area
        benchmark = by_year["firms"].transform("sum") / area
    return (density / benchmark.where(benchmark > 0)).rename("agg")


def _require_counts(firms: pd.DataFrame) -> None:
    checks = {
        "more than one row for its city and year": firms.duplicated(["city", "year"], keep=False),
        "area_km2 missing or not above 0": ~(firms["area_km2"] > 0),
        "firms missing or below 0": ~(firms["firms"] >= 0),
    }
    problems = [
        f"{city} {year}: {words}"
        for words, bad in checks.items()
        for city, year in firms.loc[bad, ["city", "year"]].drop_duplicates().itertuples(index=False)
    ]
    if problems:
        raise ValueError("Agglomeration cannot be measured:\n  - " + "\n  - ".join(problems))
