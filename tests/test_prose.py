"""Numbers are glued as plain Python numbers."""

from __future__ import annotations

import numpy as np
import pytest

from digitrade import prose


@pytest.fixture
def glued(monkeypatch):
    seen = {}
    monkeypatch.setattr(prose, "glue", lambda name, value, display: seen.update({name: value}))  # noqa: ARG005
    return seen


def test_numpy_numbers_become_plain_ones(glued):
    prose.glue_numbers(a=np.float64(0.5), b=np.int64(3), c="text", d=2.5)
    assert glued == {"a": 0.5, "b": 3, "c": "text", "d": 2.5}
    assert [type(value) for value in glued.values()] == [float, int, str, float]


def test_anything_else_is_refused(glued):
    with pytest.raises(TypeError, match="rows is a list: glue a number or a text"):
        prose.glue_numbers(rows=[1])
    assert glued == {}
