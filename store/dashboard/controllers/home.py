"""The vendor's home page; reading only."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from store.accounts.queries import Person
from store.dashboard.queries.home import Home, read_home
from store.kit.web.templates import page
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat


class HomePage(Struct, frozen=True):
    """Whose shop, and how it goes."""

    seat: Seat
    home: Home


@get("/sell/home")
async def show_home(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """What to do next, what was sold, what waits, what is owed."""
    seat = await require_seat(person, request)
    return page("dashboard/home.html", HomePage(seat, await read_home(seat.vendor_id)))
