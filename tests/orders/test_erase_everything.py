"""Somebody does all that can be done, and deletes the account: no table knows who they were, and the books stay."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from store.kit.db import fetch
from store.mail.service import Mailer
from store.orders.service import ship_part
from store.orders.service.erase import TO_SHOPS
from store.workers import TIDIES
from tests.dashboard.selling import finish_form, follow_link
from tests.facts import one, the_order, value
from tests.orders.test_ask_seller import form_of
from tests.payments.buying import MUG
from tests.payments.paypal_buying import approve, capture, create_order
from tests.payouts.at_paypal import buy_at_paypal, pay_out
from tests.people import link_for, sign_in_as, sign_up
from tests.refunds.refunding import refund_there
from tests.shelves import make_product, read_words
from tests.vendors.test_verify_payout_address import ask, link_to
from tests.world import DECLINED, Browser, World, rows

STORE = Path(__file__).parents[2] / "store"
BEFORE, AFTER = "zuleika.quarrington@example.com", "zq.renamed@example.com"
WHO = {
    "email": BEFORE,
    "full_name": "Zuleika Quarrington",
    "address_line1": "77 Marmalade Terrace",
    "address_line2": "Pickle Wing",
    "city": "Wobbleton",
    "postcode": "QZ9 7XY",
    "country": "GB",
}
MARKS = ("zuleika", "quarrington", "zq.renamed", "marmalade", "pickle wing", "wobbleton", "qz9 7xy")
COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables
  USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position
"""


async def find_marks() -> set[str]:
    """Every column of every table in which the person is to be read, as `table.column`."""
    found = set()
    for column in await rows(COLUMNS):
        table, name = column["table_name"], column["column_name"]
        wanted = [f"%{mark}%" for mark in MARKS]
        if await value(f'SELECT count(*) FROM "{table}" WHERE lower("{name}"::text) LIKE ANY($1)', wanted):
            found.add(f"{table}.{name}")
    return found


async def tidy_up() -> None:
    """What the worker does from time to time."""
    for tidy in TIDIES:
        await tidy()


async def let_time_pass(world: World) -> None:
    """A day on both clocks, business time for orders and wall time for queues, and the three of an invitation."""
    await world.advance(int(timedelta(days=1, hours=1).total_seconds()))
    await fetch("UPDATE invitation SET expires_at = expires_at - interval '3 days'")
    for table, times in {
        "inbox_event": ("received_at", "done_at"),
        "inbox_variant": ("received_at",),
        "mail_message": ("created_at", "done_at"),
    }.items():
        moved = ", ".join(f"{time} = {time} - interval '25 hours'" for time in times)
        await fetch(f"UPDATE {table} SET {moved}")


async def open_the_shop(world: World, person: Browser) -> Any:
    """Onboarded by the provider's form, one thing on the shelf; returns the vendor's id."""
    await person.get(await finish_form(world, await follow_link(person)))
    await world.settle()
    vendor_id = await value("SELECT id FROM vendor WHERE name = 'Teapot Works'")
    await make_product(vendor_id, "brown-teapot")
    return vendor_id


async def buy_in_every_way(world: World, person: Browser) -> None:
    """A declined try and the card after it, a code, an order never paid, a question; all under the first address."""
    await person.add(MUG)
    await person.post("/cart/promotion", code="WELCOME10")
    url = await person.check_out(**WHO)
    await world.pay(url, number=DECLINED, name=WHO["full_name"])
    paid = await world.pay(url, name=WHO["full_name"])
    path = (await person.get(paid.headers["location"].partition("8000")[2])).headers["location"]
    await world.settle()
    asked = await form_of(person, path, message=f"I am {WHO['full_name']}, of {WHO['address_line1']}.")
    assert (await person.post(f"{path}/ask", **asked)).status_code == 303
    await person.add(MUG)
    await person.check_out(**WHO)
    await person.post(f"/orders/{(await the_order())['token']}/cancel")
    await world.settle()


async def send_what_was_paid(world: World) -> None:
    paid = (
        'SELECT part.id, vendor FROM vendor_order AS part JOIN orders ON orders.id = "order" WHERE paid_at IS NOT NULL'
    )
    for part in await rows(paid):
        await ship_part(part["vendor"], part["id"], carrier="Post", tracking="1")
    await world.settle()


async def refuse(mailer: Mailer, message: EmailMessage) -> None:
    raise ConnectionError(f"550 no such mailbox: {message['To']}")


async def ask_for_a_mail_that_bounces(world: World) -> None:
    """A reset that cannot be sent; the server's answer, which names the address, stands in the queue."""
    sends, world.worker.mailer = world.worker.mailer, replace(world.worker.mailer, submit=refuse)
    await world.browser().post("/account/reset", email=AFTER)
    await world.worker.send_mail()
    world.worker.mailer = sends


