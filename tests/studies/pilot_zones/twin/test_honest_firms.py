"""Honest draws of the firms: the shipped rows are those that the code makes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_honest_draws, load_honest_targets
from digitrade.studies.pilot_zones.specifications import PRINTED
from digitrade.studies.pilot_zones.twin import honest

SHIPPED = 6e-5  # half a unit of the fifth digit that is shipped, and rounding of the solver
FLAGS = ["covered", "rejected"]
MONTE_CARLO = 4.0  # standard errors of a mean over the draws
NOMINAL = 0.05  # of a test on rows where nothing is true, and how far 200 draws may be off
LEEWAY = 0.06


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return load_honest_draws(honest.STUDY)


@pytest.mark.parametrize("seed", [honest.SEEDS[0], honest.SEEDS[-1]])
def test_a_draw_made_again_is_the_shipped_one(shipped, seed):
    own = shipped[shipped["seed"] == seed].drop(columns="seed").reset_index(drop=True)
    made = honest.honest_firms(seed)
    pd.testing.assert_frame_equal(made.drop(columns=FLAGS), own.drop(columns=FLAGS), rtol=SHIPPED)
    pd.testing.assert_frame_equal(made[FLAGS], own[FLAGS])


def test_every_target_in_every_draw(shipped):
    targets = load_honest_targets(honest.STUDY)["target"]
    assert set(zip(shipped["seed"], shipped["target"], strict=True)) == {
        (seed, target) for seed in honest.SEEDS for target in targets
    }


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
