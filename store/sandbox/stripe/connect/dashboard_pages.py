"""The account owner's dashboard: what the account may do, what it has, and the way to leave the platform.

`/express/{account}/{secret}` is the login link and leads in once; `/dashboard/{account}/{stay}` is the page, for an
hour. A tester opens it for any account from the sandbox's own pages, as its owner would log in at the provider.
Invariant: who has left finds the page closed, and cannot leave twice (docs.stripe.com/connect/express-dashboard).
"""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from store.sandbox.kernel.world import Document, World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import page
from store.sandbox.stripe.connect.account_body import ensure_platform
from store.sandbox.stripe.connect.links import DASHBOARD_STAY, LOGIN_LINK, SETUP_STAY, find_stay, follow_link, open_stay
from store.sandbox.stripe.connect.onboarding import next_step
from store.sandbox.stripe.connect.outcomes import leave_platform
from store.sandbox.stripe.connect.settling import KIND, connected
from store.sandbox.stripe.objects import merchant_name
from store.sandbox.stripe.sums import read_balance
from store.sandbox.stripe.visits import refuse_other_sites
from store.sandbox.wording import format_money, format_time

MAX_BODY = 4 * 1024
LATEST = 5
NO_DASHBOARD = "There is no dashboard at this address. Ask the platform for a new login link."
USED = "A login link works once and for a few minutes. Ask the platform for a new one."
NO_LEAVE = "An account without a Dashboard of its own cannot leave its platform."
OVER = "You were logged out after an hour. Ask the platform for a new login link."
Stay = tuple[World, Document, Document]


@get("/express/{account_id:str}/{secret:str}")
async def follow_login_link(
    worlds: NamedDependency[Worlds], account_id: FromPath[str], secret: FromPath[str]
) -> Response[Any]:
    """Log in, once and within minutes."""
    world = worlds.find_holder(account_id)
    if world is None or connected(world, account_id) is None:
        raise NotFoundException(NO_DASHBOARD)
    link, stay = follow_link(world, LOGIN_LINK, account_id, secret)
    if link is None:
        raise NotFoundException(NO_DASHBOARD)
    if stay is None:
        return _show_end("This link is used up", USED)
    return Redirect(dashboard_of(account_id, stay), status_code=303)


@get("/dashboard/{account_id:str}/{secret:str}")
async def show_dashboard(
    worlds: NamedDependency[Worlds], account_id: FromPath[str], secret: FromPath[str]
) -> Response[Any]:
    """Show what the account may do, its money and its bank account."""
    found = _find_stay(worlds, account_id, secret)
    if isinstance(found, Response):
        return found
    world, account, stay = found
    return page(
        "dashboard.html",
        account=account,
        merchant=merchant_name(account),
        platform=merchant_name(ensure_platform(world)),
        balance=read_balance(world, account_id),
        payments=world.find(account_id, "charge")[:LATEST],
        payouts=world.find(account_id, "payout")[:LATEST],
        address=dashboard_of(account_id, stay),
        money=format_money,
        time=format_time,
    )


@post("/dashboard/{account_id:str}/{secret:str}/details")
async def give_details(
    worlds: NamedDependency[Worlds], account_id: FromPath[str], secret: FromPath[str]
) -> Response[Any]:
    """Go and give what is asked for; the onboarding pages lead back here."""
    found = _find_stay(worlds, account_id, secret)
    if isinstance(found, Response):
        return found
    world, account, stay = found
    back = dict.fromkeys(("_return_url", "_refresh_url"), dashboard_of(account_id, stay))
    setup = open_stay(world, SETUP_STAY, account_id, back)
    return Redirect(f"/setup/p/{account_id}/{setup['id']}/{next_step(world, account)}", status_code=303)


@post("/dashboard/{account_id:str}/{secret:str}/leave")
async def leave(worlds: NamedDependency[Worlds], account_id: FromPath[str], secret: FromPath[str]) -> Response[Any]:
    """Disconnect the account from the platform; the page then says so."""
    found = _find_stay(worlds, account_id, secret)
    if isinstance(found, Response):
        return found
    world, account, stay = found
    if account["controller"]["stripe_dashboard"]["type"] == "none":
        raise NotFoundException(NO_LEAVE)
    leave_platform(world, account)
    return Redirect(dashboard_of(account_id, stay), status_code=303)


def dashboard_of(account: str, stay: Document) -> str:
    """Return the address of a dashboard for one stay."""
    return f"/dashboard/{account}/{stay['id']}"


def _find_stay(worlds: Worlds, account_id: str, secret: str) -> Stay | Response[Any]:
    """Return the stay, or the page that says why there is none any more."""
    world = worlds.find_holder(account_id)
    stay, good = find_stay(world, DASHBOARD_STAY, account_id, secret) if world else (None, False)
    if world is None or stay is None:
        raise NotFoundException(NO_DASHBOARD)
    account = connected(world, account_id)
    if account is None:
        name = merchant_name(world.get(world.platform, KIND, account_id, deleted=True))
        words = f"{merchant_name(ensure_platform(world))} has no access to {name} any more. Your own account is yours."
        return _show_end("Disconnected", words)
    return (world, account, stay) if good else _show_end("You are logged out", OVER)


def _show_end(title: str, words: str) -> Template:
    return page("setup_over.html", title=title, words=words, leave=None)


dashboard_pages = Router(
    path="/",
    route_handlers=[follow_login_link, show_dashboard, give_details, leave],
    request_max_body_size=MAX_BODY,
    before_request=refuse_other_sites,
)
