"""Which deliveries are believed: PayPal's own, byte for byte, for our webhook; by our own check and by PayPal's."""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from store.gateways.paypal.certificates import Certificates
from store.gateways.paypal.client import CONCURRENT_CALLS
from store.gateways.paypal.gateway import VERIFIES, PayPalGateway
from store.gateways.paypal.webhooks import verify_by_call, verify_locally
from store.gateways.port import BadSignature, SnapshotStatus, Unavailable
from store.settings import PayPalSettings
from tests.gateways.paypal_certs import (
    NOW,
    WEBHOOK_ID,
    Shelf,
    make_issuer,
    make_leaf,
    make_root,
    sign_delivery,
    to_pem,
)
from tests.gateways.paypal_wire import BASE, ORDER, Script, body_of, fault, make_calls, make_order

BODY = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"3C6","amount":{"value":"1.0"}}}'
VECTORS = Path(__file__).parents[3] / "shared/specs/paypal/derived/webhook_signature_vectors.json"
VERIFY_PATH = "/v1/notifications/verify-webhook-signature"


class Hanging(Script):
    """PayPal, whose verdicts on deliveries are not to be had until it goes on."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__(answers)
        self.hangs, self.goes_on = asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == VERIFY_PATH:
            self.hangs.set()
            await self.goes_on.wait()
        return await super().handle_async_request(request)


async def verify(headers: Mapping[str, str], body: bytes, webhook_id: str = WEBHOOK_ID) -> None:
    """By our own check, at NOW, where PayPal's certificate is the tests'."""
    issuer = make_issuer()
    shelf = Shelf(chain=make_leaf(issuer) + to_pem(issuer[0]))
    certificates = Certificates(
        "https://api-m.paypal.com", None, shelf, now=lambda: NOW, roots=lambda: [make_root()[0]]
    )
    await verify_locally(certificates, webhook_id, headers, body)


def change(headers: Mapping[str, str], name: str, text: str) -> dict[str, str]:
    """The same headers with another value of one."""
    return {**headers, f"PayPal-{name}": text}


def flip_each(text: str) -> list[str]:
    """The text with one letter changed, for every letter."""
    return [text[:n] + ("1" if text[n] != "1" else "2") + text[n + 1 :] for n in range(len(text))]


async def test_delivery_is_believed_when_paypal_signed_these_bytes_for_our_webhook() -> None:
    await verify(sign_delivery(BODY), BODY)
    await verify({name.upper(): text for name, text in sign_delivery(BODY).items()}, BODY)


@pytest.mark.parametrize("group", ["Transmission-Id", "Transmission-Time", "Auth-Algo"])
async def test_delivery_is_refused_when_one_letter_of_a_header_is_another(group: str) -> None:
    headers = sign_delivery(BODY)

    for text in flip_each(headers[f"PayPal-{group}"]):
        with pytest.raises(BadSignature):
            await verify(change(headers, group, text), BODY)


async def test_delivery_is_refused_when_one_byte_of_its_body_is_another() -> None:
    headers = sign_delivery(BODY)

    for n in range(len(BODY)):
        with pytest.raises(BadSignature):
            await verify(headers, BODY[:n] + bytes([BODY[n] ^ 1]) + BODY[n + 1 :])


async def test_delivery_is_refused_when_one_byte_of_its_signature_is_another() -> None:
    headers = sign_delivery(BODY)
    signature = base64.b64decode(headers["PayPal-Transmission-Sig"])

    for n in range(len(signature)):
        wrong = signature[:n] + bytes([signature[n] ^ 1]) + signature[n + 1 :]
        with pytest.raises(BadSignature):
            await verify(change(headers, "Transmission-Sig", base64.b64encode(wrong).decode()), BODY)


@pytest.mark.parametrize("webhook_id", [*flip_each(WEBHOOK_ID), "", "WEBHOOK_ID"])
async def test_delivery_is_refused_when_it_is_for_another_webhook(webhook_id: str) -> None:
    with pytest.raises(BadSignature):
        await verify(sign_delivery(BODY), BODY, webhook_id)
    with pytest.raises(BadSignature):
        await verify(sign_delivery(BODY, webhook_id=webhook_id), BODY)


async def test_delivery_is_refused_when_its_checksum_was_signed_as_a_negative_number() -> None:
    body = next(text for n in range(99) if zlib.crc32(text := BODY + b" " * n) >= 2**31)
    await verify(sign_delivery(body), body)

    with pytest.raises(BadSignature):
        await verify(sign_delivery(body, checksum=zlib.crc32(body) - 2**32), body)


@pytest.mark.parametrize("headers", [{}, {"stripe-signature": "t=1,v1=x"}])
async def test_delivery_is_refused_when_it_is_not_signed_at_all(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature, match="missing"):
        await verify(headers, BODY)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Auth-Algo", "SHA1withRSA"),
        ("Auth-Algo", "sha256withrsa"),
        ("Auth-Algo", "SHA256withRSA "),
        ("Auth-Algo", "none"),
        ("Transmission-Time", "yesterday"),
        ("Transmission-Time", "2026-03-01T12:00:00"),
        ("Transmission-Id", ""),
        ("Transmission-Id", "é"),
        ("Transmission-Id", "a\x00b"),
        ("Transmission-Id", "x" * 2000),
        ("Transmission-Sig", "no base64!"),
        ("Transmission-Sig", "AAAA"),
        ("Cert-Url", "https://evil.example/v1/notifications/certs/CERT-1"),
    ],
)
async def test_delivery_is_refused_when_a_header_is_odd(name: str, text: str) -> None:
    with pytest.raises(BadSignature):
        await verify(change(sign_delivery(BODY), name, text), BODY)


@pytest.mark.parametrize(
    "odd",
    [
        {"time": "2026-03-01T12:00:00"},
        {"id": "x" * 2000},
        {"id": "a\tb"},
        {"time": "yesterday"},
        {"time": "0001-01-01T00:00:00+14:00"},
        {"time": "9999-12-31T23:59:59-14:00"},
        {"time": "2026-03-01T12:00:00+99:99"},
        {"time": "2026-03-01T12:00:00." + "9" * 2000 + "Z"},
    ],
)
async def test_delivery_is_refused_when_what_was_signed_is_odd(odd: dict[str, str]) -> None:
    with pytest.raises(BadSignature, match=r"no zone|no plain text|is none"):
        await verify(sign_delivery(BODY, **odd), BODY)


async def test_sender_cannot_move_a_boundary_between_signed_fields() -> None:
    headers = sign_delivery(BODY, id="a|b", time="2026-03-01T12:00:00Z")
    await verify(headers, BODY)

    moved = change(change(headers, "Transmission-Id", "a"), "Transmission-Time", "b|2026-03-01T12:00:00Z")

    with pytest.raises(BadSignature):
        await verify(moved, BODY)


def read_vectors() -> list[dict[str, Any]]:
    """Five deliveries that PayPal itself has signed, each with the key that it used."""
    if not VECTORS.exists():
        return []
    read = json.loads(VECTORS.read_text())
    old = [{**one, "key": read["public_key_pem"], "is_cert": False} for one in read["vectors"]]
    simulated = read["simulator"]
    return [*old, *({**one, "key": simulated["cert_pem"], "is_cert": True} for one in simulated["vectors"])]


@pytest.mark.skipif(not VECTORS.exists(), reason=f"{VECTORS.name} is missing: it holds PayPal's own deliveries")
@pytest.mark.parametrize("number", range(5))
async def test_real_delivery_is_believed_at_its_time_and_refused_today(number: int) -> None:
    """PayPal's key and name are the real ones; the chain above them is the tests', since PayPal's has run out."""
    vector = read_vectors()[number]
    pem = vector["key"].encode()
    key = load_pem_x509_certificate(pem).public_key() if vector["is_cert"] else load_pem_public_key(pem)
    sent = datetime.fromisoformat(vector["headers"]["paypal-transmission-time"])
    issuer = make_issuer()
    leaf = make_leaf(issuer, public_key=key, life=(sent - timedelta(days=30), sent + timedelta(days=30)))
    shelf = Shelf()
    shelf.lies[vector["headers"]["paypal-cert-url"]] = leaf + to_pem(issuer[0])
    body, webhook_id = vector["raw_body"].encode(), vector["webhook_id"]

    async def verify_at(moment: datetime, body: bytes) -> None:
        certificates = Certificates(
            "https://api-m.paypal.com", None, shelf, now=lambda: moment, roots=lambda: [make_root()[0]]
        )
        await verify_locally(certificates, webhook_id, vector["headers"], body)

    await verify_at(sent + timedelta(minutes=1), body)
    with pytest.raises(BadSignature, match="not trusted"):
        await verify_at(datetime(2026, 11, 1, tzinfo=UTC), body)
    for other in (json.dumps(json.loads(body)).encode(), body + b"\n"):
        with pytest.raises(BadSignature, match="signature does not fit"):
            await verify_at(sent + timedelta(minutes=1), other)


