"""What was said between us and the provider: events that came or were made up for, requests that were meant."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from store.doctor.compare_money import DAILY
from store.doctor.invariant import OUT_OF_REACH
from store.doctor.truth import Books, Violations, at, our_captures, out_of_reach
from store.kit.db import fetch
from store.webhooks.states import CAPTURE_EVENTS, REFUND_EVENTS, SESSION_EVENTS

# The table whose rows' ids are the keys of these requests.
INTENDED = {
    "/v1/accounts": "connected_account",
    "/v1/checkout/sessions": "payment",
    "/v1/coupons": "payment",
    "/v1/refunds": "refund",
    "/v1/transfers": "transfer",
    "/v1/transfers/…/reversals": "transfer_reversal",
}


async def compare_events(books: Books, before: datetime) -> Violations:
    """I15: every event reached the inbox, or what it told was found out in another way."""
    stored = {row["event_id"] for row in await fetch("SELECT event_id FROM inbox_event")}
    live = await fetch("SELECT provider_ref FROM payment WHERE status IN ('created', 'pending')")
    captures = await fetch(f"SELECT capture_ref FROM capture WHERE NOT settled AND NOT ({OUT_OF_REACH})")  # noqa: S608
    unknown = {row["provider_ref"] for row in live} | {row["capture_ref"] for row in captures}
    charges, refunds = await our_captures(books), await fetch("SELECT refund_ref FROM refund")
    ours = charges.keys() - await out_of_reach()
    unknown |= {row["ref"] for row in books.refunds if row["charge"] in ours and at(row) < before - DAILY} - {
        row["refund_ref"] for row in refunds
    }
    return [
        (row["object"], f"{row['type']} ({row['ref']}) never came, and nobody has looked since")
        for row in books.events
        if row["type"] in SESSION_EVENTS | CAPTURE_EVENTS | REFUND_EVENTS
        and row["ref"] not in stored
        and row["object"] in unknown
        and at(row) < before
    ]


async def compare_requests(books: Books, before: datetime) -> Violations:
    """I20: whatever was asked for under a key is a row of ours, and was made once."""
    found, made = [], Counter[tuple[str, str, str]]()
    intended = {
        path: {str(row["id"]) for row in await fetch(f"SELECT id FROM {table}")}  # noqa: S608
        for path, table in INTENDED.items()
    }
    for row in books.requests:
        key, path = row["idempotency_key"], re.sub(r"/tr_\w+/", "/…/", row["path"])
        if row["method"] != "POST" or path not in INTENDED or not key:
            continue
        # A coupon, and a try after a refusal, have keys of their own: the row's id, a colon and what it is.
        if key.partition(":")[0] not in intended[path]:
            found.append((key, f"POST {path} was sent and is no {INTENDED[path]} of ours"))
        elif row["status"] == 200 and not row["replayed"]:
            made[path, row["account"] or "", key] += 1
    return found + [(key, f"POST {path} took effect {n} times") for (path, _, key), n in made.items() if n > 1]
