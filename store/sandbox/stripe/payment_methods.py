"""Payment methods (cards): create, retrieve, list, update, attach to a customer, detach.

A test card is named by its number or by the provider's token (`pm_card_visa`), which makes a payment method
of its own each time it is used. Invariant: a detached payment method is never attached again
(docs.stripe.com/api).
"""

from store.sandbox.kernel.errors import ApiError, Missing, refuse
from store.sandbox.kernel.params import Params, merge_metadata
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe import rules
from store.sandbox.stripe.cards import BY_TOKEN, Card, Decline, TestCard, find_card, read_card, refused_card
from store.sandbox.stripe.instruments import billing_details, make_method
from store.sandbox.stripe.routing import LISTS, Call, Route

BLAMED = {
    "invalid_cvc": "card[cvc]",
    "invalid_expiry_month": "card[exp_month]",
    "invalid_expiry_year": "card[exp_year]",
}
# This card can be saved although no charge on it ever succeeds.
SAVABLE = "4000000000000341"


def create_method(call: Call) -> Document:
    """Create a card payment method from a typed test card or a token."""
    params = call.params
    typed = params["card"]
    billing = _billing(billing_details(), params.get("billing_details") or {})
    card = Card(typed["number"], typed["exp_month"], typed["exp_year"], typed.get("cvc", ""))
    row = read_card(card, call.now)
    if isinstance(row, TestCard) and row.refused:
        row = refused_card(row)
    if isinstance(row, Decline):
        raise card_error(row, param=BLAMED.get(row.code, "card[number]"))
    method = make_method(call.world, call.account, row, billing=billing, expiry=(card.exp_month, card.year))
    method["metadata"] = merge_metadata({}, params.get("metadata") or {})
    call.world.put(call.account, "payment_method", method)
    return method


def retrieve_method(call: Call) -> Document:
    """Return one payment method of this account."""
    return call.world.get(call.account, "payment_method", call.ids["payment_method"])


def retrieve_owned(call: Call) -> Document:
    """Return one payment method of a customer."""
    customer = call.world.get(call.account, "customer", call.ids["customer"], param="customer")
    method = retrieve_method(call)
    if method["customer"] != customer["id"]:
        raise Missing("payment_method", method["id"])
    return method


def list_methods(call: Call) -> Document:
    """Return payment methods newest first, of one customer or type if asked."""
    if "customer" not in call.ids:
        return call.page("payment_method", "customer", "customer_account", "type", "allow_redisplay")
    customer = call.world.get(call.account, "customer", call.ids["customer"], param="customer")
    return call.page("payment_method", "type", "allow_redisplay", where=[("customer", "IS", customer["id"])])


def update_method(call: Call) -> Document:
    """Change billing details and metadata."""
    method, params = retrieve_method(call), call.params
    if params.get("billing_details"):
        method["billing_details"] = _billing(method["billing_details"], params["billing_details"])
    if "metadata" in params:
        method["metadata"] = merge_metadata(method["metadata"] or {}, params["metadata"])
    call.world.put(call.account, "payment_method", method)
    return method


def attach_method(call: Call) -> Document:
    """Attach a payment method (or a token) to a customer; a card that its bank declines is not attached."""
    customer = call.world.get(call.account, "customer", call.params["customer"], param="customer")
    method = find_method(call.world, call.account, call.ids["payment_method"], "payment_method")
    if method.get("_detached"):
        raise refuse(
            "This PaymentMethod was previously detached from a Customer. It may not be used again.",
            param="payment_method",
        )
    row = find_card(method["_number"])
    if method["type"] == "card" and row.decline and row.number != SAVABLE:
        raise card_error(row.decline)
    method["customer"] = customer["id"]
    call.world.put(call.account, "payment_method", method)
    call.world.emit(call.account, "payment_method.attached", method)
    return method


def detach_method(call: Call) -> Document:
    """Detach a payment method from its customer, for good."""
    method = retrieve_method(call)
    if method["customer"] is None:
        raise refuse("The payment method you provided is not attached to a customer.", param="payment_method")
    before = method["customer"]
    method |= {"customer": None, "_detached": True}
    call.world.put(call.account, "payment_method", method)
    call.world.emit(call.account, "payment_method.detached", method, {"customer": before})
    return method


def find_method(world: World, account: str, id: str, param: str) -> Document:
    """Return a stored payment method, or a new one for a test token."""
    if row := BY_TOKEN.get(id):
        if row.refused:
            raise card_error(refused_card(row), param=param)
        return make_method(world, account, row)
    try:
        return world.get(account, "payment_method", id)
    except Missing as error:
        raise refuse(f"No such PaymentMethod: '{id}'", param=param, code="resource_missing") from error


def card_error(decline: Decline, *, param: str | None = None, keeps_effect: bool = False, **more: object) -> ApiError:
    """Return the 402 `card_error` for a decline."""
    return ApiError(
        402,
        decline.message,
        type="card_error",
        code=decline.code,
        decline_code=decline.decline_code,
        param=param,
        keeps_effect=keeps_effect,
        **more,
    )


def _billing(current: Document, given: Params) -> Document:
    """Return billing details with the given ones in their place."""
    address = current["address"] | (given.get("address") or {})
    return current | {k: v for k, v in given.items() if k in current} | {"address": address}


ROUTES = (
    Route(
        "POST /v1/payment_methods",
        create_method,
        "type metadata billing_details card.number card.exp_month card.exp_year card.cvc",
        (rules.METHOD_CREATE,),
        publishable=True,
    ),
    Route("GET /v1/payment_methods/{payment_method}", retrieve_method),
    Route("GET /v1/payment_methods", list_methods, f"{LISTS} customer customer_account type allow_redisplay"),
    Route("GET /v1/customers/{customer}/payment_methods", list_methods, f"{LISTS} type allow_redisplay"),
    Route("GET /v1/customers/{customer}/payment_methods/{payment_method}", retrieve_owned),
    Route("POST /v1/payment_methods/{payment_method}", update_method, "billing_details metadata"),
    Route("POST /v1/payment_methods/{payment_method}/attach", attach_method, "customer", (rules.METHOD_ATTACH,)),
    Route("POST /v1/payment_methods/{payment_method}/detach", detach_method),
)
