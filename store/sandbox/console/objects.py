"""Objects: by kind, found by id or by any word in them, and one object with all that belongs to it."""

from __future__ import annotations

import json
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from store.sandbox.console.describe import describe_document, hide_secret, link_ids
from store.sandbox.console.frame import AnyRequest, Data, Desk, show, wants_json
from store.sandbox.console.requests import list_requests_about
from store.sandbox.kernel import browse
from store.sandbox.kernel.world import public
from store.sandbox.paypal_commands import list_choices
from store.sandbox.stripe.connect.outcomes import OUTCOMES

PER_PAGE = 50
BESIDE = 20


@get("/objects")
async def show_objects(
    request: AnyRequest,
    desk: NamedDependency[Desk],
    platform: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    q: FromQuery[str | None] = None,
    before: FromQuery[int | None] = None,
) -> Response[Any]:
    """Show the kinds, the objects of one kind, or what was found; an id that is found leads to its object at once."""
    world = desk.choose_world(platform)
    words = (q or "").strip()
    if words and not wants_json(request):
        holder = world if browse.find_documents(world, words) else desk.worlds.find_holder(words)
        if holder:
            return Redirect(f"/console/objects/{words}?platform={holder.platform}", status_code=303)
    found, further = [], None
    if words:
        found = browse.search_documents(world, words, PER_PAGE)
    elif kind:
        found, further = browse.list_kind(world, kind, PER_PAGE, before)
    data = {
        "kinds": browse.count_kinds(world),
        "kind": kind,
        "q": words or None,
        "data": [describe_document(*one) for one in found],
        "before": further,
    }
    return show(request, "objects.html", desk, world, data)


@get("/objects/{id:str}")
async def show_object(
    request: AnyRequest,
    id: FromPath[str],
    desk: NamedDependency[Desk],
    platform: FromQuery[str | None] = None,
    account: FromQuery[str | None] = None,
) -> Response[Any]:
    """Show one object: its JSON, its events with their deliveries, its requests, and what names it."""
    world = desk.choose_world(platform) if platform else desk.worlds.find_holder(id)
    found = browse.find_documents(world, id) if world else []
    meant = [one for one in found if account in (None, one[0])]
    if not world or not meant:
        raise NotFoundException(f"There is no object {id} here. It may have gone with a reset.")
    owner, kind, document = meant[0]
    about = id if kind not in browse.EVENT_KINDS else None
    data: Data = {
        **describe_document(owner, kind, document),
        "object": hide_secret(public(document)),
        "events": [describe_document(*one) for one in (browse.list_events_about(world, id, BESIDE) if about else [])],
        "deliveries": desk.deliveries.list_log(BESIDE, **({"object": id} if about else {"event": id})),
        "requests": list_requests_about(desk.records, id, BESIDE),
        "mentions": [describe_document(*one) for one in browse.list_mentions(world, id, BESIDE)],
        "accounts": [one[0] for one in found],
    }
    gone = bool(document.get("_left") or document.get("_deleted"))
    text = json.dumps(data["object"], indent=2, ensure_ascii=False)
    return show(
        request,
        "object.html",
        desk,
        world,
        data,
        pieces=link_ids(world, text, id),
        gone=gone,
        outcomes=OUTCOMES,
        choices=list_choices(kind, document),
        event=about is None,
    )
