"""A payout took effect at PayPal and the answer was lost: it is booked whatever we were told after that, paid once."""

from __future__ import annotations

from typing import Any

import pytest

from store.gateways.payouts import BatchStatus, ItemStatus
from store.gateways.port import TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.kit.db import transaction
from store.payouts.service import sync_payout, wake_payouts
from tests.facts import broken, value
from tests.payouts.paying_out import (
    FEE,
    FakePayouts,
    add_paypal,
    balance,
    buy_by_paypal,
    give_address,
    pay_out,
    payouts,
    refund_there,
)
from tests.stall import Stall

BANK = "provider:paypal:platform"
SHORT = TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")
INVARIANTS = ("I8", "I10", "I13", "I14", "I18", "I21")
NOBODY = TransferHeld(Hold.ACCOUNT, "RECEIVER_UNREGISTERED")


async def pay_and_lose(stall: Stall, answer: Exception) -> tuple[FakePayouts, dict[str, Any], dict[str, Any]]:
    """A share went out and `answer` is all that was heard of it: PayPal, the buyer's money and the payout."""
    paypal = add_paypal(stall)
    await give_address("a@paypal.example")
    capture = await buy_by_paypal(stall)
    paypal.lost = [answer]
    (row,) = await pay_out(stall)
    return paypal, capture, row


async def move_unheard(stall: Stall) -> tuple[FakePayouts, dict[str, Any]]:
    """Sent to a@ unheard, then tried at b@, which is refused: PayPal and the payout, whose first try is unknown."""
    paypal, _, _ = await pay_and_lose(stall, Unavailable("timed out"))
    stall.advance(600)
    await give_address("b@paypal.example")
    paypal.refusals = [NOBODY]
    await pay_out(stall, days=1)
    (row,) = await pay_out(stall, days=1)
    return paypal, row


async def tell(stall: Stall, paypal: FakePayouts, row: dict[str, Any], item: ItemStatus) -> dict[str, Any]:
    """PayPal's event comes; returns the payout."""
    made = paypal.become(row["id"], item)
    await sync_payout(stall.gateways, row["id"], item_ref=made.item_ref, batch_ref=made.batch_ref)
    return next(one for one in await payouts() if one["id"] == row["id"])


async def owed() -> int:
    return int(await value("SELECT coalesce(sum(amount - paid), 0)::bigint FROM payout_debt"))


async def assert_books_hold() -> None:
    """What the doctor says of journals, shares, debts, moves, and of what goes on."""
    assert {name: await broken(name) for name in INVARIANTS} == {name: [] for name in INVARIANTS}


async def test_payout_is_paid_when_its_event_comes_after_a_refusal(stall: Stall) -> None:
    paypal, capture, waits = await pay_and_lose(stall, SHORT)

    paid = await tell(stall, paypal, waits, ItemStatus.SUCCESS)

    assert (waits["state"], paid["state"], paid["booked"]) == ("waiting", "paid", True)
    assert await balance(BANK) == capture["amount"] - paid["amount"] - FEE
    assert await owed() == 0
    await assert_books_hold()


async def test_payout_is_not_canceled_while_an_earlier_try_is_unknown(stall: Stall) -> None:
    paypal, capture, _ = await pay_and_lose(stall, Unavailable("timed out"))
    paypal.refusals = [SHORT]

    (refused,) = await pay_out(stall, days=1)
    await refund_there(capture, capture["amount"])
    (kept,) = await payouts()
    (sent,) = await pay_out(stall, days=1)

    assert [(row["state"], row["attempt"]) for row in (refused, kept, sent)] == [
        ("intended", 2),
        ("intended", 2),
        ("sent", 2),
    ]
    assert (refused["hold"], await owed()) == ("balance", sent["amount"])
    assert len(paypal.made) == 1


@pytest.mark.parametrize("part", [None, 1000], ids=["whole", "in part"])
async def test_refunded_payout_is_booked_and_owed_when_it_had_gone_out(stall: Stall, part: int | None) -> None:
    paypal, capture, waits = await pay_and_lose(stall, SHORT)
    await refund_there(capture, part or capture["amount"])
    (lowered,) = await payouts()

    paid = await tell(stall, paypal, waits, ItemStatus.SUCCESS)
    again = await tell(stall, paypal, waits, ItemStatus.SUCCESS)

    assert lowered["state"] == ("waiting" if part else "canceled")
    assert (paid["state"], paid["amount"]) == ("paid", waits["amount"])
    assert again == paid
    vendor = paid["vendor"]
    assert await owed() == await balance(f"receivable:{vendor}") > 0
    assert await balance(f"payable:{vendor}") == 0
    assert (len(await payouts()), len(paypal.made)) == (1, 1)
    await assert_books_hold()


