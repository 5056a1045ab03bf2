"""Money that is kept, shared or booked wrongly is found and named, however it came about."""

from __future__ import annotations

from uuid import UUID

import pytest

from store.doctor.invariants import INVARIANTS, find_violations
from store.kit import clock
from store.kit.db import fetch, transaction
from store.ledger import journals, names
from store.ledger.service import post
from tests.facts import one, the_order, value
from tests.guards import unguarded
from tests.payments.buying import LAMP, MUG, place
from tests.refunds.refunding import buy, refund_there, take_late
from tests.world import World

LEDGER_OPEN = (
    "DROP TRIGGER ledger_entry_append_only ON ledger_entry",
    "DROP TRIGGER ledger_tx_append_only ON ledger_tx",
)


async def find(invariant: str) -> list[tuple[str, str]]:
    """Every violation of an invariant: (row, words)."""
    (chosen,) = (each for each in INVARIANTS if each.name == invariant)
    return await find_violations(chosen, clock.now())


async def test_second_payment_is_named_when_nobody_gives_it_back(world: World) -> None:
    await take_late(world)
    assert await find("I2") == []  # an operation is going to

    async with unguarded():
        await fetch("DELETE FROM operation")

        ((row, words),) = await find("I2")
        assert row == (await the_order())["number"]
        assert "is a second payment and keeps" in words


async def test_ended_order_is_named_when_it_keeps_money(world: World) -> None:
    await take_late(world)
    assert await find("I19") == []

    async with unguarded():
        await fetch("UPDATE operation SET state = 'done'")

        ((row, words),) = await find("I19")
        assert row == (await the_order())["number"]
        assert words.startswith("canceled, and keeps")


async def test_nobody_is_sent_after_money_that_a_person_was_asked_about(world: World) -> None:
    await take_late(world)

    async with unguarded():
        await fetch("DELETE FROM operation")
        await fetch("UPDATE orders SET review_reason = 'a refund failed'")

        assert await find("I2") == await find("I19") == []


async def test_capture_is_named_when_it_is_not_what_the_attempt_asked_for(world: World) -> None:
    _, capture = await buy(world)

    async with unguarded("DROP TRIGGER capture_frozen ON capture"):
        await fetch("UPDATE capture SET amount = amount - 1")

        ((row, words),) = await find("I3")
        assert row == capture["capture_ref"]
        assert words == f"{capture['amount'] - 1} USD for {capture['amount']} USD"


@pytest.mark.parametrize(
    ("table", "kind", "words"),
    [
        (MUG, "capture", "no journal says that it came in"),
        (MUG, "transfer", "no journal says that it was passed on"),
        (LAMP, "application_fee", "no journal says that our fee was taken"),
    ],
)
async def test_payment_is_named_when_its_journal_is_missing(world: World, table: str, kind: str, words: str) -> None:
    _, capture = await buy(world, table)
    assert await find("I10") == []

    async with unguarded(*LEDGER_OPEN):
        await forget_journals(kind)

        assert (capture["capture_ref"], words) in await find("I10")


async def test_refund_is_named_when_its_journal_is_missing(world: World) -> None:
    _, capture = await buy(world, LAMP)
    made = await refund_there(world, capture, amount=500)
    await world.settle()
    assert await find("I10") == []

    async with unguarded(*LEDGER_OPEN):
        await forget_journals("refund")

        assert await find("I10") == [(made["id"], "no journal says that it went back")]


async def test_refund_is_named_when_it_failed_and_its_journal_stands(world: World) -> None:
    _, capture = await buy(world, LAMP)
    made = await refund_there(world, capture, amount=500)
    await world.settle()

    async with unguarded():
        await fetch("UPDATE refund SET status = 'failed'")

        assert await find("I10") == [(made["id"], "failed, but its journal stands")]


@pytest.mark.parametrize("kind", ["capture", "refund"])
async def test_journal_is_named_when_nothing_moved(db: str, kind: str) -> None:
    async with unguarded():
        async with transaction():
            await post("stripe", kind, "x_1", journals.capture(names.provider("stripe"), "USD", {"v": 1}, 1))

        ((row, words),) = await find("I10")
        assert row == f"stripe {kind} x_1"
        assert words.startswith("a journal of ")


async def test_payment_is_named_when_another_amount_is_booked(world: World) -> None:
    _, capture = await buy(world)

    async with unguarded("DROP TRIGGER ledger_entry_append_only ON ledger_entry"):
        await fetch("UPDATE ledger_entry SET amount = amount * 2")

        assert (capture["capture_ref"], f"came in as {capture['amount']}, booked as {capture['amount'] * 2}") in (
            await find("I10")
        )


