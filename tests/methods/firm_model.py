"""The regression of the reference firms: three effects, clustered by city."""

from digitrade.methods.specification import Specification

FIRMS = Specification(
    "y",
    "treated",
    ("x1", "x2"),
    entity="firm",
    effects=("firm", "year", "city"),
    cluster="city",
    time="year",
)
