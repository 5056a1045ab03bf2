"""What htmx 4 says about a request, and what it wants back."""

from __future__ import annotations

from store.kit.web.asgi import Scope

VARY = "HX-Request, HX-Request-Type"


def wants_fragment(scope: Scope) -> bool:
    """Whether htmx will swap the answer into a page: a partial request that is no history restore.

    htmx marks history restores as HX-Request too, and they need the whole page.
    """
    headers = dict(scope["headers"])
    return (
        headers.get(b"hx-request", b"").lower() == b"true"
        and headers.get(b"hx-request-type", b"").lower() == b"partial"
        and b"hx-history-restore-request" not in headers
    )
