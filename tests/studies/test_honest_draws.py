"""Honest draws of both studies: the shipped rows are those that the code makes."""

from __future__ import annotations

import pandas as pd
import pytest

from digitrade.data import load_honest_draws, load_honest_targets
from digitrade.studies.digital_finance.twin import honest as provinces
from digitrade.studies.pilot_zones.twin import honest as firms

SHIPPED = 6e-5  # half a unit of the fifth digit that is shipped, and rounding of the solver
FLAGS = ["covered", "rejected"]
MAKERS = [(provinces, provinces.honest_provinces), (firms, firms.honest_firms)]


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize(("study", "make"), MAKERS, ids=["provinces", "firms"])
def test_a_draw_made_again_is_the_shipped_one(study, make, place):
    seed = study.SEEDS[place]
    shipped = load_honest_draws(study.STUDY)
    own = shipped[shipped["seed"] == seed].drop(columns="seed").reset_index(drop=True)
    made = make(seed)
    pd.testing.assert_frame_equal(made.drop(columns=FLAGS), own.drop(columns=FLAGS), rtol=SHIPPED)
    pd.testing.assert_frame_equal(made[FLAGS], own[FLAGS])


@pytest.mark.parametrize("study", [provinces, firms], ids=["provinces", "firms"])
def test_every_target_in_every_draw(study):
    shipped, targets = load_honest_draws(study.STUDY), load_honest_targets(study.STUDY)["target"]
    assert set(zip(shipped["seed"], shipped["target"], strict=True)) == {
        (seed, target) for seed in study.SEEDS for target in targets
    }
