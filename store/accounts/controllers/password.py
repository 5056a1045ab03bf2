"""Choose a new password: by the old one, or by a link of a mail for whoever has forgotten it.

Asking for that mail is answered alike for every address, by the same work; the worker finds out whom to write to.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from store.accounts import service
from store.accounts.controllers.forms import CHANGES, MAILS, MAILS_TO_ONE, NO_STORE, Email, NewPassword, Password
from store.accounts.controllers.guards import ACCOUNT, SIGN_IN, require_fresh
from store.accounts.controllers.session import end, flash, read_session, renew
from store.accounts.queries import Person
from store.accounts.states import LinkKind
from store.kit.db import transaction
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.settings import Settings


class ResetForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    email: Email


class NewPasswordForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The password to have from now on."""

    new_password: NewPassword


class ChangeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The old password and the new one; the demo's people have no old one."""

    new_password: NewPassword
    current_password: Password | None = None


class ResetView(Struct, frozen=True):
    """The page that asks whose password is forgotten."""

    email: str
    errors: dict[str, str]


class PasswordView(Struct, frozen=True):
    """The page that asks for a new password; `email` is whose it is, `action` where the form goes."""

    email: str
    action: str
    ask_current: bool
    errors: dict[str, str]


@get("/account/reset")
async def show_reset(person: NamedDependency[Person | None]) -> Response[Any]:
    """The page for whoever has forgotten the password."""
    return page("accounts/reset.html", ResetView(person.email if person else "", {}), headers=NO_STORE)


@post("/account/reset")
async def ask_for_reset(request: Request[Any, Any, Any], limits: NamedDependency[RateLimits]) -> Response[Any]:
    """Have the mail sent, to whoever it may be."""
    await limits.take(f"mails:{limits.client(request)}", *MAILS)
    try:
        form = await read_form(request, ResetForm)
    except InvalidForm as wrong:
        view = ResetView(wrong.values.get("email", ""), wrong.errors)
        return page("accounts/reset.html", view, status=422, headers=NO_STORE)
    await limits.take(f"mails-to:{service.email_key(form.email)}", *MAILS_TO_ONE)
    async with transaction():
        await service.ask_to_reset(form.email)
    flash(
        request,
        f"If there is an account for {form.email}, a mail with a link is on its way. The link works for 30 minutes.",
    )
    return see_other(SIGN_IN)


@get("/account/reset/{token:str}")
async def show_new_password(
    token: FromPath[str], request: Request[Any, Any, Any], limits: NamedDependency[RateLimits]
) -> Response[Any]:
    """Where the mail leads. Looking at it does not use it up."""
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    proof = await service.read_link(LinkKind.RESET_PASSWORD, token)
    if proof is None:
        raise service.LinkEnded
    return page("accounts/password.html", PasswordView(proof.email, request.url.path, False, {}), headers=NO_STORE)


@post("/account/reset/{token:str}")
async def reset_password(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Set the new password; everybody who was signed in, in this browser too, has to sign in with it."""
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    proof = await service.read_link(LinkKind.RESET_PASSWORD, token)
    if proof is None:
        raise service.LinkEnded
    try:
        form = await read_form(request, NewPasswordForm)
        _refuse_weak(form.new_password, proof.email)
    except InvalidForm as wrong:
        view = PasswordView(proof.email, request.url.path, False, wrong.errors)
        return page("accounts/password.html", view, status=422, headers=NO_STORE)
    await service.reset_password(token, form.new_password)
    await end(request, secure=settings.https)
    flash(request, "Your new password is set. Sign in with it.")
    return see_other(SIGN_IN)


@get("/account/password")
async def show_password(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The page that changes the password."""
    return await _show_change(require_fresh(person, request), {})


@post("/account/password")
async def change_password(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Change the password; every other browser is signed out, and this one's session gets another id."""
    found = require_fresh(person, request)
    await limits.take(f"password:{found.id}", *CHANGES)
    try:
        form = await read_form(request, ChangeForm)
        _refuse_weak(form.new_password, found.email)
    except InvalidForm as wrong:
        return await _show_change(found, wrong.errors)
    if await service.has_password(found.id) and not await service.is_password_of(found.id, form.current_password or ""):
        return await _show_change(found, {"current_password": "This is not your password. Enter the one you have now."})
    await service.change_password(found.id, form.new_password, read_session(request, secure=settings.https))
    await renew(request, secure=settings.https)
    flash(request, "Your password is changed. Every other browser is signed out.")
    return see_other(ACCOUNT)


def _refuse_weak(password: str, email: str) -> None:
    if weakness := service.find_weakness(password, email):
        raise InvalidForm({"new_password": weakness}, {})


async def _show_change(person: Person, errors: dict[str, str]) -> Response[Any]:
    view = PasswordView(person.email, "/account/password", await service.has_password(person.id), errors)
    return page("accounts/password.html", view, status=422 if errors else 200, headers=NO_STORE)
