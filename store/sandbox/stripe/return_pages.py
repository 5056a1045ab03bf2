"""Two addresses a buyer comes to from outside: the recovery link of an expired session, the bank of an API payment.

`/c/recover/{session}/{secret}` makes a new session and goes to its page; `/c/authenticate/{intent}/{challenge}` asks
like a bank and goes back to the merchant's `return_url` (fact page §2.2, §3.1). Invariant: neither page shows
anything to who does not have the whole address.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import page
from store.sandbox.stripe.authentication import answer_challenge, find_challenge, way_back
from store.sandbox.stripe.objects import merchant_name
from store.sandbox.stripe.recovery import recover_session
from store.sandbox.stripe.session_parts import PAGE_PATH
from store.sandbox.stripe.visits import lead_to
from store.sandbox.wording import format_money

NO_RECOVERY = "This link does not lead to an order that can be gone on with. It works for 30 days. Go back to the shop."
NO_CHALLENGE = "No bank asks anything at this address. Go back to the shop and start again."


@get("/{session_id:str}/{secret:str}")
async def follow_recovery(
    worlds: NamedDependency[Worlds], session_id: FromPath[str], secret: FromPath[str]
) -> Response[Any]:
    """Go on with an expired session: to the page of a new one, or of the one made before."""
    world = worlds.find_holder(session_id)
    session = recover_session(world, session_id, secret) if world else None
    if session is None:
        raise NotFoundException(NO_RECOVERY)
    return Redirect(f"{PAGE_PATH}{session['id']}", status_code=303)


@get("/{intent_id:str}/{challenge_id:str}")
async def show_authentication(
    worlds: NamedDependency[Worlds], intent_id: FromPath[str], challenge_id: FromPath[str]
) -> Response[Any]:
    """Show the bank's question, or go back to the merchant when it was answered."""
    world = worlds.find_holder(intent_id)
    found = find_challenge(world, intent_id, challenge_id) if world else None
    if world is None or found is None:
        raise NotFoundException(NO_CHALLENGE)
    account, intent = found
    if intent["status"] != "requires_action":
        return Redirect(way_back(intent), status_code=303)
    return page(
        "challenge.html",
        csp=lead_to(intent["_return"]),
        action=f"/c/authenticate/{intent_id}/{challenge_id}",
        merchant=merchant_name(world.get(world.platform, "account", account, deleted=True)),
        total=format_money(intent["amount"], intent["currency"]),
        cancel_url=None,
    )


@post("/{intent_id:str}/{challenge_id:str}")
async def answer_authentication(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    intent_id: FromPath[str],
    challenge_id: FromPath[str],
) -> Response[Any]:
    """Pass or fail the challenge and go back to the merchant."""
    world = worlds.find_holder(intent_id)
    passed = (b"answer", b"complete") in parse_qsl(await request.body())
    address = answer_challenge(world, intent_id, challenge_id, passed) if world else None
    if address is None:
        raise NotFoundException(NO_CHALLENGE)
    return Redirect(address, status_code=303)


recovery_pages = Router("/recover", route_handlers=[follow_recovery])
authenticate_pages = Router("/authenticate", route_handlers=[show_authentication, answer_authentication])
