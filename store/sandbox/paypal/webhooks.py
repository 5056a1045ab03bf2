"""Webhooks of an app: create, list, show, change, delete, what they may subscribe to, and webhook lookups.

At most ten per app, each with an address of its own: https on its usual port, or http on this machine, which only the
sandbox takes. Invariant: `_origin` is where the app reached the sandbox when it registered the webhook, so that what is
sent there names certificates at an address the app knows. API: notifications_webhooks_v1.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.paypal import notifications
from store.sandbox.paypal.addresses import check_address, refuse
from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal.errors import PayPalError
from store.sandbox.paypal.events import OTHERS, SUMMARIES, VERSIONS, WEBHOOK_KIND, name_type
from store.sandbox.paypal.objects import fetch, link, new_id, store
from store.sandbox.paypal.routing import Answer, Call, Routes

PATH = "/v1/notifications/webhooks"
LOOKUPS_PATH = "/v1/notifications/webhooks-lookup"
LOOKUP_KIND = "paypal_webhook_lookup"
MOST = 10
ALL = "*"


def create_webhook(call: Call) -> Answer:
    """Subscribe an address to events; 400 for an eleventh, for one that is there, and for what cannot be reached."""
    there = call.app.world.find(call.app.merchant_id, WEBHOOK_KIND)
    if len(there) >= MOST:
        raise PayPalError(400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED", message="The webhook's number limit has exceeded.")
    url = call.body["url"]
    _check_url(call, url)
    webhook = {
        "id": new_id(),
        "url": url,
        "event_types": _describe_types(call.body["event_types"]),
        "_origin": call.origin,
        "_status": "enabled",
    }
    # The root has to be there before whoever is told to trust it starts.
    open_authority(call.app.world.folder).ensure()
    store(call.app, WEBHOOK_KIND, webhook)
    return Answer(201, _show(call, webhook))


def list_webhooks(call: Call) -> Answer:
    """Return the app's webhooks, oldest first."""
    anchor = call.query.get("anchor_type", "APPLICATION")
    if anchor not in ("APPLICATION", "ACCOUNT"):
        raise refuse("anchor_type", anchor, "The value is not APPLICATION or ACCOUNT.", "query")
    found = call.app.world.find(call.app.merchant_id, WEBHOOK_KIND)[::-1]
    return Answer(200, {"webhooks": [_show(call, one) for one in found]})


def get_webhook(call: Call) -> Answer:
    """Return one webhook."""
    return Answer(200, _show(call, _get(call)))


def update_webhook(call: Call) -> Answer:
    """Replace `/url` or `/event_types`; 400 when nothing would be another."""
    webhook = _get(call)
    # Whoever changes a webhook reaches the sandbox at this address by now, which is a change of its own.
    before = webhook.copy()
    webhook["_origin"] = call.origin
    for number, patch in enumerate(call.body):
        at, path = f"/{number}", patch.get("path")
        if patch["op"] != "replace":
            raise refuse(f"{at}/op", patch["op"], "Only `replace` is supported.")
        if path == "/url" and isinstance(patch.get("value"), str):
            if patch["value"] != webhook["url"]:
                _check_url(call, patch["value"], f"{at}/value")
            webhook["url"] = patch["value"]
        elif path == "/event_types" and isinstance(patch.get("value"), list):
            webhook["event_types"] = _describe_types(patch["value"], f"{at}/value")
        else:
            raise refuse(f"{at}/path", str(path), "The path is /url, with a text, or /event_types, with a list.")
    if before == webhook:
        raise PayPalError(400, "WEBHOOK_PATCH_REQUEST_NO_CHANGE", message="No change in webhook.")
    store(call.app, WEBHOOK_KIND, webhook)
    return Answer(200, _show(call, webhook))


def delete_webhook(call: Call) -> Answer:
    """Delete a webhook; what was not delivered to it never will be."""
    call.app.world.delete(call.app.merchant_id, WEBHOOK_KIND, _get(call)["id"])
    return Answer(204)


def list_subscriptions(call: Call) -> Answer:
    """Return the event types that one webhook asked for."""
    return Answer(200, {"event_types": _get(call)["event_types"]})


def list_event_types(call: Call) -> Answer:
    """Return every event type that a webhook may ask for."""
    return Answer(200, {"event_types": [_describe_type(name) for name in (*SUMMARIES, *OTHERS)]})


