"""Tables of groups: what stands in which cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.cells import NOT_SHIPPED
from digitrade.exhibits.groups import (
    claims_note,
    designs_table,
    differences_table,
    groups_table,
    printed_cells,
    slope_rows,
)
from digitrade.methods.heterogeneity import by_group, by_regressor

REGIONS = {"east": "East", "central": "Centre", "west": "West"}
PRINTED = pd.DataFrame(
    {
        "label": ["eastern", "western"],
        "estimate": ["0.122", ""],
        "note": ["significant", "negative or insignificant; no number"],
    }
)


@pytest.fixture(scope="module")
def regions(province_panel, baseline):
    return by_group(province_panel, baseline, "region", draws=99, rng=np.random.default_rng(1))


def test_slopes_stand_in_the_order_asked_for_with_errors_and_sizes_below(regions):
    table = groups_table(
        {"Printed": dict.fromkeys(REGIONS, NOT_SHIPPED), "Public": regions.slopes},
        REGIONS,
        name="tab-x",
        caption="c",
    )
    assert table.header == ("", "Printed", "Public")
    # The facts' README prints 0.076 (0.143) for the east, by pyfixest.
    assert table.rows[0] == ("East", NOT_SHIPPED, "0.076")
    assert table.rows[1] == ("", "", "(0.143)")
    assert table.rows[2] == ("", "", "N 110, 11 units")
    assert [row[0] for row in table.rows[::3]] == list(REGIONS.values())
    assert "clustered by province, G/(G−1)" in table.note
    assert "11 clusters" not in table.note


def test_a_group_that_a_source_lacks_is_left_empty(regions):
    table = groups_table({"Public": regions.slopes}, {"north": "North"}, name="t", caption="c")
    assert table.rows == (("North", ""), ("", ""), ("", ""))


def test_pooled_models_stand_beside_the_split(regions):
    table = designs_table(regions, REGIONS, name="tab-x", caption="c")
    assert len(table.header) == 5
    assert table.rows[0][1].strip("*") == table.rows[0][2].strip("*") == "0.076"


def test_differences_have_all_their_p_values_in_one_row(regions):
    table = differences_table({"Public": regions}, words=REGIONS, name="tab-x", caption="c")
    assert len(table.rows) == 3 * 4
    first, second = table.rows[:2]
    assert first[:5] == ("Public", "Own years, own controls", "All equal", "", "")
    assert second[:3] == ("", "", "Centre less East")
    row = regions.differences.query("design == 'own years' and contrast == 'central less east'")
    p_values = row.set_index("test")["p_value"]
    assert second[5:7] == (f"{p_values['t']:.3f}", f"{p_values['wild bootstrap']:.3f}")
    assert first[7]
    assert not second[7]


def test_columns_of_tests_that_were_not_made_are_left_out(province_panel, baseline):
    found = by_regressor(province_panel, baseline, ["ln_dfi", "infrastructure"])
    table = differences_table({"": found}, words={}, name="tab-x", caption="c")
    assert "p, bootstrap" not in table.header
    assert "p, t or F" in table.header
    assert len(table.rows[0]) == len(table.header)


def test_what_was_printed_is_the_number_or_else_the_words():
    assert printed_cells(PRINTED, ["a", "b"]) == {"a": "0.122", "b": "negative or insignificant"}
    assert claims_note(PRINTED) == "Western: negative or insignificant."
    assert claims_note(PRINTED.head(1)) == ""


def test_rows_of_a_plot_are_named_by_source_and_group(regions):
    rows = slope_rows("Public", "Regions", regions.slopes, {"east": "East"})
    named = rows[["source", "group", "label"]].to_numpy().tolist()
    assert named == [["Public", "Regions", "East"]]
