"""One thread of BLAS for kernels that make many small calls.

Threads that share so little work mostly wait for each other, above all where the cores are busy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from scipy import linalg as linalg  # loads scipy's own BLAS, so that the controller finds it
from threadpoolctl import ThreadpoolController

_controller = cache(ThreadpoolController)


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS to one thread, in a ``with`` block or, as a decorator, in every call."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
