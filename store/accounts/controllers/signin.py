"""Sign in and sign out. A wrong password and an unknown address get one answer, by the same work.

A page that sends somebody here names itself in `next`, which leads nowhere but into this shop.
"""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from store.accounts import service
from store.accounts.controllers.forms import NO_STORE, SIGN_INS, SIGN_INS_AT_ONE, Email, Next, Password
from store.accounts.controllers.guards import ACCOUNT, is_fresh
from store.accounts.controllers.session import begin, end, flash
from store.accounts.demo import DEMO_PEOPLE, DemoPerson, find_demo_person
from store.accounts.queries import Person
from store.kit.errors import NotFound
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import inside_or, see_other
from store.kit.web.templates import page
from store.settings import Settings

WRONG = "This email address and password do not belong together. Check both, or choose a new password."

log = structlog.get_logger(__name__)


class SignInForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the sign-in page posts."""

    email: Email
    password: Password
    next: Next = ""


class DemoForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the demo's people to be."""

    person: str
    next: Next = ""


class SignInView(Struct, frozen=True):
    """The sign-in page. `again`: this browser is signed in, but not recently enough. `people`: in demo mode only."""

    email: str
    next: str
    errors: dict[str, str]
    again: bool = False
    people: tuple[DemoPerson, ...] = ()


@get("/account/signin")
async def show_sign_in(
    settings: NamedDependency[Settings], person: NamedDependency[Person | None], next: FromQuery[str] = ""
) -> Response[Any]:
    """The sign-in page; for somebody who signed in a moment ago, the page they want."""
    goal = inside_or(next, "")
    if person is not None and is_fresh(person):
        return see_other(goal or ACCOUNT)
    return _show(settings, SignInView(person.email if person else "", goal, {}, again=person is not None))


@post("/account/signin")
async def sign_in(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Sign in; whoever it is leaves with another session id than they came with."""
    await limits.take(f"signin:{limits.client(request)}", *SIGN_INS)
    try:
        form = await read_form(request, SignInForm)
    except InvalidForm as wrong:
        typed = SignInView(wrong.values.get("email", ""), inside_or(wrong.values.get("next", ""), ""), wrong.errors)
        return _show(settings, typed, status=422)
    await limits.take(f"signin-at:{service.email_key(form.email)}", *SIGN_INS_AT_ONE)
    goal = inside_or(form.next, "")
    proved = await service.prove(form.email, form.password)
    # What was proved may be over by now: a password that is changed meanwhile signs nobody in.
    if proved is None or not await begin(
        request, proved.person_id, secure=settings.https, password_hash=proved.password_hash
    ):
        log.info("sign_in_refused")
        view = SignInView(form.email, goal, {"email": WRONG}, again=person is not None)
        return _show(settings, view, status=422)
    return see_other(goal or ACCOUNT)


@post("/account/demo")
async def sign_in_demo(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Be one of the demo's people, without a password; outside demo mode there is no such page."""
    if not settings.demo:
        raise NotFound("Perhaps the address is mistyped, or what was here is gone.")
    form = await read_form(request, DemoForm)
    chosen = find_demo_person(form.person)
    person_id = await service.find_by_email(chosen.email) if chosen else None
    if chosen is None or person_id is None:
        raise NotFound("The demo has no such person any more. `make demo RESET=1` brings everybody back.")
    await begin(request, person_id, secure=settings.https)
    flash(request, f"You are {chosen.name} now, who {chosen.part}.")
    return see_other(inside_or(form.next, "") or ACCOUNT)


@get("/account/signout")
async def show_sign_out(person: NamedDependency[Person | None]) -> Response[Any]:
    """Ask first: an address that is only looked at signs nobody out."""
    return page("accounts/signout.html", person, headers=NO_STORE) if person else see_other("/")


@post("/account/signout")
async def sign_out(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Sign out: the session is gone here, whatever the browser keeps."""
    await end(request, secure=settings.https)
    flash(request, "You are signed out.")
    return see_other("/")


def _show(settings: Settings, view: SignInView, status: int = 200) -> Response[Any]:
    if settings.demo:
        view = SignInView(view.email, view.next, view.errors, view.again, DEMO_PEOPLE)
    return page("accounts/signin.html", view, status=status, headers=NO_STORE)
