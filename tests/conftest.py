"""What many tests start from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# Test files run side by side: threads of the algebra would only wait for each other.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from digitrade.data import load_provinces
from digitrade.methods.sample import Sample, complete_rows
from digitrade.methods.specification import Specification
from digitrade.studies.digital_finance.sample import without_provinces
from digitrade.studies.digital_finance.variables import CONTROLS, build_province_panel

ROOT = Path(__file__).parents[1]
settings.register_profile("untimed", deadline=None)  # a busy machine is no error
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def province_panel() -> pd.DataFrame:
    """The 300 province-years with trade figures that the baseline chapter uses."""
    sample = without_provinces(Sample.of(load_provinces()), ["Tibet"])
    panel = build_province_panel(sample.panel)
    return complete_rows(Sample.of(panel), ["openness", "ln_trade", "trade_quality"]).panel


@pytest.fixture(scope="session")
def baseline() -> Specification:
    return Specification(
        "openness", "ln_dfi", CONTROLS, entity="province", time="year", effects=("province", "year")
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data and notebooks to break, as the current project."""
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("_toc.yml", "_config.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20250613)
