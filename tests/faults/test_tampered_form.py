"""Whatever a form says about money, sellers and lines: it is refused, or the server has computed it all by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from msgspec import Struct
from msgspec.structs import fields
from piccolo.table import Table

from store.cart.controllers.codes import CodeForm
from store.cart.controllers.lines import AcceptForm, AddForm, ChangeForm, RemoveForm
from store.cart.controllers.page import RestoreForm
from store.payments.controllers.checkout import CheckoutForm
from store.piccolo_app import APP_CONFIG
from tests.facts import value
from tests.payments.buying import MUG, THROW
from tests.payments.unanswered import sessions_of
from tests.world import World, rows

FORMS: dict[str, type[Struct]] = {
    "/checkout": CheckoutForm,
    "/cart/add": AddForm,
    "/cart/change": ChangeForm,
    "/cart/remove": RemoveForm,
    "/cart/restore": RestoreForm,
    "/cart/accept": AcceptForm,
    "/cart/promotion": CodeForm,
}
# What the provider calls what we must say ourselves, and what a seller or a line may be called.
FOREIGN = (
    "application_fee_amount",
    "transfer_data[destination]",
    "line_items[0][price]",
    "seller",
    "vendor_id",
    "lines",
)


def name_columns() -> Iterator[str]:
    """Every name by which a value is stored."""
    tables: list[type[Table]] = list(APP_CONFIG.table_classes)
    for table in tables:
        for column in table._meta.columns:
            yield column._meta.name


@pytest.mark.parametrize("path", FORMS)
async def test_form_is_refused_when_it_brings_what_the_server_computes(world: World, path: str) -> None:
    """Currency, price, fee, seller, account, status, another line: no column of any table is taken from a form."""
    ada = world.browser()
    await ada.add(MUG)
    good = await ada.checkout_form() if path == "/checkout" else {}
    known = {field.encode_name for field in fields(FORMS[path])}
    brought = sorted({*name_columns(), *FOREIGN} - known)

    answers = {name: (await ada.post(path, **good, **{name: "1"})).status_code for name in brought}

    assert {"currency", "price", "unit_price", "vendor", "account_ref", "fee", "total", "status"} <= set(brought)
    assert answers == dict.fromkeys(brought, 400)
    assert not await rows("SELECT 1 FROM orders")
    assert await rows("SELECT quantity FROM cart_line") == [{"quantity": 1}]


@pytest.mark.parametrize("swapped", [("group",), ("goods_hash",), ("seen", "group"), ("seen", "goods_hash")], ids=str)
async def test_nothing_is_ordered_when_a_form_mixes_two_sellers_and_currencies(
    world: World, swapped: tuple[str, ...]
) -> None:
    """The group names seller and currency, the hash what was shown of it: one without the other opens nothing."""
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(THROW)
    one, other = [await ada.checkout_form(group) for group in await ada.groups()]

    answer = await ada.post("/checkout", **{**one, **{name: other[name] for name in swapped}})

    assert answer.status_code == 409
    assert not await rows("SELECT 1 FROM orders")
    assert not await rows("SELECT 1 FROM payment")


async def test_server_computes_when_the_form_says_that_it_showed_other_lines(world: World) -> None:
    """What the page showed travels in a hidden field, for words alone: a cheaper line or one more changes no sum."""
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    throw = str(await value("SELECT id FROM variant WHERE sku = $1", THROW))
    line = json.loads(form["seen"])[0]
    forged = json.dumps([[line[0], line[1], "1 × $0.01"], [throw, "Throw", "1 × €0.01"]])

    answer = await ada.post("/checkout", **{**form, "seen": forged})

    (session,) = await sessions_of(world)
    assert answer.headers["location"] == session["url"]
    price = await value("SELECT price FROM variant WHERE sku = $1", MUG)
    assert await rows("SELECT unit_price, quantity, sku FROM order_line JOIN variant ON variant.id = variant") == [
        {"unit_price": price, "quantity": 1, "sku": MUG}
    ]
    order = (await rows("SELECT total, subtotal, delivery, currency FROM orders"))[0]
    assert (order["subtotal"], order["currency"]) == (price, "USD")
    assert (session["amount_total"], session["currency"]) == (order["total"], "usd")


async def test_price_is_the_shops_when_a_cart_form_says_what_was_seen(world: World) -> None:
    """Undo says at which price a line had been seen: another one is a change to be accepted, not a price."""
    ada = world.browser()
    await ada.add(MUG)
    variant = str(await value("SELECT id FROM variant WHERE sku = $1", MUG))
    await ada.post("/cart/remove", variant=variant)

    restored = await ada.post("/cart/restore", variant=variant, quantity="1", seen="1")

    assert restored.status_code == 303
    assert await ada.groups() == []
    assert "The price changed from $0.01" in (await ada.get("/cart")).text
