"""Outcomes of the simulated firms, without zones and with them; the difference is the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from digitrade.studies.pilot_zones.twin.columns import WITHOUT_LONG, WITHOUT_SHORT, Moments
from digitrade.studies.pilot_zones.twin.marginals import marginal, persistent
from digitrade.studies.pilot_zones.twin.truth import STRATA, FirmTruth
from digitrade.studies.pilot_zones.variables import sa_index

BILLION, MILLION = 1e9, 1e6


def kind_factor(values: pd.Series, factors: tuple[float, float]) -> pd.Series:
    """Return the factor of the effect for a kind of 0 or 1; the mean where it is not known."""
    return values.map({0.0: factors[0], 1.0: factors[1]}).fillna(sum(factors) / 2)


def path_factor(event_time: pd.Series, truth: FirmTruth) -> pd.Series:
    """Return the factor of the effect by years since the zone; nil before it."""
    last = len(truth.path) - 1
    known = event_time.clip(upper=last)
    return known.map(dict(enumerate(truth.path))).fillna(0.0)


def effect_on_fc(rows: pd.DataFrame, truth: FirmTruth) -> pd.Series:
    """Return what the zone adds to FC in each row."""
    return (
        truth.effect
        * path_factor(rows["event_time"], truth)
        * rows["cell_region"].map(truth.by_region)
        * rows["tier"].map(truth.by_tier)
        * kind_factor(rows["exporter"], truth.by_exporter)
        * kind_factor(rows["high_tech"], truth.by_high_tech)
        * kind_factor(rows["polluting"], truth.by_polluting)
    )


def stratum(rows: pd.DataFrame) -> pd.Series:
    """Return which distribution FC is drawn from.

    The printed standard errors are tens of times larger among eastern firms that neither export nor
    are in high-tech or polluting industries than elsewhere; so that is where large values are.
    """
    plain = (rows["exporter"] == 0) & (rows["high_tech"] == 0) & (rows["polluting"] == 0)
    east = rows["cell_region"] == "east"
    names = rows["cell_region"].replace({"east": "calm east"})
    return names.mask(east & plain, "wild " + rows["tier"])


def financing(rows: pd.DataFrame, truth: FirmTruth, rng: np.random.Generator) -> pd.Series:
    """Return FC without zones and programmes: placed by stratum, heavy in the tail."""
    latent = persistent(rows, "firm", rng, share=0.1, persistence=0.3)
    kinds = stratum(rows)
    values = pd.Series(0.0, index=rows.index)
    marked = rows["spike"] | rows["holding"]
    for name, (mean, sd, high) in STRATA.items():
        own = (kinds == name) & ~marked
        drawn = marginal(int(own.sum()), mean, sd, 0.0, high)
        values[own] = drawn[latent[own].rank(method="first").to_numpy(dtype=int) - 1]
    moving = persistent(rows, "firm", rng, share=0.0)
    values[rows["holding"]] = truth.holding_level * (1 + 0.12 * moving[rows["holding"]])
    values[rows["spike"]] = truth.spike_value
    return values


def loans(
    rows: pd.DataFrame, truth: FirmTruth, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return short and long loans in yuan, without zones and with them.

    Most of the effect is on firms that take a first, small loan: it moves the log of
    that kind of loan by a lot and the log of all loans by little.
    """
    treated = rows["event_time"] >= 0
    size = 19.0 + 1.3 * persistent(rows, "firm", rng, share=0.8)
    short = size - 0.3 + 0.5 * persistent(rows, "firm", rng, share=0.3)
    long = size - 0.8 + 0.9 * persistent(rows, "firm", rng, share=0.3)
    rank_short, rank_long, new_short, new_long = (
        persistent(rows, "firm", rng, share=share) for share in (0.72, 0.72, 0.0, 0.0)
    )
    no_long = rank_long > 0.35
    no_short = (rank_short > 1.2) & ~no_long
    without = pd.DataFrame(
        {
            "short": np.exp(short).mask(no_short, 0.0),
            "long": np.exp(long).mask(no_long, 0.0),
        }
    )
    first_short = no_short & treated & (new_short.rank(pct=True) < truth.new_short)
    first_long = no_long & treated & (new_long.rank(pct=True) < truth.new_long)
    growth = np.exp(truth.loan_growth * treated)
    with_zone = pd.DataFrame(
        {
            "short": (without["short"] * growth).mask(
                first_short, np.exp(long + truth.new_loan_size)
            ),
            "long": (without["long"] * growth).mask(
                first_long, np.exp(short + truth.new_loan_size)
            ),
        }
    )
    gaps = {"short": WITHOUT_SHORT, "long": WITHOUT_LONG}
    order = pd.Series(rng.permutation(len(rows)), index=rows.index)
    for name, count in gaps.items():
        missing = order < count
        without.loc[missing, name], with_zone.loc[missing, name] = np.nan, np.nan
    return without, with_zone


def other_outcomes(
    rows: pd.DataFrame, moments: Moments, truth: FirmTruth, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return assets, subsidies, exports and keywords, without zones and with them."""
    treated = (rows["event_time"] >= 0).astype(float)
    exporter = rows["exporter"].fillna(0.0)
    assets = 8.0 + 1.3 * persistent(rows, "firm", rng, share=0.70)
    subsidies = 15.3 + 1.9 * persistent(rows, "firm", rng, share=0.60)
    words = _keywords(rows, moments, truth, treated, rng)
    exports = _exports(rows, moments, truth, treated, rng)
    without = pd.DataFrame(
        {"assets": assets, "subsidies": subsidies, "words": words, "exports": exports}
    )
    with_zone = pd.DataFrame(
        {
            "assets": assets + truth.asset_growth * treated,
            "subsidies": subsidies + truth.subsidy * treated,
            "words": words + truth.keyword_gain * treated,
            "exports": exports + truth.export_gain * treated * exporter,
        }
    )
    return without, with_zone


def _keywords(
    rows: pd.DataFrame,
    moments: Moments,
    truth: FirmTruth,
    treated: pd.Series,
    rng: np.random.Generator,
) -> pd.Series:
    mean, sd, low, high = moments["digitalisation"]
    latent = persistent(rows, "firm", rng, share=0.75) + 0.06 * (rows["year"] - 2011)
    base = marginal(len(rows), mean - truth.keyword_gain * treated.mean(), sd, low, high)
    return pd.Series(base[latent.rank(method="first").to_numpy(dtype=int) - 1], rows.index)


def _exports(
    rows: pd.DataFrame,
    moments: Moments,
    truth: FirmTruth,
    treated: pd.Series,
    rng: np.random.Generator,
) -> pd.Series:
    """Return export revenue in billion yuan: none without exports, but for one correction."""
    mean, sd, low, high = moments["export"]
    sells = rows["exporter"] == 1
    count, total = int(sells.sum()), len(rows)
    own_mean = mean * total / count - truth.export_gain * treated[sells].mean()
    own_sd = np.sqrt(total / count * (sd**2 + mean**2) - own_mean**2)
    latent = persistent(rows, "firm", rng, share=0.75)[sells]
    values = pd.Series(0.0, index=rows.index)
    placed = marginal(count, own_mean, own_sd, 0.0, high)
    values[sells] = placed[latent.rank(method="first").to_numpy(dtype=int) - 1]
    correction = rng.choice(np.flatnonzero(~sells & (treated == 0)))
    values.iloc[correction] = low
    return values


def sa_of(log_assets: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Return the SA index of log assets in million yuan."""
    return sa_index(np.exp(log_assets) * MILLION, rows["year"] - rows["established"])
