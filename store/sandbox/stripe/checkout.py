"""What the buyer does on the hosted page: look at a session, type a promotion code, pay, pass or fail 3D Secure.

The page itself is elsewhere; this file changes the world and says in a sentence what happened. Invariant: a
session completes once, and only while it is open and its time is not up.
"""

from dataclasses import dataclass

from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe import discounts
from store.sandbox.stripe.bank_accounts import CURRENCY, find_bank_account
from store.sandbox.stripe.cards import Card, Decline, find_card, read_card, refused_card
from store.sandbox.stripe.customers import make_customer
from store.sandbox.stripe.debits import start_debit
from store.sandbox.stripe.instruments import make_bank_method, make_method
from store.sandbox.stripe.objects import find_line_items, merchant_name
from store.sandbox.stripe.payments import (
    Attempt,
    cancel_intent,
    cap_transfer,
    change_amount,
    fail_challenge,
    open_intent,
    try_card,
)
from store.sandbox.stripe.session_parts import KIND
from store.sandbox.stripe.sessions import close_session

CLOSED = "This payment page is no longer open."
PAY_BY_CARD = "Enter a card to pay."
NOT_OFFERED = "This payment page does not take that way to pay. Choose another one."
NOT_A_TEST_ACCOUNT = "This is a sandbox: use one of the test accounts below, such as {}."
NO_CODES = "This payment page takes no promotion codes."
NO_CHALLENGE = "This verification is over. Enter a card to try again."


@dataclass(frozen=True)
class Outcome:
    """What became of a buyer's act: `complete`, `declined` (stay on the page), `challenge` or `closed`."""

    kind: str
    message: str = ""
    challenge_id: str | None = None
    # What the sandbox adds to the provider's sentence.
    advice: str = ""


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
    meant = session["_intent_data"].get("on_behalf_of") or account
    merchant = world.get(world.platform, "account", meant, deleted=True)
    if merchant.get("_deleted"):
        return None
    intent = world.get(account, "payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    return {
        "account": account,
        "session": session,
        "line_items": find_line_items(world, account, session_id),
        "merchant": merchant_name(merchant),
        "intent": intent,
        "challenge_id": intent["_challenge"] if intent and intent["status"] == "requires_action" else None,
    }


def pay(world: World, session_id: str, card: Card | None) -> Outcome:
    """Pay an open session with a typed card; None is for a session whose total is zero."""
    with world.tx():
        page = _open_page(world, session_id)
        if page is None:
            return Outcome("closed", CLOSED)
        account, session = page["account"], page["session"]
        if gone := _check_discount(world, account, session):
            return gone
        if session["amount_total"] == 0:
            return _complete(world, account, session, "no_payment_required", card.name if card else None)
        if card is None:
            return Outcome("declined", PAY_BY_CARD)
        if "card" not in session["payment_method_types"]:
            return Outcome("declined", NOT_OFFERED)
        row = read_card(card, world.clock.now())
        if not isinstance(row, Decline) and row.refused:
            row = refused_card(row)
        if isinstance(row, Decline) and row.before_charge:
            return Outcome("declined", row.message)
        intent = _open_intent(world, account, session)
        if isinstance(row, Decline):
            row = find_card(card.digits)
        billing = {"email": session["customer_email"], "name": card.name or None}
        method = make_method(world, account, row, billing=billing, expiry=(card.exp_month, card.year))
        attempt = try_card(world, account, intent, row, method)
        return _conclude(world, account, session, intent, attempt, card.name)


def pay_by_debit(world: World, session_id: str, number: str, name: str) -> Outcome:
    """Ask the bank of a typed test account; the session is complete and unpaid until the bank answers."""
    with world.tx():
        page = _open_page(world, session_id)
        if page is None:
            return Outcome("closed", CLOSED)
        account, session = page["account"], page["session"]
        if gone := _check_discount(world, account, session):
            return gone
        if session["amount_total"] == 0:
            return _complete(world, account, session, "no_payment_required", name)
        type = bank_type(session)
        if type is None:
            return Outcome("declined", NOT_OFFERED)
        bank = find_bank_account(type, number)
        if bank is None:
            return Outcome("declined", NOT_A_TEST_ACCOUNT.format("AT61…" if type == "sepa_debit" else "000123456789"))
        intent = _open_intent(world, account, session)
        billing = {"email": session["customer_email"], "name": name}
        method = make_bank_method(world, account, bank, billing)
        start_debit(world, account, intent, method, bank)
        return _complete(world, account, session, "unpaid", name)


def enter_code(world: World, session_id: str, text: str) -> Outcome:
    """Put a typed promotion code on an open session that takes codes; `declined` says in words why not."""
    with world.tx():
        page = _open_page(world, session_id)
        if page is None:
            return Outcome("closed", CLOSED)
        if not page["session"]["allow_promotion_codes"]:
            return Outcome("declined", NO_CODES)
        if reason := discounts.enter_code(world, page["account"], page["session"], text):
            return Outcome("declined", reason)
        _follow_total(world, page["account"], page["session"])
        return Outcome("complete")


