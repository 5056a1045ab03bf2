"""A vendor's own promotion codes: made here, switched off and on again. The vendor pays for what they take off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct, structs

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.dashboard.queries.promotions import OwnCode, list_codes
from store.dashboard.queries.settings import read_settings
from store.kit import clock
from store.kit.amounts import NotAnAmount, read_amount, write_example
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.promotions.service import CodeTaken, NewCode, add_code, switch_code
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat

PATH = "/sell/promotions"
TEMPLATE = "dashboard/promotions.html"
MOST_USES = 1_000_000


class CodeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page posts; `kind` says whether `worth` is a percentage or an amount."""

    code: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,39}$",
            extra={"label": "Code", "wrong": "Enter a code of 3 to 40 letters and digits, like SPRING10."},
        ),
    ]
    kind: Annotated[str, Meta(pattern="^(percent|amount)$", extra={"wrong": "Choose how it takes off."})]
    worth: Annotated[str, Meta(max_length=20, extra={"label": "Takes off"})] = ""
    max_uses: Annotated[str, Meta(max_length=9, extra={"label": "How often in all"})] = ""
    last_day: Annotated[str, Meta(max_length=10, extra={"label": "Last day"})] = ""
    once: bool = False


class PromotionsPage(Struct, frozen=True):
    """The list and the form for another one."""

    seat: Seat
    title: str
    codes: tuple[OwnCode, ...]
    form: Mapping[str, str]
    errors: Mapping[str, str]
    hint: str


@get(PATH)
async def show_promotions(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Own codes."""
    seat = await require_seat(person, request)
    return page(TEMPLATE, await _make_page(seat))


@post(PATH)
async def add_promotion(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """A new code, which can be used at once."""
    seat = await require_seat(person, request)
    shop = await read_settings(seat.vendor_id)
    try:
        form = await read_form(request, CodeForm)
        new = _judge(form, shop.currency)
        try:
            await add_code(seat.vendor_id, new)
        except CodeTaken as taken:
            raise _invalid(form, code=taken.message) from taken
    except InvalidForm as wrong:
        return page(TEMPLATE, await _make_page(seat, wrong.values, wrong.errors), status=422)
    flash(request, f"{new.code} can be used now.")
    return see_other(PATH)


@post("/sell/promotions/{promotion_id:uuid}/off")
async def switch_off(
    promotion_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Nobody can use it any more; orders that have it keep it."""
    seat = await require_seat(person, request)
    code = await switch_code(seat.vendor_id, promotion_id, active=False)
    flash(request, f"{code} is switched off. Switch it on again whenever you like.")
    return see_other(PATH)


@post("/sell/promotions/{promotion_id:uuid}/on")
async def switch_on(
    promotion_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """It can be used again."""
    seat = await require_seat(person, request)
    code = await switch_code(seat.vendor_id, promotion_id, active=True)
    flash(request, f"{code} is switched on.")
    return see_other(PATH)


def _judge(form: CodeForm, currency: str) -> NewCode:
    errors = {}
    percent = amount = uses = None
    ends_at = None
    if form.kind == "percent":
        bare = form.worth.strip().removesuffix("%").strip()
        percent = int(bare) * 100 if bare.isascii() and bare.isdigit() and len(bare) <= 3 else 0
        if not 1 <= percent <= 10_000:
            errors["worth"] = "Takes off: enter a whole percentage from 1 to 100."
    else:
        try:
            amount = read_amount(form.worth, currency)
        except NotAnAmount as wrong:
            errors["worth"] = f"Takes off: {wrong}"
        if amount == 0:
            errors["worth"] = "Takes off: enter more than nothing."
    if form.max_uses:
        uses = int(form.max_uses) if form.max_uses.isascii() and form.max_uses.isdigit() else 0
        if not 1 <= uses <= MOST_USES:
            errors["max_uses"] = f"How often in all must be a whole number from 1 to {MOST_USES:,}."
    if form.last_day:
        try:
            day = date.fromisoformat(form.last_day)
        except ValueError:
            errors["last_day"] = "Enter the last day like 2026-12-31."
        else:
            ends_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
            if ends_at <= clock.now():
                errors["last_day"] = "The last day is over already. Enter one that is still to come."
    if errors:
        raise _invalid(form, **errors)
    return NewCode(form.code.upper(), percent, amount, currency, uses, 1 if form.once else None, ends_at)


def _invalid(form: CodeForm, **errors: str) -> InvalidForm:
    typed = {name: str(value) for name, value in structs.asdict(form).items()}
    return InvalidForm(errors, {**typed, "once": "1" if form.once else ""})


async def _make_page(
    seat: Seat, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> PromotionsPage:
    currency = (await read_settings(seat.vendor_id)).currency
    blank = {field.name: "" for field in structs.fields(CodeForm)}
    return PromotionsPage(
        seat=seat,
        title="Error: Promotions" if errors else "Promotions",
        codes=await list_codes(seat.vendor_id),
        form={**blank, "kind": "percent", **(typed or {})},
        errors=errors or {},
        hint=f"Percent, like 10; or {currency}, like {write_example(currency)}.",
    )
