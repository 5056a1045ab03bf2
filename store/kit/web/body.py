"""No body larger than its path may have is ever held or parsed, announced or chunked.

The body is read here, counted as it comes, and handed on whole: whatever reads it later is safe.
"""

from __future__ import annotations

from store.kit.errors import ShopError
from store.kit.web.asgi import ASGIApp, Message, Receive, Scope, Send
from store.kit.web.errors import send_error

FORM_BYTES = 64 * 1024
BODYLESS = frozenset({"GET", "HEAD", "OPTIONS"})


class TooLarge(ShopError):
    """More bytes than this path takes."""

    status = 413
    title = "That is too much"

    def __init__(self) -> None:
        super().__init__("What was sent is larger than this page takes.")


class BodyCaps:
    """ASGI: 413 beyond the cap. `caps` maps path prefixes to bytes; other paths take `FORM_BYTES`."""

    def __init__(self, app: ASGIApp, caps: dict[str, int]) -> None:
        self.app = app
        self.caps = caps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"] in BODYLESS and _announced(scope) == 0):
            await self.app(scope, receive, send)
            return
        cap = next((size for prefix, size in self.caps.items() if scope["path"].startswith(prefix)), FORM_BYTES)
        if _announced(scope) > cap:
            await send_error(scope, receive, send, TooLarge())
            return
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunks.append(message["body"])
            size += len(message["body"])
            if size > cap:
                await send_error(scope, receive, send, TooLarge())
                return
            more = message.get("more_body", False)
        await self.app(scope, _replay(b"".join(chunks), receive), send)


def _announced(scope: Scope) -> int:
    """Bytes the client announced; 0 when it did not say (then they are counted as they come)."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()  # what follows is the disconnect
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
