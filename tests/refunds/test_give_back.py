"""Our race took money that must go back: everything goes back, once, and the books say so."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from store.gateways.port import GatewayBug, RefundOutcome, Unavailable
from store.refunds.service import give_back
from tests.facts import (
    assert_books_agree,
    mails,
    make_due,
    one,
    path_of,
    posted,
    the_order,
    timeline,
    value,
)
from tests.payments.buying import MUG, RAILS, break_calls, mend, place
from tests.payments.test_late_payment import end_too_early, sell_out
from tests.world import Browser, World, rows

REFUNDS = "/v1/refunds"


async def take_too_late(world: World, sku: str = MUG) -> Browser:
    """A payment for an order that is over and whose goods are gone, confirmed here; its refund is not asked for yet."""
    ada, url = await end_too_early(world, (sku,))
    await sell_out((sku,))
    await break_calls(world, REFUNDS)
    await world.pay(url)
    await world.deliver()
    await world.advance(20)
    await world.deliver()
    await mend(world)
    assert await value("SELECT kind FROM capture") == "surplus"
    return ada


async def the_capture() -> UUID:
    found: UUID = await value("SELECT id FROM capture")
    return found


@pytest.mark.parametrize("sku", RAILS.values(), ids=RAILS)
async def test_books_agree_when_an_order_was_paid_in_peace(world: World, sku: str) -> None:
    _, url = await place(world, sku)
    await world.pay(url)

    await world.settle()

    assert (await the_order())["payment_state"] == "paid"
    await assert_books_agree(world)


async def test_buyer_reads_that_the_money_is_coming_when_the_provider_does_not_answer_yet(world: World) -> None:
    ada = await take_too_late(world)

    page = (await ada.get(await path_of())).text

    assert await ada.status(await path_of()) == "Refund on its way"
    assert "Your payment arrived after this order had ended, so nothing will be sent." in page
    assert "$30.00 is going back to the card you paid with." in page
    assert (await the_order())["refund_pending"] == 3000
    assert await value("SELECT state FROM operation") == "waiting"


async def test_operation_goes_on_under_the_same_key_when_the_provider_answers_again(world: World) -> None:
    await take_too_late(world)
    refused = [request["idempotency_key"] for request in await posted(world, REFUNDS)]

    await make_due("operation")
    await world.settle()

    keys = [request["idempotency_key"] for request in await posted(world, REFUNDS)]
    assert len(keys) > len(refused)
    assert set(keys) == {str(await value("SELECT id FROM refund"))}
    assert await value("SELECT state FROM operation") == "done"
    await assert_books_agree(world)


@pytest.mark.parametrize("fault", [{"action": "reset", "count": 3}, {"status": 429, "count": 1}], ids=str)
async def test_money_goes_back_once_when_the_answer_is_lost_after_the_effect(
    world: World, fault: dict[str, object]
) -> None:
    await take_too_late(world)
    await break_calls(world, REFUNDS, when="after", **fault)
    with pytest.raises(Unavailable):
        await give_back(world.gateways, await the_capture())
    assert (await one("SELECT status, refund_ref FROM refund")) == {"status": "requested", "refund_ref": None}

    await give_back(world.gateways, await the_capture())
    await world.settle()

    assert len(await world.truth("refunds")) == 1
    assert await value("SELECT status FROM refund") == "succeeded"
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    await assert_books_agree(world)


async def test_money_goes_back_once_when_the_key_is_older_than_the_providers_memory(world: World) -> None:
    """The effect was there, the answer lost, and 25 hours later the provider has forgotten the key."""
    await take_too_late(world)
    await break_calls(world, REFUNDS, when="after", count=1)
    with pytest.raises(Unavailable):
        await give_back(world.gateways, await the_capture())
    await world.advance(25 * 3600)

    await give_back(world.gateways, await the_capture())
    await world.settle()

    (given,) = await world.truth("refunds")
    assert await value("SELECT refund_ref FROM refund") == given["ref"]
    await assert_books_agree(world)


async def test_money_goes_back_once_when_it_is_asked_for_many_times_at_once(world: World) -> None:
    await take_too_late(world)
    capture = await the_capture()

    await asyncio.gather(*(give_back(world.gateways, capture) for _ in range(10)))
    await world.settle()

    assert len(await world.truth("refunds")) == 1
    assert len(await rows("SELECT 1 FROM refund")) == 1
    assert [kind for kind, _, _ in await mails()] == ["refunded"]
    assert [text for _, text in await timeline()].count("$30.00 refunded.") == 1
    await assert_books_agree(world)


@pytest.mark.parametrize("by_hand", [1000, 3000])
async def test_only_what_is_left_goes_back_when_somebody_refunded_by_hand(world: World, by_hand: int) -> None:
    await take_too_late(world)
    charge = (await world.truth("captures"))[0]["ref"]
    answer = await world.console.post(
        REFUNDS,
        data={"charge": charge, "amount": by_hand, "reverse_transfer": "true", "refund_application_fee": "true"},
        headers={"Authorization": "Bearer sk_test_overprint"},
    )
    assert answer.status_code == 200

    await make_due("operation")
    await world.settle()
    await world.settle()

    assert sum(row["amount"] for row in await world.truth("refunds")) == 3000
    assert await value("SELECT refunded FROM capture") == 3000
    order = await the_order()
    assert (order["refunded"], order["refund_pending"]) == (3000, 0)
    assert await value("SELECT state FROM operation") == "done"
    await assert_books_agree(world)


async def test_person_hears_of_it_when_the_provider_refuses_and_nobody_gave_it_back(world: World) -> None:
    await take_too_late(world)
    await break_calls(world, REFUNDS, status=403)

    with pytest.raises(GatewayBug):
        await give_back(world.gateways, await the_capture())

    await make_due("operation")
    await world.worker.run_operations()
    waiting = await one("SELECT state, last_error FROM operation")
    assert waiting["state"] == "waiting"
    assert waiting["last_error"].startswith("GatewayBug")
    assert await value("SELECT status FROM refund") == "requested"


async def test_operation_is_parked_and_shown_when_it_never_works(world: World) -> None:
    await take_too_late(world)
    await break_calls(world, REFUNDS, status=403)

    for _ in range(22):
        await make_due("operation")
        await world.worker.run_operations()

    parked = await one("SELECT state, attempt FROM operation")
    assert parked == {"state": "parked", "attempt": 20}
    assert RefundOutcome.FAILED not in {row["status"] for row in await rows("SELECT status FROM refund")}
