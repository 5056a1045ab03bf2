"""Events: list and retrieve; they are written by `World.emit`, together with what they tell of.

Invariant: an event belongs to the account it happened in; a connected account's events need `Stripe-Account`.
"""

from store.sandbox.kernel.lists import list_page
from store.sandbox.kernel.world import Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.routing import LISTS, Call, Route

KEPT_SECONDS = 30 * 86400


def retrieve_event(call: Call) -> Document:
    """Return one event of the last 30 days (docs.stripe.com/api/events)."""
    return call.world.get(call.account, "event", call.ids["id"])


def list_events(call: Call) -> Document:
    """Return events of the last 30 days, newest first, by type and creation time."""
    params = call.params
    wanted = params.get("types") or ([params["type"]] if "type" in params else None)
    rows = [
        event
        for event in call.world.find(call.account, "event")
        if event["created"] > call.now - KEPT_SECONDS and (wanted is None or _matches(event["type"], wanted))
    ]
    return list_page(call.path, rows, params)


def _matches(type: str, wanted: list[str]) -> bool:
    """A type may end in `.*` (docs: "the list may be filtered by type, with wildcards")."""
    return any(type == w or (w.endswith("*") and type.startswith(w[:-1])) for w in wanted)


ROUTES = (
    Route("GET /v1/events/{id}", retrieve_event),
    Route("GET /v1/events", list_events, f"{LISTS} created type types", (rules.EVENTS_LIST,)),
)
