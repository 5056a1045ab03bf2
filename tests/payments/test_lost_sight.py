"""An attempt that the provider hides from us does not stay unknown for ever, and is not called failed."""

from __future__ import annotations

from store.doctor.checks import check_attempts
from store.kit.db import fetch, transaction
from store.orders import service as orders
from store.payments.service.start import pay_again
from store.payments.sweep import end_overdue
from tests.facts import stock_of, the_order, the_payment
from tests.world import SHOP, World

HOUR = 3600


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


async def test_order_goes_on_when_a_new_attempt_opened_before_the_sweep_had_its_lock(world: World) -> None:
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    await ada.check_out()
    order = await the_order()
    await fetch("UPDATE payment SET status = 'failed'")
    await fetch("UPDATE orders SET payment_state = 'failed'")
    await pay_again(world.gateways, order["id"], SHOP)
    # What the sweep's list said a moment ago: the deadline has passed and nobody can pay.
    async with transaction():
        await orders.lock_order(order["id"])
        await fetch("UPDATE orders SET hold_until = placed_at - interval '1 minute' WHERE id = $1", order["id"])

    await end_overdue()

    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert (await stock_of("KILN-MUG-BLUE"))[1] == 1
