"""The side door: verified, stored and committed, then answered. Only signature, time and size are answered 4xx."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from store.app import create_app
from store.gateways.build import build_gateways
from tests.facts import NEVER, ONCE, count_effects, one, the_payment, value
from tests.outages import database_away
from tests.payments.buying import LAMP, MUG, pay_unheard, place
from tests.signing import make_event, sign_body, sign_headers
from tests.world import World, rows

ACCOUNT, CONNECT = "/webhooks/stripe", "/webhooks/stripe/connect"


async def deliver(world: World, body: bytes, headers: dict[str, str], path: str = ACCOUNT) -> httpx.Response:
    """One delivery, as Stripe makes it: no cookies, no fetch metadata."""
    transport = httpx.ASGITransport(app=world.shop, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=world.settings.base_url) as stripe:
        return await stripe.post(path, content=body, headers=headers)


async def inbox() -> list[tuple[str, str, str]]:
    """(event id, state, outcome) of every stored event."""
    found = await rows("SELECT event_id, state, outcome FROM inbox_event ORDER BY event_id")
    return [(row["event_id"], row["state"], row["outcome"]) for row in found]


@pytest.mark.parametrize(("path", "account"), [(ACCOUNT, ""), (CONNECT, "acct")])
async def test_event_is_stored_before_it_is_answered_when_its_signature_is_right(
    world: World, path: str, account: str
) -> None:
    ref = await value("SELECT account_ref FROM vendor WHERE slug = 'lumen-works'") if account else ""
    body, headers = sign_headers(world.settings, path, account=ref)

    answer = await deliver(world, body, headers, path)

    assert answer.status_code == 200
    stored = await one("SELECT * FROM inbox_event")
    endpoint = "connect" if account else "account"
    assert (stored["event_id"], stored["state"], stored["endpoint"]) == ("evt_1", "waiting", endpoint)
    assert stored["body"].encode() == body
    assert stored["account"] == ref


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=1"},
        {"Stripe-Signature": "v1=abc"},
        {"Stripe-Signature": "t=x,v1=abc"},
        {"Stripe-Signature": "t=NOW,v1=abc"},
        {"Stripe-Signature": "t=NOW,v1="},
        {"Stripe-Signature": "t=NOW,v1=abc,v1=def"},
        {"Stripe-Signature": ",,=,"},
        {"Stripe-Signature": b"t=NOW,v1=\xe9\xe9"},
    ],
    ids=str,
)
async def test_nothing_is_stored_when_the_signature_is_bad(world: World, headers: dict[str, Any]) -> None:
    body = json.dumps(make_event()).encode()
    now = str(int(time.time()))
    sent = {
        name: text.replace(b"NOW", now.encode()) if isinstance(text, bytes) else text.replace("NOW", now)
        for name, text in headers.items()
    }

    answer = await deliver(world, body, sent)

    assert answer.status_code == 400
    assert await inbox() == []


async def test_nothing_is_stored_when_the_bytes_are_not_what_was_signed(world: World) -> None:
    body, headers = sign_headers(world.settings, ACCOUNT)

    for changed in (
        body[:-1],
        body + b" ",
        body.replace(b"evt_1", b"evt_2"),
        b"",
        b"\xff\xfe",
        body.decode().encode("utf-16"),
    ):
        assert (await deliver(world, changed, headers)).status_code == 400

    assert await inbox() == []


async def test_nothing_is_stored_when_another_scheme_carries_the_signature(world: World) -> None:
    body, headers = sign_headers(world.settings, ACCOUNT)

    answer = await deliver(world, body, {"Stripe-Signature": headers["Stripe-Signature"].replace("v1=", "v0=")})

    assert answer.status_code == 400
    assert await inbox() == []


@pytest.mark.parametrize(("age", "status"), [(299, 200), (301, 400), (-299, 200), (-305, 400), (86_400, 400)])
async def test_time_decides_when_the_signature_is_old_or_from_the_future(world: World, age: int, status: int) -> None:
    body = json.dumps(make_event()).encode()
    secret = world.settings.stripe_webhook_secrets[0]

    answer = await deliver(world, body, sign_body(body, secret, int(time.time()) - age))

    assert answer.status_code == status
    assert bool(await inbox()) == (status == 200)


async def test_same_event_is_accepted_when_it_is_signed_again(world: World) -> None:
    body = json.dumps(make_event()).encode()
    secret = world.settings.stripe_webhook_secrets[0]
    assert (await deliver(world, body, sign_body(body, secret, int(time.time()) - 4000))).status_code == 400

    answer = await deliver(world, body, sign_body(body, secret))

    assert answer.status_code == 200
    assert await inbox() == [("evt_1", "waiting", "")]


async def test_time_is_wall_time_when_the_demos_clock_was_moved(world: World) -> None:
    await world.advance(7 * 86_400)
    body, headers = sign_headers(world.settings, ACCOUNT)

    assert (await deliver(world, body, headers)).status_code == 200


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 200), (256 * 1024 + 1, 413)])
async def test_size_decides_when_a_body_is_very_large(world: World, size: int, status: int) -> None:
    empty = len(json.dumps(make_event(padding="")).encode())
    body, headers = sign_headers(world.settings, ACCOUNT, padding="x" * (size - empty))
    assert len(body) == size

    assert (await deliver(world, body, headers)).status_code == status

    assert bool(await inbox()) == (status == 200)


@pytest.mark.parametrize(("path", "other"), [(ACCOUNT, CONNECT), (CONNECT, ACCOUNT)])
async def test_nothing_is_stored_when_the_secret_is_the_other_endpoints(world: World, path: str, other: str) -> None:
    body, headers = sign_headers(world.settings, other)

    assert (await deliver(world, body, headers, path)).status_code == 400

    assert await inbox() == []


async def test_both_secrets_count_when_one_is_being_rotated(world: World) -> None:
    settings = replace(world.settings, stripe_webhook_secrets=("whsec_new_one", "whsec_old_one"))
    shop = create_app(settings, build_gateways(settings, world.wire))
    rotated = replace(world, settings=settings, shop=shop)

    answers = []
    for n, secret in enumerate(("whsec_new_one", "whsec_old_one", "whsec_oldest_one")):
        body = json.dumps(make_event(event=f"evt_{n}")).encode()
        answers.append((await deliver(rotated, body, sign_body(body, secret))).status_code)

    assert answers == [200, 200, 400]
    assert [event for event, _, _ in await inbox()] == ["evt_0", "evt_1"]


async def test_provider_is_told_to_come_again_when_the_database_is_away(world: World, db: str) -> None:
    body, headers = sign_headers(world.settings, ACCOUNT)

    async with database_away(db):
        answer = await deliver(world, body, headers)
    assert answer.status_code >= 500
    assert await inbox() == []

    assert (await deliver(world, body, headers)).status_code == 200
    assert len(await inbox()) == 1


async def test_order_is_paid_when_the_message_came_while_the_database_was_away(world: World, db: str) -> None:
    _, url = await place(world)
    async with database_away(db):
        await world.pay(url)
    assert await inbox() == []

    await world.tell("webhooks", action="resend", type="*", count=0)
    await world.settle()

    assert await count_effects() == ONCE


async def test_event_is_stored_once_when_it_comes_ten_times_at_once(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    ref = (await the_payment())["provider_ref"]
    body, headers = sign_headers(world.settings, ACCOUNT, resource=ref)

    answers = await asyncio.gather(*(deliver(world, body, headers) for _ in range(10)))
    await world.worker.drain()

    assert {answer.status_code for answer in answers} == {200}
    stored = await one("SELECT * FROM inbox_event")
    assert (stored["deliveries"], stored["attempt"], stored["outcome"]) == (10, 1, "applied")
    assert await rows("SELECT 1 FROM inbox_variant") == []
    assert await count_effects() == ONCE


@pytest.mark.parametrize(
    ("change", "alarming"),
    [
        ({"type": "checkout.session.expired"}, True),
        ({"resource": "cs_test_2"}, True),
        ({"livemode": True}, True),
        ({"account": "acct_somebody"}, True),
        ({"amount_total": 1}, False),
        ({"metadata": {"seen": "later"}}, False),
    ],
    ids=str,
)
async def test_second_body_is_kept_beside_the_first_when_the_id_is_known(
    world: World, change: dict[str, Any], alarming: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    body, headers = sign_headers(world.settings, ACCOUNT)
    await deliver(world, body, headers)
    other, other_headers = sign_headers(world.settings, ACCOUNT, **change)

    for _ in range(2):
        assert (await deliver(world, other, other_headers)).status_code == 200

    first = await one("SELECT body, deliveries FROM inbox_event")
    assert (first["body"].encode(), first["deliveries"]) == (body, 3)
    variant = await one("SELECT * FROM inbox_variant")
    assert (variant["body"].encode(), variant["alarming"]) == (other, alarming)
    assert ("event_differs" in capsys.readouterr().out) == alarming


async def test_first_body_alone_is_applied_when_a_second_one_came(world: World) -> None:
    _, url = await place(world)
    await pay_unheard(world, url)
    ref = (await the_payment())["provider_ref"]
    body, headers = sign_headers(world.settings, ACCOUNT, resource="cs_test_of_somebody")
    await deliver(world, body, headers)
    other, other_headers = sign_headers(world.settings, ACCOUNT, resource=ref)
    await deliver(world, other, other_headers)

    await world.worker.drain()

    assert await inbox() == [("evt_1", "done", "foreign")]
    assert await count_effects() == NEVER


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["account", "connect"])
@pytest.mark.parametrize("wrong", ["wrong_mode", "unknown_account"])
async def test_event_is_stored_and_never_applied_when_it_is_of_another_world(
    world: World, sku: str, wrong: str
) -> None:
    _, url = await place(world, sku)
    await pay_unheard(world, url)
    payment = await the_payment()
    path = CONNECT if payment["account_ref"] else ACCOUNT
    event = {"resource": payment["provider_ref"], "account": payment["account_ref"]}
    event |= {"livemode": True} if wrong == "wrong_mode" else {"account": "acct_of_another_platform"}
    before = await counted(world, wrong)
    body, headers = sign_headers(world.settings, path, **event)

    answer = await deliver(world, body, headers, path)
    await world.worker.drain()

    assert answer.status_code == 200
    assert await inbox() == [("evt_1", "done", wrong)]
    assert await count_effects() == NEVER
    assert await counted(world, wrong) == before + 1


async def counted(world: World, outcome: str) -> float:
    """How many deliveries with that outcome `/metrics` shows, over both endpoints."""
    text = (await world.browser().get("/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith("overprint_deliveries_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines if f'outcome="{outcome}"' in line)


async def test_refused_deliveries_are_counted_when_the_signature_is_bad(world: World) -> None:
    before = await counted(world, "refused")

    await deliver(world, b"{}", {})

    assert await counted(world, "refused") == before + 1


async def test_body_is_kept_and_never_applied_when_it_is_signed_and_no_event(world: World) -> None:
    body = b'{"object": "v2.core.event"}'

    answer = await deliver(world, body, sign_body(body, world.settings.stripe_webhook_secrets[0]))
    await world.worker.drain()

    assert answer.status_code == 200
    stored = await one("SELECT type, state, outcome, body FROM inbox_event")
    assert (stored["type"], stored["state"], stored["outcome"]) == ("unreadable", "done", "ignored")
    assert stored["body"].encode() == body


def with_part(text: bytes) -> dict[str, bytes]:
    """Signed events one of whose parts is this JSON text, by the part's name."""
    parts = {"event": b"evt_1", "type": b"checkout.session.completed", "resource": b"cs_test_1"}
    bodies = {name: json.dumps(make_event()).encode().replace(b'"%b"' % was, text) for name, was in parts.items()}
    of_account = json.dumps(make_event(account="acct_x", client_reference_id="ours")).encode()
    bodies["account"] = of_account.replace(b'"acct_x"', text)
    bodies["payment_id"] = of_account.replace(b'"ours"', text)
    bodies["created"] = re.sub(rb'"created": \d+', lambda _: b'"created": ' + text, of_account)
    return bodies


