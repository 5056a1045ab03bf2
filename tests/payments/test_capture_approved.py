"""What Ada agreed to at PayPal is taken once, by whichever door, and only while the order can be fulfilled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from store.gateways.port import Unavailable
from store.kit.db import fetch
from store.payments.service import sync_payment
from store.payments.service.delayed import stop_waiting
from store.payments.states import Door
from tests.facts import count_effects, one, stock_of, the_order, the_payment, timeline, value
from tests.payments.buying import MUG, break_calls, mend, sell_out
from tests.payments.paypal_buying import (
    approve,
    approved,
    capture,
    captures_there,
    create_order,
    place_with_paypal,
    states,
)
from tests.world import World

CAPTURES = "/v2/checkout/orders/*/capture"
ONCE = {
    "payments": 1,
    "orders": 1,
    "sales": 1,
    "captures": 1,
    "journals": 1,
    "confirmations": 1,
    "sold_mails": 1,
    "lines": 1,
}


def mails(kind: str) -> Any:
    return value("SELECT count(*) FROM mail_message WHERE kind = $1", kind)


async def test_paypal_pitfall_05_order_is_paid_by_the_webhook_when_the_buyer_never_returns(world: World) -> None:
    await approved(world, heard=True)

    await world.deliver()

    assert await states() == ("paid", "succeeded")
    assert len(await captures_there(world)) == 1


async def test_paypal_pitfall_05_order_is_paid_by_the_sweep_when_no_webhook_comes_and_nobody_returns(
    world: World,
) -> None:
    await approved(world)

    await world.advance(15)
    await world.worker.drain(sweep=True)

    assert await states() == ("paid", "succeeded")
    assert len(await captures_there(world)) == 1


async def test_paypal_pitfall_03_order_is_paid_once_when_fifty_come_by_all_doors_at_once(
    patient: None, world: World
) -> None:
    ada, made = await approved(world)
    payment = await the_payment()
    doors = [Door.RETURN, Door.WEBHOOK, Door.SWEEP, Door.CHECK]

    await asyncio.gather(*(sync_payment(world.gateways, payment["id"], doors[n % 4]) for n in range(50)))
    await world.tell("webhooks", action="release")
    await world.settle()

    assert await states() == ("paid", "succeeded")
    assert await count_effects() == ONCE
    assert len(await captures_there(world)) == 1
    assert (await capture(ada, made)).json() == {"redirect": f"/orders/{made['token']}"}


async def test_return_by_redirect_works_in_another_browser(world: World) -> None:
    _, made = await approved(world)
    payment, otto = await the_payment(), world.browser()

    back = await otto.get(f"/payments/{payment['token']}/return?token={made['id']}&PayerID=QYR5Z8XDVJNXQ")

    assert back.headers["location"] == f"/orders/{made['token']}"
    assert await states() == ("paid", "succeeded")


@pytest.mark.parametrize("query", ["?token=5O190127TN364715T", "?session_id=cs_1", ""])
async def test_nothing_is_captured_when_the_return_names_another_order(world: World, query: str) -> None:
    ada, _ = await approved(world)
    payment = await the_payment()

    answer = await ada.get(f"/payments/{payment['token']}/return{query}")

    assert answer.status_code in (400, 404)
    assert await states() == ("awaiting_payment", "pending")


async def test_same_order_can_be_paid_by_other_funding_when_the_first_was_declined(world: World) -> None:
    ada, made = await approved(world, outcome="declined")

    told = (await capture(ada, made)).json()
    assert told["restart"] is True
    assert "You were not charged" in told["reason"]
    assert await states() == ("awaiting_payment", "pending")
    await approve(world, made["id"])
    answer = await capture(ada, made)

    assert answer.json() == {"redirect": f"/orders/{made['token']}"}
    assert await states() == ("paid", "succeeded")
    assert await value("SELECT count(*) FROM payment") == 1
    keys = [r.headers["paypal-request-id"] for r in world.wire.sent if r.url.path.endswith("/capture")]
    assert len(set(keys)) == 2


async def test_declined_buyer_is_led_back_to_the_buttons_when_returning_by_redirect(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    payment = await the_payment()

    back = await ada.get(f"/payments/{payment['token']}/return?token={made['id']}&PayerID=X")
    page = await ada.get(back.headers["location"])

    assert back.headers["location"] == f"/pay/{made['token']}"
    assert "You were not charged" in page.text


async def test_sweep_asks_no_second_time_when_the_funding_was_declined(world: World) -> None:
    await approved(world, outcome="declined")
    await world.advance(15)
    await world.worker.drain(sweep=True)
    asked = [r for r in world.wire.sent if r.url.path.endswith("/capture")]

    await world.advance(120)
    await world.worker.drain(sweep=True)

    assert [r for r in world.wire.sent if r.url.path.endswith("/capture")] == asked
    assert len(asked) == 1


async def test_late_message_of_a_declined_consent_asks_no_second_time_and_that_of_the_next_does(world: World) -> None:
    ada, made = await approved(world, outcome="declined")
    await capture(ada, made)

    await world.tell("webhooks", action="release")
    await world.settle()
    asked = [r for r in world.wire.sent if r.url.path.endswith("/capture")]
    assert (len(asked), *await states()) == (1, "awaiting_payment", "pending")
    await approve(world, made["id"])
    await world.settle()

    assert await states() == ("paid", "succeeded")
    assert await value("SELECT count(*) FROM order_event WHERE text LIKE 'Payment declined%'") == 1


async def test_order_waits_for_the_bank_and_is_not_sold_when_an_echeck_is_pending(world: World) -> None:
    ada, made = await approved(world, outcome="echeck")

    await capture(ada, made)

    assert await states() == ("processing", "processing")
    assert (await timeline())[-1][1] == "The bank is still confirming."
    assert await mails("sold") == 0
    refused = await ada.client.post(
        "/payments/paypal", data={"order": made["token"]}, headers={"Accept": "application/json"}
    )
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("end", "order", "payment"), [("COMPLETED", "paid", "succeeded"), ("DECLINED", "failed", "failed")]
)
async def test_bank_answer_counts_when_the_echeck_ends(world: World, end: str, order: str, payment: str) -> None:
    ada, made = await approved(world, outcome="echeck")
    await capture(ada, made)
    there = await the_capture_ref(world)

    await world.tell("webhooks", action="clear")
    await world.tell("paypal", action="finish", id=there, status=end)
    await world.deliver()

    assert await states() == (order, payment)


async def the_capture_ref(world: World) -> str:
    ref = (await the_payment())["provider_ref"]
    found = (await world.gateways.with_capture().fetch_payment(ref, "")).capture_ref
    assert found
    return found


async def test_no_second_attempt_opens_while_the_outcome_is_unknown(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, CAPTURES, when="before", action="reset")
    await capture(ada, made)

    assert await states() == ("awaiting_payment", "capturing")
    by_card = await ada.post(f"/orders/{made['token']}/pay")
    again = await ada.client.post(
        "/payments/paypal", data={"order": made["token"]}, headers={"Accept": "application/json"}
    )
    assert by_card.headers["location"] == f"/orders/{made['token']}"
    assert again.status_code == 409
    assert await value("SELECT count(*) FROM payment") == 1


async def test_next_door_asks_again_with_the_same_key_when_the_first_has_died(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, CAPTURES, when="before", action="reset")
    await capture(ada, made)
    await mend(world)
    payment = await the_payment()
    sent = len(world.wire.sent)

    await sync_payment(world.gateways, payment["id"], Door.WEBHOOK)
    assert [r for r in world.wire.sent[sent:] if r.url.path.endswith("/capture")] == []
    await fetch("UPDATE payment SET claimed_at = claimed_at - interval '61 seconds'")
    await sync_payment(world.gateways, payment["id"], Door.WEBHOOK)

    assert await states() == ("paid", "succeeded")
    keys = {r.headers["paypal-request-id"] for r in world.wire.sent if r.url.path.endswith("/capture")}
    assert len(keys) == 1


async def test_hold_is_taken_again_when_its_time_is_nearly_over(world: World) -> None:
    ada, made = await approved(world)
    before = (await the_order())["hold_until"]
    await world.advance(44 * 60)

    await capture(ada, made)

    assert (await the_order())["hold_until"] > before
    assert await states() == ("paid", "succeeded")


async def test_order_that_ran_out_is_sold_after_all_when_its_goods_are_there(world: World) -> None:
    _, made = await approved_too_late(world)
    assert await states() == ("expired", "expired")

    await approve(world, made["id"])
    await world.deliver()

    assert await states() == ("paid", "succeeded")
    assert (await stock_of(MUG))[1:] == (0, 1)


async def test_nothing_is_taken_when_the_goods_went_to_somebody_else(world: World) -> None:
    ada, made = await approved_too_late(world)
    await sell_out((MUG,))

    await approve(world, made["id"])
    await world.deliver()

    assert await states() == ("expired", "expired")
    assert await captures_there(world) == []
    assert await mails("payment_failed") == 1
    assert "Not charged" in (await ada.get(f"/orders/{made['token']}")).text


async def approved_too_late(world: World) -> Any:
    """Ada at PayPal's page when our own time for her order runs out."""
    ada, token = await place_with_paypal(world)
    made = await create_order(ada, token)
    await world.advance(46 * 60)
    await world.worker.drain(sweep=True)
    await world.advance(60 * 60)
    await world.worker.drain(sweep=True)
    return ada, {**made, "token": token}


