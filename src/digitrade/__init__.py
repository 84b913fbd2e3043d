"""An executable computational paper on digital finance, pilot zones and China's trade."""

from importlib.metadata import version

__version__ = version("digitrade")