async def test_paypal_is_asked_about_the_very_bytes_when_it_verifies_itself() -> None:
    odd = b'{ "id":"WH-1",\n "resource":{"value":1.0, "name":"\\u00e9"} }'
    script = Script({VERIFY_PATH: {"verification_status": "SUCCESS"}})

    await verify_by_call(make_calls(script), WEBHOOK_ID, sign_delivery(odd), odd)

    (asked,) = script.of(VERIFY_PATH)
    assert asked.content.endswith(b',"webhook_event":' + odd + b"}")
    sent = sign_delivery(odd)
    assert {name: text for name, text in body_of(asked).items() if name != "webhook_event"} == {
        "auth_algo": "SHA256withRSA",
        "cert_url": sent["PayPal-Cert-Url"],
        "transmission_id": sent["PayPal-Transmission-Id"],
        "transmission_sig": sent["PayPal-Transmission-Sig"],
        "transmission_time": sent["PayPal-Transmission-Time"],
        "webhook_id": WEBHOOK_ID,
    }


@pytest.mark.parametrize(
    "answer",
    [{"verification_status": "FAILURE"}, {"verification_status": "success"}, {}, fault(400, "VALIDATION_ERROR")],
    ids=range(4),
)
async def test_delivery_is_refused_when_paypal_does_not_say_success(answer: Any) -> None:
    with pytest.raises(BadSignature):
        await verify_by_call(make_calls(Script({VERIFY_PATH: answer})), WEBHOOK_ID, sign_delivery(BODY), BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"id":1},"webhook_id":"OTHER"',
        b'{"id":1}}',
        b"\xff",
        b"[" * 20_000,
        "{}".encode("utf-16"),
    ],
)
async def test_paypal_is_not_asked_when_the_body_would_change_the_question(body: bytes) -> None:
    script = Script({VERIFY_PATH: {"verification_status": "SUCCESS"}})

    with pytest.raises(BadSignature):
        await verify_by_call(make_calls(script), WEBHOOK_ID, sign_delivery(body), body)

    assert script.asked == []


