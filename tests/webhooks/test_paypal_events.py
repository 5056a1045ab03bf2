"""PayPal's events lead to the slice's own verb, whichever of their names they carry and whatever they leave out."""

from __future__ import annotations

import hashlib
import time

import httpx
import pytest

from store.gateways.paypal.certificates import FETCHES
from store.kit.db import fetch
from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal.signing import sign_delivery
from tests.facts import count_effects, one, the_order, the_payment, value
from tests.payments.buying import break_calls, mend
from tests.payments.paypal_buying import JSON, approve, approved, capture, captures_there, place_with_paypal, states
from tests.payments.test_capture_approved import ONCE
from tests.world import SANDBOX, World, rows

ORDERS = "/v2/checkout/orders"


async def paid(world: World) -> str:
    """An order paid at PayPal, everything at rest; the capture's reference."""
    await approved(world, heard=True)
    await world.settle()
    assert await states() == ("paid", "succeeded")
    return str(await value("SELECT capture_ref FROM capture"))


async def read_headers(world: World) -> dict[str, str]:
    """What PayPal writes above a delivery, as the first one of a paid order had it."""
    await paid(world)
    first = next(one for one in world.way.sent if one.url.path == "/webhooks/paypal")
    return {name: text for name, text in first.headers.items() if name.startswith("paypal")}


async def deliver(world: World, body: bytes) -> httpx.Response:
    """One delivery of these bytes, signed by PayPal whatever they are."""
    assert world.settings.paypal is not None
    authority, webhook_id = open_authority(world.sandbox.state.worlds.demo.folder), world.settings.paypal.webhook_id
    sent, headers = sign_delivery(authority, SANDBOX, webhook_id, body, None, int(time.time()))
    return await world.browser().client.post("/webhooks/paypal", content=sent, headers=headers)


async def test_event_is_kept_and_applied_once_when_it_comes_ten_times(world: World) -> None:
    await paid(world)

    for _ in range(9):
        await world.tell("webhooks", action="resend", type="CHECKOUT.ORDER.APPROVED", count=0)
        await world.tell("webhooks", action="resend", type="PAYMENT.CAPTURE.COMPLETED", count=0)
        await world.settle()

    assert await count_effects() == ONCE
    assert await value("SELECT max(deliveries) FROM inbox_event WHERE provider = 'paypal'") == 10


async def test_nothing_is_stored_when_a_delivery_is_forged(world: World) -> None:
    await world.tell("webhooks", action="forge", count=0)
    await approved(world, heard=True)

    await world.sandbox.state.deliveries.run_due()

    assert await rows("SELECT * FROM inbox_event WHERE provider = 'paypal'") == []
    assert await states() == ("awaiting_payment", "pending")


@pytest.mark.parametrize(
    "odd", [{"time": "0001-01-01T00:00:00+14:00"}, {"time": "9999-12-31T23:59:59-14:00"}, {"id": "é"}]
)
async def test_delivery_is_refused_and_not_stored_when_a_header_is_odd(world: World, odd: dict[str, str]) -> None:
    headers, browser = await read_headers(world), world.browser()
    kept = await rows("SELECT id FROM inbox_event")
    changed = {**headers, **{f"paypal-transmission-{name}": text.encode() for name, text in odd.items()}}

    answer = await browser.client.post("/webhooks/paypal", content=b"{}", headers=changed)

    assert answer.status_code == 400
    assert await rows("SELECT id FROM inbox_event") == kept


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\0",
        '{"id": "WH-1", "event_type": "X.Y", "create_time": "2026-03-01T12:00:00Z"}'.encode("utf-16"),
        b'{"id": "WH-1", "event_type": "X.Y", "create_time": "0001-01-01T00:00:00+14:00"}',
    ],
    ids=["no text", "UTF-16", "before time"],
)
async def test_signed_nonsense_is_kept_and_answered_when_it_is_no_event(world: World, body: bytes) -> None:
    answer = await deliver(world, body)
    await world.worker.drain()

    assert answer.status_code == 200
    stored = await one("SELECT type, sha256, state, outcome FROM inbox_event")
    digest = hashlib.sha256(body).hexdigest()
    assert stored == {"type": "unreadable", "sha256": digest, "state": "done", "outcome": "ignored"}


