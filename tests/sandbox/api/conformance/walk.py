"""The walk: one step per operation, in an order in which each finds what it needs."""

from __future__ import annotations

from typing import Any

from store.sandbox.stripe.checkout import pay_by_debit
from tests.sandbox.api.conformance.connect import CONNECT
from tests.sandbox.api.conformance.steps import (
    ACCOUNTS,
    CATALOGUE,
    CUSTOMERS,
    DISCOUNTS,
    PAYOUTS,
    Do,
    Kept,
    Step,
    id_of,
    query,
)

GOOD_BANK = "000123456789"
LINE = {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 5000, "product_data": {"name": "Print"}}}
SESSION = {
    "mode": "payment",
    "success_url": "http://localhost:8000/done",
    "line_items": [LINE],
    "metadata": {"order": "OP-1"},
    "client_reference_id": "1",
}


def split(kept: Kept) -> dict[str, Any]:
    return {"transfer_data": {"destination": kept["vendor"]["id"]}, "application_fee_amount": 500}


def charge_of(kept: Kept, session: str) -> str:
    """Return the id of the charge that paid a session."""
    intent = kept.api.v1.checkout.sessions.retrieve(kept[session]["id"], {"expand": ["payment_intent"]}).payment_intent
    return str(intent.latest_charge)  # type: ignore[union-attr]


def pay_by_bank(kept: Kept) -> None:
    pay_by_debit(kept.api.world, kept["by bank"]["id"], GOOD_BANK, "Ada Buyer")
    kept.api.advance(5)


