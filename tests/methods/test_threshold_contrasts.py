"""Slopes compared and the regression at given cuts, against a second package."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from digitrade.exhibits.glue import record
from digitrade.methods.estimate import TIDY
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification
from digitrade.methods.threshold import SmallRegimeWarning, panel_threshold
from digitrade.methods.threshold.results import (
    fieller_set,
    increment_columns,
    regime_columns,
    slope_contrasts,
    tidy,
)

SAME = 1e-9  # the same least squares by another route: rounding only
SPREAD = 4.5  # standard errors that a fixed draw may lie from the truth
ROWS, SLOPES_OF_ALL = 600, 4  # three regimes and a control
# `fixed_effects` counts a constant among the K of (N-1)/(N-K), `panel_threshold` does not.
CONSTANT_COUNTED = np.sqrt((ROWS - SLOPES_OF_ALL) / (ROWS - SLOPES_OF_ALL - 1))
CUTS = (-0.5, 0.6)
SLOPES = np.array([1.0, 2.0, 3.5])


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """60 x 10, two thresholds, slopes as above, one control; provinces and years as keys."""
    rng = np.random.default_rng(20250713)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=["q", "x", "z"])
    frame["province"] = np.repeat([f"P{i:02d}" for i in range(60)], 10)
    frame["year"] = np.tile(np.arange(2011, 2021), 60)
    slopes = SLOPES[np.searchsorted(CUTS, frame["q"])]
    effect = rng.normal(size=60).repeat(10)
    frame["y"] = slopes * frame["x"] + 0.5 * frame["z"] + effect + rng.normal(size=ROWS)
    return frame


def fit(panel, **changes):
    options = {"outcome": "y", "regime_dependent": "x", "threshold": "q", "controls": ["z"]}
    options |= {"entity": "province", "time": "year", "n_thresholds": 2, "grid": None, "draws": 0}
    options |= {"covariance": "clustered", "rng": np.random.default_rng(1)}
    return panel_threshold(panel, **(options | changes))


@pytest.fixture(scope="module")
def double(panel):
    return fit(panel)


@pytest.fixture(scope="module")
def dummies(panel, double):
    """The same model by statsmodels: dummies, clusters, its own t tests of linear restrictions."""
    cuts = double.thresholds["estimate"].tolist()
    columns = regime_columns(panel, regressor="x", threshold="q", cuts=cuts)
    effects = pd.get_dummies(panel["province"], dtype=float)
    design = pd.concat([columns, panel[["z"]], effects], axis=1)
    return sm.OLS(panel["y"], design).fit()


def test_regression_at_the_estimated_cuts_is_the_threshold_model(panel, double):
    cuts = double.thresholds["estimate"].tolist()
    columns = regime_columns(panel, regressor="x", threshold="q", cuts=cuts)
    first, *others = columns
    specification = Specification(
        "y", first, (*others, "z"), effects=("province",), entity="province", time="year"
    )
    by_hand = fixed_effects(panel.join(columns), specification).coefficients
    assert by_hand["term"].tolist() == double.coefficients["term"].tolist()
    expected = double.coefficients
    assert by_hand["estimate"].tolist() == pytest.approx(expected["estimate"].tolist(), rel=SAME)
    errors = expected["std_error"] * CONSTANT_COUNTED
    assert by_hand["std_error"].tolist() == pytest.approx(errors.tolist(), rel=SAME)


def test_increments_are_the_differences(panel, double):
    cuts = double.thresholds["estimate"].tolist()
    columns = increment_columns(panel, regressor="x", threshold="q", cuts=cuts)
    specification = Specification(
        "y", "x", (*columns, "z"), effects=("province",), entity="province", time="year"
    )
    by_hand = fixed_effects(panel.join(columns), specification).coefficients.iloc[1:3]
    expected = slope_contrasts(double).query("contrast == 'difference'")
    assert by_hand["estimate"].tolist() == pytest.approx(expected["estimate"].tolist(), rel=SAME)
    errors = expected["std_error"] * CONSTANT_COUNTED
    assert by_hand["std_error"].tolist() == pytest.approx(errors.tolist(), rel=SAME)


def test_known_slopes_are_recovered(double):
    contrasts = slope_contrasts(double)
    truth = {"difference": np.diff(SLOPES), "ratio": SLOPES[1:] / SLOPES[:-1]}
    for kind, values in truth.items():
        rows = contrasts[contrasts["contrast"] == kind]
        assert np.all(np.abs(rows["estimate"] - values) < SPREAD * rows["std_error"])
        assert np.all((rows["conf_low"] < values) & (values < rows["conf_high"]))


@pytest.mark.parametrize("pair", [0, 1])
def test_fieller_ends_are_where_statsmodels_stops_rejecting(double, dummies, pair):
    names = double.vcov.index[[pair, pair + 1]]
    covariance = dummies.cov_params().loc[names, names].to_numpy()
    critical = 1.9
    low, high = dummies.params[names]
    kind, *ends = fieller_set(low, high, covariance, critical)
    assert kind == "interval"
    for end in ends:
        restriction = f"`{names[1]}` - {end!r} * `{names[0]}` = 0"
        weights = np.zeros(len(dummies.params))
        weights[dummies.params.index.get_indexer(names)] = [-end, 1.0]
        assert abs(dummies.t_test(weights).tvalue.item()) == pytest.approx(critical), restriction
    assert ends[0] < high / low < ends[1]


def test_delta_method_and_test_of_doubling_agree_with_statsmodels(panel, double, dummies):
    ratio = slope_contrasts(fit(panel, covariance="homoskedastic")).iloc[1]
    names = double.vcov.index[:2]
    weights = np.zeros(len(dummies.params))
    place = dummies.params.index.get_indexer(names)
    weights[place] = [-2.0, 1.0]
    doubling = dummies.t_test(weights)
    assert ratio["statistic"] == pytest.approx(doubling.tvalue.item(), rel=1e-7)
    assert ratio["p_value"] == pytest.approx(doubling.pvalue.item(), rel=1e-6)
    weights[place] = [-ratio["estimate"], 1.0]
    delta = dummies.t_test(weights).sd.item() / dummies.params[names[0]]
    assert ratio["std_error"] == pytest.approx(delta, rel=1e-7)


# Slopes, variances and the t test's own verdict at many ratios: one case of each kind.
FIELLER = {
    "interval": (10.0, 5.0, [[1.0, 0.3], [0.3, 1.0]]),
    "outside": (1.0, 5.0, [[1.0, -0.2], [-0.2, 1.0]]),
    "everything": (1.0, 0.5, [[1.0, 0.1], [0.1, 1.0]]),
}


@pytest.mark.parametrize("kind", FIELLER)
def test_fieller_set_is_what_the_t_test_does_not_reject(kind):
    low, high, covariance = FIELLER[kind]
    covariance, critical, ratios = np.array(covariance), 2.0, np.linspace(-40, 40, 80_001)
    found, start, end = fieller_set(low, high, covariance, critical)
    variances = covariance[1, 1] - 2 * ratios * covariance[0, 1] + ratios**2 * covariance[0, 0]
    kept = np.abs(high - ratios * low) <= critical * np.sqrt(variances)
    between = (ratios >= start) & (ratios <= end)
    assert found == kind
    assert (kept == (~between if kind == "outside" else between)).all()


@pytest.mark.parametrize("kind", FIELLER)
@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_fieller_set_does_not_depend_on_units(kind, unit):
    low, high, covariance = FIELLER[kind]
    expected = fieller_set(low, high, np.array(covariance), 2.0)
    found = fieller_set(unit * low, unit * high, unit**2 * np.array(covariance), 2.0)
    assert found[0] == expected[0]
    assert found[1:] == pytest.approx(expected[1:], rel=SAME)


def test_fieller_set_at_the_edge_has_one_end():
    kind, start, end = fieller_set(2.0, 5.0, np.eye(2), 2.0)  # the lower slope's t is critical
    assert (kind, start) == ("outside", -np.inf)
    assert end == pytest.approx((25 - 4) / (2 * 10))


def test_slopes_without_bound_say_what_they_exclude(panel):
    flat = panel["y"].where(panel["q"] > CUTS[0], panel["y"] - SLOPES[0] * panel["x"])
    rows = slope_contrasts(fit(panel.assign(y=flat)))
    ratio = rows[rows["contrast"] == "ratio"].iloc[0]
    assert (ratio["set"], ratio["conf_low"], ratio["conf_high"]) == ("outside", -np.inf, np.inf)
    assert ratio["gap_low"] < 1 < ratio["gap_high"]  # the slopes differ, so one is excluded


def test_units_of_the_outcome_leave_the_ratio_alone(panel):
    small, large = (slope_contrasts(fit(panel.assign(y=k * panel["y"]))) for k in (1, 10))
    ratios = small["contrast"] == "ratio"
    for column in ("estimate", "conf_low", "conf_high", "p_value"):
        assert large.loc[ratios, column].tolist() == pytest.approx(small.loc[ratios, column])
        factor = 1 if column == "p_value" else 10
        scaled = (factor * small.loc[~ratios, column]).tolist()
        assert large.loc[~ratios, column].tolist() == pytest.approx(scaled)


def test_slopes_of_regimes_with_intercepts(panel):
    """Slopes and steps by statsmodels; slopes do not depend on where x is zero, as Hansen's do."""
    steps = np.searchsorted(CUTS, panel["q"])
    stepped = panel.assign(y=panel["y"] + 2.0 * steps)
    found = fit(stepped, regime_intercepts=True, covariance="homoskedastic")
    cuts = found.thresholds["estimate"].tolist()
    codes = np.searchsorted(np.sort(cuts), panel["q"])
    design = regime_columns(panel, regressor="x", threshold="q", cuts=cuts)
    design = design.assign(one=codes >= 1, two=codes >= 2, z=panel["z"]).astype(float)
    effects = pd.get_dummies(panel["province"], dtype=float)
    model = sm.OLS(stepped["y"], pd.concat([design, effects], axis=1)).fit()
    assert found.coefficients["term"].tolist() == [
        *(f"x[regime {k}]" for k in (1, 2, 3)),
        *(f"step[beyond cut {k}]" for k in (1, 2)),
        "z",
    ]
    for ours, theirs in {"estimate": model.params, "std_error": model.bse}.items():
        np.testing.assert_allclose(found.coefficients[ours], theirs[list(design)], rtol=1e-8)
    rows = found.coefficients.iloc[:5]
    assert (np.abs(rows["estimate"] - [*SLOPES, 2, 2]) < SPREAD * rows["std_error"]).all()
    far = fit(stepped.assign(x=panel["x"] + 50), regime_intercepts=True).coefficients
    np.testing.assert_allclose(far["estimate"][:3], rows["estimate"][:3], rtol=1e-8)
    hansen = [fit(stepped.assign(x=panel["x"] + k)).coefficients["estimate"][:3] for k in (0, 50)]
    assert np.abs(hansen[0] - hansen[1]).max() > 0.1


