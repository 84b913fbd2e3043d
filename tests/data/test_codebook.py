"""A broken table gives one message with everything that is wrong and what to do."""

from __future__ import annotations

import pytest

from digitrade.data import check_shipped_data, load_pilot_zones, load_provinces
from digitrade.data.codebook import SHOWN, DataError, read_table
from digitrade.data.paths import data_folder


def edit(project, file, change):
    path = project / "data" / file
    lines = path.read_text(encoding="utf-8").splitlines()
    change(lines)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def replace_cell(row, column, value):
    def change(lines):
        cells = lines[row - 1].split(",")
        cells[lines[0].split(",").index(column)] = value
        lines[row - 1] = ",".join(cells)

    return change


def message(read):
    with pytest.raises(DataError) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "found", "advice"),
    [
        ("abc", "found 'abc'", "Expected a number"),
        ("", "found an empty cell", "allows a gap only where year == 2015"),
        ("12", "found '12'", "Expected 100 to 2e+06"),
        ("-5", "found '-5'", "check the unit and the cell"),
    ],
)
def test_a_wrong_cell_is_named_with_what_to_do(project, value, found, advice):
    edit(project, "provinces/trade.csv", replace_cell(4, "trade_usd_million", value))
    text = message(load_provinces)
    assert "data/provinces/trade.csv" in text
    assert "row 4 (Beijing, 2013), column trade_usd_million" in text
    assert found in text
    assert advice in text


def test_all_problems_of_all_files_come_at_once(project):
    edit(project, "provinces/trade.csv", replace_cell(4, "trade_usd_million", "abc"))
    edit(project, "provinces/trade.csv", replace_cell(6, "trade_usd_million", "5000"))
    edit(project, "provinces/population.csv", replace_cell(3, "population", "x"))
    edit(project, "policy/batches.csv", replace_cell(2, "approval_date", "7 March 2015"))
    text = message(check_shipped_data)
    assert "2 problems in data/provinces/trade.csv" in text
    assert "nothing is interpolated" in text
    assert "1 problem in data/provinces/population.csv" in text
    assert "Expected a date written year-month-day" in text


def test_a_deleted_column_is_named_once(project):
    edit(
        project,
        "provinces/population.csv",
        lambda lines: lines.__setitem__(
            slice(None), [",".join(line.split(",")[:3]) for line in lines]
        ),
    )
    text = message(load_provinces)
    assert text.count("column urban_population: not there") == 1
    assert "git checkout -- data" in text


def test_a_deleted_key_column_is_named_without_a_crash(project):
    edit(
        project,
        "provinces/trade.csv",
        lambda lines: lines.__setitem__(
            slice(None), [",".join(line.split(",")[::2]) for line in lines]
        ),
    )
    assert "column year: not there" in message(load_provinces)


def test_a_repeated_row_is_named(project):
    edit(project, "provinces/trade.csv", lambda lines: lines.append(lines[1]))
    assert "one of several rows for Beijing, 2011" in message(load_provinces)


def test_a_missing_province_year_is_named(project):
    edit(project, "provinces/trade.csv", lambda lines: lines.pop(1))
    assert "Beijing 2011: no row" in message(load_provinces)


def test_an_unknown_province_is_named(project):
    edit(project, "provinces/trade.csv", replace_cell(2, "province", "Peking"))
    assert "Peking 2011: a row, but provinces.csv has no such province" in message(load_provinces)


def test_many_problems_of_one_kind_are_summed_up(project):
    def spoil(lines):
        lines[1:] = [line.rsplit(",", 1)[0] + ",x" for line in lines[1:]]

    edit(project, "provinces/digital_finance.csv", spoil)
    text = message(load_provinces)
    assert text.count("found 'x'") == SHOWN
    assert f"{341 - SHOWN} more, up to row 342" in text


def test_a_missing_file_is_named(project):
    (project / "data/policy/zones.csv").unlink()
    assert "the file: not there" in message(load_pilot_zones)


def test_batches_that_do_not_add_up_are_named(project):
    edit(project, "policy/batches.csv", replace_cell(3, "zones", "11"))
    assert "batch 2: 12 zones listed. batches.csv says 11" in message(load_pilot_zones)


def test_a_file_that_is_no_table_is_named(project):
    (project / "data/policy/zones.csv").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in message(load_pilot_zones)


def test_an_undescribed_column_is_named(project):
    edit(
        project,
        "provinces/exchange_rate.csv",
        lambda lines: lines.__setitem__(slice(None), [line + ",1" for line in lines]),
    )
    text = message(lambda: read_table(data_folder("provinces"), "exchange_rate.csv"))
    assert "not in the codebook" in text


def test_a_table_is_read_again_when_it_changes_and_a_caller_may_change_the_frame(project):
    folder = project / "data" / "provinces"
    first = read_table(folder, "capitals.csv")
    first["capital"] = "changed by the caller"
    assert read_table(folder, "capitals.csv")["capital"].iloc[0] == "Beijing"
    edit(project, "provinces/capitals.csv", replace_cell(2, "capital", "Peking"))
    assert read_table(folder, "capitals.csv")["capital"].iloc[0] == "Peking"
