"""Events and their deliveries: what happened, who was told, what they answered; sent again, switched off and on."""

from __future__ import annotations

import json
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from store.sandbox.console.describe import describe_document, link_ids
from store.sandbox.console.frame import AnyRequest, Desk, go_back, read_form, show
from store.sandbox.control import describe_webhooks
from store.sandbox.kernel import browse
from store.sandbox.planning import read_told

PER_PAGE = 50
STATES = ("waiting", "held", "delivered", "failed", "dropped")
WAIT_SECONDS = 3.0


@get("/events")
async def show_events(
    request: AnyRequest,
    desk: NamedDependency[Desk],
    platform: FromQuery[str | None] = None,
    type: FromQuery[str | None] = None,
    before: FromQuery[int | None] = None,
) -> Response[Any]:
    """Show events, newest first, of one type if it is given (it may hold globs), each with how its deliveries stand."""
    world = desk.choose_world(platform)
    wanted = (type or "").strip()
    found, further = browse.list_kind(world, "event", PER_PAGE, before, wanted or "*")
    rows = []
    for account, kind, event in found:
        sent = desk.deliveries.list_log(PER_PAGE, event=event["id"])
        told = read_told(event)
        row = describe_document(account, kind, event) | {"type": told.type, "about": told.object or None}
        rows.append(row | {"deliveries": [{name: one[name] for name in ("id", "state", "url")} for one in sent]})
    data = {"type": wanted or None, "data": rows, "before": further}
    return show(request, "events.html", desk, world, data)


@get("/deliveries")
async def show_deliveries(
    request: AnyRequest, desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show the newest deliveries, in one state if it is given, and the endpoints they go to."""
    world = desk.choose_world(platform)
    state = request.query_params.get("state")  # the framework keeps this name for itself
    if state not in (None, *STATES):
        raise NotFoundException(f"No delivery is ever {state!r}; they are {', '.join(STATES)}.")
    webhooks = describe_webhooks(desk.worlds, desk.deliveries, desk.faults)
    data = {
        "state": state,
        "states": {name: webhooks["deliveries"][name] for name in STATES},
        "data": desk.deliveries.list_log(PER_PAGE, state=state, platform=world.platform),
        "endpoints": [one for one in webhooks["endpoints"] if one["platform"] == world.platform],
    }
    return show(request, "deliveries.html", desk, world, data)


@get("/deliveries/{id:str}")
async def show_delivery(
    request: AnyRequest, id: FromPath[str], desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show one delivery: each attempt with its answer, and the body."""
    found = desk.deliveries.list_log(1, id=id)
    if not found:
        raise NotFoundException("There is no such delivery here. It may have gone with a reset.")
    world = desk.choose_world(platform or found[0]["platform"] or None)
    body = desk.deliveries.read_body(id).decode()
    data = {"delivery": found[0] | {"body": body}}
    pretty = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return show(request, "delivery.html", desk, world, data, pieces=link_ids(world, pretty))


@post("/deliveries/resend")
async def resend_delivery(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Make one delivery again at once, whatever became of it, and wait a little for its answer."""
    form = await read_form(request)
    if not desk.deliveries.list_log(1, id=form.get("id", "")):
        raise NotFoundException("There is no such delivery here. It may have gone with a reset.")
    await desk.deliveries.attempt_now(form["id"], WAIT_SECONDS)
    return go_back(request, form, "/console/deliveries", "resent")


@post("/endpoints/switch")
async def switch_endpoint(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[Any]:
    """Switch an endpoint off or on, as `disable` and an update by the API do."""
    form = await read_form(request)
    on = form.get("to") == "enabled"
    if desk.worlds.find_holder(form.get("id", "")) is None:
        raise NotFoundException("There is no such endpoint here. It may have gone with a reset.")
    desk.deliveries.switch(form["id"], on)
    return go_back(request, form, "/console/deliveries", "enabled" if on else "disabled")
