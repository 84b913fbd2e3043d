"""The instruments that this literature makes from the distance to Hangzhou."""

from __future__ import annotations

import numpy as np
import pandas as pd

from digitrade.methods.absorb import Projection
from digitrade.methods.estimate import Slopes
from digitrade.methods.instruments import instrumental_variables
from digitrade.methods.specification import Specification

KINDS = ("trend", "national-mean", "year-dummies")
DISTANCE = "distance_hangzhou"
KILOMETRES = 1_000  # instruments are in thousands of kilometres, so that coefficients are legible


def distance_instruments(
    data: pd.DataFrame, specification: Specification, *, kind: str = "trend"
) -> pd.DataFrame:
    """Return the distance (thousands of km) times years since the first, a mean, or dummies."""
    if kind not in KINDS:
        raise ValueError(f"Unknown instrument {kind!r}: choose one of {', '.join(KINDS)}")
    if DISTANCE not in data or data[DISTANCE].isna().any():
        raise ValueError(
            f"Column {DISTANCE!r} is not there or has gaps: add the distance of every "
            f"{specification.entity} first"
        )
    far, time = data[DISTANCE] / KILOMETRES, data[specification.time]
    if kind == "trend":
        return (far * (time - time.min())).to_frame("distance_trend")
    if kind == "national-mean":
        mean = data.groupby(specification.time)[specification.regressor].transform("mean")
        return (far * mean).to_frame("distance_mean")
    dummies = pd.get_dummies(time, prefix="distance", drop_first=True, dtype=float)
    return dummies.mul(far, axis=0)


def compare_instruments(data: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return a tidy row a kind, its ``first_stage`` missing if there are several instruments."""
    rows = []
    for kind in KINDS:
        built = distance_instruments(data, specification, kind=kind)
        fit = instrumental_variables(data.join(built), specification, list(built))
        first = fit.first_stage.main["estimate"] if len(fit.instruments) == 1 else np.nan
        head = {"kind": kind, "n_instruments": len(fit.instruments), "first_stage": first}
        rows.append(pd.DataFrame([head]).join(fit.tidy()))
    return pd.concat(rows, ignore_index=True)


def instrument_slopes(data: pd.DataFrame, specification: Specification) -> Slopes:
    """Return the slope of every kind and their joint covariance, to test whether they agree."""
    left_out = [data[specification.entity] == name for name in data[specification.entity].unique()]
    without = np.array([_slopes(data[~rows], specification) for rows in left_out])
    many = len(KINDS)
    # The jackknife (MacKinnon, Nielsen and Webb 2023, Journal of Applied Econometrics 38(5)): with
    # many instruments the clustered formula is far too small.
    return Slopes(
        names=KINDS,
        slopes=_slopes(data, specification),
        vcov=(len(without) - 1) * np.cov(without.T, bias=True),
        degrees_of_freedom=(len(without) - 1,) * many,
        n_obs=(len(data),) * many,
        words=f"jackknife, leaving out each of {len(without)} {specification.entity}s",
        confidence=specification.confidence,
    )


def _slopes(data: pd.DataFrame, specification: Specification) -> np.ndarray:
    """Return the two-stage slope of every kind."""
    projection, slopes = Projection.of(data, specification), []
    for kind in KINDS:
        built = distance_instruments(data, specification, kind=kind)
        columns = data[[specification.outcome, specification.regressor]].join(built)
        y, x, *instruments = projection.residualise(columns.to_numpy(dtype=float)).T
        basis = np.linalg.qr(np.column_stack(instruments))[0]
        fitted = basis @ (basis.T @ x)
        slopes.append(fitted @ y / (fitted @ x))
    return np.array(slopes)
