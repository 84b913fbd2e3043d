"""Which chapters can run on a reader's panel: what each rests on is tried, cheaply."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from digitrade.methods.decompositions import treatment_weights
from digitrade.methods.event_study import event_study
from digitrade.methods.mediation import partial_correlation
from digitrade.methods.regression import fixed_effects
from digitrade.methods.threshold import panel_threshold
from digitrade.studies.pilot_zones.groups import (
    few_clusters,
    group_basis,
    group_columns,
    group_differences,
)
from digitrade.studies.pilot_zones.mechanisms import channel_samples
from digitrade.studies.pilot_zones.robustness import matched_rows, space_placebos, time_placebos
from digitrade.studies.pilot_zones.sources import ABSORBED, absorbed_controls
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    PRINTED,
    YOURS,
    estimation_sample,
    with_covariance,
)
from digitrade.studies.pilot_zones.thresholds import MODEL, threshold_panel
from digitrade.studies.pilot_zones.twin.calibration import evaluate_firm_targets

RUNS, IN_PART, CANNOT = "runs", "runs without", "cannot"
TABLES_OF = {
    "02_baseline": "3",
    "03_robustness": "4",
    "03_robustness_matched": "56",
    "04_heterogeneity": "8",
    "05_mechanisms": "9",
}
"""The printed tables of which a chapter leaves columns blank if the file lacks what they need."""
TRIM = 0.05  # of rows on either side of a threshold
FEW = 9  # draws: enough to see whether a chapter's draws can be made

Trial = Callable[[pd.DataFrame], object]


def chapter_verdicts(panel: pd.DataFrame) -> pd.DataFrame:
    """Return ``chapter, verdict, why`` for each chapter of the study on a reader's firm panel.

    ``verdict`` is ``"runs"``, ``"runs without"`` (``why`` has the printed columns that stay blank)
    or ``"cannot"``, with the reason. Passing is necessary, and a chapter may still stop elsewhere.
    """
    rows = []
    for chapter, trials in TRIALS.items():
        reasons = list(dict.fromkeys(filter(None, (_failure(trial, panel) for trial in trials))))
        lost = _blank(panel, TABLES_OF.get(chapter, ""))
        verdict = CANNOT if reasons else IN_PART if lost else RUNS
        rows.append((chapter, verdict, "; ".join(reasons) or ", ".join(lost)))
    return pd.DataFrame(rows, columns=["chapter", "verdict", "why"])


def describe_verdicts(panel: pd.DataFrame) -> str:
    """Return :func:`chapter_verdicts` as text: a sentence, then a line for each chapter."""
    verdicts = chapter_verdicts(panel)
    failed = int((verdicts["verdict"] == CANNOT).sum())
    some = f"{len(verdicts) - failed} of {len(verdicts)} chapters on pilot zones can run on this"
    lines = [f"{some} file:" if failed else "The chapters on pilot zones can run on this file."]
    width = int(verdicts["chapter"].str.len().max())
    for chapter, verdict, why in verdicts.itertuples(index=False):
        reason = f"{': ' if verdict == CANNOT else ' '}{why}" if why else ""
        lines.append(f"    {chapter:{width}}  {verdict}{reason}")
    return "\n".join(lines)


def _failure(trial: Trial, panel: pd.DataFrame) -> str:
    """Return what a trial says against a panel, on one line, or nothing."""
    try:
        trial(panel)
    except (ValueError, KeyError, IndexError, ZeroDivisionError) as error:
        return " ".join(str(error).strip("'\"").split()) or type(error).__name__
    return ""


def _blank(panel: pd.DataFrame, tables: str) -> list[str]:
    """Return the printed columns of which the panel has not a single row of what they need."""
    return [
        f"Table {column.key[0]}, {column.label}"
        for column in PRINTED
        if column.key[0] in tables
        and panel[[*column.specification.columns, *filter(None, column.only[:1])]]
        .isna()
        .all()
        .any()
    ]


def _controls(panel: pd.DataFrame) -> None:
    rows = estimation_sample(panel, BASELINE)
    if absorbed := absorbed_controls(rows):
        raise ValueError(f"{', '.join(absorbed)}: {ABSORBED}")


def _event_studies(panel: pd.DataFrame) -> None:
    rows = estimation_sample(panel, BASELINE)
    treatment_weights(rows, BASELINE, cohort="cohort")
    for base in ("earliest", -1):
        event_study(rows, BASELINE, event_time="event_time", base=base)


def _in_space(panel: pd.DataFrame) -> None:
    space_placebos({YOURS: panel}, with_covariance(BASELINE, "city"), draws=FEW, seed=0)


def _groups(panel: pd.DataFrame) -> None:
    if not group_columns(panel):
        raise ValueError("no group of firms is large enough for an effect of its own")
    group_basis(panel)
    group_differences(panel)
    few_clusters(panel, draws=FEW, rng=np.random.default_rng(0))


def _channels(panel: pd.DataFrame) -> None:
    for name, rows in channel_samples({YOURS: panel})[YOURS].items():
        fixed_effects(rows, BASELINE.replace(outcome=name))
        partial_correlation(rows, BASELINE, name)


def _thresholds(panel: pd.DataFrame) -> None:
    model = {**MODEL, "controls": CONTROLS, "outcome": "fc_winsorised", "trim": TRIM}
    panel_threshold(threshold_panel(panel), **model, draws=0, rng=np.random.default_rng(0))


TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "01_variables": (),
    "02_baseline": (_controls, _event_studies),
    "03_robustness": (_controls, time_placebos, _in_space),
    "03_robustness_matched": (_controls, matched_rows),
    "04_heterogeneity": (_controls, _groups),
    "05_mechanisms": (_controls, _channels),
    "06_thresholds": (_controls, _thresholds),
    "07_calibration": (_controls, evaluate_firm_targets),
}
"""What each chapter rests on; it raises where the chapter would stop."""
