"""The log of one plus an amount: what its coefficient says where amounts can be zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.specifications import estimation_sample

UNITS: Mapping[str, float] = {"yuan": 1.0, "thousand yuan": 1e3, "million yuan": 1e6}
MARGIN_LABELS = {"any": "Has any", "log": "ln of the amount, where there is one"}
SWITCH = 1.0  # log points: a larger true effect is a first amount, not growth


def amount(panel: pd.DataFrame, column: str) -> pd.Series:
    """Return the amount (in yuan) behind a column that is ln(1 + amount)."""
    return np.expm1(panel[column])


def by_unit(
    panel: pd.DataFrame,
    specification: Specification,
    *,
    units: Mapping[str, float] = UNITS,
    singletons: bool = True,
) -> pd.DataFrame:
    r"""Estimate the effect on ln(1 + amount / unit) for several units.

    For an amount much larger than the unit, :math:`\ln(1 + x/u)` is
    :math:`\ln x - \ln u` where there is one, and 0 where there is none. A coefficient is linear in
    the outcome, so another unit takes :math:`\ln u` times the coefficient on having any
    amount from it: the estimand depends on the unit (Chen and Roth 2024, Quarterly Journal of
    Economics 139(2), 891-936).

    Parameters
    ----------
    panel
        One row for each firm and year.
    specification
        Its outcome is ln(1 + amount), the amount in yuan.
    units
        By name, yuan in a unit.
    singletons
        As in :func:`digitrade.studies.pilot_zones.specifications.estimation_sample`.

    Returns
    -------
    pandas.DataFrame
        A row a unit: ``outcome, unit``, the tidy columns, and ``expected``, the first unit's
        estimate less :math:`\ln` of the ratio of units times the coefficient on having any.
    """
    rows = estimation_sample(panel, specification, singletons=singletons)
    x = amount(rows, specification.outcome)
    name = "log_in_unit"
    found = []
    for unit, size in units.items():
        one = fixed_effects(
            rows.assign(**{name: np.log1p(x / size)}), specification.replace(outcome=name)
        )
        found.append({"outcome": specification.outcome, "unit": unit, **one.main})
    any_amount = 0.0 if (x > 0).all() else float(_on_any(rows, specification, x)["estimate"])
    frame = pd.DataFrame(found).assign(term=specification.regressor)
    sizes = np.array(list(units.values()))
    expected = frame["estimate"].iloc[0] - np.log(sizes / sizes[0]) * any_amount
    return frame.assign(expected=expected)


def margins(
    panel: pd.DataFrame, specification: Specification, *, singletons: bool = True
) -> pd.DataFrame:
    """Estimate the effect on having any amount, and on its log where there is one.

    The second compares whoever has an amount; if the treatment brings in new ones, these are not
    the same firms.

    Parameters
    ----------
    panel, specification, singletons
        As in :func:`by_unit`.

    Returns
    -------
    pandas.DataFrame
        Two rows: ``outcome, margin`` (``"any"``, ``"log"``), ``label``, the tidy columns and
        ``zero_share``, the share of rows without an amount. Where there is none of these, the
        first row has no estimate.
    """
    rows = estimation_sample(panel, specification, singletons=singletons)
    x = amount(rows, specification.outcome)
    some = rows[x > 0].assign(log_amount=np.log(x[x > 0]))
    logs = specification.replace(outcome="log_amount")
    some = estimation_sample(some, logs, singletons=singletons)
    nobody = pd.Series({"estimate": np.nan, "n_obs": len(rows)})
    fits = {
        "any": nobody if (x > 0).all() else _on_any(rows, specification, x),
        "log": fixed_effects(some, logs).main,
    }
    return pd.DataFrame(
        [
            {
                "outcome": specification.outcome,
                "margin": margin,
                "label": MARGIN_LABELS[margin],
                **fit,
                "zero_share": float((x == 0).mean()),
            }
            for margin, fit in fits.items()
        ]
    ).assign(term=specification.regressor)


def by_source(
    panels: Mapping[str, pd.DataFrame],
    specification: Specification,
    outcomes: Sequence[str],
    *,
    what: str,
) -> pd.DataFrame:
    """Stack :func:`by_unit` (``what="units"``) or :func:`margins` over sources and outcomes.

    An outcome that a source has no figures for is left out.

    Returns
    -------
    pandas.DataFrame
        The rows of either function, led by ``source``.

    Raises
    ------
    ValueError
        If ``what`` is something else.
    """
    functions = {"units": by_unit, "margins": margins}
    if what not in functions:
        raise ValueError(f"what {what!r}: choose {' | '.join(functions)}")
    found = [
        functions[what](panel, specification.replace(outcome=outcome)).assign(source=source)
        for source, panel in panels.items()
        for outcome in outcomes
        if panel[outcome].notna().any()
    ]
    rows = pd.concat(found, ignore_index=True)
    return rows[["source", *rows.columns.drop("source")]]


def true_margins(panel: pd.DataFrame, outcomes: Sequence[str]) -> pd.DataFrame:
    """Split the true effect on ln(1 + amount) into first amounts and growth of old ones.

    Parameters
    ----------
    panel
        The twin's: with a ``true_effect_`` column for each outcome.
    outcomes
        Columns that are ln(1 + amount).

    Returns
    -------
    pandas.DataFrame
        A row an outcome, over treated rows with the true effects of all: ``outcome``,
        ``share_first`` of rows with a first amount, ``mean_first`` their mean effect,
        ``mean_other`` that of the other rows, ``from_first`` and ``from_other`` their parts in
        ``effect``, the mean over all.
    """
    names = {outcome: f"true_effect_{outcome}" for outcome in outcomes}
    rows = panel.loc[panel["zone_post"] == 1, list(names.values())].dropna()
    found = []
    for outcome, name in names.items():
        first = rows[name] > SWITCH
        found.append(
            {
                "outcome": outcome,
                "share_first": float(first.mean()),
                "mean_first": float(rows.loc[first, name].mean()),
                "mean_other": float(rows.loc[~first, name].mean()),
                "from_first": float(rows[name].where(first, 0.0).mean()),
                "from_other": float(rows[name].mask(first, 0.0).mean()),
                "effect": float(rows[name].mean()),
            }
        )
    return pd.DataFrame(found)


def _on_any(rows: pd.DataFrame, specification: Specification, x: pd.Series) -> pd.Series:
    """Return the tidy row of the effect on having any amount."""
    name = "has_any"
    return fixed_effects(
        rows.assign(**{name: (x > 0).astype(float)}), specification.replace(outcome=name)
    ).main
