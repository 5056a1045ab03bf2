"""Every answer carries the security headers, whatever it is; caches keep only what they may."""

import httpx
import pytest

from store.kit.web.headers import content_security_policy

OURS = {"Sec-Fetch-Site": "same-origin"}
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/part", 200),
    ("GET", "/static/app.css", 200),
    ("GET", "/static/none.css", 404),
    ("GET", "/nowhere", 404),
    ("DELETE", "/", 405),
    ("POST", "/move", 303),
    ("POST", "/webhooks/stripe", 200),
    ("GET", "/fail/bug", 500),
    ("GET", "/fail/later", 503),
    ("GET", "/broken", 500),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_answer_carries_the_headers_when_it_is_anything(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path, headers=OURS)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in FIXED} == FIXED
    assert answer.headers.get_list("content-security-policy") == [
        content_security_policy(("https://checkout.stripe.com",))
    ]
    assert "camera=()" in answer.headers["permissions-policy"]
    assert len(answer.headers["x-request-id"]) == 12


def test_policy_allows_nothing_inline_when_it_is_read() -> None:
    policy = content_security_policy(("https://checkout.stripe.com",))

    assert "unsafe" not in policy
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "form-action 'self' https://checkout.stripe.com; base-uri 'none'; frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/static/app.css?v=0123", "public, max-age=31536000, immutable"),
        ("GET", "/static/app.css", "public, max-age=3600"),
        ("GET", "/static/none.css?v=0123", "no-store"),
        ("GET", "/", "private, no-cache"),
        ("GET", "/orders/abc", "no-store"),
        ("GET", "/nowhere", "no-store"),
        ("GET", "/fail/bug", "no-store"),
        ("POST", "/move", "no-store"),
    ],
)
async def test_cache_keeps_only_when_it_may(client: httpx.AsyncClient, method: str, path: str, expected: str) -> None:
    assert (await client.request(method, path, headers=OURS)).headers.get_list("cache-control") == [expected]


async def test_handlers_own_header_stays_alone_when_it_sets_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/own")

    assert answer.headers.get_list("referrer-policy") == ["no-referrer"]
    assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_head_is_get_without_a_body_when_it_is_sent(client: httpx.AsyncClient) -> None:
    for path in ("/", "/static/app.css", "/nowhere"):
        head, get = await client.head(path), await client.get(path)

        assert head.content == b""
        assert head.status_code == get.status_code
        assert head.headers["content-length"] == get.headers["content-length"]
        assert head.headers["cache-control"] == get.headers["cache-control"]


async def test_html_varies_by_htmx_when_it_is_a_page_or_an_error(client: httpx.AsyncClient) -> None:
    for path in ("/", "/part", "/nowhere"):
        assert "HX-Request, HX-Request-Type" in (await client.get(path)).headers.get_list("vary")
    assert "HX-Request" not in (await client.get("/static/app.css")).headers.get("vary", "")


async def test_request_id_is_ours_when_the_client_sends_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"X-Request-Id": "chosen"})

    assert answer.headers.get_list("x-request-id") != ["chosen"]
    assert answer.headers["x-request-id"] in answer.text
