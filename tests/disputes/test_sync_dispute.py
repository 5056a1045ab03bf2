"""What a buyer disputes at PayPal is a fact about the order, as long as it is open, and two lines of its timeline."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from store.disputes.service import sync_dispute
from store.gateways.port import DisputeSnapshot, Unavailable
from store.kit import clock
from store.kit.money import Money
from tests.dashboard.keeping import enter
from tests.facts import assert_books_agree, one, the_order, value
from tests.payments.buying import break_calls, mend
from tests.payments.paypal_buying import approved
from tests.webhooks.test_paypal_events import deliver, paid
from tests.world import World, rows


async def disputed(world: World) -> tuple[str, str]:
    """An order paid at PayPal and disputed there, the event applied: the capture's and the dispute's references."""
    ref = await paid(world)
    opened = await world.tell("paypal", action="dispute", id=ref, reason="MERCHANDISE_OR_SERVICE_NOT_RECEIVED")
    await world.settle()
    return ref, str(opened["object"]["dispute_id"])


async def test_order_shows_the_dispute_while_it_is_open(world: World) -> None:
    _, dispute = await disputed(world)

    order = await the_order()
    page = await world.browser().get(f"/orders/{order['token']}")
    assert order["disputed"] == order["total"]
    assert ">Disputed<" in page.text
    assert "merchandise or service not received" in page.text
    row = await one("SELECT provider, dispute_ref, status, amount FROM dispute")
    assert row == {"provider": "paypal", "dispute_ref": dispute, "status": "open", "amount": order["total"]}


async def test_seller_reads_of_the_dispute_while_it_is_open(world: World) -> None:
    _, dispute = await disputed(world)
    vera, path = await enter(world), f"/sell/orders/{await value('SELECT id FROM vendor_order')}"

    during = await vera.get(path)
    await world.tell("paypal", action="resolve", id=dispute, outcome="CANCELED_BY_BUYER")
    await world.settle()
    after = await vera.get(path)

    words = "A dispute about this order is open at PayPal"
    assert (words in during.text, words in after.text) == (True, False)


@pytest.mark.parametrize(
    ("outcome", "refunded", "words"),
    [
        ("RESOLVED_BUYER_FAVOUR", True, "has ended at PayPal: it was decided for the buyer."),
        ("RESOLVED_SELLER_FAVOUR", False, "has ended at PayPal: it was decided for the seller."),
        ("RESOLVED_WITH_PAYOUT", False, "has ended at PayPal: PayPal paid for it out of its own protection."),
        ("CANCELED_BY_BUYER", False, "has ended at PayPal: the buyer withdrew it."),
    ],
)
async def test_order_is_as_before_or_refunded_when_the_dispute_has_ended(
    world: World, outcome: str, refunded: bool, words: str
) -> None:
    _, dispute = await disputed(world)

    await world.tell("paypal", action="resolve", id=dispute, outcome=outcome)
    await world.settle()

    order = await the_order()
    assert (order["disputed"], order["refunded"]) == (0, order["total"] if refunded else 0)
    assert (await one("SELECT status, outcome FROM dispute"))["outcome"] == outcome.lower().replace("_", " ")
    lines = [row["text"] for row in await rows("SELECT text FROM order_event WHERE key LIKE 'dispute%' ORDER BY id")]
    assert len(lines) == 2
    assert lines[1].endswith(words)
    await assert_books_agree(world)


async def test_end_is_heard_when_its_event_does_not_say_what_was_disputed(world: World) -> None:
    _, dispute = await disputed(world)
    await world.tell("webhooks", action="drop", count=0)
    await world.tell("paypal", action="resolve", id=dispute, outcome="CANCELED_BY_BUYER")
    resource = {"dispute_id": dispute, "status": "RESOLVED"}
    event = {"id": "WH-END", "event_type": "CUSTOMER.DISPUTE.RESOLVED", "create_time": f"{clock.now().isoformat()}"}

    await deliver(world, json.dumps(event | {"resource": resource}).encode())
    await world.worker.drain()

    assert (await the_order())["disputed"] == 0
    assert await value("SELECT outcome FROM inbox_event WHERE event_id = 'WH-END'") == "applied"


async def test_nothing_changes_when_the_same_dispute_is_looked_at_again(world: World) -> None:
    _, dispute = await disputed(world)
    capture = await value("SELECT id FROM capture")
    version = (await the_order())["version"]

    await sync_dispute(world.gateways, capture, dispute)

    assert (await the_order())["version"] == version
    assert await value("SELECT count(*) FROM dispute") == 1


async def test_nothing_is_known_when_paypal_does_not_answer(world: World) -> None:
    await paid(world)
    capture = await value("SELECT id FROM capture")
    await break_calls(world, "/v1/customer/disputes/*", method="GET", action="reset")

    with pytest.raises(Unavailable):
        await sync_dispute(world.gateways, capture, "PP-D-1")

    await mend(world)
    assert await value("SELECT count(*) FROM dispute") == 0


async def test_dispute_of_another_capture_is_not_written_to_this_order(world: World) -> None:
    _, dispute = await disputed(world)
    await world.advance(60)
    await approved(world, heard=True)
    await world.settle()
    other = await value("SELECT id FROM capture ORDER BY created_at DESC LIMIT 1")

    await sync_dispute(world.gateways, other, dispute)

    assert await value("SELECT count(*) FROM dispute") == 1
    assert (await the_order())["disputed"] == 0


@dataclass
class Told:
    """PayPal that tells of one dispute what a test says, when `opened` is set."""

    world: World
    capture_ref: str
    opened: asyncio.Event
    asked: asyncio.Event

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.gateways.with_capture(), name)

    async def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        told = self.seen
        self.asked.set()
        await self.opened.wait()
        return told

    def say(self, outcome: str = "", amount: int = 3000) -> None:
        self.seen = DisputeSnapshot("PP-1", (self.capture_ref,), Money(amount, "USD"), not outcome, "other", outcome)

    async def look(self) -> None:
        gateways: Any = replace(self.world.gateways, paypal=self)  # type: ignore[arg-type]
        await sync_dispute(gateways, await value("SELECT id FROM capture"), "PP-1")


async def tell(world: World, *outcomes: str) -> Told:
    """Let PayPal say one outcome after the other of a dispute, "" while it is open; each is looked at."""
    told = Told(world, await paid(world), asyncio.Event(), asyncio.Event())
    told.opened.set()
    for outcome in outcomes:
        told.say(outcome)
        await told.look()
    return told


async def lines() -> list[str]:
    return [row["text"] for row in await rows("SELECT text FROM order_event WHERE key LIKE 'dispute%' ORDER BY id")]


async def test_dispute_is_open_again_when_its_end_was_appealed(world: World) -> None:
    told = await tell(world, "", "resolved buyer favour", "")

    assert (await the_order())["disputed"] == 3000
    assert await one("SELECT status, outcome FROM dispute") == {"status": "open", "outcome": ""}
    assert (await lines())[-1] == "The dispute about $30.00 was opened again at PayPal."

    told.say("resolved seller favour")
    await told.look()

    assert (await the_order())["disputed"] == 0
    assert (await one("SELECT outcome FROM dispute"))["outcome"] == "resolved seller favour"
    assert (len(await lines()), (await lines())[-1][-27:]) == (4, "was decided for the seller.")


async def test_outcome_is_the_last_one_when_it_was_changed(world: World) -> None:
    await tell(world, "", "resolved buyer favour", "resolved seller favour", "resolved seller favour")

    assert await one("SELECT status, outcome FROM dispute") == {
        "status": "resolved",
        "outcome": "resolved seller favour",
    }
    assert (len(await lines()), "was changed at PayPal" in (await lines())[-1]) == (3, True)


async def test_end_stays_when_an_older_answer_comes_after_it(world: World) -> None:
    told = await tell(world, "")
    at_once, told.opened = told.opened, asyncio.Event()
    told.asked.clear()
    late = asyncio.create_task(told.look())
    await told.asked.wait()
    later, told.opened = told.opened, at_once
    told.say("resolved seller favour")
    await told.look()

    later.set()
    await late

    assert (await the_order())["disputed"] == 0
    assert (await one("SELECT status FROM dispute"))["status"] == "resolved"
    assert len(await lines()) == 2
