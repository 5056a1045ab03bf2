"""Every status of PayPal's two enums, to the end: what it makes of a share, of the books, and what is paid anew."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from store.gateways.payouts import BatchStatus, ItemStatus, PayoutSnapshot
from store.gateways.port import Unavailable
from store.gateways.transfers import Hold
from store.kit import clock
from store.kit.db import fetch, transaction
from store.kit.ids import hash_secret, new_id
from store.kit.money import Money
from store.payouts.service import find_payout_row, sync_payout, wake_payouts
from store.payouts.service.judge import OF_BATCH, OF_ITEM, judge
from store.payouts.states import PayoutState
from store.vendors.service import verify_payout_address
from tests.facts import one
from tests.payments.buying import NOTEBOOK
from tests.payouts.paying_out import (
    DAY,
    FEE,
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

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "paypal" / "payments_payouts_batch_v1.json"
BANK = "provider:paypal:platform"
# What this program calls the values that it spells otherwise.
SPELT = {"ONHOLD": "on_hold"}


def see(item: ItemStatus, batch: BatchStatus = BatchStatus.SUCCESS) -> PayoutSnapshot:
    return PayoutSnapshot("B", "P", batch, "a@b.example", Money(1, "USD"), item, item_ref="I")


@pytest.mark.parametrize(("name", "ours"), [("batch_enum", BatchStatus), ("transaction_enum", ItemStatus)])
def test_every_value_of_the_specification_has_its_word(name: str, ours: type[BatchStatus] | type[ItemStatus]) -> None:
    if not SPEC.exists():
        pytest.skip("the specification of PayPal's payouts is not here")
    values = json.loads(SPEC.read_text())["components"]["schemas"][name]["enum"]

    words = {SPELT.get(value, value.lower()) for value in values}

    assert words == {str(one) for one in ours} - {"unknown", "absent"}


def test_every_status_leads_somewhere_and_an_unknown_one_is_held() -> None:
    assert set(OF_ITEM) == set(ItemStatus) - {ItemStatus.ABSENT}
    assert set(OF_BATCH) == set(BatchStatus)

    assert judge(see(ItemStatus.UNKNOWN)) == judge(see(ItemStatus.ABSENT, BatchStatus.UNKNOWN)) == PayoutState.HELD


@pytest.mark.parametrize("batch", [BatchStatus.DENIED, BatchStatus.CANCELED])
def test_batch_that_was_refused_has_paid_nobody(batch: BatchStatus) -> None:
    assert judge(see(ItemStatus.ABSENT, batch)) == judge(see(ItemStatus.PENDING, batch)) == PayoutState.FAILED
    assert judge(see(ItemStatus.SUCCESS, batch)) == PayoutState.HELD


@pytest.mark.parametrize(
    ("item", "state", "gone"),
    [
        (ItemStatus.PENDING, "sent", False),
        (ItemStatus.SUCCESS, "paid", True),
        (ItemStatus.UNCLAIMED, "unclaimed", True),
        (ItemStatus.ON_HOLD, "held", False),
        (ItemStatus.BLOCKED, "held", False),
        (ItemStatus.UNKNOWN, "held", False),
    ],
)
async def test_status_says_where_a_payout_stands(stall: Stall, item: ItemStatus, state: str, gone: bool) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    row = await become(stall, paypal, sent["id"], item)

    assert row["state"] == state
    assert await balance(BANK) == capture["amount"] - (sent["amount"] + FEE if gone else 0)
    assert len(await payouts()) == 1


@pytest.mark.parametrize("item", [ItemStatus.ON_HOLD, ItemStatus.BLOCKED, ItemStatus.UNKNOWN])
async def test_held_payout_goes_on_when_the_provider_has_decided(stall: Stall, item: ItemStatus) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], item)

    paypal.become(sent["id"], ItemStatus.SUCCESS)
    (paid,) = await pay_out(stall, days=1)

    assert paid["state"] == "paid"
    assert len(await rows("SELECT * FROM ledger_tx WHERE kind = 'payout'")) == 1


async def test_share_is_paid_anew_under_another_id_when_it_failed(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    failed = await become(stall, paypal, sent["id"], ItemStatus.FAILED, hold=Hold.BALANCE, reason="INSUFFICIENT_FUNDS")
    before = await balance(BANK)
    old, new = await pay_out(stall, days=1)

    assert (failed["state"], before) == ("failed", capture["amount"])
    assert (old["state"], new["state"], new["replaces"]) == ("failed", "sent", old["id"])
    assert (new["amount"], new["cause"]) == (old["amount"], str(old["id"]))
    assert [asked.payout_id for asked in paypal.asked] == [str(old["id"]), str(new["id"])]


@pytest.mark.parametrize("batch", [BatchStatus.DENIED, BatchStatus.CANCELED])
async def test_share_is_paid_anew_when_its_batch_was_refused(stall: Stall, batch: BatchStatus) -> None:
    paypal = add_paypal(stall)
    paypal.begins = ItemStatus.ABSENT
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    paypal.made[str(sent["id"])] = see_denied(paypal.made[str(sent["id"])], batch)
    await sync_payout(stall.gateways, sent["id"])

    old, new = await payouts()
    assert (old["state"], old["item_ref"], new["state"]) == ("failed", None, "waiting")
    assert await rows("SELECT * FROM ledger_tx WHERE kind LIKE 'payout%'") == []


def see_denied(made: PayoutSnapshot, batch: BatchStatus) -> PayoutSnapshot:
    return PayoutSnapshot(made.batch_ref, made.payout_id, batch, made.receiver, made.amount, reason="denied")


@pytest.mark.parametrize("item", [ItemStatus.REFUNDED, ItemStatus.REVERSED])
async def test_share_is_payable_again_when_it_was_sent_back(stall: Stall, item: ItemStatus) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    back = await become(stall, paypal, sent["id"], item)

    old, new = await payouts()
    assert (back["state"], new["state"]) == ("returned", "planned")
    # The payout's fee is gone all the same.
    assert await balance(BANK) == capture["amount"] - FEE
    assert await balance(f"payable:{old['vendor']}") == -old["amount"]
    early = (await pay_out(stall, days=2))[1]["state"]
    assert (early, (await pay_out(stall, days=1))[1]["state"]) == ("planned", "sent")


async def test_share_sent_back_is_found_by_the_sweep_when_its_event_is_lost(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    paypal.become(sent["id"], ItemStatus.REFUNDED)
    old, new = await pay_out(stall, days=2)

    assert (old["state"], new["state"]) == ("returned", "planned")


async def test_returned_share_waits_until_an_address_was_confirmed_after_it(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    capture = await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)

    paypal.become(sent["id"], ItemStatus.RETURNED, fee=Money(0, "USD"))
    old, waits = await pay_out(stall, days=31)

    assert (old["state"], waits["state"], waits["hold"]) == ("returned", "waiting", "account")
    assert "came back to us, since nobody took it" in waits["why"]
    # Nobody took it, so the provider gives its fee back.
    assert await balance(BANK) == capture["amount"]
    assert await balance("cost:provider_fees") == 0
    await give_address()
    assert (await pay_out(stall, days=2))[1]["state"] == "sent"
    assert len(paypal.asked) == 2


async def test_unclaimed_payout_is_taken_back_and_paid_anew_when_the_address_has_changed(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("typo@paypal.example")
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)
    stall.advance(DAY)

    await give_address("right@paypal.example")
    old, new = await pay_out(stall, days=1)
    _, new = await pay_out(stall, days=1)

    assert paypal.made[str(old["id"])].item == ItemStatus.RETURNED
    assert (old["state"], old["receiver"]) == ("returned", "typo@paypal.example")
    assert (new["state"], new["receiver"], new["amount"]) == ("sent", "right@paypal.example", old["amount"])


async def test_return_is_written_down_while_its_seller_confirms_an_address(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("typo@paypal.example")
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)
    paypal.become(sent["id"], ItemStatus.RETURNED)
    await fetch(
        "INSERT INTO payout_address (id, vendor, email, token_hash, expires_at) VALUES ($1, $2, $3, $4, $5)",
        *(new_id(), sent["vendor"], "right@paypal.example", hash_secret("token"), clock.wall() + timedelta(hours=1)),
    )
    confirmed, written = asyncio.Event(), asyncio.Event()

    async def confirm() -> None:
        async with transaction():
            await verify_payout_address(sent["vendor"], "token")
            confirmed.set()
            await written.wait()
            await wake_payouts(sent["vendor"])

    confirming = asyncio.create_task(confirm())
    await confirmed.wait()
    async with asyncio.timeout(20):
        await sync_payout(stall.gateways, sent["id"])
    written.set()
    await confirming

    assert [row["state"] for row in await payouts()] == ["returned", "waiting"]


async def test_unclaimed_payout_stays_when_the_address_is_the_same(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("Kiln@PayPal.example")
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)

    await give_address("kiln@paypal.example")
    (row,) = await pay_out(stall, days=1)

    assert (row["state"], paypal.made[str(sent["id"])].item) == ("unclaimed", ItemStatus.UNCLAIMED)


async def test_payout_taken_while_it_was_canceled_is_paid(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address("typo@paypal.example")
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.UNCLAIMED)

    async def taken_first(item_ref: str) -> PayoutSnapshot:
        paypal.become(sent["id"], ItemStatus.SUCCESS)
        return await type(paypal).cancel_payout_item(paypal, item_ref)

    paypal.cancel_payout_item = taken_first  # type: ignore[method-assign]
    await give_address("right@paypal.example")
    (paid,) = await pay_out(stall, days=1)

    assert (paid["state"], paid["receiver"]) == ("paid", "typo@paypal.example")


async def test_older_answer_changes_nothing_when_it_comes_later(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    for late in (ItemStatus.PENDING, ItemStatus.UNCLAIMED):
        assert (await become(stall, paypal, sent["id"], late))["state"] == "paid"


async def test_paid_payout_is_held_when_the_provider_says_it_never_left(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    row = await become(stall, paypal, sent["id"], ItemStatus.FAILED)
    looked_at = await pay_out(stall, days=2)

    assert [one["state"] for one in (row, *looked_at)] == ["held", "held"]
    assert len(paypal.asked) == 1


async def test_it_is_booked_once_when_it_is_seen_again(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    for _ in range(3):
        await become(stall, paypal, sent["id"], ItemStatus.REFUNDED)

    kinds = [row["kind"] for row in await rows("SELECT kind FROM ledger_tx WHERE kind LIKE 'payout%' ORDER BY kind")]
    assert kinds == ["payout", "payout_fee", "payout_returned"]
    assert len(await payouts()) == 2


async def test_event_that_names_a_payout_has_it_looked_at(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    paypal.lost = [Unavailable("timed out")]
    (unknown,) = await pay_out(stall)
    paypal.become(unknown["id"], ItemStatus.SUCCESS)

    found = await find_payout_row(str(unknown["id"]), "BATCH1", "ITEM1")
    assert found == unknown["id"]
    assert await find_payout_row("of another shop", "BATCH9", "ITEM9") is None
    await sync_payout(stall.gateways, found, batch_ref="BATCH1", item_ref="ITEM1")

    assert [row["state"] for row in await payouts()] == ["paid"]


async def test_event_of_another_payout_under_our_id_pays_nothing(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    await buy_by_paypal(stall, NOTEBOOK, form_id="form-0002")
    paypal.refusals = [Unavailable("timed out")]
    first, second = await pay_out(stall)
    first, second = sorted((first, second), key=lambda row: bool(row["batch_ref"]))
    paypal.become(second["id"], ItemStatus.SUCCESS)
    # The row that is written last lies last: whoever takes the first one that lies there finds the other payout.
    await fetch("UPDATE payout SET looks = looks + 1 WHERE id = $1", first["id"])

    await sync_payout(stall.gateways, first["id"], item_ref=paypal.made[str(second["id"])].item_ref)

    held = await one("SELECT state, batch_ref FROM payout WHERE id = $1", first["id"])
    assert tuple(held.values()) == ("held", None)


async def test_payout_is_found_by_each_of_its_names(stall: Stall) -> None:
    paypal = add_paypal(stall)
    await give_address()
    await buy_by_paypal(stall)
    (sent,) = await pay_out(stall)

    found = [await find_payout_row(name) for name in (str(sent["id"]), "BATCH1", "ITEM1")]

    assert found == [sent["id"]] * 3
    assert await find_payout_row("", "ITEM9") is None
    assert paypal.asked
