"""Checkout Sessions as the API sees them, in payment mode: create, retrieve, list, update metadata, expire.

States: open → complete (paid, or nothing to pay) and open → expired; neither end is ever left
(docs.stripe.com/payments/checkout). Invariant: `payment_intent` is null until the buyer confirms, and
expiring works on an open session only.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.lists import list_given
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Condition, Document, World, due_job
from store.sandbox.stripe import rules
from store.sandbox.stripe.connect.abilities import check_charging
from store.sandbox.stripe.discounts import give_discount
from store.sandbox.stripe.money import check_amount
from store.sandbox.stripe.objects import find_line_items
from store.sandbox.stripe.payments import OPEN_STATES, cancel_intent
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.session_parts import (
    KIND,
    PAGE_PATH,
    build_intent_data,
    build_line,
    build_session,
    customer_details,
)

FILTERS = "payment_intent customer customer_account payment_link status subscription"
RECOVERY_PATH = "/c/recover/"
RECOVERY_SECONDS = 30 * 86400


def create_session(call: Call) -> Document:
    """Create an open session with its line items; its page's address is built from the request's Host."""
    params = call.params
    check_charging(call.world, call.account)
    lines = [build_line(call, line, index) for index, line in enumerate(params["line_items"])]
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise refuse("All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    session = build_session(call, sum(line["amount_total"] for line in lines), currency)
    give_discount(call, session, lines)
    total = session["amount_total"]
    if total:
        check_amount(total, currency, "line_items")
    session["_intent_data"] = build_intent_data(call, params.get("payment_intent_data") or {}, total, currency)
    email = params.get("customer_email")
    if params.get("customer"):
        email = call.world.get(call.account, "customer", params["customer"], param="customer")["email"]
    session["customer_details"] = customer_details(email) if email else None
    open_session(call.world, call.account, session, lines)
    return session


def retrieve_session(call: Call) -> Document:
    """Return one session of this account."""
    return call.world.get(call.account, KIND, call.ids["session"], param="session")


def list_sessions(call: Call) -> Document:
    """Return sessions newest first, filtered by intent, customer, status, e-mail and creation time."""
    email = (call.params.get("customer_details") or {}).get("email")
    by_email: list[Condition] = [("customer_details.email", "IS", email)] if email else []
    return call.page(KIND, *FILTERS.split(), where=by_email)


def update_session(call: Call) -> Document:
    """Merge metadata into a session."""
    session = retrieve_session(call)
    if "metadata" in call.params:
        session["metadata"] = merge_metadata(session["metadata"], call.params["metadata"])
        call.world.put(call.account, KIND, session)
    return session


def expire_session(call: Call) -> Document:
    """Expire an open session; a complete or expired one is refused with a 400."""
    session = retrieve_session(call)
    if session["status"] != "open":
        raise refuse(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            "status "
            f"of {session['status']}.",
            param="session",
        )
    return close_session(call.world, call.account, session)


def list_line_items(call: Call) -> Document:
    """Return a session's line items, first line first."""
    retrieve_session(call)
    return list_given(call.path, find_line_items(call.world, call.account, call.ids["session"]), call.params)


def open_session(world: World, account: str, session: Document, lines: list[Document]) -> None:
    """Store a new session and its lines, and let it expire in time."""
    world.put(account, KIND, session)
    for line in lines:
        world.put(account, "item", line | {"_session": session["id"]})
    world.schedule(session["expires_at"], "checkout.expire", account, session["id"])


def close_session(world: World, account: str, session: Document) -> Document:
    """Turn an open session into an expired one, with its recovery address, and cancel its unfinished intent."""
    recovery = (session["after_expiration"] or {}).get("recovery")
    if recovery and recovery["enabled"]:
        recovery |= {
            "expires_at": world.clock.now() + RECOVERY_SECONDS,
            "url": f"{session['url'].split(PAGE_PATH)[0]}{RECOVERY_PATH}{session['id']}/{new_id('', 24)}",
        }
    session |= {"status": "expired", "url": None}
    world.unschedule("checkout.expire", session["id"])
    world.put(account, KIND, session)
    if session["payment_intent"]:
        intent = world.get(account, "payment_intent", session["payment_intent"])
        if intent["status"] in OPEN_STATES:
            cancel_intent(world, account, intent, "expired")
    world.emit(account, "checkout.session.expired", session)
    return session


@due_job("checkout.expire")
def _expire_when_due(world: World, account: str, id: str) -> None:
    session = world.get(account, KIND, id)
    if session["status"] == "open":
        close_session(world, account, session)


CREATE = """
    mode ui_mode success_url cancel_url customer customer_email customer_creation client_reference_id metadata
    expires_at locale submit_type allowed_payment_method_types excluded_payment_method_types
    integration_identifier origin_context
    line_items.price line_items.quantity line_items.metadata line_items.price_data.currency
    line_items.price_data.product line_items.price_data.unit_amount line_items.price_data.tax_behavior
    line_items.price_data.product_data.name line_items.price_data.product_data.description
    line_items.price_data.product_data.images line_items.price_data.product_data.metadata
    line_items.price_data.product_data.tax_code line_items.price_data.product_data.unit_label
    discounts.coupon discounts.promotion_code allow_promotion_codes
    after_expiration.recovery.enabled after_expiration.recovery.allow_promotion_codes
    payment_intent_data.application_fee_amount payment_intent_data.capture_method
    payment_intent_data.description payment_intent_data.metadata payment_intent_data.receipt_email
    payment_intent_data.on_behalf_of payment_intent_data.shipping
    payment_intent_data.statement_descriptor payment_intent_data.statement_descriptor_suffix
    payment_intent_data.transfer_data payment_intent_data.transfer_group
"""

ROUTES = (
    Route("POST /v1/checkout/sessions", create_session, CREATE, (rules.SESSION_CREATE,)),
    Route("GET /v1/checkout/sessions/{session}", retrieve_session),
    Route(
        "GET /v1/checkout/sessions",
        list_sessions,
        f"{LISTS} created customer_details {FILTERS}",
    ),
    Route("POST /v1/checkout/sessions/{session}", update_session, "metadata"),
    Route("POST /v1/checkout/sessions/{session}/expire", expire_session),
    Route("GET /v1/checkout/sessions/{session}/line_items", list_line_items, LISTS),
)
