"""A vendor's share of a PayPal payment: held for some days, paid out once, and waiting with a reason when it cannot."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from store.gateways.payouts import ItemStatus, PayoutRequest, PayoutSnapshot
from store.gateways.port import TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.kit.db import fetch
from store.payouts.service import forget_receivers, plan_payouts, send_payout, sync_payout
from store.payouts.service.pay import LOST
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
)
from tests.stall import Stall
from tests.world import rows


class Gate:
    """PayPal whose answer to a payout is late: the call is made when the gate is opened."""

    def __init__(self, paypal: FakePayouts) -> None:
        self.paypal, self.reached, self.opened = paypal, asyncio.Event(), asyncio.Event()

    async def send_payout(self, request: PayoutRequest, key: str) -> PayoutSnapshot:
        self.reached.set()
        await self.opened.wait()
        return await self.paypal.send_payout(request, key)

    def is_away(self) -> bool:
        return False


async def test_each_seller_has_a_share_when_a_cart_of_two_is_paid(stall: Stall) -> None:
    add_paypal(stall)

    capture = await buy_by_paypal(stall, MUG, NOTEBOOK)

    parts = await rows('SELECT id, vendor, share FROM vendor_order WHERE "order" = $1 ORDER BY id', capture["order"])
    planned = await rows("SELECT * FROM payout ORDER BY vendor_order")
    assert [(p["vendor_order"], p["vendor"], p["amount"]) for p in planned] == [tuple(p.values()) for p in parts]
    assert {(p["state"], p["cause"], p["currency"]) for p in planned} == {("planned", capture["capture_ref"], "USD")}
    assert await rows("SELECT * FROM transfer") == []


async def test_nothing_more_is_planned_when_it_is_planned_again(stall: Stall) -> None:
    add_paypal(stall)
    capture = await buy_by_paypal(stall)
    before = await payouts()

    await plan_payouts(capture["order"], capture["capture_ref"])

    assert await payouts() == before


async def test_share_goes_out_when_its_days_have_passed(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)

    (early,) = await pay_out(stall, days=2)
    await send_payout(stall.gateways, early["id"])
    (early,) = await payouts()
    (sent,) = await pay_out(stall, days=1)

    assert (early["state"], early["receiver"]) == ("planned", "")
    assert (sent["state"], sent["receiver"]) == ("sent", "kiln@paypal.example")
    (asked,) = paypal.asked
    assert (asked.payout_id, asked.amount) == (str(sent["id"]), sent["amount"])
    paid = await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    assert (paid["state"], paid["why"], paid["hold"]) == ("paid", "", "")


async def test_books_say_who_was_paid_and_what_it_cost_when_it_has_arrived(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    before = await balance("provider:paypal:platform")

    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    assert before == capture["amount"]
    assert await balance("provider:paypal:platform") == capture["amount"] - sent["amount"] - 25
    assert await balance(f"payable:{sent['vendor']}") == 0
    assert await balance("cost:provider_fees") == 25
    booked = await rows("SELECT source, kind, ref FROM ledger_tx WHERE kind LIKE 'payout%' ORDER BY kind")
    assert [tuple(tx.values()) for tx in booked] == [("paypal", "payout", "ITEM1"), ("paypal", "payout_fee", "ITEM1")]


async def test_it_is_sent_once_when_the_answer_was_lost(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.lost = [Unavailable("timed out")]

    (unknown,) = await pay_out(stall)
    (known,) = await pay_out(stall, days=1)

    assert (unknown["state"], unknown["batch_ref"]) == ("intended", None)
    assert (known["state"], known["batch_ref"]) == ("sent", "BATCH1")
    assert len(paypal.made) == 1
    assert {asked.payout_id for asked in paypal.asked} == {str(known["id"])}


async def test_it_is_on_the_way_while_the_provider_shows_no_item(stall: Stall) -> None:
    paypal = add_paypal(stall)
    paypal.begins = ItemStatus.ABSENT
    await give_address()
    await buy_by_paypal(stall)

    (sent,) = await pay_out(stall)
    (looked_at,) = await pay_out(stall, days=1)
    paid = await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    assert (sent["state"], sent["batch_ref"], sent["item_ref"]) == ("sent", "BATCH1", None)
    assert looked_at["state"] == "sent"
    assert (paid["state"], paid["item_ref"]) == ("paid", "ITEM-BATCH1")


async def test_it_is_sent_once_when_many_send_it_at_once(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    stall.advance(4 * 86400)
    (row,) = await payouts()

    await asyncio.gather(*(send_payout(stall.gateways, row["id"]) for _ in range(8)))

    assert len(paypal.made) == 1
    assert (await payouts())[0]["state"] == "sent"


async def test_nothing_is_sent_again_when_the_provider_has_forgotten_the_id(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.lost = [Unavailable("timed out")]
    (row,) = await pay_out(stall)
    asked = len(paypal.asked)

    (lost,) = await pay_out(stall, days=31)

    assert len(paypal.asked) == asked
    assert (lost["state"], lost["why"]) == ("held", LOST)
    # What becomes known by an event is written down all the same.
    await become(stall, paypal, row["id"], ItemStatus.SUCCESS)
    await sync_payout(stall.gateways, row["id"], item_ref="ITEM1")
    assert (await payouts())[0]["state"] == "paid"


async def test_share_waits_with_the_reason_when_our_balance_is_short(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")]

    (waits,) = await pay_out(stall)
    (sent,) = await pay_out(stall, days=1)

    assert (waits["state"], waits["hold"]) == ("waiting", "balance")
    assert "balance does not cover it" in waits["why"]
    assert (sent["id"], sent["state"], sent["attempt"]) == (waits["id"], "sent", 2)


async def test_each_try_has_a_key_of_its_own_when_the_one_before_was_refused(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS"), Unavailable("timed out")]

    for _ in range(3):
        (sent,) = await pay_out(stall)

    assert sent["state"] == "sent"
    assert list(paypal.keys) == [str(sent["id"]), f"{sent['id']}:2"]
    assert {asked.payout_id for asked in paypal.asked} == {str(sent["id"])}
    assert len(paypal.asked) == 3


async def test_try_under_way_is_recorded_when_an_older_one_is_refused_late(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.refusals = [Unavailable("timed out")]
    (row,) = await pay_out(stall)
    older, newer = Gate(paypal), Gate(paypal)
    late = asyncio.create_task(send_payout(replace(stall.gateways, paypal=older), row["id"]))  # type: ignore[arg-type]
    await older.reached.wait()
    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")]
    await send_payout(stall.gateways, row["id"])
    under_way = asyncio.create_task(send_payout(replace(stall.gateways, paypal=newer), row["id"]))  # type: ignore[arg-type]
    await newer.reached.wait()

    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")]
    older.opened.set()
    await late
    (meanwhile,) = await payouts()
    newer.opened.set()
    await under_way

    assert (meanwhile["state"], meanwhile["attempt"]) == ("intended", 2)
    assert ((await payouts())[0]["state"], len(paypal.made)) == ("sent", 1)


async def test_share_waits_for_an_address_when_there_is_none(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await buy_by_paypal(stall)

    (waits,) = await pay_out(stall)

    assert (waits["state"], waits["hold"], paypal.asked) == ("waiting", "account", [])
    assert "no verified PayPal address" in waits["why"]
    await give_address()
    assert (await pay_out(stall, days=1))[0]["state"] == "sent"


async def test_changed_amount_is_refused_when_it_was_sent(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    held = await become(stall, paypal, sent["id"], ItemStatus.SUCCESS, receiver="somebody@else.example")

    assert held["state"] == "held"
    assert await rows("SELECT * FROM ledger_tx WHERE kind = 'payout'") == []
    assert (await one("SELECT count(*) AS n FROM payout"))["n"] == 1


async def test_receiver_is_forgotten_when_nobody_is_left_in_the_shop(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    kept = await forget_receivers()

    await fetch("DELETE FROM membership WHERE vendor = $1", sent["vendor"])
    await fetch("UPDATE vendor SET paused = true, closed_at = now() WHERE id = $1", sent["vendor"])
    forgotten = await forget_receivers()
    paid = await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    assert (kept, forgotten) == (0, 1)
    assert (paid["state"], paid["receiver"]) == ("paid", "erased")
