"""A vendor's orders: the list, one order with its money, sending and arrival, and the list as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta, Struct

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.dashboard.controllers.shared import Choice, make_choices, make_link, read_choice, read_page, read_query
from store.dashboard.queries.orders import SHOWN, Part, Sold, list_orders, read_part, stream_orders
from store.kit import clock
from store.kit.amounts import write_amount
from store.kit.db import transaction
from store.kit.errors import NotFound
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.orders.queries import OpenMessage, read_open_messages
from store.orders.service import NotToSend, correct_parcel, deliver_part, finish_message, ship_part
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat

LIST = "/sell/orders"
NO_ORDER = "There is no such order in your shop."
COLUMNS = (
    *("order", "paid at", "buyer", "country", "pieces", "currency", "goods", "delivery", "discount", "paid", "fee"),
    *("share", "refunded of the order", "state", "carrier", "tracking", "sent at"),
)
# What a spreadsheet would run: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def _words(label: str) -> Any:
    return Meta(max_length=80, pattern=r"^[^\n\t]*$", extra={"label": label, "wrong": f"{label} must be one line."})


class ShipForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How the parcel goes; either may be empty. `correct`: it is on its way already, and this was wrong."""

    carrier: Annotated[str, _words("Sent with")] = ""
    tracking: Annotated[str, _words("Tracking number")] = ""
    correct: str = ""


class OrdersPage(Struct, frozen=True):
    """The list."""

    seat: Seat
    messages: tuple[OpenMessage, ...]
    orders: tuple[Sold, ...]
    filters: tuple[Choice, ...]
    shown: str
    query: str
    count: str
    page: int
    pages: int
    page_base: str
    export: str
    empty: bool


class OrderPage(Struct, frozen=True):
    """One order; `form` and `errors` are those of sending it, `problem` why it must not be sent."""

    seat: Seat
    title: str
    part: Part
    form: dict[str, str]
    errors: dict[str, str]
    problem: str = ""


@get(LIST)
async def show_orders(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """What was sold and paid; `?show=`, `?q=` and `?page=` narrow it."""
    seat = await require_seat(person, request)
    shown = read_choice(request, "show", SHOWN)
    query = read_query(request)
    found = await list_orders(seat.vendor_id, shown, query, read_page(request))
    base = urlencode([(name, value) for name, value in (("show", shown), ("q", query)) if value])
    view = OrdersPage(
        seat=seat,
        messages=await read_open_messages(seat.vendor_id),
        orders=found.orders,
        filters=make_choices(LIST, "show", SHOWN, shown, found.counts, q=query),
        shown=shown,
        query=query,
        count=f"{found.total} {'order' if found.total == 1 else 'orders'}",
        page=found.page,
        pages=found.pages,
        page_base=f"{LIST}?{base}{'&' if base else ''}page=",
        export=make_link("/sell/orders.csv", show=shown),
        empty=not (query or shown or found.total),
    )
    return page("dashboard/orders.html", view)


@get("/sell/orders/{part_id:uuid}")
async def show_order(
    part_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """One order: what to send where, and its money."""
    seat = await require_seat(person, request)
    return page("dashboard/order.html", await _view(seat, part_id))


@post("/sell/orders/{part_id:uuid}/ship")
async def ship(
    part_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """The parcel is on its way; the buyer gets a mail, once."""
    seat = await require_seat(person, request)
    try:
        form = await read_form(request, ShipForm)
        if form.correct:
            if await correct_parcel(seat.vendor_id, part_id, carrier=form.carrier, tracking=form.tracking):
                flash(request, "Corrected. The buyer reads it on the order’s page.")
            return see_other(f"{LIST}/{part_id}")
        sent = await ship_part(seat.vendor_id, part_id, carrier=form.carrier, tracking=form.tracking)
    except InvalidForm as wrong:
        return page("dashboard/order.html", await _view(seat, part_id, wrong.values, wrong.errors), status=422)
    except NotToSend as refused:
        return page("dashboard/order.html", await _view(seat, part_id, problem=refused.message), status=409)
    flash(
        request, "Marked as shipped. We have sent the buyer a mail." if sent else "This was marked as shipped before."
    )
    return see_other(f"{LIST}/{part_id}")


@post("/sell/orders/{part_id:uuid}/deliver")
async def deliver(
    part_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """The parcel arrived."""
    seat = await require_seat(person, request)
    if await deliver_part(seat.vendor_id, part_id):
        flash(request, "Marked as delivered.")
    return see_other(f"{LIST}/{part_id}")


@post("/sell/messages/{message_id:uuid}/done")
async def finish(
    message_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """What a buyer asked is answered; back to the page on which it was read."""
    seat = await require_seat(person, request)
    async with transaction():
        part_id = await finish_message(seat.vendor_id, message_id)
    flash(request, "Done: the message is off your list.")
    pages = {"": "/sell/home", "orders": LIST, "order": f"{LIST}/{part_id}"}
    return see_other(pages[read_choice(request, "back", pages)])


@get("/sell/orders.csv")
async def export_orders(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Every order of the chosen state as CSV, written while it is read: 10,000 lines take no more memory than ten."""
    seat = await require_seat(person, request)
    shown = read_choice(request, "show", SHOWN)
    day = clock.now().strftime("%Y-%m-%d")
    headers = {
        "Content-Disposition": f'attachment; filename="orders-{seat.slug}-{day}.csv"',
        "Cache-Control": "no-store",
    }
    return Stream(_write(seat.vendor_id, shown), headers=headers, media_type="text/csv")


def neutralise(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: what could be one begins with an apostrophe."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


async def _write(vendor_id: UUID, shown: str) -> AsyncIterator[bytes]:
    yield _lines([COLUMNS])
    async for batch in stream_orders(vendor_id, shown):
        yield _lines(_row(one) for one in batch)


def _row(one: dict[str, Any]) -> Iterable[object]:
    sums = ("subtotal", "delivery", "discount", "total", "fee", "share", "refunded")
    amounts = ["" if one[name] is None else write_amount(one[name], one["currency"]) for name in sums]
    return (
        one["number"],
        one["paid_at"].strftime("%Y-%m-%d %H:%M:%S"),
        one["full_name"],
        one["country"],
        one["pieces"],
        one["currency"],
        *amounts,
        one["fulfilment"].replace("_", " "),
        one["carrier"],
        one["tracking"],
        one["shipped_at"].strftime("%Y-%m-%d %H:%M:%S") if one["shipped_at"] else "",
    )


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([neutralise(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


async def _view(
    seat: Seat,
    part_id: UUID,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    problem: str = "",
) -> OrderPage:
    part = await read_part(seat.vendor_id, part_id)
    if part is None:
        raise NotFound(NO_ORDER)
    title = f"Order {part.number}"
    form = {"carrier": part.carrier, "tracking": part.tracking, **(typed or {})}
    return OrderPage(seat, f"Error: {title}" if errors else title, part, form, errors or {}, problem)
