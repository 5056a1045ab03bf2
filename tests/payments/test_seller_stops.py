"""A vendor is restricted or leaves while somebody buys: before the payment, after it, and where nothing can be held."""

from __future__ import annotations

from typing import Any

import pytest

from store.kit.db import fetch, transaction
from store.payments.service import sync_payment
from store.payments.service.stopped import SellerStopped, check_sellers
from store.payments.states import Door
from store.vendors.service import sync_account
from tests.facts import make_due, one, the_order, the_payment, value
from tests.payments.buying import (
    LAMP,
    MUG,
    NOTEBOOK,
    SESSIONS,
    break_calls,
    end_too_early,
    pay_unheard,
    place,
    sell_out,
)
from tests.refunds.refunding import REFUNDS
from tests.shelves import read_words
from tests.world import Browser, World, rows

SELLERS = {MUG: "kiln-co", LAMP: "lumen-works"}
KEY = {"Authorization": "Bearer sk_test_overprint"}


async def stop(world: World, sku: str, outcome: str = "rejected", **more: Any) -> None:
    """The provider lets the seller of these goods do no more; nobody has told us yet."""
    ref = await value("SELECT account_ref FROM vendor WHERE slug = $1", SELLERS[sku])
    await world.tell("accounts", outcome=outcome, account=ref, **more)


async def look_at(world: World, sku: str) -> str:
    """One of the doors looks at the seller."""
    return await sync_account(world.gateways, await value("SELECT id FROM vendor WHERE slug = $1", SELLERS[sku]))


async def look_at_payment(world: World) -> str:
    """One of the doors looks at the payment."""
    return await sync_payment(world.gateways, (await the_payment())["id"], Door.WEBHOOK)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
@pytest.mark.parametrize("outcome", ["rejected", "deauthorized"])
async def test_nothing_is_ordered_when_the_seller_stopped_since_the_form_was_shown(
    world: World, sku: str, outcome: str
) -> None:
    ada = world.browser()
    await ada.add(sku)
    form = await ada.checkout_form()
    await stop(world, sku, outcome)
    await world.deliver()

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 409
    assert "cannot take payments at the moment" in (await ada.get("/cart")).text
    assert not await rows("SELECT 1 FROM orders")


@pytest.mark.parametrize(
    ("sku", "lacks", "refused"),
    [
        (LAMP, "card_payments = 'inactive'", True),
        (LAMP, "charges_enabled = false", True),
        (LAMP, "transfers = 'inactive'", False),
        (MUG, "transfers = 'inactive'", True),
        (MUG, "transfers = 'pending'", True),
        (MUG, "card_payments = 'inactive'", False),
        # Across a border the seller settles the charge itself, and takes cards for that.
        (MUG, "card_payments = 'inactive', country = 'DE'", True),
    ],
)
async def test_capability_of_the_charge_type_is_asked_for_again_when_the_form_is_posted(
    world: World, sku: str, lacks: str, refused: bool
) -> None:
    ada = world.browser()
    await ada.add(sku)
    form = await ada.checkout_form()
    await fetch(f"UPDATE vendor SET {lacks}")

    answer = await ada.post("/checkout", **form)

    assert (answer.headers["location"] == "/cart") is refused
    assert len(await rows("SELECT 1 FROM orders")) == (not refused)
    if refused:
        assert "You were not charged" in (await ada.get("/cart")).text


@pytest.mark.parametrize(
    ("becomes", "words"),
    [("paused = true", "Kiln & Co is taking a break"), ("state = 'restricted'", "Kiln & Co cannot take payments")],
)
async def test_no_next_attempt_is_opened_when_the_seller_has_stopped_with_all_its_capabilities(
    world: World, becomes: str, words: str
) -> None:
    await place(world)
    await fetch(f"UPDATE vendor SET {becomes} WHERE slug = 'kiln-co'")

    with pytest.raises(SellerStopped, match=f"{words}.* You were not charged"):
        async with transaction():
            await check_sellers(await the_order(), "US")


async def test_whole_payment_is_refused_when_one_of_its_sellers_lacks_the_capability(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)
    form = await ada.checkout_form()
    await fetch("UPDATE vendor SET transfers = 'inactive' WHERE slug = 'north-bindery'")

    answer = await ada.post("/checkout", **form)

    assert answer.headers["location"] == "/cart"
    assert "North Bindery cannot take payments" in (await ada.get("/cart")).text


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_payment_page_is_closed_when_the_seller_stopped_before_it_was_paid(world: World, sku: str) -> None:
    ada, url = await place(world, sku)
    await stop(world, sku)

    await world.deliver()
    await world.worker.drain()

    assert (await the_order())["payment_state"] == "expired"
    assert (await the_payment())["status"] == "expired"
    assert await value("SELECT count(*) FROM order_event WHERE text LIKE '%cannot take payments any more%'") == 1
    assert await value("SELECT reserved FROM variant WHERE sku = $1", sku) == 0
    assert (await world.pay(url)).status_code != 303
    assert not await rows("SELECT 1 FROM capture")
    page = read_words(await ada.get(f"/orders/{(await the_order())['token']}"))
    seller = await value("SELECT name FROM vendor WHERE slug = $1", SELLERS[sku])
    assert f"Payment page closed {seller} cannot take payments any more, so we closed the payment page." in page
    assert "timed out" not in page


