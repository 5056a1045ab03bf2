"""The latest pages where buyers pay, both providers' in one list, each by words that a person recognises.

A page is called what the merchant called it: the order's number or description where it gave one, else its reference.
"""

from __future__ import annotations

from store.sandbox.console.describe import describe_document
from store.sandbox.console.frame import Data
from store.sandbox.kernel import browse
from store.sandbox.kernel.world import World
from store.sandbox.stripe.objects import find_line_items

LONGEST = 40


def list_payment_pages(world: World, limit: int) -> list[Data]:
    """The newest sessions and orders together: what a list shows of each, and `provider`, `name`, `goods`, `page`."""
    sessions, _ = browse.list_kind(world, "checkout.session", limit)
    orders, _ = browse.list_kind(world, "paypal_order", limit)
    pages = [_describe_session(world, *one) for one in sessions] + [_describe_order(*one) for one in orders]
    return sorted(pages, key=lambda page: -page["created"])[:limit]


def _describe_session(world: World, account: str, kind: str, session: Data) -> Data:
    number = (session.get("metadata") or {}).get("order")
    lines = find_line_items(world, account, session["id"])
    return {
        **describe_document(account, kind, session),
        "payment_status": session["payment_status"],
        "provider": "Stripe",
        "name": f"Order {number}" if number else session.get("client_reference_id"),
        "goods": _name_goods([line["description"] for line in lines]),
        "page": f"/c/pay/{session['id']}",
    }


def _describe_order(account: str, kind: str, order: Data) -> Data:
    unit = order["purchase_units"][0]
    return {
        **describe_document(account, kind, order),
        "payment_status": None,
        "provider": "PayPal",
        "name": unit.get("description") or unit.get("invoice_id") or unit.get("custom_id"),
        "goods": _name_goods([item["name"] for item in unit.get("items", [])]),
        "page": f"/checkoutnow?token={order['id']}",
    }


def _name_goods(names: list[str]) -> str:
    """Write the first of them, and how many more there are."""
    if not names:
        return ""
    first = names[0] if len(names[0]) <= LONGEST else f"{names[0][: LONGEST - 1].rstrip()}…"
    return first + (f" and {len(names) - 1} more" if len(names) > 1 else "")
