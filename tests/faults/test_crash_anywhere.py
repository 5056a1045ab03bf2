"""A process may die at any commit and at any call to the provider: another one goes on, and nothing doubles or is lost.

The process is a real one and its death a real one (`os._exit`, nothing is tidied up). n = 1, 2, … until the errand is
done; `make test` takes every fourth n on one rail each, `make test-long` all of them on both.
"""

from __future__ import annotations

import json
import os
from urllib.parse import urlencode

import pytest

from store.catalogue.service import adjust_stock
from store.kit.crash import EXIT_CODE
from store.kit.db import transaction
from tests.facts import ONCE, count_effects, mails, one, path_of, the_order, value
from tests.faults.child import FORM, VISITOR, Errand, Request, jar, run_errand
from tests.faults.serving import served
from tests.invariants import QUEUES, find_broken, find_broken_at_rest
from tests.outages import release_leases
from tests.payments.buying import LAMP, MUG, end_too_early, pay_unheard, place
from tests.signing import sign_body
from tests.world import World, rows

STEP = 1 if os.environ.get("LONG") else 4
# The wares of each rail, and the n to begin with: the two begin apart, so that together they stride less.
RAILS = {"destination": (MUG, 1), "direct": (LAMP, min(2, STEP))}
MOST = 200
LONG = pytest.mark.long


@pytest.mark.parametrize("rail", ["destination", pytest.param("direct", marks=LONG)])
async def test_checkout_goes_on_when_the_process_dies_anywhere(world: World, rail: str) -> None:
    sku, first = RAILS[rail]
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(first, MOST, STEP), 1):
            ada = world.browser()
            await ada.add(sku)
            send = Request("POST", "/checkout", FORM, urlencode(await ada.checkout_form()).encode(), jar(ada))

            code = await run_errand(world.settings, base, Errand((send,)), at)
            await go_on(world, base, Errand((send,), sweep=True))

            assert await value("SELECT count(*) FROM orders") == orders
            assert (await the_order())["payment_state"] == "awaiting_payment"
            assert await value("SELECT count(*) FROM payment WHERE status = 'pending'") == orders
            assert await value("SELECT count(*) FROM stock_move WHERE kind = 'hold'") == orders
            assert await count_sessions(world) == orders
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8


@pytest.mark.parametrize(
    ("rail", "door"),
    [
        ("destination", "webhook"),
        ("direct", "return"),
        pytest.param("direct", "webhook", marks=LONG),
        pytest.param("destination", "return", marks=LONG),
    ],
)
async def test_payment_is_applied_once_when_the_process_dies_anywhere(world: World, rail: str, door: str) -> None:
    sku, first = RAILS[rail]
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(first, MOST, STEP), 1):
            ada, url = await place(world, sku)
            back = await pay_unheard(world, url)
            come = Request("GET", back, VISITOR, cookies=jar(ada)) if door == "return" else await hear(world)

            code = await run_errand(world.settings, base, Errand((come,)), at)
            await go_on(world, base, Errand((come,), sweep=True))

            assert await count_effects() == {name: count * orders for name, count in ONCE.items()}
            assert await letters(world) == {
                f"<{row['id']}@localhost>" for row in await rows("SELECT id FROM mail_message")
            }
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8


@pytest.mark.parametrize("rail", ["direct", pytest.param("destination", marks=LONG)])
async def test_money_goes_back_once_when_the_process_dies_anywhere(world: World, rail: str) -> None:
    sku, first = RAILS[rail]
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(first, MOST, STEP), 1):
            await shelve(sku, 1, f"found {at}")
            _, url = await end_too_early(world, (sku,))
            await shelve(sku, 0, f"lost {at}")
            await pay_unheard(world, url)
            come = await hear(world)

            code = await run_errand(world.settings, base, Errand((come,)), at)
            await go_on(world, base, Errand((come,), sweep=True))

            order = await the_order()
            assert (order["payment_state"], order["refunded"]) == ("canceled", order["total"])
            assert [refund["amount"] for refund in await world.truth("refunds")] == [order["total"]] * orders
            assert [kind for kind, _, _ in await mails()] == ["refunded"] * orders
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 8


@pytest.mark.parametrize("rail", ["direct", pytest.param("destination", marks=LONG)])
async def test_order_expires_once_when_the_process_dies_anywhere(world: World, rail: str) -> None:
    sku, first = RAILS[rail]
    async with served(world.sandbox) as base:
        for orders, at in enumerate(range(first, MOST, STEP), 1):
            ada, _ = await place(world, sku)
            await world.tell("webhooks", action="hold")
            await world.advance(46 * 60)

            code = await run_errand(world.settings, base, Errand(sweep=True), at)
            await go_on(world, base, Errand(sweep=True))

            assert await value("SELECT count(*) FROM orders WHERE payment_state = 'expired'") == orders
            assert await value("SELECT count(*) FROM stock_move WHERE kind = 'release'") == orders
            assert await ada.status(await path_of()) == "Checkout expired"
            if code == 0:
                break
            assert code == EXIT_CODE
    assert code == 0
    assert at > 3


async def go_on(world: World, base: str, errand: Errand) -> None:
    """A second process does what the first one did not finish; what the first one had taken is free by then.

    Then both sides come to rest, and nothing is broken.
    """
    await release_leases(*QUEUES)
    assert await run_errand(world.settings, base, errand) == 0
    assert await find_broken() == {}
    assert await find_broken_at_rest(world) == {}


async def hear(world: World, type: str = "checkout.session.completed") -> Request:
    """The provider's message of this type about the newest session or its charge, as it would be delivered."""
    ref = await value("SELECT provider_ref FROM payment ORDER BY created_at DESC, id LIMIT 1") or ""
    session = next(
        row for row in await world.truth("captures") if row["session"] and (not ref or row["session"] == ref)
    )
    account = session["account"] if session["account"] != world.sandbox.state.world.platform else ""
    events = [row for row in await world.truth("events") if row["type"] == type]
    event = next(row for row in events if row["object"] in (session["session"], session["ref"]))
    headers = {"Authorization": "Bearer sk_test_overprint"} | ({"Stripe-Account": account} if account else {})
    answer = await world.console.get(f"/v1/events/{event['ref']}", headers=headers)
    assert answer.status_code == 200, answer.text
    body = json.dumps(answer.json() | ({"account": account} if account else {})).encode()
    secrets = world.settings.stripe_connect_webhook_secrets if account else world.settings.stripe_webhook_secrets
    return Request("POST", "/webhooks/stripe" + ("/connect" if account else ""), sign_body(body, secrets[0]), body)


async def count_sessions(world: World) -> int:
    """How many checkout sessions there are at the provider, on all accounts."""
    return len(world.sandbox.state.world.find_owned(None, "checkout.session"))


async def letters(world: World) -> set[str]:
    """The message ids that mail servers got, repetitions being one letter to a reader's program."""
    return set((world.settings.data / "letters").read_text().split())


async def shelve(sku: str, count: int, ref: str) -> None:
    """So many of them are left."""
    row = await one("SELECT id, on_hand FROM variant WHERE sku = $1", sku)
    async with transaction():
        await adjust_stock(row["id"], count - row["on_hand"], ref)
