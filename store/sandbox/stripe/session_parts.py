"""What a new Checkout Session is made of: its lines, its own fields, and the fields of the intent that is to come.

Invariant: a session and its lines have every field of their kind and add up; nothing is stored here.
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.params import Params, merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.bank_accounts import offered_types
from store.sandbox.stripe.catalogue import price_from_data
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.routing import Call
from store.sandbox.stripe.splits import check_split

KIND = "checkout.session"
DEFAULT_LIFE = 24 * 3600
PAGE_PATH = "/c/pay/"


def build_line(call: Call, line: Params, index: int) -> Document:
    """Return one line item at its full price; the caller stores it."""
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
        discounts=[],
        metadata=merge_metadata({}, line.get("metadata") or {}),
        price=price,
        quantity=line["quantity"],
    )


def build_intent_data(call: Call, data: Params, total: int, currency: str) -> dict[str, Any]:
    """Return the future intent's fields after checking fee and destination against the total."""
    check_split(call, data, total, currency, "payment_intent_data")
    return data | {"metadata": merge_metadata({}, data.get("metadata") or {})}


def build_session(call: Call, total: int, currency: str) -> Document:
    """Return an open session without a discount; the caller stores it."""
    params = call.params
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
            "after_expiration": build_recovery(params.get("after_expiration")),
            "allow_promotion_codes": params.get("allow_promotion_codes"),
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
            "discounts": [],
            "excluded_payment_method_types": params.get("excluded_payment_method_types"),
            "expires_at": params.get("expires_at", call.now + DEFAULT_LIFE),
            "invoice_creation": {"enabled": False, "invoice_data": {}},
            "metadata": merge_metadata({}, params.get("metadata") or {}),
            "mode": "payment",
            "payment_method_collection": "if_required",
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": _offered_types(params, currency),
            "payment_status": "unpaid",
            "phone_number_collection": {"enabled": False},
            "shipping_options": [],
            "status": "open",
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": f"{call.origin}{PAGE_PATH}{session['id']}",
        }
    )


def customer_details(email: str) -> Document:
    """Return what is known of a buyer before anything was paid."""
    empty = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids"))
    return {**empty, "email": email, "tax_exempt": "none"}


def build_recovery(asked: Params | None) -> Document | None:
    """Return `after_expiration` of a session that is open: what was asked for, no address yet."""
    recovery = (asked or {}).get("recovery")
    if not recovery:
        return None
    codes = recovery.get("allow_promotion_codes", False)
    return {
        "recovery": {
            "allow_promotion_codes": codes,
            "enabled": recovery["enabled"],
            "expires_at": None,
            "url": None,
        }
    }


def _offered_types(params: Params, currency: str) -> list[str]:
    manual = (params.get("payment_intent_data") or {}).get("capture_method") == "manual"
    allowed, excluded = params.get("allowed_payment_method_types"), params.get("excluded_payment_method_types")
    types = offered_types(allowed, excluded or [], currency, manual=manual)
    if not types:
        raise refuse(
            "No payment method type is left for this session. The sandbox has `card`, `us_bank_account` (USD) and "
            "`sepa_debit` (EUR), the last two not with manual capture.",
            param="allowed_payment_method_types" if allowed else "excluded_payment_method_types",
        )
    return types
