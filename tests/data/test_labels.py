"""The labels: each column once, in both languages, with a unit."""

from __future__ import annotations

import pandas as pd

from digitrade.data.labels import head, label, labels
from digitrade.data.paths import project_root


def test_every_label_is_filled_and_stands_once():
    table = pd.read_csv(project_root() / "data" / "labels.csv", dtype=str, keep_default_na=False)
    assert (table != "").all(axis=None)
    assert set(table["role"]) == {"variable", "head"}
    assert not table.duplicated(["column", "role"]).any()


def test_words_for_results_are_labels_of_heads_only():
    assert (head("std_error"), label("std_error")) == ("Standard error", "std_error")
    assert head("fc") == label("fc") == labels()["fc"]
    assert head("nobody") == "nobody"
