"""What each estimate of the firms is worth: honest draws, each with its truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from digitrade.data import load_honest_draws, load_honest_targets
from digitrade.data.cache import write_honest_draws
from digitrade.methods.calibration import held_to_truth, summarise_draws
from digitrade.methods.estimate import LESS
from digitrade.methods.event_study import Base, event_study
from digitrade.methods.mediation import mediate
from digitrade.methods.regression import fixed_effects, suest
from digitrade.studies.pilot_zones.mechanisms import channel_errors, channel_samples, words_and_logs
from digitrade.studies.pilot_zones.robustness import (
    clustered_rows,
    matched,
    time_placebos,
    without_largest,
)
from digitrade.studies.pilot_zones.scales import above, on_scales, standard_scales
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    PRINTED,
    TABLES,
    TWIN,
    effect_on,
    estimation_sample,
    true_effect,
)
from digitrade.studies.pilot_zones.twin.simulate import simulate_firms
from digitrade.studies.pilot_zones.twin.truth import TRUTH
from digitrade.studies.pilot_zones.variables import build_firm_panel

STUDY = "pilot_zones"
SEEDS = range(101, 301)
DRAWS = 999  # of the distribution of a product
WINSORISED = 0.01  # at each end
BASES: Mapping[str, Base] = {"over the year before": -1, "over the earliest year": "earliest"}
OWN_WEIGHTS = ", by its own weights"


def honest_summary(targets: str | Sequence[str] = "") -> pd.DataFrame:
    """Summarise the shipped draws: of all targets, of a chapter's, or of those that are named."""
    return summarise_draws(load_honest_draws(STUDY), load_honest_targets(STUDY, targets))


def write_draws(draws: int = len(SEEDS), *, jobs: int = 1) -> Path:
    """Draw the first so many of the :data:`SEEDS` again and write them to ``data/twin``."""
    return write_honest_draws(STUDY, honest_firms, SEEDS[:draws], jobs=jobs)


def honest_firms(seed: int) -> pd.DataFrame:
    """Return every target's estimate in one honest draw, beside what is true in it."""
    panel = build_firm_panel(simulate_firms(seed, recentre=False).extract)
    blocks = (_printed, _changed, _groups, _events, _channels)
    rows = [block for make in blocks for block in make(panel)]
    return held_to_truth(pd.concat(rows, ignore_index=True), load_honest_targets(STUDY))


def _printed(panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give the printed columns; the truth is the mean effect over the treated rows of each."""
    for column in PRINTED:
        sample, model = column.sample(panel), column.specification
        fit, truth = fixed_effects(sample, model), true_effect(sample, model.outcome)
        if column.years_ahead:  # what the column finds of the true effects alone
            truth = effect_on(sample, model.replace(outcome="true_effect_fc"))["estimate"]
        truths = {"zone_post": truth, "innova_post": TRUTH.innovative_city}
        rows = fit.tidy().query("term in @truths")
        names = (column.key + " " + rows["term"]).str.removesuffix(" zone_post")
        yield rows.assign(row=names, truth=rows["term"].map(truths))


def _changed(panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give the baseline with other errors, on other rows, on other scales, and a year ahead."""
    sample = estimation_sample(panel, BASELINE)
    yield clustered_rows(panel, BASELINE).assign(truth=true_effect(sample))
    pairs = matched(panel)
    truth = true_effect(pairs.sample.panel, weight="matching_weight")
    yield pd.DataFrame([{"row": "matched", **pairs.main, "truth": truth}])
    yield without_largest(sample, BASELINE, [1, 50]).rename(columns={"true": "truth"})
    rows = on_scales(panel, BASELINE, standard_scales(WINSORISED) | above([0.9]))
    yield rows.rename(columns={"true": "truth"})
    yield rows.assign(row=rows["row"] + OWN_WEIGHTS, truth=rows["truth_weighted"])
    before = time_placebos(panel, years=[1]).query("sample == 'pre'")
    yield before.assign(row="ahead 1, before", truth=0.0)


def _groups(panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give the differences between groups that are asked for; the groups are printed columns."""
    samples = {column.label: (column.sample(panel), column.specification) for column in TABLES["8"]}
    rows = load_honest_targets(STUDY)["row"]
    for row in rows[rows.str.contains(LESS)]:
        first, second = row.split(LESS)
        gap = suest({name: samples[name] for name in (first, second)}).difference(first, second)
        one, other = (true_effect(samples[name][0]) for name in (first, second))
        yield gap.assign(row=row, truth=one - other)


def _events(panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give effects by years since the zone over two bases, their mean, and the test of leads."""
    sample = estimation_sample(panel, BASELINE)
    path = sample.groupby("event_time")["true_effect_fc"].mean()
    for words, base in BASES.items():
        study = event_study(sample, BASELINE, event_time="event_time", base=base)
        rows = study.effects.astype({"event_time": int})
        names = rows["event_time"].astype(str) + f" years {words}"
        yield rows.assign(row=names, truth=rows["event_time"].map(path))
        mean = study.mean_effect().to_frame().T.infer_objects()
        yield mean.assign(row=f"mean {words}", truth=true_effect(sample))
        yield pd.DataFrame({"row": [f"leads {words}"], "p_value": study.pretrend.p_value})


def _channels(panel: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give a channel's product of two links, words in logs, and agglomeration by cities."""
    samples = channel_samples({TWIN: panel})[TWIN]
    agg, rng = samples["agg"], np.random.default_rng(0)
    found = mediate(agg, BASELINE, "agg", inference="monte-carlo", draws=DRAWS, rng=rng).tidy()
    yield found.tail(1).assign(row="agg: a × b", truth=0.0)
    errors = channel_errors({"agg": agg}).query("label in ['city', 'city-years']")
    yield errors.assign(row="agg by " + errors["label"], truth=true_effect(agg, "agg"))
    yield words_and_logs(samples, BASELINE).rename(columns={"true": "truth"})
