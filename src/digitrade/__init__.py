"""An executable computational paper on digital finance, pilot zones and China's trade."""

from importlib import import_module


def __getattr__(name: str) -> str:
    """Return ``__version__``, looked up when it is asked for: the command starts at once."""
    if name == "__version__":
        return str(import_module("importlib.metadata").version("digitrade"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
