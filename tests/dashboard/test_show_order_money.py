"""The money of one order as its vendor sees it: to the cent, and the lines add up, here and at the provider."""

from __future__ import annotations

import re

import pytest

from store.vendors.service import open_account, sync_account
from tests.dashboard.keeping import enter
from tests.dashboard.test_show_orders import sell, sit_in
from tests.facts import one, provider_balances, value
from tests.look.markup import Outline
from tests.payments.buying import LAMP, MUG, NOTEBOOK, pay_unheard
from tests.payouts.passing import change_account, place_two
from tests.refunds.refunding import refund_there, wait_for_money
from tests.shelves import read_words
from tests.world import Browser, World


async def read_money(browser: Browser, path: str) -> dict[str, str]:
    """The money of one order's page, words to amount."""
    page = await browser.get(path)
    assert Outline(page.text).find_problems() == []
    pairs = re.findall(r'<dt(?: class="sum")?>(.*?)</dt>\s*<dd(?: class="sum")?>(.*?)</dd>', page.text, re.DOTALL)
    return {words.replace("’", "'"): amount for words, amount in pairs}


def read_cents(shown: str) -> int:
    """An amount of a page in cents; what comes off has a minus."""
    amount = round(float(shown.lstrip("−").replace("$", "")) * 100)
    return -amount if shown.startswith("−") else amount


async def read_account(browser: Browser, path: str) -> int:
    """What is left of an order on the vendor's account by its page, whose lines must add up to it; cents."""
    page = await browser.get(path)
    block = page.text.split('<h2 id="account">')[1]
    *lines, left = [read_cents(shown) for shown in re.findall(r"<dd[^>]*>(.*?)</dd>", block)]
    assert sum(lines) == left
    return left


async def read_provider_fees(world: World, account: str) -> list[int]:
    """What the provider says it kept of each charge, minor units."""
    headers = {"Authorization": "Bearer sk_test_overprint", **({"Stripe-Account": account} if account else {})}
    answer = await world.console.get("/v1/balance_transactions?type=charge", headers=headers)
    assert answer.status_code == 200, answer.text
    kept = [
        sum(part["amount"] for part in one["fee_details"] if part["type"] == "stripe_fee")
        for one in answer.json()["data"]
    ]
    assert len(kept) == 1
    return kept


@pytest.mark.parametrize("charge", ["destination", "separate", "direct"])
async def test_money_of_an_order_is_shown_to_the_cent_when_it_has_settled(world: World, charge: str) -> None:
    sku, slug, more = {
        "destination": (MUG, "kiln-co", ()),
        "separate": (MUG, "kiln-co", (NOTEBOOK,)),
        "direct": (LAMP, "lumen-works", ()),
    }[charge]
    name = await value("SELECT name FROM vendor WHERE slug = $1", slug)
    path = await sell(world, sku, *more, vendor=name)
    await sit_in(slug)
    vera = await enter(world)

    before, before_words = await read_money(vera, path), read_words(await vera.get(path))
    await world.settle()
    after = await read_money(vera, path)

    part = await one("SELECT total, fee, share FROM vendor_order WHERE vendor_name = $1", name)
    for shown in (before, after):
        assert shown["Paid by the buyer"] == f"${part['total'] / 100:.2f}"
        assert shown["Overprint's fee"] == f"−${part['fee'] / 100:.2f}"
        assert shown["Your share"] == f"${part['share'] / 100:.2f}"
    page = read_words(await vera.get(path))
    account = await value("SELECT account_ref FROM vendor WHERE slug = $1", slug)
    fees = await read_provider_fees(world, account if charge == "direct" else "")
    ours, theirs = f"−${part['fee'] / 100:.2f}", f"${fees[0] / 100:.2f}"
    names = ("Transferred to you", "Overprint's fee, returned to Overprint", "Stripe's fee")
    if charge == "direct":
        assert before["Stripe's fee"] == "not known yet"
        assert [after.get(name) for name in names] == [None, ours, f"−{theirs}"]
        assert "The buyer paid you directly: there is no transfer." in page
    elif charge == "destination":
        assert "Not transferred to your Stripe account yet." in before_words
        assert [after.get(name) for name in names] == [f"${part['total'] / 100:.2f}", ours, "none for you"]
        assert f"Stripe’s fee of {theirs} is paid by Overprint." in page
    else:
        # What the whole payment cost is not this vendor's to know.
        assert theirs not in page
        assert [after.get(name) for name in names] == [f"${part['share'] / 100:.2f}", None, "none for you"]
        (sent,) = [one for one in await world.truth("transfers") if one["destination"] == account]
        assert sent["amount"] == part["share"]
    assert read_cents(after["Paid by the buyer"]) + read_cents(ours) == read_cents(after["Your share"])
    assert await read_account(vera, path) == (await provider_balances(world))[account, "USD"]


@pytest.mark.parametrize(("sku", "slug"), [(MUG, "kiln-co"), (LAMP, "lumen-works")], ids=["destination", "direct"])
async def test_money_on_the_account_adds_up_when_some_of_it_went_back(world: World, sku: str, slug: str) -> None:
    path = await sell(world, sku, vendor=await value("SELECT name FROM vendor WHERE slug = $1", slug))
    await world.settle()
    capture = await one("SELECT * FROM capture")
    reverse = {"reverse_transfer": "true"} if sku == MUG else {}
    await refund_there(world, capture, amount=1000, refund_application_fee="true", **reverse)
    await wait_for_money(world)
    await sit_in(slug)
    vera = await enter(world)

    left, shown = await read_account(vera, path), await read_money(vera, path)

    account = await value("SELECT account_ref FROM vendor WHERE slug = $1", slug)
    assert left == (await provider_balances(world))[account, "USD"]
    assert shown["Taken back for refunds" if sku == MUG else "Refunded to the buyer"] == "−$10.00"
    assert read_cents(shown["Overprint's fee, given back to you"]) > 0


async def test_transfer_to_the_account_of_now_is_told_when_the_vendor_began_anew(world: World) -> None:
    account = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    _, url = await place_two(world)
    await pay_unheard(world, url)
    await change_account(world, account, "deauthorized")
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()
    vendor = await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")
    await open_account(world.gateways, vendor, prefill=True)
    await sync_account(world.gateways, vendor)
    await world.advance(600)
    await world.settle()
    part = await one("SELECT id, share FROM vendor_order WHERE vendor_name = 'Kiln & Co'")
    vera = await enter(world)

    shown = await read_money(vera, f"/sell/orders/{part['id']}")

    assert shown["Transferred to you"] == shown["From this order"] == f"${part['share'] / 100:.2f}"


async def test_reason_is_told_when_a_transfer_waits(world: World) -> None:
    account = await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    _, url = await place_two(world)
    await pay_unheard(world, url)
    await change_account(world, account, "rejected")
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()
    part = await value("SELECT id FROM vendor_order WHERE vendor_name = 'Kiln & Co'")
    vera = await enter(world)

    words = read_words(await vera.get(f"/sell/orders/{part}"))
    await change_account(world, account, "active")
    await world.settle()
    after = read_words(await vera.get(f"/sell/orders/{part}"))

    reason = "Your Stripe account cannot receive money at the moment."
    assert f"Not transferred to your Stripe account yet. {reason}" in words
    assert reason not in after
    assert "Transferred to you $" in after
