"""From the radio to "Paid": the order opens on createOrder, nothing moves before the capture, and that is ours."""

from __future__ import annotations

from tests.facts import the_order, the_payment
from tests.payments.paypal_buying import approved, capture, captures_there, create_order, place_with_paypal, states
from tests.world import World


async def test_order_is_placed_and_nothing_opened_when_paypal_is_chosen(world: World) -> None:
    ada, token = await place_with_paypal(world)

    order = await the_order()
    page = await ada.get(f"/pay/{token}")
    assert (order["payment_state"], order["token"]) == ("awaiting_payment", token)
    assert 'id="paypal-buttons"' in page.text
    assert await captures_there(world) == []


async def test_button_gets_an_id_that_is_stored_before_it_is_told(world: World) -> None:
    ada, token = await place_with_paypal(world)

    made = await create_order(ada, token)

    payment = await the_payment()
    assert (payment["provider"], payment["provider_ref"], payment["status"]) == ("paypal", made["id"], "pending")
    assert made["capture_url"] == f"/payments/{payment['token']}/capture"


async def test_order_is_paid_once_when_the_button_captures(world: World) -> None:
    ada, made = await approved(world)

    answer = await capture(ada, made)

    assert answer.json() == {"redirect": f"/orders/{made['token']}"}
    assert await states() == ("paid", "succeeded")
    (there,) = await captures_there(world)
    assert there["amount"] == (await the_order())["total"]
    page = await ada.get(f"/orders/{made['token']}")
    assert "on your return from PayPal" in page.text
