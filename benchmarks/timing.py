"""How the benchmarks time."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter


def best(task: Callable[[], object], times: int = 9) -> float:
    """Shortest of several runs, in seconds: what the machine can do when left alone."""
    spans = []
    for _ in range(times):
        start = perf_counter()
        task()
        spans.append(perf_counter() - start)
    return min(spans)
