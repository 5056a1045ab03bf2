"""An account's orders, everything the shop knows of a person as a file, and the end of an account.

They live here because orders do: `accounts` knows persons only.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from store.accounts.controllers import end, flash, require_fresh, require_person
from store.accounts.controllers.session import read_session
from store.accounts.queries import Person, list_sessions, read_person
from store.kit import clock
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.orders.queries import export_orders, list_orders, list_unfinished
from store.orders.service import ShopUnfinished, delete_account
from store.settings import Settings
from store.vendors.service import ShopStillOpen

NO_STORE = {"Cache-Control": "no-store"}
PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class DeleteView(Struct, frozen=True):
    """The page that asks first; `unfinished` are the numbers of orders that keep the address for a while.

    `refusal` says what has to be done in a shop before.
    """

    email: str
    unfinished: tuple[str, ...]
    refusal: str = ""


@get("/account/orders")
async def show_orders(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The orders of whoever is signed in, newest first."""
    found = require_person(person, request)
    number = request.query_params.get("page", "")
    view = await list_orders(found, int(number) if PAGE_NUMBER.fullmatch(number) else 1)
    return page("orders/own.html", view, headers=NO_STORE)


@get("/account/export")
async def export(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Everything the shop keeps of this person, as JSON to keep; amounts are minor units."""
    found = require_fresh(person, request)
    sessions = await list_sessions(found.id, read_session(request, secure=settings.https) or "")
    facts = {
        "exported_at": clock.wall(),
        "account": await read_person(found.id),
        "signed_in": [{"device": one.device, "since": one.signed_in_at} for one in sessions],
        "orders": await export_orders(found),
    }
    headers = {**NO_STORE, "Content-Disposition": 'attachment; filename="overprint-account.json"'}
    body = msgspec.json.format(msgspec.json.encode(facts), indent=2)
    return Response(body, media_type="application/json", headers=headers)


@get("/account/delete")
async def show_delete(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Ask first, and say what goes and what stays."""
    found = require_fresh(person, request)
    view = DeleteView(found.email, await list_unfinished(found))
    return page("orders/delete_account.html", view, headers=NO_STORE)


@post("/account/delete")
async def delete(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], person: NamedDependency[Person | None]
) -> Response[Any]:
    """End the account."""
    found = require_fresh(person, request)
    try:
        await delete_account(found)
    except (ShopStillOpen, ShopUnfinished) as still:
        view = DeleteView(found.email, (), still.message)
        return page("orders/delete_account.html", view, status=409, headers=NO_STORE)
    await end(request, secure=settings.https)
    flash(request, "Your account is deleted.")
    return see_other("/")
