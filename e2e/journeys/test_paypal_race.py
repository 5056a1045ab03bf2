"""Fifty visits come back from PayPal while its messages arrive: each order is paid once, and each visit sees it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Barrier

import pytest

from e2e.market import Market
from e2e.pages.raced import Buyer
from e2e.people import Person

ORDERS, VISITS = 10, 5
PAID = """
SELECT orders.token, count(DISTINCT payment.id)::int AS payments, count(DISTINCT capture.id)::int AS captures
FROM orders JOIN payment ON payment."order" = orders.id JOIN capture ON capture."order" = orders.id
WHERE orders.email = ANY($1) AND orders.payment_state = 'paid' AND payment.status = 'succeeded' GROUP BY orders.id
"""


@pytest.fixture
def width() -> int:
    """Nobody looks at a screen here: the race is run once."""
    return 1280


def test_each_order_is_paid_once_when_visits_and_messages_come_at_once(market: Market, ada: Person) -> None:
    market.stock("KILN-BOWL", ORDERS)
    with ExitStack() as stack:
        people = [replace(ada, email=f"{number}.{ada.email}") for number in range(ORDERS)]
        buyers = [stack.enter_context(Buyer(market, person)) for person in people]
        made = [buyer.order_at_paypal("KILN-BOWL") for buyer in buyers]
        market.hold_webhooks()
        for one in made:
            market.tell("paypal", action="approve", id=one["id"], outcome="balance")
        assert market.truth("captures") == []
        start = Barrier(ORDERS * VISITS + 1)

        def visit(number: int) -> str:
            buyer, one = buyers[number % ORDERS], made[number % ORDERS]
            doors: tuple[Callable[..., str], ...] = (buyer.press, buyer.come_back)
            start.wait()
            return doors[number % 2](one)

        def tell() -> None:
            start.wait()
            market.release_webhooks()

        with ThreadPoolExecutor(ORDERS * VISITS + 1) as pool:
            told = pool.submit(tell)
            led = list(pool.map(visit, range(ORDERS * VISITS)))
            told.result()

    assert led == [f"/orders/{made[number % ORDERS]['order']}" for number in range(ORDERS * VISITS)]
    market.settle()
    emails = [person.email for person in people]
    paid = market.rows(PAID, emails)
    assert {row["token"] for row in paid} == {one["order"] for one in made}
    assert {(row["payments"], row["captures"]) for row in paid} == {(1, 1)}
    there = market.truth("captures")
    assert sorted(capture["order"] for capture in there) == sorted(one["id"] for one in made)
    assert {(capture["amount"], capture["refunded"]) for capture in there} == {(4000, 0)}
    assert [len(market.mails(email)) for email in emails] == [1] * ORDERS
    assert market.free("KILN-BOWL") == 0
