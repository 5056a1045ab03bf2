"""What the doctor says of payouts: what is lost, swapped or counted twice in the books, and what waits for a person."""

from __future__ import annotations

from typing import Any

import pytest

from store.doctor.paid_out import check_payouts
from store.gateways.payouts import ItemStatus
from store.gateways.port import TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.kit.db import fetch
from tests.facts import broken
from tests.payouts.paying_out import (
    FakePayouts,
    add_paypal,
    become,
    buy_by_paypal,
    give_address,
    pay_out,
    payouts,
    refund_there,
)
from tests.stall import Stall

PLANTED = "the test planted what the doctor is to find"
UNTRIED = "SET session_replication_role = replica"


async def buy(stall: Stall) -> tuple[FakePayouts, dict[str, Any]]:
    paypal = add_paypal(stall)
    await give_address()
    return paypal, await buy_by_paypal(stall)


async def write_past_the_guards(*statements: str) -> None:
    """As somebody would who has the database's own rights."""
    for statement in statements:
        await fetch(f"DO $$ BEGIN {UNTRIED}; {statement}; SET session_replication_role = DEFAULT; END $$")


async def test_nothing_is_stuck_when_a_share_waits_for_its_day(stall: Stall) -> None:
    await buy(stall)

    assert (await check_payouts()).detail == "none is stuck"


async def test_payout_is_named_when_it_is_held(stall: Stall) -> None:
    paypal, _ = await buy(stall)
    (sent,) = await pay_out(stall)

    await become(stall, paypal, sent["id"], ItemStatus.BLOCKED)

    found = await check_payouts()
    assert not found.ok
    assert found.detail.startswith("1 stuck, first OP-")
    assert "PayPal has blocked it" in found.detail
    assert "next: look at it at PayPal" in found.detail


async def test_payout_is_named_when_it_takes_longer_than_it_should(stall: Stall) -> None:
    await buy(stall)
    await pay_out(stall)
    at_first = await check_payouts()

    await pay_out(stall, days=7)

    later = await check_payouts()
    assert (at_first.ok, later.ok) == (True, False)
    assert ", sent: PayPal is working on it" in later.detail


async def test_payout_is_named_when_its_outcome_is_unknown_for_a_day(stall: Stall) -> None:
    paypal, _ = await buy(stall)
    paypal.refusals = [Unavailable("timed out")] * 9
    await pay_out(stall)
    at_first = await check_payouts()

    await pay_out(stall, days=2)

    later = await check_payouts()
    assert (at_first.ok, later.ok) == (True, False)
    assert "what became of it at the provider is not known" in later.detail


async def test_share_that_waits_for_our_balance_goes_out_by_itself(stall: Stall) -> None:
    paypal, _ = await buy(stall)
    paypal.refusals = [TransferHeld(Hold.BALANCE, "INSUFFICIENT_FUNDS")]
    await pay_out(stall)

    found = await check_payouts()

    assert (found.ok, found.detail) == (True, "1 wait")


@pytest.mark.leaves_broken({"I10"}, PLANTED)
async def test_payout_is_named_when_its_journal_is_lost(stall: Stall) -> None:
    paypal, _ = await buy(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    assert await broken("I10") == []

    await write_past_the_guards("DELETE FROM ledger_entry", "DELETE FROM ledger_tx WHERE kind LIKE 'payout%'")

    assert "ITEM1" in await broken("I10")


@pytest.mark.leaves_broken({"I10"}, PLANTED)
async def test_payout_is_named_when_it_was_booked_for_another_amount(stall: Stall) -> None:
    paypal, _ = await buy(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)

    await write_past_the_guards("UPDATE payout SET amount = amount - 1")

    assert await broken("I10") == ["ITEM1"]


@pytest.mark.leaves_broken({"I10"}, PLANTED)
async def test_debt_is_named_when_more_was_withheld_than_is_booked(stall: Stall) -> None:
    paypal, capture = await buy(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    await refund_there(capture, capture["amount"])

    await write_past_the_guards("UPDATE payout_debt SET paid = 1")

    assert [row.partition(" ")[0] for row in await broken("I10")] == ["debt"]


@pytest.mark.leaves_broken({"I13"}, PLANTED)
async def test_order_is_named_when_its_seller_is_paid_more_than_its_share(stall: Stall) -> None:
    await buy(stall)
    assert await broken("I13") == []

    await write_past_the_guards("UPDATE payout SET withheld = 1")

    (number,) = await broken("I13")
    assert number.startswith("OP-")


@pytest.mark.leaves_broken({"I14"}, PLANTED)
async def test_seller_is_named_when_it_owes_more_than_it_got(stall: Stall) -> None:
    paypal, capture = await buy(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.SUCCESS)
    await refund_there(capture, capture["amount"])
    assert await broken("I14") == []

    await write_past_the_guards("UPDATE payout_debt SET amount = amount + 1")

    assert len(await broken("I14")) == 1


@pytest.mark.leaves_broken({"I18", "I21"}, PLANTED)
async def test_payout_is_named_when_nobody_looks_at_it_or_it_moved_by_itself(stall: Stall) -> None:
    await buy(stall)
    (row,) = await payouts()

    await write_past_the_guards("UPDATE payout SET look_at = NULL, state = 'waiting'")

    assert await broken("I21") == [f"payout {row['id']}"]
    assert await broken("I18") == [f"payout {row['id']}"]


@pytest.mark.leaves_broken({"I21", "I18"}, PLANTED)
async def test_payout_is_named_when_it_ended_and_nobody_pays_it_anew(stall: Stall) -> None:
    paypal, _ = await buy(stall)
    (sent,) = await pay_out(stall)
    await become(stall, paypal, sent["id"], ItemStatus.FAILED)

    await write_past_the_guards("DELETE FROM payout WHERE replaces IS NOT NULL")

    assert await broken("I21") == [f"payout {sent['id']}"]
