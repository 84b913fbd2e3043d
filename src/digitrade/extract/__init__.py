"""A reader's own extract: find it, recognise its columns, check it, load it."""

from digitrade.extract.check import check_extract, load_extract
from digitrade.extract.report import ExtractError, ExtractReport

__all__ = ["ExtractError", "ExtractReport", "check_extract", "load_extract"]
