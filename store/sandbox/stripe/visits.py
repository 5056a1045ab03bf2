"""What a visit to a hosted page needs: the session with its world, the form as the buyer left it, the ways out.

Invariant: the CVC is in no draft; a page that posts names the merchant's origin in its policy, so that the redirect
after a POST is allowed.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from litestar import Request, Response
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.response import Redirect, Template

from store.sandbox.deliveries import Deliveries
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import origin_of, page
from store.sandbox.stripe import checkout
from store.sandbox.stripe.bank_accounts import BANK_ACCOUNTS
from store.sandbox.stripe.cards import TEST_CARDS
from store.sandbox.wording import format_money

ANSWER_SECONDS = 10.0
MAX_DRAFTS = 200
CARD, DEBIT = "card", "debit"
Visit = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """What the buyer typed, without the CVC, and what was wrong with it, by field name."""

    number: str = ""
    expiry: str = ""
    name: str = ""
    account: str = ""
    holder: str = ""
    code: str = ""
    # Which form is shown, and whether the field for a promotion code is open.
    way: str = CARD
    open_code: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    advice: str = ""


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


def offered_cards() -> list[tuple[str, str]]:
    """Return the test cards that work here: number in groups of four, and what happens."""
    return [(_group_digits(card.number), card.does) for card in TEST_CARDS if card.refused is None]


def find_visit(worlds: Worlds, session_id: str) -> Visit:
    """Return what the pages show of a session, its world and where a paid buyer goes; 404 when there is none."""
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
        "code": session.get("_entered"),
        "discount": session.get("_named") if session["total_details"]["amount_discount"] else None,
    }


def show_form(visit: Visit, draft: Draft) -> Template:
    """Return the form of an open session."""
    session = visit["session"]
    bank = checkout.bank_type(session)
    ways = [way for way, there in ((CARD, "card" in session["payment_method_types"]), (DEBIT, bool(bank))) if there]
    return page(
        "pay.html",
        csp=policy(visit),
        draft=draft,
        way=draft.way if draft.way in ways else ways[0],
        ways=ways,
        iban=bank == "sepa_debit",
        test_cards=offered_cards(),
        test_accounts=[(bank_.number, bank_.does) for bank_ in BANK_ACCOUNTS if bank_.type == bank],
        **visit,
    )


def show_end(visit: Visit) -> Template:
    """Return the page of a session that is over: paid, held, waiting for a bank, failed or expired."""
    shop = origin_of(visit["success_url"]) or origin_of(visit["session"]["cancel_url"])
    return page("ended.html", shop=shop, **visit)


async def leave(visit: Visit, deliveries: Deliveries) -> Response[Any]:
    """Send the buyer of a complete session on, once the merchant's endpoint has answered (10 s at most)."""
    session = visit["session"]
    if session["status"] != "complete" or not visit["success_url"]:
        return show_end(visit)
    await deliveries.await_answer("checkout.session.completed", session["id"], ANSWER_SECONDS)
    return Redirect(visit["success_url"], status_code=303)


def refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    """Refuse a form that another site's page sends here."""
    if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in (
        "none",
        "same-origin",
    ):
        raise PermissionDeniedException("This form came from another site. Open the page anew and try again.")


def policy(visit: Visit) -> dict[str, str]:
    """Return the policy of a page whose form may lead to the merchant."""
    return lead_to(visit["success_url"], visit["session"]["cancel_url"])


def lead_to(*urls: str | None) -> dict[str, str]:
    """Return the policy of a page whose form may lead to these addresses."""
    origins = {origin_of(url) for url in urls} - {""}
    return {"form-action": " ".join(["'self'", *sorted(origins)])}


def _group_digits(number: str) -> str:
    if len(number) == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(re.findall(".{1,4}", number))
