"""Each check fails when its trouble is there, names the row, and says what to do next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from store.demo.folder import free_port
from store.doctor import checks
from store.doctor.invariants import INVARIANTS
from store.gateways.build import build_gateways
from store.kit.db import fetch, transaction
from store.operations.service import enqueue
from store.webhooks.states import PATHS
from tests.facts import the_order
from tests.guards import unguarded
from tests.mail.letters import write
from tests.orders.ordering import order_a_mug
from tests.payments.buying import break_calls, place
from tests.webhooks.test_backfill import switch
from tests.world import World

PUT_MAIL = "UPDATE mail_message SET "
LONG_AGO = "run_at = now() - interval '6 minutes'"


@pytest.fixture
def stranger() -> Iterator[str]:
    """Somebody who says yes to everything and stores nothing; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_everything_but_the_running_shop_is_well_when_an_order_was_bought(world: World) -> None:
    settings = replace(world.settings, base_url=f"http://127.0.0.1:{free_port()}")
    await world.browser().buy("KILN-MUG-BLUE")
    await world.settle()

    found = [await check() for check in checks.list_checks(settings, world.gateways)]

    webhooks = ["webhook /webhooks/stripe", "webhook /webhooks/stripe/connect"]
    # PayPal knows another address of this shop: the one that it was told.
    assert [one.name for one in found if not one.ok] == [*webhooks, "webhook /webhooks/paypal"]
    assert [one.name for one in found] == [
        "settings",
        "database",
        "migrations",
        "provider",
        "country",
        "paypal",
        "inbox",
        "outbox",
        "mail",
        *webhooks,
        "endpoints",
        "webhook /webhooks/paypal",
        "reviews",
        "attempts",
        "transfers",
        "reversals",
        "payouts",
        "events",
        *(one.name for one in INVARIANTS),
    ]
    assert all(one.detail for one in found)


@pytest.mark.parametrize(("key", "words"), [("sk_test_x", "test keys"), ("sk_live_x", "live: real money moves")])
async def test_settings_say_whose_money_moves(world: World, key: str, words: str) -> None:
    found = await checks.check_settings(replace(world.settings, stripe_secret_key=key))

    assert words in found.detail


async def test_migration_is_named_when_it_has_not_run(db: str) -> None:
    async with unguarded():
        await fetch("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")

        found = await checks.check_migrations()

        assert not found.ok
        assert found.detail.endswith("has not run; next: python -m store migrate")


@pytest.mark.parametrize("status", [429, 401])
async def test_provider_is_named_when_it_does_not_answer_our_key(world: World, status: int) -> None:
    await break_calls(world, "/v1/balance", method="GET", status=status)

    found = await checks.check_provider(world.gateways)

    assert not found.ok
    assert "next: check STRIPE_SECRET_KEY, STRIPE_API_BASE and the network" in found.detail


async def test_country_is_named_when_our_account_is_in_another(world: World) -> None:
    wrong = await checks.check_country(replace(world.settings, platform_country="DE"), world.gateways)
    right = await checks.check_country(world.settings, world.gateways)

    assert (wrong.ok, right.ok) == (False, True)
    assert wrong.detail.startswith("PLATFORM_COUNTRY is DE, the account of this key is in US; next: set ")


@pytest.mark.parametrize(("status", "ok"), [(403, True), (500, False)])
async def test_country_is_not_guessed_when_the_provider_does_not_say(world: World, status: int, ok: bool) -> None:
    await break_calls(world, "/v1/account", method="GET", status=status)

    found = await checks.check_country(world.settings, world.gateways)

    assert found.ok is ok
    assert ("see PLATFORM_COUNTRY yourself" if ok else "next: ask again") in found.detail


