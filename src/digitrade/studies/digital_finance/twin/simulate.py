"""Simulated provinces around the public path of the index, with the truth known.

The outcome is a province effect, a year effect by region, the *public* log index times its
true effect, the four *public* controls, and noise. The chapter on calibration has the equations.
It is evidence about method and code, never about China.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import load_capitals, load_provinces
from digitrade.data.cache import cached
from digitrade.data.paths import project_root
from digitrade.methods.calibration import FloatArray, stationary_paths
from digitrade.methods.regression import within
from digitrade.methods.sample import Sample
from digitrade.studies.digital_finance.sample import without_provinces
from digitrade.studies.digital_finance.twin.recentre import (
    MEDIATORS,
    THRESHOLDS,
    TWO_WAY,
    recentre_internet,
    recentre_mediators,
    recentre_outcome,
)
from digitrade.studies.digital_finance.twin.truth import PARAMETERS, TRUTH
from digitrade.studies.digital_finance.variables import CONTROLS, build_province_panel

DEFAULT_SEED = 2025
WITHOUT = ("Tibet",)
PROVINCES, YEARS = 30, 11
DIMENSION_WEIGHTS = {"ln_breadth": 0.54, "ln_depth": 0.297, "ln_digitalisation": 0.163}
LAST_INVESTMENT = 2017  # levels are not published after this year


@dataclass(frozen=True, slots=True)
class ProvinceTwin:
    """Simulated provinces, 330 rows by province and year, and what they were made of."""

    panel: pd.DataFrame  # public columns as they are, simulated ones, and true_effect
    parts: pd.DataFrame  # what adds up to hdft, with what re-centring moved
    truth: pd.DataFrame  # parameter, value, meaning
    seed: int
    recentred: bool


def simulate_provinces(seed: int = DEFAULT_SEED, *, recentre: bool | None = None) -> ProvinceTwin:
    """Simulate provinces; noise meets binding targets on the default seed, or as asked."""
    moving = seed == DEFAULT_SEED if recentre is None else recentre
    return cached(_simulated, seed=seed, moving=True) if moving else _simulated(seed, moving)


def _simulated(seed: int, moving: bool) -> ProvinceTwin:
    first, second, third, *mediating, own = np.random.default_rng(seed).spawn(6)
    panel = public_panel()
    ahead = within(panel, "ln_dfi", TWO_WAY).to_numpy()
    panel = panel.assign(**_dimensions(panel, ahead, first), fai_gdp=_investment(panel, second))
    panel = panel.assign(internet=_internet(panel, third))
    noise = _mediator_noise(mediating)
    panel = panel.assign(**_mediators(panel, ahead, noise))
    if moving:
        shift = recentre_mediators(panel)
        panel[list(shift)] += shift
        noise = noise + shift
        panel["internet"] = recentre_internet(panel)
    panel["true_effect"] = true_effect(panel, TRUTH)
    parts = _outcome_parts(panel, noise).assign(noise=_persistent(own, TRUTH.noise_sd), moved=0.0)
    panel["hdft"] = _total(parts)
    if moving:
        parts["moved"] = recentre_outcome(panel)
        panel["hdft"] = _total(parts)
    return ProvinceTwin(panel, parts, PARAMETERS.copy(), seed, moving)


def public_panel() -> pd.DataFrame:
    """Return the public columns in the twin's 330 rows: 30 provinces, without Tibet."""
    return _public(project_root()).copy()


@lru_cache(maxsize=2)
def _public(_root: Path) -> pd.DataFrame:
    panel = build_province_panel(without_provinces(Sample.of(load_provinces()), WITHOUT).panel)
    distance = load_capitals().set_index("province")["distance_hangzhou_km"].astype(float)
    return panel.assign(distance_hangzhou=panel["province"].map(distance))


def _persistent(rng: np.random.Generator, sd: float) -> FloatArray:
    """Return noise that lasts, in the rows of the panel, (330,)."""
    paths = stationary_paths(PROVINCES, YEARS, rng, persistence=TRUTH.persistence, sd=sd)
    return paths.ravel()


