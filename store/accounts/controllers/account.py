"""The account's own page, and the list of the browsers that are signed in."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from store.accounts import service
from store.accounts.controllers.forms import NO_STORE
from store.accounts.controllers.guards import require_person
from store.accounts.controllers.session import flash, read_session
from store.accounts.queries import OpenSession, Person, list_sessions
from store.kit.web.forms import read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.settings import Settings


class EndForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which browser to sign out: the key of one, or every other."""

    session: str = ""
    others: bool = False


class SessionsView(Struct, frozen=True):
    """Where the person is signed in."""

    sessions: tuple[OpenSession, ...]


@get("/account")
async def show_account(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The page everything of an account is reached from."""
    return page("accounts/account.html", require_person(person, request), headers=NO_STORE)


@get("/account/sessions")
async def show_sessions(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], person: NamedDependency[Person | None]
) -> Response[Any]:
    """The browsers that are signed in."""
    found = require_person(person, request)
    session_id = read_session(request, secure=settings.https) or ""
    view = SessionsView(await list_sessions(found.id, session_id))
    return page("accounts/sessions.html", view, headers=NO_STORE)


@post("/account/sessions/end")
async def end_sessions(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Sign out another browser, or all others. This one signs out by its own button."""
    found = require_person(person, request)
    form = await read_form(request, EndForm)
    if form.others:
        ended = await service.end_sessions(found.id, but=read_session(request, secure=settings.https))
        words = "Every other browser is signed out." if ended else "No other browser was signed in."
        flash(request, words)
    elif await service.end_session(found.id, form.session):
        flash(request, "That browser is signed out.")
    return see_other("/account/sessions")
