"""Vendors' shares on PayPal as the sandbox speaks it: paid once per row, followed to the end, and never guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.gateways.payouts import BatchStatus, ItemStatus, PayoutRequest, PayoutSnapshot
from store.gateways.port import GatewayBug, TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.kit.money import Money
from store.sandbox.paypal.balance import add_funds
from store.sandbox.paypal.payout_items import finish_payout_item
from tests.gateways.paypal_bench import PayPalBench as Bench

FEE = Money(25, "USD")


async def pay_out(bench: Bench, receiver: str, payout_id: str = "payout-1", amount: int = 2000) -> PayoutSnapshot:
    """Send a share of 20.00 from a balance that has enough."""
    add_funds(bench.app, 10_000, "USD")
    request = PayoutRequest(payout_id, receiver, amount, "USD", "Order OP-7K3M9")
    sent: PayoutSnapshot = await bench.gateway.send_payout(request, payout_id)
    return sent


async def end(bench: Bench, sent: PayoutSnapshot) -> PayoutSnapshot:
    """The payout when its batch has been processed."""
    await bench.advance(10)
    return await bench.gateway.fetch_payout(sent.batch_ref)


async def test_share_arrives_and_costs_a_fee_when_it_was_paid_out(paypal_bench: Bench) -> None:
    sent = await pay_out(paypal_bench, "vera@kiln.example")
    assert (sent.batch, sent.item, sent.fee) == (BatchStatus.PENDING, ItemStatus.ABSENT, None)
    assert (sent.payout_id, sent.receiver, sent.amount) == ("payout-1", "vera@kiln.example", Money(2000, "USD"))

    seen = await end(paypal_bench, sent)

    assert (seen.batch, seen.item, seen.fee) == (BatchStatus.SUCCESS, ItemStatus.SUCCESS, FEE)
    assert (seen.payout_id, seen.receiver, seen.amount) == (sent.payout_id, sent.receiver, sent.amount)
    assert seen.item_ref
    assert seen == await paypal_bench.gateway.fetch_payout_item(seen.item_ref)
    assert await paypal_bench.gateway.balance("") == [Money(7975, "USD")]


async def test_share_is_paid_once_when_it_is_sent_twice(paypal_bench: Bench) -> None:
    first = await pay_out(paypal_bench, "vera@kiln.example")
    await end(paypal_bench, first)
    request = PayoutRequest("payout-1", "vera@kiln.example", 2000, "USD", "")

    again = [await paypal_bench.gateway.send_payout(request, key) for key in ("payout-1", "another key")]

    assert {one.batch_ref for one in again} == {first.batch_ref}
    assert again[1].item == ItemStatus.SUCCESS
    assert await paypal_bench.gateway.balance("") == [Money(7975, "USD")]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_share_is_paid_once_when_an_answer_is_lost(paypal_bench: Bench, when: str) -> None:
    await paypal_bench.lose("send_payout", when)
    with pytest.raises(Unavailable):
        await pay_out(paypal_bench, "vera@kiln.example")

    request = PayoutRequest("payout-1", "vera@kiln.example", 2000, "USD", "")
    sent = await paypal_bench.gateway.send_payout(request, "payout-1")

    assert (await end(paypal_bench, sent)).item == ItemStatus.SUCCESS
    assert await paypal_bench.gateway.balance("") == [Money(7975, "USD")]


@pytest.mark.parametrize(
    ("receiver", "item", "hold"),
    [
        ("unclaimed@kiln.example", ItemStatus.UNCLAIMED, Hold.ACCOUNT),
        ("onhold@kiln.example", ItemStatus.ON_HOLD, Hold.OTHER),
        ("blocked@kiln.example", ItemStatus.BLOCKED, Hold.OTHER),
        ("failed@kiln.example", ItemStatus.FAILED, Hold.ACCOUNT),
        ("pending@kiln.example", ItemStatus.PENDING, Hold.OTHER),
        ("returned@kiln.example", ItemStatus.RETURNED, Hold.OTHER),
    ],
)
async def test_item_is_told_as_paypal_has_it_and_why(
    paypal_bench: Bench, receiver: str, item: ItemStatus, hold: Hold
) -> None:
    seen = await end(paypal_bench, await pay_out(paypal_bench, receiver))

    assert (seen.batch, seen.item, seen.hold) == (BatchStatus.SUCCESS, item, hold)
    assert bool(seen.reason) == (item not in (ItemStatus.PENDING, ItemStatus.RETURNED))


@pytest.mark.parametrize("status", ["REFUNDED", "REVERSED"])
async def test_share_comes_back_when_it_was_refunded_or_reversed_after_it_arrived(
    paypal_bench: Bench, status: str
) -> None:
    seen = await end(paypal_bench, await pay_out(paypal_bench, "vera@kiln.example"))

    finish_payout_item(paypal_bench.app, seen.item_ref, status)

    assert (await paypal_bench.gateway.fetch_payout(seen.batch_ref)).item == ItemStatus(status.lower())


async def test_nothing_was_paid_when_the_batch_is_denied(paypal_bench: Bench) -> None:
    seen = await end(paypal_bench, await pay_out(paypal_bench, "denied@kiln.example"))

    assert seen.batch == BatchStatus.DENIED
    assert seen.item != ItemStatus.SUCCESS
    assert await paypal_bench.gateway.balance("") == [Money(10_000, "USD")]


async def test_share_waits_with_a_reason_when_the_balance_is_too_short(paypal_bench: Bench) -> None:
    with pytest.raises(TransferHeld) as caught:
        await pay_out(paypal_bench, "vera@kiln.example", amount=10_000)

    assert caught.value.hold == Hold.BALANCE
    assert "sufficient funds" in str(caught.value)


async def test_unclaimed_share_is_seen_returned_and_paid_anew_when_it_is_cancelled(paypal_bench: Bench) -> None:
    wrong = await end(paypal_bench, await pay_out(paypal_bench, "unclaimed@kiln.example"))

    cancelled = await paypal_bench.gateway.cancel_payout_item(wrong.item_ref)

    assert cancelled.item == ItemStatus.RETURNED
    with pytest.raises(GatewayBug):
        await paypal_bench.gateway.cancel_payout_item(wrong.item_ref)
    anew = await end(paypal_bench, await pay_out(paypal_bench, "vera@kiln.example", "payout-2"))
    assert (anew.item, anew.batch_ref != wrong.batch_ref) == (ItemStatus.SUCCESS, True)


async def test_share_that_was_paid_is_not_cancelled(paypal_bench: Bench) -> None:
    seen = await end(paypal_bench, await pay_out(paypal_bench, "vera@kiln.example"))

    with pytest.raises(GatewayBug):
        await paypal_bench.gateway.cancel_payout_item(seen.item_ref)


async def test_payout_is_a_mistake_when_paypal_knows_none_of_that_name(paypal_bench: Bench) -> None:
    with pytest.raises(GatewayBug):
        await paypal_bench.gateway.fetch_payout("5UXD2E8A7EBQJ")
    with pytest.raises(GatewayBug):
        await paypal_bench.gateway.fetch_payout_item("8AELMXH8UB2P8")


async def test_deliveries_name_the_share_when_its_payout_moves(paypal_bench: Bench) -> None:
    gateway = paypal_bench.make_gateway(await paypal_bench.subscribe())
    seen = await end(paypal_bench, await pay_out(paypal_bench, "unclaimed@kiln.example"))

    await paypal_bench.deliver()

    notices = {}
    for headers, body in paypal_bench.inbox.taken:
        await gateway.verify_event(headers, body)
        notice = gateway.read_event(body)
        notices[notice.type] = notice
    told = notices["PAYMENT.PAYOUTS-ITEM.UNCLAIMED"]
    assert (told.payout_id, told.payout_ref, told.resource) == ("payout-1", seen.batch_ref, seen.item_ref)
    assert notices["PAYMENT.PAYOUTSBATCH.SUCCESS"].payout_id == "payout-1"
    assert told.created - notices["PAYMENT.PAYOUTSBATCH.PROCESSING"].created < timedelta(minutes=1)
