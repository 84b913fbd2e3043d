"""The same outcome on other scales: each is another question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.studies.pilot_zones.specifications import TWIN, estimation_sample, true_effect

Function = Callable[[np.ndarray], np.ndarray]
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)
HUNDRED = 100.0


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of the outcome.

    Attributes
    ----------
    label
        Its row in an exhibit.
    of
        Given the observed values, the function that brings values to the scale.
    """

    label: str
    of: Callable[[np.ndarray], Function]


def winsorised(share: float) -> Scale:
    """Pull values in to the quantiles ``share`` and 1 - ``share`` of the observed ones.

    Raises
    ------
    ValueError
        If the share is not at least 0 and below 0.5.
    """
    if not 0 <= share < 0.5:
        raise ValueError(f"Winsorising needs a share of at least 0 and below 0.5: found {share}")

    def of(observed: np.ndarray) -> Function:
        low, high = np.quantile(observed, [share, 1 - share])
        return lambda values: np.clip(values, low, high)

    ends = f"{HUNDRED * share:g} and {HUNDRED * (1 - share):g} per cent"
    return Scale(f"Winsorised at {ends}", of)


def _ranks(observed: np.ndarray) -> Function:
    ordered = np.sort(observed)
    size = len(ordered)
    return lambda values: (
        HUNDRED
        * (np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right"))
        / (2 * size)
    )


AS_IT_IS = Scale("As it is", lambda _: lambda values: values)
LOG = Scale("ln(1 + FC)", lambda _: np.log1p)
LOG_PER_CENT = Scale("ln(1 + FC in per cent)", lambda _: lambda values: np.log1p(HUNDRED * values))
ASINH = Scale("asinh FC", lambda _: np.arcsinh)
RANK = Scale("Rank, in per cent", _ranks)


def standard_scales(share: float) -> tuple[Scale, ...]:
    """Return the scales of the robustness chapter; ``share`` is what winsorising pulls in."""
    return (AS_IT_IS, winsorised(share), LOG, LOG_PER_CENT, ASINH, RANK)


def above(quantile: float) -> Scale:
    """Return whether a value, in per cent of rows, exceeds a quantile of the observed ones.

    A coefficient for each of many cut-offs is a *distribution regression* (Chernozhukov,
    Fernández-Val and Melly 2013, Econometrica 81(6), 2205-2268).
    """

    def of(observed: np.ndarray) -> Function:
        cut = np.quantile(observed, quantile)
        return lambda values: HUNDRED * (values > cut)

    return Scale(f"Above the {HUNDRED * quantile:g} % quantile", of)


def on_scales(
    panels: Mapping[str, pd.DataFrame], specification: Specification, scales: Sequence[Scale]
) -> pd.DataFrame:
    """Estimate a specification with its outcome on several scales.

    Parameters
    ----------
    panels
        Firm panels by source.
    specification
        What is estimated; its outcome is what is brought to the scales.
    scales
        Such as :func:`standard_scales`.

    Returns
    -------
    pandas.DataFrame
        ``row`` (the scale's label), ``source`` and the tidy columns; with rows of source
        ``"truth"`` after the twin's: the mean true effect for the outcome as it is, on the other
        scales from :func:`true_on_scale`.
    """
    found = []
    for source, panel in panels.items():
        rows = estimation_sample(panel, specification)
        observed = rows[specification.outcome].to_numpy(dtype=float)
        for scale in scales:
            function = scale.of(observed)
            one = fixed_effects(
                rows.assign(scaled=function(observed)), specification.replace(outcome="scaled")
            )
            key = {"row": scale.label, "source": source}
            found.append({**key, **one.main, "covariance": one.words})
            if source == TWIN:
                truth = true_on_scale(rows, specification.outcome, function)
                if scale is AS_IT_IS:
                    truth = true_effect(rows, specification.outcome)
                found.append({"row": scale.label, "source": "truth", "estimate": truth})
    return pd.DataFrame(found).assign(term=specification.regressor)


def true_on_scale(rows: pd.DataFrame, outcome: str, function: Function) -> float:
    """Return the mean true effect over treated rows on a scale; missing where it is unknown.

    The outcome without the treatment is the outcome less the true effect, and nothing where that
    would be less than nothing.
    """
    name = f"true_effect_{outcome}"
    if name not in rows:
        return float("nan")
    treated = rows[rows["zone_post"] == 1]
    values = treated[outcome].to_numpy(dtype=float)
    without = np.maximum(values - treated[name].to_numpy(dtype=float), 0.0)
    return float(np.mean(function(values) - function(without)))
