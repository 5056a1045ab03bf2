"""A process may die at any call to the provider, before or after its effect: another one goes on, and nothing doubles.

Where a transaction begins or ends between two calls, dying there is dying after the one or before the other.
"""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from store.catalogue.service import adjust_stock
from store.gateways.build import build_gateways
from store.kit.db import transaction
from store.workers import Worker
from tests.facts import ONCE, assert_books_agree, count_effects, mails, make_due, one, path_of, posted, the_order, value
from tests.payments.buying import LAMP, MUG, SESSIONS, end_too_early, pay_unheard
from tests.ready import make_shop
from tests.refunds.refunding import REFUNDS
from tests.world import SHOP, World, rows

RAILS = {"destination": MUG, "direct": LAMP}


class Died(BaseException):
    """The process ended here; nothing of ours catches it."""


class Deadly(httpx.AsyncBaseTransport):
    """The way to the provider, on which the process dies at the `at`-th request, `before` or `after` its effect.

    What else it had under way hears no answer: the dead ask and hear nothing more.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, at: int, when: str) -> None:
        self._inner, self._at, self._when = inner, at, when
        self._dead = False
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        number = self.count
        self._die_if((number, self._when) == (self._at, "before"))
        answer = await self._inner.handle_async_request(request)
        self._die_if((number, self._when) == (self._at, "after"))
        return answer

    def _die_if(self, now: bool) -> None:
        self._dead = self._dead or now
        if self._dead:
            raise Died


def mortal(world: World, at: int, when: str) -> tuple[World, Deadly]:
    """The same world with a shop and a worker that die once, together."""
    way = Deadly(world.wire, at, when)
    _, gateways, shop = make_shop(world.settings, build_gateways(world.settings, way), second=True)
    worker = Worker(gateways, world.worker.mailer)
    return dataclasses.replace(world, gateways=gateways, shop=shop, worker=worker), way


async def buy(world: World, sku: str) -> None:
    """Checkout, payment, return, and what the worker does with it."""
    ada = world.browser()
    await ada.add(sku)
    paid = await world.pay(await ada.check_out())
    await ada.get(paid.headers["location"].removeprefix(SHOP))
    await world.settle()


async def start_again(world: World) -> None:
    """A new process works until everything has come to rest; leases of the dead one are over."""
    await world.tell("webhooks", action="clear")
    for _ in range(3):
        for table in ("inbox_event", "operation", "mail_message"):
            await make_due(table)
            await world.console.get("/_sandbox/quiet")
            await release_leases(table)
        await world.settle()
        await world.advance(60)


async def shelve(sku: str, count: int, ref: str) -> None:
    """So many of them are left."""
    row = await one("SELECT id, on_hand FROM variant WHERE sku = $1", sku)
    async with transaction():
        await adjust_stock(row["id"], count - row["on_hand"], ref)


async def assert_every_request_was_intended(world: World) -> None:
    """Each key that reached the provider is a row of ours, and had one effect at most (I20)."""
    for path, table, ref in ((SESSIONS, "payment", "provider_ref"), (REFUNDS, "refund", "refund_ref")):
        keys = {request["idempotency_key"] for request in await posted(world, path)}
        assert keys <= {str(row["id"]) for row in await rows(f"SELECT id FROM {table}")}
        known = await rows(f"SELECT {ref} AS ref FROM {table} WHERE {ref} IS NOT NULL")
        assert len({row["ref"] for row in known}) == len(known)
    assert len(await world.truth("refunds")) == await value("SELECT count(*) FROM refund")


async def release_leases(table: str) -> None:
    """As if a minute had passed."""
    await rows(f"UPDATE {table} SET lease_until = NULL WHERE state = 'waiting' RETURNING id")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("rail", RAILS)
async def test_purchase_goes_on_when_the_process_dies_at_any_call(world: World, rail: str, when: str) -> None:
    at, calls = 0, 99
    while at < calls:
        at += 1
        dying, way = mortal(world, at, when)
        try:
            await buy(dying, RAILS[rail])
            calls = way.count
        except Died:
            pass

        await start_again(world)
        order = await the_order()
        if order["payment_state"] == "awaiting_payment":
            # It died on the way to the payment page: the same order goes on.
            again = await world.browser().post(f"{await path_of(order)}/pay")
            await world.pay(again.headers["location"])
            await start_again(world)

        assert (await the_order())["payment_state"] == "paid"
        assert await value("SELECT count(*) FROM orders") == at
        assert await count_effects() == {name: count * at for name, count in ONCE.items()}
        await assert_books_agree(world)
        await assert_every_request_was_intended(world)
    assert at >= 5


@pytest.mark.parametrize(
    ("rail", "when"),
    [
        ("destination", "after"),
        ("direct", "before"),
        pytest.param("destination", "before", marks=pytest.mark.long),
        pytest.param("direct", "after", marks=pytest.mark.long),
    ],
)
async def test_money_goes_back_once_when_the_process_dies_at_any_call(world: World, rail: str, when: str) -> None:
    sku = RAILS[rail]
    at, calls = 0, 99
    while at < calls:
        at += 1
        await shelve(sku, 1, f"found {at}")
        _, url = await end_too_early(world, (sku,))
        await shelve(sku, 0, f"lost {at}")
        await pay_unheard(world, url)
        dying, way = mortal(world, at, when)
        await world.tell("webhooks", action="clear")
        try:
            await dying.settle()
            calls = way.count
        except Died:
            pass

        await start_again(world)

        order = await the_order()
        assert (order["payment_state"], order["refunded"]) == ("canceled", order["total"])
        given = await world.truth("refunds")
        assert [refund["amount"] for refund in given] == [order["total"]] * at
        assert [kind for kind, _, _ in await mails()] == ["refunded"] * at
        await assert_books_agree(world)
        await assert_every_request_was_intended(world)
    assert at >= 5
