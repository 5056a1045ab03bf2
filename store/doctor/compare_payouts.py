"""Payouts here and at the provider: each once, as it is here, to whom it says here."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from store.doctor.compare_money import DAILY
from store.doctor.truth import Books, Violations, at
from store.kit.db import fetch

# What a payout here may be called there (payments_payouts_batch_v1, transaction_enum). One that has not gone out by our
# books has done nothing there either.
STATES = {
    **dict.fromkeys(("planned", "waiting", "canceled", "netted"), ("FAILED",)),
    "paid": ("SUCCESS",),
    "unclaimed": ("UNCLAIMED",),
    "returned": ("RETURNED", "REFUNDED", "REVERSED"),
    "failed": ("FAILED",),
}


async def compare_payouts(books: Books, before: datetime) -> Violations:
    """I13: each payout of ours is there once, as it is here, and nobody was paid out of our account but by us."""
    ours = {str(row["id"]): row for row in await fetch("SELECT id, item_ref, amount, currency, state FROM payout")}
    theirs = [row for row in books.payouts if row["platform"] == books.platform]
    made = Counter(row["sender_batch_id"] for row in theirs)
    found = [(name, f"was paid out {many} times") for name, many in made.items() if name in ours and many > 1]
    for row in theirs:
        here = ours.get(row["sender_batch_id"] or "")
        if here is None:
            found.append((row["ref"], f"{row['amount']} paid out to {row['receiver']} there, here nobody knows of it"))
        elif (here["amount"], here["currency"]) != (row["amount"], row["currency"].upper()):
            found.append((row["ref"], f"{row['amount']} {row['currency']} there, {here['amount']} here"))
        elif row["state"] not in STATES.get(here["state"], (row["state"],)) and at(row) < before - DAILY:
            found.append((row["ref"], f"{row['state']} there, {here['state']} here"))
    refs = {row["ref"] for row in theirs}
    paid_out = [row["item_ref"] for row in ours.values() if row["item_ref"]]
    return found + [(ref, "paid out here, unknown there") for ref in paid_out if ref not in refs]
