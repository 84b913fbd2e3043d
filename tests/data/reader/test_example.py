"""The example is a file that the check accepts."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from digitrade.data.codebook import DataError
from digitrade.data.reader import load_extract
from digitrade.data.reader.columns import canonical_columns, describe_columns
from digitrade.studies.pilot_zones.sources import write_example
from digitrade.studies.pilot_zones.twin import DEFAULT_SEED, simulate_firms


@pytest.fixture(scope="module")
def extract():
    return simulate_firms(seed=DEFAULT_SEED).extract


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_simulated_firms_come_back_as_they_were_drawn(extract, tmp_path, ending):
    path = tmp_path / f"example.{ending}"
    assert write_example(path) == len(extract)
    loaded = load_extract(path)
    columns = canonical_columns().values()
    assert set(loaded) == {column.name for column in columns if column.kind != "text"}
    assert_frame_equal(loaded, extract[list(loaded)], check_dtype=False, check_exact=True)


def test_another_seed_gives_other_firms(tmp_path):
    write_example(tmp_path / "a.parquet", seed=1)
    write_example(tmp_path / "b.parquet", seed=2)
    assert (tmp_path / "a.parquet").read_bytes() != (tmp_path / "b.parquet").read_bytes()


def test_nothing_is_overwritten_and_no_folder_is_made(tmp_path):
    (tmp_path / "mine.csv").write_text("precious", encoding="utf-8")
    with pytest.raises(FileExistsError, match="left as it is"):
        write_example(tmp_path / "mine.csv")
    with pytest.raises(FileNotFoundError, match="Make it first"):
        write_example(tmp_path / "nowhere" / "mine.csv")
    with pytest.raises(DataError, match=r"Choose one of \.csv, \.parquet, \.dta, \.xlsx"):
        write_example(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8") == "precious"


def test_columns_are_described_with_their_headers():
    lines = describe_columns().splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("total_assets:"))
    assert "in yuan" in lines[place]
    assert "资产总计" in lines[place + 1]
    assert any(line.startswith("roe (optional)") for line in lines)
