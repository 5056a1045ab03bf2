"""Sign up: an account for whoever buys, and a shop with it for whoever gives one a name.

Somebody new is signed in at once, not verified. An address that has an account already is said to have one: whoever
signs up must learn why it did not work. That can be asked only as often as somebody signs up.
"""

from __future__ import annotations

from typing import Annotated, Any

from babel import Locale
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta, Struct, structs

from store.accounts import service as accounts
from store.accounts.controllers import begin, flash
from store.accounts.controllers.forms import NO_STORE, SIGN_UPS, ChosenPassword, Email, Next
from store.accounts.controllers.guards import ACCOUNT
from store.accounts.queries import Person
from store.kit.db import transaction
from store.kit.money import LOCALE
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import inside_or, see_other
from store.kit.web.templates import page
from store.settings import Settings
from store.vendors.names import find_flaw
from store.vendors.service import NameRefused, NameTaken, ShopProfile, open_shop
from store.vendors.states import CURRENCIES

ONBOARDING = "/sell/onboarding"
TAKEN = "There is an account with this email address already. Sign in, or choose a new password."


class SignUpForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the sign-up page posts; `shop_name` is empty for whoever only buys, `country` is the shop's."""

    email: Email
    password: ChosenPassword
    shop_name: Annotated[str, Meta(max_length=60, extra={"label": "Shop name"})] = ""
    country: Annotated[
        str,
        Meta(pattern=f"^({'|'.join(CURRENCIES)})$"),
        Meta(extra={"label": "Country", "wrong": "Choose the country you sell from."}),
    ] = ""
    next: Next = ""


class SignUpView(Struct, frozen=True):
    """The sign-up page. `countries` are (code, words); `form` holds what was typed, but for the password."""

    form: dict[str, str]
    errors: dict[str, str]
    countries: tuple[tuple[str, str], ...]


@get("/account/signup")
async def show_sign_up(
    settings: NamedDependency[Settings], person: NamedDependency[Person | None], next: FromQuery[str] = ""
) -> Response[Any]:
    """The sign-up page."""
    if person is not None:
        return see_other(ACCOUNT)
    return _show(settings, {"next": next}, {}, 200)


@post("/account/signup")
async def sign_up(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Write the person and their shop, have the address verified by mail, and sign them in."""
    await limits.take(f"signup:{limits.client(request)}", *SIGN_UPS)
    try:
        form = await read_form(request, SignUpForm)
        if problems := _find_problems(structs.asdict(form)):
            raise InvalidForm(problems, structs.asdict(form))
        hashed = await accounts.hash_password(form.password)
        try:
            async with transaction():
                person_id = await accounts.create_person(form.email, hashed)
                await accounts.ask_to_verify(person_id, form.email)
                if form.shop_name:
                    profile = ShopProfile(form.shop_name, "", form.country or settings.platform_country)
                    await open_shop(person_id, form.email, profile, settings.platform_country)
        except accounts.AddressTaken:
            raise InvalidForm({"email": TAKEN}, structs.asdict(form)) from None
        except (NameRefused, NameTaken) as refused:
            raise InvalidForm({"shop_name": refused.message}, structs.asdict(form)) from None
    except InvalidForm as wrong:
        return _show(settings, wrong.values, {**_find_problems(wrong.values), **wrong.errors}, 422)
    await begin(request, person_id, secure=settings.https)
    what = f"{form.shop_name} is yours" if form.shop_name else "Your account is ready"
    flash(request, f"{what}. A mail to {form.email} has a link that confirms the address.")
    return see_other(inside_or(form.next, "") or (ONBOARDING if form.shop_name else ACCOUNT))


def _find_problems(typed: dict[str, str]) -> dict[str, str]:
    """What a form that could be read says wrong all the same, by field; so that everything is told at once."""
    weakness = accounts.find_weakness(typed.get("password", ""), typed.get("email", ""))
    name = typed.get("shop_name", "")
    flaw = find_flaw(name) if name else ""
    problems = {"password": weakness, "shop_name": flaw and f"{flaw} Or leave it empty."}
    return {field: words for field, words in problems.items() if words}


def _show(settings: Settings, typed: dict[str, str], errors: dict[str, str], status: int) -> Response[Any]:
    names = Locale.parse(LOCALE).territories
    form = {name: typed.get(name, "") for name in ("email", "shop_name")}
    form["country"] = typed.get("country") or settings.platform_country
    form["next"] = inside_or(typed.get("next", ""), "")
    countries = tuple((code, f"{names[code]} ({currency})") for code, currency in CURRENCIES.items())
    return page("vendors/signup.html", SignUpView(form, errors, countries), status=status, headers=NO_STORE)
