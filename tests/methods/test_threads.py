"""BLAS is held to one thread where it is asked to be, and set free again after."""

from __future__ import annotations

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from digitrade.methods.threads import one_thread


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        yield


def test_within_a_block_and_no_longer():
    with one_thread():
        assert threads() == {1}
    assert threads() == {2}


def test_in_every_call_of_a_function_and_after_an_error():
    @one_thread()
    def count(fail: bool = False) -> set[int]:
        if fail:
            raise ArithmeticError
        return threads()

    for _ in range(2):
        assert count() == {1}
        assert threads() == {2}
    with pytest.raises(ArithmeticError):
        count(fail=True)
    assert threads() == {2}
