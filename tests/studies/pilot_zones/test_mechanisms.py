"""Channels of the firm study: printed arithmetic by hand, experiments with a known answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import load_cities
from digitrade.exhibits.comparison import chain_table
from digitrade.methods.mediation import mediate, partial_correlation
from digitrade.methods.regression import fixed_effects
from digitrade.studies.pilot_zones.mechanisms import (
    CHANNELS,
    LOGGED,
    channel_errors,
    channel_samples,
    city_years,
    needed_and_found,
    one_more_firm,
    plant_common_cause,
    planted_strengths,
    printed_channels,
    printed_f,
    printed_outcomes,
    tails,
    with_logged_words,
    words_and_logs,
)
from digitrade.studies.pilot_zones.specifications import (
    BASELINE,
    CONTROLS,
    COVARIANCES,
    printed_rows,
)
from digitrade.studies.pilot_zones.variables import location_quotient

HALF = 0.02  # sampling error of a correlation over 20,000 rows, three times


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    keys = pd.MultiIndex.from_product([range(2000), range(10)], names=["firm", "year"])
    frame = keys.to_frame(index=False)
    size = len(frame)
    frame["city"] = np.array(["Hangzhou", "Suzhou", "Lhasa", "Harbin"])[frame["firm"] % 4]
    frame["zone_post"] = ((frame["city"] == "Hangzhou") & (frame["year"] > 5)).astype(float)
    frame["agg"] = frame.groupby(["city", "year"]).ngroup() / 10
    frame["digitalisation"] = rng.poisson(3, size) + 2.0 * frame["zone_post"]
    frame["true_effect_digitalisation"] = 2.0 * frame["zone_post"]
    return frame.assign(fc=rng.normal(size=size), fin=1.0, eco=2.0)


def test_needed_numbers_by_hand():
    """Words: 0.256 / 1.918 of FC each; SDs 15.883 and 3.9468, R squared 0.679 and 0.245."""
    row = printed_channels().set_index("channel").loc["digitalisation"]
    assert row["needed_b"] == pytest.approx(0.256 / 1.918)
    assert row["t"] == pytest.approx(1.918 / 0.298)
    ratio = 15.883 * np.sqrt(1 - 0.679) / (3.9468 * np.sqrt(1 - 0.245))
    assert row["needed_correlation"] == pytest.approx(0.256 / 1.918 * ratio)
    assert row["in_sd"] == pytest.approx(0.256 / 1.918 * 15.883 / 3.9468)


def test_exports_cannot_carry_the_printed_effect_alone():
    rows = printed_channels().set_index("channel")["needed_correlation"]
    assert rows["export"] > 1 > rows["agg"] > rows["digitalisation"]


def test_outcomes_and_mechanisms_in_one_list():
    rows = printed_outcomes().set_index("row")
    assert (rows["called"] == "a mechanism").sum() == 3
    assert len(rows) == 8
    assert rows.loc["ln subsidies", "t"] == pytest.approx(0.110 / 0.0320)


def test_one_more_firm_is_the_quotient_of_a_panel_with_one_more(panel):
    rows = one_more_firm(panel, 7, effect=0.026)
    assert rows["city"].tolist() == ["Hangzhou"]
    counts = panel[panel["year"] == 7].groupby("city").size().rename("firms").reset_index()
    cities = counts.merge(load_cities()[["city", "area_km2"]], on="city").assign(year=7)
    more = cities.assign(firms=cities["firms"] + (cities["city"] == "Hangzhou"))
    here = cities["city"] == "Hangzhou"
    rise = (location_quotient(more) - location_quotient(cities))[here].item()
    assert rows["rise"].item() == pytest.approx(rise)
    assert rows["in_firms"].item() == pytest.approx(0.026 / rise)
    share = [location_quotient(one, measure="share")[here].item() for one in (more, cities)]
    assert rows["in_firms_share"].item() == pytest.approx(0.026 / 100 / (share[0] - share[1]))


def test_city_years_have_one_row_each(panel):
    cells = city_years(panel)
    assert len(cells) == 40
    assert not cells.duplicated(["city", "year"]).any()


def test_common_cause_ties_the_two_columns_and_leaves_the_rest(panel, rng):
    planted = plant_common_cause(panel, "digitalisation", strength=1.0, rng=rng)
    moved = planted[["digitalisation", "fc"]] - panel[["digitalisation", "fc"]]
    assert moved.corr().iloc[0, 1] == pytest.approx(1)
    assert planted[["digitalisation", "fc"]].corr().iloc[0, 1] == pytest.approx(0.5, abs=HALF)
    assert abs(np.corrcoef(moved["fc"], panel["zone_post"])[0, 1]) < 2 * HALF
    others = [one for one in panel if one not in moved]
    pd.testing.assert_frame_equal(planted[others], panel[others])


def test_no_strength_plants_nothing(panel, rng):
    planted = plant_common_cause(panel, "digitalisation", strength=0.0, rng=rng)
    np.testing.assert_array_equal(planted["fc"], panel["fc"])


def test_true_effect_in_logs(panel):
    rows = with_logged_words(panel)
    one = rows[(rows["zone_post"] == 1) & (rows["digitalisation"] == 5)].iloc[0]
    assert one[f"true_effect_{LOGGED}"] == pytest.approx(np.log(6) - np.log(4))
    assert (rows.loc[rows["zone_post"] == 0, f"true_effect_{LOGGED}"] == 0).all()
    bare = with_logged_words(panel.drop(columns="true_effect_digitalisation"))
    assert f"true_effect_{LOGGED}" not in bare


def test_tails_by_hand():
    frame = pd.DataFrame({"x": [0.0] * 99 + [100.0]})
    row = tails(frame, {"x": "X"}).iloc[0]
    assert row["zero"] == 0.99
    assert row["largest"] == 100
    assert row["median"] == 0
    assert row["top"] == pytest.approx(99**2 / (99**2 + 99))


@pytest.fixture(scope="module")
def whole(panel) -> pd.DataFrame:
    """Three hundred of the firms, with every column that the channels need."""
    rng = np.random.default_rng(6)
    rows = panel[panel["firm"] < 300].reset_index(drop=True)
    controls = {name: rng.normal(size=len(rows)) for name in CONTROLS}
    cells = rows.groupby(["city", "year"]).ngroup().to_numpy()
    agg = rng.normal(size=40)[cells] + 5 * rows["zone_post"]
    return rows.assign(**controls, agg=agg, export=rng.normal(size=len(rows)))


def test_samples_leave_out_what_a_source_does_not_have(whole):
    gaps = whole.assign(export=np.nan).assign(agg=whole["agg"].where(whole["firm"] > 9))
    samples = channel_samples({"twin": whole, "yours": gaps})
    assert {name: len(one) for name, one in samples["twin"].items()} == dict.fromkeys(
        CHANNELS, len(whole)
    )
    assert {name: len(one) for name, one in samples["yours"].items()} == {
        "digitalisation": len(whole),
        "agg": len(whole) - 100,
    }


def test_first_links_under_every_covariance(whole):
    rows = channel_errors(channel_samples({"twin": whole})["twin"]).set_index(["row", "label"])
    assert len(rows) == len(CHANNELS) * len(COVARIANCES) + 1
    alone = fixed_effects(whole, BASELINE.replace(outcome="digitalisation")).main
    own = rows.loc[("Digital words", "robust")]
    assert own["std_error"] == pytest.approx(alone["std_error"])
    assert rows.loc[("Agglomeration", "city"), "groups"] == 4
    agg = rows.loc["Agglomeration"]
    assert agg.loc["city", "std_error"] > 3 * agg.loc["robust", "std_error"]
    assert agg.loc["city-years", "n_obs"] == 40


def test_chain_table_has_print_sources_and_truth(whole, rng):
    one = mediate(whole, BASELINE, "agg", inference="monte-carlo", draws=99, rng=rng)
    chains = {"twin": {"agg": one}}
    printed = dict(zip(CHANNELS, printed_rows("9").to_dict("records"), strict=True))
    table = chain_table(chains, printed, name="tab-x", caption="Chains")
    assert [row[1] for row in table.rows] == ["printed", "truth"] * 2 + ["printed", "twin", "truth"]
    assert table.rows[4][2] == "0.026*** (0.008)"
    assert table.rows[5][-1] == "3,000"


def test_stronger_causes_make_larger_false_channels(whole):
    rows = planted_strengths(
        whole, BASELINE, "digitalisation", strengths=(0.0, 0.5, 1.0), seed=1, draws=99
    )
    assert rows["strength"].tolist() == [0.0, 0.5, 1.0]
    assert rows["b"].is_monotonic_increasing
    assert rows["p_b"].iloc[2] < 0.001


def test_tails_leave_out_an_empty_column():
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [np.nan, np.nan]})
    assert tails(frame, {"x": "X", "y": "Y"})["row"].tolist() == ["X"]


def test_correlations_stand_beside_what_print_needs(whole):
    samples = channel_samples({"twin": whole})
    found = needed_and_found({**samples, "yours": {}}).set_index("channel")
    alone = partial_correlation(samples["twin"]["agg"], BASELINE, "agg")
    assert found.loc["agg", "twin"] == pytest.approx(alone)
    assert found["yours"].isna().all()


def test_words_and_their_logs_each_have_a_truth(whole):
    rows = words_and_logs(channel_samples({"twin": whole})["twin"], BASELINE)
    assert rows["row"].tolist() == ["Words", "ln (1 + words)"]
    alone = fixed_effects(whole, BASELINE.replace(outcome="digitalisation")).main
    assert rows["estimate"].iloc[0] == pytest.approx(alone["estimate"])
    assert "true" in rows
    assert words_and_logs({}, BASELINE).empty


def test_f_of_a_printed_column_by_hand():
    """Exports: F = 1.330 of eight slopes; by numerical integration of the density, p is 0.223."""
    row = printed_f().loc["export"]
    x = np.linspace(1e-9, 1.330, 100_001)
    below = np.trapezoid(4**4 / 6 * x**3 * np.exp(-4 * x), x)  # chi-squared with 8 over 8
    assert row["f"] == 1.330
    assert row["p_value"] == pytest.approx(1 - below, abs=1e-3)


def test_a_control_that_city_years_absorb_is_named_and_left_out(whole):
    cities, noise = pd.factorize(whole["city"])[0], np.random.default_rng(7).normal(size=len(whole))
    later = whole.duplicated(["city", "year"])  # the first firm's figure stands for the city
    flat = whole.assign(fin=cities + 0.1 * whole["year"] + noise * later)
    rows = channel_errors({"agg": flat})
    assert rows["label"].iloc[-1] == "city-years, without Financial development"
    assert rows["n_obs"].iloc[-1] == 40


def test_channels_that_cannot_be_estimated_are_left_out(whole):
    samples = channel_samples({"yours": whole.assign(export=1.0)})["yours"]
    assert list(samples) == ["digitalisation", "agg"]
    assert channel_errors({}).empty
