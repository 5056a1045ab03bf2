"""Refunds that somebody made at the provider: recorded, booked, shown and mailed once, in full and in parts."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from store.gateways.port import Unavailable
from store.kit.db import fetch
from store.refunds.service import sync_refunds
from tests.facts import (
    assert_books_agree,
    ledger_balances,
    mails,
    one,
    path_of,
    provider_balances,
    the_order,
    timeline,
    value,
)
from tests.guards import unguarded
from tests.payments.buying import LAMP, MUG, NOTEBOOK, STOOL, THROW, break_calls
from tests.promotions.promoting import make_code
from tests.refunds.refunding import buy, refund_there, wait_for_money
from tests.world import World, rows

ALL_BACK = {"reverse_transfer": "true", "refund_application_fee": "true"}
FEE_BACK = {"refund_application_fee": "true"}
KINDS_OF = {
    "destination, all back": (MUG, ALL_BACK, {"refund", "transfer_reversal", "fee_refund"}),
    "destination, transfer back": (MUG, {"reverse_transfer": "true"}, {"refund", "transfer_reversal"}),
    "direct, fee back": (LAMP, FEE_BACK, {"refund", "fee_refund"}),
    "direct, fee kept": (LAMP, {}, {"refund"}),
    "direct in EUR, fee back": (THROW, FEE_BACK, {"refund", "fee_refund"}),
    "direct in JPY, fee back": (STOOL, FEE_BACK, {"refund", "fee_refund"}),
    "direct in JPY, fee kept": (STOOL, {}, {"refund"}),
}


@pytest.mark.parametrize("part", [1, 3], ids=["full", "partial"])
@pytest.mark.parametrize("case", KINDS_OF)
async def test_refund_is_booked_and_shown_when_it_was_made_at_the_provider(world: World, case: str, part: int) -> None:
    sku, params, kinds = KINDS_OF[case]
    ada, capture = await buy(world, sku)
    amount = capture["amount"] // part

    made = await refund_there(world, capture, amount=amount, **params)
    await world.settle()

    row = await one("SELECT * FROM refund")
    assert (row["refund_ref"], row["amount"], row["status"], row["ours"]) == (made["id"], amount, "succeeded", False)
    booked = await rows("SELECT kind FROM ledger_tx WHERE kind IN ('refund', 'transfer_reversal', 'fee_refund')")
    assert sorted(tx["kind"] for tx in booked) == sorted(kinds)
    order = await the_order()
    assert (order["payment_state"], order["refunded"], order["refund_pending"]) == ("paid", amount, 0)
    assert await value("SELECT refunded FROM capture") == amount
    assert await ada.status(await path_of()) == ("Refunded" if part == 1 else "Partly refunded")
    assert [kind for kind, _, _ in await mails()].count("refunded") == 1
    await assert_books_agree(world)


async def test_page_and_mail_name_the_amount_when_a_part_is_refunded(world: World) -> None:
    ada, capture = await buy(world)

    await refund_there(world, capture, amount=1250, **ALL_BACK)
    await world.settle()

    page = await ada.get(await path_of())
    assert "$12.50 of $30.00 refunded on" in page.text
    assert ("", "$12.50 refunded.") in await timeline()
    (mail,) = [m for m in world.sandbox.state.mailbox.list_mails() if m["subject"].startswith("Refund")]
    assert "$12.50 of $30.00" in mail["text"]
    assert "Visa ending in 4242" in mail["text"]
    assert "after the order had ended" not in mail["text"]


async def test_parts_add_up_to_the_whole_when_refunds_follow_each_other(world: World) -> None:
    ada, capture = await buy(world, NOTEBOOK)
    path = await path_of()

    for amount in (1, 333, 334):
        await refund_there(world, capture, amount=amount, **ALL_BACK)
        await world.settle()
        assert await ada.status(path) == "Partly refunded"
        assert await ledger_balances() == await provider_balances(world)
    await refund_there(world, capture, **ALL_BACK)
    await world.settle()

    assert await ada.status(path) == "Refunded"
    assert [kind for kind, _, _ in await mails()].count("refunded") == 4
    owed = await rows(
        "SELECT account FROM ledger_entry WHERE account LIKE ANY(ARRAY['receivable:%', 'payable:%', 'income:%'])"
        " GROUP BY account HAVING sum(amount) <> 0"
    )
    assert owed == []
    await assert_books_agree(world)


@pytest.mark.parametrize("amount", [None, 1000])
async def test_each_gives_back_its_share_when_several_vendors_were_paid_together(
    world: World, amount: int | None
) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)
    await world.pay(await ada.check_out())
    await world.settle()
    capture = await one("SELECT * FROM capture")

    await refund_there(world, capture, **({"amount": amount} if amount else {}))
    await wait_for_money(world)

    given = await rows(
        "SELECT e.account, e.amount FROM ledger_entry e JOIN ledger_tx t ON t.id = e.tx"
        " WHERE t.kind = 'refund' AND e.amount > 0"
    )
    assert sum(row["amount"] for row in given) == (amount or capture["amount"])
    assert len([row for row in given if row["account"].startswith("receivable:")]) == 2
    assert await value("SELECT count(*) FROM ledger_entry WHERE account LIKE 'receivable:%'") == 4
    assert await ada.status(await path_of()) == ("Partly refunded" if amount else "Refunded")
    await assert_books_agree(world)


async def test_vendor_owes_the_money_when_it_is_refunded_without_the_transfer(world: World) -> None:
    """The platform's balance has too little while the vendor keeps the transfer: pending, and not booked before."""
    ada, capture = await buy(world)

    made = await refund_there(world, capture)
    await world.settle()

    assert made["status"] == "pending"
    assert await ada.status(await path_of()) == "Refund on its way"
    assert await mails() == [("order_confirmed", "ada@example.com", "done"), ("sold", "vera@example.com", "done")]
    assert await ledger_balances() == await provider_balances(world)
    await break_calls(world, "/v1/transfers", status=400)
    for _ in range(2):
        await place_and_pay_platform(world)
    await world.advance(3700)
    await world.settle()
    assert await value("SELECT status FROM refund") == "succeeded"
    assert await value("SELECT sum(amount)::bigint FROM ledger_entry WHERE account LIKE 'receivable:%'") == 3000
    assert [kind for kind, _, _ in await mails()].count("refunded") == 1
    await assert_books_agree(world)


