"""Who may go on: somebody who is signed in, and somebody who proved it a moment ago.

Ownership is not here: it is in the query of the thing, and what is not yours is not found.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response

from store.accounts.queries import Person
from store.kit import clock
from store.kit.errors import ShopError
from store.kit.web.errors import answer_error
from store.kit.web.htmx import wants_fragment
from store.kit.web.redirects import inside_or, see_other

ACCOUNT = "/account"
SIGN_IN = "/account/signin"
# What can take an account or its money away needs a sign-in of the last quarter of an hour.
FRESH_FOR = timedelta(minutes=15)


class SignInNeeded(ShopError):
    """Nobody is signed in, or not recently enough; a browser is led to the sign-in page and back to `path`."""

    status = 401
    title = "Please sign in"

    def __init__(self, path: str) -> None:
        super().__init__("This page needs you to be signed in.")
        self.path = path


def require_person(person: Person | None, request: Request[Any, Any, Any]) -> Person:
    """Who is signed in. Raises SignInNeeded."""
    if person is None:
        raise SignInNeeded(_come_back_to(request))
    return person


def require_fresh(person: Person | None, request: Request[Any, Any, Any]) -> Person:
    """Who signed in within `FRESH_FOR`. Raises SignInNeeded."""
    found = require_person(person, request)
    if not is_fresh(found):
        raise SignInNeeded(_come_back_to(request))
    return found


def is_fresh(person: Person) -> bool:
    """Whether this person's last sign-in counts for what needs one."""
    return clock.wall() - person.signed_in_at < FRESH_FOR


def lead_to_sign_in(request: Request[Any, Any, Any], needed: SignInNeeded) -> Response[Any]:
    """303 to the sign-in page; a fragment says it instead, because htmx would put the page into the page."""
    if wants_fragment(request.scope):
        return answer_error(request, needed)
    return see_other(f"{SIGN_IN}?next={quote(needed.path, safe='')}")


def _come_back_to(request: Request[Any, Any, Any]) -> str:
    """This page; after a form, which cannot be sent again by a redirect, the page that holds it."""
    if request.method == "GET":
        url = urlsplit(str(request.url))
        return inside_or(url.path + (f"?{url.query}" if url.query else ""), ACCOUNT)
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host"):
        return ACCOUNT
    return inside_or(came_from.path + (f"?{came_from.query}" if came_from.query else ""), ACCOUNT)
