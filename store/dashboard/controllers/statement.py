"""A vendor's statement: what it earned and what went back, by the books; reading only."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from store.accounts.queries import Person
from store.dashboard.controllers.shared import Choice, make_choices, make_link, read_page
from store.kit.web.templates import page
from store.payouts.queries import Statement, VendorBalance, read_balance, read_statement
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat

STATEMENT = "/sell/statement"


class StatementPage(Struct, frozen=True):
    """Where the balance lies and what made it; `filters` are the currencies, none when there is but one."""

    seat: Seat
    balances: tuple[VendorBalance, ...]
    statement: Statement
    filters: tuple[Choice, ...]
    count: str
    page_base: str


@get(STATEMENT)
async def show_statement(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Every movement of the shop's balance with what it came to; `?currency=` and `?page=` choose."""
    seat = await require_seat(person, request)
    statement = await read_statement(seat.vendor_id, request.query_params.get("currency", ""), read_page(request))
    many = statement.counts.get(statement.currency, 0)
    currencies = {currency: currency for currency in statement.counts}
    base = make_link(STATEMENT, currency=statement.currency)
    view = StatementPage(
        seat=seat,
        balances=await read_balance(seat.vendor_id),
        statement=statement,
        filters=make_choices(STATEMENT, "currency", currencies, statement.currency, statement.counts)
        if len(currencies) > 1
        else (),
        count=f"{many} {'movement' if many == 1 else 'movements'}",
        page_base=f"{base}&page=",
    )
    return page("dashboard/statement.html", view)
