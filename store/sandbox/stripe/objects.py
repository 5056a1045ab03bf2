"""Objects with every field the provider's own has, and what can be included on request.

Invariant: an object made here has all fields of its kind; what the sandbox does not model is null, never
absent.
"""

from typing import Any

from store.sandbox.kernel.expand import Include
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.lists import list_given
from store.sandbox.kernel.spec import object_fields
from store.sandbox.kernel.world import Document, World

# The platform's own Connect application.
APPLICATION = "ca_OverprintDemoApplication0000"
PREFIXES = {
    "account": ("acct_1", 15),
    "application_fee": ("fee_1", 23),
    "balance_transaction": ("txn_1", 23),
    "charge": ("ch_3", 23),
    "checkout.session": ("cs_test_a1", 56),
    "coupon": ("", 8),
    "customer": ("cus_", 14),
    "discount": ("di_1", 23),
    "fee_refund": ("fr_1", 23),
    "item": ("li_1", 23),
    "payment_intent": ("pi_3", 23),
    "payment_method": ("pm_1", 23),
    "payout": ("po_1", 23),
    "person": ("person_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "promotion_code": ("promo_1", 23),
    "refund": ("re_3", 23),
    "transfer": ("tr_3", 23),
    "transfer_reversal": ("trr_1", 23),
    "webhook_endpoint": ("we_1", 23),
}
# Left out unless asked for (or unless it is the payment method's own type), as the provider does.
LEFT_OUT = {
    "checkout.session": frozenset({"line_items"}),
    "coupon": frozenset({"currency_options"}),
    "customer": frozenset({"sources", "subscriptions", "tax", "tax_ids", "cash_balance", "invoice_credit_balance"}),
    "price": frozenset({"tiers", "currency_options"}),
    "webhook_endpoint": frozenset({"secret"}),
}
PAYMENT_METHOD_FIELDS = frozenset(
    {
        "id",
        "allow_redisplay",
        "billing_details",
        "created",
        "customer",
        "customer_account",
        "livemode",
        "metadata",
        "type",
    }
)


def blank(world: World, kind: str, *, id: str | None = None, **values: Any) -> Document:
    """Return a new object of this kind: a new id, `created` now, the values given, null for the rest."""
    prefix, length = PREFIXES[kind]
    left_out = LEFT_OUT.get(kind, frozenset())
    obj: Document = {"id": id or new_id(prefix, length), "object": kind}
    for name in object_fields(kind):
        if name not in obj and name not in left_out and (kind != "payment_method" or name in PAYMENT_METHOD_FIELDS):
            obj[name] = None
    if "created" in obj:
        obj["created"] = world.clock.now()
    if "livemode" in obj:
        obj["livemode"] = False
    if "metadata" in obj:
        obj["metadata"] = {}
    return obj | values


def default_currency(world: World, account: str) -> str:
    """Return the currency an account settles in."""
    return str(world.get(world.platform, "account", account, deleted=True)["default_currency"])


def merchant_name(account: Document) -> str:
    """Return the name a buyer sees: the business profile's, else the dashboard's, else the id."""
    profile, settings = account["business_profile"] or {}, account["settings"]
    return str(profile.get("name") or settings["dashboard"]["display_name"] or account["id"])


def _line_items(world: World, account: str, session: Document) -> Document:
    lines = find_line_items(world, account, session["id"])
    return list_given(f"/v1/checkout/sessions/{session['id']}/line_items", lines, {})


def find_line_items(world: World, account: str, session: str) -> list[Document]:
    """Return a session's line items, first line first."""
    return world.find(account, "item", _session=session)[::-1]


def _refunds(world: World, account: str, charge: Document) -> Document:
    refunds = world.find(account, "refund", charge=charge["id"])
    return list_given(f"/v1/charges/{charge['id']}/refunds", refunds, {})


def _breakdown(world: World, account: str, session: Document) -> Document:
    # What is shown lacks the sandbox's own fields: the stored session knows its discount.
    discount = world.get(account, session["object"], session["id"]).get("_discount")
    amount = session["total_details"]["amount_discount"]
    return {"discounts": [{"amount": amount, "discount": discount}] if discount else [], "taxes": []}


INCLUDES: dict[tuple[str, str], Include] = {
    ("checkout.session", "line_items"): _line_items,
    ("checkout.session", "total_details.breakdown"): _breakdown,
    ("charge", "refunds"): _refunds,
}
