"""An order that is really paid at the sandbox's PayPal, and what becomes of its shares there."""

from __future__ import annotations

from typing import Any

from tests.facts import one, the_order
from tests.payments.paypal_buying import approve, capture, create_order, place_with_paypal
from tests.world import World, rows

DAY = 86400


async def buy_at_paypal(world: World, *skus: str) -> dict[str, Any]:
    """Ada has paid these goods at PayPal and PayPal has said what it keeps; returns the row of the money."""
    ada, token = await place_with_paypal(world, *skus)
    made = await create_order(ada, token)
    await approve(world, made["id"])
    assert (await capture(ada, made)).status_code == 200
    await world.settle()
    order = await the_order()
    return await one('SELECT * FROM capture WHERE "order" = $1', order["id"])


async def refund_at_paypal(world: World, money: dict[str, Any], amount: int | None = None) -> None:
    """Somebody gives money back at PayPal's own pages, and its event arrives."""
    part = {} if amount is None else {"amount": amount}
    await world.tell("paypal", action="refund", id=money["capture_ref"], **part)
    await world.deliver()


async def wait(world: World, seconds: int) -> list[dict[str, Any]]:
    """Let time pass there and here, PayPal do what is due, and the worker look; returns the payouts."""
    await world.advance(seconds)
    await world.deliver()
    await world.worker.drain(sweep=True)
    await world.deliver()
    return await rows("SELECT * FROM payout ORDER BY created_at, id")


async def pay_out(world: World) -> list[dict[str, Any]]:
    """The days of holding pass, the shares are sent, and PayPal has processed them."""
    await wait(world, 3 * DAY + 60)
    await wait(world, 3)
    return await wait(world, 3)


async def balance_there(world: World) -> int:
    """What PayPal holds for us, in cents."""
    return sum(row["amount"] for row in await world.truth("balances") if row["provider"] == "paypal")