async def test_other_payment_pages_are_closed_when_one_of_them_cannot_be(world: World) -> None:
    for _ in range(3):
        await place(world, MUG)
    await stop(world, MUG)
    await break_calls(world, f"{SESSIONS}/*/expire", count=1)

    await world.deliver()

    states = "SELECT payment_state FROM orders ORDER BY placed_at"
    assert [row["payment_state"] for row in await rows(states)] == ["awaiting_payment", "expired", "expired"]
    assert await value("SELECT state FROM operation WHERE kind = 'stop_paying'") == "waiting"
    await make_due("operation")
    await world.worker.drain()
    assert {row["payment_state"] for row in await rows(states)} == {"expired"}
    assert await value("SELECT state FROM operation WHERE kind = 'stop_paying'") == "done"


async def test_buyer_is_not_led_back_to_the_page_when_the_seller_has_stopped(world: World) -> None:
    ada, _ = await place(world, LAMP)
    order = await the_order()
    await stop(world, LAMP)
    await look_at(world, LAMP)

    answer = await ada.post(f"/orders/{order['token']}/pay")

    assert answer.headers["location"] == f"/orders/{order['token']}"
    assert "cannot take payments" in (await ada.get(f"/orders/{order['token']}")).text


async def test_direct_payment_goes_back_when_it_came_in_after_the_seller_stopped(world: World) -> None:
    """Nothing can be held on the vendor's own account: it goes back while we still have access."""
    ada, url = await place(world, LAMP)
    await pay_unheard(world, url)
    await stop(world, LAMP)
    assert await look_at(world, LAMP) == "rejected"

    await look_at_payment(world)
    await world.tell("webhooks", action="release")
    await world.settle()

    order, capture = await the_order(), await one("SELECT * FROM capture")
    assert (order["payment_state"], order["refunded"]) == ("expired", order["total"])
    assert (capture["kind"], capture["refunded"]) == ("surplus", order["total"])
    refunds = [call for call in world.wire.sent if call.url.path == REFUNDS and call.method == "POST"]
    assert [call.headers["Stripe-Account"] for call in refunds] == [capture["account_ref"]]
    assert "Refunded" in await ada.status(f"/orders/{order['token']}")
    assert (
        await value("SELECT count(*) FROM order_event WHERE text = 'Lumen Works cannot take payments any more.'") == 1
    )


async def test_direct_payment_counts_when_the_seller_is_restricted_and_may_still_be_charged(world: World) -> None:
    _, url = await place(world, LAMP)
    await pay_unheard(world, url)
    await fetch("UPDATE vendor SET state = 'restricted', payouts_enabled = false WHERE slug = 'lumen-works'")

    await look_at_payment(world)

    assert (await the_order())["payment_state"] == "paid"


async def test_platform_charge_counts_when_it_came_in_after_the_seller_stopped(world: World) -> None:
    """The platform holds it: the buyer has paid us."""
    _, url = await place(world, MUG)
    await pay_unheard(world, url)
    await fetch("UPDATE vendor SET state = 'restricted', transfers = 'inactive' WHERE slug = 'kiln-co'")

    await look_at_payment(world)

    assert (await the_order())["payment_state"] == "paid"


async def test_person_is_asked_when_the_seller_left_before_the_direct_payment_was_seen(world: World) -> None:
    ada, url = await place(world, LAMP)
    await pay_unheard(world, url)
    await stop(world, LAMP, "deauthorized")

    status = await look_at_payment(world)

    order = await the_order()
    assert (status, order["payment_state"]) == ("needs_review", "needs_review")
    assert "disconnected the Stripe account" in order["review_reason"]
    assert await value("SELECT state FROM vendor WHERE slug = 'lumen-works'") == "disconnected"
    page = await ada.get(f"/orders/{order['token']}")
    assert "The payment needs a look by a person." in page.text
    assert order["review_reason"] not in page.text
    looks = len(world.wire.sent)
    await world.advance(3600)
    await world.worker.sweep()
    account = (await the_payment())["account_ref"]
    asked = [call for call in world.wire.sent[looks:] if account in (call.headers.get("Stripe-Account"), call.url.path)]
    assert not asked, "nobody asks again for what is out of reach"


async def test_person_is_asked_when_the_seller_left_before_the_money_went_back(world: World) -> None:
    """Too late to be an order, and out of reach to be refunded."""
    ada, url = await end_too_early(world, (LAMP,))
    await pay_unheard(world, url)
    payment = (await the_payment())["id"]
    await sell_out((LAMP,))
    await sync_payment(world.gateways, payment, Door.WEBHOOK)
    order = await the_order()
    await stop(world, LAMP, "deauthorized")

    await world.worker.run_operations()

    fresh = await the_order()
    assert (order["payment_state"], order["refund_pending"]) == ("canceled", order["total"])
    assert (fresh["payment_state"], fresh["refund_pending"]) == ("needs_review", 0)
    assert "should go back" in fresh["review_reason"]
    assert "could not be sent back" in (await ada.get(f"/orders/{order['token']}")).text
    assert await value("SELECT state FROM operation WHERE kind = 'refund'") == "done"


async def test_nothing_is_charged_when_the_seller_left_before_the_page_was_opened(world: World) -> None:
    """We had not heard of it: the provider refuses, and from then on we know."""
    ada: Browser = world.browser()
    await ada.add(LAMP)
    form = await ada.checkout_form()
    await world.tell("webhooks", action="hold")
    await stop(world, LAMP, "deauthorized")

    await ada.post("/checkout", **form)

    assert (await the_payment())["status"] == "failed"
    assert (await the_order())["payment_state"] == "canceled"
    assert await value("SELECT state FROM vendor WHERE slug = 'lumen-works'") == "disconnected"
    sessions = await world.console.get(SESSIONS, headers=KEY)
    assert sessions.json()["data"] == []
    assert "cannot take payments at the moment" in (await ada.get("/cart")).text
