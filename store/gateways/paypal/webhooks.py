"""Deliveries: the raw bytes are verified first, then read as a hint. developer.paypal.com/api/rest/webhooks/rest

PayPal signs `{transmission id}|{time}|{webhook id}|{crc32}`, the checksum being that of the raw body, unsigned; parsed
and written again, no body fits. A signature says nothing of freshness: who sees an event twice must notice.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from store.gateways.paypal.certificates import Certificates
from store.gateways.paypal.client import PayPalCalls
from store.gateways.paypal.wire import as_list, as_text
from store.gateways.port import BadSignature, GatewayBug, WebhookSnapshot

ALGORITHM = "SHA256withRSA"
# As PayPal's API wants them back, and as they come.
HEADERS = {
    "auth_algo": "paypal-auth-algo",
    "cert_url": "paypal-cert-url",
    "transmission_id": "paypal-transmission-id",
    "transmission_sig": "paypal-transmission-sig",
    "transmission_time": "paypal-transmission-time",
}
HEADER_LENGTH = 1000


@dataclass(frozen=True)
class Transmission:
    """What the headers of a delivery say of it."""

    auth_algo: str
    cert_url: str
    transmission_id: str
    transmission_sig: str
    transmission_time: str

    @property
    def sent_at(self) -> datetime:
        """When it was sent, by its own word. Raises BadSignature unless that is a moment with its zone."""
        try:
            moment = datetime.fromisoformat(self.transmission_time)
            if moment.tzinfo is None:
                raise BadSignature("its time of sending has no zone")
            # At the ends of the calendar there is no such moment in UTC.
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as odd:
            raise BadSignature("its time of sending is none") from odd


def read_transmission(headers: Mapping[str, str]) -> Transmission:
    """The headers that matter, whatever the case of their names. Raises BadSignature when one is missing or odd."""
    given = {name.lower(): text for name, text in headers.items()}
    found = {field: given.get(name, "") for field, name in HEADERS.items()}
    for field, text in found.items():
        if not text or len(text) > HEADER_LENGTH or not text.isascii() or not text.isprintable():
            raise BadSignature(f"the header {HEADERS[field]} is missing or no plain text")
    if found["auth_algo"] != ALGORITHM:
        raise BadSignature(f"the algorithm is {found['auth_algo']}, not {ALGORITHM}")
    return Transmission(**found)


async def verify_locally(certificates: Certificates, webhook_id: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless PayPal signed these bytes for this webhook; Unavailable where nobody can tell now."""
    sent = read_transmission(headers)
    check_signature(await certificates.find_key(sent.cert_url, sent.sent_at), sent, webhook_id, body)
    certificates.keep(sent.cert_url)


def check_signature(key: rsa.RSAPublicKey, sent: Transmission, webhook_id: str, body: bytes) -> None:
    """Raise BadSignature unless `key` signed this transmission of this body to this webhook."""
    text = f"{sent.transmission_id}|{sent.transmission_time}|{webhook_id}|{zlib.crc32(body)}"
    try:
        signature = base64.b64decode(sent.transmission_sig, validate=True)
        key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, InvalidSignature) as wrong:
        raise BadSignature("the signature does not fit this body, its headers or our webhook") from wrong


async def verify_by_call(calls: PayPalCalls, webhook_id: str, headers: Mapping[str, str], body: bytes) -> None:
    """Ask PayPal about a delivery: /v1/notifications/verify-webhook-signature. Raises BadSignature or Unavailable.

    The body goes into the question as it came, byte for byte: written again it would not fit.
    """
    sent = read_transmission(headers)
    try:
        # Only one whole object may be put in there, or a delivery could add to the question; UTF-8, as the question is.
        is_object = isinstance(json.loads(body.decode()), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise BadSignature("the body is no JSON object")
    facts = {**{field: getattr(sent, field) for field in HEADERS}, "webhook_id": webhook_id}
    question = json.dumps(facts, separators=(",", ":")).encode()[:-1] + b',"webhook_event":' + body + b"}"
    try:
        told = await calls.call("webhooks.verify", "POST", "/v1/notifications/verify-webhook-signature", body=question)
    except GatewayBug as refused:
        raise BadSignature(f"PayPal could not verify it: {refused}") from refused
    if told.get("verification_status") != "SUCCESS":
        raise BadSignature("PayPal did not sign this body for our webhook")


async def fetch_webhook(calls: PayPalCalls, webhook_id: str) -> WebhookSnapshot:
    """One webhook. developer.paypal.com/docs/api/webhooks/v1/#webhooks_get"""
    there = await calls.call("webhooks.get", "GET", f"/v1/notifications/webhooks/{webhook_id}")
    types = tuple(as_text(one.get("name")) for one in as_list(there.get("event_types")))
    return WebhookSnapshot(as_text(there.get("url")), types)
