"""Simulated provinces around the public path of the index, with the truth known.

The process is, for province i of region r in year t,

.. math::

    HDFT_{it} = \\alpha_i + \\lambda_{rt} + \\beta_{it} \\ln DFI_{it} + \\gamma' z_{it} + u_{it},

with the *public* log index and the four *public* controls. It is evidence about method and
code, never about China.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import load_capitals, load_provinces
from digitrade.data.paths import data_folder
from digitrade.methods.regression import within
from digitrade.studies.digital_finance.twin.functionals import TWO_WAY_ALONE, FloatArray
from digitrade.studies.digital_finance.twin.recentre import (
    recentre_internet,
    recentre_mediators,
    recentre_outcome,
)
from digitrade.studies.digital_finance.twin.truth import TRUTH, ProvinceTruth
from digitrade.studies.digital_finance.variables import CONTROLS, build_province_panel

DEFAULT_SEED = 2025
DIMENSION_WEIGHTS = {"ln_breadth": 0.54, "ln_depth": 0.297, "ln_digitalisation": 0.163}
LAST_INVESTMENT = 2017  # levels are not published after this year


@dataclass(frozen=True, slots=True)
class ProvinceTwin:
    """Simulated provinces, and what they were made of.

    Attributes
    ----------
    panel
        330 rows, keyed by ``province`` and ``year``: every column of
        :func:`build_province_panel` as it is, and the simulated
        ``hdft`` (0 to 1), ``ln_breadth``, ``ln_depth``, ``ln_digitalisation``,
        ``financial_development`` (ratio to output), ``internet`` (share of the population),
        ``fai_gdp`` (public to 2017), ``infrastructure_twin`` (index) and ``true_effect``;
        ``distance_hangzhou`` (km) is public geography.
    parts
        The same rows and key: ``province_effect, year_effect, index_effect, controls_effect,
        mediator_noise, noise, moved``, which add up to ``hdft``. ``moved`` is what
        re-centring added, zero on an honest draw.
    truth
        ``parameter, value, meaning``.
    seed
        Where the noise came from.
    recentred
        Whether the noise was moved so that the binding targets hold.
    """

    panel: pd.DataFrame
    parts: pd.DataFrame
    truth: pd.DataFrame
    seed: int
    recentred: bool


def simulate_provinces(seed: int = DEFAULT_SEED, *, recentre: bool | None = None) -> ProvinceTwin:
    """Simulate what the provincial study uses and this project does not ship.

    Parameters
    ----------
    seed
        Of every random draw. The same seed gives the same panel.
    recentre
        Whether to move the noise, as little as possible, so that the binding targets of
        ``data/twin/province_targets.csv`` hold. By default only on the default seed: every
        other seed is an honest draw around the truth.

    Returns
    -------
    ProvinceTwin
        Panel, parts and truth.

    Notes
    -----
    The year effects differ by region,

    .. math::

        \\lambda_{rt} = -\\beta_r \\bar x_{rt} + \\kappa (\\bar x_{rt} - \\bar x_t)
                       + \\tau \\bar x_t - \\gamma' \\bar z_t,

    so a province gains from being ahead of its region at that region's slope, a region from
    being ahead of the country at another, and the country as a whole hardly at all: only this
    reconciles the printed slopes by region with the pooled one, and both with slopes by
    regime that are a tenth as large.
    """
    truth = TRUTH
    moving = seed == DEFAULT_SEED if recentre is None else recentre
    streams = iter(np.random.default_rng(seed).spawn(8))
    panel = public_panel()
    panel = panel.assign(**dimensions(panel, next(streams)))
    panel = panel.assign(**investment(panel, next(streams)), **internet(panel, next(streams)))
    noise = mediator_noise(next(streams), next(streams), truth)
    panel = panel.assign(**mediators(panel, noise, truth))
    if moving:
        shift = recentre_mediators(panel, truth)
        panel = panel.assign(**{name: panel[name] + shift[name] for name in shift})
        noise = {name: noise[name] + shift[name] for name in shift}
        panel = panel.assign(internet=recentre_internet(panel))
    panel = panel.assign(true_effect=true_effect(panel, truth))
    parts = outcome_parts(panel, noise, persistent(next(streams), truth.noise_sd, truth), truth)
    panel = panel.assign(hdft=parts.drop(columns=["province", "year"]).sum(axis=1))
    if moving:
        parts = parts.assign(moved=recentre_outcome(panel, truth))
        panel = panel.assign(hdft=parts.drop(columns=["province", "year"]).sum(axis=1))
    return ProvinceTwin(panel, parts, truth.frame(), seed, moving)


def public_panel() -> pd.DataFrame:
    """Return the public columns in the twin's 330 rows: 30 provinces, without Tibet."""
    return _public_panel(data_folder("provinces")).copy()


