"""Sign up: an account for whoever buys. It lives here because a shop may be opened with it.

Somebody new is signed in at once, not verified. An address that has an account already is said to have one: whoever
signs up must learn why it did not work. That can be asked only as often as somebody signs up.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct, structs

from store.accounts import service as accounts
from store.accounts.controllers import begin, flash
from store.accounts.controllers.forms import NO_STORE, SIGN_UPS, ChosenPassword, Email, Next
from store.accounts.controllers.guards import ACCOUNT
from store.accounts.queries import Person
from store.kit.db import transaction
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import inside_or, see_other
from store.kit.web.templates import page
from store.settings import Settings

TAKEN = "There is an account with this email address already. Sign in, or choose a new password."


class SignUpForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the sign-up page posts."""

    email: Email
    password: ChosenPassword
    next: Next = ""


class SignUpView(Struct, frozen=True):
    """The sign-up page."""

    email: str
    next: str
    errors: dict[str, str]


@get("/account/signup")
async def show_sign_up(person: NamedDependency[Person | None], next: FromQuery[str] = "") -> Response[Any]:
    """The sign-up page."""
    if person is not None:
        return see_other(ACCOUNT)
    return page("vendors/signup.html", SignUpView("", inside_or(next, ""), {}), headers=NO_STORE)


@post("/account/signup")
async def sign_up(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Write the person, have the address verified by mail, and sign them in."""
    await limits.take(f"signup:{limits.client(request)}", *SIGN_UPS)
    try:
        form = await read_form(request, SignUpForm)
        if accounts.find_weakness(form.password, form.email):
            raise InvalidForm({}, structs.asdict(form))
        hashed = await accounts.hash_password(form.password)
        try:
            async with transaction():
                person_id = await accounts.create_person(form.email, hashed)
                await accounts.ask_to_verify(person_id, form.email)
        except accounts.AddressTaken:
            raise InvalidForm({"email": TAKEN}, structs.asdict(form)) from None
    except InvalidForm as wrong:
        typed = {field.name: wrong.values.get(field.name, "") for field in structs.fields(SignUpForm)}
        weakness = accounts.find_weakness(typed["password"], typed["email"])
        errors = {**wrong.errors, **({"password": weakness} if weakness else {})}
        view = SignUpView(typed["email"], inside_or(typed["next"], ""), errors)
        return page("vendors/signup.html", view, status=422, headers=NO_STORE)
    await begin(request, person_id, secure=settings.https)
    flash(request, f"Your account is ready. A mail to {form.email} has a link that confirms the address.")
    return see_other(inside_or(form.next, "") or ACCOUNT)
