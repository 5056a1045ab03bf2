"""What was told to an app: events listed and shown, sent again, made up by the simulator, and checked by call.

Invariant: a simulated event is stored nowhere, is signed for the text `WEBHOOK_ID`, and no call confirms it; a
notification that waits for its delivery is not sent again. API: notifications_webhooks_v1.
"""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.addresses import check_address, refuse
from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal.events import EVENTS_PATH, KIND, SUMMARIES, WEBHOOK_KIND, build_event, link_event, name_type
from store.sandbox.paypal.objects import fetch, link, read_digits, shown
from store.sandbox.paypal.routing import Answer, Call, Routes
from store.sandbox.paypal.signing import check_delivery
from store.sandbox.paypal.simulator import make_resource

PER_PAGE = 10


def list_events(call: Call) -> Answer:
    """Return the app's events, newest first, between two moments, of one type, about one transaction."""
    start, end = (_read_moment(call, name) for name in ("start_time", "end_time"))
    size = _read_size(call)
    found = [
        event
        for event in call.app.world.find(call.app.merchant_id, KIND)
        if (start is None or _moment(event["create_time"]) >= start)
        and (end is None or _moment(event["create_time"]) <= end)
        and call.query.get("event_type", event["event_type"]) == event["event_type"]
        and ("transaction_id" not in call.query or _is_about(event, call.query["transaction_id"]))
    ]
    first = _find_first(call, found, size)
    page = found[first : first + size]
    links = []
    if first + size < len(found):
        links.append(_link_page(call, "next", page[-1]))
    if first:
        links.append(_link_page(call, "previous", page[0] if page else found[first - 1]))
    body = {"events": [link_event(shown(one), call.origin) for one in page], "count": len(page), "links": links}
    return Answer(200, body)


def get_event(call: Call) -> Answer:
    """Return one event."""
    return Answer(200, link_event(shown(_get(call)), call.origin))


def resend_event(call: Call) -> Answer:
    """Send an event again to the webhooks named, or to all that asked for its type; 202 with the event."""
    event = _get(call)
    there = {one["id"]: one for one in call.app.world.find(call.app.merchant_id, WEBHOOK_KIND)}
    for number, id in enumerate(call.body.get("webhook_ids", [])):
        if id not in there:
            raise refuse(f"/webhook_ids/{number}", id, "Not a webhook of this app")
    asked = call.body.get("webhook_ids") or [
        id for id, one in there.items() if {type["name"] for type in one["event_types"]} & {"*", event["event_type"]}
    ]
    call.app.world.announce(call.app.merchant_id, event | {"_again": asked})
    return Answer(202, link_event(shown(event), call.origin))


def simulate_event(call: Call) -> Answer:
    """Send a mock event of one type to an address, or to a webhook's; 202 with the event."""
    type = call.body["event_type"]
    if type not in SUMMARIES:
        raise refuse("/event_type", type, "Not a valid webhook event name")
    if "webhook_id" in call.body:
        url = fetch(call.app, WEBHOOK_KIND, call.body["webhook_id"], "/webhook_id")["url"]
    elif "url" in call.body:
        url = call.body["url"]
        check_address(url, "/url")
    else:
        raise refuse("/url", "", "Give the webhook's id or an address.")
    # The root has to be there for whoever checks it, although no webhook was registered.
    open_authority(call.app.world.folder).ensure()
    event = link_event(build_event(call.app, type, make_resource(type), name_type(type)), call.origin)
    call.app.world.announce(call.app.merchant_id, event | {"_simulated": url})
    return Answer(202, event)


def verify_signature(call: Call) -> Answer:
    """Tell whether a delivery was signed for one of the app's webhooks: SUCCESS or FAILURE, always with 200."""
    sent = call.body
    # Only the bytes as they were sent can be checked: parsed and written anew they would be others.
    raw = bytes(msgspec.json.decode(call.raw, type=dict[str, msgspec.Raw])["webhook_event"])
    known = call.app.world.has(call.app.merchant_id, WEBHOOK_KIND, sent["webhook_id"])
    good = known and check_delivery(open_authority(call.app.world.folder), sent, raw)
    return Answer(200, {"verification_status": "SUCCESS" if good else "FAILURE"})


def _get(call: Call) -> Document:
    return fetch(call.app, KIND, call.params["event_id"], "event_id")


def _read_moment(call: Call, name: str) -> float | None:
    if not (text := call.query.get(name)):
        return None
    try:
        return _moment(text)
    except ValueError:
        raise refuse(name, text, "Not a date and time, such as 2013-03-06T11:00:00Z", "query") from None


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return moment.timestamp()


def _read_size(call: Call) -> int:
    text = call.query.get("page_size", str(PER_PAGE))
    number = read_digits(text)
    if not number:
        raise refuse("page_size", text, "Not a number of 1 or more", "query")
    return number


def _find_first(call: Call, found: list[Document], size: int) -> int:
    """Where the page begins: after or before the event that a link of another page names."""
    ids = [event["id"] for event in found]
    named = call.query.get("index_id", "")
    if named not in ids:
        return 0
    at = ids.index(named)
    return at + 1 if call.query.get("move_to") == "next" else max(0, at - size)


def _link_page(call: Call, move_to: str, event: Document) -> dict[str, str]:
    asked = {name: value for name, value in call.query.items() if name not in ("move_to", "index_time", "index_id")}
    asked |= {"move_to": move_to, "index_time": event["create_time"], "index_id": event["id"]}
    return link(call.origin, f"{EVENTS_PATH}?{urlencode(asked)}", move_to)


def _is_about(event: Document, transaction: str) -> bool:
    """A transaction is the resource itself, or named by it: a refund's event names its capture in a link."""
    text = json.dumps(event["resource"])
    return f'"{transaction}"' in text or f"/{transaction}" in text


ROUTES: Routes = (
    ("GET", EVENTS_PATH, "webhooks-events.list", list_events),
    ("GET", f"{EVENTS_PATH}/{{event_id}}", "webhooks-events.get", get_event),
    ("POST", f"{EVENTS_PATH}/{{event_id}}/resend", "webhooks-events.resend", resend_event),
    ("POST", "/v1/notifications/simulate-event", "simulate-event.post", simulate_event),
    ("POST", "/v1/notifications/verify-webhook-signature", "verify-webhook-signature.post", verify_signature),
)
