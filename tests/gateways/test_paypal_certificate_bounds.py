"""Deliveries that nobody has signed make us fetch few certificates, and never keep those of PayPal from counting."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from store.gateways.paypal.certificates import FETCHES, FETCHES_SECONDS, KEPT, SEEN_SECONDS, Certificates
from store.gateways.paypal.webhooks import verify_locally
from store.gateways.port import BadSignature, Unavailable
from tests.gateways.paypal_certs import (
    CERT_URL,
    LIFE,
    NOW,
    WEBHOOK_ID,
    Shelf,
    make_issuer,
    make_leaf,
    make_root,
    sign_delivery,
    to_pem,
)

BODY = b"{}"
OTHER = b'{"id":"WH-1"}'


def make_chain(root: str = "Test Root") -> bytes:
    """Leaf and issuer, as PayPal serves them."""
    return make_leaf(make_issuer(root)) + to_pem(make_issuer(root)[0])


class Hours:
    """Certificates of which the test's root is trusted, and the two clocks that they go by."""

    def __init__(self, shelf: httpx.AsyncBaseTransport) -> None:
        self.ticks, self.now = 1000.0, NOW
        self.certificates = Certificates(
            "https://api-m.paypal.com",
            None,
            shelf,
            now=lambda: self.now,
            ticks=lambda: self.ticks,
            roots=lambda: [make_root()[0]],
        )

    async def take(self, url: str = CERT_URL, body: bytes = BODY) -> None:
        """A delivery of BODY that names `url`; with another `body` its signature does not fit."""
        await verify_locally(self.certificates, WEBHOOK_ID, sign_delivery(BODY, cert_url=url), body)


async def test_few_are_fetched_when_hundreds_of_unknown_certificates_are_named() -> None:
    shelf = Shelf()
    hours = Hours(shelf)
    refused = []
    for n in range(200):
        with pytest.raises((BadSignature, Unavailable)) as told:
            await hours.take(f"{CERT_URL}-{n}")
        refused.append(told.type)

    assert len(shelf.asked) == FETCHES
    assert refused == [BadSignature] * FETCHES + [Unavailable] * (200 - FETCHES)
    hours.ticks += FETCHES_SECONDS
    with pytest.raises(BadSignature, match="404"):
        await hours.take(f"{CERT_URL}-200")


async def test_known_certificate_counts_when_too_many_unknown_ones_were_named() -> None:
    shelf = Shelf(chain=make_chain())
    hours = Hours(shelf)
    await hours.take()
    for n in range(200):
        with pytest.raises((BadSignature, Unavailable)):
            await hours.take(f"{CERT_URL}-{n}")
    before = len(shelf.asked)

    await hours.take()

    assert len(shelf.asked) == before


async def test_known_certificate_stays_when_others_are_named_with_which_nobody_signed() -> None:
    urls = [f"{CERT_URL}-{n}" for n in range(KEPT + 1)]
    shelf = Shelf(chain=make_chain())
    shelf.lies |= dict.fromkeys(urls, make_chain())
    hours = Hours(shelf)
    await hours.take()
    for url in urls:
        hours.ticks += FETCHES_SECONDS
        with pytest.raises(BadSignature, match="signature does not fit"):
            await hours.take(url, OTHER)

    await hours.take()

    assert shelf.asked == [CERT_URL, *urls]


async def test_kept_certificates_stay_few_when_many_have_signed() -> None:
    urls = [f"{CERT_URL}-{n}" for n in range(KEPT + 1)]
    shelf = Shelf()
    shelf.lies = dict.fromkeys(urls, make_chain())
    hours = Hours(shelf)
    for url in urls:
        hours.ticks += FETCHES_SECONDS
        await hours.take(url)

    hours.ticks += FETCHES_SECONDS
    await hours.take(urls[-1])
    await hours.take(urls[0])

    assert shelf.asked == [*urls, urls[0]]


async def test_address_that_failed_is_asked_again_only_when_a_while_has_passed() -> None:
    shelf = Shelf()
    hours = Hours(shelf)
    with pytest.raises(BadSignature, match="404"):
        await hours.take()
    shelf.lies[CERT_URL] = make_chain()

    with pytest.raises(Unavailable, match="a moment ago"):
        await hours.take()
    asked = list(shelf.asked)
    hours.ticks += SEEN_SECONDS
    await hours.take()

    assert (asked, shelf.asked) == ([CERT_URL], [CERT_URL] * 2)


async def test_refused_certificate_counts_a_while_later_when_it_is_put_right() -> None:
    shelf = Shelf(chain=make_chain("Another Root"))
    hours = Hours(shelf)
    for _ in range(2):
        with pytest.raises(BadSignature, match="not trusted"):
            await hours.take()
    shelf.lies[CERT_URL] = make_chain()
    assert shelf.asked == [CERT_URL]

    hours.ticks += SEEN_SECONDS
    await hours.take()


async def test_certificate_is_fetched_anew_when_the_one_that_is_kept_has_run_out() -> None:
    shelf = Shelf(chain=make_chain())
    hours = Hours(shelf)
    await hours.take()
    hours.now = LIFE[1] + timedelta(days=1)
    with pytest.raises(BadSignature, match="not trusted"):
        await hours.take()
    longer = (LIFE[0], LIFE[1] + timedelta(days=365))
    shelf.lies[CERT_URL] = make_leaf(make_issuer(), life=longer) + to_pem(make_issuer()[0])

    await hours.take()

    assert shelf.asked == [CERT_URL] * 2


async def test_one_fetch_serves_all_when_deliveries_come_at_once() -> None:
    asked, let_go = asyncio.Event(), asyncio.Event()

    async def answer() -> httpx.Response:
        asked.set()
        await let_go.wait()
        return httpx.Response(200, content=make_chain())

    shelf = Shelf(chain=answer)
    hours = Hours(shelf)
    deliveries = [asyncio.create_task(hours.take()) for _ in range(20)]
    await asked.wait()
    let_go.set()
    await asyncio.gather(*deliveries)

    assert shelf.asked == [CERT_URL]


async def test_next_delivery_fetches_when_the_one_that_was_fetching_is_gone() -> None:
    asked: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def answer() -> httpx.Response:
        let_go = asyncio.Event()
        asked.put_nowait(let_go)
        await let_go.wait()
        return httpx.Response(200, content=make_chain())

    shelf = Shelf(chain=answer)
    hours = Hours(shelf)
    first, second = (asyncio.create_task(hours.take()) for _ in range(2))
    await asked.get()
    first.cancel()
    (await asked.get()).set()

    await second
    assert first.cancelled()
    assert shelf.asked == [CERT_URL] * 2
