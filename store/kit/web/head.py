"""HEAD is GET without the body. Litestar routes it only where a handler names it; monitors send it everywhere."""

from __future__ import annotations

from store.kit.web.asgi import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """ASGI: answer HEAD with what GET would answer, headers only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"] = "GET"
        try:
            await self.app(scope, receive, send_without_body)
        finally:
            scope["method"] = "HEAD"
