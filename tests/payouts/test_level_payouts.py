"""Money that goes back to a buyer of PayPal: before a payout it lowers the share, after it the seller owes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from store.gateways.payouts import ItemStatus
from store.gateways.port import RefundOutcome, TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.payouts.queries import read_balance
from tests.facts import one
from tests.payments.buying import MUG, NOTEBOOK
from tests.payouts.paying_out import (
    FakePayouts,
    add_paypal,
    balance,
    become,
    buy_by_paypal,
    give_address,
    pay_out,
    payouts,
    refund_there,
)
from tests.stall import Stall
from tests.world import rows

BANK = "provider:paypal:platform"


async def buy_and_pay_out(stall: Stall) -> tuple[FakePayouts, dict[str, Any], dict[str, Any]]:
    """A payment whose share has arrived: the provider, the money's row and the payout's."""
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    return paypal, capture, await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)


async def debts() -> list[tuple[int, int, int]]:
    """(amount, paid, restored) of each debt, oldest first."""
    found = await rows("SELECT amount, paid, restored FROM payout_debt ORDER BY created_at, id")
    return [(row["amount"], row["paid"], row["restored"]) for row in found]


async def test_refund_lowers_the_share_when_it_was_not_paid_out(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (planned,) = await payouts()

    await refund_there(capture, capture["amount"] // 2)
    (lowered,) = await pay_out(stall)
    await become(stall, paypal, lowered["id"], ItemStatus.SUCCESS)

    assert abs(lowered["amount"] - Decimal(planned["amount"]) / 2) <= 1
    assert paypal.asked[0].amount == lowered["amount"]
    assert await debts() == []
    assert await balance(f"payable:{lowered['vendor']}") == await balance(f"receivable:{lowered['vendor']}") == 0


async def test_nothing_goes_out_when_all_was_refunded_before(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall, MUG, NOTEBOOK)

    await refund_there(capture, capture["amount"])
    ended = await pay_out(stall)

    assert ({row["state"] for row in ended}, paypal.asked) == ({"canceled"}, [])
    assert await balance(BANK) == 0


async def test_seller_owes_what_had_been_paid_out_when_it_is_refunded(stall: Stall) -> None:
    _, capture, paid = await buy_and_pay_out(stall)

    await refund_there(capture, capture["amount"])

    vendor = paid["vendor"]
    assert await debts() == [(paid["amount"], 0, 0)]
    assert await balance(f"receivable:{vendor}") == paid["amount"]
    assert await balance(f"payable:{vendor}") == 0
    (shown,) = await read_balance(vendor)
    assert (shown.earned, shown.owes) == (-paid["amount"], paid["amount"])


async def test_debt_is_taken_off_the_next_payout(stall: Stall) -> None:
    paypal, capture, paid = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"])

    await buy_by_paypal(stall, quantity=3, form_id="form-0002")
    _, later = await pay_out(stall)
    await become(stall, paypal, later["id"], ItemStatus.SUCCESS)

    share = await one("SELECT share FROM vendor_order WHERE id = $1", later["vendor_order"])
    assert (later["amount"], later["withheld"]) == (share["share"] - paid["amount"], paid["amount"])
    assert await debts() == [(paid["amount"], paid["amount"], 0)]
    assert await balance(f"receivable:{paid['vendor']}") == await balance(f"payable:{paid['vendor']}") == 0


async def test_nothing_is_sent_when_all_of_it_pays_a_debt(stall: Stall) -> None:
    paypal, capture, paid = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"])

    await buy_by_paypal(stall, form_id="form-0002")
    _, netted = await pay_out(stall)

    assert (netted["state"], netted["amount"], netted["withheld"]) == ("netted", 0, paid["amount"])
    assert len(paypal.asked) == 1
    assert await balance(f"receivable:{paid['vendor']}") == await balance(f"payable:{paid['vendor']}") == 0


async def test_debt_is_not_taken_of_another_seller(stall: Stall) -> None:
    _, capture, paid = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"])

    await buy_by_paypal(stall, NOTEBOOK, form_id="form-0002")
    _, other = await pay_out(stall)

    assert (other["vendor"] != paid["vendor"], other["withheld"], other["state"]) == (True, 0, "sent")
    assert await debts() == [(paid["amount"], 0, 0)]


async def test_debt_is_counted_once_when_the_refund_is_seen_again(stall: Stall) -> None:
    _, capture, paid = await buy_and_pay_out(stall)

    for _ in range(3):
        await refund_there(capture, capture["amount"])

    assert await debts() == [(paid["amount"], 0, 0)]


async def test_debt_is_paid_when_a_payout_of_unknown_outcome_was_refunded_and_never_left(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    paypal.refusals = [Unavailable("timed out")]
    (unknown,) = await pay_out(stall)

    await refund_there(capture, capture["amount"])
    owed = await debts()
    (sent,) = await pay_out(stall, days=1)
    await become(stall, paypal, sent["id"], ItemStatus.FAILED, hold=Hold.BALANCE)
    _, netted = await pay_out(stall, days=1)

    assert (unknown["state"], owed) == ("intended", [(unknown["amount"], 0, 0)])
    assert (netted["state"], netted["withheld"]) == ("netted", unknown["amount"])
    assert await balance(f"receivable:{sent['vendor']}") == await balance(f"payable:{sent['vendor']}") == 0
    assert await balance(BANK) == 0


async def test_waiting_share_is_lowered_when_it_is_refunded(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")]
    (waits,) = await pay_out(stall)

    await refund_there(capture, capture["amount"] // 3)
    (sent,) = await pay_out(stall, days=1)

    assert (waits["state"], sent["state"], await debts()) == ("waiting", "sent", [])
    assert sent["amount"] < waits["amount"]
    assert paypal.made[str(sent["id"])].amount.amount == sent["amount"]


async def test_debt_is_forgiven_when_the_refund_did_not_arrive(stall: Stall) -> None:
    _, capture, paid = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"], RefundOutcome.PENDING)
    owed = await debts()

    await refund_there(capture, capture["amount"], RefundOutcome.FAILED)

    assert (owed, await debts()) == ([(paid["amount"], 0, 0)], [(0, 0, 0)])
    assert await balance(f"receivable:{paid['vendor']}") == await balance(f"payable:{paid['vendor']}") == 0
    assert len(await payouts()) == 1


async def test_paid_debt_is_paid_out_again_when_the_refund_did_not_arrive(stall: Stall) -> None:
    paypal, capture, paid = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"], RefundOutcome.PENDING)
    await buy_by_paypal(stall, quantity=3, form_id="form-0002")
    _, later = await pay_out(stall)
    await become(stall, paypal, later["id"], ItemStatus.SUCCESS)

    await refund_there(capture, capture["amount"], RefundOutcome.FAILED)
    *_, again = await pay_out(stall)
    await become(stall, paypal, again["id"], ItemStatus.SUCCESS)

    assert (again["reason"], again["amount"]) == ("restored", paid["amount"])
    assert await debts() == [(paid["amount"], paid["amount"], paid["amount"])]
    assert await balance(f"receivable:{paid['vendor']}") == await balance(f"payable:{paid['vendor']}") == 0


async def test_lowered_share_is_restored_when_the_refund_did_not_arrive(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (planned,) = await payouts()
    await refund_there(capture, capture["amount"] // 2, RefundOutcome.PENDING)

    await refund_there(capture, capture["amount"] // 2, RefundOutcome.FAILED)
    sent = await pay_out(stall)
    for row in sent:
        await become(stall, paypal, row["id"], ItemStatus.SUCCESS)

    assert [row["reason"] for row in sent] == ["share", "restored"]
    assert sum(row["amount"] for row in sent) == planned["amount"]
    assert await balance(f"payable:{planned['vendor']}") == 0


async def test_restored_share_is_held_again_for_the_refund_that_follows(stall: Stall) -> None:
    _, capture, _ = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"], RefundOutcome.PENDING)
    await buy_by_paypal(stall, quantity=3, form_id="form-0002")
    _, later = await pay_out(stall)
    await refund_there(capture, capture["amount"], RefundOutcome.FAILED)

    *_, restored = await pay_out(stall, days=1)
    assert (restored["reason"], restored["state"]) == ("restored", "planned")
    await refund_there(capture, capture["amount"], ref="REFUND2")

    *_, gone = await payouts()
    assert (gone["id"], gone["state"]) == (restored["id"], "canceled")
    assert later["withheld"] > 0


async def test_debts_of_returned_share_stay_paid_when_it_is_paid_anew(stall: Stall) -> None:
    paypal, capture, paid = await buy_and_pay_out(stall)
    await refund_there(capture, capture["amount"])
    await buy_by_paypal(stall, quantity=3, form_id="form-0002")
    _, later = await pay_out(stall)

    await become(stall, paypal, later["id"], ItemStatus.FAILED, hold=Hold.BALANCE)
    *_, anew = await pay_out(stall, days=1)
    await become(stall, paypal, anew["id"], ItemStatus.SUCCESS)

    assert (anew["amount"], anew["withheld"]) == (later["amount"], paid["amount"])
    assert await debts() == [(paid["amount"], paid["amount"], 0)]
    assert await balance(f"receivable:{paid['vendor']}") == await balance(f"payable:{paid['vendor']}") == 0
