"""The hosted onboarding pages `/setup/…`: plain forms, one per step, and the review where a tester chooses the outcome.

`/setup/s/{account}/{secret}` is the account link and leads in once; the stay it opens has an address of its own. A used
or late link, like a stay whose time is up, leads to the platform's `refresh_url`; Submit and leaving lead to its
`return_url`, which says nothing about what was done (docs.stripe.com/connect/hosted-onboarding).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from store.sandbox.kernel.world import Document, World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import page
from store.sandbox.stripe.connect import onboarding
from store.sandbox.stripe.connect.account_body import ensure_platform
from store.sandbox.stripe.connect.facts import TEST_CODE, TEST_DOCUMENT, TEST_PERSON, bank_for
from store.sandbox.stripe.connect.links import ACCOUNT_LINK, SETUP_STAY, end_stay, find_stay, follow_link
from store.sandbox.stripe.connect.outcomes import DUE_DAYS, REASONS, REVIEW_MINUTES
from store.sandbox.stripe.connect.settling import connected
from store.sandbox.stripe.objects import merchant_name
from store.sandbox.stripe.visits import lead_to, refuse_other_sites

MAX_BODY = 16 * 1024
NO_PAGE = "There is no onboarding page at this address. Go back to the platform and start again."
Stay = tuple[World, Document, Document]


@get("/s/{account_id:str}/{secret:str}")
async def follow_account_link(
    worlds: NamedDependency[Worlds], account_id: FromPath[str], secret: FromPath[str]
) -> Response[Any]:
    """Lead in, once and within minutes; otherwise to the platform, which makes a new link."""
    world, account = _find_account(worlds, account_id)
    link, stay = follow_link(world, ACCOUNT_LINK, account_id, secret)
    if link is None:
        raise NotFoundException(NO_PAGE)
    if stay is None:
        return _go_for_a_new_link(link)
    account = onboarding.begin(world, account)
    return _go_on(account, stay, onboarding.next_step(world, account))


@get("/p/{account_id:str}/{secret:str}/{step:str}")
async def show_step(
    worlds: NamedDependency[Worlds], account_id: FromPath[str], secret: FromPath[str], step: FromPath[str]
) -> Response[Any]:
    """Show one step, with what is known of it."""
    found = _find_stay(worlds, account_id, secret)
    if isinstance(found, Response):
        return found
    world, account, stay = found
    if step not in onboarding.list_steps(account):
        return _go_on(account, stay, onboarding.next_step(world, account))
    return _show(world, account, stay, step, onboarding.read_values(world, account), {})


@post("/p/{account_id:str}/{secret:str}/{step:str}")
async def take_step(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    account_id: FromPath[str],
    secret: FromPath[str],
    step: FromPath[str],
) -> Response[Any]:
    """Keep a step and go to the next one, or show it again with what is wrong; the review leaves for the platform."""
    found = _find_stay(worlds, account_id, secret)
    if isinstance(found, Response):
        return found
    world, account, stay = found
    if step not in onboarding.list_steps(account):
        return _go_on(account, stay, onboarding.next_step(world, account))
    sent = parse_qsl((await request.body()).decode("utf-8", "replace"))
    form = {name: value.strip()[:200] for name, value in sent}
    if step == "review":
        return _submit(request, world, account, stay, form)
    if "test" in form:
        form = onboarding.test_values(account, step)
    errors = onboarding.keep_step(world, account, step, form)
    if errors:
        return _show(world, account, stay, step, form, errors)
    steps = onboarding.list_steps(account)
    return _go_on(account, stay, steps[steps.index(step) + 1])


def _submit(
    request: Request[Any, Any, Any], world: World, account: Document, stay: Document, form: dict[str, str]
) -> Response[Any]:
    first = onboarding.next_step(world, account)
    if first != "review":
        return _go_on(account, stay, first)
    ip = request.client.host if request.client else "127.0.0.1"
    problem = onboarding.submit(world, account, form, ip)
    if problem:
        return _show(world, account, stay, "review", form, problem)
    end_stay(world, account["id"], stay)
    return _leave(stay)


def _show(
    world: World, account: Document, stay: Document, step: str, values: dict[str, str], errors: dict[str, str]
) -> Template:
    steps = onboarding.list_steps(account)
    context: dict[str, Any] = {
        "account": account,
        "platform": merchant_name(ensure_platform(world)),
        "merchant": merchant_name(account),
        "step": step,
        "steps": [(name, onboarding.TITLES[name]) for name in steps],
        "place": steps.index(step) + 1,
        "title": onboarding.TITLES[step],
        "address": f"/setup/p/{account['id']}/{stay['id']}",
        "values": onboarding.read_values(world, account) | values,
        "errors": errors,
        "leave": stay["_return_url"],
        "american": account["country"] == "US",
        "company": account["business_type"] not in (None, "individual"),
        "business_types": onboarding.BUSINESS_TYPES,
        "test": TEST_PERSON,
        "test_code": TEST_CODE,
        "test_document": TEST_DOCUMENT,
        "test_bank": bank_for(account["country"]),
        "reasons": REASONS,
        "minutes": REVIEW_MINUTES,
        "days": DUE_DAYS,
    }
    return page(
        "setup.html",
        status=422 if errors else 200,
        csp=lead_to(stay["_return_url"], stay["_refresh_url"]),
        **context,
    )


def _find_account(worlds: Worlds, id: str) -> tuple[World, Document]:
    world = worlds.find_holder(id)
    account = connected(world, id) if world else None
    if world is None or account is None:
        raise NotFoundException(NO_PAGE)
    return world, account


def _find_stay(worlds: Worlds, account_id: str, secret: str) -> Stay | Response[Any]:
    """Return the stay, or the way to a new link when its time is up."""
    world, account = _find_account(worlds, account_id)
    stay, good = find_stay(world, SETUP_STAY, account_id, secret)
    if stay is None:
        raise NotFoundException(NO_PAGE)
    if good and (end := onboarding.find_end(account)):
        return page("setup_over.html", title=end[0], words=end[1], leave=stay["_return_url"])
    if good:
        return world, account, stay
    # Ended by Submit: there is nothing to be done anew.
    return _leave(stay) if stay["_ends_at"] == 0 else _go_for_a_new_link(stay)


def _go_on(account: Document, stay: Document, step: str) -> Response[Any]:
    return Redirect(f"/setup/p/{account['id']}/{stay['id']}/{step}", status_code=303)


def _leave(stay: Document) -> Response[Any]:
    if stay["_return_url"]:
        return Redirect(stay["_return_url"], status_code=303)
    return page(
        "setup_over.html", title="You can close this page", words="Go back to the platform to go on.", leave=None
    )


def _go_for_a_new_link(link: Document) -> Response[Any]:
    if link["_refresh_url"]:
        return Redirect(link["_refresh_url"], status_code=303)
    words = "A link to these pages works once and for a few minutes. Go back to the platform and ask for a new one."
    return page("setup_over.html", title="This link is used up", words=words, leave=None)


setup_pages = Router(
    "/setup",
    route_handlers=[follow_account_link, show_step, take_step],
    request_max_body_size=MAX_BODY,
    before_request=refuse_other_sites,
)