async def place_and_pay_platform(world: World) -> None:
    """Money comes into the platform's own balance: several vendors are paid there, and it cannot be passed on."""
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)
    await world.pay(await ada.check_out())
    await world.settle()


@pytest.mark.parametrize("type", ["charge.refunded", "refund.created"])
@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_refund_is_found_when_only_one_kind_of_event_arrives(world: World, sku: str, type: str) -> None:
    ada, capture = await buy(world, sku)
    for told in ("*refund*", "transfer.reversed"):
        await world.tell("webhooks", action="drop", type=told, count=0)
    await refund_there(world, capture, **(ALL_BACK if sku == MUG else FEE_BACK))
    await world.deliver()
    assert not await rows("SELECT 1 FROM refund")
    await world.tell("webhooks", action="clear")

    await world.tell("webhooks", action="resend", type=type)
    await world.deliver()

    assert await ada.status(await path_of()) == "Refunded"
    await assert_books_agree(world)


async def test_nothing_doubles_when_every_event_comes_often_and_all_look_at_once(world: World) -> None:
    _, capture = await buy(world)
    await world.tell("webhooks", action="duplicate", count=0)
    await refund_there(world, capture, **ALL_BACK)

    await asyncio.gather(*(sync_refunds(world.gateways, capture["id"]) for _ in range(10)))
    await world.settle()

    assert len(await rows("SELECT 1 FROM refund")) == 1
    assert [kind for kind, _, _ in await mails()].count("refunded") == 1
    await assert_books_agree(world)


async def test_event_waits_when_the_provider_does_not_answer(world: World) -> None:
    ada, capture = await buy(world)
    await refund_there(world, capture, **ALL_BACK)
    await break_calls(world, "/v1/charges/*", method="GET")
    before = await the_order()

    with pytest.raises(Unavailable):
        await sync_refunds(world.gateways, capture["id"])
    await world.deliver()

    assert await the_order() == before
    waiting = await rows("SELECT type FROM inbox_event WHERE state = 'waiting' ORDER BY type")
    assert [row["type"] for row in waiting] == ["charge.refunded", "refund.created", "transfer.reversed"]
    assert await ada.status(await path_of()) == "Paid"