async def test_nothing_is_known_of_a_delivery_when_paypal_does_not_answer() -> None:
    script = Script({VERIFY_PATH: httpx.Response(503)})

    with pytest.raises(Unavailable):
        await verify_by_call(make_calls(script), WEBHOOK_ID, sign_delivery(BODY), BODY)


@pytest.mark.parametrize("how", ["local", "call"])
async def test_second_verifier_is_used_when_the_setting_says_so(how: str, tmp_path: Path) -> None:
    settings = PayPalSettings(
        client_id="client",
        client_secret="secret",
        webhook_id=WEBHOOK_ID,
        base_url="http://127.0.0.1:8001",
        ca_file=tmp_path / "ca.pem",
        verify=how,
    )
    script = Script({VERIFY_PATH: {"verification_status": "SUCCESS"}})
    gateway = PayPalGateway(settings, "http://localhost:8000", script, now=lambda: NOW)

    if how == "call":
        await gateway.verify_event(sign_delivery(BODY), BODY)
    else:
        with pytest.raises(BadSignature):
            await gateway.verify_event(sign_delivery(BODY), BODY)

    assert len(script.of(VERIFY_PATH)) == (how == "call")


async def test_buyers_wait_for_nobody_when_more_deliveries_come_than_paypal_verifies() -> None:
    settings = PayPalSettings(
        client_id="client", client_secret="secret", webhook_id=WEBHOOK_ID, base_url=BASE, verify="call"
    )
    wire = Hanging({ORDER: make_order("CREATED"), VERIFY_PATH: {"verification_status": "SUCCESS"}})
    gateway = PayPalGateway(settings, "http://localhost:8000", wire, now=lambda: NOW)

    flood = [asyncio.create_task(gateway.verify_event(sign_delivery(BODY), BODY)) for _ in range(2 * CONCURRENT_CALLS)]
    async with asyncio.timeout(20):
        await wire.hangs.wait()
        seen = await gateway.fetch_payment(ORDER.rpartition("/")[2], "")
    wire.goes_on.set()
    came = await asyncio.gather(*flood, return_exceptions=True)

    assert seen.status == SnapshotStatus.OPEN
    assert [type(one) for one in came if one is not None] == [Unavailable] * (2 * CONCURRENT_CALLS - VERIFIES)
