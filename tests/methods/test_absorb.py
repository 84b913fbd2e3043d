"""The absorber: dense algebra, invariance, known truth, R's fixest, and the ranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import PanelOLS
from scipy.sparse.csgraph import connected_components

from digitrade.methods.absorb import Absorber, Projection
from digitrade.methods.covariance import small_sample
from digitrade.methods.regression import fixed_effects
from digitrade.methods.specification import Specification

REFERENCE = Path(__file__).parents[1] / "reference" / "fixed_effects"
EFFECTS = ("firm", "year", "city")
FIXEST_ERRORS = 1e-8  # fixest demeans by iteration, to a tolerance of 1e-11
DENSE = 1e-9  # rounding of a dense least-squares solution with the columns' values near 1
ROUNDING = 1e-12  # a projection applied once more
SAME_SUMS = 1e-9  # two exact solutions of the same least squares

FIRMS = Specification(
    "y", "treated", ("x1", "x2"), entity="firm", time="year", effects=EFFECTS, cluster="city"
)


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "panel.csv")


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "reference.csv")


def simulate(
    rng: np.random.Generator, movers: float, n_firms: int = 150, n_cities: int = 20
) -> pd.DataFrame:
    """Return firm-years with gaps; a share of the firms moves to another city once."""
    firm, year = np.divmod(np.arange(n_firms * 8), 8)
    home = rng.integers(0, n_cities, n_firms)
    away = (home + rng.integers(1, n_cities, n_firms)) % n_cities
    moving = rng.permutation(n_firms) < round(movers * n_firms)
    when = np.where(moving, rng.integers(1, 8, n_firms), 8)
    city = np.where(year >= when[firm], away[firm], home[firm])
    panel = pd.DataFrame({"firm": firm, "year": year, "city": city})
    return panel.sample(frac=0.7, random_state=rng).sort_index().reset_index(drop=True)


def dummies(panel: pd.DataFrame, effects=EFFECTS) -> np.ndarray:
    return np.hstack([pd.get_dummies(panel[name], dtype=float).to_numpy() for name in effects])


def projected(design: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return columns - design @ np.linalg.lstsq(design, columns, rcond=None)[0]


@pytest.mark.parametrize(
    ("model", "specification"),
    [
        ("three-way, city cluster", FIRMS),
        ("three-way, firm and year cluster", FIRMS.replace(cluster=("firm", "year"))),
        ("two-way, city cluster", FIRMS.replace(effects=("firm", "year"))),
        (
            "two-way, Driscoll-Kraay",
            FIRMS.replace(effects=("firm", "year"), covariance="driscoll-kraay", bandwidth=1),
        ),
    ],
)
def test_against_fixest(firms, printed, model, specification):
    ours = fixed_effects(firms, specification).tidy().set_index("term")
    theirs = printed[printed["model"] == model].set_index("term")
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], rtol=FIXEST_ERRORS)
    np.testing.assert_allclose(ours["std_error"], theirs["std_error"], rtol=FIXEST_ERRORS)
    assert (ours["n_obs"] == theirs["n_obs"]).all()


def test_exact_rank_against_fixest_differs_by_the_named_factor(firms, printed):
    # fixest counts 500 + 10 + 60 - 2 effects; their dummies have rank 532.
    ours = fixed_effects(firms, FIRMS.replace(covariance="robust"))
    theirs = printed[printed["model"] == "three-way, heteroskedastic"]
    ratio = np.sqrt((3264 - 3 - 568) / (3264 - 3 - 532))
    np.testing.assert_allclose(
        ours.tidy()["std_error"], ratio * theirs["std_error"], rtol=FIXEST_ERRORS
    )
    assert ours.words == "heteroskedasticity-robust, N/(N−K), K by exact rank"


@pytest.mark.parametrize(
    ("covariance", "options"),
    [
        ("clustered", {"cov_type": "clustered", "cluster_entity": True}),
        ("robust", {"cov_type": "robust"}),
        ("driscoll-kraay", {"cov_type": "kernel", "bandwidth": 2}),
    ],
)
def test_two_way_effects_against_linearmodels(firms, covariance, options):
    two_way = FIRMS.replace(effects=("firm", "year"), cluster="firm", covariance=covariance)
    ours = fixed_effects(firms, two_way)
    indexed = firms.set_index(["firm", "year"])
    names = list(two_way.regressors)
    model = PanelOLS(indexed["y"], indexed[names], entity_effects=True, time_effects=True)
    theirs = model.fit(debiased=False, auto_df=False, count_effects=False, **options)
    factor = small_sample(firms, two_way).factor
    np.testing.assert_allclose(ours.tidy()["estimate"], theirs.params, rtol=SAME_SUMS)
    np.testing.assert_allclose(ours.vcov, factor * theirs.cov, rtol=SAME_SUMS)
    assert ours.r_squared_within == pytest.approx(theirs.rsquared, rel=SAME_SUMS)
    assert ours.r_squared == pytest.approx(theirs.rsquared_inclusive, rel=SAME_SUMS)
    assert "exact rank" not in ours.words


@pytest.mark.parametrize("movers", [0, 0.01, 0.05, 0.2, 1])
def test_any_share_of_movers_gives_the_dense_projection_and_rank(rng, movers):
    panel = simulate(rng, movers)
    columns = 5 + rng.normal(size=(len(panel), 3))
    absorber = Absorber.of(panel, EFFECTS)
    design = dummies(panel)
    assert absorber.rank == np.linalg.matrix_rank(design)
    assert sum(absorber.n_levels.values()) == design.shape[1]
    np.testing.assert_allclose(
        absorber.residualise(columns), projected(design, columns), atol=DENSE
    )


@pytest.mark.parametrize("movers", [0, 0.01, 0.05, 0.2, 1])
def test_what_is_left_has_no_mean_anywhere_and_stays(rng, movers):
    panel = simulate(rng, movers, n_firms=2_000, n_cities=250)
    absorber = Absorber.of(panel, EFFECTS)
    left = absorber.residualise(1e3 + rng.normal(size=(len(panel), 2)))
    for name in EFFECTS:
        means = pd.DataFrame(left).groupby(panel[name]).mean().to_numpy()
        np.testing.assert_allclose(means, 0, atol=ROUNDING)
    np.testing.assert_allclose(absorber.residualise(left), left, atol=ROUNDING)
    assert left.std() > 0.5


@pytest.mark.parametrize("movers", [0, 0.01, 0.05, 0.2, 1])
def test_any_share_of_movers_gives_the_dense_regression(rng, movers):
    panel = simulate(rng, movers)
    panel[["treated", "x1", "x2", "y"]] = 5 + rng.normal(size=(len(panel), 4))
    design = np.column_stack([panel[["treated", "x1", "x2"]], dummies(panel)])
    slopes = np.linalg.lstsq(design, panel["y"].to_numpy(), rcond=None)[0][:3]
    ours = fixed_effects(panel, FIRMS).tidy()
    np.testing.assert_allclose(ours["estimate"], slopes, atol=DENSE)
    pair = Projection.of(panel, FIRMS)
    cleared = pair.residualise(panel[["treated", "y"]].to_numpy())
    np.testing.assert_allclose(
        cleared, projected(design[:, 1:], panel[["treated", "y"]]), atol=DENSE
    )
    assert pair.rank == np.linalg.matrix_rank(design[:, 1:])


def test_controls_that_others_make_up_add_nothing(firms):
    more = firms.assign(
        twice=2 * firms["x1"], sum=firms["x1"] + firms["x2"], own=firms["firm"] + firms["city"]
    )
    plain = Projection.of(firms, FIRMS)
    more = Projection.of(more, FIRMS.replace(controls=("own", "x1", "twice", "sum", "x2")))
    columns = firms[["y", "treated"]].to_numpy()
    assert more.rank == plain.rank == 532 + 2
    np.testing.assert_allclose(more.residualise(columns), plain.residualise(columns), atol=DENSE)
    only = Projection.of(firms, FIRMS.replace(controls=()))
    expected = only.absorber.residualise(columns)
    np.testing.assert_array_equal(only.residualise(columns), expected)


def test_rank_of_two_effects_is_levels_less_components(rng):
    panel = simulate(rng, 0.03)
    absorber = Absorber.of(panel, ("firm", "city"))
    design = dummies(panel, ("firm", "city"))
    islands = connected_components(design.T @ design > 0)[0]
    assert islands > 10
    assert design.shape[1] - absorber.rank == islands


def test_disconnected_panels_are_as_good_as_each_alone(rng):
    parts = [simulate(rng, share, 40, 6) for share in (0, 0.2, 1)]
    names = [part.astype(str).radd(f"{k}-") for k, part in enumerate(parts)]
    together = pd.concat(names, ignore_index=True)
    columns = rng.normal(size=(len(together), 2))
    alone, start = [], 0
    for part in parts:
        alone.append(Absorber.of(part, EFFECTS).residualise(columns[start : start + len(part)]))
        start += len(part)
    whole = Absorber.of(together, EFFECTS)
    np.testing.assert_allclose(whole.residualise(columns), np.vstack(alone), atol=DENSE)
    assert whole.rank == sum(Absorber.of(part, EFFECTS).rank for part in parts)
    assert whole.rank == np.linalg.matrix_rank(dummies(together))


def test_a_long_chain_of_single_moves_keeps_its_rank(rng):
    # City k is tied to city k + 1 by one firm that is seen once in each: the weakest chain.
    chain = np.arange(80)
    links = pd.DataFrame({"firm": np.repeat(chain, 2), "city": np.repeat(chain, 2)})
    links.loc[1::2, "city"] += 1
    stay = pd.DataFrame({"firm": np.repeat(1000 + np.arange(81), 40)})
    stay["city"] = stay["firm"] - 1000
    panel = pd.concat([links, stay], ignore_index=True)
    columns = rng.normal(size=len(panel))
    absorber = Absorber.of(panel, ("firm", "city"))
    design = dummies(panel, ("firm", "city"))
    assert design.shape[1] - absorber.rank == 1
    assert absorber.residualise(columns) == pytest.approx(projected(design, columns), abs=DENSE)


def test_order_of_rows_and_effects_and_labels_do_not_matter(rng):
    panel = simulate(rng, 0.1)
    columns = rng.normal(size=(len(panel), 2))
    left = Absorber.of(panel, EFFECTS).residualise(columns)
    order = rng.permutation(len(panel))
    other = panel.iloc[order].assign(city=lambda frame: "c" + (77 * frame["city"]).astype(str))
    again = Absorber.of(other, ("city", "firm", "year")).residualise(columns[order])
    np.testing.assert_allclose(again, left[order], atol=ROUNDING)


def test_effects_come_by_any_number(rng):
    panel = simulate(rng, 0.1).assign(industry=lambda frame: frame["firm"] % 5)
    panel["industry_year"] = panel["industry"] * 100 + panel["year"]
    values = rng.normal(size=len(panel))
    assert Absorber.of(panel, ()).residualise(values) == pytest.approx(values - values.mean())
    firm = values - pd.Series(values).groupby(panel["firm"]).transform("mean")
    assert Absorber.of(panel, ("firm",)).residualise(values) == pytest.approx(firm.to_numpy())
    four = ("firm", "year", "city", "industry_year")
    absorber = Absorber.of(panel, four)
    assert absorber.rank == np.linalg.matrix_rank(dummies(panel, four))
    expected = projected(dummies(panel, four), values)
    assert absorber.residualise(values) == pytest.approx(expected, abs=DENSE)
    assert absorber.n_levels["industry_year"] == panel["industry_year"].nunique()


def test_known_slope_is_recovered_and_city_clusters_cover_it(rng):
    # 150 panels in 20 cities, errors shared within city-years; nominal coverage 0.95. Three
    # Monte Carlo standard errors of a share of 0.95 are 0.053; 20 clusters cost up to 0.03.
    one = Specification("y", "x", entity="firm", effects=EFFECTS, cluster="city", time="year")
    rows = []
    for _ in range(150):
        panel = simulate(rng, 0.1)
        shared, effect = rng.normal(size=(2, 20, 8)), rng.normal(size=150)
        cell = (panel["city"], panel["year"])
        panel["x"] = shared[0][cell] + effect[panel["firm"]] + rng.normal(size=len(panel))
        panel["y"] = 0.5 * panel["x"] + effect[panel["firm"]] + shared[1][cell]
        panel["y"] += panel["city"] + rng.normal(size=len(panel))
        rows.append(fixed_effects(panel, one).main)
    slopes = np.array([row.estimate for row in rows])
    covered = np.mean([row.conf_low <= 0.5 <= row.conf_high for row in rows])
    assert slopes.mean() == pytest.approx(0.5, abs=3 * slopes.std() / np.sqrt(150))
    assert 0.95 - 0.053 - 0.03 <= covered <= 1


def test_clusters_in_two_ways_fall_back_on_one_if_one_nests_the_other(firms):
    # With every row its own firm-city pair where nobody moves, A + B - AB is B alone.
    stayers = firms[firms.groupby("firm")["city"].transform("nunique") == 1]
    both = FIRMS.replace(effects=("firm", "year"), cluster=("firm", "city"))
    two, one = fixed_effects(stayers, both), fixed_effects(stayers, both.replace(cluster="city"))
    np.testing.assert_allclose(two.tidy()["std_error"], one.tidy()["std_error"], rtol=SAME_SUMS)
    assert "clustered by firm (476) and city (60)" in two.words
    assert two.n_groups == 60


def test_estimators_with_one_cluster_column_refuse_two():
    two = FIRMS.replace(cluster=("firm", "year"))
    assert two.clusters == ("firm", "year")
    with pytest.raises(ValueError, match="Clusters by firm and year: this estimator takes one"):
        _ = two.groups


def test_inputs_are_left_alone(firms):
    before, columns = firms.copy(), firms[["y", "x1"]].to_numpy()
    Absorber.of(firms, EFFECTS).residualise(columns)
    fixed_effects(firms, FIRMS)
    pd.testing.assert_frame_equal(firms, before)
    np.testing.assert_array_equal(columns, before[["y", "x1"]])


def test_what_cannot_be_absorbed_is_said(firms):
    with pytest.raises(KeyError, match="No column region"):
        Absorber.of(firms, ("firm", "region"))
    holes = firms.assign(city=firms["city"].where(firms["city"] > 2))
    with pytest.raises(ValueError, match=r"city: \d+ missing values"):
        Absorber.of(holes, EFFECTS)
    with pytest.raises(ValueError, match=r"shape \(3,\).*3264 rows"):
        Absorber.of(firms, EFFECTS).residualise(np.ones(3))
    fixed = firms.assign(big=(firms["city"] > 30) + 0.5 * (firms["year"] > 2015))
    with pytest.raises(ValueError, match="big: does not vary within firm, year, city"):
        fixed_effects(fixed, FIRMS.replace(controls=("x1", "big")))
    twice = firms.assign(x3=firms["x1"] - firms["x2"] + 0.01 * firms["firm"])
    with pytest.raises(ValueError, match="x1, x2, x3: combinations of each other"):
        fixed_effects(twice, FIRMS.replace(controls=("x1", "x2", "x3")))
    with pytest.raises(ValueError, match=r"groups {'one': 1}"):
        fixed_effects(firms.assign(one=1), FIRMS.replace(cluster="one"))