async def test_stock_goes_back_when_paypal_has_forgotten_the_order(world: World) -> None:
    await approved_too_late(world)

    assert (await stock_of(MUG))[1] == 0


async def test_nothing_is_taken_when_the_buyer_has_canceled(world: World) -> None:
    ada, made = await approved(world)

    await ada.post(f"/orders/{made['token']}/cancel")
    await world.tell("webhooks", action="release")
    await world.settle()
    answer = await capture(ada, made)

    assert answer.json() == {"redirect": f"/orders/{made['token']}"}
    assert await states() == ("canceled", "expired")
    assert await captures_there(world) == []


async def test_nothing_is_taken_when_the_seller_may_not_sell_any_more(world: World) -> None:
    ada, made = await approved(world)
    await fetch("UPDATE vendor SET state = 'rejected' WHERE id IN (SELECT vendor FROM vendor_order)")

    await capture(ada, made)

    assert await states() == ("expired", "expired")
    assert await captures_there(world) == []


async def test_unknown_outcome_raises_and_changes_nothing_when_paypal_is_silent(world: World) -> None:
    await approved(world)
    payment = await the_payment()
    await break_calls(world, "/v2/checkout/orders/*", method="GET", action="reset")

    with pytest.raises(Unavailable):
        await sync_payment(world.gateways, payment["id"], Door.CHECK)

    assert await states() == ("awaiting_payment", "pending")
    assert (await one("SELECT count(*) AS n FROM capture"))["n"] == 0


