"""Size-age index and agglomeration, by hand and by what must not change them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrade.studies.pilot_zones.variables import MEASURES, location_quotient, sa_index

HAND = 5e-4  # worked on paper to three decimals
EXACT = 1e-12  # the same sum in another order
ROUNDING = 1e-10  # logs and quotients of large numbers
TURN = 0.737 / (2 * 0.043)  # log of assets at which the parabola of the original turns


def series(*values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


@pytest.fixture
def counts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "city": ["A", "B", "C"] * 2,
            "year": [2015] * 3 + [2016] * 3,
            "firms": [10, 20, 70, 10, 20, 0],
            "area_km2": [100, 400, 500] * 2,
        }
    )


def test_sa_by_hand():
    # ln 3000 = 8.0064: -0.737 * 8.0064 + 0.043 * 64.102 - 0.04 * 15 = -5.9007 + 2.7564 - 0.6
    assert sa_index(series(3e9), series(15)).item() == pytest.approx(-3.744, abs=HAND)
    # ln 300000 = 12.6115: -9.2947 + 0.043 * 159.050 - 0.6 = -9.2947 + 6.8392 - 0.6
    assert sa_index(series(3e9), series(15), unit=1e4).item() == pytest.approx(-3.056, abs=HAND)


@given(assets=st.floats(1e5, 1e13), age=st.integers(0, 80), unit=st.sampled_from([1, 1e4, 1e6]))
def test_sa_in_another_unit_is_the_index_of_rescaled_assets(assets, age, unit):
    plain = sa_index(series(assets), series(age), unit=unit).item()
    scaled = sa_index(series(assets * 1e6 / unit), series(age), unit=1e6).item()
    assert scaled == pytest.approx(plain, abs=ROUNDING)


def test_sa_falls_by_four_hundredths_a_year(rng):
    assets, age = pd.Series(np.exp(rng.normal(21, 2, 50))), pd.Series(rng.integers(0, 40, 50))
    np.testing.assert_allclose(sa_index(assets, age + 1) - sa_index(assets, age), -0.04, atol=EXACT)


def test_sa_turns_where_the_docstring_says():
    assert np.exp(TURN) == pytest.approx(5270, rel=1e-3)
    size = np.linspace(2, 14, 49)
    index = sa_index(pd.Series(np.exp(size) * 1e6), pd.Series(np.zeros(49))).to_numpy()
    falls = np.diff(index) < 0
    assert (falls == (size[1:] + size[:-1] < 2 * TURN)).all()


def test_sa_missing_stays_missing():
    assert sa_index(series(np.nan, 1e9, 1e9), series(3, np.nan, 3)).isna().tolist() == [
        True,
        True,
        False,
    ]


def test_sa_says_everything_that_is_wrong():
    with pytest.raises(ValueError, match="index cannot be built") as raised:
        sa_index(series(0, 1), series(-1, 2))
    lines = str(raised.value).splitlines()[1:]
    assert [line.strip(" -").split(":")[0] for line in lines] == ["assets", "age"]


def test_location_by_hand(counts):
    # densities of 2015: 0.10, 0.05, 0.14, which sum to 0.29; all firms on all land: 0.1
    share = location_quotient(counts, measure="share")
    quotient = location_quotient(counts, measure="quotient")
    assert share[:3].tolist() == pytest.approx([0.10 / 0.29, 0.05 / 0.29, 0.14 / 0.29])
    assert quotient[:3].tolist() == pytest.approx([1.0, 0.5, 1.4])
    # densities of 2016: 0.10, 0.05, 0; all firms on all land: 0.03
    assert quotient[3:].tolist() == pytest.approx([10 / 3, 5 / 3, 0])


@given(
    firms=st.lists(st.integers(1, 300), min_size=2, max_size=6),
    areas=st.lists(st.integers(20, 500_000), min_size=6, max_size=6),
)
def test_no_share_exceeds_one_and_the_largest_quotient_does_not_stay_below(firms, areas):
    frame = pd.DataFrame(
        {
            "city": range(len(firms)),
            "year": 2015,
            "firms": firms,
            "area_km2": areas[: len(firms)],
        }
    )
    share, quotient = (location_quotient(frame, measure=one) for one in MEASURES)
    assert share.max() <= 1
    assert quotient.max() >= 1 - ROUNDING
    np.testing.assert_allclose(quotient / quotient.sum(), share, rtol=ROUNDING)


def test_shares_of_a_year_sum_to_one_and_quotients_average_to_one(counts):
    share = location_quotient(counts, measure="share")
    np.testing.assert_allclose(share.groupby(counts["year"]).sum(), 1, rtol=EXACT)
    weighted = location_quotient(counts) * counts["area_km2"] / 1000
    np.testing.assert_allclose(weighted.groupby(counts["year"]).sum(), 1, rtol=EXACT)


def test_the_two_measures_rank_cities_of_a_year_alike(counts):
    ranks = [
        location_quotient(counts, measure=one).groupby(counts["year"]).rank() for one in MEASURES
    ]
    pd.testing.assert_series_equal(*ranks)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("column", ["firms", "area_km2"])
def test_location_does_not_depend_on_units(counts, measure, column):
    scaled = counts.assign(**{column: counts[column] * 10})
    pd.testing.assert_series_equal(
        location_quotient(scaled, measure=measure), location_quotient(counts, measure=measure)
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_location_does_not_depend_on_the_order(counts, measure):
    turned = location_quotient(counts.iloc[::-1], measure=measure)
    pd.testing.assert_series_equal(turned.sort_index(), location_quotient(counts, measure=measure))


def test_a_year_without_firms_has_no_quotient(counts):
    empty = counts.assign(firms=[0, 0, 0, 1, 1, 1])
    for measure in MEASURES:
        assert location_quotient(empty, measure=measure).isna().tolist() == [True] * 3 + [False] * 3


def test_unknown_measure(counts):
    with pytest.raises(ValueError, match="Unknown measure 'gini'"):
        location_quotient(counts, measure="gini")
