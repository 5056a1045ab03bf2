"""The ASGI app around the sandbox that lets requests fail as the rules say.

It stands around the provider's API and pages; the tester's own pages, the control API and `/healthz` never fail, or
nobody could end a fault. `before` means that the request never takes effect; `after` means that it took effect and the
answer is lost or spoilt. A connection cannot be torn down from inside an ASGI app, so `reset` starts an answer that
promises more bytes than it sends; clients see a broken connection (in-process ones get the same httpx error).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import httpx
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from store.sandbox.asked import ID_HEADERS, Asked, is_call, name_provider, read_call, refuse_call
from store.sandbox.faults import Incoming, RequestFault
from store.sandbox.kernel.errors import ApiError
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.records import note_request
from store.sandbox.stripe.api import Answer as ApiAnswer

NEVER_FAULTY = ("/_sandbox", "/healthz", "/assets", "/favicon.ico", "/console", "/mailbox")
DRAIN_BYTES = 2**20
GARBAGE = b"<!doctype html>\n<title>Bad gateway</title>\n<h1>Bad gateway</h1>\n<p>A fault rule sent this.</p>\n"
HALF = b'{\n  "id": "tr'
Headers = dict[str, str]
# From the worlds, a request's path and its headers: the platform its key belongs to, and the account it acts in.
NamesAccount = Callable[[Worlds, str, Headers], tuple[str, str]]


class ConnectionCut(httpx.RemoteProtocolError):
    """The answer was cut on purpose; raised through ASGI so that no complete answer leaves."""


class FaultLayer:
    """Passes each request on, or lets it meet the first rule that strikes it."""

    def __init__(
        self,
        inner: ASGIApp,
        state: State,
        name_account: NamesAccount,
    ) -> None:
        self._inner = inner
        self._state = state
        self._name_account = name_account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        faults = self._state.faults
        if scope["type"] != ScopeType.HTTP or path == "/" or path.startswith(NEVER_FAULTY) or not faults.requests:
            return await self._inner(scope, receive, send)
        method, headers = str(scope["method"]), _read_headers(scope)
        body, more = await _drain(receive)
        receive_again = _replay(body, more, receive)
        platform, account = self._name_account(self._state.worlds, path, headers)
        request = Incoming(method, path, account, lambda object: _mentions(scope, body, object), name_provider(path))
        query = scope["query_string"]
        asked = read_call(method, path, headers, query, body)
        if fault := faults.take_request(request, "before"):
            if is_call(path):
                note = f"before:{fault.action}"
                scope["state"]["fault"] = note
                if fault.action != "slow":
                    note_request(self._state.records, method, path, headers, query, body, note, platform, asked.id)
            if fault.action == "slow" and is_call(path):
                # The API waits after it has claimed the idempotency key: who asks again meanwhile meets the 409.
                scope["state"]["hold"] = partial(self._hold, fault.seconds, receive)
                return await self._inner(scope, receive_again, send)
            if fault.action == "slow":
                if await self._wait(fault.seconds, receive):
                    await self._inner(scope, receive_again, send)
                return None
            if fault.action == "truncate":
                return await _answer((200, asked.answer_headers, HALF), send)
            return await self._interfere(fault, asked, receive, send)
        if fault := faults.take_request(request, "after"):
            scope["state"]["fault"] = f"after:{fault.action}"
            answer = Answer()
            await self._inner(scope, receive_again, answer.take)
            # What was answered and what is sent instead are answers to one request: they have one id.
            asked = replace(asked, id=answer.request_id or asked.id)
            return await self._fail_after(fault, asked, answer, receive, send)
        return await self._inner(scope, receive_again, send)

    async def _fail_after(
        self, fault: RequestFault, asked: Asked, answer: Answer, receive: Receive, send: Send
    ) -> None:
        if fault.action == "slow":
            if await self._wait(fault.seconds, receive):
                await answer.give(send, answer.body)
            return None
        if fault.action == "truncate":
            return await answer.give(send, answer.body[: len(answer.body) // 2])
        return await self._interfere(fault, asked, receive, send)

    async def _interfere(self, fault: RequestFault, asked: Asked, receive: Receive, send: Send) -> None:
        if fault.action == "status":
            words = f"A fault rule of the sandbox answered {fault.status}."
            return await _answer(refuse_call(asked, fault.status, words), send)
        if fault.action == "garbage":
            # From a proxy on the way, which knows nothing of requests and versions.
            return await _answer((fault.status, {"Content-Type": "text/html; charset=utf-8"}, GARBAGE), send)
        if fault.action == "empty":
            return await _answer((fault.status, {}, b""), send)
        if fault.action == "hang":
            await self._wait(fault.seconds, receive)
        start: dict[str, Any] = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000000")],
        }
        await send(start)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionCut("The sandbox cut this connection because a fault rule said so.")

    async def _hold(self, seconds: float, receive: Receive) -> None:
        """Wait inside the API; ApiError, and so no effect, when the client or the sandbox went away first."""
        if not await self._wait(seconds, receive):
            raise ApiError(503, "The client or the sandbox went away before its time.", type="api_error")

    async def _wait(self, seconds: float, receive: Receive) -> bool:
        """Wait, at most until the client or the sandbox goes; tell whether the time is up and both are still there."""
        waits = {asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._state.closing.wait())}
        try:
            done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return not done


class Answer:
    """What the app answered, kept back."""

    def __init__(self) -> None:
        self.body = b""
        self._start: Any = {}

    async def take(self, message: Message) -> None:
        """Keep one message of the answer."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self.body += message["body"]

    @property
    def request_id(self) -> str:
        """The id that the API gave the request; empty for a page's answer."""
        sent: dict[bytes, bytes] = dict(self._start["headers"])
        return next((sent[name] for name in ID_HEADERS if name in sent), b"").decode("latin-1")

    async def give(self, send: Send, body: bytes) -> None:
        """Send the answer's head with this body, whose length it then tells."""
        headers = [pair for pair in self._start["headers"] if pair[0].lower() != b"content-length"]
        head: Any = {**self._start, "headers": [*headers, (b"content-length", str(len(body)).encode())]}
        await send(head)
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _read_headers(scope: Scope) -> Headers:
    return {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}


def _mentions(scope: Scope, body: bytes, object: str) -> bool:
    if object in scope["path"].split("/"):
        return True
    if f'"{object}"'.encode() in body:
        return True
    sent = parse_qsl(scope["query_string"].decode("latin-1")) + parse_qsl(body.decode("utf-8", "replace"))
    return any(value == object for _, value in sent)


async def _drain(receive: Receive) -> tuple[bytes, bool]:
    """Read a body, up to a limit, and tell whether more of it is to come."""
    body = b""
    while len(body) < DRAIN_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return body, False
        body += message["body"]
        if not message["more_body"]:
            return body, False
    return body, True


def _replay(body: bytes, more: bool, receive: Receive) -> Receive:
    """Give the body that was read, then whatever else comes."""
    given = False

    async def replay() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": more}

    return replay


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(answer: ApiAnswer, send: Send) -> None:
    status, told, body = answer
    told = told | {"Content-Length": str(len(body))}
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
