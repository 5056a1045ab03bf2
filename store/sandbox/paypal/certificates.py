"""Whose signature deliveries carry: a root of the sandbox's own, an issuer below it, and the leaf that signs.

All of them are files in the sandbox's folder, made when they are first needed: `paypal-ca.pem` is the root that a shop
is told to trust, `paypal/CERT-….pem` the leaf with its chain as it is served, `paypal/current` names the leaf in use.
The root's key is kept nowhere. Invariant: a leaf stays served after a rotation, for deliveries that name it.
Validity is wall time, as signatures are. The leaf's name is that of PayPal's own certificate.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAF_NAME = "messageverificationcerts.paypal.com"
CA_FILE = "paypal-ca.pem"
CERTS_PATH = "/v1/notifications/certs/"
CERT_ID = re.compile(r"CERT-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")
KEY_BITS = 2048
LEAF_LIFE = timedelta(days=365)
ISSUER_LIFE = timedelta(days=3650)
# Clocks differ a little: nothing is valid only from this very second.
EARLIER = timedelta(days=1)
STRANGER = "stranger"
Pair = tuple[x509.Certificate, rsa.RSAPrivateKey]


class Authority:
    """The sandbox's certificates. `folder` is where they are kept; nothing is read or made before it is needed.

    `now` tells wall time, UTC.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self.ca_file = folder / CA_FILE
        self._kept = folder / "paypal"
        self._keys: dict[str, rsa.RSAPrivateKey] = {}

    def ensure(self) -> str:
        """Return the id of the leaf that signs now, making root, issuer and leaf where there are none yet."""
        current = self._kept / "current"
        id = current.read_text().strip() if current.exists() else ""
        if not id or not self._is_valid(id):
            id = self.rotate()
        return id

    def rotate(self) -> str:
        """Make a new leaf under the same issuer, sign with it from now on, and return its id."""
        issuer, key = self._find_issuer()
        id = self._issue(issuer, key, (self._kept / "issuer.pem").read_bytes())
        _write(self._kept / "current", id.encode())
        return id

    def ensure_stranger(self) -> str:
        """Return the id of a leaf with the same name that another root has issued: nobody should believe it."""
        named = self._kept / STRANGER
        if not named.exists():
            root, root_key = _make_ca("Somebody Else's Root", None, self._now())
            _write(named, self._issue(root, root_key, b"").encode())
        return named.read_text().strip()

    def find_key(self, id: str) -> rsa.RSAPrivateKey:
        """Return the private key of a leaf; FileNotFoundError when there is none of that id."""
        if id not in self._keys:
            self._keys[id] = _read_key(self._kept / f"{id}.key")
        return self._keys[id]

    def read_chain(self, id: str) -> bytes | None:
        """Return leaf and chain in PEM, the leaf first, or None when there is no certificate of that id."""
        file = self._kept / f"{id}.pem"
        return file.read_bytes() if CERT_ID.fullmatch(id) and file.exists() else None

    def is_own(self, id: str) -> bool:
        """Tell whether a certificate is one of the sandbox's, and not the stranger's."""
        stranger = self._kept / STRANGER
        return self.read_chain(id) is not None and not (stranger.exists() and stranger.read_text().strip() == id)

    def _is_valid(self, id: str) -> bool:
        chain = self.read_chain(id)
        return chain is not None and x509.load_pem_x509_certificate(chain).not_valid_after_utc > self._now()

    def _find_issuer(self) -> Pair:
        file, key_file = self._kept / "issuer.pem", self._kept / "issuer.key"
        if not file.exists():
            self._kept.mkdir(parents=True, exist_ok=True)
            root, root_key = _make_ca("Overprint Sandbox Root", None, self._now())
            issuer, key = _make_ca("Overprint Sandbox Issuer", (root, root_key), self._now())
            _write(self.ca_file, _to_pem(root))
            _write(key_file, _key_to_pem(key))
            _write(file, _to_pem(issuer))
        return x509.load_pem_x509_certificate(file.read_bytes()), _read_key(key_file)

    def _issue(self, issuer: x509.Certificate, issuer_key: rsa.RSAPrivateKey, chain: bytes) -> str:
        """Write a new leaf, its key and its chain, and return its id."""
        id, key = f"CERT-{'-'.join(secrets.token_hex(4) for _ in range(3))}", _make_key()
        leaf = (
            _begin(LEAF_NAME, issuer.subject, key, issuer_key, self._now(), LEAF_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(LEAF_NAME)]), critical=False)
            .add_extension(_usage(signs=True, certifies=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(issuer_key, hashes.SHA256())
        )
        self._kept.mkdir(parents=True, exist_ok=True)
        _write(self._kept / f"{id}.key", _key_to_pem(key))
        _write(self._kept / f"{id}.pem", _to_pem(leaf) + chain)
        self._keys[id] = key
        return id


@lru_cache(maxsize=64)
def open_authority(folder: Path) -> Authority:
    """Return the authority of a sandbox's folder: one per folder, so that its keys are read once."""
    return Authority(folder)


def _make_ca(name: str, above: Pair | None, now: datetime) -> Pair:
    """Make a certificate that may issue others, by itself or by the one above."""
    key = _make_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuer_key = (above[0].subject, above[1]) if above else (subject, key)
    made = (
        _begin(name, issuer, key, issuer_key, now, ISSUER_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if above else 1), critical=True)
        .add_extension(_usage(signs=False, certifies=True), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return made, key


def _begin(
    name: str,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer_key: rsa.RSAPrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _usage(*, signs: bool, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, signs, False, False, certifies, certifies, False, False)


def _make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _to_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_to_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read_key(file: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, for the owner only."""
    beside = file.with_name(file.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as draft:
        draft.write(content)
    os.replace(beside, file)
