"""What a resource file hands to the API: routes, and the call that a handler answers.

`ROUTES` of a file is a tuple of (method, path template, operation id, handler); the operation id is the one of PayPal's
OpenAPI file. A handler runs inside the world's transaction when it is `def`, and without one when it is `async def`.
Invariant: the body that a handler sees has passed the operation's schema.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from store.sandbox.paypal.app import App


@dataclass(frozen=True)
class Call:
    """One authenticated request whose body is checked.

    `params` are the path's ids, `body` the parsed JSON (an empty object when none was sent), `raw` the bytes as they
    came, `request_id` the `PayPal-Request-Id` or an empty text, `origin` where the client reached the sandbox.
    """

    app: App
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    prefer_representation: bool = False
    origin: str = "http://127.0.0.1:8001"
    raw: bytes = b""
    operation_id: str = ""

    @property
    def now(self) -> int:
        """Epoch seconds of the sandbox's clock."""
        return self.app.now


@dataclass(frozen=True)
class Answer:
    """What a handler answers: the whole resource; the API shortens it when the caller asked for the minimum.

    `latest` is the path whose GET tells the resource's latest state: a repeat of the request under its
    `PayPal-Request-Id` answers with that and 200. `minimal` is the short form where it is more than id, status, links.
    `body` None sends no body.
    """

    status: int = 200
    body: Any = None
    latest: str = ""
    minimal: Any = None


Handler = Callable[[Call], Answer | Awaitable[Answer]]
Route = tuple[str, str, str, Handler]
Routes = tuple[Route, ...]
