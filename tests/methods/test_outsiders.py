"""The estimators are for any panel: they bring no book along and know no column of ours."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest

from digitrade import methods

OF_THE_BOOK = "IPython matplotlib myst_nb nbformat pandera papermill pydantic seaborn sphinx tqdm"
IMPORT_ALL = """
import importlib, pkgutil, sys
import digitrade.methods as methods
for _, name, _ in pkgutil.walk_packages(methods.__path__, "digitrade.methods."):
    importlib.import_module(name)
print(*sorted({name.split(".")[0] for name in sys.modules}))
print(*sorted(name for name in sys.modules if name.startswith("digitrade.")))
"""
MODULES = [name for _, name, _ in pkgutil.walk_packages(methods.__path__, "digitrade.methods.")]
OF_THE_FIELD = {"cohort", "event_time"}  # what anybody calls them, with staggered treatment


def public(module: str) -> Iterator[tuple[str, inspect.Signature]]:
    """Yield the public functions and classes of a module, and the methods of the latter."""
    for name, member in vars(importlib.import_module(module)).items():
        if name.startswith("_") or getattr(member, "__module__", None) != module:
            continue
        if inspect.isfunction(member):
            yield name, inspect.signature(member)
        elif inspect.isclass(member) and not issubclass(member, Exception):
            yield name, inspect.signature(member)
            for own, method in inspect.getmembers(member, inspect.isfunction):
                if not own.startswith("_"):
                    yield f"{name}.{own}", inspect.signature(method)


@pytest.fixture(scope="module")
def columns(root) -> set[str]:
    codebooks = (root / "data").glob("*/codebook.csv")
    shipped = {name for path in codebooks for name in pd.read_csv(path)["column"]}
    built = set(pd.read_csv(root / "data" / "labels.csv").query("role == 'variable'")["column"])
    assert {"province", "year", "city", "zone_post", "fc"} <= shipped | built
    return (shipped | built | {"firm"}) - OF_THE_FIELD


def test_a_fresh_process_imports_nothing_of_the_book():
    command = [sys.executable, "-c", IMPORT_ALL]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    packages, ours = (set(line.split()) for line in run.stdout.splitlines())
    assert not packages & set(OF_THE_BOOK.split())
    assert not [name for name in ours if not name.startswith("digitrade.methods")]


@pytest.mark.parametrize("module", MODULES)
def test_no_default_names_a_column_of_ours(module, columns):
    for name, signature in public(module):
        for parameter in signature.parameters.values():
            default = parameter.default
            named = {default} if isinstance(default, str) else set()
            if isinstance(default, tuple | list):
                named = {one for one in default if isinstance(one, str)}
            assert not named & columns, f"{module}.{name}, argument {parameter.name}"
