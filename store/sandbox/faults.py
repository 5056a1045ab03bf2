"""Things that go wrong on demand: provider faults for requests, and interference with webhook deliveries.

Request faults stand around the whole app except `/_sandbox` and `/healthz`. `before` means that the request
never takes effect; `after` means that it took effect and the answer is lost. Rules live in memory: a restart
clears them. A connection cannot be torn down from inside an ASGI app, so `reset` starts an answer that
promises more bytes than it sends; clients see a broken connection (in-process ones get the same httpx error).
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import httpx
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from store.sandbox.records import note_request

NEVER_FAULTY = ("/_sandbox", "/healthz", "/assets")
HANG_SECONDS = 60.0
DRAIN_BYTES = 2**20


class ConnectionCut(httpx.RemoteProtocolError):
    """The answer was cut on purpose; raised through ASGI so that no complete answer leaves."""


@dataclass
class RequestFault:
    """One rule: the next `left` matching requests (None = until cleared) meet `action`."""

    method: str
    path: str
    when: str
    action: str
    status: int = 500
    seconds: float = HANG_SECONDS
    left: int | None = 1


@dataclass
class DeliveryRule:
    """One rule for webhook deliveries planned from now on; `hold` stays until released or cleared."""

    action: str
    type: str | None = None
    event: str | None = None
    seconds: float = 0.0
    left: int | None = 1

    def matches(self, type: str, event: str) -> bool:
        """Tell whether a delivery of `event` with this event type is meant; both filters may hold globs."""
        return fnmatchcase(type, self.type or "*") and fnmatchcase(event, self.event or "*")


@dataclass
class Faults:
    """The rules in force. Counts go down when a rule is used, and a used-up rule is forgotten."""

    requests: list[RequestFault] = field(default_factory=list)
    deliveries: list[DeliveryRule] = field(default_factory=list)

    def take_request(self, method: str, path: str, when: str) -> RequestFault | None:
        """Return and use up the oldest rule for this request, or None."""
        for rule in self.requests:
            if rule.when == when and fnmatchcase(method, rule.method) and fnmatchcase(path, rule.path):
                _use(self.requests, rule)
                return rule
        return None

    def take_delivery(self, action: str, type: str, event: str) -> DeliveryRule | None:
        """Return and use up the oldest `action` rule for this delivery, or None."""
        for rule in self.deliveries:
            if rule.action == action and rule.matches(type, event):
                _use(self.deliveries, rule)
                return rule
        return None

    def release(self, type: str | None, event: str | None) -> None:
        """Forget the `hold` rules with the same filters; without a filter all of them."""
        everything = type is None and event is None
        self.deliveries = [
            rule
            for rule in self.deliveries
            if rule.action != "hold" or not (everything or (rule.type, rule.event) == (type, event))
        ]

    def clear(self) -> None:
        """Forget every rule."""
        self.requests.clear()
        self.deliveries.clear()


class FaultLayer:
    """The ASGI app around the sandbox that lets requests fail as the rules say."""

    def __init__(self, inner: ASGIApp, faults: Faults, records: sqlite3.Connection, closing: asyncio.Event) -> None:
        self._inner = inner
        self._faults = faults
        self._records = records
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] != ScopeType.HTTP or path.startswith(NEVER_FAULTY):
            return await self._inner(scope, receive, send)
        method = str(scope["method"])
        if fault := self._faults.take_request(method, path, "before"):
            body = await _drain(receive)
            if path.startswith("/v1/"):
                headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
                note_request(
                    self._records,
                    method,
                    path,
                    headers,
                    scope["query_string"],
                    body,
                    f"before:{fault.action}",
                )
            return await self._interfere(fault, receive, send)
        if fault := self._faults.take_request(method, path, "after"):
            scope["state"]["fault"] = f"after:{fault.action}"
            await self._inner(scope, receive, _swallow)
            return await self._interfere(fault, receive, send)
        return await self._inner(scope, receive, send)

    async def _interfere(self, fault: RequestFault, receive: Receive, send: Send) -> None:
        if fault.action == "status":
            return await _answer(fault.status, send)
        if fault.action == "hang":
            await self._hang(fault.seconds, receive)
        start: dict[str, Any] = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000000")],
        }
        await send(start)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionCut("The sandbox cut this connection because a fault rule said so.")

    async def _hang(self, seconds: float, receive: Receive) -> None:
        waits = {asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._closing.wait())}
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _use(rules: list[Any], rule: Any) -> None:
    if rule.left is not None:
        rule.left -= 1
        if rule.left <= 0:
            rules.remove(rule)


async def _drain(receive: Receive) -> bytes:
    body = b""
    while len(body) < DRAIN_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message["body"]
        if not message["more_body"]:
            break
    return body


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _swallow(message: Message) -> None:
    return None


async def _answer(status: int, send: Send) -> None:
    kind, code = ("invalid_request_error", "rate_limit") if status == 429 else ("api_error", None)
    error = {"type": kind, "message": f"A fault rule of the sandbox answered {status}."}
    body = json.dumps({"error": error | ({"code": code} if code else {})}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"request-id", b"req_fault"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