async def test_shop_is_missed_when_nobody_is_at_its_address(world: World) -> None:
    settings = replace(world.settings, base_url=f"http://127.0.0.1:{free_port()}")

    found = await checks.check_webhooks(settings, world.gateways, "account", "/webhooks/stripe")

    assert not found.ok
    assert found.detail == (
        f"{settings.base_url} does not answer (ConnectError); next: start the shop (`python -m store serve`)"
    )


async def test_shop_is_not_believed_when_it_stored_nothing(world: World, stranger: str) -> None:
    settings = replace(world.settings, base_url=stranger)

    found = await checks.check_webhooks(settings, world.gateways, "connect", "/webhooks/stripe/connect")

    assert not found.ok
    assert "the shop answered 200 and stored 0 rows for evt_probe_" in found.detail
    assert "next: start it again with the secrets of this environment" in found.detail


@pytest.mark.parametrize(("endpoint", "path"), PATHS.items())
async def test_endpoint_is_named_when_the_provider_has_disabled_it(world: World, endpoint: str, path: str) -> None:
    await switch(world, endpoint, on=False)

    found = await checks.check_endpoints(world.settings, world.gateways)

    assert not found.ok
    assert found.detail == (
        f"{world.settings.base_url}{path} disabled at Stripe: nothing is delivered there;"
        " next: enable it there; the worker fetches what was missed"
    )
    await switch(world, endpoint, on=True)
    assert (await checks.check_endpoints(world.settings, world.gateways)).ok


@pytest.mark.parametrize(("status", "ok"), [(403, True), (401, False)])
async def test_endpoints_are_not_guessed_when_they_cannot_be_listed(world: World, status: int, ok: bool) -> None:
    await break_calls(world, "/v1/webhook_endpoints", method="GET", status=status)

    assert (await checks.check_endpoints(world.settings, world.gateways)).ok is ok


async def test_all_is_well_when_shop_worker_and_provider_run(world: World) -> None:
    """The probes go the whole way: into the inbox of the shop that answers, and out of it by the worker."""
    to_shop = httpx.ASGITransport(app=world.shop)

    found = [await check() for check in checks.list_checks(world.settings, world.gateways, to_shop)]
    await world.worker.drain()

    details = {one.name: one.detail for one in found}
    assert [one.name for one in found if not one.ok] == []
    assert details["webhook /webhooks/stripe"] == "signed, received and stored"
    assert details["webhook /webhooks/stripe/connect"] == "signed, received and stored"
    rows = await fetch("SELECT endpoint, state, outcome FROM inbox_event WHERE event_id LIKE 'evt_probe_%' ORDER BY 1")
    assert [tuple(row) for row in rows] == [("account", "done", "ignored"), ("connect", "done", "ignored")]


async def test_own_probes_are_not_shown_as_waiting_when_no_worker_has_taken_them(world: World) -> None:
    to_shop = httpx.ASGITransport(app=world.shop)

    found = [await check() for check in checks.list_checks(world.settings, world.gateways, to_shop)]

    assert {one.name: one.detail for one in found}["inbox"] == "nothing waits"


@pytest.mark.parametrize("endpoint", ["account", "connect"])
async def test_shop_is_told_to_start_again_when_it_knows_another_secret(world: World, endpoint: str) -> None:
    other = {"account": "stripe_webhook_secrets", "connect": "stripe_connect_webhook_secrets"}[endpoint]
    gateways = build_gateways(replace(world.settings, **{other: ("whsec_of_yesterday",)}))
    path = {"account": "/webhooks/stripe", "connect": "/webhooks/stripe/connect"}[endpoint]
    to_shop = httpx.ASGITransport(app=world.shop)

    found = await checks.check_webhooks(world.settings, gateways, endpoint, path, to_shop)

    assert not found.ok
    assert "the shop answered 400 and stored 0 rows" in found.detail


async def test_mail_is_named_when_it_waits_for_long(db: str) -> None:
    await write("order_confirmed", "order-1")
    assert (await checks.check_queue("mail")).detail == "oldest waiting: order_confirmed order-1"

    await fetch(PUT_MAIL + LONG_AGO)

    found = await checks.check_queue("mail")
    assert not found.ok
    assert found.detail.startswith("order_confirmed order-1 waits since ")
    assert "next: see that a worker runs (`python -m store work`)" in found.detail


