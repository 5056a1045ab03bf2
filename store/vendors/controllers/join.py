"""Where the mail of an invitation leads: a button for whoever is signed in with the address it was sent to."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from store.accounts.controllers import flash
from store.accounts.controllers.forms import CHANGES, NO_STORE
from store.accounts.controllers.guards import require_person
from store.accounts.controllers.session import read_session, renew
from store.accounts.queries import Person
from store.accounts.service import email_key
from store.kit.db import transaction
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.settings import Settings
from store.vendors import service
from store.vendors.queries import Offer, find_offer


class JoinView(Struct, frozen=True):
    """The page; `signed_in_as` is "" for a guest, `yours` says whether the offer is for the account signed in."""

    offer: Offer
    path: str
    signed_in_as: str
    yours: bool


@get("/sell/join/{token:str}")
async def show_join(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """What is offered, and how to take it."""
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    offer = await find_offer(token)
    if offer is None:
        raise service.InvitationEnded
    yours = person is not None and email_key(person.email) == offer.email_key
    view = JoinView(offer, request.url.path, person.email if person else "", yours)
    return page("vendors/join.html", view, headers=NO_STORE)


@post("/sell/join/{token:str}")
async def join_shop(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Take the place. What the account may do has changed: this session gets another id, every other one ends."""
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    found = require_person(person, request)
    async with transaction():
        shop = await service.accept_invitation(found.id, token, read_session(request, secure=settings.https))
    await renew(request, secure=settings.https)
    flash(request, f"You work in {shop} now.")
    return see_other("/account")
