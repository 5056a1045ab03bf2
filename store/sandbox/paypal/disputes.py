"""Disputes, as the payee reads them: a buyer asks for its money back, PayPal decides.

A test opens and resolves them; the calls list and show. While one is open, its capture takes no partial refund; one
that ends in the buyer's favour takes the disputed money back as a reversal. Invariant: a capture has one open dispute
at most, and its money moves once. Shapes: `dispute` of customer_disputes_v1; `seller_transaction_id` is the capture.
"""

from __future__ import annotations

from datetime import datetime

from store.sandbox.kernel.world import Document
from store.sandbox.paypal import captures
from store.sandbox.paypal.app import App
from store.sandbox.paypal.errors import Issue, PayPalError
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.objects import fetch, link, new_id, read_digits, shown, store, timestamp, to_minor, to_value
from store.sandbox.paypal.refunds import reverse_capture
from store.sandbox.paypal.routing import Answer, Call, Routes

KIND = "paypal_dispute"
PATH = "/v1/customer/disputes"
# How long the seller has to answer, and over how many days the list goes back.
ANSWER_SECONDS = 10 * 86400
LISTED_SECONDS = 180 * 86400
REASONS = (
    "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
    "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED",
    "UNAUTHORISED",
    "CREDIT_NOT_PROCESSED",
    "DUPLICATE_TRANSACTION",
    "INCORRECT_AMOUNT",
    "PAYMENT_BY_OTHER_MEANS",
    "CANCELED_RECURRING_BILLING",
    "PROBLEM_WITH_REMITTANCE",
    "OTHER",
)
OUTCOMES = ("RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER")
# A dispute's status with the state by which lists are filtered.
STATES = {
    "OPEN": "OPEN_INQUIRIES",
    "WAITING_FOR_SELLER_RESPONSE": "REQUIRED_ACTION",
    "WAITING_FOR_BUYER_RESPONSE": "REQUIRED_OTHER_PARTY_ACTION",
    "UNDER_REVIEW": "UNDER_PAYPAL_REVIEW",
    "RESOLVED": "RESOLVED",
}
# What a list shows of each.
LISTED = (
    *("dispute_id", "create_time", "update_time", "reason", "status", "dispute_state", "dispute_amount"),
    *("dispute_life_cycle_stage", "dispute_channel", "seller_response_due_date", "links"),
)


def open_dispute(app: App, capture_id: str, reason: str = REASONS[0], amount: int | None = None) -> Document:
    """Open a dispute about a capture, over what is left of it or `amount` (minor units), as its buyer would.

    ValueError for a reason there is none of, a capture that took no money, or one that is disputed already.
    """
    capture = fetch(app, captures.KIND, capture_id, "capture_id")
    whole, currency = to_minor(capture["amount"])
    left = whole - capture["_refunded"] if "seller_receivable_breakdown" in capture else 0
    disputed = left if amount is None else amount
    if reason not in REASONS:
        raise ValueError(f"There is no reason {reason}; there are {', '.join(REASONS)}.")
    if not 0 < disputed <= left:
        raise ValueError(f"Capture {capture_id} is {capture['status']}: {left} minor units of it can be disputed.")
    if any(one["status"] != "RESOLVED" for one in app.world.find(app.merchant_id, KIND, _capture=capture_id)):
        raise ValueError(f"Capture {capture_id} has an open dispute already.")
    id = f"PP-D-{new_id(6)}"
    dispute: Document = {
        "id": id,
        "dispute_id": id,
        "create_time": timestamp(app.now),
        "disputed_transactions": [_describe(capture)],
        "reason": reason,
        "dispute_amount": to_value(disputed, currency),
        "dispute_life_cycle_stage": "CHARGEBACK" if reason == "UNAUTHORISED" else "INQUIRY",
        "dispute_channel": "INTERNAL",
        "seller_response_due_date": timestamp(app.now + ANSWER_SECONDS),
        "links": [link(captures.origin_of(capture), f"{PATH}/{id}", "self")],
        "_capture": capture_id,
        "_amount": disputed,
        "_created": app.now,
    }
    with app.world.tx():
        return _change(app, dispute, "WAITING_FOR_SELLER_RESPONSE", "CREATED")


def update_dispute(app: App, id: str, status: str) -> Document:
    """Let an open dispute go on: its next `status` short of RESOLVED. ValueError for any other move."""
    dispute = fetch(app, KIND, id, "id")
    if dispute["status"] == "RESOLVED" or status not in STATES or status == "RESOLVED":
        raise ValueError(f"Dispute {id} is {dispute['status']}, which cannot become {status}.")
    with app.world.tx():
        return _change(app, dispute, status, "UPDATED")


