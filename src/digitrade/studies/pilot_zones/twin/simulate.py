"""Draw the simulated firms: an extract as a reader would bring it, with the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from digitrade.studies.pilot_zones.twin.columns import (
    Moments,
    city_columns,
    firm_columns,
    printed_moments,
)
from digitrade.studies.pilot_zones.twin.outcomes import (
    BILLION,
    MILLION,
    effect_on_fc,
    financing,
    loans,
    other_outcomes,
    sa_of,
)
from digitrade.studies.pilot_zones.twin.recentre import recentre_extract
from digitrade.studies.pilot_zones.twin.roster import draw_roster
from digitrade.studies.pilot_zones.twin.truth import TRUTH, FirmTruth
from digitrade.studies.pilot_zones.zones import assign_treatment

DEFAULT_SEED = (
    5  # of the seeds 1 to 30, a draw whose standard errors and path are near; see the chapter
)
MOST = 0.9  # of total assets, financial and fixed together
FIGURE_PATH = {0: 0.12, 1: 0.24, 2: 0.24, 3: 0.60, 4: 0.30, 5: 0.17}  # aims over the earliest year
KEYS = ["firm", "year", "city", "province"]
AS_DRAWN = ["exporter", "high_tech", "polluting"]
CONTROLS = ["top1", "quick", "liability", "q", "pe", "roe", "established"]
CITY = [
    "deposits_loans",
    "gdp",
    "gdp_per_head",
    "urbanisation",
    "disposable_income",
    "fiscal_expenditure",
    "smart_city_year",
    "innovative_city_year",
]


@dataclass(frozen=True, slots=True)
class FirmTwin:
    """Simulated firms of one seed.

    Attributes
    ----------
    extract
        14,791 rows with the columns of a reader's own extract and, for each outcome, the true
        effect of the zone in the row (``true_effect_fc`` and so on; 0 where there is none).
    drawn
        The same rows before noise was moved; the extract itself if it was not.
    seed, truth
        What it was drawn with.
    """

    extract: pd.DataFrame
    drawn: pd.DataFrame
    seed: int
    truth: FirmTruth


def simulate_firms(
    seed: int = DEFAULT_SEED, *, recentre: bool | None = None, truth: FirmTruth = TRUTH
) -> FirmTwin:
    """Draw firms in real prefectures, treated by the real list of zones.

    Parameters
    ----------
    seed
        Seed of every draw.
    recentre
        Whether noise is moved so that the binding targets hold; by default on the default
        seed only. Every other seed is an honest draw.
    truth
        Parameters of the process.

    Raises
    ------
    RuntimeError
        If the printed sample sizes cannot be had.
    """
    rng = np.random.default_rng(seed)
    roster_rng, column_rng, outcome_rng = rng.spawn(3)
    roster = draw_roster(roster_rng)
    rows = roster.join(assign_treatment(roster)[["event_time", "zone_post"]])
    moments = printed_moments()
    rows = rows.join(firm_columns(rows, moments, column_rng))
    rows = rows.join(city_columns(rows, moments, column_rng))
    drawn = _extract(_draw(rows, moments, truth, outcome_rng))
    if recentre is None:
        recentre = seed == DEFAULT_SEED
    extract = recentre_extract(drawn, FIGURE_PATH) if recentre else drawn
    return FirmTwin(_within_assets(extract), _within_assets(drawn), seed, truth)


def _draw(
    rows: pd.DataFrame, moments: Moments, truth: FirmTruth, rng: np.random.Generator
) -> pd.DataFrame:
    """Add outcomes and true effects to the rows."""
    fc = financing(rows, truth, rng)
    effect = effect_on_fc(rows, truth).mask(rows["spike"] | rows["holding"], 0.0)
    joined = (rows["year"] >= rows["innovative_city_year"]) & ~rows["spike"] & ~rows["holding"]
    before, after = other_outcomes(rows, moments, truth, rng)
    short_long = loans(rows, truth, rng)
    columns = {
        "fc": fc + effect + truth.innovative_city * joined,
        "true_effect_fc": effect,
        "log_assets": after["assets"],
        "true_effect_sa": sa_of(after["assets"], rows) - sa_of(before["assets"], rows),
        "log_subsidies": after["subsidies"],
        "true_effect_log_govsub": after["subsidies"] - before["subsidies"],
        "words": after["words"],
        "true_effect_digitalisation": after["words"] - before["words"],
        "exports": after["exports"],
        "true_effect_export": after["exports"] - before["exports"],
        "agg": rows["agg"] + truth.agglomeration * rows["zone_post"],
        "true_effect_agg": truth.agglomeration * rows["zone_post"],
    }
    return rows.drop(columns="agg").assign(**columns).join(_loan_columns(*short_long))


def _loan_columns(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return loans with zones, and what zones do to the log of each kind and of all."""
    columns = {"short_loans": after["short"], "long_loans": after["long"]}
    for name, kind in (("shortloan", "short"), ("longloan", "long")):
        columns[f"true_effect_log_{name}"] = np.log1p(after[kind]) - np.log1p(before[kind])
    columns["true_effect_log_totalloan"] = np.log1p(after.sum(axis=1, skipna=False)) - np.log1p(
        before.sum(axis=1, skipna=False)
    )
    return pd.DataFrame(columns)


def _extract(drawn: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of an extract, in their units."""
    total = np.exp(drawn["log_assets"]) * MILLION
    share = drawn["fixed_share"]
    amounts = {
        "financial_assets": drawn["fc"] * share * total,
        "fixed_assets": share * total,
        "total_assets": total,
        "subsidies": np.expm1(drawn["log_subsidies"].clip(lower=0)),
        "short_loans": drawn["short_loans"],
        "long_loans": drawn["long_loans"],
        "export_revenue": drawn["exports"] * BILLION,
        "digital_words": drawn["words"].round().clip(lower=0),
        "agg": drawn["agg"],
    }
    true = [name for name in drawn if str(name).startswith("true_effect_")]
    plain = drawn[[*KEYS, *AS_DRAWN, *CONTROLS, *CITY]]
    return plain.assign(**amounts).join(drawn[true])


def _within_assets(extract: pd.DataFrame) -> pd.DataFrame:
    """Return the extract with financial and fixed assets no larger than all assets allow.

    Their ratio stays: where it is large, there are hardly any fixed assets.
    """
    both = ["financial_assets", "fixed_assets"]
    room = (MOST * extract["total_assets"] / extract[both].sum(axis=1)).clip(upper=1.0)
    return extract.assign(**{name: extract[name] * room for name in both})
