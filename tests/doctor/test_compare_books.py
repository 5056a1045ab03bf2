"""Our rows against the sandbox's own books: each difference is named, and none is found where there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from store.doctor import checks
from store.doctor.books import COMPARISONS, Books, read_books
from store.kit import clock
from store.kit.db import fetch
from tests.facts import one, the_order, the_payment, value
from tests.guards import unguarded
from tests.payments.buying import LAMP, MUG, SESSIONS, THROW, pay_unheard, place
from tests.refunds.refunding import REFUNDS, buy, refund_there, take_late
from tests.world import World

LATER = timedelta(days=30)
KEY = {"Authorization": "Bearer sk_test_overprint"}


async def find(world: World, name: str, books: Books | None = None) -> list[tuple[str, str]]:
    """Every difference of one comparison, whatever its age."""
    (chosen,) = (one for one in COMPARISONS if one.name == name)
    return await chosen.find(books or await read(world), clock.now() + LATER)


async def read(world: World) -> Books:
    return await read_books(world.console, world.settings.stripe_secret_key)


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_no_difference_is_found_when_orders_are_paid_expired_refunded_and_late(world: World, sku: str) -> None:
    await take_late(world, THROW)
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    _, url = await place(world, sku)
    await world.pay(url)
    await world.settle()
    await refund_there(world, await one("SELECT * FROM capture WHERE kind = 'settling'"), amount=500)
    await place(world, sku)
    await world.advance(50 * 60)
    await world.settle()
    await world.advance(26 * 3600)
    await world.settle()

    found = {one.name: await find(world, one.name) for one in COMPARISONS}

    assert found == {name: [] for name in ("I1", "I2", "I11", "I13", "I15", "I19", "I20")}


async def test_payment_is_named_when_only_the_provider_knows_of_it(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)

    ((row, words),) = await find(world, "I1")

    assert row == (await the_order())["number"]
    assert "paid there as ch_" in words
    assert words.endswith("here the attempt is pending")


async def test_payment_is_left_alone_when_it_may_still_be_on_its_way(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    (chosen,) = (one for one in COMPARISONS if one.name == "I1")

    assert await chosen.find(await read(world), clock.now() - timedelta(minutes=2)) == []


async def test_payment_is_named_when_only_we_know_of_it(world: World) -> None:
    _, capture = await buy(world)

    async with unguarded("DROP TRIGGER capture_frozen ON capture"):
        await fetch("UPDATE capture SET capture_ref = 'ch_of_nobody'")

        words = f"{capture['amount']} USD paid here, unknown there"
        assert ("ch_of_nobody", words) in await find(world, "I1")


async def test_payment_is_named_when_the_amounts_differ(world: World) -> None:
    _, capture = await buy(world)

    async with unguarded("DROP TRIGGER capture_frozen ON capture"):
        await fetch("UPDATE capture SET amount = amount - 1")

        words = f"{capture['capture_ref']} is {capture['amount']} USD there, {capture['amount'] - 1} USD here"
        assert await find(world, "I1") == [((await the_order())["number"], words)]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("DELETE FROM refund", "went back there, here nobody knows of it"),
        ("UPDATE refund SET status = 'pending'", "500 succeeded there, 500 pending here"),
        ("UPDATE refund SET refund_ref = 're_none'", "went back here, unknown there"),
    ],
)
async def test_refund_is_named_when_it_is_not_the_same_on_both_sides(world: World, spoil: str, words: str) -> None:
    _, capture = await buy(world, LAMP)
    await refund_there(world, capture, amount=500)
    await world.settle()
    assert await find(world, "I1") == []

    async with unguarded("DROP TRIGGER refund_moves ON refund"):
        await fetch(spoil)

        assert any(said.endswith(words) for _, said in await find(world, "I1"))


async def test_order_is_named_when_two_payments_are_kept_there(world: World) -> None:
    _, capture = await take_late(world)
    assert await find(world, "I2") == []
    assert await find(world, "I19") == []

    async with unguarded():
        await fetch("DELETE FROM operation")

        order = await the_order()
        words = f"canceled here, {order['total']} of {capture['capture_ref']} is kept there"
        assert await find(world, "I19") == [(order["number"], words)]
        books = await read(world)
        books.captures.append({**books.captures[0], "ref": "ch_second"})
        assert await find(world, "I2", books) == [
            (order["number"], f"keeps {2 * order['total']} there for a total of {order['total']}")
        ]


@pytest.mark.leaves_broken({"I11"}, "somebody else's payment is on our account")
async def test_balance_is_named_when_a_movement_was_not_booked(world: World) -> None:
    await buy(world)
    assert await find(world, "I11") == []

    made = await world.console.post(
        "/v1/payment_intents",
        data={"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": "true"}
        | {"automatic_payment_methods[enabled]": "true", "automatic_payment_methods[allow_redirects]": "never"},
        headers=KEY,
    )
    assert made.status_code == 200, made.text
    await world.settle()

    ((row, words),) = await find(world, "I11")
    assert row == "platform in USD"
    assert " there, " in words


async def test_transfer_is_named_when_more_is_passed_on_than_came_in(world: World) -> None:
    await buy(world)
    books = await read(world)
    assert await find(world, "I13", books) == []

    (transfer,) = books.transfers
    books.transfers.append({**transfer, "ref": "tr_second"})

    ref = transfer["source_transaction"]
    assert await find(world, "I13", books) == [
        (ref, f"2 transfers to {transfer['destination']}"),
        (ref, f"{2 * transfer['amount']} of {transfer['amount']} passed on"),
    ]


async def test_event_is_named_when_it_never_came_and_nobody_looked(world: World) -> None:
    _, url = await place(world)
    await world.tell("webhooks", action="drop", count=0)
    await world.pay(url)
    await world.deliver()
    session = (await the_payment())["provider_ref"]

    assert [row for row, _ in await find(world, "I15")] == [session]

    for _ in range(2):
        await world.advance(60)
        await world.settle()
    assert await find(world, "I15") == []


@pytest.mark.parametrize(("path", "table"), [(SESSIONS, "payment"), (REFUNDS, "refund")])
async def test_request_is_named_when_nobody_intended_it_or_it_took_effect_twice(
    world: World, path: str, table: str
) -> None:
    await take_late(world)
    await world.worker.drain()
    books = await read(world)
    assert await find(world, "I20", books) == []

    (sent,) = (row for row in books.requests if (row["method"], row["path"]) == ("POST", path) and row["status"] == 200)
    again = [{**sent, "idempotency_key": "stray"}, {**sent}]
    books.requests.extend(again)

    key = sent["idempotency_key"]
    assert key == str(await value(f"SELECT id FROM {table}"))
    assert await find(world, "I20", books) == [
        ("stray", f"POST {path} was sent and is no {table} of ours"),
        (key, f"POST {path} took effect 2 times"),
    ]


async def test_account_is_named_when_nobody_intended_it(world: World) -> None:
    """Every vendor of the demo has been opened by a row of ours, whose id is the key."""
    books = await read(world)
    opened = [row for row in books.requests if (row["method"], row["path"]) == ("POST", "/v1/accounts")]
    assert len({row["idempotency_key"] for row in opened}) == await value("SELECT count(*) FROM connected_account") > 0
    assert await find(world, "I20", books) == []
    key = opened[0]["idempotency_key"]

    async with unguarded():
        await fetch("DELETE FROM connected_account WHERE id = $1::text::uuid", key)

        assert await find(world, "I20", books) == [
            (key, "POST /v1/accounts was sent and is no connected_account of ours")
        ]


async def test_doctor_asks_for_the_books_in_a_demo_only(world: World) -> None:
    await buy(world)
    elsewhere = await checks.check_books(replace(world.settings, demo=False))
    found = await checks.check_books(world.settings, world.wire)

    assert elsewhere == []
    assert [(one.name, one.ok) for one in found] == [(f"{one.name} at the provider", True) for one in COMPARISONS]
    assert all(one.detail for one in found)


async def test_doctor_says_what_to_do_when_the_books_differ(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    await fetch("UPDATE payment SET check_at = $1", clock.now() + LATER)
    await world.advance(300)

    (first, *_) = await checks.check_books(world.settings, world.wire)

    assert (first.name, first.ok) == ("I1 at the provider", False)
    assert first.detail.startswith((await the_order())["number"])
    assert "next: see that a worker runs" in first.detail


async def test_books_are_one_answer_when_the_sandbox_is_away(world: World) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    (only,) = await checks.check_books(world.settings, httpx.MockTransport(refuse))

    assert (only.name, only.ok) == ("books", False)
    assert only.detail.endswith("next: start the sandbox (`python -m store sandbox`)")
