"""A vendor's shares of PayPal payments, and the address they go to. Whoever changes that signed in a moment ago."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from store.accounts.controllers import flash, require_fresh
from store.accounts.controllers.forms import CHANGES, MAILS, MAILS_TO_ONE, NO_STORE, Email
from store.accounts.queries import Person
from store.accounts.service import email_key
from store.dashboard.controllers.shared import read_page
from store.dashboard.queries.payouts import Payouts, read_payouts
from store.kit.db import transaction
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.payouts.service import wake_payouts
from store.vendors import service as vendors
from store.vendors.controllers import require_owner, require_seat
from store.vendors.queries import Seat

PAYOUTS = "/sell/payouts"
# PayPal's own limit (payout_item_request.receiver).
LONGEST = 127


class AddressForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the shares shall go."""

    email: Email


class PayoutsPage(Struct, frozen=True):
    """The page around what was typed."""

    seat: Seat
    payouts: Payouts
    email: str
    errors: Mapping[str, str]


class VerifyPage(Struct, frozen=True):
    """Where the mail's link leads; `yours`: it is for the shop of whoever is signed in. `ended`: why there is none."""

    seat: Seat
    email: str
    path: str
    yours: bool
    ended: str = ""


@get(PAYOUTS)
async def show_payouts(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The shares by where they stand; `?page=` leads through what was paid."""
    seat = await require_seat(person, request)
    return await _show(seat, read_page(request))


@post(f"{PAYOUTS}/address")
async def ask_for_address(
    request: Request[Any, Any, Any], limits: NamedDependency[RateLimits], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Have a link sent to the address; nothing changes before it is followed."""
    seat = await require_owner(person, request)
    require_fresh(person, request)
    try:
        form = await read_form(request, AddressForm)
        if len(form.email) > LONGEST:
            raise InvalidForm({"email": f"PayPal takes {LONGEST} characters at most."}, {"email": form.email})
    except InvalidForm as wrong:
        return await _show(seat, 1, wrong.values.get("email", ""), wrong.errors, status=422)
    await limits.take(f"mails:{limits.client(request)}", *MAILS)
    await limits.take(f"mails-to:{email_key(form.email)}", *MAILS_TO_ONE)
    async with transaction():
        await vendors.ask_for_payout_address(seat.vendor_id, form.email)
    flash(request, f"A mail to {form.email} is on its way. Follow its link within 24 hours; nothing changes before.")
    return see_other(f"{PAYOUTS}#address")


@get(f"{PAYOUTS}/verify/{{token:str}}")
async def show_verify_address(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Where the mail leads: a button, because mail programs look at links by themselves."""
    seat = await require_owner(person, request)
    require_fresh(person, request)
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    offer = await vendors.find_payout_offer(token)
    if offer is None:
        return _say_ended(seat, vendors.PayoutLinkEnded())
    view = VerifyPage(seat, offer.email, request.url.path, offer.vendor_id == seat.vendor_id)
    return page("dashboard/verify_payout.html", view, headers=NO_STORE)


@post(f"{PAYOUTS}/verify/{{token:str}}")
async def verify_address(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Use the link: from now on shares go there, and what waited for an address goes out."""
    seat = await require_owner(person, request)
    require_fresh(person, request)
    await limits.take(f"links:{limits.client(request)}", *CHANGES)
    try:
        async with transaction():
            email = await vendors.verify_payout_address(seat.vendor_id, token)
            await wake_payouts(seat.vendor_id)
    except vendors.PayoutLinkEnded as ended:
        return _say_ended(seat, ended)
    flash(request, f"Your share of PayPal sales goes to {email} from now on.")
    return see_other(PAYOUTS)


def _say_ended(seat: Seat, ended: vendors.PayoutLinkEnded) -> Response[Any]:
    """Lead on from a link that was good once: whoever follows it is known, and so is the page that it was for."""
    view = VerifyPage(seat, "", "", False, ended.message)
    return page("dashboard/verify_payout.html", view, status=ended.status, headers=NO_STORE)


async def _show(
    seat: Seat, number: int, email: str = "", errors: Mapping[str, str] | None = None, status: int = 200
) -> Response[Any]:
    view = PayoutsPage(seat, await read_payouts(seat.vendor_id, number), email, errors or {})
    return page("dashboard/payouts.html", view, status=status, headers=NO_STORE)
