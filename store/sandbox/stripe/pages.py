"""The hosted payment page `/c/pay/{id}` and its 3-D Secure page, as plain HTML forms.

The page changes nothing itself: `checkout.pay` and `checkout.finish_challenge` do, in one transaction each,
so a double submit finds the session complete and ends at the same success URL. After a success the page
waits at most 10 s for the endpoint's answer to `checkout.session.completed`, then redirects (fact page §2.3).
What the buyer typed survives a decline, except the CVC, which is never kept or sent back.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from store.sandbox.clock import Clock
from store.sandbox.deliveries import Deliveries
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import origin_of, page
from store.sandbox.stripe import checkout
from store.sandbox.stripe.cards import TEST_CARDS, Card
from store.sandbox.wording import format_money

ANSWER_SECONDS = 10.0
MAX_BODY = 16 * 1024
MAX_DRAFTS = 200
EXPIRY = re.compile(r"(\d{1,2})\s*[/.\- ]?\s*(\d{2}|20\d{2})")
Visit = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """What the buyer typed, without the CVC, and what was wrong with it, by field name."""

    number: str = ""
    expiry: str = ""
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)


class Drafts:
    """What was typed before a challenge, so that the page can show it again; in memory, bounded."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Draft] = OrderedDict()

    def keep(self, session_id: str, challenge_id: str, draft: Draft) -> None:
        """Keep a draft for a challenge, forgetting the oldest when there are too many."""
        self._kept[session_id, challenge_id] = draft
        while len(self._kept) > MAX_DRAFTS:
            self._kept.popitem(last=False)

    def find(self, session_id: str, challenge_id: str) -> Draft:
        """Return the draft for a challenge, or an empty one."""
        return self._kept.get((session_id, challenge_id), Draft())


@get("/{session_id:str}")
async def show_payment(
    worlds: NamedDependency[Worlds],
    drafts: NamedDependency[Drafts],
    session_id: FromPath[str],
    challenge: FromQuery[str | None] = None,
) -> Template:
    """Show the session as it is: the form while it is open, else what became of it."""
    visit = _find_visit(worlds, session_id)
    if visit["session"]["status"] != "open":
        return _show_end(visit)
    return _show_form(visit, drafts.find(session_id, challenge) if challenge else Draft())


@post("/{session_id:str}")
async def submit_payment(
    request: Request[Any, Any, Any],
    worlds: NamedDependency[Worlds],
    drafts: NamedDependency[Drafts],
    deliveries: NamedDependency[Deliveries],
    clock: NamedDependency[Clock],
    session_id: FromPath[str],
) -> Response[Any]:
    """Take the card and go where it leads: success URL, 3-D Secure, or this page again with the reason."""
    visit = _find_visit(worlds, session_id)
    if visit["session"]["status"] != "open":
        return await _leave(visit, deliveries)
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    number, expiry, name = (form.get(key, "").strip()[:100] for key in ("number", "expiry", "name"))
    draft = Draft(number, expiry, name)
    card, errors = _read_card(draft, form.get("cvc", "").strip(), clock.now())
    free = not visit["session"]["amount_total"]
    if errors and not free:
        return _show_form(visit, replace(draft, errors=errors))
    outcome = checkout.pay(visit["world"], session_id, None if free else card)
    if outcome.kind == "declined":
        return _show_form(visit, replace(draft, errors={_blame(outcome.message): outcome.message}))
    if outcome.kind == "challenge" and outcome.challenge_id:
        drafts.keep(session_id, outcome.challenge_id, draft)
        return Redirect(f"/c/pay/{session_id}/challenge/{outcome.challenge_id}", status_code=303)
    return await _leave(_find_visit(worlds, session_id), deliveries)


@get("/{session_id:str}/challenge/{challenge_id:str}")
async def show_challenge(
    worlds: NamedDependency[Worlds], session_id: FromPath[str], challenge_id: FromPath[str]
) -> Response[Any]:
    """Show the bank's question: Complete or Fail."""
    visit = _find_visit(worlds, session_id)
    if visit["session"]["status"] != "open" or visit["challenge_id"] != challenge_id:
        return Redirect(f"/c/pay/{session_id}", status_code=303)
    return page("challenge.html", csp=_policy(visit), **visit)


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
    visit = _find_visit(worlds, session_id)
    if visit["session"]["status"] != "open":
        return await _leave(visit, deliveries)
    passed = (b"answer", b"complete") in parse_qsl(await request.body())
    outcome = checkout.finish_challenge(visit["world"], session_id, challenge_id, passed)
    if outcome.kind in ("declined", "challenge"):
        kept = drafts.find(session_id, challenge_id)
        drafts.keep(session_id, challenge_id, replace(kept, errors={_blame(outcome.message): outcome.message}))
        return Redirect(f"/c/pay/{session_id}?challenge={challenge_id}", status_code=303)
    return await _leave(_find_visit(worlds, session_id), deliveries)


def offered_cards() -> list[tuple[str, str]]:
    """Return the test cards that work here: number in groups of four, and what happens."""
    return [(_group_digits(card.number), card.does) for card in TEST_CARDS if card.refused is None]


def _group_digits(number: str) -> str:
    if len(number) == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(re.findall(".{1,4}", number))


def _find_visit(worlds: Worlds, session_id: str) -> Visit:
    world = worlds.find_holder(session_id)
    found = checkout.session_for_page(world, session_id) if world else None
    if found is None:
        raise NotFoundException("There is no payment page at this address. Go back to the shop and start again.")
    session = found["session"]
    return {
        **found,
        "world": world,
        "money": format_money,
        "total": format_money(session["amount_total"], session["currency"]),
        "success_url": (session["success_url"] or "").replace("{CHECKOUT_SESSION_ID}", session["id"]),
    }


def _show_form(visit: Visit, draft: Draft) -> Template:
    return page("pay.html", csp=_policy(visit), draft=draft, test_cards=offered_cards(), **visit)


def _show_end(visit: Visit) -> Template:
    shop = origin_of(visit["success_url"]) or origin_of(visit["session"]["cancel_url"])
    return page("ended.html", shop=shop, **visit)


async def _leave(visit: Visit, deliveries: Deliveries) -> Response[Any]:
    session = visit["session"]
    if session["status"] != "complete" or not visit["success_url"]:
        return _show_end(visit)
    await deliveries.await_answer("checkout.session.completed", session["id"], ANSWER_SECONDS)
    return Redirect(visit["success_url"], status_code=303)


def _policy(visit: Visit) -> dict[str, str]:
    origins = {origin_of(visit["success_url"]), origin_of(visit["session"]["cancel_url"])} - {""}
    return {"form-action": " ".join(["'self'", *sorted(origins)])}


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


def refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    """Refuse a form that another site's page sends here."""
    if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in (
        "none",
        "same-origin",
    ):
        raise PermissionDeniedException("This form came from another site. Open the payment page and try again.")


payment_pages = Router(
    path="/c/pay",
    route_handlers=[show_payment, submit_payment, show_challenge, answer_challenge],
    request_max_body_size=MAX_BODY,
    before_request=refuse_other_sites,
)