def _dimensions(
    panel: pd.DataFrame, ahead: FloatArray, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Return the logs of breadth, depth and digitalisation; their weighted mean is the index."""
    ratios = {
        "ln_breadth": 0.2 * ahead + _persistent(rng, 0.04),
        "ln_depth": _persistent(rng, 0.05),
        "ln_digitalisation": -1.15 * ahead + _persistent(rng, 0.06),  # so that its slope is below 0
    }
    mean = sum(DIMENSION_WEIGHTS[name] * np.exp(ratio) for name, ratio in ratios.items())
    index = panel["ln_dfi"].to_numpy()
    return {name: index + ratio - np.log(mean) for name, ratio in ratios.items()}


def _investment(panel: pd.DataFrame, rng: np.random.Generator) -> FloatArray:
    """Return investment over output: public to 2017, then about 3 per cent less each year."""
    share = panel["investment_share"].to_numpy().copy()
    steps = np.exp(rng.normal(-0.03, 0.01, len(panel)))
    for row in np.flatnonzero(panel["year"] > LAST_INVESTMENT):
        share[row] = share[row - 1] * steps[row]
    return share


def _internet(panel: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Return the share of internet users: a logistic path, earlier where more people are urban."""
    urban = panel.groupby("province")["urbanisation"].transform("mean") - 0.6
    logit = 0.19 * (panel["year"] - 2016) + 3.5 * urban + rng.normal(0, 0.03, len(panel))
    return 1 / (1 + np.exp(-logit))


def _mediator_noise(rngs: Sequence[np.random.Generator]) -> pd.DataFrame:
    """Return the noise of the mediators, with no province mean: levels are not random."""
    noise, sds = {}, (TRUTH.finance_sd, TRUTH.infrastructure_sd)
    for name, rng, sd in zip(MEDIATORS.values(), rngs, sds, strict=True):
        paths = _persistent(rng, sd).reshape(PROVINCES, YEARS)
        noise[name] = (paths - paths.mean(axis=1, keepdims=True)).ravel()
    return pd.DataFrame(noise)


def _mediators(panel: pd.DataFrame, ahead: FloatArray, noise: pd.DataFrame) -> dict[str, pd.Series]:
    """Return both mediators, with fixed province means: who is above the median is no chance."""
    public = ["trade_quality", "government_share", "infrastructure"]
    level, later = panel.groupby("province")[public].transform("mean"), panel["year"] - 2016
    finance = 1.2 + 6 * np.sqrt(level["trade_quality"]) + 3 * level["government_share"]
    finance = finance + 0.05 * later + TRUTH.index_on_finance * ahead
    roads = 0.5 + level["infrastructure"] + 0.02 * later + TRUTH.index_on_infrastructure * ahead
    paths = zip(MEDIATORS.values(), (finance, roads), strict=True)
    return {name: path + noise[name] for name, path in paths}


def true_effect(panel: pd.DataFrame, truth: pd.Series[float]) -> pd.Series:
    """Return the slope of the log index of each row: the region's, and a rise a threshold."""
    effect = ("slope_" + panel["region"]).map(truth)
    for target, (column, cut) in THRESHOLDS.items():
        effect = effect + truth[f"rise_{target}"] * (panel[column] > cut)
    return effect


def systematic(panel: pd.DataFrame, truth: pd.Series[float]) -> pd.Series:
    """Return the outcome without province effects and noise; linear in slopes and rises."""
    return _systematic_parts(panel, truth).sum(axis=1)


def _systematic_parts(panel: pd.DataFrame, truth: pd.Series[float]) -> pd.DataFrame:
    """Return the effects of the year, the index and the controls."""
    index, year, region = panel["ln_dfi"], panel["year"], panel["region"]
    regional = index.groupby([region, year]).transform("mean")
    national = index.groupby(year).transform("mean")
    slopes = [truth[f"control_{name}"] for name in CONTROLS]
    controls = panel[list(CONTROLS)].mul(slopes).sum(axis=1)
    # Ahead of one's region pays at its slope, a region ahead of the country at another: only this
    # reconciles the printed slopes by region with the pooled one.
    years = truth.between_regions * (regional - national) + truth.national_trend * national
    years = years - ("slope_" + region).map(truth) * regional
    return pd.DataFrame(
        {
            "year_effect": years - controls.groupby(year).transform("mean"),
            "index_effect": true_effect(panel, truth) * index,
            "controls_effect": controls,
        }
    )


def _outcome_parts(panel: pd.DataFrame, noise: pd.DataFrame) -> pd.DataFrame:
    """Return what the outcome is made of but its own noise, highest where trade quality is."""
    parts = panel[["province", "year"]].assign(**_systematic_parts(panel, TRUTH))
    means = panel.assign(total=_total(parts)).groupby("province")[["trade_quality", "total"]]
    mean = means.transform("mean")
    parts.insert(2, "province_effect", 0.06 + 0.75 * np.sqrt(mean["trade_quality"]) - mean["total"])
    through = TRUTH.finance_on_hdft * noise["financial_development"]
    through = through + TRUTH.infrastructure_on_hdft * noise["infrastructure_twin"]
    return parts.assign(mediator_noise=through)


def _total(parts: pd.DataFrame) -> pd.Series:
    return parts.drop(columns=["province", "year"]).sum(axis=1)
