"""Who works in a shop, for its owner: invite by mail, take an invitation back, remove. Needs a recent sign-in."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from store.accounts.controllers import flash, require_fresh
from store.accounts.controllers.forms import MAILS_TO_ONE, NO_STORE, Email
from store.accounts.controllers.session import read_session
from store.accounts.queries import Person
from store.accounts.service import email_key
from store.kit.db import transaction
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.settings import Settings
from store.vendors import service
from store.vendors.controllers.seats import require_owner
from store.vendors.queries import Seat, Team, read_team
from store.vendors.states import Role

TEAM = "/sell/team"
# (tries, seconds) for one shop: each is a mail to somebody.
INVITATIONS = (20, 3600)


class InviteForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite, and as what."""

    email: Email
    role: Annotated[str, Meta(pattern=f"^({'|'.join(Role)})$", extra={"wrong": "Choose what they may do."})]


class WhichInvitation(Struct, frozen=True, forbid_unknown_fields=True):
    invitation: UUID


class WhichPerson(Struct, frozen=True, forbid_unknown_fields=True):
    person: UUID


class TeamView(Struct, frozen=True):
    """The page; `me` is who looks, who is not offered to remove themselves while alone."""

    seat: Seat
    team: Team
    me: UUID
    form: dict[str, str]
    errors: dict[str, str]


@get(TEAM)
async def show_team(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Everybody in the shop, and a form to invite somebody."""
    seat = await require_owner(person, request)
    me = require_fresh(person, request)
    return await _show(seat, me, {"email": "", "role": Role.STAFF}, {})


@post(TEAM)
async def invite_member(
    request: Request[Any, Any, Any], limits: NamedDependency[RateLimits], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Have an invitation sent."""
    seat = await require_owner(person, request)
    me = require_fresh(person, request)
    try:
        form = await read_form(request, InviteForm)
        await limits.take(f"invite:{seat.vendor_id}", *INVITATIONS)
        await limits.take(f"mails-to:{email_key(form.email)}", *MAILS_TO_ONE)
        try:
            async with transaction():
                await service.invite(seat.vendor_id, me.id, form.email, Role(form.role))
        except service.HasAShop as there:
            raise InvalidForm({"email": there.message}, {"email": form.email, "role": form.role}) from None
    except InvalidForm as wrong:
        typed = {name: wrong.values.get(name, "") for name in ("email", "role")}
        return await _show(seat, me, typed, wrong.errors, status=422)
    flash(request, f"An invitation to {form.email} is on its way. Its link works for three days.")
    return see_other(TEAM)


@post(f"{TEAM}/withdraw")
async def withdraw_from_team(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Take an invitation back."""
    seat = await require_owner(person, request)
    require_fresh(person, request)
    form = await read_form(request, WhichInvitation)
    email = await service.withdraw_invitation(seat.vendor_id, form.invitation)
    flash(request, f"The invitation to {email} does not work any more.")
    return see_other(TEAM)


@post(f"{TEAM}/remove")
async def remove_from_team(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], person: NamedDependency[Person | None]
) -> Response[Any]:
    """End somebody's place in the shop."""
    seat = await require_owner(person, request)
    me = require_fresh(person, request)
    form = await read_form(request, WhichPerson)
    async with transaction():
        await service.remove_member(seat.vendor_id, form.person, read_session(request, secure=settings.https))
    if form.person == me.id:
        flash(request, f"You have left {seat.name}.")
        return see_other("/account")
    flash(request, f"They do not work in {seat.name} any more, and are signed out everywhere.")
    return see_other(TEAM)


async def _show(
    seat: Seat, me: Person, form: dict[str, str], errors: dict[str, str], status: int = 200
) -> Response[Any]:
    view = TeamView(seat, await read_team(seat.vendor_id), me.id, form, errors)
    return page("vendors/team.html", view, status=status, headers=NO_STORE)
