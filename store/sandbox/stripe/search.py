"""`GET /v1/…/search`: which fields of which object can be searched (docs.stripe.com/search, query fields).

The page was read for the language; fields of objects that the sandbox does not have (invoices, subscriptions) are
left out. Invariant: these routes stand before those with an id, for `search` would pass as one.
"""

from store.sandbox.kernel.search import NUMBER, TEXT, TOKEN, Fields, search_stored
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.routing import Call, Handler, Route

SEARCHED: dict[str, Fields] = {
    "charge": {
        "amount": NUMBER,
        "billing_details.address.postal_code": TOKEN,
        "created": NUMBER,
        "currency": TOKEN,
        "customer": TOKEN,
        "disputed": TOKEN,
        "metadata": TOKEN,
        "payment_method_details.card.brand": TOKEN,
        "payment_method_details.card.exp_month": NUMBER,
        "payment_method_details.card.exp_year": NUMBER,
        "payment_method_details.card.fingerprint": TOKEN,
        "payment_method_details.card.last4": TOKEN,
        "refunded": TOKEN,
        "status": TOKEN,
    },
    "customer": {"created": NUMBER, "email": TEXT, "metadata": TOKEN, "name": TEXT, "phone": TEXT},
    "payment_intent": {
        "amount": NUMBER,
        "created": NUMBER,
        "currency": TOKEN,
        "customer": TOKEN,
        "metadata": TOKEN,
        "status": TOKEN,
    },
    "price": {
        "active": TOKEN,
        "currency": TOKEN,
        "lookup_key": TEXT,
        "metadata": TOKEN,
        "product": TEXT,
        "type": TOKEN,
    },
    "product": {
        "active": TOKEN,
        "description": TEXT,
        "metadata": TOKEN,
        "name": TEXT,
        "shippable": TOKEN,
        "url": TEXT,
    },
}


def _search(kind: str) -> Handler:
    def search(call: Call) -> Document:
        return search_stored(call.world, call.account, kind, call.path, call.params, SEARCHED[kind])

    search.__doc__ = f"Return the {kind} objects that meet a query, newest first."
    return search


ROUTES = tuple(Route(f"GET /v1/{kind}s/search", _search(kind), "query limit page expand") for kind in SEARCHED)
