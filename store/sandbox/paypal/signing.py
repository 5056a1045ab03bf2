"""How PayPal signs a delivery, and how it checks one by call: `{id}|{time}|{webhook id}|{crc32}`, RSA with SHA-256.

The checksum is zlib's CRC-32 of the raw body, as an unsigned decimal. Time is wall time. Tampering makes a delivery
that must be refused, with one flaw and no other, so that a receiver which lacks that one check takes it.
Facts: developer.paypal.com/api/rest/webhooks/rest; measured on five real deliveries.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid1

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from store.sandbox.paypal.certificates import CERTS_PATH, Authority

ALGORITHM = "SHA256withRSA"
AUTH_VERSION = "v2"
USER_AGENT = "PayPal/AUHD-214.0-58350107"
# What the simulator signs with instead of a webhook's id.
SIMULATED = "WEBHOOK_ID"
TAMPERINGS = ("forge", "old_timestamp", "wrong_secret", "foreign_cert", "other_webhook", "signed_crc", "reserialize")
HALF = 2**31


def sign_delivery(
    authority: Authority, origin: str, webhook_id: str, body: bytes, tampering: str | None, now: int
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of an attempt at wall time `now` (epoch seconds), tampered with if told to.

    `origin` is where the certificate is served. `tampering`: one of TAMPERINGS and its seconds, such as
    `old_timestamp 301`, or None.
    """
    action, _, seconds = (tampering or "").partition(" ")
    cert = authority.ensure_stranger() if action == "foreign_cert" else authority.ensure()
    key, signed_id, at, sent = authority.find_key(cert), webhook_id, now, body
    if action == "old_timestamp":
        at -= int(seconds)
    if action == "wrong_secret":
        key = authority.find_key(authority.ensure_stranger())
    if action == "other_webhook":
        signed_id = f"{secrets.token_hex(8).upper()}X"
    if action == "signed_crc":
        while zlib.crc32(body) < HALF:  # a space after the end means nothing, and one of a few makes the sum negative
            body += b" "
        sent = body
    if action == "reserialize":
        sent = json.dumps(json.loads(body), indent=2).encode()
    if action == "forge":
        # Another id, so that a receiver that believes it shows it.
        sent = json.dumps(
            json.loads(body) | {"id": f"WH-FORGED{secrets.token_hex(6).upper()}"}, separators=(",", ":")
        ).encode()
    checksum = zlib.crc32(body) - (2 * HALF if action == "signed_crc" else 0)
    id, time = f"{uuid1()}", datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"{id}|{time}|{signed_id}|{checksum}".encode()
    signature = secrets.token_bytes(256) if action == "forge" else key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    return sent, {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "PayPal-Transmission-Id": id,
        "PayPal-Transmission-Time": time,
        "PayPal-Transmission-Sig": base64.b64encode(signature).decode(),
        "PayPal-Cert-Url": f"{origin}{CERTS_PATH}{cert}",
        "PayPal-Auth-Algo": ALGORITHM,
        "PayPal-Auth-Version": AUTH_VERSION,
        "Correlation-Id": secrets.token_hex(7)[:13],
    }


def check_delivery(authority: Authority, sent: Mapping[str, Any], raw: bytes) -> bool:
    """Tell whether `sent`, the fields of a verify call, sign the event whose bytes are `raw`.

    Only certificates of the sandbox's own count, found by their ids: no address is asked.
    """
    cert = str(sent["cert_url"]).rpartition(CERTS_PATH)[2]
    chain = authority.read_chain(cert)
    if sent["auth_algo"] != ALGORITHM or chain is None or not authority.is_own(cert):
        return False
    key = x509.load_pem_x509_certificate(chain).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = f"{sent['transmission_id']}|{sent['transmission_time']}|{sent['webhook_id']}|{zlib.crc32(raw)}"
    try:
        signature = base64.b64decode(sent["transmission_sig"], validate=True)
        key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, InvalidSignature):
        return False
    return True
