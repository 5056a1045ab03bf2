"""`/sell` says what selling costs; `/sell/onboarding` is the list of what is left to do until one sells.

The list only reads our database: it looks again by itself while the provider reviews, which starts nothing and calls
nobody.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta, Struct, structs

from store.accounts.controllers import renew, require_person
from store.accounts.controllers.session import read_session
from store.accounts.queries import Person
from store.dashboard.queries.onboarding import Onboarding, describe_beginning, read_onboarding
from store.kit import clock
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import fragment, page
from store.orders.words import name_country
from store.settings import Settings
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat, find_seat
from store.vendors.service import NameRefused, NameTaken, ShopProfile, open_shop
from store.vendors.states import CURRENCIES, VendorState

NO_STORE = {"Cache-Control": "no-store"}
PAGE = "/sell/onboarding"
POLL_SECONDS = 10
# A review that takes longer is told of by mail.
POLL_FOR_SECONDS = 600
# What a new shop pays, as `vendor.fee_basis_points` begins.
FEE_PERCENT = 10


def said(low: int, high: int, label: str, wrong: str) -> Meta:
    """How long an answer may be, and the words for a wrong one."""
    return Meta(min_length=low, max_length=high, extra={"label": label, "wrong": wrong})


class ShopForm(Struct, frozen=True):
    """The first task's form."""

    name: Annotated[str, said(2, 60, "Shop name", "Enter your shop’s name, such as Kiln & Co.")]
    about: Annotated[str, said(1, 600, "What you make", "Say in a sentence what you make.")]
    country: Annotated[
        str,
        Meta(pattern=f"^({'|'.join(CURRENCIES)})$"),
        Meta(extra={"label": "Country", "wrong": "Choose the country you sell from."}),
    ]


class SellView(Struct, frozen=True):
    """The public page."""

    fee_percent: int
    signed_in: bool
    seat: Seat | None


class OnboardingView(Struct, frozen=True):
    """The task list. `interval`: milliseconds between looks, 0 when the page does not look; `since` when it began."""

    onboarding: Onboarding
    seat: Seat | None
    form: dict[str, str]
    errors: dict[str, str]
    countries: tuple[tuple[str, str], ...]
    problem: str = ""
    interval: int = 0
    since: int = 0

    @property
    def has_shop(self) -> bool:
        """Whether the first task is done."""
        return self.seat is not None


@get("/sell")
async def show_sell(person: NamedDependency[Person | None]) -> Response[Any]:
    """What it costs, when you are paid, and the three steps."""
    seat = await find_seat(person.id) if person else None
    return page("dashboard/sell.html", SellView(FEE_PERCENT, person is not None, seat), headers=NO_STORE)


@get(PAGE)
async def show_onboarding(
    request: Request[Any, Any, Any], person: NamedDependency[Person | None], settings: NamedDependency[Settings]
) -> Response[Any]:
    """The task list of who is signed in; without a shop the first task is its form."""
    seat = await find_seat(require_person(person, request).id)
    return await show_list(seat, settings)


@post(PAGE)
async def open_a_shop(
    request: Request[Any, Any, Any], person: NamedDependency[Person | None], settings: NamedDependency[Settings]
) -> Response[Any]:
    """The first task: a shop of one's own."""
    owner = require_person(person, request)
    seat = await find_seat(owner.id)
    if seat is not None:
        return see_other(PAGE)
    try:
        form = await read_form(request, ShopForm)
    except InvalidForm as wrong:
        return await show_list(None, settings, form=wrong.values, errors=wrong.errors, status=422)
    profile = ShopProfile(**structs.asdict(form))
    mine = read_session(request, secure=settings.https)
    try:
        await open_shop(owner.id, owner.email, profile, settings.platform_country, keep_session=mine)
    except (NameRefused, NameTaken) as refused:
        typed = structs.asdict(form)
        return await show_list(None, settings, form=typed, errors={"name": refused.message}, status=422)
    # What this session may do has changed: whoever knows its old id does not get it too.
    await renew(request, secure=settings.https)
    return see_other(PAGE)


@get("/sell/onboarding/status")
async def show_tasks(
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
    settings: NamedDependency[Settings],
    since: FromQuery[int] = 0,
) -> Response[Any]:
    """The polled list. Ten minutes after the page was opened it asks no more."""
    seat = await require_seat(person, request)
    view = await make_view(seat, settings, since=since)
    return fragment("dashboard/_tasks.html", view, headers=NO_STORE)


async def show_list(
    seat: Seat | None,
    settings: Settings,
    *,
    status: int = 200,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    problem: str = "",
) -> Response[Any]:
    """The whole page, with what went wrong; nothing typed is lost."""
    view = await make_view(seat, settings, form=form, errors=errors, problem=problem)
    return page("dashboard/onboarding.html", view, status=status, headers=NO_STORE)


async def make_view(
    seat: Seat | None,
    settings: Settings,
    *,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    problem: str = "",
    since: int = 0,
) -> OnboardingView:
    """What the page shows; `since` is when it was opened, in seconds of wall time, 0 for now."""
    onboarding = await read_onboarding(seat.vendor_id, seat.role) if seat else describe_beginning()
    now = int(clock.wall().timestamp())
    began = since if 0 < since <= now else now
    asks = onboarding.state == VendorState.UNDER_REVIEW and now - began < POLL_FOR_SECONDS
    return OnboardingView(
        onboarding=onboarding,
        seat=seat,
        form={"name": "", "about": "", "country": "", **(form or {})},
        errors=errors or {},
        countries=(("", "Choose a country"), *((c, f"{name_country(c)} ({m})") for c, m in CURRENCIES.items())),
        problem=problem,
        interval=max(1, int(POLL_SECONDS * 1000 * settings.poll_scale)) if asks else 0,
        since=began,
    )
