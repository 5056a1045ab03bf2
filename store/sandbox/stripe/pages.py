"""The hosted payment page `/c/pay/{id}` and its 3-D Secure page, as plain HTML forms.

The page changes nothing itself: the verbs of `checkout` do, in one transaction each, so a double submit finds the
session complete and ends at the same success URL. After a success the page waits at most 10 s for the endpoint's
answer to `checkout.session.completed`, then redirects (fact page §2.3). What the buyer typed survives a decline,
except the CVC, which is never kept or sent back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from store.sandbox.clock import Clock
from store.sandbox.deliveries import Deliveries
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import page
from store.sandbox.stripe import checkout
from store.sandbox.stripe.cards import Card
from store.sandbox.stripe.return_pages import authenticate_pages, recovery_pages
from store.sandbox.stripe.visits import (
    ANSWER_SECONDS,
    CARD,
    DEBIT,
    Draft,
    Drafts,
    find_visit,
    leave,
    offered_cards,
    policy,
    refuse_other_sites,
    show_end,
    show_form,
)

__all__ = ["ANSWER_SECONDS", "Drafts", "offered_cards", "payment_pages"]
MAX_BODY = 16 * 1024
EXPIRY = re.compile(r"(\d{1,2})\s*[/.\- ]?\s*(\d{2}|20\d{2})")


@get("/{session_id:str}")
async def show_payment(
    worlds: NamedDependency[Worlds],
    drafts: NamedDependency[Drafts],
    session_id: FromPath[str],
    challenge: FromQuery[str | None] = None,
    pay: FromQuery[str | None] = None,
    promotion: FromQuery[str | None] = None,
) -> Template:
    """Show the session as it is: the form while it is open, else what became of it.

    `pay=debit` shows the bank debit's form, `promotion=open` the field for a promotion code.
    """
    visit = find_visit(worlds, session_id)
    if visit["session"]["status"] != "open":
        return show_end(visit)
    if challenge:
        return show_form(visit, drafts.find(session_id, challenge))
    return show_form(visit, Draft(way=pay or CARD, open_code=promotion == "open"))


@post("/{session_id:str}")
async def submit_payment(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    drafts: NamedDependency[Drafts],
    deliveries: NamedDependency[Deliveries],
    clock: NamedDependency[Clock],
    session_id: FromPath[str],
) -> Response[Any]:
    """Take card or bank account and go where it leads: success URL, 3-D Secure, or this page with the reason."""
    visit = find_visit(worlds, session_id)
    if visit["session"]["status"] != "open":
        return await leave(visit, deliveries)
    form = await _read_form(request)
    number, expiry, name, account, holder = (
        form.get(key, "").strip()[:100] for key in ("number", "expiry", "name", "account", "holder")
    )
    draft = Draft(number, expiry, name, account, holder, way=form.get("pay", CARD))
    free = not visit["session"]["amount_total"]
    if draft.way == DEBIT and not free:
        errors = _check_debit(draft)
        if errors:
            return show_form(visit, replace(draft, errors=errors))
        outcome = checkout.pay_by_debit(visit["world"], session_id, draft.account, draft.holder)
    else:
        card, errors = _read_card(draft, form.get("cvc", "").strip(), clock.now())
        if errors and not free:
            return show_form(visit, replace(draft, errors=errors))
        outcome = checkout.pay(visit["world"], session_id, None if free else card)
    if outcome.kind == "declined":
        errors = {"account" if draft.way == DEBIT else _blame(outcome.message): outcome.message}
        return show_form(find_visit(worlds, session_id), replace(draft, errors=errors, advice=outcome.advice))
    if outcome.kind == "challenge" and outcome.challenge_id:
        drafts.keep(session_id, outcome.challenge_id, draft)
        return Redirect(f"/c/pay/{session_id}/challenge/{outcome.challenge_id}", status_code=303)
    return await leave(find_visit(worlds, session_id), deliveries)


@post("/{session_id:str}/promotion")
async def submit_code(
    request: Request[Any, Any, Any], worlds: NamedDependency[Worlds], session_id: FromPath[str]
) -> Response[Any]:
    """Apply or remove a promotion code and show the page with its new total, or with the reason why not."""
    visit = find_visit(worlds, session_id)
    form = await _read_form(request)
    if form.get("action") == "remove":
        checkout.drop_code(visit["world"], session_id)
        return Redirect(f"/c/pay/{session_id}", status_code=303)
    typed = form.get("code", "").strip()[:100]
    outcome = checkout.enter_code(visit["world"], session_id, typed)
    if outcome.kind == "declined":
        draft = Draft(code=typed, open_code=True, errors={"code": outcome.message})
        return show_form(find_visit(worlds, session_id), draft)
    return Redirect(f"/c/pay/{session_id}", status_code=303)


@get("/{session_id:str}/challenge/{challenge_id:str}")
async def show_challenge(
    worlds: NamedDependency[Worlds], session_id: FromPath[str], challenge_id: FromPath[str]
) -> Response[Any]:
    """Show the bank's question: Complete or Fail."""
    visit = find_visit(worlds, session_id)
    if visit["session"]["status"] != "open" or visit["challenge_id"] != challenge_id:
        return Redirect(f"/c/pay/{session_id}", status_code=303)
    address = f"/c/pay/{session_id}/challenge/{challenge_id}"
    return page("challenge.html", csp=policy(visit), action=address, cancel_url=visit["session"]["cancel_url"], **visit)


