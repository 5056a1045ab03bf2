"""What became of an order: the payments of its units, as GET order shows them.

Invariant: an order never keeps a copy of its payments, so that it cannot show an older state than they have.
"""

from __future__ import annotations

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.app import App
from store.sandbox.paypal.objects import shown

KINDS = {
    "authorizations": "paypal_authorization",
    "captures": "paypal_capture",
    "refunds": "paypal_refund",
}
# Only the resource itself says these.
ALONE = ("payee", "supplementary_data", "payer")


def payments_of(app: App, order_id: str, reference_id: str = "default") -> Document:
    """Return `payments` of one unit: authorizations, captures and refunds, oldest first; only what there is."""
    payments: Document = {}
    for name, kind in KINDS.items():
        found = app.world.find(app.merchant_id, kind, _order=order_id, _unit=reference_id)
        if found:
            payments[name] = [_show(document) for document in reversed(found)]
    return payments


def _show(document: Document) -> Document:
    return {name: value for name, value in shown(document).items() if name not in ALONE}
