"""Which certificate a delivery may name, from where it may come, and when it counts: everything else is refused."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from store.gateways.paypal.certificates import CERT_BYTES, FETCH_SECONDS, Certificates, read_pem, read_roots
from store.gateways.port import BadSignature
from tests.gateways.paypal_certs import (
    CERT_URL,
    ISSUER_URL,
    LEAF_NAME,
    LIFE,
    NOW,
    Huge,
    Shelf,
    make_elliptic_key,
    make_issuer,
    make_key,
    make_leaf,
    make_root,
    sign,
    to_der,
    to_pem,
)

LIVE = "https://api-m.paypal.com"
SANDBOX = "http://127.0.0.1:8001"
CERT_PATH = "/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"
# A leaf's bytes: X.509 version 3, and the extension that says what the key is for.
VERSION, KEY_USAGE = b"\xa0\x03\x02\x01\x02", b"\x06\x03\x55\x1d\x0f"


def make_chain(root: str = "Test Root", **leaf: Any) -> bytes:
    """Leaf and issuer, as a server gives them."""
    issuer = make_issuer(root)
    return make_leaf(issuer, **leaf) + to_pem(issuer[0])


def of_paypal(shelf: httpx.AsyncBaseTransport, seconds: float = 5.0, now: datetime = NOW) -> Certificates:
    """PayPal's certificates, of which the test's root is trusted."""
    return Certificates(LIVE, None, shelf, seconds=seconds, now=lambda: now, roots=lambda: [make_root()[0]])


def of_sandbox(shelf: Shelf, ca_file: Path, base: str = SANDBOX) -> Certificates:
    """Those of a sandbox on this machine."""
    return Certificates(base, ca_file, shelf, now=lambda: NOW)


@pytest.mark.parametrize(
    "url",
    [CERT_URL, *(f"https://{host}{CERT_PATH}" for host in ("api-m.paypal.com", "api.sandbox.paypal.com"))],
)
async def test_key_is_the_leafs_when_paypal_serves_a_chain_to_a_trusted_root(url: str) -> None:
    shelf = Shelf()
    shelf.lies[url] = make_chain()

    key = await of_paypal(shelf).find_key(url, NOW)

    assert key.public_numbers() == make_key().public_key().public_numbers()


@pytest.mark.parametrize(
    "url",
    [
        CERT_URL.replace("https", "http"),
        CERT_URL.replace("api.paypal.com", "api.paypal.com.evil.example"),
        CERT_URL.replace("api.paypal.com", "evilpaypal.com"),
        CERT_URL.replace("api.paypal.com", "apixpaypal.com"),
        CERT_URL.replace("api.paypal.com", "evil.example"),
        CERT_URL.replace("api.paypal.com", "API.paypal.com"),
        CERT_URL.replace("api.paypal.com", "api.paypal.com."),
        CERT_URL.replace("api.paypal.com", "api.pаypal.com"),
        CERT_URL.replace("api.paypal.com", "api.paypal.com@evil.example"),
        CERT_URL.replace("api.paypal.com", "user:word@api.paypal.com"),
        CERT_URL.replace("api.paypal.com", "api.paypal.com:444"),
        CERT_URL.replace("api.paypal.com", "api.paypal.com:443"),
        CERT_URL.replace("api.paypal.com/", "api.paypal.com\\@evil.example/"),
        CERT_URL.replace("/v1/notifications/certs/", "/v1/other/"),
        CERT_URL.replace("/v1/", "//v1/"),
        CERT_URL.replace("/certs/", "/certs/../"),
        CERT_URL + "/..",
        CERT_URL + "?x=1",
        CERT_URL + "#x",
        CERT_URL + "\n",
        " " + CERT_URL,
        CERT_URL.replace("CERT-", "CERT%2d"),
        "https://api.paypal.com/v1/notifications/certs/",
        f"{SANDBOX}{CERT_PATH}",
        "file:///etc/passwd",
        "",
    ],
)
async def test_nobody_is_asked_when_the_address_is_not_paypals_letter_by_letter(url: str) -> None:
    shelf = Shelf(chain=make_chain())
    shelf.lies[url] = make_chain()

    with pytest.raises(BadSignature, match="none of PayPal's"):
        await of_paypal(shelf).find_key(url, NOW)

    assert shelf.asked == []


async def test_sandbox_is_believed_by_its_own_root_only_from_its_own_origin(tmp_path: Path) -> None:
    ca_file, shelf = tmp_path / "ca.pem", Shelf(chain=make_chain())
    ca_file.write_bytes(to_pem(make_root()[0]))
    shelf.lies[f"{SANDBOX}{CERT_PATH}"] = make_chain()

    assert await of_sandbox(shelf, ca_file).find_key(f"{SANDBOX}{CERT_PATH}", NOW)

    asked = len(shelf.asked)
    for origin in (
        "https://127.0.0.1:8001",
        "http://127.0.0.1",
        "http://127.0.0.1:80010",
        "http://localhost:8001",
        "http://127.0.0.1:8001@evil.example",
        "https://api.paypal.com",
    ):
        with pytest.raises(BadSignature, match="none of PayPal's"):
            await of_sandbox(shelf, ca_file).find_key(f"{origin}{CERT_PATH}", NOW)
    assert len(shelf.asked) == asked


async def test_sandbox_is_not_believed_when_its_root_is_missing_or_another(tmp_path: Path) -> None:
    ca_file, shelf = tmp_path / "ca.pem", Shelf()
    shelf.lies[f"{SANDBOX}{CERT_PATH}"] = make_chain()

    for content in (None, b"", to_pem(make_root("Another Root")[0])):
        if content is not None:
            ca_file.write_bytes(content)
        with pytest.raises(BadSignature):
            await of_sandbox(shelf, ca_file).find_key(f"{SANDBOX}{CERT_PATH}", NOW)


def make_old_issuer() -> bytes:
    """The issuer as it was, with the same key; it has run out."""
    above, key = make_root()
    issuer = make_issuer()[1].public_key()
    return to_pem(sign("Test Issuer", issuer, above, key, authority=True, life=(LIFE[0], NOW - timedelta(days=1))))


def make_odd(place: bytes, put: bytes) -> bytes:
    """A chain whose leaf has other bytes in one place."""
    der = to_der(read_pem(make_leaf(make_issuer()))[0])
    assert place in der
    text = base64.encodebytes(der.replace(place, put, 1))
    leaf = b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"
    return leaf + to_pem(make_issuer()[0])


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(lambda: make_chain("Another Root"), id="another root"),
        pytest.param(lambda: make_leaf(make_issuer()), id="no issuer"),
        pytest.param(lambda: make_leaf(make_issuer()) + to_pem(make_issuer("Another Root")[0]), id="wrong issuer"),
        pytest.param(lambda: make_chain(names=("messageverificationcerts.paypal.com.evil.example",)), id="other name"),
        pytest.param(lambda: make_chain(names=("evilpaypal.com",)), id="look-alike name"),
        pytest.param(lambda: make_chain(names=()), id="no name"),
        pytest.param(lambda: to_pem(make_issuer()[0]) + make_leaf(make_issuer()), id="wrong order"),
        pytest.param(lambda: make_chain(public_key=make_elliptic_key()), id="no RSA key"),
        pytest.param(lambda: make_chain(public_key=make_key("short").public_key()), id="short key"),
        pytest.param(lambda: make_chain() + to_pem(make_issuer()[0]) * 4, id="long chain"),
        pytest.param(lambda: make_chain(names=("*.paypal.com",)), id="name of many"),
        pytest.param(lambda: make_chain(names=("evil.example\0.paypal.com",)), id="name that ends early"),
        pytest.param(
            lambda: make_leaf(make_issuer("Another Root")) + make_chain(), id="good chain behind another leaf"
        ),
        pytest.param(lambda: make_chain("Another Root") + to_pem(make_root("Another Root")[0]), id="root in the file"),
        pytest.param(lambda: make_leaf(make_issuer()) + make_old_issuer(), id="issuer that has run out"),
        pytest.param(lambda: make_odd(VERSION, b"\xa0\x03\x02\x01\x05"), id="version of the future"),
        pytest.param(lambda: make_odd(KEY_USAGE, b"\x06\x03\x55\x1d\x25"), id="same extension twice"),
        pytest.param(lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", id="nonsense"),
        pytest.param(lambda: b"<html>", id="no certificate"),
    ],
)
async def test_certificate_is_refused_when_it_is_not_paypals(chain: Callable[[], bytes]) -> None:
    with pytest.raises(BadSignature):
        await of_paypal(Shelf(chain=chain())).find_key(CERT_URL, NOW)


@pytest.mark.parametrize(
    ("sent", "now", "good"),
    [
        (NOW, NOW, True),
        (LIFE[0] + timedelta(seconds=1), LIFE[1] - timedelta(seconds=1), True),
        (LIFE[0] - timedelta(seconds=1), NOW, False),
        (NOW, LIFE[1] + timedelta(seconds=1), False),
        (LIFE[1] + timedelta(seconds=1), NOW, False),
        (NOW, LIFE[0] - timedelta(seconds=1), False),
    ],
)
async def test_certificate_counts_when_it_is_valid_both_at_sending_and_now(
    sent: datetime, now: datetime, good: bool
) -> None:
    certificates = of_paypal(Shelf(chain=make_chain()), now=now)

    if good:
        assert await certificates.find_key(CERT_URL, sent)
        return
    with pytest.raises(BadSignature, match="not trusted"):
        await certificates.find_key(CERT_URL, sent)


async def answer_redirect() -> httpx.Response:
    return httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})


async def answer_huge() -> httpx.Response:
    return httpx.Response(200, stream=Huge())


async def answer_packed() -> httpx.Response:
    return httpx.Response(200, content=make_chain(), headers={"content-encoding": "x"})


async def answer_lost() -> httpx.Response:
    raise httpx.ConnectError("refused")


async def answer_error() -> httpx.Response:
    return httpx.Response(500, content=make_chain())


@pytest.mark.parametrize("answer", [answer_redirect, answer_huge, answer_packed, answer_lost, answer_error])
async def test_delivery_is_refused_when_its_certificate_server_misbehaves(
    answer: Callable[[], Awaitable[httpx.Response]],
) -> None:
    shelf = Shelf(chain=answer)

    with pytest.raises(BadSignature, match="could not be fetched"):
        await of_paypal(shelf).find_key(CERT_URL, NOW)

    assert shelf.asked == [CERT_URL]


async def test_reading_stops_when_a_certificate_is_too_large() -> None:
    huge = Huge()

    async def answer() -> httpx.Response:
        return httpx.Response(200, stream=huge)

    with pytest.raises(BadSignature, match="larger"):
        await of_paypal(Shelf(chain=answer)).find_key(CERT_URL, NOW)

    assert huge.given <= CERT_BYTES + 2**14


async def test_delivery_is_refused_when_its_certificate_comes_too_slowly() -> None:
    async def never() -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    assert FETCH_SECONDS < 10
    with pytest.raises(BadSignature, match="no answer in time"):
        await of_paypal(Shelf(chain=never), seconds=0.01).find_key(CERT_URL, NOW)


async def test_certificate_is_fetched_once_and_judged_each_time_when_deliveries_follow() -> None:
    shelf, times = Shelf(chain=make_chain()), [NOW, NOW, LIFE[1] + timedelta(days=1)]
    certificates = Certificates(LIVE, None, shelf, now=lambda: times[0], roots=lambda: [make_root()[0]])
    for _ in range(2):
        await certificates.find_key(CERT_URL, NOW)
        times.pop(0)

    with pytest.raises(BadSignature):
        await certificates.find_key(CERT_URL, NOW)

    assert shelf.asked == [CERT_URL]


async def test_issuer_is_fetched_from_the_authority_when_the_leaf_comes_alone() -> None:
    shelf = Shelf(chain=make_leaf(make_issuer(), aia=ISSUER_URL), issuer=to_der(make_issuer()[0]))

    assert await of_paypal(shelf).find_key(CERT_URL, NOW)

    assert shelf.asked == [CERT_URL, ISSUER_URL]


@pytest.mark.parametrize("issuer", [b"", b"nonsense", None])
async def test_leaf_alone_is_refused_when_its_issuer_is_not_the_right_one(issuer: bytes | None) -> None:
    another = to_der(make_issuer("Another Root")[0])
    shelf = Shelf(chain=make_leaf(make_issuer(), aia=ISSUER_URL), issuer=another if issuer is None else issuer)

    with pytest.raises(BadSignature):
        await of_paypal(shelf).find_key(CERT_URL, NOW)


@pytest.mark.parametrize("place", ["http://169.254.169.254/x.crt", "http://cacerts.digicert.com.evil.example/x.crt"])
async def test_nobody_else_is_asked_when_a_leaf_names_another_place_for_its_issuer(place: str) -> None:
    shelf = Shelf(chain=make_leaf(make_issuer(), aia=place))

    with pytest.raises(BadSignature):
        await of_paypal(shelf).find_key(CERT_URL, NOW)

    assert shelf.asked == [CERT_URL]


def test_web_is_trusted_by_the_roots_that_browsers_trust() -> None:
    roots = read_roots()

    assert len(roots) > 50
    assert all(root.issuer == root.subject for root in roots)
    assert any(root.not_valid_after_utc > datetime.now(UTC) for root in roots)
    assert read_pem(make_leaf(make_issuer()))[0].subject.rfc4514_string() == f"CN={LEAF_NAME}"
