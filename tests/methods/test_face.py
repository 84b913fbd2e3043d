"""The documented face of the methods: what it offers and what it leaves alone."""

from __future__ import annotations

import re
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


def test_the_page_for_outsiders_lists_functions_of_the_face(root):
    lines = (root / "book" / "estimators.md").read_text("utf-8").splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| ")]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row[2])}
    assert len(listed) > 20
    assert listed <= set(face.__all__)


def test_methods_import_nothing_of_notebooks_and_figures():
    code = f"import sys, digitrade.methods; print([m for m in {OUTSIDE} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
