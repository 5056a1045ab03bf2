"""What PayPal knows, as the flat rows that reconciliation reads, in the shape of the other provider's.

Amounts are integers of ISO 4217's minor units (PayPal counts forints and Taiwan dollars whole), currencies lower-case,
`status` of a refund in the words both providers' rows have, `state` PayPal's own. Invariant: a capture is here once it
has taken money, and never before.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from datetime import datetime
from typing import Any

from store.sandbox.deliveries import Deliveries
from store.sandbox.kernel.world import Document, World
from store.sandbox.paypal import balance, captures, disputes, events, payout_items, payouts, refunds
from store.sandbox.paypal.objects import to_minor

Row = dict[str, Any]
ISO_SCALE = {"HUF": 100, "TWD": 100}
STATUSES = {"COMPLETED": "succeeded", "PENDING": "pending", "FAILED": "failed", "CANCELLED": "canceled"}
BACK = ("RETURNED", "REFUNDED", "REVERSED")


def list_captures(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per capture that took money; `client_reference_id` is the caller's `custom_id`."""
    rows = []
    for account, capture in world.find_owned(None, captures.KIND):
        if "seller_receivable_breakdown" not in capture:
            continue
        amount, currency = to_minor(capture["amount"])
        rows.append(
            _row(account, capture["id"], amount, currency, capture["_refunded"])
            | {"created": capture["_created"], "payment_intent": None, "session": None, "order": capture["_order"]}
            | {"client_reference_id": capture.get("custom_id"), "state": capture["status"]}
            | {"fee": _iso(capture["_fee"], currency), "invoice_id": capture.get("invoice_id")}
        )
    return rows


def list_refunds(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per refund or reversal, in any state; `refunded` is what it gives back unless it came to nothing."""
    rows = []
    for account, refund in world.find_owned(None, refunds.KIND):
        amount, currency = to_minor(refund["amount"])
        given = amount if refund["status"] in ("COMPLETED", "PENDING") else 0
        rows.append(
            _row(account, refund["id"], amount, currency, given)
            | {"charge": refund["_capture"], "payment_intent": None, "status": STATUSES[refund["status"]]}
            | {"state": refund["status"], "reversal": bool(refund["_reversal"]), "created": refund["_created"]}
        )
    return rows


def list_payouts(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per item of a payout; `refunded` is what came back of it, `state` null until it is processed."""
    batches = {batch["id"]: batch["batch_header"] for batch in world.find(None, payouts.KIND)}
    rows = []
    for account, item in world.find_owned(None, payout_items.KIND):
        state, fee = item.get("transaction_status"), to_minor(_as_money(item["payout_item_fee"]))[0]
        back = item["_amount"] if state in BACK else 0
        rows.append(
            _row(account, item["id"], item["_amount"], item["_currency"], back)
            | {"state": state, "batch": item["payout_batch_id"], "created": item["_created"]}
            | {"batch_state": batches[item["payout_batch_id"]]["batch_status"]}
            | {"sender_batch_id": item.get("sender_batch_id"), "receiver": item["payout_item"]["receiver"]}
            | {"sender_item_id": item["payout_item"].get("sender_item_id"), "fee": _iso(fee, item["_currency"])}
        )
    return rows


def list_disputes(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per dispute; `charge` is the disputed capture."""
    return [
        _row(account, dispute["id"], *to_minor(dispute["dispute_amount"]), 0)
        | {"charge": dispute["_capture"], "state": dispute["status"], "reason": dispute["reason"]}
        | {"outcome": dispute.get("dispute_outcome", {}).get("outcome_code"), "created": dispute["_created"]}
        for account, dispute in world.find_owned(None, disputes.KIND)
    ]


def list_balances(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per account and currency: the sum of all movements, what payouts withhold among it."""
    accounts = sorted({account for account, _ in world.find_owned(None, balance.KIND)})
    return [
        _row(account, None, amount, currency, None)
        for account in accounts
        for currency, amount in sorted(balance.sum_balances(world, account).items())
    ]


def list_events(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per event with its deliveries, newest first."""
    sent = defaultdict(list)
    for delivery in deliveries.list_log():
        sent[delivery["event"]].append(
            {key: delivery[key] for key in ("id", "endpoint", "url", "state", "attempts", "last_status")}
        )
    return [
        {"provider": "paypal", "account": account, "ref": event["id"], "amount": None, "currency": None}
        | {"refunded": None, "metadata": {}, "type": event["event_type"], "object": events.name_resource(event)}
        | {"created": int(datetime.fromisoformat(event["create_time"]).timestamp()), "deliveries": sent[event["id"]]}
        for account, event in world.find_owned(None, events.KIND)
    ]


def _row(account: str, ref: str | None, amount: int, currency: str, refunded: int | None) -> Row:
    return {
        "provider": "paypal",
        "account": account,
        "ref": ref,
        "amount": _iso(amount, currency),
        "currency": currency.lower(),
        "refunded": None if refunded is None else _iso(refunded, currency),
        "metadata": {},
    }


def _iso(amount: int, currency: str) -> int:
    return amount * ISO_SCALE.get(currency, 1)


def _as_money(money: Document) -> dict[str, str]:
    return {"currency_code": money["currency"], "value": money["value"]}
