"""The form in which estimates travel from a notebook to a file."""

RECORD_PREFIX = "estimates:"
RECORD_TYPE = "application/vnd.digitrade.estimates+json"
ENDS = ["conf_low", "conf_high"]
TIDY = ["term", "estimate", "std_error", "statistic", "p_value", *ENDS, "n_obs"]
PLACE = ["study", "chapter", "exhibit", "source", "specification"]
HEADER = [*PLACE, *TIDY, "shown", "parameters"]
"""What every file of estimates begins with: ``shown`` is a table's cell as it is printed there."""
