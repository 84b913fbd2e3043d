"""Honest draws of the firms: what they say of the estimates."""

from __future__ import annotations

import numpy as np

from digitrade.data import load_honest_targets
from digitrade.studies.pilot_zones.specifications import PRINTED
from digitrade.studies.pilot_zones.twin import honest

MONTE_CARLO = 4.0  # standard errors of a mean over the draws
NOMINAL = 0.05  # of a test on rows where nothing is true, and how far 200 draws may be off
LEEWAY = 0.06


def test_every_printed_column_is_drawn_but_the_one_printed_twice():
    targets = set(load_honest_targets(honest.STUDY)["target"])
    assert {f"t{column.key}" for column in PRINTED} - targets == {"t51"}


def test_own_weights_are_what_the_winsorised_estimate_is_about():
    """Against the mean effect it is short; against the effects by its own weights it is not."""
    summary = honest.honest_summary(["winsorised", "winsorised_w"]).set_index("target")
    error = summary["sd"] / np.sqrt(summary["draws"])
    assert summary.loc["winsorised", "bias"] < -MONTE_CARLO * error["winsorised"]
    gaps = summary["bias"].abs()
    assert gaps["winsorised_w"] < gaps["winsorised"] / 2


def test_a_placebo_where_nothing_is_true_rejects_about_as_often_as_it_should():
    power = honest.honest_summary(["ahead_1"])["power"].item()
    assert abs(power - NOMINAL) < LEEWAY