SESSIONS = (
    Step(
        "POST /v1/checkout/sessions",
        "checkout.sessions.create",
        lambda kept: (
            SESSION
            | {
                "discounts": [{"promotion_code": kept["POST /v1/promotion_codes"]["id"]}],
                "payment_intent_data": split(kept),
                "customer_creation": "always",
                "expand": ["line_items", "total_details.breakdown"],
            },
        ),
        "paid",
    ),
    Step("GET /v1/checkout/sessions/{session}", "checkout.sessions.retrieve", id_of("paid")),
    Step(
        "POST /v1/checkout/sessions/{session}",
        "checkout.sessions.update",
        lambda kept: (kept["paid"]["id"], {"metadata": {"a": "b"}}),
    ),
    Step("GET /v1/checkout/sessions/{session}/line_items", "checkout.sessions.line_items.list", id_of("paid")),
    Do(lambda kept: kept.api.pay(kept["paid"]["id"])),
    Do(lambda kept: kept.api.advance(5)),
    Step(
        "GET /v1/checkout/sessions/{session}",
        "checkout.sessions.retrieve",
        lambda kept: (kept["paid"]["id"], {"expand": ["payment_intent.latest_charge.balance_transaction", "customer"]}),
    ),
    Step("GET /v1/checkout/sessions", "checkout.sessions.list"),
    Step(
        "POST /v1/checkout/sessions",
        "checkout.sessions.create",
        lambda kept: (
            SESSION
            | {
                "allow_promotion_codes": True,
                "after_expiration": {"recovery": {"enabled": True, "allow_promotion_codes": True}},
            },
        ),
        "expired",
    ),
    Step("POST /v1/checkout/sessions/{session}/expire", "checkout.sessions.expire", id_of("expired")),
    Step(
        "POST /v1/checkout/sessions",
        "checkout.sessions.create",
        lambda kept: (SESSION | {"allowed_payment_method_types": ["us_bank_account"]},),
        "by bank",
    ),
    Do(pay_by_bank),
)
INTENTS = (
    Step(
        "POST /v1/payment_intents",
        "payment_intents.create",
        lambda kept: (
            {"amount": 2000, "currency": "usd", "capture_method": "manual", "payment_method": "pm_card_visa"},
        ),
        "intent",
    ),
    Step("GET /v1/payment_intents/{intent}", "payment_intents.retrieve", id_of("intent")),
    Step(
        "POST /v1/payment_intents/{intent}",
        "payment_intents.update",
        lambda kept: (kept["intent"]["id"], {"metadata": {"a": "b"}, "description": "A print"}),
    ),
    Step("POST /v1/payment_intents/{intent}/confirm", "payment_intents.confirm", id_of("intent")),
    Step("POST /v1/payment_intents/{intent}/capture", "payment_intents.capture", id_of("intent")),
    Step("GET /v1/payment_intents", "payment_intents.list"),
    Step("GET /v1/payment_intents/search", "payment_intents.search", query('status:"succeeded"')),
    Step("POST /v1/payment_intents", "payment_intents.create", lambda kept: ({"amount": 99, "currency": "eur"},), "no"),
    Step(
        "POST /v1/payment_intents/{intent}/cancel",
        "payment_intents.cancel",
        lambda kept: (kept["no"]["id"], {"cancellation_reason": "abandoned"}),
    ),
    Step(
        "POST /v1/payment_intents",
        "payment_intents.create",
        lambda kept: (
            {
                "amount": 700,
                "currency": "usd",
                "capture_method": "manual",
                "payment_method": "pm_card_visa",
                "confirm": True,
            },
        ),
        "held",
    ),
    Step("GET /v1/charges/{charge}", "charges.retrieve", lambda kept: (kept["held"]["latest_charge"],)),
    Step("POST /v1/charges/{charge}/capture", "charges.capture", lambda kept: (kept["held"]["latest_charge"],)),
    Step(
        "POST /v1/charges/{charge}",
        "charges.update",
        lambda kept: (kept["held"]["latest_charge"], {"description": "A print"}),
    ),
    Step("GET /v1/charges", "charges.list", lambda kept: ({"expand": ["data.refunds", "data.payment_intent"]},)),
    Step("GET /v1/charges/search", "charges.search", query('status:"succeeded"')),
)
REFUNDS = (
    Step(
        "POST /v1/refunds",
        "refunds.create",
        lambda kept: (
            {
                "charge": charge_of(kept, "paid"),
                "amount": 1000,
                "reverse_transfer": True,
                "refund_application_fee": True,
            },
        ),
        "refund",
    ),
    Step(
        "GET /v1/refunds/{refund}",
        "refunds.retrieve",
        lambda kept: (kept["refund"]["id"], {"expand": ["charge", "transfer_reversal", "balance_transaction"]}),
    ),
    Step("GET /v1/refunds", "refunds.list"),
    Step("POST /v1/refunds/{refund}", "refunds.update", lambda kept: (kept["refund"]["id"], {"metadata": {"a": "b"}})),
    *(
        step
        for name, operation, call in (
            ("to cancel", "POST /v1/refunds/{refund}/cancel", "refunds.cancel"),
            ("to expire", "POST /v1/test_helpers/refunds/{refund}/expire", "test_helpers.refunds.expire"),
        )
        for step in (
            Step(
                "POST /v1/refunds",
                "refunds.create",
                lambda kept: (
                    {"charge": charge_of(kept, "by bank"), "amount": 100, "instructions_email": "ada@example.com"},
                ),
                name,
            ),
            Step(operation, call, id_of(name)),
        )
    ),
)
MONEY = (
    Step("GET /v1/transfers", "transfers.list"),
    Do(lambda kept: kept.made.update(transfer=kept["GET /v1/transfers"]["data"][0])),
    Step("GET /v1/transfers/{transfer}", "transfers.retrieve", id_of("transfer")),
    Step(
        "POST /v1/transfers/{transfer}", "transfers.update", lambda kept: (kept["transfer"]["id"], {"description": "x"})
    ),
    Step(
        "POST /v1/transfers/{id}/reversals",
        "transfers.reversals.create",
        lambda kept: (kept["transfer"]["id"], {"amount": 5}),
    ),
    Step("GET /v1/transfers/{id}/reversals", "transfers.reversals.list", id_of("transfer")),
    Step(
        "GET /v1/transfers/{transfer}/reversals/{id}",
        "transfers.reversals.retrieve",
        lambda kept: (kept["transfer"]["id"], kept["POST /v1/transfers/{id}/reversals"]["id"]),
    ),
    Step(
        "POST /v1/transfers/{transfer}/reversals/{id}",
        "transfers.reversals.update",
        lambda kept: (
            kept["transfer"]["id"],
            kept["POST /v1/transfers/{id}/reversals"]["id"],
            {"metadata": {"a": "b"}},
        ),
    ),
    Step("GET /v1/application_fees", "application_fees.list"),
    Do(lambda kept: kept.made.update(fee=kept["GET /v1/application_fees"]["data"][0])),
    Step("GET /v1/application_fees/{id}", "application_fees.retrieve", id_of("fee")),
    Step(
        "POST /v1/application_fees/{id}/refunds",
        "application_fees.refunds.create",
        lambda kept: (kept["fee"]["id"], {"amount": 5}),
    ),
    Step("GET /v1/application_fees/{id}/refunds", "application_fees.refunds.list", id_of("fee")),
    Step(
        "GET /v1/application_fees/{fee}/refunds/{id}",
        "application_fees.refunds.retrieve",
        lambda kept: (kept["fee"]["id"], kept["POST /v1/application_fees/{id}/refunds"]["id"]),
    ),
    Step(
        "POST /v1/application_fees/{fee}/refunds/{id}",
        "application_fees.refunds.update",
        lambda kept: (
            kept["fee"]["id"],
            kept["POST /v1/application_fees/{id}/refunds"]["id"],
            {"metadata": {"a": "b"}},
        ),
    ),
    Step("GET /v1/balance", "balance.retrieve"),
    Step("GET /v1/balance_transactions", "balance_transactions.list", lambda kept: ({"expand": ["data.source"]},)),
    Step(
        "GET /v1/balance_transactions/{id}",
        "balance_transactions.retrieve",
        lambda kept: (kept["GET /v1/balance_transactions"]["data"][0]["id"],),
    ),
)
EVENTS = (
    Step(
        "POST /v1/webhook_endpoints",
        "webhook_endpoints.create",
        lambda kept: ({"url": "http://localhost:8000/w", "enabled_events": ["charge.succeeded"], "connect": True},),
    ),
    Step(
        "GET /v1/webhook_endpoints/{webhook_endpoint}",
        "webhook_endpoints.retrieve",
        id_of("POST /v1/webhook_endpoints"),
    ),
    Step("GET /v1/webhook_endpoints", "webhook_endpoints.list"),
    Step(
        "POST /v1/webhook_endpoints/{webhook_endpoint}",
        "webhook_endpoints.update",
        lambda kept: (kept["POST /v1/webhook_endpoints"]["id"], {"disabled": True}),
    ),
    Step(
        "DELETE /v1/webhook_endpoints/{webhook_endpoint}",
        "webhook_endpoints.delete",
        id_of("POST /v1/webhook_endpoints"),
    ),
    Step("GET /v1/events", "events.list", lambda kept: ({"limit": 100},)),
    Step("GET /v1/events/{id}", "events.retrieve", lambda kept: (kept["GET /v1/events"]["data"][0]["id"],)),
)
WALK: tuple[Step | Do, ...] = (
    *ACCOUNTS,
    *CONNECT,
    *CATALOGUE,
    *DISCOUNTS,
    *CUSTOMERS,
    *SESSIONS,
    *INTENTS,
    *REFUNDS,
    *MONEY,
    *PAYOUTS,
    *EVENTS,
)
