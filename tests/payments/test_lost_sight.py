"""An attempt that the provider hides from us does not stay unknown for ever, and is not called failed."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from store.doctor.checks import check_attempts
from store.kit.db import fetch
from store.payments.sweep import end_overdue
from tests.facts import stock_of, the_order, the_payment
from tests.locks import wait_for_waiting
from tests.world import World

HOUR = 3600
NEW_ATTEMPT = """
INSERT INTO payment SELECT (p).* FROM (SELECT jsonb_populate_record(payment, '{"id":
  "00000000-0000-4000-8000-000000000001", "token": "another", "attempt": 2, "status": "created", "provider_ref": null}')
  AS p FROM payment) AS copied
"""
LONGER_HOLD = "UPDATE orders SET hold_until = hold_until + interval '3 hours'"


async def hide_session(world: World) -> None:
    """The provider answers 404 for the session from now on, as it does when an account has left."""
    payment = await the_payment()
    await world.tell(
        "faults",
        method="GET",
        path=f"/v1/checkout/sessions/{payment['provider_ref']}",
        when="before",
        action="status",
        status=404,
        count=0,
    )


async def test_person_is_asked_when_the_session_stays_hidden_after_its_end(world: World) -> None:
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    await ada.check_out()
    await hide_session(world)

    await world.worker.sweep()
    early = (await the_payment())["status"]
    await world.advance(3 * HOUR)
    await world.worker.sweep()

    assert early == "pending"
    assert ((await the_payment())["status"], (await the_order())["payment_state"]) == ("needs_review", "needs_review")
    assert (await stock_of("KILN-MUG-BLUE"))[1] == 1


async def test_doctor_names_the_attempt_when_it_is_open_long_after_its_end(world: World) -> None:
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    await ada.check_out()
    calm = await check_attempts()

    await world.advance(3 * HOUR)

    troubled = await check_attempts()
    assert (calm.ok, troubled.ok) == (True, False)
    assert (await the_order())["number"] in troubled.detail


@pytest.mark.parametrize("meanwhile", [NEW_ATTEMPT, LONGER_HOLD], ids=["attempt", "hold"])
async def test_order_goes_on_when_it_was_taken_up_again_before_the_sweep_had_its_lock(
    world: World, db: str, meanwhile: str
) -> None:
    """The sweep's list is a moment old when it has the lock: what it says is looked at again."""
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    await ada.check_out()
    await fetch("UPDATE payment SET status = 'failed'")
    await fetch("UPDATE orders SET payment_state = 'failed', hold_until = placed_at - interval '1 minute'")
    buyer = await asyncpg.connect(db)
    try:
        async with buyer.transaction():
            await buyer.execute("SELECT 1 FROM cart FOR UPDATE")
            sweeping = asyncio.ensure_future(end_overdue())
            await wait_for_waiting(sweeping)
            await buyer.execute(meanwhile)
    finally:
        await buyer.close()

    assert await sweeping == 1

    assert (await the_order())["payment_state"] == "failed"
    assert (await stock_of("KILN-MUG-BLUE"))[1] == 1
