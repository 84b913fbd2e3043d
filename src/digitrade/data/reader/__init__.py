"""A reader's own extract: find it, recognise its columns, check it, load it."""

from digitrade.data.reader.check import check_extract, load_extract
from digitrade.data.reader.report import ExtractError, ExtractReport

__all__ = ["ExtractError", "ExtractReport", "check_extract", "load_extract"]