@lru_cache(maxsize=2)
def _public_panel(_folder: Path) -> pd.DataFrame:
    """Read once for each folder, which only tells one project from another."""
    figures = load_provinces().query("province != 'Tibet'").reset_index(drop=True)
    distance = load_capitals().set_index("province")["distance_hangzhou_km"]
    panel = build_province_panel(figures)
    return panel.assign(distance_hangzhou=panel["province"].map(distance).astype(float))


@lru_cache(maxsize=2)
def _ahead(folder: Path) -> FloatArray:
    """Return what province and year effects leave of the public log index, (330,)."""
    return within(_public_panel(folder), "ln_dfi", TWO_WAY_ALONE).to_numpy(dtype=float)


def persistent(rng: np.random.Generator, sd: float, truth: ProvinceTruth) -> FloatArray:
    """Return a stationary first-order autoregression for each province, (330,)."""
    shocks = rng.normal(0, sd, (30, 11))
    rho = truth.persistence
    for t in range(1, shocks.shape[1]):
        shocks[:, t] = rho * shocks[:, t - 1] + np.sqrt(1 - rho**2) * shocks[:, t]
    return shocks.ravel()


def dimensions(panel: pd.DataFrame, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return the logs of breadth, depth and digitalisation.

    Their weighted mean is the public index in every row. Digitalisation is highest, compared
    with the index, where the index is behind: so its own slope turns out negative, although
    the outcome is not made from it at all.
    """
    ahead = _ahead(data_folder("provinces"))
    ratios = {
        "ln_breadth": 0.2 * ahead + persistent(rng, 0.04, TRUTH),
        "ln_depth": persistent(rng, 0.05, TRUTH),
        "ln_digitalisation": -1.15 * ahead + persistent(rng, 0.06, TRUTH),
    }
    mean = sum(DIMENSION_WEIGHTS[name] * np.exp(ratio) for name, ratio in ratios.items())
    index = panel["ln_dfi"].to_numpy()
    return {name: index + ratio - np.log(mean) for name, ratio in ratios.items()}


def investment(panel: pd.DataFrame, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return investment over output: public to 2017, then about 3 per cent less each year."""
    share = panel["investment_share"].to_numpy().copy()
    steps = rng.normal(-0.03, 0.01, len(panel))
    for row in np.flatnonzero(panel["year"] > LAST_INVESTMENT):
        share[row] = share[row - 1] * np.exp(steps[row])
    return {"fai_gdp": share}


def internet(panel: pd.DataFrame, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return the share of internet users: a logistic path, earlier where more people are urban."""
    urban = panel.groupby("province")["urbanisation"].transform("mean") - 0.6
    logit = 0.19 * (panel["year"] - 2016) + 3.5 * urban + rng.normal(0, 0.03, len(panel))
    return {"internet": (1 / (1 + np.exp(-logit))).to_numpy()}


def mediator_noise(
    finance: np.random.Generator, infrastructure: np.random.Generator, truth: ProvinceTruth
) -> dict[str, FloatArray]:
    """Return the noise of the mediators, with no province mean: levels are not random."""
    draws = {
        "financial_development": persistent(finance, truth.finance_sd, truth),
        "infrastructure_twin": persistent(infrastructure, truth.infrastructure_sd, truth),
    }
    return {
        name: (noise.reshape(30, 11) - noise.reshape(30, 11).mean(axis=1, keepdims=True)).ravel()
        for name, noise in draws.items()
    }


def mediators(
    panel: pd.DataFrame, noise: dict[str, FloatArray], truth: ProvinceTruth
) -> dict[str, pd.Series]:
    """Return financial development and infrastructure, both raised by the index.

    A province's mean is a fixed function of public figures, so that the provinces above the
    median are the same ones in every draw.
    """
    means = panel.groupby("province")[["trade_quality", "government_share", "infrastructure"]]
    level = means.transform("mean")
    later = panel["year"] - 2016
    ahead = _ahead(data_folder("provinces"))
    finance = 1.2 + 6 * np.sqrt(level["trade_quality"]) + 3 * level["government_share"]
    paths = {
        "financial_development": finance + 0.05 * later + truth.index_on_finance * ahead,
        "infrastructure_twin": 0.5
        + level["infrastructure"]
        + 0.02 * later
        + truth.index_on_infrastructure * ahead,
    }
    return {name: path + noise[name] for name, path in paths.items()}


def true_effect(panel: pd.DataFrame, truth: ProvinceTruth) -> pd.Series:
    """Return the slope of the log index of each row: the region's, and a rise a threshold."""
    return (
        panel["region"].map(truth.region_slopes())
        + truth.rise_index_first * (panel["ln_dfi"] > truth.threshold_index_first)
        + truth.rise_index_second * (panel["ln_dfi"] > truth.threshold_index_second)
        + truth.rise_investment * (panel["fai_gdp"] > truth.threshold_investment)
        + truth.rise_internet * (panel["internet"] > truth.threshold_internet)
    )


def year_effect(panel: pd.DataFrame, truth: ProvinceTruth) -> pd.Series:
    """Return the year effect of each row's region."""
    index, year = panel["ln_dfi"], panel["year"]
    regional = index.groupby([panel["region"], year]).transform("mean")
    national = index.groupby(year).transform("mean")
    controls = controls_effect(panel, truth).groupby(year).transform("mean")
    offset = panel["region"].map(truth.region_slopes()) * regional
    catching_up = truth.between_regions * (regional - national)
    return catching_up + truth.national_trend * national - offset - controls


def controls_effect(panel: pd.DataFrame, truth: ProvinceTruth) -> pd.Series:
    """Return what the four public controls contribute."""
    slopes = truth.control_slopes()
    return panel[list(CONTROLS)].mul(pd.Series(slopes)).sum(axis=1)


def systematic(panel: pd.DataFrame, truth: ProvinceTruth) -> pd.Series:
    """Return the outcome without province effects and noise; linear in slopes and rises."""
    index_effect = true_effect(panel, truth) * panel["ln_dfi"]
    return year_effect(panel, truth) + index_effect + controls_effect(panel, truth)


def outcome_parts(
    panel: pd.DataFrame,
    noise: dict[str, FloatArray],
    own_noise: FloatArray,
    truth: ProvinceTruth,
) -> pd.DataFrame:
    """Return what the outcome is made of; province effects give it its level.

    The level is high where the public trade-quality composite is.
    """
    through = truth.finance_on_hdft * noise["financial_development"]
    through = through + truth.infrastructure_on_hdft * noise["infrastructure_twin"]
    parts = panel[["province", "year"]].assign(
        year_effect=year_effect(panel, truth),
        index_effect=panel["true_effect"] * panel["ln_dfi"],
        controls_effect=controls_effect(panel, truth),
    )
    by_province = parts.drop(columns=["province", "year"]).sum(axis=1).groupby(panel["province"])
    quality = panel.groupby("province")["trade_quality"].transform("mean")
    level = 0.06 + 0.75 * np.sqrt(quality)
    parts.insert(2, "province_effect", level - by_province.transform("mean"))
    return parts.assign(mediator_noise=through, noise=own_noise, moved=0.0)
