"""The account's own page: who is signed in, and the ways to everything else of theirs."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from store.accounts.controllers.forms import NO_STORE
from store.accounts.controllers.guards import require_person
from store.accounts.queries import Person
from store.kit.web.templates import page


@get("/account")
async def show_account(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The page everything of an account is reached from."""
    return page("accounts/account.html", require_person(person, request), headers=NO_STORE)
