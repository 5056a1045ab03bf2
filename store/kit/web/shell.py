"""The shell around the app: every request passes it, whether or not a route matches.

Litestar runs its own middleware only for known routes, so a 404 or 405 would leave without headers. From
outside in: request id, headers, CSRF, body cap, HEAD, the app.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from litestar import Litestar

from store.kit.web.body import BodyCaps
from store.kit.web.csrf import CsrfGuard
from store.kit.web.head import HeadAsGet
from store.kit.web.headers import HeaderPolicy, SecurityHeaders
from store.kit.web.request_id import RequestIds


@dataclass(frozen=True)
class Shell:
    """What the shell needs to know. `origin` is scheme://host[:port] of the shop, without a slash at the end.

    `unguarded` are path prefixes that authenticate each request themselves; `body_caps` bytes by path prefix.
    """

    origin: str
    headers: HeaderPolicy
    unguarded: tuple[str, ...] = ()
    body_caps: dict[str, int] = field(default_factory=dict)


def enclose(app: Litestar, shell: Shell) -> Litestar:
    """Put the shell around `app`, once, and return it."""
    inner = BodyCaps(HeadAsGet(app.asgi_handler), shell.body_caps)
    guarded = CsrfGuard(inner, shell.origin, shell.unguarded)
    app.asgi_handler = RequestIds(SecurityHeaders(guarded, shell.headers))
    return app
