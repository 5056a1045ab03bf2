"""Prove an address, or have another one instead. Nothing changes before the link in the new mailbox was followed.

The link alone is not enough: whoever follows it must be signed in to the account it is for. An account that a stranger
opened with somebody's address can thus not be made real by the mail's owner, who does not know its password.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from store.accounts import service
from store.accounts.controllers.forms import CHANGES, MAILS, MAILS_TO_ONE, NO_STORE, Email
from store.accounts.controllers.guards import ACCOUNT, require_fresh, require_person
from store.accounts.controllers.session import flash, read_session, renew
from store.accounts.queries import Person
from store.accounts.states import LinkKind
from store.kit.db import transaction
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.settings import Settings


class EmailForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The address to have instead."""

    email: Email


class EmailView(Struct, frozen=True):
    """The page that asks for another address."""

    now: str
    email: str
    errors: dict[str, str]


class VerifyView(Struct, frozen=True):
    """The page a verification mail leads to. `yours`: it is for the account that is signed in."""

    email: str
    signed_in_as: str
    path: str
    yours: bool


@post("/account/verify")
async def send_verification(
    request: Request[Any, Any, Any], limits: NamedDependency[RateLimits], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Send the verification mail again."""
    found = require_person(person, request)
    await _limit_mails(request, limits, found.email)
    if not found.verified:
        async with transaction():
            await service.ask_to_verify(found.id, found.email)
        flash(request, f"A mail to {found.email} is on its way. Its link works for 24 hours.")
    return see_other(ACCOUNT)


@get("/account/verify/{token:str}")
async def show_verify(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Where the mail leads: a button, because mail programs look at links by themselves."""
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    proof = await service.read_link(LinkKind.VERIFY_EMAIL, token)
    if proof is None:
        raise service.LinkEnded
    found = require_person(person, request)
    view = VerifyView(proof.email, found.email, request.url.path, proof.person == found.id)
    return page("accounts/verify.html", view, headers=NO_STORE)


@post("/account/verify/{token:str}")
async def verify(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Use the link. What the account may see has changed, so its session gets another id."""
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    found = require_person(person, request)
    email = await service.verify_email(found.id, token, read_session(request, secure=settings.https))
    await renew(request, secure=settings.https)
    flash(request, f"{email} is confirmed as yours.")
    return see_other(ACCOUNT)


@get("/account/email")
async def show_email(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The page that asks for another address."""
    found = require_fresh(person, request)
    return page("accounts/email.html", EmailView(found.email, "", {}), headers=NO_STORE)


@post("/account/email")
async def change_email(
    request: Request[Any, Any, Any], limits: NamedDependency[RateLimits], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Have a link sent to the other address; the answer does not tell whether it is somebody's already."""
    found = require_fresh(person, request)
    try:
        form = await read_form(request, EmailForm)
        if service.email_key(form.email) == service.email_key(found.email):
            raise InvalidForm({"email": "That is your address already. Enter another one."}, {"email": form.email})
    except InvalidForm as wrong:
        view = EmailView(found.email, wrong.values.get("email", ""), wrong.errors)
        return page("accounts/email.html", view, status=422, headers=NO_STORE)
    await _limit_mails(request, limits, form.email)
    async with transaction():
        await service.ask_to_verify(found.id, form.email)
    flash(request, f"A mail to {form.email} is on its way. Follow its link within 24 hours; nothing changes before.")
    return see_other(ACCOUNT)


async def _limit_mails(request: Request[Any, Any, Any], limits: RateLimits, email: str) -> None:
    await limits.take(f"mails:{limits.client(request)}", *MAILS)
    await limits.take(f"mails-to:{service.email_key(email)}", *MAILS_TO_ONE)
