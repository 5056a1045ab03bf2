"""A shop's settings: what buyers read of it, what delivery costs, whether it is open. Closing can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct, structs

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.catalogue.service.products import close_shelf, open_shelf
from store.dashboard.controllers.product import Difference
from store.dashboard.queries.settings import ShopSettings, read_settings
from store.kit.amounts import NotAnAmount, read_amount, write_amount, write_example
from store.kit.db import transaction
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.vendors.controllers import require_owner, require_seat
from store.vendors.queries import Seat
from store.vendors.service import NameRefused, NameTaken
from store.vendors.service.settings import (
    INKS,
    Profile,
    SettingsStale,
    close_shop,
    open_again,
    pause_shop,
    save_profile,
)

PATH = "/sell/settings"
TEMPLATE = "dashboard/settings.html"


def _text(label: str, longest: int, wrong: str = "", least: int = 0) -> Any:
    return Meta(min_length=least, max_length=longest, extra={"label": label, **({"wrong": wrong} if wrong else {})})


class SettingsForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page posts."""

    name: Annotated[str, _text("Shop name", 60, "Enter the shop’s name.", 1)]
    ink: Annotated[
        str, Meta(pattern=f"^({'|'.join(INKS)})$", extra={"label": "Colours", "wrong": "Choose a pair of colours."})
    ]
    seen: Annotated[str, Meta(max_length=32)]
    about: Annotated[str, _text("About your shop", 1000)] = ""
    returns_text: Annotated[str, _text("Returns", 1000)] = ""
    delivery_price: Annotated[str, _text("Delivery", 20)] = ""


class SettingsPage(Struct, frozen=True):
    """The form around what was typed; `differences` when it was saved meanwhile."""

    seat: Seat
    title: str
    shop: ShopSettings
    form: Mapping[str, str]
    errors: Mapping[str, str]
    inks: Mapping[str, str]
    hint: str
    differences: tuple[Difference, ...] = ()


@get(PATH)
async def show_settings(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """The settings as they stand."""
    seat = await require_seat(person, request)
    return page(TEMPLATE, _make_page(seat, await read_settings(seat.vendor_id)))


@post(PATH)
async def save_settings(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Save them; 409 with both values when they were saved meanwhile."""
    seat = await require_seat(person, request)
    shop = await read_settings(seat.vendor_id)
    try:
        form = await read_form(request, SettingsForm)
        typed = {name: str(value) for name, value in structs.asdict(form).items()}
        try:
            price = read_amount(form.delivery_price or "0", shop.currency)
            profile = Profile(form.name, form.about, form.ink, form.returns_text, price)
            await save_profile(seat.vendor_id, form.seen, profile)
        except NotAnAmount as wrong:
            raise InvalidForm({"delivery_price": f"Delivery: {wrong}"}, typed) from wrong
        except (NameRefused, NameTaken) as refused:
            raise InvalidForm({"name": refused.message}, typed) from refused
    except InvalidForm as wrong:
        return page(TEMPLATE, _make_page(seat, shop, wrong.values, wrong.errors), status=422)
    except SettingsStale:
        return page(TEMPLATE, _compare(seat, await read_settings(seat.vendor_id), typed), status=409)
    flash(request, "Saved. Buyers see it from now on.")
    return see_other(PATH)


@post("/sell/settings/pause")
async def pause(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Take a break."""
    seat = await require_owner(person, request)
    await pause_shop(seat.vendor_id)
    flash(request, "Your shop is taking a break: buyers can look, but not buy.")
    return see_other(f"{PATH}#shop-open")


@post("/sell/settings/close")
async def close(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Close the shop: nothing of it is on the shelves. The page then offers to undo it."""
    seat = await require_owner(person, request)
    async with transaction():
        await close_shop(seat.vendor_id)
        await close_shelf(seat.vendor_id)
    flash(request, "Your shop is closed. Orders that are paid still wait to be sent.")
    return see_other(f"{PATH}#shop-open")


@post("/sell/settings/open")
async def open_up(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """Open again: what was on the shelves comes back."""
    seat = await require_owner(person, request)
    async with transaction():
        await open_again(seat.vendor_id)
        back = await open_shelf(seat.vendor_id)
    things = f" {back} {'product is' if back == 1 else 'products are'} on the shelf again." if back else ""
    flash(request, f"Your shop is open.{things}")
    return see_other(f"{PATH}#shop-open")


def _make_page(
    seat: Seat,
    shop: ShopSettings,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    differences: tuple[Difference, ...] = (),
) -> SettingsPage:
    return SettingsPage(
        seat=seat,
        title="Error: Settings" if errors else "Settings",
        shop=shop,
        form={**_form_of(shop), **(typed or {})},
        errors=errors or {},
        inks=INKS,
        hint=f"One price an order in {shop.currency}, like {write_example(shop.currency)}. 0 is free.",
        differences=differences,
    )


def _form_of(shop: ShopSettings) -> dict[str, str]:
    return {
        "name": shop.name,
        "about": shop.about,
        "ink": shop.ink,
        "returns_text": shop.returns_text,
        "delivery_price": write_amount(shop.delivery_price, shop.currency),
        "seen": shop.seen,
    }


def _compare(seat: Seat, shop: ShopSettings, typed: Mapping[str, str]) -> SettingsPage:
    stands = _form_of(shop)
    labels = {
        "name": "Shop name", "about": "About your shop", "ink": "Colours", "returns_text": "Returns",
        "delivery_price": "Delivery",
    }  # fmt: skip
    differences = tuple(
        Difference(label, INKS.get(typed[name], typed[name]), INKS.get(stands[name], stands[name]) or "(empty)")
        for name, label in labels.items()
        if typed[name] != stands[name]
    )
    return _make_page(seat, shop, {**typed, "seen": stands["seen"]}, None, differences)
