"""Webhook endpoints of the platform: create, retrieve, update, list, delete.

Scope is fixed at creation: the account's own events, or with `connect=true` those of its connected accounts
(docs.stripe.com/connect/webhooks). Invariant: the signing secret is in the answer to the creation and in no
other. The stored document also has `secret` and `connect`, for the deliveries.
"""

import secrets

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.objects import APPLICATION, blank
from store.sandbox.stripe.routing import LISTS, Call, Route

KIND = "webhook_endpoint"


def create_endpoint(call: Call) -> Document:
    """Create an endpoint; the answer alone carries its `secret`."""
    if call.account != call.world.platform:
        raise refuse("Webhook endpoints belong to the platform; use connect=true for connected accounts' events.")
    params = call.params
    endpoint = blank(
        call.world,
        KIND,
        api_version=params.get("api_version"),
        application=APPLICATION if params.get("connect") else None,
        description=params.get("description"),
        enabled_events=params["enabled_events"],
        metadata=merge_metadata({}, params.get("metadata") or {}),
        status="enabled",
        url=params["url"],
        connect=params.get("connect", False),
        secret=f"whsec_{secrets.token_urlsafe(24)}",
    )
    call.world.put(call.world.platform, KIND, endpoint)
    return _show(endpoint) | {"secret": endpoint["secret"]}


def retrieve_endpoint(call: Call) -> Document:
    """Return one endpoint, without its secret."""
    return _show(_get(call))


def list_endpoints(call: Call) -> Document:
    """Return endpoints newest first, without their secrets."""
    page = call.page(KIND)
    return page | {"data": [_show(row) for row in page["data"]]}


def update_endpoint(call: Call) -> Document:
    """Change address, events, description, metadata, or switch it off and on; scope and version stay."""
    endpoint, params = _get(call), call.params
    for name in ("description", "enabled_events", "url"):
        if name in params:
            endpoint[name] = params[name]
    if "metadata" in params:
        endpoint["metadata"] = merge_metadata(endpoint["metadata"], params["metadata"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    call.world.put(call.account, KIND, endpoint)
    return _show(endpoint)


def delete_endpoint(call: Call) -> Document:
    """Delete an endpoint."""
    endpoint = _get(call)
    call.world.delete(call.account, KIND, endpoint["id"])
    return {"id": endpoint["id"], "object": KIND, "deleted": True}


def _get(call: Call) -> Document:
    return call.world.get(call.account, KIND, call.ids["webhook_endpoint"])


def _show(endpoint: Document) -> Document:
    return {k: v for k, v in endpoint.items() if k not in ("secret", "connect")}


ROUTES = (
    Route(
        "POST /v1/webhook_endpoints",
        create_endpoint,
        "url enabled_events connect api_version description metadata",
        (rules.ENDPOINT,),
    ),
    Route("GET /v1/webhook_endpoints/{webhook_endpoint}", retrieve_endpoint),
    Route("GET /v1/webhook_endpoints", list_endpoints, LISTS),
    Route(
        "POST /v1/webhook_endpoints/{webhook_endpoint}",
        update_endpoint,
        "url enabled_events description metadata disabled",
        (rules.ENDPOINT,),
    ),
    Route("DELETE /v1/webhook_endpoints/{webhook_endpoint}", delete_endpoint),
)
