"""Unsafe requests must come from our own pages: Fetch Metadata says so, else the Origin must be ours.

No token, so pages with forms can be cached whole and nothing can leak (OWASP lists Fetch Metadata as a
primary defence). Exempt are only endpoints that authenticate each request themselves: signed webhooks.
"""

from __future__ import annotations

from store.kit.errors import ShopError
from store.kit.web.asgi import ASGIApp, Receive, Scope, Send
from store.kit.web.errors import send_error

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TRUSTED_SITES = frozenset({b"same-origin", b"none"})


class ForeignRequest(ShopError):
    """A form that did not come from a page of this shop."""

    status = 403
    title = "This page was open too long"

    def __init__(self) -> None:
        super().__init__("For your safety nothing was done. Please go back, reload the page and try again.")


class CsrfGuard:
    """ASGI: answer 403 to an unsafe request that another site may have made. `origin` is the shop's own."""

    def __init__(self, app: ASGIApp, origin: str, exempt: tuple[str, ...]) -> None:
        self.app = app
        self.origin = origin.encode()
        self.exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(scope):
            await send_error(scope, receive, send, ForeignRequest())
        else:
            await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        if scope["method"] in SAFE_METHODS or scope["path"].startswith(self.exempt):
            return True
        sites = [value for name, value in scope["headers"] if name == b"sec-fetch-site"]
        if sites:
            return len(sites) == 1 and sites[0] in TRUSTED_SITES
        return [value for name, value in scope["headers"] if name == b"origin"] == [self.origin]
