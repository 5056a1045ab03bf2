"""What the buyer does on the hosted page: look at a session, pay, pass or fail 3D Secure.

The page itself is elsewhere; this file changes the world and says in a sentence what happened. Invariant: a
session completes once, and only while it is open and its time is not up.
"""

from dataclasses import dataclass

from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.cards import BY_NUMBER, Card, Decline, TestCard, read_card, refused_card
from store.sandbox.stripe.customers import make_customer
from store.sandbox.stripe.objects import find_line_items
from store.sandbox.stripe.payments import Attempt, fail_challenge, make_method, open_intent, try_card
from store.sandbox.stripe.sessions import KIND, close_session

CLOSED = "This payment page is no longer open."
PAY_BY_CARD = "Enter a card to pay."
NO_CHALLENGE = "This verification is over. Enter a card to try again."


@dataclass(frozen=True)
class Outcome:
    """What became of a buyer's act: `complete`, `declined` (stay on the page), `challenge` or `closed`."""

    kind: str
    message: str = ""
    challenge_id: str | None = None


def session_for_page(world: World, session_id: str) -> Document | None:
    """Return what the page shows of any account's session, or None; one whose time is up is expired first.

    Keys: account, session, line_items, merchant (name on the page), intent (or None), challenge_id (or None).
    """
    found = world.lookup(session_id)
    if found is None or found[1] != KIND:
        return None
    account, _, session = found
    if session["status"] == "open" and session["expires_at"] <= world.clock.now():
        with world.tx():
            session = close_session(world, account, session)
    merchant = world.get(world.platform, "account", account)
    intent = world.get(account, "payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    return {
        "account": account,
        "session": session,
        "line_items": find_line_items(world, account, session_id),
        "merchant": merchant_name(merchant),
        "intent": intent,
        "challenge_id": intent["_challenge"] if intent and intent["status"] == "requires_action" else None,
    }


def merchant_name(account: Document) -> str:
    """Return the name a buyer sees: the business profile's, else the dashboard's, else the id."""
    profile, settings = account["business_profile"] or {}, account["settings"]
    return str(profile.get("name") or settings["dashboard"]["display_name"] or account["id"])


def pay(world: World, session_id: str, card: Card | None) -> Outcome:
    """Pay an open session with a typed card; None is for a session whose total is zero."""
    with world.tx():
        page = session_for_page(world, session_id)
        if page is None or page["session"]["status"] != "open":
            return Outcome("closed", CLOSED)
        account, session = page["account"], page["session"]
        if session["amount_total"] == 0:
            return _complete(world, account, session, "no_payment_required", card.name if card else None)
        if card is None:
            return Outcome("declined", PAY_BY_CARD)
        row = read_card(card, world.clock.now())
        if not isinstance(row, Decline) and row.refused:
            row = refused_card(row)
        if isinstance(row, Decline) and row.before_charge:
            return Outcome("declined", row.message)
        intent = _open_intent(world, account, session)
        if isinstance(row, Decline):
            # A number outside the table reaches the network and is declined there, as the provider does.
            row = TestCard(card.digits, "", "Not a test card", brand="unknown", decline=row)
        billing = {"email": session["customer_email"], "name": card.name or None}
        method = make_method(world, account, row, billing=billing, expiry=(card.exp_month, card.year))
        attempt = try_card(world, account, intent, row, method)
        return _conclude(world, account, session, intent, attempt, card.name)


def finish_challenge(world: World, session_id: str, challenge_id: str, passed: bool) -> Outcome:
    """Take the answer of the 3D Secure page; an answer to a challenge that is over changes nothing."""
    with world.tx():
        page = session_for_page(world, session_id)
        if page is None or page["session"]["status"] != "open":
            return Outcome("closed", CLOSED)
        if page["challenge_id"] is None or page["challenge_id"] != challenge_id:
            return Outcome("declined", NO_CHALLENGE)
        account, session, intent = page["account"], page["session"], page["intent"]
        method = world.get(account, "payment_method", intent["payment_method"])
        if passed:
            attempt = try_card(world, account, intent, BY_NUMBER[method["_number"]], method, challenged=True)
        else:
            attempt = fail_challenge(world, account, intent)
        return _conclude(world, account, session, intent, attempt, method["billing_details"]["name"])


def _open_intent(world: World, account: str, session: Document) -> Document:
    """Return the session's intent, made at the first confirmation and used again after a decline."""
    if session["payment_intent"]:
        return world.get(account, "payment_intent", session["payment_intent"])
    data = {"customer": session["customer"], **session["_intent_data"], "_session": session["id"]}
    intent = open_intent(world, account, session["amount_total"], session["currency"], data)
    session["payment_intent"] = intent["id"]
    world.put(account, KIND, session)
    return intent


def _conclude(
    world: World, account: str, session: Document, intent: Document, attempt: Attempt, name: str | None
) -> Outcome:
    if attempt.kind == "succeeded":
        return _complete(world, account, session, "paid", name)
    if attempt.kind == "challenge":
        return Outcome("challenge", "Your bank wants to verify this payment.", intent["_challenge"])
    return Outcome("declined", attempt.decline.message if attempt.decline else CLOSED)


def _complete(world: World, account: str, session: Document, payment_status: str, name: str | None) -> Outcome:
    email = session["customer_email"]
    if session["customer"] is None and (
        payment_status == "no_payment_required" or session["customer_creation"] == "always"
    ):
        session["customer"] = make_customer(world, account, {"email": email, "name": name})["id"]
    elif session["customer"]:
        email = world.get(account, "customer", session["customer"])["email"]
    details = dict.fromkeys(("address", "business_name", "individual_name", "phone"))
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": {**details, "email": email, "name": name, "tax_exempt": "none", "tax_ids": []},
    }
    world.unschedule("checkout.expire", session["id"])
    world.put(account, KIND, session)
    world.emit(account, "checkout.session.completed", session)
    return Outcome("complete")
