"""What PayPal has must be what we asked for, before its capture and after: else nothing is taken, or a person looks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts import the_order, the_payment
from tests.payments.buying import MUG
from tests.payments.paypal_buying import (
    approve,
    approved,
    capture,
    captures_there,
    create_order,
    place_with_paypal,
    states,
)
from tests.world import World, rows

OTHER_PAYEE = {"merchant_id": "BADMERCHANT22", "email_address": "otto@example.com"}
CHANGES: dict[str, Any] = {
    "amount": {"amount": {"currency_code": "USD", "value": "1.00"}},
    "currency": {"amount": {"currency_code": "EUR", "value": "29.00"}},
    "payee": {"payee": OTHER_PAYEE},
    "payment id": {"custom_id": "00000000-0000-4000-8000-00000000abcd"},
    "order id": {"reference_id": "another"},
}
# Words of the review where they are not the name of what was changed.
SAID = {"amount": "goods and delivery: the provider has $1.00", "currency": "amount: the provider has €29.00"}


def tamper(world: World, ref: str, change: dict[str, Any]) -> None:
    """Somebody changes the order at PayPal's side."""
    kept = world.sandbox.state.world
    (found,) = [(account, doc) for account, doc in kept.find_owned(None, "paypal_order") if doc["id"] == ref]
    account, order = found
    order["purchase_units"][0] |= change
    kept.put(account, "paypal_order", order)


@pytest.mark.parametrize("what", CHANGES)
async def test_nothing_is_taken_and_a_person_looks_when_the_approved_order_is_another(world: World, what: str) -> None:
    ada, token = await place_with_paypal(world)
    made = await create_order(ada, token)
    await world.tell("webhooks", action="hold")
    await approve(world, made["id"])
    tamper(world, made["id"], CHANGES[what])

    await capture(ada, made)

    assert await states() == ("needs_review", "needs_review")
    assert SAID.get(what, what) in (await the_payment())["review_reason"]
    assert await captures_there(world) == []


async def test_a_person_looks_when_the_captured_order_is_another(world: World) -> None:
    ada, made = await approved(world, outcome="echeck")
    await capture(ada, made)
    tamper(world, made["id"], CHANGES["payee"])
    ref = (await world.gateways.with_capture().fetch_payment(made["id"], "")).capture_ref

    await world.tell("webhooks", action="clear")
    await world.tell("paypal", action="finish", id=ref, status="COMPLETED")
    await world.deliver()

    order = await the_order()
    assert order["payment_state"] in ("needs_review", "paid")


@pytest.mark.parametrize("again", ["same form", "form of a new page", "same form, another address"])
async def test_buyer_is_led_to_the_order_that_a_person_looks_at_when_checking_out_again(
    world: World, again: str
) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form(provider="paypal")
    token = (await ada.post("/checkout", **form)).headers["location"].removeprefix("/pay/")
    made = await create_order(ada, token)
    tamper(world, made["id"], CHANGES["payee"])
    await approve(world, made["id"])
    await capture(ada, made)
    assert (await states())[0] == "needs_review"
    if again == "form of a new page":
        form = await ada.checkout_form(provider="paypal")
    elif again != "same form":
        form |= {"city": "Leeds"}

    led = await ada.post("/checkout", **form)
    page = await ada.get(led.headers["location"])

    assert led.headers["location"] == f"/orders/{token}"
    assert "please do not pay again" in page.text
    assert len(await rows("SELECT id FROM orders")) == 1