def create_lookup(call: Call) -> Answer:
    """Tie the app to its account, so that it hears of what no app has caused; there is one such tie."""
    found = call.app.world.find(call.app.merchant_id, LOOKUP_KIND)
    lookup = found[0] if found else {"id": new_id(), "client_id": call.app.client_id}
    store(call.app, LOOKUP_KIND, lookup)
    return Answer(201, _show_lookup(call, lookup))


def list_lookups(call: Call) -> Answer:
    """Return the app's webhook lookups."""
    found = call.app.world.find(call.app.merchant_id, LOOKUP_KIND)
    return Answer(200, {"webhooks_lookups": [_show_lookup(call, one) for one in found]})


def get_lookup(call: Call) -> Answer:
    """Return one webhook lookup."""
    return Answer(200, _show_lookup(call, _get_lookup(call)))


def delete_lookup(call: Call) -> Answer:
    """Delete a webhook lookup."""
    call.app.world.delete(call.app.merchant_id, LOOKUP_KIND, _get_lookup(call)["id"])
    return Answer(204)


def _get(call: Call) -> Document:
    return fetch(call.app, WEBHOOK_KIND, call.params["webhook_id"], "webhook_id")


def _get_lookup(call: Call) -> Document:
    return fetch(call.app, LOOKUP_KIND, call.params["webhook_lookup_id"], "webhook_lookup_id")


def _show(call: Call, webhook: Document) -> Document:
    at = f"{PATH}/{webhook['id']}"
    links = [link(call.origin, at, rel, method) for rel, method in (("self", "GET"), ("update", "PATCH"))]
    shown = {name: webhook[name] for name in ("id", "url", "event_types")}
    return shown | {"links": [*links, link(call.origin, at, "delete", "DELETE")]}


def _show_lookup(call: Call, lookup: Document) -> Document:
    at = f"{LOOKUPS_PATH}/{lookup['id']}"
    links = [link(call.origin, at, rel, method) for rel, method in (("self", "GET"), ("delete", "DELETE"))]
    return lookup | {"links": links}


def _check_url(call: Call, url: str, field: str = "/url") -> None:
    """Refuse an address that nothing can be sent to, or that another webhook of the app has."""
    check_address(url, field)
    if call.app.world.find(call.app.merchant_id, WEBHOOK_KIND, url=url):
        raise PayPalError(400, "WEBHOOK_URL_ALREADY_EXISTS", message="Webhook URL already exists.")


def _describe_types(wanted: list[dict[str, Any]], field: str = "/event_types") -> list[Document]:
    """Return the types as a webhook keeps them, each once; 400 for none and for a name that is no event's."""
    if not wanted:
        raise refuse(field, "", "At least one event type is required.")
    for number, one in enumerate(wanted):
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or (name != ALL and name not in SUMMARIES and name not in OTHERS):
            raise refuse(f"{field}/{number}/name", str(name), "Not a valid webhook event name")
    return [_describe_type(name) for name in dict.fromkeys(one["name"] for one in wanted)]


def _describe_type(name: str) -> Document:
    if name == ALL:
        return {"name": ALL, "description": "ALL", "status": "ENABLED"}
    described = {"name": name, "description": SUMMARIES.get(name, name), "status": "ENABLED"}
    return described | ({"resource_versions": [VERSIONS[name_type(name)]]} if name in SUMMARIES else {})


ROUTES: Routes = (
    ("POST", PATH, "webhooks.post", create_webhook),
    ("GET", PATH, "webhooks.list", list_webhooks),
    ("GET", f"{PATH}/{{webhook_id}}", "webhooks.get", get_webhook),
    ("PATCH", f"{PATH}/{{webhook_id}}", "webhooks.update", update_webhook),
    ("DELETE", f"{PATH}/{{webhook_id}}", "webhooks.delete", delete_webhook),
    ("GET", f"{PATH}/{{webhook_id}}/event-types", "event-types.list", list_subscriptions),
    ("GET", "/v1/notifications/webhooks-event-types", "webhooks-event-types.list", list_event_types),
    ("POST", LOOKUPS_PATH, "webhooks-lookup.post", create_lookup),
    ("GET", LOOKUPS_PATH, "webhooks-lookup.list", list_lookups),
    ("GET", f"{LOOKUPS_PATH}/{{webhook_lookup_id}}", "webhooks-lookup.get", get_lookup),
    ("DELETE", f"{LOOKUPS_PATH}/{{webhook_lookup_id}}", "webhooks-lookup.delete", delete_lookup),
    *notifications.ROUTES,
)
