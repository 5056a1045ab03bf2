"""Security and cache headers on every answer: pages, fragments, files, redirects and errors alike.

The content policy allows no inline script or style and no foreign host; `form-action` alone lists the
providers, because Chromium applies it to the redirect that follows a POST. A handler's own header stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.kit.web.asgi import ASGIApp, Message, Receive, Scope, Send
from store.kit.web.htmx import VARY
from store.kit.web.templates import STATIC_ROUTE

FOR_EVER = b"public, max-age=31536000, immutable"
FOR_AN_HOUR = b"public, max-age=3600"
CHECK_FIRST = b"private, no-cache"
NEVER = b"no-store"
HSTS = b"max-age=31536000; includeSubDomains"


@dataclass(frozen=True)
class HeaderPolicy:
    """What differs per installation. `private` are path prefixes whose answers no cache may keep."""

    https: bool
    form_origins: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


class SecurityHeaders:
    """ASGI: add what is missing from the answer's headers."""

    def __init__(self, app: ASGIApp, policy: HeaderPolicy) -> None:
        self.app = app
        self.policy = policy
        self.fixed = _fixed_headers(policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                present = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in self.fixed if name not in present]
                if b"cache-control" not in present:
                    headers.append((b"cache-control", self._cache_control(scope, message["status"])))
                if _is_html(headers):
                    headers.append((b"vary", VARY.encode()))
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _cache_control(self, scope: Scope, status: int) -> bytes:
        path = scope["path"]
        if path.startswith(STATIC_ROUTE) and status in (200, 206, 304):
            return FOR_EVER if scope["query_string"].startswith(b"v=") else FOR_AN_HOUR
        if scope["method"] not in ("GET", "HEAD") or status >= 300 or path.startswith(self.policy.private):
            return NEVER
        return CHECK_FIRST


def content_security_policy(form_origins: tuple[str, ...]) -> str:
    """The policy of every page; `form_origins` are where a posted form may be redirected to."""
    targets = " ".join(("'self'", *form_origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action {targets}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def payment_page_policy(form_origins: tuple[str, ...], provider: tuple[str, ...], nonce: str) -> dict[str, str]:
    """The headers of the one page that runs a provider's script, from the origins in `provider`.

    Its popup must keep its opener. `nonce` is for what that script writes into the page itself.
    """
    hosts, targets = " ".join(provider), " ".join(("'self'", *form_origins))
    policy = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}' {hosts}; style-src 'self' 'nonce-{nonce}' {hosts}; "
        f"img-src 'self' data: {hosts}; font-src 'self'; connect-src 'self' {hosts}; frame-src {hosts}; "
        f"child-src {hosts}; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    return {"Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin-allow-popups"}


def _fixed_headers(policy: HeaderPolicy) -> list[tuple[bytes, bytes]]:
    fixed = {
        "content-security-policy": content_security_policy(policy.form_origins),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    headers = [(name.encode(), value.encode()) for name, value in fixed.items()]
    return [*headers, (b"strict-transport-security", HSTS)] if policy.https else headers


def _is_html(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)
