"""The sandbox signs as PayPal does: what five real deliveries hold together by, and one flaw for each tampering."""

from __future__ import annotations

import base64
import json
import re
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from store.sandbox.paypal.certificates import LEAF_NAME, Authority
from store.sandbox.paypal.signing import TAMPERINGS, check_delivery, sign_delivery

VECTORS = Path(__file__).parents[4] / "shared/specs/paypal/derived/webhook_signature_vectors.json"
ORIGIN = "http://127.0.0.1:8001"
WEBHOOK = "4JH86294D6297924G"
BODY = json.dumps({"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED"}, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def fields(headers: dict[str, str], webhook_id: str = WEBHOOK) -> dict[str, str]:
    """The headers of a delivery as a verify call names them."""
    return {
        "transmission_id": headers["PayPal-Transmission-Id"],
        "transmission_time": headers["PayPal-Transmission-Time"],
        "transmission_sig": headers["PayPal-Transmission-Sig"],
        "cert_url": headers["PayPal-Cert-Url"],
        "auth_algo": headers["PayPal-Auth-Algo"],
        "webhook_id": webhook_id,
    }


def chain_of(authority: Authority, headers: dict[str, str]) -> list[x509.Certificate]:
    chain = authority.read_chain(headers["PayPal-Cert-Url"].rpartition("/")[2])
    assert chain is not None
    return x509.load_pem_x509_certificates(chain)


def trust(authority: Authority, chain: list[x509.Certificate]) -> None:
    root = x509.load_pem_x509_certificate(authority.ca_file.read_bytes())
    checker = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName(LEAF_NAME))
    checker.verify(chain[0], chain[1:])


def test_the_signed_text_is_that_of_real_deliveries_when_checked_with_paypals_key() -> None:
    if not VECTORS.exists():
        pytest.skip("needs the real signed deliveries, which are kept beside the project")
    read = json.loads(VECTORS.read_text())
    key = serialization.load_pem_public_key(read["public_key_pem"].encode())
    assert isinstance(key, rsa.RSAPublicKey)

    for vector in read["vectors"]:
        headers, raw = vector["headers"], vector["raw_body"].encode()
        text = f"{headers['paypal-transmission-id']}|{headers['paypal-transmission-time']}"
        text += f"|{vector['webhook_id']}|{zlib.crc32(raw)}"

        assert text == vector["signed_message"]
        signature = base64.b64decode(headers["paypal-transmission-sig"])
        key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", headers["paypal-transmission-id"])


def test_headers_and_signature_hold_when_nothing_is_tampered_with(authority: Authority) -> None:
    now = int(time.time())
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, None, now)

    assert sent == BODY
    assert headers["PayPal-Auth-Algo"] == "SHA256withRSA"
    assert headers["PayPal-Auth-Version"] == "v2"
    assert headers["User-Agent"].startswith("PayPal/AUHD-")
    assert headers["Correlation-Id"]
    assert re.fullmatch(
        ORIGIN + r"/v1/notifications/certs/CERT-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}", headers["PayPal-Cert-Url"]
    )
    assert headers["PayPal-Transmission-Time"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    chain = chain_of(authority, headers)
    key = chain[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = f"{headers['PayPal-Transmission-Id']}|{headers['PayPal-Transmission-Time']}|{WEBHOOK}|{zlib.crc32(sent)}"
    signature = base64.b64decode(headers["PayPal-Transmission-Sig"])
    key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    trust(authority, chain)
    assert check_delivery(authority, fields(headers), sent)


@pytest.mark.parametrize("tampering", [one for one in TAMPERINGS if one != "old_timestamp"])
def test_a_check_fails_when_a_delivery_was_tampered_with(authority: Authority, tampering: str) -> None:
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, f"{tampering} 0", int(time.time()))

    assert not check_delivery(authority, fields(headers), sent)


def test_only_the_time_is_wrong_when_a_delivery_is_old(authority: Authority) -> None:
    now = 1_800_000_000
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, "old_timestamp 301", now)

    assert headers["PayPal-Transmission-Time"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 301))
    assert check_delivery(authority, fields(headers), sent)


