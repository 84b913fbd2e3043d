"""The form in which estimates travel from a notebook to a file."""

from __future__ import annotations

RECORD_PREFIX = "estimates:"
RECORD_TYPE = "application/vnd.digitrade.estimates+json"
TIDY = [
    "term",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "n_obs",
]
HEADER = [
    *("study", "chapter", "exhibit", "source", "specification"),
    *TIDY,
    *("shown", "parameters"),
]
"""What every file of estimates begins with: ``shown`` is a table's cell as it is printed there."""
