"""The items of payouts: what becomes of each, and the money that leaves the account and comes back.

The receiver's address decides, by the word before its first `+ . _ -` or `@`, so that any status can be had:
`unclaimed@…` UNCLAIMED (and RETURNED 30 days later), `onhold@…` ONHOLD, `blocked@…` BLOCKED, `failed@…` FAILED,
`pending@…` PENDING for good, `returned@…` RETURNED, `refunded@…` and `reversed@…` SUCCESS and a day later REFUNDED or
REVERSED, `denied@…` the whole batch DENIED; everybody else SUCCESS. Invariant: an item's money and fee leave when it
is SUCCESS or UNCLAIMED, once; a RETURNED item brings back both, a REFUNDED or REVERSED one its money; until it is
decided it is withheld. A test may decide instead (`finish_payout_item`), within `MOVES`.
"""

from __future__ import annotations

import re
from typing import Any

from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.paypal.app import App
from store.sandbox.paypal.balance import book, holder
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.objects import decimals, fetch, new_id, shown, store, timestamp, to_value

KIND = "paypal_payout_item"
UNCLAIMED_SECONDS = 30 * 86400
REFUNDED_SECONDS = 86400
# What an address leads to when its batch is processed.
RULES = {
    "unclaimed": "UNCLAIMED",
    "onhold": "ONHOLD",
    "blocked": "BLOCKED",
    "failed": "FAILED",
    "pending": "PENDING",
    "returned": "RETURNED",
}
LATER = {"refunded": "REFUNDED", "reversed": "REVERSED"}
DENIED = "denied"
MOVES: dict[str, tuple[str, ...]] = {
    "PENDING": ("SUCCESS", "FAILED", "UNCLAIMED", "ONHOLD", "BLOCKED", "RETURNED"),
    "ONHOLD": ("SUCCESS", "FAILED", "UNCLAIMED", "BLOCKED", "RETURNED"),
    "BLOCKED": ("SUCCESS", "FAILED", "RETURNED"),
    "UNCLAIMED": ("SUCCESS", "RETURNED"),
    "SUCCESS": ("REFUNDED", "REVERSED"),
}
LEFT = ("SUCCESS", "UNCLAIMED")
# Nothing tells of an item that is PENDING, nor of REVERSED, which PayPal has for uploads in the browser only.
EVENTS = {
    "SUCCESS": "SUCCEEDED",
    "FAILED": "FAILED",
    "UNCLAIMED": "UNCLAIMED",
    "RETURNED": "RETURNED",
    "ONHOLD": "HELD",
    "BLOCKED": "BLOCKED",
    "REFUNDED": "REFUNDED",
}
REASONS = {
    "UNCLAIMED": ("RECEIVER_UNREGISTERED", "Receiver is unregistered"),
    "ONHOLD": ("REGULATORY_PENDING", "This transaction is pending while it is reviewed for compliance."),
    "BLOCKED": ("REGULATORY_BLOCKED", "This transaction is blocked due to regulatory compliance restrictions."),
    "FAILED": ("RECEIVER_ACCOUNT_LOCKED", "Receiver's account is locked or inactive."),
}
ERRORS_URL = "https://developer.paypal.com/docs/api/payments.payouts-batch/#errors"


def show_item(item: Document) -> Document:
    """Return an item as the API shows it."""
    return {name: value for name, value in shown(item).items() if name != "id"}


def show_in_batch(item: Document) -> Document:
    """Return an item as its batch shows it: the sender's batch id is in the batch's header."""
    return {name: value for name, value in show_item(item).items() if name != "sender_batch_id"}


def wire_money(minor: int, currency: str) -> dict[str, str]:
    """Return minor units as payouts write them: `{"currency", "value"}`."""
    return {"currency": currency, "value": to_value(minor, currency)["value"]}


def rule_of(item: Document) -> str:
    """Return the word of the receiver's address that decides."""
    return re.split(r"[+._@-]", item["payout_item"]["receiver"].lower(), maxsplit=1)[0]


