"""Figures and tables of robustness rows: what they show is what the rows say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.exhibits.comparison import robustness_table
from digitrade.exhibits.intervals import coefficient_panels
from digitrade.studies.digital_finance.variations import BASELINE_LABEL, stack, summary_frame


def source(estimates: dict[str, float], half: float = 0.5) -> pd.DataFrame:
    """Rows of one source, with intervals of the same length."""
    rows = pd.DataFrame({"label": list(estimates), "estimate": list(estimates.values())})
    return rows.assign(
        group=[BASELINE_LABEL, *["Sample"] * (len(rows) - 1)],
        std_error=half / 2,
        p_value=np.where(rows["estimate"].abs() > half, 0.02, 0.5),
        conf_low=rows["estimate"] - half,
        conf_high=rows["estimate"] + half,
        covariance="clustered by province, 30 clusters",
        n_obs=300,
    )


@pytest.fixture
def rows() -> pd.DataFrame:
    first = source({BASELINE_LABEL: 1.0, "A": -0.2, "C": np.nan})
    second = source({BASELINE_LABEL: -1.0, "A": -2.0, "B": 3.0, "C": 0.1})
    second.loc[second["label"] == "C", "conf_high"] = np.inf
    return stack({"Twin": first, "Public": second})


def test_rows_are_stacked_row_by_row(rows):
    assert list(dict.fromkeys(rows["label"])) == [BASELINE_LABEL, "A", "B", "C"]
    assert rows["source"].to_list() == ["Twin", "Public"] * 2 + ["Public", "Twin", "Public"]


def test_text_of_the_panels_counts_and_names(rows):
    alt = coefficient_panels(rows, name="f", caption="c", references={"Twin": 0.0766}).alt
    assert "Twin: 2 estimates, from −0.200 (A) to 1.000 (Baseline); 1 intervals" in alt
    assert "Public: 4 estimates, from −2.000 (A) to 3.000 (B); 1 intervals lie above zero" in alt
    assert "2 below" in alt


def test_panels_are_the_same_from_run_to_run_and_show_the_printed_value(rows):
    def draw(reference: float):
        return coefficient_panels(rows, name="f", caption="c", references={"Twin": reference})

    assert draw(0.0766).svg == draw(0.0766).svg
    assert draw(0.0766).svg != draw(0.5).svg


def test_panels_share_a_scale_if_asked(rows):
    own, one = (coefficient_panels(rows, name="f", caption="c", one_scale=s) for s in (False, True))
    assert own.alt == one.alt
    assert own.svg != one.svg
    alone = rows[rows["source"] == "Twin"]
    single = (coefficient_panels(alone, name="f", caption="c", one_scale=s) for s in (False, True))
    assert len({figure.svg for figure in single}) == 1


def test_panels_bear_an_unbounded_interval_and_an_estimate_out_of_view():
    wild = source({BASELINE_LABEL: 0.1, "far": 500.0, "open": 0.2, "near": 0.0})
    wild.loc[wild["label"] == "open", ["conf_low", "conf_high"]] = [-np.inf, np.inf]
    alt = coefficient_panels(stack({"Public": wild}), name="f", caption="c").alt
    assert "to 500.000 (far)" in alt


def test_table_sets_printed_beside_every_source(rows):
    table = robustness_table(
        rows, printed=0.0766, name="t", caption="c", not_shipped=["Other vintage"]
    )
    assert table.header == ("Row", "Printed", "Twin", "Public", "N")
    assert table.rows[0][:4] == (BASELINE_LABEL, "0.0766", "1.000** (0.250)", "−1.000** (0.250)")
    assert table.rows[2][:4] == ("B", "not reported", "", "3.000** (0.250)")
    assert table.rows[3][2] == "not estimable"
    assert table.rows[4] == ("Other vintage", "not reported", "not shipped", "not shipped", "")
    assert "clustered by province, 30 clusters" in table.note


def test_every_row_of_the_table_has_its_numbers_of_rows(rows):
    rows = rows.assign(n_obs=[330 if source == "Twin" else 300 for source in rows["source"]])
    table = robustness_table(rows, printed=0.0766, name="t", caption="c")
    assert [row[-1] for row in table.rows] == ["330 / 300", "330 / 300", "300", "330 / 300"]


def test_summary_counts_signs_and_intervals(rows):
    summary = summary_frame(rows).set_index("source")
    assert summary.loc["Twin", ["rows", "same_sign", "above", "below"]].to_list() == [2, 1, 1, 0]
    assert summary.loc["Public", ["rows", "same_sign", "above", "below"]].to_list() == [4, 2, 1, 2]
    assert summary.loc["Public", "highest_row"] == "B"
