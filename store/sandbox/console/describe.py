"""What any object looks like in a list, and its JSON with the ids in it as links."""

from __future__ import annotations

import re
from datetime import datetime

from store.sandbox.console.frame import Data
from store.sandbox.kernel import browse
from store.sandbox.kernel.world import World
from store.sandbox.paypal.objects import decimals, to_minor
from store.sandbox.stripe.money import exponent

# Stripe's have a prefix; PayPal's are capitals and digits, some with a prefix before a dash.
ID = re.compile(r'"([A-Za-z]{1,14}_[A-Za-z0-9_]{4,}|(?:WH-|PP-D-)?[0-9A-Z-]{6,40})"')


def describe_document(account: str, kind: str, document: Data) -> Data:
    """What a list shows of any document; `state`, `amount` and `currency` are None where it has none."""
    if kind.startswith("paypal_"):
        return describe_paypal(account, kind, document)
    amount = next((document[name] for name in ("amount_total", "amount") if document.get(name) is not None), None)
    return {
        "id": document["id"],
        "kind": kind,
        "account": account,
        "created": document.get("created"),
        "state": document.get("type") if kind == "event" else document.get("status"),
        "amount": amount if document.get("currency") else None,
        "currency": document.get("currency"),
    }


def describe_paypal(account: str, kind: str, document: Data) -> Data:
    """The same of a document of PayPal's, whose money and moments are texts and whose status has many names."""
    header, made = document.get("batch_header") or {}, document.get("create_time") or document.get("time_created")
    money, scale = _find_money(document), 1
    if money:
        value, currency = to_minor(money)
        # Shown as ISO 4217 has it, like everything here; PayPal leaves decimals out where ISO has two.
        scale = 10 ** (exponent(currency.lower()) - decimals(currency))
    status = document.get("event_type") or document.get("status") or document.get("transaction_status")
    return {
        "id": document["id"],
        "kind": kind,
        "account": account,
        "created": datetime.fromisoformat(made).timestamp() if made else None,
        "state": status or header.get("batch_status") or document.get("_status"),
        "amount": value * scale if money else None,
        "currency": currency.lower() if money else None,
    }


def _find_money(document: Data) -> dict[str, str] | None:
    """The amount of a document in PayPal's form: an order's is its units' together, if they are one."""
    units = document.get("purchase_units") or [{}]
    item, header = document.get("payout_item") or {}, document.get("batch_header") or {}
    found = document.get("amount") or document.get("dispute_amount") or item.get("amount") or header.get("amount")
    found = found or (units[0].get("amount") if len(units) == 1 else None)
    if not isinstance(found, dict):
        return None
    return {"currency_code": found.get("currency_code") or found["currency"], "value": found["value"]}


def link_ids(world: World, text: str, own: str = "") -> list[tuple[str, bool]]:
    """Cut a JSON text into pieces (text, is the id of an object here), in order, losing nothing."""
    known = browse.known_ids(world, set(ID.findall(text))) - {own}
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in ID.finditer(text):
        if match[1] in known:
            pieces += [(text[end : match.start(1)], False), (match[1], True)]
            end = match.end(1)
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def hide_secret(document: Data) -> Data:
    """Return an endpoint without its signing secret, anything else as it is."""
    return document if document.get("object") != "webhook_endpoint" else document | {"secret": "whsec_****"}
