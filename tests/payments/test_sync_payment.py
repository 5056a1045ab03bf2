"""Dual confirmation: whichever door is first wins, and everything happens once whatever the order of the knocks."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from store.app import create_app
from store.gateways.port import Gateways, PaymentSnapshot, Unavailable
from store.payments.service import sync_payment
from store.payments.states import Door
from store.workers import Worker
from tests.facts import (
    NEVER,
    ONCE,
    assert_books_agree,
    count_effects,
    mails,
    path_of,
    stock_of,
    the_order,
    the_payment,
    timeline,
    value,
)
from tests.payments import naive
from tests.payments.buying import RAILS, pay_unheard, place
from tests.signing import sign_headers
from tests.world import DECLINED, SHOP, World

PARTIES = 50


class Gathered:
    """A gateway that lets nobody go on before `parties` callers hold the same snapshot in their hands."""

    def __init__(self, inner: Any, parties: int) -> None:
        self._inner = inner
        self._barrier = asyncio.Barrier(parties)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_payment(self, ref: str, account_ref: str) -> PaymentSnapshot:
        snapshot: PaymentSnapshot = await self._inner.fetch_payment(ref, account_ref)
        await self._barrier.wait()
        return snapshot


@pytest.fixture
async def naive_tables() -> AsyncIterator[None]:
    yield
    await naive.clear_away()


@pytest.mark.parametrize("sku", RAILS.values(), ids=RAILS)
async def test_one_effect_when_fifty_confirm_through_all_doors_at_once(patient: None, world: World, sku: str) -> None:
    ada, url = await place(world, sku)
    back = await pay_unheard(world, url)
    payment = await the_payment()
    (completed,) = [e for e in await world.truth("events") if e["type"] == "checkout.session.completed"]
    gathered = dataclasses.replace(world.gateways, stripe=Gathered(world.gateways.stripe, PARTIES))
    crowd = dataclasses.replace(world, shop=create_app(world.settings, gathered))
    endpoint = "/webhooks/stripe/connect" if payment["account_ref"] else "/webhooks/stripe"
    for n in range(16):
        body, headers = sign_headers(
            world.settings, endpoint, event=f"evt_{n}", resource=completed["object"], account=payment["account_ref"]
        )
        assert (await crowd.browser().client.post(endpoint, content=body, headers=headers)).status_code == 200

    await asyncio.gather(
        *(crowd.browser().get(back) for _ in range(17)),
        *(sync_payment(gathered, payment["id"], Door.SWEEP) for _ in range(17)),
        *(Worker(gathered, world.worker.mailer).process_events() for _ in range(2)),
    )

    assert await count_effects() == ONCE
    assert await ada.status(await path_of()) == "Paid"
    await world.tell("webhooks", action="clear")
    await world.settle()
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def test_naive_twin_acts_more_than_once_when_fifty_confirm_at_once(world: World, naive_tables: None) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    payment = await the_payment()
    await naive.lay_out(payment["id"])
    gathered = Gateways(stripe=Gathered(world.gateways.stripe, PARTIES))

    await asyncio.gather(*(naive.confirm_naively(gathered, payment["id"]) for _ in range(PARTIES)))

    assert await value("SELECT count(*) FROM naive_effect WHERE kind = 'mail'") > 1
    assert await value("SELECT stock FROM naive_order") < 9


async def test_return_finds_it_paid_when_the_webhook_was_first(world: World) -> None:
    ada, url = await place(world)
    paid = await world.pay(url)
    await world.deliver()
    assert (await timeline())[-1] == ("webhook", "Payment of $30.00 confirmed by Stripe's message.")

    back = await ada.get(paid.headers["location"].removeprefix(SHOP))

    assert back.headers["location"] == await path_of()
    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


@pytest.mark.parametrize("days", [0, 3])
async def test_webhook_changes_nothing_when_the_return_was_first(world: World, days: int) -> None:
    ada, url = await place(world)
    await ada.get(await pay_unheard(world, url))
    assert (await timeline())[-1] == ("return", "Payment of $30.00 confirmed on your return from Stripe.")
    await world.advance(days * 86_400)

    await world.tell("webhooks", action="clear")
    await world.settle()

    assert await count_effects() == ONCE
    assert await value("SELECT outcome FROM inbox_event WHERE type = 'checkout.session.completed'") == "applied"
    await assert_books_agree(world)


async def test_order_is_paid_when_the_buyer_never_returns(world: World) -> None:
    ada, url = await place(world)

    await world.pay(url)
    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def test_order_is_paid_when_no_webhook_ever_comes(world: World) -> None:
    await world.tell("webhooks", action="drop", count=0)
    ada = world.browser()

    order = await ada.buy("KILN-MUG-BLUE")
    await world.settle()

    assert await ada.status(order) == "Paid"
    assert not await value("SELECT count(*) FROM inbox_event")
    await assert_books_agree(world)


@pytest.mark.parametrize("sku", RAILS.values(), ids=RAILS)
async def test_sweep_confirms_when_neither_webhook_nor_buyer_comes(world: World, sku: str) -> None:
    await world.tell("webhooks", action="drop", count=0)
    ada, url = await place(world, sku)
    await world.pay(url)
    await world.worker.drain(sweep=True)
    assert await count_effects() == NEVER

    await world.settle()
    await world.settle()

    assert (await timeline())[-1][0] == "sweep"
    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE
    await assert_books_agree(world)


async def test_one_effect_when_each_event_comes_ten_times(world: World) -> None:
    await world.tell("webhooks", action="duplicate", count=0)
    _, url = await place(world)
    await world.pay(url)
    await world.deliver()

    for _ in range(4):
        await world.tell("webhooks", action="resend", type="*", count=0)
        await world.deliver()

    assert await count_effects() == ONCE
    seen = await value("SELECT deliveries FROM inbox_event WHERE type = 'checkout.session.completed'")
    assert seen >= 10


async def test_paid_order_stays_paid_when_a_failure_is_told_after_completion(world: World) -> None:
    ada, url = await place(world)
    await world.tell("webhooks", action="hold", type="payment_intent.payment_failed")
    await world.pay(url, number=DECLINED)
    await world.pay(url)
    await world.deliver()
    assert await ada.status(await path_of()) == "Paid"

    await world.tell("webhooks", action="release")
    await world.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert await value("SELECT outcome FROM inbox_event WHERE type = 'payment_intent.payment_failed'") == "applied"
    assert await count_effects() == ONCE
    assert (await the_order())["failure_reason"] == ""
    assert "payment_failed" not in {kind for kind, _, _ in await mails()}


async def test_nothing_changes_when_an_event_speaks_of_an_object_that_is_not_ours(world: World) -> None:
    ada, _ = await place(world)
    before = await the_order()
    body, headers = sign_headers(world.settings, "/webhooks/stripe", resource="cs_test_of_another_shop")

    answer = await ada.client.post("/webhooks/stripe", content=body, headers=headers)
    await world.worker.drain()

    assert answer.status_code == 200
    assert await value("SELECT outcome FROM inbox_event") == "foreign"
    assert await the_order() == before


async def test_nothing_changes_when_the_provider_does_not_answer(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    before, order = await the_payment(), await the_order()
    await world.tell("faults", method="GET", path="/v1/checkout/sessions/*", when="before", action="status", status=401)

    with pytest.raises(Unavailable):
        await sync_payment(world.gateways, before["id"], Door.SWEEP)

    assert (await the_payment(), await the_order()) == (before, order)
    assert await sync_payment(world.gateways, before["id"], Door.SWEEP) == "succeeded"


async def test_stock_moves_and_mails_go_out_once_when_an_order_is_paid(world: World) -> None:
    ada, url = await place(world)
    assert await stock_of("KILN-MUG-BLUE") == (40, 1, 0)

    await world.pay(url)
    await world.settle()

    assert await stock_of("KILN-MUG-BLUE") == (40, 0, 1)
    assert await mails() == [
        ("order_confirmed", "ada@example.com", "done"),
        ("sold", "vera@example.com", "done"),
    ]
    assert await ada.groups() == []
    assert await sync_payment(world.gateways, (await the_payment())["id"], Door.CHECK) == "succeeded"
    assert await count_effects() == ONCE


async def test_lookup_fails_when_the_payment_is_unknown(world: World) -> None:
    with pytest.raises(LookupError):
        await sync_payment(world.gateways, uuid4(), Door.CHECK)
