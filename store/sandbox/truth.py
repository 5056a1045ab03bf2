"""What the providers know, as flat rows for reconciliation: the other side of every "paid here ⇔ paid there".

Each row has provider, account, ref, amount (integer minor units), currency, refunded and metadata, and what else
belongs to its kind; PayPal's are made in `paypal/truth.py`. Nothing is cached and nothing is derived from what the shop
said about itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from store.sandbox.deliveries import Deliveries
from store.sandbox.kernel.world import World
from store.sandbox.paypal import truth as paypal
from store.sandbox.paypal.api import owns

Row = dict[str, Any]
Truth = Callable[[World, Deliveries, sqlite3.Connection], list[Row]]
GIVEN_BACK = ("succeeded", "pending", "requires_action")


def list_captures(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per captured charge (ref `ch_…`) and per completed session with nothing to pay (ref `cs_…`)."""
    rows: list[Row] = []
    sessions = world.find_owned(None, "checkout.session")
    by_intent = {session["payment_intent"]: session for _, session in sessions if session["payment_intent"]}
    for account, charge in world.find_owned(None, "charge"):
        # `py_…` is the other half of a transfer: money that moved inside the provider, captured nowhere.
        if charge["status"] != "succeeded" or not charge["captured"] or charge["id"].startswith("py_"):
            continue
        session = by_intent.get(charge["payment_intent"]) or {}
        rows.append(
            _row(account, charge, charge["amount_captured"], charge["amount_refunded"])
            | {
                "metadata": {**(session.get("metadata") or {}), **charge["metadata"]},
                "created": charge["created"],
                "payment_intent": charge["payment_intent"],
                "session": session.get("id"),
                "client_reference_id": session.get("client_reference_id"),
            }
        )
    for account, session in sessions:
        if session["status"] == "complete" and session["mode"] == "payment" and not session["payment_intent"]:
            rows.append(
                _row(account, session, session["amount_total"], 0)
                | {
                    "created": session["created"],
                    "payment_intent": None,
                    "session": session["id"],
                    "client_reference_id": session["client_reference_id"],
                }
            )
    return rows


def list_refunds(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per refund of a charge, in any state; `refunded` is what it gives back unless it failed."""
    # A `py_…` is given back by reversing its transfer: that is told under transfers.
    return [
        _row(account, refund, refund["amount"], refund["amount"] if refund["status"] in GIVEN_BACK else 0)
        | {
            "charge": refund["charge"],
            "payment_intent": refund["payment_intent"],
            "status": refund["status"],
            "created": refund["created"],
        }
        for account, refund in world.find_owned(None, "refund")
        if not refund["charge"].startswith("py_")
    ]


def list_transfers(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per transfer; `refunded` is what was reversed."""
    return [
        _row(account, transfer, transfer["amount"], transfer["amount_reversed"])
        | {
            "destination": transfer["destination"],
            "source_transaction": transfer["source_transaction"],
            "transfer_group": transfer["transfer_group"],
            "created": transfer["created"],
        }
        for account, transfer in world.find_owned(None, "transfer")
    ]


def list_balances(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per account and currency: all net balance transactions (available, pending and reserved)."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for account, movement in world.find_owned(None, "balance_transaction"):
        sums[account, movement["currency"]] += movement["net"]
    return [
        {"provider": "stripe", "account": account, "ref": None, "amount": amount, "currency": currency}
        | {"refunded": None, "metadata": {}}
        for (account, currency), amount in sorted(sums.items())
    ]


def list_events(world: World, deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """One row per event with its deliveries (endpoint, state, attempts, last status), newest first."""
    sent = defaultdict(list)
    for delivery in deliveries.list_log():
        sent[delivery["event"]].append(
            {key: delivery[key] for key in ("id", "endpoint", "url", "state", "attempts", "last_status")}
        )
    rows = []
    for account, event in world.find_owned(None, "event"):
        obj = event["data"]["object"]
        rows.append(
            {"provider": "stripe", "account": account, "ref": event["id"], "amount": obj.get("amount")}
            | {"currency": obj.get("currency"), "refunded": None, "metadata": obj.get("metadata") or {}}
            | {"type": event["type"], "object": obj.get("id"), "created": event["created"]}
            | {"deliveries": sent[event["id"]]}
        )
    return rows


def list_requests(worlds: list[World], records: sqlite3.Connection) -> list[Row]:
    """One row per API request as sent (flat parameters), with its answer's status; null: never answered.

    Requests whose key belongs to no platform are everybody's.
    """
    meant = {"", *(world.platform for world in worlds)}
    return [
        {
            "provider": "paypal" if owns(row["path"]) else "stripe",
            "ref": row["request_id"],
            "amount": None,
            "currency": None,
            "refunded": None,
        }
        | {
            "metadata": {},
            **{key: row[key] for key in row.keys() if key != "answer"},  # noqa: SIM118 (a Row yields values)
            "params": json.loads(row["params"]),
            "replayed": bool(row["replayed"]),
        }
        for row in records.execute("SELECT * FROM requests ORDER BY id DESC")
        if row["platform"] in meant
    ]


def list_truth(what: str, worlds: list[World], deliveries: Deliveries, records: sqlite3.Connection) -> list[Row]:
    """The rows of one of `TRUTHS`, world by world; of requests the newest first, over all of these worlds."""
    if what == "requests":
        return list_requests(worlds, records)
    return [
        row | {"platform": world.platform}
        for world in worlds
        for tell in PER_WORLD[what]
        for row in tell(world, deliveries, records)
    ]


PER_WORLD: dict[str, tuple[Truth, ...]] = {
    "captures": (list_captures, paypal.list_captures),
    "refunds": (list_refunds, paypal.list_refunds),
    "transfers": (list_transfers,),
    "payouts": (paypal.list_payouts,),
    "disputes": (paypal.list_disputes,),
    "balances": (list_balances, paypal.list_balances),
    "events": (list_events, paypal.list_events),
}
TRUTHS = (*PER_WORLD, "requests")


def _row(account: str, obj: Row, amount: int, refunded: int) -> Row:
    return {
        "provider": "stripe",
        "account": account,
        "ref": obj["id"],
        "amount": amount,
        "currency": obj["currency"],
        "refunded": refunded,
        "metadata": obj["metadata"],
    }
