"""A charge as it comes to be: what it copies from its intent and its payment method, and its outcome.

Invariant: a charge made here has moved no money; it becomes `succeeded`, `pending` or `failed` where it is tried.
"""

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.objects import blank, merchant_name

CARD_FIELDS = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "regulated_status",
    "wallet",
)


def build_charge(
    world: World, account: str, intent: Document, method: Document, *, challenged: bool = False
) -> Document:
    """Return a charge of the intent that is neither succeeded nor failed yet; the caller stores it."""
    destination = intent["transfer_data"]
    merchant = world.get(world.platform, "account", intent["on_behalf_of"] or account, deleted=True)
    prefix = merchant["settings"]["payments"]["statement_descriptor"] or merchant_name(merchant).upper()[:12]
    suffix = intent["statement_descriptor_suffix"]
    return blank(
        world,
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application=intent["application"],
        application_fee_amount=intent["application_fee_amount"],
        billing_details=method["billing_details"],
        calculated_statement_descriptor=f"{prefix}* {suffix}"[:22] if suffix else prefix,
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        on_behalf_of=intent["on_behalf_of"],
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_describe_method(intent, method, challenged),
        radar_options={},
        receipt_email=intent["receipt_email"],
        refunded=False,
        shipping=intent["shipping"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=suffix,
        transfer_data={"amount": destination.get("amount"), "destination": destination["destination"]}
        if destination
        else None,
        transfer_group=intent["transfer_group"] or (f"group_{intent['id']}" if destination else None),
    )


def _describe_method(intent: Document, method: Document, challenged: bool) -> Document:
    """Return the charge's `payment_method_details`."""
    if method["type"] != "card":
        return {"type": method["type"], method["type"]: _describe_bank(method["type"], method[method["type"]])}
    card = {name: method["card"][name] for name in CARD_FIELDS}
    return {
        "type": "card",
        "card": {
            **card,
            "amount_authorized": intent["amount"],
            "authorization_code": None,
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
            "three_d_secure": _three_d_secure() if challenged else None,
        },
    }


def _describe_bank(type: str, bank: Document) -> Document:
    shown = {"expected_debit_date": None, "fingerprint": bank["fingerprint"], "last4": bank["last4"], "mandate": None}
    if type == "us_bank_account":
        names = ("account_holder_type", "account_type", "bank_name", "routing_number")
        return {**shown, "payment_reference": None, **{name: bank[name] for name in names}}
    return shown | {name: bank[name] for name in ("bank_code", "branch_code", "country")}


def _three_d_secure() -> Document:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("sandbox_3ds_", 12),
        "version": "2.2.0",
    }


def outcome(network: str, type: str, reason: str | None, message: str) -> Document:
    """Return a charge's `outcome`: what the network and the provider's fraud check said."""
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "highest" if type == "blocked" else "normal",
        "rule": None,
        "seller_message": message,
        "type": type,
    }