@pytest.mark.parametrize("text", [b'"a\\u0000b"', b'"a\\ud800b"', b"5", b'["x"]', b"1e400"], ids=str)
async def test_event_is_kept_and_never_applied_when_a_part_of_it_can_be_no_text(world: World, text: bytes) -> None:
    """Signed is signed: refusing it, or failing, would let the provider send it for days and switch us off."""
    bodies = with_part(text)
    if text == b"5":
        del bodies["created"]  # a time
    secret = world.settings.stripe_webhook_secrets[0]

    answers = {name: (await deliver(world, body, sign_body(body, secret))).status_code for name, body in bodies.items()}
    await world.worker.drain()

    assert answers == dict.fromkeys(bodies, 200)
    stored = await rows("SELECT type, state, outcome, body FROM inbox_event")
    assert {(row["type"], row["state"], row["outcome"]) for row in stored} == {("unreadable", "done", "ignored")}
    assert {row["body"].encode() for row in stored} == set(bodies.values())


async def test_body_is_kept_when_it_has_a_nul_that_no_text_can_hold(world: World) -> None:
    body = json.dumps(make_event()).encode() + b"\0"

    answer = await deliver(world, body, sign_body(body, world.settings.stripe_webhook_secrets[0]))

    assert answer.status_code == 200
    stored = await one("SELECT type, sha256, body FROM inbox_event")
    assert (stored["type"], stored["sha256"]) == ("unreadable", hashlib.sha256(body).hexdigest())
    assert stored["body"].encode().startswith(body[:-1])
