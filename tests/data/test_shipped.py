"""The shipped tables, against their codebooks and against what is known of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from digitrade.data import (
    YEARS,
    check_shipped_data,
    load_codebook,
    load_pilot_zones,
    load_provinces,
    load_published,
    load_studies,
    published_estimate,
)

FOLDERS = ["provinces", "policy", "published", "twin", "text"]
PRINTED_THRESHOLD_DIGITS = 5e-5  # the thresholds are printed with four decimals


@pytest.fixture(scope="module")
def provinces() -> pd.DataFrame:
    return load_provinces()


def test_every_province_in_every_year(provinces):
    assert len(provinces) == 31 * len(YEARS)
    assert not provinces.duplicated(["province", "year"]).any()


def test_regions_have_the_statistical_offices_sizes(provinces):
    sizes = provinces.drop_duplicates("province")["region"].value_counts().to_dict()
    assert sizes == {"east": 11, "central": 8, "west": 12}


@pytest.mark.parametrize("folder", FOLDERS)
def test_codebook_and_files_list_the_same_columns(root, folder):
    codebook = load_codebook(folder)
    for file, entries in codebook.groupby("file", sort=False):
        header = (root / "data" / folder / file).read_text(encoding="utf-8").splitlines()[0]
        assert header.split(",") == list(entries["column"])
    described = set(codebook["file"]) | {"codebook.csv"}
    assert {path.name for path in (root / "data" / folder).glob("*.csv")} == described


@pytest.mark.parametrize("folder", FOLDERS)
def test_codebook_counts_the_missing_cells(root, folder):
    for _, entry in load_codebook(folder).iterrows():
        if entry["cells_missing"] == "":
            continue
        raw = pd.read_csv(root / "data" / folder / entry["file"], dtype=str, keep_default_na=False)
        assert (raw[entry["column"]] == "").sum() == int(entry["cells_missing"]), entry["column"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_codebook_says_title_unit_and_producer_of_every_column(folder):
    codebook = load_codebook(folder)
    assert (codebook[["title", "unit", "producer"]] != "").all(axis=None)


def test_codebook_names_the_years_covered(provinces):
    entries = load_codebook("provinces").query("first_year != ''")
    for _, entry in entries.iterrows():
        years = provinces.dropna(subset=[entry["column"]])["year"]
        assert (years.min(), years.max()) == (int(entry["first_year"]), int(entry["last_year"]))


def test_gaps_are_not_interpolated(provinces):
    assert provinces.query("year == 2015")["trade_usd_million"].isna().all()
    assert provinces.query("year > 2017")["fixed_asset_investment"].isna().all()


def test_printed_thresholds_are_observed_values_of_the_index(provinces):
    index = provinces.set_index(["province", "year"])["dfi"]
    printed = load_published("thresholds", study="digital_finance").query("symbol == 'ln_dfi'")
    for value, place in zip(printed["value"], [("Guangdong", 2018), ("Fujian", 2021)], strict=True):
        assert np.log(index[place]) == pytest.approx(float(value), abs=PRINTED_THRESHOLD_DIGITS)


def test_rows_beyond_the_second_threshold_depend_on_the_inequality(provinces):
    index = provinces.query("province != 'Tibet'")["dfi"]
    fujian = provinces.query("province == 'Fujian' and year == 2021")["dfi"].item()
    assert ((index > fujian).sum(), (index >= fujian).sum()) == (6, 7)


def test_pilot_zones_come_in_seven_batches():
    zones = load_pilot_zones()
    assert zones["batch"].value_counts().sort_index().tolist() == [1, 12, 22, 24, 46, 27, 33]
    assert zones["approval_date"].is_monotonic_increasing
    assert (zones[["city_basis", "document_basis"]] != "").all(axis=None)


def test_printed_numbers_keep_their_digits():
    rows = load_published("estimates", study="pilot_zones")
    assert "0.0180" not in set(rows["estimate"])
    assert "0.010" in set(rows["r2"]), "a trailing zero is part of what was printed"


def test_headline_of_the_provincial_study():
    assert published_estimate("digital_finance", "baseline", "1", "ln_dfi") == 0.0766


def test_estimate_that_was_not_printed_is_refused():
    with pytest.raises(KeyError, match="No printed number"):
        published_estimate("digital_finance", "region", "2", "ln_dfi")


def test_unknown_study_is_refused():
    with pytest.raises(ValueError, match="choose one of digital_finance, pilot_zones"):
        load_published("estimates", study="digital finance")


def test_studies_have_a_doi():
    assert load_studies()["doi"].str.startswith("10.").all()


def test_all_tables_pass(project):
    assert check_shipped_data() == len(
        {*project.glob("data/*/*.csv")} - {*project.glob("data/*/codebook.csv")}
    )
