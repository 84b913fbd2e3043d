"""A reader's own extract: find it, recognise its columns, check it, load it."""

from digitrade.data.reader.check import ExtractError, ExtractReport, check_extract, load_extract

__all__ = ["ExtractError", "ExtractReport", "check_extract", "load_extract"]
