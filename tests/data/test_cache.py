"""The cache: the same as made anew, and made anew whenever what it rests on has changed."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from digitrade.data import cache
from digitrade.data.cache import KEPT, cached

CALLS = []


def squares(size: int, name: str = "x") -> pd.DataFrame:
    CALLS.append((size, name))
    return pd.DataFrame({name: np.arange(size) ** 0.5, "text": [str(k) for k in range(size)]})


@pytest.fixture(autouse=True)
def calls(project) -> list[tuple[int, str]]:
    CALLS.clear()
    return CALLS


@pytest.fixture
def entries(project):
    return lambda: sorted((project / "_build" / "cache").glob("*"))


def test_the_same_frame_as_made_anew_and_made_once(calls):
    first, second = cached(squares, size=5), cached(squares, size=5)
    pd.testing.assert_frame_equal(first, squares(5), check_exact=True)
    pd.testing.assert_frame_equal(second, first, check_exact=True)
    assert calls == [(5, "x"), (5, "x")]  # once by the cache, once above


def test_what_is_returned_can_be_changed_without_harm():
    frame = cached(squares, size=5)
    frame["x"] = 0.0
    assert cached(squares, size=5)["x"].max() == 2.0


def test_other_parameters_are_other_entries(calls, entries):
    for size, name in ((2, "x"), (3, "x"), (2, "y")):
        assert list(cached(squares, size=size, name=name)) == [name, "text"]
    assert len(calls) == len(entries()) == 3


def test_a_change_of_the_source_is_a_new_entry(calls, tmp_path, monkeypatch):
    package = tmp_path / "package"
    shutil.copytree(cache.PACKAGE / "methods", package / "methods")
    monkeypatch.setattr(cache, "PACKAGE", package)
    cached(squares, size=2)
    cached(squares, size=2)
    assert len(calls) == 1
    with (package / "methods" / "calibration.py").open("a") as file:
        file.write("# another line\n")
    cached(squares, size=2)
    assert len(calls) == 2


def test_a_change_of_the_data_is_a_new_entry(calls, project):
    cached(squares, size=2)
    path = project / "data" / "twin" / "city_shares.csv"
    path.write_text(path.read_text().replace("\n", "\n\n", 1))
    cached(squares, size=2)
    assert len(calls) == 2


@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty"])
def test_a_damaged_entry_is_made_anew_and_mended(calls, entries, damage):
    whole = cached(squares, size=50)
    (path,) = entries()
    content = bytearray(path.read_bytes())
    if damage == "one bit":
        content[-9] ^= 1
    path.write_bytes({"truncated": content[:-20], "empty": b""}.get(damage, content))
    pd.testing.assert_frame_equal(cached(squares, size=50), whole, check_exact=True)
    assert len(calls) == 2
    cached(squares, size=50)
    assert len(calls) == 2


def test_side_by_side_nobody_meets_half_an_entry(entries):
    with ThreadPoolExecutor(8) as pool:
        frames = list(pool.map(lambda _: cached(squares, size=400), range(32)))
    for frame in frames:
        pd.testing.assert_frame_equal(frame, frames[0], check_exact=True)
    assert len(entries()) == 1


def test_old_entries_are_thrown_away(entries):
    for size in range(KEPT + 3):
        cached(squares, size=size)
    assert len(entries()) == KEPT


def test_a_folder_that_cannot_be_written_costs_time_only(calls, project):
    (project / "_build").write_text("not a folder")
    for _ in range(2):
        assert len(cached(squares, size=3)) == 3
    assert len(calls) == 2
