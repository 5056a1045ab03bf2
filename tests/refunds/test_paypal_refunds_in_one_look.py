"""Several things that went back at PayPal and are seen in one look, in whatever order PayPal lists them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.gateways.port import CaptureSnapshot, RefundOutcome, RefundSnapshot
from store.kit.money import Money
from store.refunds.service import follow_refunds
from tests.facts import assert_books_agree, the_order, value
from tests.webhooks.test_paypal_events import paid
from tests.world import World, rows

ORDERS = [pytest.param(False, id="newest last"), pytest.param(True, id="newest first")]


class Listing:
    """PayPal's rail whose list of refunds is turned round, or has `extra` ones."""

    def __init__(self, inner: Any, *extra: RefundSnapshot, turned: bool = False) -> None:
        self._inner, self._extra, self._turned = inner, extra, turned

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_capture(self, ref: str, account: str) -> CaptureSnapshot:
        seen: CaptureSnapshot = await self._inner.fetch_capture(ref, account)
        refunds = (*seen.refunds, *self._extra)
        return replace(seen, refunds=refunds[::-1] if self._turned else refunds)


async def pending_refund(world: World, **part: int) -> tuple[str, str]:
    """A refund that its bank has not seen yet, of all or of an `amount`; the references of capture and refund.

    What comes after it is not heard of.
    """
    await world.tell("paypal", action="set", settings={"refunds": "pending"})
    ref = await paid(world)
    await world.tell("paypal", action="refund", id=ref, **part)
    await world.settle()
    await world.tell("paypal", action="set", settings={"refunds": "completed"})
    await world.tell("webhooks", action="drop", count=0)
    assert [row["status"] for row in await rows("SELECT status FROM refund")] == ["pending"]
    return ref, str(await value("SELECT refund_ref FROM refund"))


async def look(world: World, **listing: Any) -> None:
    """What every door does, whichever way round the list is."""
    rail: Any = Listing(world.gateways.paypal, *listing.pop("extra", ()), **listing)
    await follow_refunds(replace(world.gateways, paypal=rail), await value("SELECT id FROM capture"), told=True)


@pytest.mark.parametrize("turned", ORDERS)
@pytest.mark.parametrize("action", ["refund", "reverse"])
async def test_all_goes_back_when_a_first_refund_failed_and_another_is_seen_with_it(
    world: World, action: str, turned: bool
) -> None:
    ref, first = await pending_refund(world)
    await world.tell("paypal", action="finish", id=first, status="FAILED")
    await world.tell("paypal", action=action, id=ref)

    await look(world, turned=turned)

    order = await the_order()
    assert (order["refunded"], order["refund_pending"]) == (order["total"], 0)
    assert {row["status"] for row in await rows("SELECT status FROM refund")} == {"failed", "succeeded"}
    assert await rows("SELECT * FROM payout WHERE state <> 'canceled'") == []
    await assert_books_agree(world)


@pytest.mark.parametrize("turned", ORDERS)
async def test_nothing_is_stuck_when_a_refund_that_failed_is_first_heard_of_after_the_one_that_followed(
    world: World, turned: bool
) -> None:
    ref = await paid(world)
    await world.tell("webhooks", action="drop", count=0)
    await world.tell("paypal", action="refund", id=ref)
    await look(world)
    total = (await the_order())["total"]
    failed = RefundSnapshot("1F", "", ref, Money(total, "USD"), RefundOutcome.FAILED, came_back=True)

    await look(world, extra=[failed], turned=turned)

    assert await rows("SELECT status, amount FROM refund") == [{"status": "succeeded", "amount": total}]
    order = await the_order()
    assert (order["refunded"], order["review_reason"]) == (total, "")
    await assert_books_agree(world)


async def test_person_is_asked_once_when_refund_and_reversal_are_more_than_the_payment(world: World) -> None:
    ref = await paid(world)
    await world.tell("webhooks", action="drop", count=0)
    await world.tell("paypal", action="refund", id=ref)
    total = (await the_order())["total"]
    # What PayPal tells of at once is recorded by its reference: this one comes after the refund's.
    (refund,) = await world.truth("refunds")
    reversal = RefundSnapshot(f"{refund['ref']}R", "", ref, Money(1, "USD"), RefundOutcome.SUCCEEDED)

    for _ in range(2):
        await look(world, extra=[reversal])

    order = await the_order()
    assert order["refunded"] == total
    assert await value("SELECT count(*) FROM order_event WHERE key LIKE 'exceeds:%'") == 1
    assert f"$0.01 going back ({reversal.ref}), but only $0.00 is left of the payment" in order["review_reason"]
    await assert_books_agree(world)
