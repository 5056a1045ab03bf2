"""What went back is recorded whoever did it: shown, mailed once, booked under its own provider id."""

from __future__ import annotations

import asyncio

import pytest

from store.gateways.port import RefundOutcome, Unavailable
from store.payments.states import Door
from store.refunds.service import sync_refunds
from tests.facts import assert_books_agree, mails, one, path_of, the_order, timeline, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK, RAILS, break_calls
from tests.payments.test_delayed import fail_for_good
from tests.stall import Stall
from tests.world import Browser, World, rows


async def pay_in_peace(world: World, *skus: str) -> Browser:
    """A paid and settled order."""
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    await world.pay(await ada.check_out())
    await world.settle()
    return ada


async def refund_by_hand(world: World, amount: int, **flags: str) -> str:
    """Somebody at the provider's dashboard gives money back; returns the refund's reference."""
    capture = await one("SELECT capture_ref, account_ref FROM capture ORDER BY created_at LIMIT 1")
    headers = {"Authorization": "Bearer sk_test_overprint"}
    if capture["account_ref"]:
        headers["Stripe-Account"] = capture["account_ref"]
    body = {"charge": capture["capture_ref"], "amount": amount, **flags}
    answer = await world.console.post("/v1/refunds", data=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize("rail", RAILS)
async def test_refund_made_at_the_provider_is_recorded_and_shown_when_its_message_comes(
    world: World, rail: str
) -> None:
    ada = await pay_in_peace(world, RAILS[rail])
    flags = {"reverse_transfer": "true"} if rail == "destination" else {}

    ref = await refund_by_hand(world, 700, **flags)
    await world.settle()

    refund = await one("SELECT * FROM refund")
    assert (refund["refund_ref"], refund["status"], refund["amount"], refund["ours"]) == (ref, "succeeded", 700, False)
    assert await value("SELECT refunded FROM capture") == 700
    order = await the_order()
    assert (order["payment_state"], order["refunded"], order["refund_pending"]) == ("paid", 700, 0)
    assert await ada.status(await path_of()) == "Partly refunded"
    assert (await timeline())[-1][1].endswith("refunded.")
    assert [kind for kind, _, state in await mails() if state == "done"] == ["order_confirmed", "sold", "refunded"]
    await assert_books_agree(world)


async def test_two_refunds_are_two_lines_and_two_mails_when_both_are_made_at_the_provider(world: World) -> None:
    ada = await pay_in_peace(world, LAMP)

    await refund_by_hand(world, 1000)
    await refund_by_hand(world, 5200)
    await world.settle()
    await world.settle()

    assert await ada.status(await path_of()) == "Refunded"
    assert (await the_order())["refunded"] == 6200
    texts = [text for _, text in await timeline()]
    assert [text for text in texts if text.endswith("refunded.")].count("$10.00 refunded.") == 1
    assert [kind for kind, _, _ in await mails()].count("refunded") == 2
    await assert_books_agree(world)


async def test_vendor_owes_us_when_a_refund_left_the_transfer_where_it_was(world: World) -> None:
    await pay_in_peace(world, MUG)
    await pay_more(world)

    await refund_by_hand(world, 500)
    await world.settle()

    owed = await rows(
        "SELECT sum(amount)::bigint AS amount FROM ledger_entry WHERE account LIKE 'receivable:%' GROUP BY account"
    )
    assert [row["amount"] for row in owed] == [500]


async def pay_more(world: World) -> None:
    """Some more money on the platform's balance, so that it can pay a refund alone."""
    await world.pay(await (await browser_with(world, NOTEBOOK, MUG)).check_out())
    await world.settle()


async def browser_with(world: World, *skus: str) -> Browser:
    """A visitor with these in the cart."""
    visitor = world.browser()
    for sku in skus:
        await visitor.add(sku)
    return visitor


async def test_each_seller_and_we_give_back_in_proportion_when_nothing_was_passed_on_yet(world: World) -> None:
    await pay_in_peace(world, MUG, NOTEBOOK)

    await refund_by_hand(world, 1000)
    await world.settle()

    entries = await rows(
        "SELECT split_part(account, ':', 1) AS kind, amount FROM ledger_entry e JOIN ledger_tx t ON t.id = e.tx"
        " WHERE t.kind = 'refund'"
    )
    payable = [row["amount"] for row in entries if row["kind"] == "payable"]
    income = [row["amount"] for row in entries if row["kind"] == "income"]
    assert sum(payable) + sum(income) == 1000
    # $30.00 (fee $2.40) and $16.50 (fee $1.65) of $46.50.
    assert (sorted(payable), income) == ([319, 594], [87])
    await assert_books_agree(world)


async def test_refund_is_recorded_once_when_many_look_at_once(world: World) -> None:
    await pay_in_peace(world, LAMP)
    await world.tell("webhooks", action="drop", count=0)
    await refund_by_hand(world, 1000)
    capture = await value("SELECT id FROM capture")

    await asyncio.gather(*(sync_refunds(world.gateways, capture) for _ in range(10)))
    await world.worker.drain()

    assert len(await rows("SELECT 1 FROM refund")) == 1
    assert [kind for kind, _, _ in await mails()].count("refunded") == 1
    await assert_books_agree(world)


async def test_nothing_changes_when_the_provider_does_not_answer(world: World) -> None:
    await pay_in_peace(world, LAMP)
    await world.tell("webhooks", action="drop", count=0)
    await refund_by_hand(world, 1000)
    await break_calls(world, "/v1/charges/*", method="GET")

    with pytest.raises(Unavailable):
        await sync_refunds(world.gateways, await value("SELECT id FROM capture"))

    assert await rows("SELECT 1 FROM refund") == []
    assert (await the_order())["refunded"] == 0


async def test_refund_is_on_its_way_when_the_balance_is_too_small_for_it(world: World) -> None:
    """The whole amount was passed on and the platform has only its fee: Stripe keeps such a refund pending."""
    ada = await pay_in_peace(world, MUG)

    await refund_by_hand(world, 3000)
    await world.deliver()

    assert await value("SELECT status FROM refund") == "pending"
    order = await the_order()
    assert (order["refund_pending"], order["refunded"]) == (3000, 0)
    assert await ada.status(await path_of()) == "Refund on its way"
    assert "refunded" not in {kind for kind, _, _ in await mails()}


async def pay_twice(stall: Stall) -> Browser:
    """An order that is paid by its second attempt and whose first one is given back."""
    ada, first = await fail_for_good(stall)
    second = (await ada.post(f"{await path_of()}/pay")).headers["location"].rpartition("/")[2]
    stall.fake.pay(second)
    await stall.look(second)
    stall.fake.clear(first)
    await stall.look(first)
    return ada


async def test_person_is_asked_and_the_ledger_put_back_when_a_refund_fails_days_later(stall: Stall) -> None:
    await pay_twice(stall)
    capture = await value("SELECT id FROM capture WHERE kind = 'surplus'")
    stall.fake.finish_refunds(RefundOutcome.FAILED, "lost_or_stolen_card", came_back=True)

    await sync_refunds(stall.gateways, capture)
    await sync_refunds(stall.gateways, capture)

    assert await value("SELECT status FROM refund") == "failed"
    assert await value("SELECT refunded FROM capture WHERE kind = 'surplus'") == 0
    order = await the_order()
    assert order["payment_state"] == "paid"
    assert "A refund of $30.00 failed: lost_or_stolen_card" in order["review_reason"]
    kinds = [row["kind"] for row in await rows("SELECT kind FROM ledger_tx WHERE kind LIKE 'refund%' ORDER BY id")]
    assert kinds == ["refund", "refund_failed"]
    assert [text for _, text in await timeline()].count("A refund of $30.00 failed: lost_or_stolen_card.") == 1


async def test_refund_stays_done_when_an_older_state_is_seen_again(stall: Stall) -> None:
    await pay_twice(stall)
    stall.fake.finish_refunds(RefundOutcome.PENDING)

    await sync_refunds(stall.gateways, await value("SELECT id FROM capture WHERE kind = 'surplus'"))

    assert await value("SELECT status FROM refund") == "succeeded"
    assert await stall.look(door=Door.SWEEP) == "succeeded"
