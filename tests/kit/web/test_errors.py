"""Errors as page, fragment and problem+json, with our words and never an exception's."""

from pathlib import Path

import asyncpg
import httpx
import pytest

from store.kit.web.errors import describe

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
STATUSES = {
    "bad": 400,
    "forbidden": 403,
    "missing": 404,
    "conflict": 409,
    "too-many": 429,
    "later": 503,
    "bug": 500,
    "argument": 500,
    "unique": 500,
    "closed": 503,
    "refused": 503,
    "shutdown": 503,
    "full": 503,
    "deadlock": 503,
}


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
async def test_error_is_a_page_when_a_browser_asks(client: httpx.AsyncClient, kind: str, status: int) -> None:
    answer = await client.get(f"/fail/{kind}", headers={"Accept": "text/html,application/json;q=0.5"})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "inner words" not in answer.text


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
async def test_error_is_a_fragment_when_htmx_asks(client: httpx.AsyncClient, kind: str, status: int) -> None:
    answer = await client.get(f"/fail/{kind}", headers=HTMX)

    assert answer.status_code == status
    assert answer.text.startswith("<p role=alert>")


@pytest.mark.parametrize(("kind", "status"), STATUSES.items())
async def test_error_is_a_problem_when_json_is_asked(client: httpx.AsyncClient, kind: str, status: int) -> None:
    answer = await client.get(f"/fail/{kind}", headers={"Accept": "application/json"})

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert "inner words" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [HTMX | {"HX-History-Restore-Request": "true"}, {"HX-Request": "true", "HX-Request-Type": "full"}],
)
async def test_error_is_a_page_when_htmx_wants_a_whole_one(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert "<h1>" in (await client.get("/nowhere", headers=headers)).text


@pytest.mark.parametrize(("kind", "seconds"), [("too-many", "17"), ("later", "5"), ("refused", "5")])
async def test_client_is_told_when_to_come_back(client: httpx.AsyncClient, kind: str, seconds: str) -> None:
    assert (await client.get(f"/fail/{kind}")).headers["retry-after"] == seconds


async def test_provider_gets_json_when_its_delivery_fails(client: httpx.AsyncClient) -> None:
    answer = await client.get("/webhooks/nowhere", headers={"Accept": "*/*"})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_plain_page_is_sent_when_the_error_page_fails_too(client: httpx.AsyncClient, app) -> None:
    del app.state.pages

    answer = await client.get("/fail/missing")

    assert answer.status_code == 404
    assert "There is no such order." in answer.text


async def test_allowed_methods_are_named_when_another_is_used(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/", headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_visitor_is_asked_to_wait_when_the_servers_socket_is_gone(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        await asyncpg.connect(host=str(tmp_path), user="shop", database="shop")

    assert describe(caught.value).status == 503
    assert describe(FileNotFoundError("a template names static/x.css, which does not exist")).status == 500
    assert describe(FileNotFoundError(2, "No such file", "x.css")).status == 500