@pytest.mark.parametrize(("split", "rows"), [("<=", [3, 2]), ("<", [2, 3])])
def test_a_row_at_the_cut_goes_where_the_split_says(split, rows):
    frame = pd.DataFrame({"q": [1.0, 2.0, 3.0, 4.0, 5.0], "x": 7.0}, index=list("abcde"))
    columns = regime_columns(frame, regressor="x", threshold="q", cuts=[3.0], split=split)
    assert (columns > 0).sum().tolist() == rows
    assert columns.sum(axis=1).tolist() == frame["x"].tolist()
    assert columns.index.equals(frame.index)
    beyond = increment_columns(frame, regressor="x", threshold="q", cuts=[3.0], split=split)
    assert beyond["x[beyond cut 1]"].equals(columns["x[regime 2]"].rename("x[beyond cut 1]"))


def test_an_empty_regime_is_refused():
    frame = pd.DataFrame({"q": [1.0, 2.0], "x": 1.0})
    with pytest.raises(ValueError, match=r"runs from 1 to 2, leave regime 3 empty"):
        regime_columns(frame, regressor="x", threshold="q", cuts=[1.0, 9.0])


def test_tidy_rows_can_be_recorded(double, panel, monkeypatch):
    rows = tidy({"two": double, "one": fit(panel, n_thresholds=1)}, outcome="y")
    assert rows["label"].value_counts().to_dict() == {"two": 2 + 4, "one": 1 + 3}
    assert rows["term"].tolist()[:3] == ["threshold 1", "threshold 2", "x[regime 1]"]
    assert rows["estimate"].iloc[0] == double.thresholds["estimate"].iloc[0]
    assert set(TIDY) <= set(rows)
    shown = []
    monkeypatch.setattr("digitrade.exhibits.glue.display", lambda data, **_: shown.append(data))
    record("x", rows)
    assert shown


def test_a_regime_of_few_rows_still_warns(panel):
    with pytest.warns(SmallRegimeWarning, match="read it as a description"):
        fit(panel.assign(q=panel["q"].rank() > 590), n_thresholds=1, trim=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(panel)