@post("/{session_id:str}/challenge/{challenge_id:str}")
async def answer_challenge(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    drafts: NamedDependency[Drafts],
    deliveries: NamedDependency[Deliveries],
    session_id: FromPath[str],
    challenge_id: FromPath[str],
) -> Response[Any]:
    """Pass or fail the challenge and go on: success URL, or the form again with the reason."""
    visit = find_visit(worlds, session_id)
    if visit["session"]["status"] != "open":
        return await leave(visit, deliveries)
    passed = (b"answer", b"complete") in parse_qsl(await request.body())
    outcome = checkout.finish_challenge(visit["world"], session_id, challenge_id, passed)
    if outcome.kind in ("declined", "challenge"):
        kept = replace(drafts.find(session_id, challenge_id), advice=outcome.advice)
        drafts.keep(session_id, challenge_id, replace(kept, errors={_blame(outcome.message): outcome.message}))
        return Redirect(f"/c/pay/{session_id}?challenge={challenge_id}", status_code=303)
    return await leave(find_visit(worlds, session_id), deliveries)


async def _read_form(request: Request[Any, Any, Any]) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _check_debit(draft: Draft) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not draft.account:
        errors["account"] = "Enter the account to debit."
    if not draft.holder:
        errors["holder"] = "Enter the name on the account."
    return errors


def _read_card(draft: Draft, cvc: str, now: int) -> tuple[Card, dict[str, str]]:
    errors: dict[str, str] = {}
    number = re.sub(r"[\s-]", "", draft.number)
    if not re.fullmatch(r"[0-9]{12,19}", number):
        errors["number"] = "Enter the card number: 12 to 19 digits."
    month, year = 0, 0
    if match := EXPIRY.fullmatch(draft.expiry):
        month, year = int(match[1]), int(match[2]) % 100 + 2000
    today = datetime.fromtimestamp(now, UTC)
    if not 1 <= month <= 12:
        errors["expiry"] = "Enter the expiry date as MM/YY, for example 12/34."
    elif (year, month) < (today.year, today.month):
        errors["expiry"] = "This expiry date is in the past. Enter one that is still to come."
    digits = 4 if number.startswith(("34", "37")) else 3
    if not re.fullmatch(f"[0-9]{{{digits}}}", cvc):
        errors["cvc"] = f"Enter the {digits} digits of the card's security code."
    if not draft.name:
        errors["name"] = "Enter the name on the card."
    return Card(number, month, year, cvc, draft.name), errors


def _blame(message: str) -> str:
    words = message.lower()
    if "security code" in words or "cvc" in words:
        return "cvc"
    return "expiry" if "expir" in words else "number"


payment_pages = Router(
    path="/c",
    route_handlers=[
        Router("/pay", route_handlers=[show_payment, submit_payment, submit_code, show_challenge, answer_challenge]),
        recovery_pages,
        authenticate_pages,
    ],
    request_max_body_size=MAX_BODY,
    before_request=refuse_other_sites,
)