async def test_no_table_knows_who_somebody_was_when_their_account_is_deleted(world: World) -> None:
    person, vera, ada = world.browser(), world.browser(), world.browser()
    await sign_up(person, BEFORE, shop_name="Teapot Works", country="US")
    await person.post(await link_for(world, BEFORE))
    vendor_id = await open_the_shop(world, person)
    await buy_in_every_way(world, person)
    await sign_in_as(vera, "vera")
    for address in (BEFORE, AFTER):
        await vera.get("/sell/team")
        assert (await vera.post("/sell/team", email=address, role="staff")).status_code == 303
    await world.worker.send_mail()
    await person.post("/account/email", email=AFTER)
    await person.post(await link_for(world, AFTER))
    await ada.buy("BROWN-TEAPOT-0")
    await world.settle()
    account = await value("SELECT account_ref FROM vendor WHERE id = $1", vendor_id)
    await world.tell("accounts", outcome="restricted", account=account)
    await world.settle()
    await send_what_was_paid(world)
    await person.post("/sell/settings/close")
    await ask_for_a_mail_that_bounces(world)
    known, kept = await find_marks(), await rows("SELECT * FROM ledger_entry ORDER BY id")
    orders = await value("SELECT count(*) FROM orders")

    deleted = await person.post("/account/delete")
    assert (deleted.status_code, deleted.headers["location"]) == (303, "/"), read_words(deleted)
    await let_time_pass(world)
    await world.settle()
    await tidy_up()

    assert known >= {
        "inbox_event.body",
        "invitation.email",
        "mail_message.last_error",
        "mail_message.recipient",
        "mail_message.view",
        "order_message.text",
        "orders.email",
        "orders.full_name",
        "payment.request",
        "person.email",
        "session.flash",
        "vendor.email",
    }
    assert await find_marks() == set()
    assert await rows("SELECT * FROM ledger_entry ORDER BY id") == kept
    assert await value("SELECT count(*) FROM orders") == orders
    assert await value("SELECT name FROM vendor WHERE id = $1", vendor_id) == "Teapot Works"


async def buy_by_paypal(world: World, person: Browser) -> None:
    """A mug paid at PayPal, under the first address."""
    await person.add(MUG)
    token = (await person.check_out(provider="paypal", **WHO)).removeprefix("/pay/")
    made = await create_order(person, token)
    await approve(world, made["id"])
    assert (await capture(person, made)).status_code == 200
    await world.settle()


async def be_paid_at(world: World, person: Browser, email: str) -> None:
    """The person's shop has confirmed this PayPal address."""
    await ask(person, email)
    await person.post(await link_to(world, email))


async def test_no_table_knows_where_a_shop_was_paid_when_its_owner_has_deleted_the_account(world: World) -> None:
    person = world.browser()
    await sign_up(person, BEFORE, shop_name="Teapot Works", country="US")
    await person.post(await link_for(world, BEFORE))
    await open_the_shop(world, person)
    await be_paid_at(world, person, BEFORE)
    await buy_at_paypal(world, "BROWN-TEAPOT-0")
    await buy_by_paypal(world, person)
    await send_what_was_paid(world)
    await pay_out(world)
    await be_paid_at(world, person, AFTER)
    await ask(person, "zuleika.third@example.com")
    await world.worker.send_mail()
    await person.post("/sell/settings/close")
    known, kept = await find_marks(), await rows("SELECT * FROM ledger_entry ORDER BY id")

    deleted = await person.post("/account/delete")
    assert (deleted.status_code, deleted.headers["location"]) == (303, "/"), read_words(deleted)
    await let_time_pass(world)
    await world.settle()
    await tidy_up()

    assert known >= {
        "inbox_event.body",
        "mail_message.view",
        "orders.full_name",
        "payment.request",
        "payout.receiver",
        "payout_address.email",
        "vendor.payout_email",
    }
    assert await find_marks() == set()
    assert await rows("SELECT * FROM ledger_entry ORDER BY id") == kept
    assert {row["receiver"] for row in await rows("SELECT receiver FROM payout WHERE state = 'paid'")} == {"erased"}


def test_no_mail_to_a_shop_goes_to_somebody_who_left_it() -> None:
    """Whatever is told to shops is in the list of what is not sent to a deleted account any more."""
    call = re.compile(r'tell_shop\(\w+\["\w+"\], "(\w+)"')
    told = {kind for file in STORE.rglob("*.py") for kind in call.findall(file.read_text("utf-8"))}

    assert told == set(TO_SHOPS)


async def test_nobody_is_remembered_by_an_event_that_comes_after_the_account_was_deleted(world: World) -> None:
    person = world.browser()
    await sign_up(person, BEFORE)
    await buy_in_every_way(world, person)
    await send_what_was_paid(world)
    await person.post("/account/delete")
    await let_time_pass(world)
    await tidy_up()
    before = await find_marks()
    await refund_there(world, await one("SELECT * FROM capture"), amount=100)
    await world.settle()
    came = await find_marks()

    await let_time_pass(world)
    await world.settle()
    await tidy_up()

    assert (before, came) == (set(), {"inbox_event.body"})
    assert await find_marks() == set()
    assert await value("SELECT amount FROM refund") == 100