async def test_operation_is_named_when_it_was_given_up(db: str) -> None:
    async with transaction():
        await enqueue("refund", "capture-1", {})
        await enqueue("refund", "capture-2", {})
    await fetch("UPDATE operation SET state = 'parked', last_error = 'GatewayBug: no', run_at = now()")

    found = await checks.check_queue("outbox")

    assert not found.ok
    assert found.detail.startswith("2 parked, first refund capture-")
    assert "GatewayBug: no; next: mend the cause, then UPDATE operation" in found.detail


async def test_advice_works_when_it_is_followed(db: str) -> None:
    """The next step of a parked row is a statement: it must run and let the row be worked on again."""
    async with transaction():
        await enqueue("refund", "capture-1", {})
    await fetch("UPDATE operation SET state = 'parked', attempt = 60")
    detail = (await checks.check_queue("outbox")).detail

    await fetch(detail.partition("then ")[2])

    assert (await checks.check_queue("outbox")).ok


async def test_event_is_named_when_it_waits_for_long(world: World) -> None:
    _, url = await place(world)
    await world.pay(url)
    await world.sandbox.state.deliveries.run_due()
    assert (await checks.check_queue("inbox")).ok

    await fetch(f"UPDATE inbox_event SET {LONG_AGO}")

    found = await checks.check_queue("inbox")
    assert not found.ok
    assert " evt_" in found.detail


@pytest.mark.parametrize("name", checks.QUEUES)
async def test_queue_is_well_when_nothing_waits(db: str, name: str) -> None:
    assert await checks.check_queue(name) == checks.Check(name, True, "nothing waits")


@pytest.mark.parametrize("state", ["needs_review", "paid"])
async def test_order_is_named_when_a_person_must_look(db: str, state: str) -> None:
    order, _ = await order_a_mug()
    assert (await checks.check_reviews()).ok

    await fetch("UPDATE orders SET payment_state = $1, review_reason = 'amount: 3 for 30'", state)

    found = await checks.check_reviews()
    assert not found.ok
    assert f"first {order['number']}: amount: 3 for 30; next: compare it with the provider's dashboard" in found.detail


async def test_attempt_is_named_when_it_is_unknown_long_after_its_end(world: World) -> None:
    await place(world)
    await world.advance(60 * 60)
    assert (await checks.check_attempts()).ok

    await world.advance(2 * 3600)

    found = await checks.check_attempts()
    assert not found.ok
    assert found.detail.startswith(f"{(await the_order())['number']}: attempt ")
    await world.settle()
    assert (await checks.check_attempts()).ok


async def test_event_is_named_when_it_contradicts_itself(db: str) -> None:
    insert = (
        "INSERT INTO inbox_variant (provider, event_id, sha256, body, alarming)"
        " VALUES ('stripe', 'evt_1', $1, '{}', $2)"
    )
    await fetch(insert, "harmless", False)
    assert (await checks.check_events()).ok

    await fetch(insert, "alarming", True)

    found = await checks.check_events()
    assert not found.ok
    assert found.detail.startswith("evt_1 came with another type, account, resource or mode; next: ask stripe")


async def test_first_three_rows_are_named_when_many_break_an_invariant(db: str) -> None:
    (invariant,) = (one for one in INVARIANTS if one.name == "I18")
    for n in range(5):
        await fetch(
            "INSERT INTO transition (machine, row_id, seq, from_state, to_state) VALUES ('order', $1, 1, 'a', 'b')",
            str(n),
        )

    found = await checks.check_invariant(invariant)

    assert not found.ok
    assert found.detail.count("a to b") == 3
    assert f" and 2 more; next: {invariant.next_step}" in found.detail