async def test_refunded_payout_is_settled_when_it_came_back(stall: Stall) -> None:
    paypal, capture, waits = await pay_and_lose(stall, SHORT)
    await refund_there(capture, capture["amount"])
    await tell(stall, paypal, waits, ItemStatus.SUCCESS)

    await tell(stall, paypal, waits, ItemStatus.REFUNDED)
    old, new = await pay_out(stall)

    assert (old["state"], new["state"], new["withheld"]) == ("returned", "netted", waits["amount"])
    assert (
        await owed() == await balance(f"receivable:{old['vendor']}") == await balance(f"payable:{old['vendor']}") == 0
    )
    await assert_books_hold()


async def test_canceled_payout_stays_so_when_it_had_failed(stall: Stall) -> None:
    paypal, capture, waits = await pay_and_lose(stall, SHORT)
    await refund_there(capture, capture["amount"])

    assert (await tell(stall, paypal, waits, ItemStatus.FAILED))["state"] == "canceled"
    assert await owed() == 0


async def test_failed_payout_is_booked_when_it_left_our_balance_after_all(stall: Stall) -> None:
    paypal, _, waits = await pay_and_lose(stall, SHORT)
    failed = await tell(stall, paypal, waits, ItemStatus.FAILED)
    await tell(stall, paypal, waits, ItemStatus.PENDING)
    (still, _) = await payouts()

    paid = await tell(stall, paypal, waits, ItemStatus.SUCCESS)
    _, instead = await pay_out(stall, days=2)

    assert (failed["state"], still["state"], paid["state"]) == ("failed", "failed", "paid")
    assert (instead["state"], instead["withheld"], len(paypal.made)) == ("netted", waits["amount"], 1)
    await assert_books_hold()


async def test_event_of_more_than_the_share_is_not_believed(stall: Stall) -> None:
    paypal, _, waits = await pay_and_lose(stall, SHORT)
    made = paypal.made[str(waits["id"])]
    paypal.become(waits["id"], ItemStatus.SUCCESS, amount=made.amount + made.amount, batch=BatchStatus.SUCCESS)

    await sync_payout(stall.gateways, waits["id"], item_ref="ITEM1")

    assert [(row["state"], row["booked"]) for row in await payouts()] == [("waiting", False)]


async def test_new_address_is_tried_when_it_was_verified_before_the_old_one_was_refused(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("a@paypal.example")
    await buy_by_paypal(stall)
    paypal.refusals = [Unavailable("timed out")]
    (row,) = await pay_out(stall)
    stall.advance(600)
    await give_address("b@paypal.example")
    async with transaction():
        await wake_payouts(row["vendor"])
    paypal.refusals = [NOBODY]

    await pay_out(stall, days=1)
    (sent,) = await pay_out(stall, days=1)

    assert (sent["state"], sent["receiver"], sent["id"]) == ("sent", "b@paypal.example", row["id"])
    assert [asked.receiver[0] for asked in paypal.asked] == ["a", "a", "b"]


async def test_old_address_is_booked_when_it_was_paid_and_the_new_one_is_tried(stall: Stall) -> None:
    paypal, found = await move_unheard(stall)

    paid = await tell(stall, paypal, found, ItemStatus.SUCCESS)

    assert paypal.asked[-1].receiver == "b@paypal.example"
    assert (paid["state"], paid["receiver"], len(paypal.made)) == ("paid", "a@paypal.example", 1)
    await assert_books_hold()


async def test_share_goes_to_the_new_address_when_the_old_one_was_found_paid_and_nobody_claims_it(stall: Stall) -> None:
    paypal, found = await move_unheard(stall)

    await tell(stall, paypal, found, ItemStatus.UNCLAIMED)
    old, anew = await pay_out(stall, days=1)

    assert (old["state"], old["receiver"]) == ("returned", "a@paypal.example")
    assert (anew["state"], anew["receiver"]) == ("sent", "b@paypal.example")
    assert await value("SELECT count(*) FROM mail_message WHERE kind = 'payout_waits'") == 0
    await assert_books_hold()


async def test_refused_address_waits_for_another_while_the_first_try_is_unknown(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("a@paypal.example")
    await buy_by_paypal(stall)
    paypal.refusals = [Unavailable("timed out"), NOBODY, NOBODY]
    await pay_out(stall)
    await pay_out(stall, days=1)
    (waits,) = await pay_out(stall, days=1)
    await give_address("b@paypal.example")
    async with transaction():
        await wake_payouts(waits["vendor"])
    stall.advance(60)
    await stall.worker.drain(sweep=True)
    (sent,) = await payouts()

    assert (waits["state"], waits["hold"], waits["receiver"]) == ("intended", "account", "a@paypal.example")
    assert (sent["state"], sent["receiver"], sent["sent_at"]) == ("sent", "b@paypal.example", waits["sent_at"])
