"""An authority of the tests' own: roots, issuers and leaves as PayPal's are, and deliveries that they sign."""

from __future__ import annotations

import base64
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

LEAF_NAME = "messageverificationcerts.paypal.com"
CERT_URL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"
ISSUER_URL = "http://cacerts.digicert.com/TestIssuer.crt"
WEBHOOK_ID = "8PT597110X687430L"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIFE = (datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))
Pair = tuple[x509.Certificate, rsa.RSAPrivateKey]


@cache
def make_key(name: str = "leaf") -> rsa.RSAPrivateKey:
    """One key per name and run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if name == "short" else 2048)


@cache
def make_root(name: str = "Test Root") -> Pair:
    """A root that issues."""
    return sign(name, make_key(name).public_key(), None, make_key(name), authority=True), make_key(name)


@cache
def make_issuer(root: str = "Test Root") -> Pair:
    """An authority below a root."""
    above, key = make_root(root)
    ours = make_key(f"issuer of {root}")
    return sign("Test Issuer", ours.public_key(), above, key, authority=True), ours


def make_leaf(under: Pair, public_key: Any = None, life: tuple[datetime, datetime] = LIFE, **changes: Any) -> bytes:
    """A leaf in PEM, PayPal's by name unless `name` says otherwise; with `aia`, it says where its issuer lies."""
    above, key = under
    return to_pem(sign(LEAF_NAME, public_key or make_key().public_key(), above, key, life=life, **changes))


def make_elliptic_key() -> Any:
    """A public key that is no RSA key."""
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def to_pem(certificate: x509.Certificate) -> bytes:
    """The certificate as it is served."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def to_der(certificate: x509.Certificate) -> bytes:
    """The certificate as authorities keep theirs."""
    return certificate.public_bytes(serialization.Encoding.DER)


def sign_delivery(body: bytes, *, checksum: int | None = None, **changes: str) -> dict[str, str]:
    """The headers of a delivery of `body` to WEBHOOK_ID, sent at NOW and signed by the leaf's key.

    `changes`: what is signed and sent instead: id, time, webhook_id, cert_url.
    """
    sent = {"id": "4cce5920-5106-11ef-84e2-f38df3f70683", "time": "2026-03-01T12:00:00Z", "webhook_id": WEBHOOK_ID}
    sent |= {"cert_url": CERT_URL, **changes}
    crc = zlib.crc32(body) if checksum is None else checksum
    text = f"{sent['id']}|{sent['time']}|{sent['webhook_id']}|{crc}".encode()
    signature = make_key().sign(text, padding.PKCS1v15(), hashes.SHA256())
    return {
        "PayPal-Transmission-Id": sent["id"],
        "PayPal-Transmission-Time": sent["time"],
        "PayPal-Transmission-Sig": base64.b64encode(signature).decode(),
        "PayPal-Cert-Url": sent["cert_url"],
        "PayPal-Auth-Algo": "SHA256withRSA",
        "PayPal-Auth-Version": "v2",
    }


class Shelf(httpx.AsyncBaseTransport):
    """Serves what lies at each address; everything else is a 404. An answer may be a function that makes one."""

    def __init__(self, **lies: Any) -> None:
        self.lies: dict[str, Any] = {CERT_URL: lies.get("chain", b""), ISSUER_URL: lies.get("issuer", b"")}
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        found = self.lies.get(str(request.url))
        if callable(found):
            return await found()
        return httpx.Response(200, content=found) if found else httpx.Response(404)


class Huge(httpx.AsyncByteStream):
    """A body that never ends; `given` counts its bytes."""

    given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 2**14
            yield b" " * 2**14


def sign(
    name: str,
    public_key: Any,
    above: x509.Certificate | None,
    key: rsa.RSAPrivateKey,
    *,
    authority: bool = False,
    life: tuple[datetime, datetime] | None = None,
    aia: str = "",
    names: tuple[str, ...] | None = None,
) -> x509.Certificate:
    """A certificate of `public_key`, issued by `above` with its `key`; by itself where there is nobody above."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins, ends = life or (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=20_000))
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.subject if above else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    if not authority:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        built = built.add_extension(x509.ExtendedKeyUsage(both), critical=False)
        if sans := (name,) if names is None else names:
            built = built.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(one) for one in sans]), critical=False
            )
    if aia:
        place = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(aia))
        built = built.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return built.sign(key, hashes.SHA256())
