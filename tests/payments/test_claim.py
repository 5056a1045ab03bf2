"""A claim is one door's and names its key; for an order that is over no money is taken, and the buyer is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from store.gateways.port import FundingDeclined, PaymentSnapshot, Unavailable
from store.kit.db import fetch
from store.payments.service import ask_consent, sync_payment
from store.payments.states import Door
from tests.facts import the_order, the_payment, value
from tests.payments.buying import MUG, break_calls, mend
from tests.payments.paypal_buying import JSON, approve, approved, capture, captures_there, create_order, states
from tests.payments.test_capture_approved import approved_too_late
from tests.world import World, rows

GET_ORDER = "/v2/checkout/orders/*"
DIED = "UPDATE payment SET status = 'capturing', claimed_at = now() - interval '61 seconds'"


class Lost:
    """PayPal takes the money, and its answer is lost."""

    def __init__(self, world: World) -> None:
        self._inner = world.gateways.with_capture()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def capture_payment(self, ref: str, key: str) -> PaymentSnapshot:
        await self._inner.capture_payment(ref, key)
        raise Unavailable("the answer was lost")


class Gated:
    """PayPal, whose captures wait for their gate one after the other, then do what it says."""

    def __init__(self, world: World) -> None:
        self._inner = world.gateways.with_capture()
        self.gates: list[asyncio.Future[Any]] = []
        self._opened = asyncio.Condition()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def capture_payment(self, ref: str, key: str) -> PaymentSnapshot:
        gate: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        async with self._opened:
            self.gates.append(gate)
            self._opened.notify_all()
        said = await gate
        if isinstance(said, Exception):
            raise said
        return await self._inner.capture_payment(ref, key)

    async def asked(self, times: int) -> None:
        """Wait until so many captures have been asked for; one that never comes fails the test."""
        async with asyncio.timeout(20), self._opened:
            await self._opened.wait_for(lambda: len(self.gates) >= times)


async def lose_the_answer(world: World) -> None:
    """We have asked, PayPal has taken, and nobody here knows."""
    lost: Any = Lost(world)
    with pytest.raises(Unavailable):
        await sync_payment(replace(world.gateways, paypal=lost), (await the_payment())["id"], Door.RETURN)
    assert (await states())[1] == "capturing"
    assert len(await captures_there(world)) == 1


async def test_outcome_is_found_by_the_sweep_when_the_answer_to_the_capture_was_lost(world: World) -> None:
    await approved(world)
    await lose_the_answer(world)

    await world.advance(15)
    await world.worker.drain(sweep=True)

    assert await states() == ("paid", "succeeded")
    assert len(await captures_there(world)) == 1


async def test_one_look_is_no_answer_when_paypal_does_not_show_the_order_meanwhile(world: World) -> None:
    await approved(world)
    await lose_the_answer(world)
    await break_calls(world, GET_ORDER, method="GET", status=404, provider="paypal")
    await world.advance(15)
    await world.worker.drain(sweep=True)
    assert (await states())[1] == "capturing"

    await mend(world)
    for _ in range(2):
        await fetch("UPDATE payment SET claimed_at = claimed_at - interval '61 seconds'")
        await world.advance(3600)
        await world.worker.drain(sweep=True)

    assert await states() == ("paid", "succeeded")


@pytest.mark.parametrize("way", ["canceled", "rejected"])
async def test_nobody_is_told_that_nothing_was_charged_when_paypal_has_taken_it_and_does_not_show_it(
    world: World, way: str
) -> None:
    ada, made = await approved(world)
    await lose_the_answer(world)
    await break_calls(world, GET_ORDER, method="GET", status=404, provider="paypal")
    await fetch("UPDATE payment SET claimed_at = claimed_at - interval '61 seconds'")
    if way == "canceled":
        await ada.post(f"/orders/{made['token']}/cancel")
    else:
        await fetch("UPDATE vendor SET state = 'rejected' WHERE id IN (SELECT vendor FROM vendor_order)")
    await world.advance(15)
    await world.worker.drain(sweep=True)
    assert await states() == ("awaiting_payment", "capturing")

    await mend(world)
    await world.advance(120)
    await world.worker.drain(sweep=True)

    assert await states() == ("paid", "succeeded")
    assert await rows("SELECT text FROM order_event WHERE text LIKE 'Not charged%'") == []


async def test_canceled_order_ends_when_paypal_forgot_what_was_asked_for(world: World) -> None:
    ada, made = await approved(world)
    await fetch(DIED)
    await break_calls(world, GET_ORDER, method="GET", status=404, provider="paypal")
    await ada.post(f"/orders/{made['token']}/cancel")
    assert (await states())[1] == "capturing"

    await mend(world)
    await world.advance(7 * 3600)
    for _ in range(2):
        await world.worker.drain(sweep=True)

    assert await states() == ("canceled", "failed")
    assert await captures_there(world) == []


async def test_nobody_is_told_to_pay_while_the_outcome_is_unknown(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    assert (await capture(ada, made)).json()["restart"] is True
    await approve(world, made["id"])
    await lose_the_answer(world)

    page = await ada.get(f"/orders/{made['token']}")
    buttons = await ada.get(f"/pay/{made['token']}")
    again = await ada.client.post("/payments/paypal", data={"order": made["token"]}, headers=JSON)

    assert "You were not charged" not in page.text
    assert "We are waiting for PayPal to confirm what you agreed to." in page.text
    assert ("Return to payment" in page.text, "Cancel order" in page.text, "Check now" in page.text) == (0, 0, 1)
    assert (buttons.status_code, buttons.headers["location"]) == (303, f"/orders/{made['token']}")
    assert again.status_code == 409
    assert "being confirmed" in again.json()["detail"]


async def test_cancel_takes_nothing_when_who_claimed_it_has_died(world: World) -> None:
    ada, made = await approved(world)
    await fetch(DIED)

    await ada.post(f"/orders/{made['token']}/cancel")

    assert await states() == ("canceled", "expired")
    assert await captures_there(world) == []


async def test_nothing_is_taken_when_the_seller_was_rejected_after_the_claim(world: World) -> None:
    await approved(world)
    await fetch(DIED)
    await fetch("UPDATE vendor SET state = 'rejected' WHERE id IN (SELECT vendor FROM vendor_order)")

    await world.advance(60)
    await world.worker.drain(sweep=True)

    assert await states() == ("expired", "expired")
    assert await captures_there(world) == []


async def test_late_answer_to_an_older_claim_changes_nothing(world: World) -> None:
    await approved(world)
    payment = await the_payment()
    gated: Any = Gated(world)
    gateways = replace(world.gateways, paypal=gated)
    first = asyncio.create_task(sync_payment(gateways, payment["id"], Door.WEBHOOK))
    await gated.asked(1)
    await fetch("UPDATE payment SET claimed_at = claimed_at - interval '61 seconds'")
    second = asyncio.create_task(sync_payment(gateways, payment["id"], Door.SWEEP))
    await gated.asked(2)
    gated.gates[1].set_result(FundingDeclined("no"))
    await second
    await ask_consent(payment["id"])
    third = asyncio.create_task(sync_payment(gateways, payment["id"], Door.RETURN))
    await gated.asked(3)

    gated.gates[0].set_result(FundingDeclined("no"))
    await first

    assert (await the_payment())["status"] == "capturing"
    gated.gates[2].set_result(None)
    await third
    assert await states() == ("paid", "succeeded")


async def test_buyer_is_told_when_the_card_page_was_opened_before_the_consent_was_used(world: World) -> None:
    ada, made = await approved(world)
    await ada.post(f"/orders/{made['token']}/pay")

    answer = await capture(ada, made)
    page = await ada.get(answer.json()["redirect"])

    assert "Not charged at PayPal: you went on with another way to pay." in page.text


async def test_buyer_is_told_the_reason_when_another_order_of_the_same_goods_was_begun(world: World) -> None:
    ada, made = await approved_too_late(world)
    await ada.post("/checkout", **(await ada.checkout_form()))

    await approve(world, made["id"])
    await world.deliver()

    texts = [row["text"] for row in await rows("SELECT text FROM order_event WHERE key LIKE 'untaken:%'")]
    assert texts == ["Not charged: you have begun another order of the same goods."]


async def test_goods_go_back_in_time_when_the_buyer_gave_up_after_a_decline(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    await capture(ada, made)

    await world.advance(3 * 3600)
    await world.worker.drain(sweep=True)

    assert await states() == ("expired", "expired")
    assert await value("SELECT reserved FROM variant WHERE sku = $1", MUG) == 0


async def test_goods_go_back_in_time_when_paypal_is_down(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, "/v*/**", method="*", provider="paypal", status=500)

    for _ in range(3):
        await world.advance(3600)
        await world.worker.drain(sweep=True)

    assert await states() == ("expired", "expired")
    assert await value("SELECT reserved FROM variant WHERE sku = $1", MUG) == 0
    await mend(world)
    assert (await capture(ada, made)).json() == {"redirect": f"/orders/{made['token']}"}


async def test_goods_are_kept_for_hours_at_most_when_the_way_to_pay_is_changed_again_and_again(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.check_out()
    token = (await the_order())["token"]

    for _ in range(4):
        answer = await ada.client.post("/payments/paypal", data={"order": token}, headers=JSON)
        await world.advance(40 * 60)
        await ada.post(f"/orders/{token}/pay")
        await world.advance(40 * 60)

    await world.settle()
    assert answer.status_code == 409
    assert (await the_order())["payment_state"] == "expired"
    assert await value("SELECT reserved FROM variant WHERE sku = $1", MUG) == 0


async def test_paypal_works_when_stripe_went_down_before_its_page_was_known(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await break_calls(world, "/v1/**", method="*", provider="stripe", action="reset")
    await ada.post("/checkout", **form)

    led = await ada.post("/checkout", **{**form, "provider": "paypal"})
    made = await create_order(ada, led.headers["location"].removeprefix("/pay/"))
    await approve(world, made["id"])
    await capture(ada, made)

    assert (await the_order())["payment_state"] == "paid"
    assert len(await captures_there(world)) == 1


async def test_order_is_paypals_from_the_radio_on(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    token = (await ada.check_out(provider="paypal")).removeprefix("/pay/")

    await ada.post(f"/orders/{token}/check")
    page = await ada.get(f"/orders/{token}")

    assert (await the_order())["provider"] == "PayPal"
    assert "Asked PayPal" in page.text
    assert "Stripe" not in page.text


async def test_ours_to_mend_is_no_outage_and_no_decline_of_the_buyers(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, "/v2/checkout/orders/*/capture", provider="paypal", status=403)
    await capture(ada, made)
    await break_calls(world, "/v2/checkout/orders", provider="paypal", status=403)

    refused = await ada.client.post("/payments/paypal", data={"order": made["token"]}, headers=JSON)

    assert "PayPal cannot take this payment. You were not charged" in refused.json()["detail"]
    assert await rows("SELECT * FROM rate_limit WHERE key IN (SELECT payer FROM payment)") == []