def drop_code(world: World, session_id: str) -> Outcome:
    """Take the buyer's promotion code off an open session; nothing happens when there is none."""
    with world.tx():
        page = _open_page(world, session_id)
        if page is None:
            return Outcome("closed", CLOSED)
        discounts.drop_code(world, page["account"], page["session"])
        _follow_total(world, page["account"], page["session"])
        return Outcome("complete")


def bank_type(session: Document) -> str | None:
    """Return the bank debit that a session takes, or None."""
    return next((type for type in session["payment_method_types"] if type in CURRENCY), None)


def finish_challenge(world: World, session_id: str, challenge_id: str, passed: bool) -> Outcome:
    """Take the answer of the 3D Secure page; an answer to a challenge that is over changes nothing."""
    with world.tx():
        page = _open_page(world, session_id)
        if page is None:
            return Outcome("closed", CLOSED)
        if page["challenge_id"] is None or page["challenge_id"] != challenge_id:
            return Outcome("declined", NO_CHALLENGE)
        account, session, intent = page["account"], page["session"], page["intent"]
        if gone := _check_discount(world, account, session):
            return gone
        method = world.get(account, "payment_method", intent["payment_method"])
        if passed:
            attempt = try_card(world, account, intent, find_card(method["_number"]), method, challenged=True)
        else:
            attempt = fail_challenge(world, account, intent)
        return _conclude(world, account, session, intent, attempt, method["billing_details"]["name"])


def _open_page(world: World, session_id: str) -> Document | None:
    """What `session_for_page` returns, of an open session only."""
    page = session_for_page(world, session_id)
    return page if page and page["session"]["status"] == "open" else None


def _check_discount(world: World, account: str, session: Document) -> Outcome | None:
    """Return why the price shown does not hold any more (another buyer took the last redemption), or None."""
    if reason := discounts.check_redeemable(world, account, session):
        _follow_total(world, account, session)
        return Outcome("declined", reason)
    return None


def _follow_total(world: World, account: str, session: Document) -> None:
    """Give the session's intent, if one was opened, the session's total as it is now."""
    if session["payment_intent"] and session["amount_total"]:
        intent = world.get(account, "payment_intent", session["payment_intent"])
        if intent["amount"] != session["amount_total"]:
            change_amount(world, account, intent, session["amount_total"], _capped_fee(session))


def _capped_fee(session: Document) -> int | None:
    """Return the application fee of a session: what the merchant asked for, at most what is paid."""
    fee = session["_intent_data"].get("application_fee_amount")
    return None if fee is None else min(fee, session["amount_total"])


def _open_intent(world: World, account: str, session: Document) -> Document:
    """Return the session's intent, made at the first confirmation and used again after a decline."""
    if session["payment_intent"]:
        return world.get(account, "payment_intent", session["payment_intent"])
    data = {"customer": session["customer"], **session["_intent_data"], "_session": session["id"]}
    data |= {
        "application_fee_amount": _capped_fee(session),
        "payment_method_types": session["payment_method_types"],
        "transfer_data": cap_transfer(data.get("transfer_data"), session["amount_total"]),
    }
    intent = open_intent(world, account, session["amount_total"], session["currency"], data)
    session["payment_intent"] = intent["id"]
    world.put(account, KIND, session)
    return intent


def _conclude(
    world: World, account: str, session: Document, intent: Document, attempt: Attempt, name: str | None
) -> Outcome:
    if attempt.kind in ("succeeded", "held"):
        # Money that is only held is not there yet: the session is paid when it is captured.
        return _complete(world, account, session, "paid" if attempt.kind == "succeeded" else "unpaid", name)
    if attempt.kind == "challenge":
        return Outcome("challenge", "Your bank wants to verify this payment.", intent["_challenge"])
    if attempt.decline is None:
        return Outcome("declined", CLOSED)
    return Outcome("declined", attempt.decline.message, advice=attempt.decline.advice)


def _complete(world: World, account: str, session: Document, payment_status: str, name: str | None) -> Outcome:
    email = session["customer_email"]
    if payment_status == "no_payment_required" and session["payment_intent"]:
        # A code made the order free after a card was declined: what is free has no intent.
        intent = world.get(account, "payment_intent", session["payment_intent"])
        cancel_intent(world, account, intent, "automatic")
        session["payment_intent"] = None
    if session["customer"] is None and (
        payment_status == "no_payment_required" or session["customer_creation"] == "always"
    ):
        session["customer"] = make_customer(world, account, {"email": email, "name": name})["id"]
    elif session["customer"]:
        email = world.get(account, "customer", session["customer"], deleted=True)["email"]
    details = dict.fromkeys(("address", "business_name", "individual_name", "phone"))
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": {**details, "email": email, "name": name, "tax_exempt": "none", "tax_ids": []},
    }
    world.unschedule("checkout.expire", session["id"])
    world.put(account, KIND, session)
    discounts.redeem_discount(world, account, session)
    world.emit(account, "checkout.session.completed", session)
    return Outcome("complete")
