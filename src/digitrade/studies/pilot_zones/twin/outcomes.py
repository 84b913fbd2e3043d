"""Outcomes of the simulated firms with zones, and what the zones add to each: the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from digitrade.studies.pilot_zones.twin.columns import Printed, persistent, place
from digitrade.studies.pilot_zones.twin.truth import STRATA, FirmTruth
from digitrade.studies.pilot_zones.variables import MILLION_YUAN, sa_index

GAPS = {"short": 14_791 - 14_332, "long": 14_791 - 12_680}  # rows without loans in Table 4
KINDS = ("exporter", "high_tech", "polluting")


def draw_outcomes(
    rows: pd.DataFrame, moments: Printed, truth: FirmTruth, rng: np.random.Generator
) -> pd.DataFrame:
    """Return outcomes with the zones, and in ``true_effect_*`` what zones add to each variable."""
    treated = (rows["event_time"] >= 0).astype(float)
    marked = rows["spike"] | rows["holding"]
    fc = _financing(rows, marked, truth, rng)
    effect = effect_on_fc(rows, truth).mask(marked, 0.0)
    joined = (rows["year"] >= rows["innovative_city_year"]) & ~marked
    assets = 8.0 + 1.3 * persistent(rows, "firm", rng, share=0.70)
    grown = assets + truth.asset_growth * treated
    subsidies = 15.3 + 1.9 * persistent(rows, "firm", rng, share=0.60)
    gains = {
        "log_govsub": truth.subsidy * treated,
        "digitalisation": truth.keyword_gain * treated,
        "export": truth.export_gain * treated * rows["exporter"].fillna(0.0),
        "agg": truth.agglomeration * rows["zone_post"],
    }
    mean, *others = moments["digitalisation"]
    latent = persistent(rows, "firm", rng, share=0.75) + 0.06 * (rows["year"] - 2011)
    words = place(latent, mean - gains["digitalisation"].mean(), *others)
    exports = _exports(rows, moments, gains["export"], rng)
    age = rows["year"] - rows["established"]
    sa, sa_without = (sa_index(np.exp(logs) * MILLION_YUAN, age) for logs in (grown, assets))
    columns = {
        "fc": fc + effect + truth.innovative_city * joined,
        "log_assets": grown,
        "log_subsidies": subsidies + gains["log_govsub"],
        "words": words + gains["digitalisation"],
        "exports": exports + gains["export"],
        "agg": rows["agg"] + gains["agg"],
    }
    effects = pd.DataFrame({"fc": effect, "sa": sa - sa_without, **gains})
    loans = _loans(rows, treated > 0, truth, rng)
    return pd.DataFrame(columns).join(effects.add_prefix("true_effect_")).join(loans)


def effect_on_fc(rows: pd.DataFrame, truth: FirmTruth) -> pd.Series:
    """Return what the zone adds to FC in each row; of a kind not known, by its mean factor."""
    since = rows["event_time"].clip(upper=len(truth.path) - 1)
    effect = truth.effect * since.map(dict(enumerate(truth.path))).fillna(0.0)
    effect = effect * rows["cell_region"].map(truth.by_region) * rows["tier"].map(truth.by_tier)
    for name in KINDS:
        factors = getattr(truth, f"by_{name}")
        effect = effect * rows[name].map(dict(enumerate(factors))).fillna(sum(factors) / 2)
    return effect


def _financing(
    rows: pd.DataFrame, marked: pd.Series, truth: FirmTruth, rng: np.random.Generator
) -> pd.Series:
    """Return FC without zones: large only in the strata whose printed standard errors are."""
    latent = persistent(rows, "firm", rng, share=0.1, persistence=0.3)
    plain = (rows[list(KINDS)] == 0).all(axis=1)
    stratum = rows["cell_region"].replace({"east": "calm east"})
    stratum = stratum.mask((stratum == "calm east") & plain, "wild " + rows["tier"])
    values = pd.Series(0.0, index=rows.index)
    for name, mean, sd, high in STRATA.itertuples(name=None):
        own = (stratum == name) & ~marked
        values[own] = place(latent[own], mean, sd, 0.0, high)
    moving = persistent(rows, "firm", rng, share=0.0)
    values[rows["holding"]] = truth.holding_level * (1 + 0.12 * moving[rows["holding"]])
    values[rows["spike"]] = truth.spike_value
    return values


def _exports(
    rows: pd.DataFrame, moments: Printed, gain: pd.Series, rng: np.random.Generator
) -> pd.Series:
    """Return export revenue in billion yuan: none without exports, but for one correction."""
    mean, sd, low, high = moments["export"]
    sells = rows["exporter"] == 1
    ratio = len(rows) / int(sells.sum())
    own_mean = mean * ratio - gain[sells].mean()
    own_sd = np.sqrt(ratio * (sd**2 + mean**2) - own_mean**2)
    latent = persistent(rows, "firm", rng, share=0.75)[sells]
    values = pd.Series(0.0, index=rows.index)
    values[sells] = place(latent, own_mean, own_sd, 0.0, high)
    values.iloc[rng.choice(np.flatnonzero(~sells & ~(rows["event_time"] >= 0)))] = low
    return values


def _loans(
    rows: pd.DataFrame, treated: pd.Series, truth: FirmTruth, rng: np.random.Generator
) -> pd.DataFrame:
    """Return both loans and the effects on their logs, most of which is first, small loans."""
    size, short, long, rank_short, rank_long, new_short, new_long = (
        persistent(rows, "firm", rng, share=share) for share in (0.8, 0.3, 0.3, 0.72, 0.72, 0, 0)
    )
    size = 19.0 + 1.3 * size
    short, long = size - 0.3 + 0.5 * short, size - 0.8 + 0.9 * long
    no_long = rank_long > 0.35
    no_short = (rank_short > 1.2) & ~no_long
    new_short = no_short & treated & (new_short.rank(pct=True) < truth.new_short)
    new_long = no_long & treated & (new_long.rank(pct=True) < truth.new_long)
    amounts = {"short": np.exp(short).mask(no_short, 0.0), "long": np.exp(long).mask(no_long, 0.0)}
    before = pd.DataFrame(amounts)
    after = before.mul(np.exp(truth.loan_growth * treated), axis=0)
    after["short"] = after["short"].mask(new_short, np.exp(long + truth.new_loan_size))
    after["long"] = after["long"].mask(new_long, np.exp(short + truth.new_loan_size))
    order = rng.permutation(len(rows))
    for kind, count in GAPS.items():
        before.loc[order < count, kind] = after.loc[order < count, kind] = np.nan
    with_zones, without = (
        np.log1p(loans.assign(total=loans.sum(axis=1, skipna=False))) for loans in (after, before)
    )
    truths = (with_zones - without).add_prefix("true_effect_log_").add_suffix("loan")
    return after.add_suffix("_loans").join(truths)