async def test_order_is_named_when_its_parts_are_not_the_whole(world: World) -> None:
    await place(world)
    order = await the_order()
    assert await find("I12") == []

    async with unguarded("DROP TRIGGER order_line_append_only ON order_line"):
        await fetch("DELETE FROM order_line")

        assert await find("I12") == [(order["number"], f"its lines make 0 of {order['subtotal']}")]

    async with unguarded(
        "DROP TRIGGER order_line_append_only ON order_line", "ALTER TABLE order_line ALTER vendor_order DROP NOT NULL"
    ):
        await fetch("UPDATE order_line SET vendor_order = NULL")
        await fetch("DELETE FROM vendor_order")

        ((row, words),) = await find("I12")
        assert row == order["number"]
        assert words.endswith("its parts make (0,0,0,0)")


async def test_payment_is_named_when_more_goes_back_than_came_in(world: World) -> None:
    _, capture = await buy(world, LAMP)
    await refund_there(world, capture, amount=500)
    await world.settle()

    async with unguarded("DROP TRIGGER refund_within ON refund"):
        await fetch("UPDATE refund SET amount = $1", capture["amount"] + 1)

        assert await find("I14") == [
            (capture["capture_ref"], f"of {capture['amount']} goes back {capture['amount'] + 1}"),
            (capture["capture_ref"], f"counts 500 as gone back, its refunds say {capture['amount'] + 1}"),
        ]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("DELETE FROM inbox_event", "another body is kept, the first is gone"),
        ("UPDATE inbox_event SET sha256 = 'two'", "the same body is kept twice"),
    ],
)
async def test_event_is_named_when_its_two_bodies_are_not_two(world: World, spoil: str, words: str) -> None:
    await buy(world)
    event = (await one("SELECT event_id FROM inbox_event LIMIT 1"))["event_id"]

    async with unguarded():
        await fetch(
            "INSERT INTO inbox_variant (provider, event_id, sha256, body, alarming)"
            " VALUES ('stripe', $1, 'two', '{}', false)",
            event,
        )
        assert await find("I17") == []
        await fetch(spoil)

        assert await find("I17") == [(f"stripe {event}", words)]


async def test_attempt_and_capture_are_named_when_nobody_will_look_at_them(world: World) -> None:
    _, url = await place(world)
    payment = await value("SELECT id FROM payment")
    async with unguarded():
        await fetch("UPDATE payment SET check_at = NULL")
        assert await find("I21") == [(f"attempt {payment}", "pending, and nobody will look at it")]
    await world.pay(url)
    await world.settle()
    assert await find("I21") == []

    async with unguarded():
        await fetch("UPDATE capture SET settled = false, settle_at = NULL")
        ref = await value("SELECT capture_ref FROM capture")
        assert await find("I21") == [(f"capture {ref}", "not settled, and nobody will look at it")]


async def test_operation_is_named_when_it_waits_longer_than_anybody_tries(world: World) -> None:
    _, capture = await take_late(world)
    assert await find("I21") == []

    async with unguarded():
        await fetch("UPDATE operation SET created_at = now() - interval '5 days'")

        ((row, words),) = await find("I21")
        assert row == f"operation refund {capture['id']}"
        assert words.startswith("waits since ")


async def test_refund_is_named_when_nobody_will_send_it(world: World) -> None:
    _, capture = await take_late(world)

    async with unguarded():
        refund = await plan_refund(capture["id"])
        assert await find("I21") == []
        await fetch("UPDATE operation SET state = 'done'")
        assert await find("I21") == [(f"refund {refund}", "never sent, and nobody will send it")]
        await fetch("UPDATE capture SET refunds_at = NULL")
        assert (f"refund {refund}", "requested, and nobody will look at it") in await find("I21")


async def forget_journals(kind: str) -> None:
    """Delete every journal of one kind."""
    await fetch("DELETE FROM ledger_entry WHERE tx IN (SELECT id FROM ledger_tx WHERE kind = $1)", kind)
    await fetch("DELETE FROM ledger_tx WHERE kind = $1", kind)


async def plan_refund(capture_id: UUID) -> UUID:
    """A refund of ours that was written and not sent yet."""
    row = await one(
        'INSERT INTO refund (id, capture, "order", amount, currency, reason, ours)'
        ' SELECT gen_random_uuid(), id, "order", amount, currency, $2, true FROM capture WHERE id = $1 RETURNING id',
        capture_id,
        "late",
    )
    return row["id"]
