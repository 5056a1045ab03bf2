"""The frame of the tester's pages: navigation, the platform that is looked at, rules in force, page or JSON.

Every page is made from one dict, which is the whole answer when JSON is asked for: by `Accept: application/json`, or
by `.json` at the end of the path. So a page shows nothing that a program could not read.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from store.sandbox.clock import Clock
from store.sandbox.console.scenarios import BY_NAME
from store.sandbox.deliveries import Deliveries
from store.sandbox.faults import Faults
from store.sandbox.kernel import browse
from store.sandbox.kernel.world import World
from store.sandbox.kernel.worlds import Worlds
from store.sandbox.layout import find_shop, page
from store.sandbox.mailbox import Mailbox
from store.sandbox.wording import format_money, format_time

PLACES = (
    ("/", "Start"),
    ("/console/objects", "Objects"),
    ("/console/requests", "Requests"),
    ("/console/events", "Events"),
    ("/console/deliveries", "Deliveries"),
    ("/console/faults", "Faults"),
    ("/console/clock", "Clock"),
    ("/mailbox", "Mailbox"),
)
LISTS = [path for path, _ in PLACES]
# What a page says after a form was done; the address carries the key, so that nobody's words get onto the page.
DONE = {
    "resent": "Sent again.",
    "added": "The rule is in force.",
    "cleared": "No rule is in force any more; what was held back was let go.",
    "turned": "The account was turned, and its events were sent.",
    "done": "It happened at PayPal's side, and its events were sent.",
    "moved": "The clock was moved, and what had become due was done.",
    "disabled": "The endpoint is switched off: nothing is sent to it.",
    "enabled": "The endpoint is switched on: it gets what happens from now on.",
    "reset": "Everything is as it was after seeding.",
    "emptied": "Everything is gone, what was seeded too.",
}
MAX_FORM = 16 * 1024
JSON_SUFFIX = ".json"
SAFE = "/:"
SAFE_PATH = re.compile(r"/|/console/[A-Za-z0-9_./:-]*")
Data = dict[str, Any]
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Desk:
    """Everything a tester may look at and change."""

    worlds: Worlds
    records: sqlite3.Connection
    faults: Faults
    deliveries: Deliveries
    clock: Clock
    mailbox: Mailbox

    def choose_world(self, platform: str | None) -> World:
        """Return the platform's world; without a name the demo's, or while that is empty the first that is not.

        NotFoundException when there is no such platform.
        """
        if platform is None:
            used = (world for world in self.worlds if browse.count_kinds(world).keys() - {"account"})
            return next(used, self.worlds.demo)
        for world in self.worlds:
            if world.platform == platform:
                return world
        raise NotFoundException(f"There is no platform {platform} here. A key makes its platform at first use.")


def show(
    request: AnyRequest, name: str, desk: Desk, world: World, data: Data, *, here: str = "", **shown: Any
) -> Response[Any]:
    """Answer with the page `name`, or with its data alone when JSON is asked for.

    `here` is the page's address where the form that was sent has another one. `shown` is for the page only; `status`
    and `csp` in it are those of the answer.
    """
    here = here or request.url.path
    if wants_json(request):
        body = {"platform": world.platform, **data}
        return Response(body, status_code=shown.get("status", 200), headers={"Cache-Control": "no-store"})
    platforms = [one.platform for one in desk.worlds]
    named = request.query_params.get("platform")
    frame: Data = {
        "shop": find_shop(world),
        "places": PLACES,
        "here": here,
        "link": partial(_link, world.platform if named else None),
        "platform": world.platform,
        # One object is on one platform; only lists are there for each.
        "platforms": platforms if len(platforms) > 1 and here in LISTS else [],
        "rules": len(desk.faults.requests) + len(desk.faults.deliveries),
        "scenario": BY_NAME.get(desk.faults.scenario or ""),
        "done": DONE.get(request.query_params.get("done", "")),
        "json_link": _json_link(request, here),
        "money": format_money,
        "time": format_time,
    }
    return page(name, **frame, **data, **shown)


def wants_json(request: AnyRequest) -> bool:
    """Tell whether the answer should be JSON: the path said so, or only JSON is accepted."""
    accept = request.headers.get("accept", "")
    return bool(request.scope["state"].get("as_json")) or ("application/json" in accept and "html" not in accept)


async def read_form(request: AnyRequest) -> dict[str, str]:
    """Return the fields that were filled in, without the spaces around them."""
    sent = parse_qsl((await request.body()).decode("utf-8", "replace"))
    return {name: value.strip() for name, value in sent if value.strip()}


def go_back(request: AnyRequest, form: Mapping[str, str], otherwise: str, done: str) -> Response[Any]:
    """Answer a form: 303 to the page it stood on (its field `back`), which then says what was done."""
    back = form.get("back", otherwise)
    path, _, query = back.partition("?")
    if not SAFE_PATH.fullmatch(path):
        path, query = otherwise, ""
    kept = [(name, value) for name, value in parse_qsl(query) if name != "done"]
    return Redirect(f"{quote(path, safe=SAFE)}?{urlencode([*kept, ('done', done)])}", status_code=303)


class JsonSuffix:
    """The ASGI app inside the faults that takes `.json` off the tester's paths and remembers it."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.endswith(JSON_SUFFIX) and (path == "/index.json" or path.startswith(("/console/", "/mailbox"))):
            path = "/" if path == "/index.json" else path.removesuffix(JSON_SUFFIX)
            scope["state"]["as_json"] = True
            scope["path"], scope["raw_path"] = path, quote(path).encode()
        await self._inner(scope, receive, send)


def _link(platform: str | None, path: str, **query: Any) -> str:
    given = {name: value for name, value in {"platform": platform, **query}.items() if value is not None}
    return quote(path, safe=SAFE) + (f"?{urlencode(given)}" if given else "")


def _json_link(request: AnyRequest, here: str) -> str:
    path = "/index" if here == "/" else here
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "done"])
    return f"{quote(path, safe=SAFE)}{JSON_SUFFIX}" + (f"?{query}" if query else "")