async def test_buyer_is_sent_back_when_paypal_wants_the_consent_again(world: World) -> None:
    ada, made = await approved(world, outcome="action")

    told = (await capture(ada, made)).json()
    await approve(world, made["id"])
    await capture(ada, made)

    assert told["restart"] is True
    assert await states() == ("paid", "succeeded")
    assert await value("SELECT count(*) FROM order_event WHERE key LIKE 'decline:%'") == 0


async def test_order_can_be_paid_by_card_when_paypal_refuses_for_good(world: World) -> None:
    ada, made = await approved(world)
    await world.tell("paypal", action="set", settings={"issues": {"orders.capture": "PAYEE_BLOCKED_TRANSACTION"}})

    await capture(ada, made)
    assert await states() == ("awaiting_payment", "failed")
    paid = await world.pay((await ada.post(f"/orders/{made['token']}/pay")).headers["location"])

    assert paid.status_code == 303
    await world.settle()
    assert (await the_order())["payment_state"] == "paid"
    assert await captures_there(world) == []


async def test_stock_goes_back_when_paypal_has_forgotten_the_order_before_us(world: World) -> None:
    await world.tell("paypal", action="set", settings={"order_seconds": 600})
    ada, token = await place_with_paypal(world)
    await create_order(ada, token)
    assert (await stock_of(MUG))[1] == 1

    await world.advance(15 * 60)
    await world.worker.drain(sweep=True)

    assert await states() == ("expired", "expired")
    assert (await stock_of(MUG))[1] == 0


async def test_capture_already_made_is_success_when_somebody_was_faster(world: World) -> None:
    ada, made = await approved(world)
    await world.gateways.with_capture().capture_payment(made["id"], "by hand")

    await capture(ada, made)

    assert await states() == ("paid", "succeeded")
    assert len(await captures_there(world)) == 1


async def test_page_names_paypal_and_no_bank_while_paypal_looks_at_the_payment(world: World) -> None:
    ada, made = await approved(world, outcome="review")

    await capture(ada, made)
    page = await ada.get(f"/orders/{made['token']}")

    assert await states() == ("processing", "processing")
    assert "PayPal is still confirming. This can take a few days" in page.text
    assert (await timeline())[-1][1] == "PayPal is reviewing the payment."
    assert "bank is still" not in page.text


async def test_person_reads_that_paypal_has_not_answered_when_a_review_takes_too_long(world: World) -> None:
    ada, made = await approved(world, outcome="review")
    await capture(ada, made)
    await fetch("UPDATE orders SET hold_until = placed_at")

    assert await stop_waiting((await the_order())["id"])

    assert (await the_order())["review_reason"] == "PayPal has not answered for 21 days"
