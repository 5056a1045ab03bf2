"""An event about a refund is done when the refund is recorded, not while PayPal does not show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from store.gateways.port import CaptureSnapshot, RefundSnapshot
from store.kit.db import fetch
from tests.facts import assert_books_agree, one, the_order, value
from tests.payments.buying import break_calls, mend
from tests.webhooks.test_paypal_events import paid
from tests.world import World

REFUNDED = "SELECT state, outcome, split_part(last_error, ':', 1) AS why FROM inbox_event WHERE type = $1"
DONE = {"state": "done", "outcome": "applied", "why": ""}


class Late:
    """PayPal's rail while an order does not list its refunds yet; `dark`: nor are they known by their own ids."""

    def __init__(self, inner: Any, *, dark: bool = False) -> None:
        self._inner, self._dark = inner, dark

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def fetch_capture(self, ref: str, account_ref: str) -> CaptureSnapshot:
        return replace(await self._inner.fetch_capture(ref, account_ref), refunds=())

    async def find_refunds(self, capture_ref: str, account_ref: str) -> Sequence[RefundSnapshot]:
        return []

    async def fetch_refund(self, ref: str, capture_ref: str) -> RefundSnapshot | None:
        return None if self._dark else await self._inner.fetch_refund(ref, capture_ref)


async def hear(world: World, rail: Any, action: str = "refund") -> None:
    """All of the order goes back at PayPal, and the event is worked off by a shop that sees this of it."""
    ref = await paid(world)
    world.worker.gateways = replace(world.gateways, paypal=rail)
    await world.tell("paypal", action=action, id=ref)
    await world.deliver()


async def try_again(world: World, seconds: int = 0) -> None:
    """So many seconds later, what waits in the inbox is tried once more."""
    await world.advance(seconds)
    await fetch("UPDATE inbox_event SET run_at = now() WHERE state = 'waiting'")
    await world.worker.drain()


@pytest.mark.parametrize(("action", "event"), [("refund", "REFUNDED"), ("reverse", "REVERSED")])
async def test_refund_is_found_by_its_own_id_when_its_order_does_not_list_it_yet(
    world: World, action: str, event: str
) -> None:
    await hear(world, Late(world.gateways.paypal), action)

    assert await one(REFUNDED, f"PAYMENT.CAPTURE.{event}") == DONE
    order = await the_order()
    assert order["refunded"] == order["total"]
    await assert_books_agree(world)


async def test_event_waits_until_paypal_shows_the_refund_it_speaks_of(world: World) -> None:
    await hear(world, Late(world.gateways.paypal, dark=True))
    waits = await one(REFUNDED, "PAYMENT.CAPTURE.REFUNDED")
    assert waits == {"state": "waiting", "outcome": "", "why": "NotYet"}
    assert await value("SELECT count(*) FROM refund") == 0

    world.worker.gateways = world.gateways
    await try_again(world)

    assert await one(REFUNDED, "PAYMENT.CAPTURE.REFUNDED") == DONE
    assert await value("SELECT status FROM refund") == "succeeded"


async def test_alarm_is_raised_when_a_refund_is_not_shown_for_minutes(world: World) -> None:
    await hear(world, Late(world.gateways.paypal, dark=True))

    with capture_logs() as lines:
        await try_again(world, seconds=180)

    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["event_unmatched"]
    assert (await one(REFUNDED, "PAYMENT.CAPTURE.REFUNDED"))["state"] == "waiting"
    world.worker.gateways = world.gateways
    await try_again(world)
    assert await one(REFUNDED, "PAYMENT.CAPTURE.REFUNDED") == DONE


async def test_alarm_is_raised_when_the_order_that_lists_the_refund_is_gone(world: World) -> None:
    ref = await paid(world)
    await break_calls(world, "/v2/checkout/orders/*", method="GET", provider="paypal", status=404)
    await world.tell("paypal", action="refund", id=ref)
    await world.deliver()

    with capture_logs() as lines:
        await try_again(world, seconds=180)

    assert "event_unmatched" in [line["event"] for line in lines if line["log_level"] == "error"]
    await mend(world)
    await try_again(world)
    assert await one(REFUNDED, "PAYMENT.CAPTURE.REFUNDED") == DONE
