"""To the provider's form and back. A link is made on a click and used at once; coming back proves nothing.

docs.stripe.com/connect/hosted-onboarding. The account in a return or refresh address must be the visitor's own: another
person's is not found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from store.accounts.controllers import require_fresh
from store.accounts.queries import Person
from store.dashboard.controllers.onboarding import PAGE, show_list
from store.gateways.port import Declined, Disconnected, GatewayBug, GatewayError, Gateways
from store.kit.errors import NotFound
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import away, origin_of, see_other
from store.settings import Settings
from store.vendors.controllers import require_owner
from store.vendors.queries import Seat, Standing, read_standing
from store.vendors.service import TooManyLinks, note_disconnected, start_onboarding, sync_account
from store.vendors.states import ChargeType, VendorState

# (tries, seconds): each is a call to the provider.
STARTS = (20, 600)
AWAY = "Stripe does not answer just now. Nothing was lost: please try again in a moment."
REFUSED = "Stripe did not accept your shop’s details. Nothing was lost: please write to us, and we see to it."
NO_DASHBOARD = "Stripe does not open its dashboard for this account. Please write to us, and we see to it."
GONE = "Your Stripe account is no longer connected to Overprint. With the button you begin a new one."

log = structlog.get_logger(__name__)


@post("/sell/connect/start")
async def start(
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Make the link now and go there; where money is paid out to is nothing for a sign-in of yesterday."""
    seat = await require_owner(person, request)
    require_fresh(person, request)
    await limits.take(f"connect:{seat.vendor_id}", *STARTS)
    return await _lead(seat, settings, lambda: start_onboarding(gateways, seat.vendor_id, settings.base_url), gateways)


@post("/sell/connect/dashboard")
async def open_dashboard(
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Sign the owner in to the Express dashboard by a link made now; whoever has the full one signs in at Stripe."""
    seat = await require_owner(person, request)
    require_fresh(person, request)
    standing = await read_standing(seat.vendor_id)
    if not standing.account_ref or standing.charge_type == ChargeType.DIRECT:
        raise NotFound("This shop has no Express dashboard: sign in at Stripe with your own password.")
    await limits.take(f"connect:{seat.vendor_id}", *STARTS)
    return await _lead(seat, settings, lambda: gateways.stripe.login_link(standing.account_ref), gateways, NO_DASHBOARD)


@get("/sell/connect/refresh")
async def refresh(
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
    account: FromQuery[str] = "",
) -> Response[Any]:
    """The link was spent: make another one, three times at most in a row. A new account begins with the button only."""
    seat = await require_owner(person, request)
    standing = await _check_account(seat, account)
    require_fresh(person, request)
    if standing.state == VendorState.DISCONNECTED:
        return await show_list(seat, settings, status=409, problem=GONE)
    await limits.take(f"connect:{seat.vendor_id}", *STARTS)
    return await _lead(
        seat, settings, lambda: start_onboarding(gateways, seat.vendor_id, settings.base_url, again=True), gateways
    )


@get("/sell/connect/return")
async def come_back(
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
    gateways: NamedDependency[Gateways],
    account: FromQuery[str] = "",
) -> Response[Any]:
    """Look at the account, whatever the visit seems to say, and show the list."""
    seat = await require_owner(person, request)
    await _check_account(seat, account)
    try:
        async with asyncio.timeout(gateways.visit_seconds):
            await sync_account(gateways, seat.vendor_id)
    except (GatewayError, TimeoutError) as problem:
        # Unknown: the sweep looks again, and the page shows what is known.
        log.warning("account_unknown", vendor=str(seat.vendor_id), reason=str(problem))
    return see_other(PAGE)


async def _check_account(seat: Seat, account: str) -> Standing:
    standing = await read_standing(seat.vendor_id)
    if not account or account != standing.account_ref:
        raise NotFound("This link belongs to another account.")
    return standing


async def _lead(
    seat: Seat, settings: Settings, make_link: Callable[[], Awaitable[str]], gateways: Gateways, refusal: str = REFUSED
) -> Response[Any]:
    """Make the link and go there, or show the list with what went wrong."""
    try:
        async with asyncio.timeout(gateways.visit_seconds):
            url = await make_link()
        return away(url, {settings.connect_origin})
    except TooManyLinks as loop:
        return await show_list(seat, settings, status=loop.status, problem=loop.message)
    except Disconnected as gone:
        log.warning("link_out_of_reach", vendor=str(seat.vendor_id), reason=str(gone))
        await note_disconnected((await read_standing(seat.vendor_id)).account_ref)
        return await show_list(seat, settings, status=409, problem=GONE)
    except (Declined, GatewayBug) as refused:
        log.warning("link_refused", vendor=str(seat.vendor_id), reason=str(refused))
        return await show_list(seat, settings, status=422, problem=refusal)
    except ValueError:
        log.error("connect_origin_unknown", origin=origin_of(url), known=settings.connect_origin)
        return await show_list(seat, settings, status=503, problem=AWAY)
    except (GatewayError, TimeoutError) as problem:
        log.warning("link_unknown", vendor=str(seat.vendor_id), reason=str(problem))
        answer = await show_list(seat, settings, status=503, problem=AWAY)
        answer.headers["Retry-After"] = "10"
        return answer
