"""The other ends: expired, canceled, failed, being checked; each told once, stock back only where nobody can pay."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.orders import service as orders
from tests.facts import mails, one, timeline
from tests.orders.ordering import end, order_a_mug
from tests.shelves import read_counters


@pytest.mark.parametrize(("wanted", "state"), [(True, "canceled"), (False, "expired")])
async def test_stock_goes_back_once_when_an_order_ends_many_times_at_once(db: str, wanted: bool, state: str) -> None:
    order, mug = await order_a_mug()
    if wanted:
        assert await orders.request_cancel(order["id"])

    ended = await asyncio.gather(*(end(order) for _ in range(5)))

    assert sum(ended) == 1
    assert await fetch_value("SELECT payment_state FROM orders") == state
    assert await read_counters(mug) == (10, 0, 0)
    assert await fetch_value("SELECT count(*) FROM stock_move WHERE kind = 'release'") == 1
    assert await mails() == []


async def test_stock_stays_and_the_buyer_is_told_when_the_bank_says_no(db: str) -> None:
    order, mug = await order_a_mug()
    await orders.mark_processing(order["id"], text="The bank is still confirming.", door="return")

    async with transaction():
        assert await orders.mark_failed(order["id"], reason="The bank said no", text="Failed.", door="webhook")

    assert await one("SELECT payment_state, failure_reason FROM orders") == {
        "payment_state": "failed",
        "failure_reason": "The bank said no",
    }
    assert await read_counters(mug) == (10, 1, 0)
    assert await mails() == [("payment_failed", "ada@example.com", "waiting")]
    assert await orders.mark_payable(order["id"])
    assert await fetch_value("SELECT failure_reason FROM orders") == ""


async def test_buyer_is_told_of_each_failure_when_two_attempts_fail(db: str) -> None:
    order, _ = await order_a_mug()

    for _ in range(2):
        await orders.mark_processing(order["id"], text="Processing.", door="return")
        await orders.mark_failed(order["id"], reason="The bank said no", text="Failed.", door="webhook")
        await orders.mark_payable(order["id"])

    assert len(await mails()) == 2


@pytest.mark.parametrize(("wanted", "told"), [(False, 1), (True, 0)])
async def test_buyer_is_told_why_when_a_declined_order_runs_out(db: str, wanted: bool, told: int) -> None:
    """One who cancelled after a decline knows it already."""
    order, _ = await order_a_mug()
    await orders.record_decline(order["id"], reason="The card has expired", text="Declined.", door="webhook", ref="1")
    if wanted:
        await orders.request_cancel(order["id"])

    await end(order)

    assert len(await mails()) == told


async def test_decline_is_told_once_when_it_is_seen_again(db: str) -> None:
    order, _ = await order_a_mug()

    for door in ("webhook", "return", "sweep"):
        await orders.record_decline(order["id"], reason="The card has expired", text="Declined.", door=door, ref="ch_1")

    assert [entry for entry in await timeline() if entry[1] == "Declined."] == [("webhook", "Declined.")]


@pytest.mark.parametrize("state", ["awaiting_payment", "failed", "expired", "canceled"])
async def test_order_waits_for_a_person_when_something_does_not_fit(db: str, state: str) -> None:
    order, _ = await order_a_mug()
    if state != "awaiting_payment":
        await fetch("UPDATE orders SET payment_state = $1", state)

    for _ in range(2):
        await orders.mark_review(order["id"], reason="amount: 3 for 30", door="webhook")

    assert await one("SELECT payment_state, review_reason FROM orders") == {
        "payment_state": "needs_review",
        "review_reason": "amount: 3 for 30",
    }
    assert [text for _, text in await timeline()].count("The payment needs a look by a person.") == 1


async def test_version_counts_up_when_anything_on_the_page_changes(db: str) -> None:
    order, _ = await order_a_mug()
    seen = [order["version"]]

    async def note_version() -> None:
        seen.append(await fetch_value("SELECT version FROM orders"))

    await orders.record_decline(order["id"], reason="No", text="Declined.", door="webhook", ref="1")
    await note_version()
    await orders.record_refund(order["id"], pending=100, refunded=0)
    await note_version()
    await orders.note(order["id"], "Something.", door="sweep")
    await note_version()
    await orders.request_cancel(order["id"])
    await note_version()
    await end(order)
    await note_version()

    assert seen == sorted(set(seen))


async def test_refund_numbers_change_nothing_when_they_are_the_same(db: str) -> None:
    order, _ = await order_a_mug()
    first = await orders.record_refund(order["id"], pending=0, refunded=1000)

    second = await orders.record_refund(order["id"], pending=0, refunded=1000)

    assert second == first
    assert first["refunded_at"] is not None
    third = await orders.record_refund(order["id"], pending=0, refunded=0)
    assert third["refunded_at"] == first["refunded_at"]


async def test_provider_may_be_asked_once_in_five_seconds_when_many_ask(db: str) -> None:
    order, _ = await order_a_mug()

    allowed = await asyncio.gather(*(orders.claim_check(order["id"], 5) for _ in range(10)))

    assert sum(allowed) == 1
    await fetch("UPDATE orders SET checked_at = $1", clock.now() - timedelta(seconds=5))
    assert await orders.claim_check(order["id"], 5)


async def test_hold_only_grows_when_an_attempt_asks_for_less(db: str) -> None:
    order, _ = await order_a_mug()
    later = order["hold_until"] + timedelta(minutes=10)

    await orders.hold_until(order["id"], later)
    await orders.hold_until(order["id"], order["hold_until"])

    assert await fetch_value("SELECT hold_until FROM orders") == later