def process_item(app: App, item: Document) -> None:
    """Let an item become what its address leads to, and plan what comes later."""
    word = rule_of(item)
    move_item(app, item, RULES.get(word, "SUCCESS"))
    if word in LATER:
        app.world.schedule(app.now + REFUNDED_SECONDS, "paypal_payout_item.later", app.merchant_id, item["id"])


def finish_payout_item(app: App, id: str, status: str) -> Document:
    """Let an item become `status`, as PayPal or its receiver would; ValueError for what cannot become of it."""
    item = fetch(app, KIND, id, "payout_item_id")
    now = item.get("transaction_status", "not processed yet")
    if status not in MOVES.get(now, ()):
        can = ", ".join(MOVES.get(now, ())) or "nothing else"
        raise ValueError(f"Payout item {id} is {now}: it can become {can}, not {status}.")
    with app.world.tx():
        return move_item(app, item, status)


def move_item(
    app: App, item: Document, status: str, event: str = "", reason: tuple[str, str] | None = None
) -> Document:
    """Give an item a status: move its money, say why, plan its return, and tell of it.

    `event` is told instead of the usual one, `reason` (name, message) shown instead of it.
    """
    if status in LEFT and not item["_left"]:
        book(app, "payout", item["id"], -item["_amount"], item["_currency"], item["_fee"])
        item |= {"_left": True, "transaction_id": item.get("transaction_id") or new_id()}
    elif item["_left"] and status in ("RETURNED", "REFUNDED", "REVERSED"):
        fee = item["_fee"] if status == "RETURNED" else 0
        book(app, f"payout_{status.lower()}", item["id"], item["_amount"], item["_currency"], -fee)
        item["_left"] = False
    if status in ("FAILED", "RETURNED"):
        item["payout_item_fee"] = wire_money(0, item["_currency"])
    _explain(item, status, reason)
    item |= {"transaction_status": status, "time_processed": timestamp(app.now)}
    store(app, KIND, item)
    app.world.unschedule("paypal_payout_item.return", item["id"])
    if status == "UNCLAIMED":
        app.world.schedule(app.now + UNCLAIMED_SECONDS, "paypal_payout_item.return", app.merchant_id, item["id"])
    name = event or EVENTS.get(status, "")
    if name:
        emit(app, f"PAYMENT.PAYOUTS-ITEM.{name}", show_item(item), "payouts_item")
    return item


def withheld(app: App, currency: str) -> int:
    """Return what undecided items keep back of the balance, fees among it, minor units."""
    return sum(
        item["_amount"] + item["_fee"]
        for item in app.world.find(app.merchant_id, KIND, _currency=currency)
        if item.get("transaction_status", "PENDING") in ("PENDING", "ONHOLD", "BLOCKED")
    )


def read_money(money: dict[str, Any]) -> tuple[int, str]:
    """Return minor units and currency of `{"currency", "value"}`; ValueError for what is no amount above zero."""
    currency, text = str(money["currency"]), str(money["value"])
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text):
        raise ValueError(f"{text} is no amount")
    whole, _, rest = text.partition(".")
    places = decimals(currency)
    if len(rest) > places:
        raise ValueError(f"{text} has more decimals than {currency}")
    minor = int(whole) * 10**places + int(rest[:places].ljust(places, "0") or "0")
    if minor == 0:
        raise ValueError("0 is nothing to pay out")
    return minor, currency


def _explain(item: Document, status: str, reason: tuple[str, str] | None) -> None:
    why = reason or REASONS.get(status)
    if why:
        item["errors"] = {"name": why[0], "message": why[1], "debug_id": new_id(13).lower()}
        item["errors"] |= {"information_link": ERRORS_URL, "details": [], "links": []}
    elif status in ("SUCCESS", "PENDING"):
        item.pop("errors", None)


@due_job("paypal_payout_item.return")
def _return_when_due(world: World, account: str, id: str) -> None:
    app = holder(world, account)
    move_item(app, fetch(app, KIND, id), "RETURNED")


@due_job("paypal_payout_item.later")
def _move_later(world: World, account: str, id: str) -> None:
    app = holder(world, account)
    item = fetch(app, KIND, id)
    if item["transaction_status"] == "SUCCESS":
        move_item(app, item, LATER[rule_of(item)])