async def test_nobody_is_asked_when_nothing_had_been_paid(world: World) -> None:
    _, capture = await buy(world)
    async with unguarded("DROP TRIGGER capture_frozen ON capture"):
        await fetch("UPDATE capture SET amount = 0")
        sent = len(world.wire.sent)

        await sync_refunds(world.gateways, capture["id"])

        assert len(world.wire.sent) == sent


def insert_refund(capture: dict[str, Any], amount: int, status: str = "requested") -> tuple[str, ...]:
    """One row past the verbs, as arguments of a write."""
    return (
        'INSERT INTO refund (id, capture, "order", provider, amount, currency, reason, ours, gives_back_all, status,'
        " posted, created_at, version) VALUES (gen_random_uuid(), $1, $2, 'stripe', $3, 'USD', '', true, true, $4,"
        " false, now(), 1)",
        capture["id"],
        capture["order"],
        amount,
        status,
    )


@pytest.mark.leaves_broken({"I10", "I14", "I18", "I21"}, "the rows are written by hand")
@pytest.mark.parametrize("status", ["requested", "pending", "succeeded"])
async def test_database_refuses_when_refunds_would_exceed_the_money(world: World, status: str) -> None:
    _, capture = await buy(world)
    await refund_there(world, capture, amount=1000, **ALL_BACK)
    await world.settle()

    with pytest.raises(asyncpg.RaiseError, match=r"refunds of capture .* exceed 3000"):
        await fetch(*insert_refund(capture, 2001, status))

    await fetch(*insert_refund(capture, 2000, status))
    with pytest.raises(asyncpg.RaiseError, match="exceed 3000"):
        await fetch("UPDATE refund SET amount = amount + 1 WHERE amount = 2000")


async def test_refunds_exceed_the_money_when_the_guard_is_gone(world: World) -> None:
    _, capture = await buy(world)

    async with unguarded("DROP TRIGGER refund_within ON refund"):
        await fetch(*insert_refund(capture, 3001))

        assert await value("SELECT sum(amount)::bigint FROM refund") > capture["amount"]


@pytest.mark.leaves_broken({"I21"}, "the rows are written by hand")
async def test_only_what_is_left_goes_through_when_many_refunds_are_written_at_once(world: World) -> None:
    _, capture = await buy(world)

    written = await asyncio.gather(*(fetch(*insert_refund(capture, 1000)) for _ in range(10)), return_exceptions=True)

    assert len([one for one in written if not isinstance(one, Exception)]) == 3
    assert await value("SELECT sum(amount)::bigint FROM refund") == 3000


@pytest.mark.leaves_broken({"I18"}, "the row is written by hand")
async def test_failed_refund_stays_failed_when_somebody_writes_past_the_verbs(world: World) -> None:
    _, capture = await buy(world)
    await fetch(*insert_refund(capture, 1000, "failed"))

    with pytest.raises(asyncpg.CheckViolationError, match="failed -> succeeded is not an allowed move"):
        await fetch("UPDATE refund SET status = 'succeeded'")

    async with unguarded("DROP TRIGGER refund_moves ON refund"):
        await fetch("UPDATE refund SET status = 'succeeded'")
        assert await value("SELECT status FROM refund") == "succeeded"


@pytest.mark.parametrize("skus", [(MUG,), (MUG, NOTEBOOK)], ids=["one", "several"])
async def test_nothing_is_owed_any_more_when_a_discounted_order_goes_back_whole(
    world: World, skus: tuple[str, ...]
) -> None:
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    await make_code(percent=3000)
    await ada.post("/cart/promotion", code="TENOFF")
    assert (await world.pay(await ada.check_out())).status_code == 303
    await world.settle()
    (capture,) = await rows("SELECT * FROM capture")
    assert await owed() > 0

    await refund_there(world, capture, **({"reverse_transfer": "true"} if len(skus) == 1 else {}))
    await wait_for_money(world)

    assert await owed() == 0
    cost = "SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entry WHERE account = 'cost:promotions'"
    assert await value(cost) == 0
    await assert_books_agree(world)


async def owed() -> int:
    """What the ledger owes vendors beyond what they still owe us, minor units."""
    sql = "SELECT -coalesce(sum(amount), 0)::bigint FROM ledger_entry WHERE account ~ '^(payable|receivable):'"
    return int(await value(sql))
