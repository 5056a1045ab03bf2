"""The table of words: each state of an order as a page says it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.orders.words import poll_interval


@pytest.mark.parametrize(
    ("age", "seconds"),
    [(0, 2), (19, 2), (20, 5), (59, 5), (60, 15), (299, 15), (300, 60), (1799, 60), (1800, None), (90_000, None)],
)
def test_polls_grow_rarer_and_stop_when_the_wait_grows_older(age: int, seconds: int | None) -> None:
    assert poll_interval(timedelta(seconds=age)) == seconds
