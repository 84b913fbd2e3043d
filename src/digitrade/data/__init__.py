"""The shipped tables, their codebooks, and the reader of a file of one's own."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitrade.data.shipped import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """Return what ``shipped`` offers; pandas is loaded when a table is first asked for."""
    return getattr(import_module("digitrade.data.shipped"), name)
