"""No provider is called while a transaction is open: a slow one would hold connections and locks."""

from __future__ import annotations

import dataclasses
from typing import Any

from store.app import create_app
from store.gateways.port import Gateways
from store.kit.db import engine, transaction
from store.payments.service import cancel_order, pay_again, sync_payment
from store.payments.states import Door
from store.workers import Worker
from tests.facts import path_of, the_order, the_payment, value
from tests.payments.buying import (
    LAMP,
    MUG,
    SOMEBODY,
    THROW,
    break_calls,
    end_too_early,
    pay_unheard,
    place,
    sell_out,
)
from tests.payouts.passing import TRANSFERS, buy_two
from tests.refunds.refunding import refund_there
from tests.world import SHOP, World, rows

# What asks nobody.
PURE = ("freeze_checkout", "freeze_discount", "verify_event", "read_event", "is_away")


class Outside:
    """A gateway that remembers of each call whether a transaction was open."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.calls: dict[str, set[bool]] = {}

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)

        async def noted(*arguments: Any) -> Any:
            inside = engine().current_transaction.get() is not None
            self.calls.setdefault(name, set()).add(inside)
            return await verb(*arguments)

        return verb if name in PURE else noted


def watch(world: World) -> tuple[World, Outside]:
    """The same world, seen through such a gateway."""
    outside = Outside(world.gateways.stripe)
    gateways = Gateways(outside)
    shop, worker = create_app(world.settings, gateways), Worker(gateways, world.worker.mailer)
    return dataclasses.replace(world, gateways=gateways, shop=shop, worker=worker), outside


async def test_every_call_is_made_outside_when_things_are_bought_canceled_swept_and_given_back(world: World) -> None:
    watched, outside = watch(world)
    ada, url = await place(watched)
    await ada.get(await pay_unheard(watched, url))
    await place(watched, LAMP)
    await pay_again(watched.gateways, (await the_order())["id"], SHOP, SOMEBODY)
    await cancel_order(watched.gateways, (await the_order())["id"], Door.CHECK)
    other, _ = await place(watched, MUG)
    await other.check_out(city="Paris")
    await other.post(f"{await path_of()}/check")
    await watched.tell("webhooks", action="clear")
    await watched.settle()
    # A day later the sweep looks for money that went back, and finds none.
    await watched.advance(25 * 3600)
    await watched.settle()
    capture = (await rows("SELECT * FROM capture"))[0]
    await refund_there(watched, capture, amount=1000, reverse_transfer="true")
    await watched.settle()
    await pass_on_and_take_back(watched)
    await end_too_early(watched, (THROW,))
    await sync_payment(watched.gateways, (await the_payment())["id"], Door.SWEEP)
    _, late = await end_too_early(watched, (THROW,))
    await sell_out((THROW,))
    await watched.pay(late)
    await watched.settle()

    assert await value("SELECT count(*) FROM refund WHERE ours") == 1
    assert outside.calls == {name: {False} for name in outside.calls}
    assert set(outside.calls) == {
        "open_checkout",
        "fetch_payment",
        "find_payments",
        "expire",
        "fetch_capture",
        "refund",
        "find_refunds",
        "fetch_account",
        "transfer",
        "reverse_transfer",
        "find_transfers",
    }


async def pass_on_and_take_back(watched: World) -> None:
    """Two vendors are paid at once, one answer is lost, and a part goes back."""
    await break_calls(watched, TRANSFERS, when="after", count=1)
    capture = await buy_two(watched)
    await refund_there(watched, capture, amount=200)
    await watched.advance(3700)
    await watched.settle()


async def test_call_is_noticed_when_it_is_made_inside(world: World) -> None:
    watched, outside = watch(world)
    await place(watched)
    payment = await the_payment()

    async with transaction():
        await watched.gateways.stripe.fetch_payment(payment["provider_ref"], "")

    assert outside.calls["fetch_payment"] == {True}
