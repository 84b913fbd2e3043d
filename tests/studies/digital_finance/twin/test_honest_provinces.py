"""Honest draws of the provinces: what they say of the estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_honest_draws
from digitrade.methods.regression import fixed_effects
from digitrade.studies.digital_finance.twin import honest
from digitrade.studies.digital_finance.twin.recentre import TWO_WAY
from digitrade.studies.digital_finance.twin.simulate import simulate_provinces

SHIPPED = 6e-5  # half a unit of the fifth digit that is shipped, and rounding of the solver
MONTE_CARLO = 4.0  # standard errors of a mean over the draws


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return load_honest_draws(honest.STUDY)


def test_the_summary_is_that_of_the_rows(shipped):
    summary = honest.honest_summary(["east", "baseline"]).set_index("target")
    assert list(summary.index) == ["east", "baseline"]
    own = shipped[shipped["target"] == "baseline"]
    row = summary.loc["baseline"]
    assert row["mean"] == pytest.approx(own["estimate"].mean())
    assert row["bias"] == pytest.approx((own["estimate"] - own["truth"]).mean())
    assert row["draws"] == len(honest.SEEDS)
    chapter = honest.honest_summary("05_mechanisms")["target"]
    assert {"roads_a", "finance_share"} <= set(chapter) < set(shipped["target"])
    assert len(honest.honest_summary()) == shipped["target"].nunique()
    with pytest.raises(KeyError, match="westt"):
        honest.honest_summary(["westt"])


def test_estimates_without_a_confounder_have_no_bias():
    """Paths to and from the mediators are clean in the process, so draws are centred on them."""
    summary = honest.honest_summary(["roads_a", "roads_b", "finance_b", "via_infrastructure"])
    error = summary["sd"] / np.sqrt(summary["draws"])
    assert (summary["bias"].abs() < MONTE_CARLO * error).all()


def test_the_truth_of_the_baseline_is_the_mean_of_the_effects(shipped):
    panel = simulate_provinces(honest.SEEDS[0], recentre=False).panel
    row = shipped.query("seed == @honest.SEEDS[0] and target == 'baseline'").iloc[0]
    assert row["truth"] == pytest.approx(panel["true_effect"].mean(), rel=SHIPPED)
    fit = fixed_effects(panel, TWO_WAY).main
    assert row["estimate"] == pytest.approx(fit["estimate"], rel=SHIPPED)
    assert row["covered"] == (fit["conf_low"] <= row["truth"] <= fit["conf_high"])