def test_the_bytes_alone_differ_when_a_body_was_serialized_again(authority: Authority) -> None:
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, "reserialize 0", int(time.time()))

    assert json.loads(sent) == json.loads(BODY)
    assert check_delivery(authority, fields(headers), BODY)


def test_the_sum_is_negative_when_it_was_signed_as_a_signed_integer(authority: Authority) -> None:
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, "signed_crc 0", int(time.time()))
    key = chain_of(authority, headers)[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = f"{headers['PayPal-Transmission-Id']}|{headers['PayPal-Transmission-Time']}|{WEBHOOK}"

    assert json.loads(sent) == json.loads(BODY)
    signature = base64.b64decode(headers["PayPal-Transmission-Sig"])
    key.verify(signature, f"{text}|{zlib.crc32(sent) - 2**32}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert zlib.crc32(sent) >= 2**31


def test_the_signature_fits_another_root_when_the_certificate_is_foreign(authority: Authority) -> None:
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, "foreign_cert 0", int(time.time()))
    chain = chain_of(authority, headers)
    key = chain[0].public_key()
    assert isinstance(key, rsa.RSAPublicKey)

    text = f"{headers['PayPal-Transmission-Id']}|{headers['PayPal-Transmission-Time']}|{WEBHOOK}|{zlib.crc32(sent)}"
    signature = base64.b64decode(headers["PayPal-Transmission-Sig"])
    key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(VerificationError):
        trust(authority, chain)


@pytest.mark.parametrize(
    "change",
    [
        {"auth_algo": "SHA1withRSA"},
        {"webhook_id": "8PT597110X687430L"},
        {"transmission_time": "2026-11-29T00:00:00Z"},
        {"transmission_id": "69cd13f0-d67a-11e5-baa3-778b53f4ae55"},
        {"transmission_sig": "not base64!"},
        {"cert_url": f"{ORIGIN}/v1/notifications/certs/CERT-00000000-00000000-00000000"},
        {"cert_url": f"{ORIGIN}/v1/notifications/certs/../issuer"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_check_fails_when_one_field_is_another(authority: Authority, change: dict[str, str]) -> None:
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, None, int(time.time()))

    assert not check_delivery(authority, fields(headers) | change, sent)


def test_old_deliveries_can_still_be_checked_when_the_certificate_was_rotated(authority: Authority) -> None:
    sent, headers = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, None, int(time.time()))
    before = authority.ensure()

    after = authority.rotate()

    assert authority.ensure() == after != before
    assert check_delivery(authority, fields(headers), sent)
    _, fresh = sign_delivery(authority, ORIGIN, WEBHOOK, BODY, None, int(time.time()))
    assert fresh["PayPal-Cert-Url"].endswith(after)
    trust(authority, chain_of(authority, fresh))


def test_the_same_leaf_signs_when_the_sandbox_starts_again(tmp_path: Path) -> None:
    first = Authority(tmp_path)
    id, root = first.ensure(), first.ca_file.read_bytes()

    again = Authority(tmp_path)

    assert again.ensure() == id
    assert again.ca_file.read_bytes() == root
    assert sign_delivery(again, ORIGIN, WEBHOOK, BODY, None, int(time.time()))[1]["PayPal-Cert-Url"].endswith(id)


def test_a_new_leaf_signs_when_the_old_one_is_over(tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    authority = Authority(tmp_path, lambda: at)
    first = authority.ensure()
    root = authority.ca_file.read_bytes()

    at += timedelta(days=364)
    assert authority.ensure() == first
    at += timedelta(days=1)
    second = authority.ensure()

    leaf, issuer = x509.load_pem_x509_certificates(authority.read_chain(second) or b"")
    assert second != first
    assert leaf.not_valid_before_utc == at - timedelta(days=1)
    assert leaf.not_valid_after_utc == at + timedelta(days=365)
    assert issuer.not_valid_after_utc == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=3650)
    assert authority.ca_file.read_bytes() == root