async def test_paypal_is_told_to_send_again_when_too_many_unknown_certificates_were_named(world: World) -> None:
    headers, browser = await read_headers(world), world.browser()
    folder = headers["paypal-cert-url"].rpartition("/")[0]
    before = len(world.wire.sent)
    answers = [
        await browser.client.post(
            "/webhooks/paypal", content=b"{}", headers={**headers, "paypal-cert-url": f"{folder}/CERT-{n}"}
        )
        for n in range(3 * FETCHES)
    ]

    assert [a.status_code for a in answers[:1] + answers[-1:]] == [400, 503]
    assert len(world.wire.sent) - before < FETCHES
    taken = await value("SELECT count(*) FROM inbox_event")
    await world.tell("webhooks", action="resend", type="PAYMENT.CAPTURE.COMPLETED", count=0)
    await world.settle()
    assert await value("SELECT max(deliveries) FROM inbox_event") == 2
    assert await value("SELECT count(*) FROM inbox_event") == taken


async def test_paypal_pitfall_02_approval_finds_its_order_when_the_answer_to_createorder_was_lost(world: World) -> None:
    ada, token = await place_with_paypal(world)
    await break_calls(world, ORDERS, when="after", action="reset")
    await ada.client.post("/payments/paypal", data={"order": token}, headers=JSON)
    await mend(world)
    assert (await the_payment())["provider_ref"] is None
    (made,) = [doc for _, doc in world.sandbox.state.world.find_owned(None, "paypal_order")]

    await approve(world, made["id"])
    await world.deliver()

    assert await states() == ("paid", "succeeded")
    assert (await the_payment())["provider_ref"] == made["id"]
    assert len(await captures_there(world)) == 1


async def test_event_waits_and_is_foreign_at_last_when_it_speaks_of_nothing_here(world: World) -> None:
    ada, made = await approved(world)
    await capture(ada, made)
    app = world.gateways.with_capture()
    payment = await the_payment()
    frozen = payment["request"].replace(str(payment["id"]), "00000000-0000-4000-8000-00000000abcd")
    other = await app.open_checkout(frozen.replace('"invoice_id":"', '"invoice_id":"other-'), "", "another shop")
    await world.tell("webhooks", action="release")
    await approve(world, other.ref)
    await world.deliver()
    waiting = await rows("SELECT state, last_error FROM inbox_event WHERE resource = $1", other.ref)
    assert [row["state"] for row in waiting] == ["waiting"]
    assert waiting[0]["last_error"].startswith("NotYet")

    await world.advance(180)
    await fetch("UPDATE inbox_event SET run_at = now() WHERE state = 'waiting'")
    await world.worker.drain()

    done = await one("SELECT state, outcome FROM inbox_event WHERE resource = $1", other.ref)
    assert done == {"state": "done", "outcome": "foreign"}


@pytest.mark.parametrize("event", ["PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED"])
async def test_order_fails_by_either_name_when_the_capture_was_denied(world: World, event: str) -> None:
    ada, made = await approved(world, outcome="echeck")
    await capture(ada, made)
    ref = (await world.gateways.with_capture().fetch_payment(made["id"], "")).capture_ref

    await world.tell("webhooks", action="clear")
    await world.tell("paypal", action="finish", id=ref, status="DECLINED", event=event)
    await world.deliver()

    assert await states() == ("failed", "failed")
    assert event in {row["type"] for row in await rows("SELECT type FROM inbox_event")}


@pytest.mark.parametrize(("action", "event"), [("refund", "REFUNDED"), ("reverse", "REVERSED")])
async def test_paypal_pitfall_06_refund_made_at_paypal_is_imported_and_told(
    world: World, action: str, event: str
) -> None:
    ref = await paid(world)

    await world.tell("paypal", action=action, id=ref)
    await world.settle()

    order = await the_order()
    assert order["refunded"] == order["total"]
    refund = await one("SELECT provider, status, amount FROM refund")
    assert refund == {"provider": "paypal", "status": "succeeded", "amount": order["total"]}
    assert f"PAYMENT.CAPTURE.{event}" in {row["type"] for row in await rows("SELECT type FROM inbox_event")}
    (mail,) = await rows("SELECT view::jsonb ->> 'way_back' AS goes_to FROM mail_message WHERE kind = 'refunded'")
    assert mail["goes_to"] == "your PayPal account"


async def test_missed_events_are_fetched_when_paypal_was_silent(world: World) -> None:
    await world.tell("webhooks", action="drop", count=0)
    await approved(world, heard=True)
    await world.deliver()
    await world.tell("webhooks", action="clear")
    assert await rows("SELECT * FROM inbox_event WHERE provider = 'paypal'") == []

    await world.advance(11 * 60)
    await world.worker.watch()
    await world.worker.run_operations()

    listed = await rows("SELECT type, endpoint FROM inbox_event WHERE provider = 'paypal'")
    assert ("CHECKOUT.ORDER.APPROVED", "listed") in {(row["type"], row["endpoint"]) for row in listed}
