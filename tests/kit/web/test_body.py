"""No body beyond its path's cap is held or parsed, announced or chunked."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

OURS = {"Sec-Fetch-Site": "same-origin"}
FORM, WEBHOOK = 64 * 1024, 256 * 1024


@pytest.mark.parametrize(("path", "cap"), [("/echo", FORM), ("/webhooks/stripe", WEBHOOK)])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
async def test_body_is_refused_when_it_exceeds_the_cap(
    client: httpx.AsyncClient, path: str, cap: int, more: int, status: int, chunked: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * cap
        yield b"y" * more

    body: Any = chunks() if chunked else b"x" * (cap + more)
    answer = await client.post(path, content=body, headers=OURS)

    assert answer.status_code == status
    assert answer.text == str(cap) if status == 200 else "larger than this page takes" in answer.text


async def call(app: Litestar, headers: list[tuple[bytes, bytes]], messages: list[Any]) -> tuple[list[Any], int]:
    """Send raw ASGI messages; returns what came back, and how many messages were read."""
    waiting, sent = list(messages), []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "root_path": "",
        "scheme": "https",
        "http_version": "1.1",
        "headers": [(b"host", b"shop.test"), (b"sec-fetch-site", b"same-origin"), *headers],
        "client": ("203.0.113.9", 1),
        "server": ("shop.test", 443),
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    return sent, len(messages) - len(waiting)


def piece(size: int, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


async def test_nothing_is_read_when_the_announced_length_is_too_large(app: Litestar) -> None:
    sent, read = await call(app, [(b"content-length", b"65537")], [piece(65537, False)])

    assert sent[0]["status"] == 413
    assert read == 0


async def test_reading_stops_when_a_lying_body_reaches_the_cap(app: Litestar) -> None:
    sent, read = await call(app, [(b"content-length", b"10")], [piece(40_000)] * 5)

    assert sent[0]["status"] == 413
    assert read == 2


async def test_connection_is_closed_when_it_is_a_websocket(app: Litestar) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/echo", "headers": [(b"host", b"shop.test")], "query_string": b""}
    await app({**scope, "raw_path": b"/echo", "root_path": ""}, receive, send)  # type: ignore[arg-type]

    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_nothing_is_answered_when_the_client_went_away(app: Litestar) -> None:
    sent, _ = await call(app, [], [piece(10), {"type": "http.disconnect"}])

    assert sent == []
