"""Bank debits beside cards, at the sandbox: processing is neither paid nor failed, and either end comes later."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from store.app import create_app
from store.gateways.build import build_gateways
from store.workers import Worker
from tests.facts import (
    NEVER,
    ONCE,
    assert_books_agree,
    assert_stock_adds_up,
    count_effects,
    mails,
    path_of,
    posted,
    stock_of,
    the_order,
    the_payment,
    value,
)
from tests.payments.buying import LAMP, MUG, SESSIONS, THROW
from tests.world import Browser, World

METHODS = ("us_bank_account", "sepa_debit")
IN_MINUTES, IN_DAYS, REFUSED = "000123456797", "000123456805", "000222222235"
IBAN_IN_DAYS = "AT751904300235473206"
RAILS = pytest.mark.parametrize(
    ("sku", "account"),
    [(MUG, IN_DAYS), (LAMP, IN_DAYS), (THROW, IBAN_IN_DAYS)],
    ids=["destination", "direct", "direct in EUR"],
)


def take_debits(world: World) -> World:
    """The same world with a shop that takes bank debits beside cards."""
    settings = replace(world.settings, stripe_delayed_methods=METHODS)
    gateways = build_gateways(settings, world.wire)
    worker = Worker(gateways, world.worker.mailer)
    return replace(world, settings=settings, gateways=gateways, shop=create_app(settings, gateways), worker=worker)


async def debit(world: World, url: str, account: str) -> httpx.Response:
    """Fill in the hosted page's bank debit."""
    data = {"pay": "debit", "account": account, "holder": "Ada Buyer"}
    answer = await world.console.post(url, data=data)
    assert answer.status_code == 303, answer.text
    return answer


async def pay_by_debit(world: World, sku: str, account: str) -> Browser:
    """Ada's bank is asked; the provider's messages have arrived."""
    ada = world.browser()
    await ada.add(sku)
    await debit(world, await ada.check_out(), account)
    await world.deliver()
    return ada


async def test_cards_alone_are_asked_for_when_the_setting_is_empty(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)

    await ada.check_out()

    (asked,) = await posted(world, SESSIONS)
    assert [v for name, v in asked["params"].items() if name.startswith("allowed_payment")] == ["card"]


@RAILS
async def test_order_is_processing_and_then_paid_when_the_bank_says_yes_days_later(
    world: World, sku: str, account: str
) -> None:
    shop = take_debits(world)
    before = await stock_of(sku)
    ada = await pay_by_debit(shop, sku, account)
    assert await ada.status(await path_of()) == "Payment processing"
    assert "This can take a few days; we will email you." in (await ada.get(await path_of())).text
    assert await count_effects() == NEVER

    for _ in range(2):
        await shop.advance(86_400)
        await shop.worker.drain(sweep=True)
        assert (await the_order())["payment_state"] == "processing"
        assert await stock_of(sku) == (before[0], before[1] + 1, before[2])
    await shop.advance(86_400 + 60)
    await shop.settle()

    assert await ada.status(await path_of()) == "Paid"
    assert (await the_order())["method"].startswith("Bank account ending in ")
    assert await count_effects() == ONCE
    await assert_books_agree(shop)


@pytest.mark.parametrize("heard", [True, False], ids=["by message", "by sweep"])
async def test_buyer_is_mailed_and_may_try_again_when_the_bank_says_no(world: World, heard: bool) -> None:
    shop = take_debits(world)
    ada = await pay_by_debit(shop, MUG, REFUSED)
    assert await ada.status(await path_of()) == "Payment processing"
    if not heard:
        await shop.tell("webhooks", action="drop", count=0)
    await shop.advance(3600)

    await shop.deliver()
    await shop.worker.drain(sweep=not heard)

    assert await ada.status(await path_of()) == "Payment failed"
    assert "The bank account has insufficient funds. You were not charged." in (await ada.get(await path_of())).text
    assert [kind for kind, _, _ in await mails()] == ["payment_failed"]
    url = (await ada.post(f"{await path_of()}/pay")).headers["location"]
    assert (await shop.pay(url)).status_code == 303
    await shop.tell("webhooks", action="clear")
    await shop.settle()
    await shop.worker.drain(sweep=True)
    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE
    await assert_books_agree(shop)


async def test_no_second_attempt_opens_when_the_bank_is_still_asked(world: World) -> None:
    shop = take_debits(world)
    ada = await pay_by_debit(shop, MUG, IN_MINUTES)

    for action in ("pay", "cancel"):
        answer = await ada.post(f"{await path_of()}/{action}")
        assert answer.headers["location"] == await path_of()
    again = await ada.post("/checkout", **(await ada.checkout_form()))

    assert again.headers["location"] == await path_of()
    assert await value("SELECT count(*) FROM payment") == 1
    assert len(await posted(shop, SESSIONS)) == 1
    assert ((await the_payment())["status"], (await the_order())["payment_state"]) == ("processing", "processing")


async def test_goods_go_back_when_the_bank_says_no_and_nobody_tries_again(world: World) -> None:
    shop = take_debits(world)
    await pay_by_debit(shop, MUG, REFUSED)
    await shop.advance(3600)
    await shop.deliver()

    await shop.advance(46 * 60)
    await shop.settle()

    assert (await the_order())["payment_state"] == "expired"
    assert await stock_of(MUG) == (40, 0, 0)
    assert await count_effects() == NEVER
    await assert_stock_adds_up()
