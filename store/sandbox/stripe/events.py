"""Events: list and retrieve; they are written by `World.emit`, together with what they tell of.

Invariant: an event belongs to the account it happened in; a connected account's events need `Stripe-Account`.
"""

from store.sandbox.kernel.errors import Missing
from store.sandbox.kernel.world import Condition, Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.routing import LISTS, Call, Route

KEPT_SECONDS = 30 * 86400


def retrieve_event(call: Call) -> Document:
    """Return one event of the last 30 days (docs.stripe.com/api/events)."""
    event = call.world.get(call.account, "event", call.ids["id"])
    if event["created"] <= call.now - KEPT_SECONDS:
        raise Missing("event", event["id"])
    return event


def list_events(call: Call) -> Document:
    """Return events of the last 30 days, newest first, by type and creation time."""
    where: list[Condition] = [("created", ">", call.now - KEPT_SECONDS)]
    if "type" in call.params:
        # A type may be a group: `charge.*`.
        where.append(("type", "GLOB", call.params["type"]))
    if "types" in call.params:
        where.append(("type", "IN", call.params["types"]))
    if "delivery_success" in call.params:
        # How many endpoints have not answered 2xx yet.
        where.append(("pending_webhooks", "IS" if call.params["delivery_success"] else ">", 0))
    return call.page("event", where=where)


ROUTES = (
    Route("GET /v1/events/{id}", retrieve_event),
    Route("GET /v1/events", list_events, f"{LISTS} created type types delivery_success", (rules.EVENTS_LIST,)),
)
