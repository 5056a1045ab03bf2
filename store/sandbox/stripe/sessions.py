"""Checkout Sessions as the API sees them, in payment mode: create, retrieve, list, update metadata, expire.

States: open → complete (paid, or nothing to pay) and open → expired; neither end is ever left
(docs.stripe.com/payments/checkout). Invariant: `payment_intent` is null until the buyer confirms, and
expiring works on an open session only.
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.lists import list_given
from store.sandbox.kernel.params import Params, merge_metadata
from store.sandbox.kernel.world import Condition, Document, World, due_job
from store.sandbox.stripe import rules
from store.sandbox.stripe.accounts import check_charging
from store.sandbox.stripe.catalogue import price_from_data
from store.sandbox.stripe.money import check_amount
from store.sandbox.stripe.objects import blank, find_line_items
from store.sandbox.stripe.payments import OPEN_STATES, cancel_intent
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.splits import check_split

KIND = "checkout.session"
DEFAULT_LIFE = 24 * 3600
PAGE_PATH = "/c/pay/"


def create_session(call: Call) -> Document:
    """Create an open session with its line items; its page's address is built from the request's Host."""
    params = call.params
    check_charging(call.world, call.account)
    lines = [_build_line(call, line, index) for index, line in enumerate(params["line_items"])]
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise refuse("All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    total = sum(line["amount_total"] for line in lines)
    if total:
        check_amount(total, currency, "line_items")
    intent_data = _build_intent_data(call, params.get("payment_intent_data") or {}, total, currency)
    email = params.get("customer_email")
    if params.get("customer"):
        email = call.world.get(call.account, "customer", params["customer"], param="customer")["email"]
    session = _build_session(call, params, total, currency)
    session["customer_details"] = _customer_details(email) if email else None
    session["_intent_data"] = intent_data
    call.world.put(call.account, KIND, session)
    for line in lines:
        call.world.put(call.account, "item", line | {"_session": session["id"]})
    call.world.schedule(session["expires_at"], "checkout.expire", call.account, session["id"])
    return session


def retrieve_session(call: Call) -> Document:
    """Return one session of this account."""
    return call.world.get(call.account, KIND, call.ids["session"], param="session")


def list_sessions(call: Call) -> Document:
    """Return sessions newest first, filtered by intent, customer, status, e-mail and creation time."""
    email = (call.params.get("customer_details") or {}).get("email")
    by_email: list[Condition] = [("customer_details.email", "IS", email)] if email else []
    return call.page(KIND, "payment_intent", "customer", "status", where=by_email)


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


def close_session(world: World, account: str, session: Document) -> Document:
    """Turn an open session into an expired one and cancel its unfinished intent."""
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


def _build_line(call: Call, line: Params, index: int) -> Document:
    param = f"line_items[{index}]"
    if "price" in line:
        try:
            price = call.world.get(call.account, "price", line["price"])
        except Missing as error:
            raise refuse(
                f"No such price: '{line['price']}'", param=f"{param}[price]", code="resource_missing"
            ) from error
        if not price["active"]:
            raise refuse(f"The price {price['id']} is inactive.", param=f"{param}[price]")
    else:
        price = price_from_data(call.world, call.account, line["price_data"], f"{param}[price_data]")
    product = call.world.get(call.account, "product", price["product"])
    amount = price["unit_amount"] * line["quantity"]
    return blank(
        call.world,
        "item",
        amount_discount=0,
        amount_subtotal=amount,
        amount_tax=0,
        amount_total=amount,
        currency=price["currency"],
        description=product["name"],
        metadata=merge_metadata({}, line.get("metadata") or {}),
        price=price,
        quantity=line["quantity"],
    )


def _build_intent_data(call: Call, data: Params, total: int, currency: str) -> dict[str, Any]:
    """Return the future intent's fields after checking fee and destination against the total."""
    check_split(call, data, total, currency, "payment_intent_data")
    return data | {"metadata": merge_metadata({}, data.get("metadata") or {})}


def _build_session(call: Call, params: Params, total: int, currency: str) -> Document:
    session = blank(call.world, KIND)
    kept = (
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "locale",
        "submit_type",
        "success_url",
        "allowed_payment_method_types",
        "integration_identifier",
        "origin_context",
    )
    return (
        session
        | {name: params[name] for name in kept if name in params}
        | {
            "adaptive_pricing": {"enabled": False},
            "amount_subtotal": total,
            "amount_total": total,
            "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
            "collected_information": {
                "business_name": None,
                "individual_name": None,
                "shipping_details": None,
            },
            "currency": currency,
            "custom_fields": [],
            "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
            "customer_creation": None if params.get("customer") else params.get("customer_creation", "if_required"),
            "expires_at": params.get("expires_at", call.now + DEFAULT_LIFE),
            "invoice_creation": {"enabled": False, "invoice_data": {}},
            "metadata": merge_metadata({}, params.get("metadata") or {}),
            "mode": "payment",
            "payment_method_collection": "if_required",
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "phone_number_collection": {"enabled": False},
            "shipping_options": [],
            "status": "open",
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": f"{call.origin}{PAGE_PATH}{session['id']}",
        }
    )


def _customer_details(email: str) -> Document:
    empty = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids"))
    return {**empty, "email": email, "tax_exempt": "none"}


CREATE = """
    mode ui_mode success_url cancel_url customer customer_email customer_creation client_reference_id metadata
    expires_at locale submit_type allowed_payment_method_types integration_identifier origin_context
    line_items.price line_items.quantity line_items.metadata line_items.price_data.currency
    line_items.price_data.product line_items.price_data.unit_amount line_items.price_data.tax_behavior
    line_items.price_data.product_data.name line_items.price_data.product_data.description
    line_items.price_data.product_data.images line_items.price_data.product_data.metadata
    line_items.price_data.product_data.tax_code line_items.price_data.product_data.unit_label
    payment_intent_data.application_fee_amount payment_intent_data.capture_method
    payment_intent_data.description payment_intent_data.metadata payment_intent_data.receipt_email
    payment_intent_data.shipping
    payment_intent_data.statement_descriptor payment_intent_data.statement_descriptor_suffix
    payment_intent_data.transfer_data payment_intent_data.transfer_group
"""

ROUTES = (
    Route("POST /v1/checkout/sessions", create_session, CREATE, (rules.SESSION_CREATE,)),
    Route("GET /v1/checkout/sessions/{session}", retrieve_session),
    Route(
        "GET /v1/checkout/sessions",
        list_sessions,
        f"{LISTS} created payment_intent customer status customer_details",
    ),
    Route("POST /v1/checkout/sessions/{session}", update_session, "metadata"),
    Route("POST /v1/checkout/sessions/{session}/expire", expire_session),
    Route("GET /v1/checkout/sessions/{session}/line_items", list_line_items, LISTS),
)