def resolve_dispute(app: App, id: str, outcome: str = "RESOLVED_BUYER_FAVOUR") -> Document:
    """End a dispute; in the buyer's favour the money goes back as a reversal of its capture.

    ValueError for an outcome there is none of, or a dispute that is over.
    """
    dispute = fetch(app, KIND, id, "id")
    if outcome not in OUTCOMES:
        raise ValueError(f"There is no outcome {outcome}; there are {', '.join(OUTCOMES)}.")
    if dispute["status"] == "RESOLVED":
        raise ValueError(f"Dispute {id} is resolved already.")
    with app.world.tx():
        dispute["dispute_outcome"] = {"outcome_code": outcome}
        if outcome == "RESOLVED_BUYER_FAVOUR":
            dispute["dispute_outcome"]["amount_refunded"] = dispute["dispute_amount"]
            reason = "CHARGEBACK" if dispute["reason"] == "UNAUTHORISED" else "BUYER_COMPLAINT"
            reverse_capture(app, dispute["_capture"], dispute["_amount"], reason)
        return _change(app, dispute, "RESOLVED", "RESOLVED")


def list_disputes(call: Call) -> Answer:
    """Return disputes of the last 180 days, newest first, by transaction, state and time of the last change.

    A page without any has no `items`: PayPal's schema has lists of one or more.
    """
    found = [one for one in call.app.world.find(call.app.merchant_id, KIND) if _is_meant(call, one)]
    size, start = _read_number(call, "page_size", 10, 50), _read_number(call, "next_page_token", 0, 1 << 30)
    page = found[start : start + size]
    links = [link(call.origin, f"{PATH}?page_size={size}&next_page_token={start}", "self")]
    if start + size < len(found):
        links.append(link(call.origin, f"{PATH}?page_size={size}&next_page_token={start + size}", "next"))
    items = [{name: one[name] for name in LISTED if name in one} for one in map(shown, page)]
    return Answer(body={"items": items, "links": links} if items else {"links": links})


def retrieve_dispute(call: Call) -> Answer:
    """Return one dispute of this account."""
    return Answer(body=_show(fetch(call.app, KIND, call.params["id"], "id")))


def _describe(capture: Document) -> Document:
    """A capture as its dispute names it."""
    named = {"custom": capture.get("custom_id"), "invoice_number": capture.get("invoice_id")}
    return {
        "seller_transaction_id": capture["id"],
        "create_time": capture["create_time"],
        "transaction_status": capture["status"],
        "gross_amount": capture["amount"],
        "seller": {"email": capture["payee"].get("email_address"), "merchant_id": capture["payee"].get("merchant_id")},
        **{name: value for name, value in named.items() if value},
    }


def _change(app: App, dispute: Document, status: str, event: str) -> Document:
    dispute |= {"status": status, "dispute_state": STATES[status], "update_time": timestamp(app.now)}
    dispute["_updated"] = app.now
    store(app, KIND, dispute)
    emit(app, f"CUSTOMER.DISPUTE.{event}", _show(dispute), "dispute")
    return dispute


def _show(dispute: Document) -> Document:
    return {name: value for name, value in shown(dispute).items() if name not in ("id", "dispute_state")}


def _is_meant(call: Call, dispute: Document) -> bool:
    query = call.query
    states = query["dispute_state"].split(",") if query.get("dispute_state") else ()
    return (
        dispute["_updated"] > call.now - LISTED_SECONDS
        and query.get("disputed_transaction_id", dispute["_capture"]) == dispute["_capture"]
        and (not states or dispute["dispute_state"] in states)
        and dispute["_created"] >= _read_time(query.get("start_time"), 0)
        and dispute["_updated"] >= _read_time(query.get("update_time_after"), 0)
        and dispute["_updated"] <= _read_time(query.get("update_time_before"), call.now)
    )


def _read_time(text: str | None, usual: int) -> int:
    if not text:
        return usual
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise _invalid("time", text) from None


def _read_number(call: Call, name: str, usual: int, most: int) -> int:
    text = call.query.get(name) or str(usual)
    number = read_digits(text)
    if number is None or number > most:
        raise _invalid(name, text)
    return number or usual


def _invalid(field: str, value: str) -> PayPalError:
    return PayPalError(400, issues=(Issue("INVALID_PARAMETER_VALUE", field, value, "query", "The value is invalid."),))


ROUTES: Routes = (
    ("GET", PATH, "disputes.list", list_disputes),
    ("GET", f"{PATH}/{{id}}", "disputes.get", retrieve_dispute),
)
