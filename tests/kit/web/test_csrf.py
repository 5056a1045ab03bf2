"""Which unsafe requests are ours: a table of what browsers and attackers send."""

import httpx
import pytest

ORIGIN = "https://shop.test"

CASES = [
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"}, True),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, False),
    ({"Sec-Fetch-Site": "Same-Origin"}, False),
    ({"Sec-Fetch-Site": ""}, False),
    ({"Origin": ORIGIN}, True),
    ({"Origin": "https://evil.test"}, False),
    ({"Origin": "http://shop.test"}, False),
    ({"Origin": "https://shop.test:8443"}, False),
    ({"Origin": "https://shop.test.evil.test"}, False),
    ({"Origin": "null"}, False),
    ({"Referer": f"{ORIGIN}/cart"}, False),
    ({}, False),
]


@pytest.mark.parametrize(("headers", "ours"), CASES, ids=[str(headers) for headers, _ in CASES])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_unsafe_request_passes_only_when_it_is_ours(
    client: httpx.AsyncClient, method: str, headers: dict[str, str], ours: bool
) -> None:
    answer = await client.request(method, "/move", headers=headers)

    assert answer.status_code == ((303 if method == "POST" else 405) if ours else 403)


async def test_request_is_refused_when_the_header_comes_twice(client: httpx.AsyncClient) -> None:
    headers = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")]

    assert (await client.post("/move", headers=headers)).status_code == 403


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_safe_request_passes_when_it_is_foreign(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code < 300


async def test_webhook_passes_when_a_provider_sends_it(client: httpx.AsyncClient) -> None:
    assert (await client.post("/webhooks/stripe", content=b"{}")).status_code == 200


async def test_page_says_what_to_do_when_a_form_is_foreign(client: httpx.AsyncClient) -> None:
    answer = await client.post("/move", headers={"Sec-Fetch-Site": "cross-site"})

    assert "This page was open too long" in answer.text
    assert "reload the page" in answer.text
    assert answer.headers["x-request-id"] in answer.text
