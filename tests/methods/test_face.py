"""The documented face of the methods: what it offers and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import digitrade.methods as face

OUTSIDE = ("IPython", "jupyter_client", "matplotlib", "myst_nb", "pandera", "seaborn")


def test_every_name_is_there_documented_and_of_the_methods():
    for name in face.__all__:
        offered = getattr(face, name)
        assert callable(offered)
        assert offered.__doc__
        assert offered.__module__.startswith("digitrade.methods.")


def test_methods_import_nothing_of_notebooks_and_figures():
    code = f"import sys, digitrade.methods; print([m for m in {OUTSIDE} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
