"""Refunds that end otherwise than they began, at the sandbox: slowly, or back in our balance minutes later."""

from __future__ import annotations

import pytest

from store.doctor.checks import check_reviews
from store.kit.money import Money
from tests.facts import assert_books_agree, mails, one, path_of, the_order, timeline, value
from tests.payments.buying import LAMP, MUG, place
from tests.refunds.refunding import refund_there
from tests.world import World, rows

PENDING, FAILING = "4000 0000 0000 7726", "4000 0000 0000 5126"
RAILS = pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])


async def refund_all(world: World, sku: str, number: str) -> str:
    """Ada bought with this card, and somebody refunds all of it at the provider; returns her order's path."""
    _, url = await place(world, sku)
    assert (await world.pay(url, number=number)).status_code == 303
    await world.settle()
    back = {"refund_application_fee": "true", **({} if sku == LAMP else {"reverse_transfer": "true"})}
    await refund_there(world, await one("SELECT * FROM capture"), **back)
    await world.deliver()
    return await path_of()


@RAILS
async def test_order_is_paid_again_with_an_alert_and_the_books_put_back_when_the_refund_fails_later(
    world: World, sku: str
) -> None:
    path = await refund_all(world, sku, FAILING)
    ada = world.browser()
    assert await ada.status(path) == "Refunded"

    await world.advance(200)
    await world.settle()

    order = await the_order()
    assert (order["payment_state"], order["refunded"], order["refund_pending"]) == ("paid", 0, 0)
    page = (await ada.get(path)).text
    assert await ada.status(path) == "Paid"
    assert "being checked by a person, who will email you" in page
    failed = [text for _, text in await timeline() if "failed" in text]
    assert failed == [f"A refund of {Money(order['total'], order['currency'])} failed: the provider gave no reason."]
    assert failed[0] in page
    assert [kind for kind, _, _ in await mails()][-2:] == ["refunded", "refund_failed"]
    found = await check_reviews()
    assert not found.ok
    assert order["number"] in found.detail
    kinds = [row["kind"] for row in await rows("SELECT kind FROM ledger_tx WHERE kind LIKE 'refund%' ORDER BY id")]
    assert kinds == ["refund", "refund_failed"]
    assert await value("SELECT refunded FROM capture") == 0
    await assert_books_agree(world)


@RAILS
async def test_buyer_is_told_when_the_money_has_arrived_and_not_before(world: World, sku: str) -> None:
    path = await refund_all(world, sku, PENDING)
    ada = world.browser()
    assert await ada.status(path) == "Refund on its way"
    assert "refunded" not in {kind for kind, _, _ in await mails()}

    await world.advance(200)
    await world.settle()

    assert await ada.status(path) == "Refunded"
    assert [kind for kind, _, _ in await mails()].count("refunded") == 1
    await assert_books_agree(world)


async def test_failure_is_found_by_the_sweep_when_its_message_is_lost(world: World) -> None:
    path = await refund_all(world, MUG, FAILING)
    await world.tell("webhooks", action="drop", count=0)
    await world.advance(200)
    await world.deliver()
    assert (await the_order())["refunded"] > 0

    await world.advance(26 * 3600)
    await world.worker.drain(sweep=True)

    assert ((await the_order())["refunded"], await world.browser().status(path)) == (0, "Paid")
